package fuzz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/compose"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// A family is what one target reads: the APIs whose messages have these words in their names. The first that fits counts.
var families = []struct {
	name  string
	words []string
}{
	{"Share", []string{"Share"}},
	{"Transactions", []string{"Txn", "Transaction", "InitProducerId", "AllocateProducerIds"}},
	{"Groups", []string{"Group", "Heartbeat", "Offset", "FindCoordinator", "Streams"}},
	{"Data", []string{"Produce", "Fetch", "DeleteRecords"}},
	{"Topics", []string{"Metadata", "Topic", "Partition", "ElectLeaders", "Replica", "LeaderAndIsr"}},
	{"Security", []string{"Acl", "Sasl", "Token", "Scram", "Quota"}},
	{"Cluster", []string{""}},
}

// family is the family of a request or response; records and headers have targets of their own.
func family(m *schema.Message) string {
	switch m.Kind {
	case schema.KindRequest, schema.KindResponse:
	case schema.KindHeader:
		return "Headers"
	case schema.KindMetadata:
		return "MetadataLog"
	default:
		return "Coordinators"
	}
	for _, f := range families {
		if slices.ContainsFunc(f.words, func(w string) bool { return strings.Contains(m.Name, w) }) {
			return f.name
		}
	}
	panic("no family")
}

func FuzzMessageShare(f *testing.F)        { fuzzFamily(f, "Share") }
func FuzzMessageTransactions(f *testing.F) { fuzzFamily(f, "Transactions") }
func FuzzMessageGroups(f *testing.F)       { fuzzFamily(f, "Groups") }
func FuzzMessageData(f *testing.F)         { fuzzFamily(f, "Data") }
func FuzzMessageTopics(f *testing.F)       { fuzzFamily(f, "Topics") }
func FuzzMessageSecurity(f *testing.F)     { fuzzFamily(f, "Security") }
func FuzzMessageCluster(f *testing.F)      { fuzzFamily(f, "Cluster") }
func FuzzMessageHeaders(f *testing.F)      { fuzzFamily(f, "Headers") }
func FuzzMessageMetadataLog(f *testing.F)  { fuzzFamily(f, "MetadataLog") }
func FuzzMessageCoordinators(f *testing.F) { fuzzFamily(f, "Coordinators") }

// fuzzFamily reads any bytes as any message of a family, at any version: the first two bytes say which.
func fuzzFamily(f *testing.F, name string) {
	var all []layout
	for _, l := range layouts() {
		if family(l.m) == name {
			all = append(all, l)
		}
	}
	require.NotEmpty(f, all)
	fill := filler(1)
	for i, l := range all {
		m := kwire.New(l.m.Name)
		if b, err := m.AppendTo(binary.BigEndian.AppendUint16(nil, uint16(i)), l.version); err == nil {
			f.Add(b)
		}
		fill.Fuzz(m)
		pruneMessage(m, l)
		if b, err := m.AppendTo(binary.BigEndian.AppendUint16(nil, uint16(i)), l.version); err == nil && len(b) < 1000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2 {
			return
		}
		checkMessage(t, all[int(binary.BigEndian.Uint16(b))%len(all)], b[2:])
	})
}

// What a message may cost.
const (
	maxAllocPerByte = 32
	maxAllocBase    = 4 << 10
	maxTime         = 10 * time.Millisecond // or maxTimePerByte, whichever is more
	maxTimePerByte  = time.Microsecond
	measureEvery    = 16 // one input in as many has its memory measured, because that stops the world
)

// checkMessage holds what must be true of any bytes that are read as a message.
func checkMessage(t *testing.T, l layout, src []byte) {
	m := kwire.New(l.m.Name)
	start := time.Now()
	n, err := m.DecodeFrom(src, l.version, nil)
	if took := time.Since(start); took > maxTime {
		checkTime(t, l, src, took)
	}
	if len(src)%measureEvery == 1 {
		checkMemory(t, l, src)
	}
	// The typed reader and the tables accept and refuse the same, at the same byte, for the same field.
	tree := inspect.Message(l.m, l.version, src)
	require.Equal(t, err == nil, tree.Err == nil, "%s v%d: typed %v, tables %v", l.m.Name, l.version, err, tree.Err)
	lenient := kwire.New(l.m.Name)
	_, lenientErr := lenient.DecodeFrom(src, l.version, &wire.DecodeOptions{Lenient: true})
	if err != nil {
		var typed *wire.Error
		require.ErrorAs(t, err, &typed)
		require.Equal(t, tree.Err.Offset, typed.Offset, "%s v%d: typed %v, tables %v", l.m.Name, l.version, err, tree.Err)
		require.Equal(t, tree.Err.Path, typed.Path, "%s v%d: typed %v, tables %v", l.m.Name, l.version, err, tree.Err)
		return
	}
	require.Equal(t, len(src), n)
	// Strings that alias the input say the same, and so does a lenient reader.
	require.NoError(t, lenientErr)
	alias := kwire.New(l.m.Name)
	_, err = alias.DecodeFrom(src, l.version, &wire.DecodeOptions{Alias: true})
	require.NoError(t, err)
	// Written and read again it is the same, and so is a value that is read into a second time.
	once, err := m.AppendTo(nil, l.version)
	require.NoError(t, err)
	require.Len(t, once, m.Size(l.version))
	for _, other := range []wire.Message{lenient, alias} { // compared as bytes, since NaN equals nothing
		b, err := other.AppendTo(nil, l.version)
		require.NoError(t, err)
		require.Equal(t, once, b)
	}
	_, err = alias.DecodeFrom(once, l.version, nil)
	require.NoError(t, err)
	twice, err := alias.AppendTo(nil, l.version)
	require.NoError(t, err)
	require.Equal(t, once, twice)
	// The tables read the same values: JSON by the tables, put together again, gives the same bytes. (JSON has no
	// unknown tags and only the size of records, and its texts are UTF-8.)
	if text, err := inspect.AppendJSON(nil, l.m, l.version, once); err == nil && !bytes.Contains(text, []byte("SizeInBytes")) && !bytes.Contains(text, []byte("\ufffd")) && !hasUnknown(tree) {
		built, err := compose.Message(nil, l.m, l.version, text)
		require.NoError(t, err, "%s v%d: %s", l.m.Name, l.version, text)
		require.Equal(t, once, built, "%s v%d: %s", l.m.Name, l.version, text)
	}
	// What is cut off is missed.
	for cut := 0; cut < len(once); cut += 1 + len(once)/16 {
		_, err := kwire.New(l.m.Name).DecodeFrom(once[:cut], l.version, nil)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s v%d: %d bytes of %x", l.m.Name, l.version, cut, once)
	}
}

func hasUnknown(tree *inspect.Tree) bool {
	for n := range tree.All() {
		if n.Kind() == inspect.UnknownNode {
			return true
		}
	}
	return false
}

// checkTime reads again what has taken long, for the machine may have been busy with something else.
func checkTime(t *testing.T, l layout, src []byte, took time.Duration) {
	for range 20 {
		start := time.Now()
		_, _ = kwire.New(l.m.Name).DecodeFrom(src, l.version, nil)
		took = min(took, time.Since(start))
	}
	require.LessOrEqual(t, took, max(maxTime, maxTimePerByte*time.Duration(len(src))), "%s v%d, %d bytes", l.m.Name, l.version, len(src))
}

func checkMemory(t *testing.T, l layout, src []byte) {
	limit := uint64(maxAllocPerByte*len(src) + maxAllocBase)
	var cost uint64
	for range 5 { // others may allocate in the meantime
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = kwire.New(l.m.Name).DecodeFrom(src, l.version, nil)
		runtime.ReadMemStats(&after)
		if cost = after.TotalAlloc - before.TotalAlloc; cost <= limit {
			return
		}
	}
	t.Errorf("%s v%d: %d bytes allocated for %d", l.m.Name, l.version, cost, len(src))
}

// FuzzHeader reads any bytes as the header of a request; what is read can be written.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("\x00\x12\x00\x04\x00\x00\x00\x07\x00\x02me\x00\x03me\x0200\x00"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		h, n, err := kwire.DecodeHeader(payload)
		if err != nil {
			return
		}
		require.LessOrEqual(t, n, len(payload))
		body := kwire.NewRequest(h.APIKey)
		if body == nil { // a header may name an API that is not known
			return
		}
		out, err := kwire.AppendRequest(nil, h, body, h.APIVersion)
		if err != nil { // the body at its zero value may not be writable, but the header is
			var e *wire.Error
			require.True(t, errors.As(err, &e))
			return
		}
		back, _, err := kwire.DecodeHeader(out[kwire.FrameSizeBytes:])
		require.NoError(t, err)
		require.Equal(t, h, back)
	})
}

// FuzzCompose reads any text as the JSON of any message: what comes out is a message.
func FuzzCompose(f *testing.F) {
	all := layouts()
	for i, l := range all {
		if l.version == l.m.Versions.Max() {
			if b, err := kwire.New(l.m.Name).AppendTo(nil, l.version); err == nil {
				if text, err := inspect.AppendJSON(nil, l.m, l.version, b); err == nil {
					f.Add(uint16(i), text)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint16, text []byte) {
		l := all[int(which)%len(all)]
		b, err := compose.Message(nil, l.m, l.version, text)
		if err != nil {
			return
		}
		_, err = kwire.New(l.m.Name).DecodeFrom(b, l.version, nil)
		require.NoError(t, err, "%s v%d: %s", l.m.Name, l.version, text)
	})
}
