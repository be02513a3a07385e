package inspect_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// zip is a records.Compressor for the one codec that the standard library has.
type zip struct{}

func (zip) Compress(dst, src []byte, codec records.Codec) ([]byte, error) {
	if codec != records.Gzip {
		return dst, records.ErrCodec
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(src); err != nil {
		return dst, err
	}
	if err := z.Close(); err != nil {
		return dst, err
	}
	return append(dst, b.Bytes()...), nil
}

func batches(t *testing.T, o inspect.Options, src []byte) *inspect.Tree {
	t.Helper()
	tree := o.Frame(src, inspect.Layout{Name: inspect.RecordBatches, Kind: schema.KindData})
	checkOwned(t, tree)
	return tree
}

// find returns the first node with that path; Find knows only those in the body of a message.
func find(tree *inspect.Tree, path string) (inspect.Node, bool) {
	for n := range tree.All() {
		if n.Path() == path {
			return n, true
		}
	}
	return inspect.Node{}, false
}

func must(t *testing.T, b []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// body is a message as bytes.
func body(t *testing.T, m wire.Message, version int16) []byte {
	t.Helper()
	b, err := m.AppendTo(nil, version)
	return must(t, b, err)
}

// Control records of every kind are read down to the fields of their values, and named.
func TestControlRecordsOfEveryKind(t *testing.T) {
	leader := meta.NewLeaderChangeMessage()
	leader.LeaderID, leader.Voters = 3, []meta.LeaderChangeMessageVoter{{VoterID: 3}}
	header, footer, version, voters := meta.NewSnapshotHeaderRecord(), meta.NewSnapshotFooterRecord(), meta.NewKRaftVersionRecord(), meta.NewVotersRecord()
	header.LastContainedLogTimestamp = 1_700_000_000_000
	version.KRaftVersion = 1
	voters.Voters = []meta.VotersRecordVoter{{VoterID: 7, Endpoints: []meta.VotersRecordEndpoint{{Name: "C", Host: "h", Port: 9093}}}}
	for _, c := range []struct {
		kind        records.ControlType
		value       []byte
		name, field string
		want        string
	}{
		{records.ControlAbort, []byte("\x00\x00\x00\x00\x00\x05"), "ABORT", "CoordinatorEpoch", "5"},
		{records.ControlCommit, []byte("\x00\x00\x00\x00\x00\x06"), "COMMIT", "CoordinatorEpoch", "6"},
		{records.ControlLeaderChange, body(t, &leader, 0), "LEADER_CHANGE", "Voters[0].VoterId", "3"},
		{records.ControlSnapshotHeader, body(t, &header, 0), "SNAPSHOT_HEADER", "LastContainedLogTimestamp", "1700000000000"},
		{records.ControlSnapshotFooter, body(t, &footer, 0), "SNAPSHOT_FOOTER", "Version", "0"},
		{records.ControlKRaftVersion, body(t, &version, 0), "KRAFT_VERSION", "KRaftVersion", "1"},
		{records.ControlKRaftVoters, body(t, &voters, 0), "KRAFT_VOTERS", "Voters[0].Endpoints[0].Port", "9093"},
	} {
		b, err := records.AppendControl(nil, records.Options{PartitionLeaderEpoch: 1}, 1_700_000_000_000, records.Control{Type: c.kind, Value: c.value})
		b = must(t, b, err)
		tree := batches(t, inspect.Options{}, b)
		if tree.First() != nil {
			t.Errorf("%s: %v", c.name, tree.First())
		}
		kind, ok := find(tree, "Records[0].Records[0].Key.Type")
		if !ok || kind.Meaning() != c.name {
			t.Errorf("%s is called %q", c.name, kind.Meaning())
		}
		found := false
		for n := range tree.All() {
			found = found || strings.HasSuffix(n.Path(), c.field) && n.Value() == c.want
		}
		if !found {
			t.Errorf("%s: no %s = %s", c.name, c.field, c.want)
		}
		if text := string(inspect.Options{}.AppendBatchesJSON(nil, b)); !strings.Contains(text, `"controlType":"`+c.name+`"`) {
			t.Errorf("%s: %s", c.name, text)
		}
	}
}

// What a control record should not hold is shown as it is, and told where it is damage.
func TestDamagedControlRecords(t *testing.T) {
	for name, c := range map[string]struct {
		key, value []byte
		want       error // nil: no damage
	}{
		"a type of the future":     {[]byte("\x00\x00\x00\x63"), []byte("new"), nil},
		"a short key":              {[]byte("\x00\x00"), []byte("\x00\x00"), nil},
		"a null value":             {[]byte("\x00\x00\x00\x01"), nil, nil},
		"an empty value":           {[]byte("\x00\x00\x00\x01"), []byte{}, nil},
		"an unknown version":       {[]byte("\x00\x00\x00\x01"), []byte("\x00\x63rest"), nil},
		"only half a version":      {[]byte("\x00\x00\x00\x01"), []byte("\x00"), io.ErrUnexpectedEOF},
		"a value that ends early":  {[]byte("\x00\x00\x00\x01"), []byte("\x00\x00\x00"), io.ErrUnexpectedEOF},
		"bytes behind the message": {[]byte("\x00\x00\x00\x01"), []byte("\x00\x00\x00\x00\x00\x05more"), wire.ErrTrailing},
	} {
		w := records.NewWriter(nil, records.Options{Control: true})
		w.Append(records.Record{Key: c.key, Value: c.value})
		w.Append(records.Record{Key: []byte("\x00\x00\x00\x01"), Value: []byte("\x00\x00\x00\x00\x00\x05")})
		b, err := w.Finish()
		tree := batches(t, inspect.Options{}, must(t, b, err))
		switch {
		case tree.Err != nil:
			t.Errorf("%s ends the tree: %v", name, tree.Err)
		case c.want == nil && tree.First() != nil:
			t.Errorf("%s: %v", name, tree.First())
		case c.want != nil && (len(tree.Problems) != 1 || !errors.Is(tree.Problems[0], c.want)):
			t.Errorf("%s: %v", name, tree.Problems)
		}
		if n, ok := find(tree, "CoordinatorEpoch"); !ok || n.Value() != "5" && c.want == nil {
			t.Errorf("%s: the record behind it was not read", name)
		}
	}
}

// Compressed batches, of old magics too: their records lie in a buffer of their own, within a limit.
func TestCompressedBatches(t *testing.T) {
	rs := []records.Record{{Offset: 5, Timestamp: 1_700_000_000_000, Key: []byte("k"), Value: bytes.Repeat([]byte("v"), 500)}, {Offset: 6, Timestamp: 1_700_000_000_000, Value: []byte("w")}}
	w := records.NewWriter(nil, records.Options{BaseOffset: 5, Codec: records.Gzip, Compressor: zip{}})
	for _, r := range rs {
		w.AppendAt(r)
	}
	src, err := w.Finish()
	src = must(t, src, err)
	for magic := range int8(2) {
		src, err = records.AppendMessageSet(src, magic, records.Gzip, zip{}, rs)
		src = must(t, src, err)
	}
	tree := batches(t, inspect.Options{Decompressor: gunzip{}}, src)
	if tree.First() != nil || tree.Buffers() != 4 {
		t.Fatal(tree.First(), tree.Buffers())
	}
	for i := range tree.Buffers() {
		if i > 0 && !bytes.Contains(tree.Buffer(i), rs[0].Value) {
			t.Errorf("buffer %d: %x", i, tree.Buffer(i))
		}
	}
	if n, ok := find(tree, "Records[0]"); !ok || n.Meaning() != "offsets 5 to 6, 2 records, gzip" {
		t.Errorf("%q", n.Meaning())
	}
	text := string(inspect.Options{Decompressor: gunzip{}}.AppendBatchesJSON(nil, src))
	if strings.Count(text, `"value":"dw=="`) != 3 || strings.Contains(text, "error") {
		t.Error(text)
	}
	// Without a decompressor, and where only batches are wanted, the compressed bytes are one node.
	for _, o := range []inspect.Options{{}, {Decompressor: gunzip{}, Records: inspect.RecordsBatches}} {
		if tree := batches(t, o, src); tree.Buffers() != 1 || tree.First() != nil {
			t.Error(tree.Buffers(), tree.First())
		}
	}
	// What does not fit the limit, or cannot be decompressed, is a problem at its place.
	problems := func(o inspect.Options, src []byte) []*wire.Error { return batches(t, o, src).Problems }
	if ps := problems(inspect.Options{Decompressor: gunzip{}, MaxDecompressedBytes: 100}, src); len(ps) != 3 || !errors.Is(ps[0], wire.ErrLimit) || ps[0].Offset != records.HeaderSize {
		t.Error(ps)
	}
	damaged := slices.Clone(src)
	damaged[records.HeaderSize] ^= 0xff
	binary.BigEndian.PutUint32(damaged[17:], crc32.Checksum(damaged[21:binary.BigEndian.Uint32(damaged[8:])+12], crc32.MakeTable(crc32.Castagnoli)))
	if ps := problems(inspect.Options{Decompressor: gunzip{}}, damaged); len(ps) != 1 || ps[0].Offset != records.HeaderSize || !errors.Is(ps[0], gzip.ErrHeader) {
		t.Error(ps)
	}
	text = string(inspect.Options{Decompressor: gunzip{}}.AppendBatchesJSON(nil, damaged))
	if !strings.Contains(text, `"records":[],"error":"kwire: RecordBatch v2: Records: offset 61: gzip: `) {
		t.Error(text)
	}
}

// The records of a compressed batch may be damaged too: the problem is at the batch's compressed bytes.
func TestDamageInsideCompressedRecords(t *testing.T) {
	w := records.NewWriter(nil, records.Options{Codec: records.Gzip, Compressor: zip{}})
	w.Append(records.Record{Value: []byte("v")})
	b, err := w.Finish()
	b = must(t, b, err)
	binary.BigEndian.PutUint32(b[57:], 2)
	tree := batches(t, inspect.Options{Decompressor: gunzip{}}, b)
	found := slices.ContainsFunc(tree.Problems, func(e *wire.Error) bool {
		return errors.Is(e, io.ErrUnexpectedEOF) && e.Offset == records.HeaderSize && strings.Contains(e.Error(), "2 records announced, 1 found (byte 8 of the decompressed records)")
	})
	if !found {
		t.Error(tree.Problems)
	}
}

// Old messages whose lengths lie are told where.
func TestDamagedMessages(t *testing.T) {
	m, err := records.AppendMessage(nil, 1, records.Record{Offset: 1, Timestamp: 5, Key: []byte("key"), Value: []byte("value")})
	m = must(t, m, err)
	const key, value = 26, 33 // offsets of their lengths
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		path   string
		want   error
	}{
		"a key over the end":    {func(b []byte) []byte { b[key+3] = 99; return b }, "Records[0].Key", io.ErrUnexpectedEOF},
		"a value over the end":  {func(b []byte) []byte { b[value+3] = 99; return b }, "Records[0].Value", io.ErrUnexpectedEOF},
		"bytes behind a value":  {func(b []byte) []byte { b[value+3] = 1; return b }, "Records[0]", io.ErrUnexpectedEOF},
		"no room for a length":  {func(b []byte) []byte { b[key+3] = 10; return b }, "Records[0].Value", io.ErrUnexpectedEOF},
		"a CRC that is not its": {func(b []byte) []byte { b[12] ^= 1; return b }, "Records[0].Crc", records.ErrCRC},
	} {
		tree := batches(t, inspect.Options{}, c.change(slices.Clone(m)))
		if !slices.ContainsFunc(tree.Problems, func(e *wire.Error) bool { return e.Path == c.path && errors.Is(e, c.want) }) {
			t.Errorf("%s: %v", name, tree.Problems)
		}
	}
}

// As JSON: batches of every magic, cut ones with an error, records with headers and without keys.
func TestBatchesAsJSON(t *testing.T) {
	w := records.NewWriter(nil, records.Options{BaseOffset: 3, Producer: &records.Producer{ID: 9, Epoch: 1, BaseSequence: 4}, DeleteHorizonMs: wire.Some[int64](77)})
	w.Append(records.Record{Timestamp: 100, Value: []byte("v"), Headers: records.Headers{}.Append("h", []byte("x")).Append("n", nil)})
	w.Append(records.Record{Timestamp: 101, Key: []byte{}})
	b, err := w.Finish()
	b = must(t, b, err)
	b, err = records.AppendMessage(b, 0, records.Record{Offset: 5, Value: []byte("old")})
	b = must(t, b, err)
	got := string(inspect.Options{}.AppendBatchesJSON(nil, append(b, 0, 0, 0)))
	for _, want := range []string{
		`"baseOffset":3,"lastOffset":4,"compression":"none","timestampType":"CreateTime","maxTimestamp":101`,
		`"producerId":9,"producerEpoch":1,"baseSequence":4,"lastSequence":5,"transactional":false,"control":false,"baseTimestamp":77,"deleteHorizonMs":77,"count":2`,
		`{"offset":3,"timestamp":100,"key":null,"value":"dg==","sequence":4,"headers":[["h","eA=="],["n",null]]},{"offset":4,"timestamp":101,"key":"","value":null,"sequence":5,"headers":[]}`,
		`{"magic":0,"sizeInBytes":29,"baseOffset":5,"lastOffset":5,"compression":"none","timestampType":"NoTimestampType"`,
		`{"error":"kwire: RecordBatch v0: offset 112: 12 bytes wanted, 3 left: unexpected EOF"}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// Batches and records sum themselves up, cut ones too.
func TestMeaningOfCutBatches(t *testing.T) {
	w := records.NewWriter(nil, records.Options{LogAppendTimeMs: wire.Some[int64](1_700_000_000_000)})
	w.Append(records.Record{Timestamp: 5})
	b, err := w.Finish()
	b = must(t, b, err)
	meaning := func(src []byte, path string) string {
		n, ok := find(batches(t, inspect.Options{}, src), path)
		if !ok {
			return "not there"
		}
		return n.Meaning()
	}
	for _, c := range []struct {
		src        []byte
		path, want string
	}{
		{b, "Records[0]", "offset 0, 1 record"},
		{b, "Records[0].Magic", "record batch"},
		{b, "Records[0].Attributes", "none, LogAppendTime"},
		{b, "Records[0].Records[0].TimestampDelta", "2023-11-14T22:13:20Z"},
		{b[:8], "Records.PartialBatch", "the start of a batch"},
		{b[:40], "Records.PartialBatch", "a batch of 68 bytes, cut off"},
	} {
		if got := meaning(c.src, c.path); got != c.want {
			t.Errorf("%s of %d bytes: %q, want %q", c.path, len(c.src), got, c.want)
		}
	}
}
