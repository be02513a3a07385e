package view

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/compose"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
)

// packedBatch is a batch of one record with a value that no compression leaves as it is.
func packedBatch(t testing.TB, codec records.Codec, base int64, value string) []byte {
	t.Helper()
	w := records.NewWriter(nil, records.Options{BaseOffset: base, Codec: codec, Compressor: compress.All})
	w.Append(records.Record{Timestamp: 1_700_000_000_000, Value: []byte(strings.Repeat("x", 100) + value + strings.Repeat("x", 100))})
	b, err := w.Finish()
	require.NoError(t, err)
	require.Equal(t, codec != records.None, !strings.Contains(string(b), value+"xxx"), codec)
	return b
}

// oldSet is a message of magic 1 whose value is a gzipped set of one message.
func oldSet(t testing.TB, value string) []byte {
	t.Helper()
	message := func(attributes byte, value []byte) []byte {
		b := append([]byte{1, attributes}, make([]byte, 8)...)
		b = append(b, 0xff, 0xff, 0xff, 0xff) // no key
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(value))), value...)
		b = append(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)), b...)
		return append(binary.BigEndian.AppendUint32(make([]byte, 8), uint32(len(b))), b...)
	}
	packed, err := compress.All.Compress(nil, message(0, []byte(strings.Repeat(value, 30))), records.Gzip)
	require.NoError(t, err)
	return message(byte(records.Gzip), packed)
}

// messageOf is a request or a response on the wire, from JSON.
func messageOf(t testing.TB, l inspect.Layout, text string) []byte {
	t.Helper()
	b := make([]byte, 4)
	if l.Kind == schema.KindRequest {
		b = binary.BigEndian.AppendUint16(b, uint16(l.Key))
		b = binary.BigEndian.AppendUint16(b, uint16(l.Version))
		b = append(b, 0, 0, 0, 7, 0xff, 0xff) // no client id
		b = append(b, make([]byte, max(int(schema.RequestHeaderVersion(l.Key, l.Version))-1, 0))...)
	} else {
		b = append(b, 0, 0, 0, 7)
		b = append(b, make([]byte, schema.ResponseHeaderVersion(l.Key, l.Version))...)
	}
	b, err := compose.Message(b, l.Schema(), l.Version, []byte(text))
	require.NoError(t, err)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// answered has all that a search needs decompressed, and tells how much was asked for in each answer.
func (e *editor) answered() (asked []int) {
	e.t.Helper()
	for {
		d := e.s.Packed(false)
		if len(d.Needs) == 0 {
			return asked
		}
		asked = append(asked, len(d.Needs))
		for _, n := range d.Needs {
			packed := bytes.Clone(d.Bytes[n.Off : n.Off+n.Len])
			plain, err := compress.All.Decompress(nil, packed, records.Codec(n.Codec), e.s.PlainRoom())
			failure := ""
			if err != nil {
				failure = err.Error()
			}
			e.s.Decompressed(packed, plain, failure)
		}
	}
}

func (e *editor) found(text string) (frames []int, all bool) {
	b := e.s.AppendFound(nil, []byte(text))
	require.Len(e.t, b, len(e.s.frames)+1)
	for i := range e.s.frames {
		if b[i] == 1 {
			frames = append(frames, i)
		}
	}
	return frames, b[len(b)-1] == 0
}

// TestFindInCompressed: what stands in compressed records is found, in all messages that hold some and by all codecs.
func TestFindInCompressed(t *testing.T) {
	produce := inspect.Layout{Kind: schema.KindRequest, Key: 0, Version: 11}
	b64 := func(b ...[]byte) string { return base64.StdEncoding.EncodeToString(bytes.Join(b, nil)) }
	frames := [][]byte{messageOf(t, produce, `{"transactionalId":null,"acks":1,"timeoutMs":1,"topicData":[{"name":"t","partitionData":[{"index":0,"records":"`+
		b64(packedBatch(t, records.Zstd, 0, "apple"))+`"},{"index":1,"records":"`+b64(packedBatch(t, records.None, 0, "melon"))+`"}]}]}`)}
	var choices []Choice
	for _, r := range []struct {
		key, version int16
		text         string
	}{
		{1, 4, `{"throttleTimeMs":0,"responses":[{"topic":"t","partitions":[{"partitionIndex":0,"errorCode":0,"highWatermark":1,"lastStableOffset":1,"abortedTransactions":[],"records":"` +
			b64(packedBatch(t, records.Lz4, 0, "pear"), packedBatch(t, records.Snappy, 1, "plum")) + `"}]}]}`},
		{1, 3, `{"throttleTimeMs":0,"responses":[{"topic":"t","partitions":[{"partitionIndex":0,"errorCode":0,"highWatermark":1,"records":"` + b64(oldSet(t, "quince")) + `"}]}]}`},
		{78, 1, `{"throttleTimeMs":0,"errorCode":0,"errorMessage":null,"acquisitionLockTimeoutMs":1,"nodeEndpoints":[],"responses":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","partitions":[
			{"partitionIndex":0,"errorCode":0,"errorMessage":null,"acknowledgeErrorCode":0,"acknowledgeErrorMessage":null,"currentLeader":{"leaderId":1,"leaderEpoch":1},"acquiredRecords":[],"records":"` +
			b64(packedBatch(t, records.Gzip, 0, "cherry")) + `"}]}]}`},
	} {
		choices = append(choices, Choice{Frame: len(frames), Side: SideResponse, Key: int(r.key), Version: int(r.version)})
		frames = append(frames, messageOf(t, inspect.Layout{Kind: schema.KindResponse, Key: r.key, Version: r.version}, r.text))
	}
	var lines []string
	for _, f := range frames {
		lines = append(lines, hex.EncodeToString(f))
	}
	e := &editor{t, Open([]byte(strings.Join(lines, "\n")), ""), nil}
	e.d = e.s.Doc(choices)
	_, all := e.found("apple")
	require.False(t, all)
	require.Equal(t, []int{5}, e.answered())
	for text, want := range map[string][]int{"apple": {0}, "melon": {0}, "pear": {1}, "plum": {1}, "quince": {2}, "cherry": {3}, "fig": nil, "\x00\x00\x00\x07": {0, 1, 2, 3}} {
		have, all := e.found(text)
		require.Equal(t, want, have, text)
		require.True(t, all)
	}
	require.Empty(t, e.answered())

	// A frame that is now another, or is read as another, is looked into again; what is known is not asked for.
	e.s.Edit(0, EditReplace, 0, 0, frames[1], choices)
	require.Empty(t, e.answered())
	have, all := e.found("apple")
	require.Empty(t, have)
	require.True(t, all)
	e.s.Frame(0, append(choices, Choice{Frame: 0, Side: SideResponse, Key: 1, Version: 4}))
	require.Empty(t, e.answered())
	have, _ = e.found("pear")
	require.Equal(t, []int{0, 1}, have)
}

// TestFindInSegment: batches that are there twice are wanted once, in the order of the file, and damaged ones once too.
func TestFindInSegment(t *testing.T) {
	var segment []byte
	const n = maxNeeds + 500
	for i := range n {
		segment = append(segment, packedBatch(t, records.Codec(1+i%4), int64(i), "value "+strconv.Itoa(i/2*2)+".")...)
	}
	bad := packedBatch(t, records.Gzip, n+1, "bad")
	for i := records.HeaderSize; i < len(bad); i++ {
		bad[i] = 1
	}
	segment = append(segment, packedBatch(t, records.Gzip, n, "value 0.")...)
	segment = append(segment, bad...)
	e := &editor{t, Open(segment, "00000000000000000000.log"), nil}
	first, second := e.s.Packed(false), e.s.Packed(false)
	require.Equal(t, first.Needs, second.Needs)
	require.Len(t, first.Needs, maxNeeds)
	for i := 1; i < len(first.Needs); i++ {
		require.Greater(t, first.Needs[i].Off, first.Needs[i-1].Off)
	}
	require.Equal(t, []int{maxNeeds, 501}, e.answered())
	have, all := e.found("value 0.")
	require.Equal(t, []int{0, 1, n}, have)
	require.True(t, all)
	have, _ = e.found("value 1498.")
	require.Equal(t, []int{1498, 1499}, have)
}

// TestSearchHasLimits: where there is no room the search ends, and says so; what is dropped is wanted again.
func TestSearchHasLimits(t *testing.T) {
	const each, zeros = 24 << 20, "\x00\x00\x00\x00\x00\x00\x00\x00"
	var segment []byte
	for i := range 4 {
		w := records.NewWriter(segment, records.Options{BaseOffset: int64(i), Codec: records.Gzip, Compressor: compress.All})
		w.Append(records.Record{Value: append(make([]byte, each), byte('a'+i), byte('a'+i))})
		var err error
		segment, err = w.Finish()
		require.NoError(t, err)
	}
	e := &editor{t, Open(segment, "00000000000000000000.log"), nil}
	kept := func() {
		d := e.s.Packed(false)
		require.Len(t, d.Needs, 4)
		for _, n := range d.Needs {
			packed := bytes.Clone(d.Bytes[n.Off : n.Off+n.Len])
			plain, err := compress.All.Decompress(nil, packed, records.Codec(n.Codec), maxPlain)
			require.NoError(t, err)
			e.s.Decompressed(packed, plain, "")
			require.LessOrEqual(t, e.s.kept, maxPlain)
		}
		require.Len(t, e.s.plain, 2, "the others have no room")
		require.Len(t, e.s.Packed(false).Needs, 2)
		require.Empty(t, e.s.Packed(true).Needs)
		require.Empty(t, e.s.Packed(false).Needs)
	}
	kept()
	have, all := e.found(zeros + "aa")
	require.Equal(t, []int{0}, have)
	require.False(t, all)
	have, _ = e.found(zeros + "cc")
	require.Empty(t, have)
	require.Empty(t, e.s.Frame(1, nil).Needs)
	require.Len(t, e.s.Frame(3, nil).Needs, 1)

	e.s.Drop()
	require.Equal(t, maxPlain, e.s.PlainRoom())
	require.Len(t, e.s.Frame(1, nil).Needs, 1)
	kept()

	// What cannot be decompressed takes room as well, and is not wanted again if there is none.
	e.s.kept = maxPlain
	e.s.Decompressed([]byte("packed"), nil, "damaged")
	require.Contains(t, e.s.plain, "packed")
	require.Zero(t, e.s.PlainRoom())
}
