package inspect_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// gunzip is a records.Decompressor for the one codec that the standard library has.
type gunzip struct{}

func (gunzip) Decompress(dst, src []byte, codec records.Codec, limit int) ([]byte, error) {
	if codec != records.Gzip {
		return nil, records.ErrCodec
	}
	z, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(limit)+1))
	if len(out) > limit {
		return nil, wire.ErrLimit
	}
	return append(dst, out...), err
}

type batchLine struct {
	Kind       string
	Hex        string
	ValidBytes int
	Batches    []struct {
		BaseOffset int64
		Records    []struct {
			Offset    int64
			Timestamp int64
			Key       []byte
			Value     []byte
			Headers   []json.RawMessage
		}
	}
}

// Batches that Kafka's own classes wrote: every byte has a leaf, every CRC holds, and the records
// have the keys, values and offsets that Kafka reads.
func TestBatchCorpus(t *testing.T) {
	batches, recs := 0, 0
	readShared(t, "corpus/batches.jsonl.gz", func(l batchLine) {
		src := unhex(t, l.Hex)
		o := inspect.Options{Decompressor: gunzip{}}
		if strings.Contains(l.Kind, "snappy") || strings.Contains(l.Kind, "lz4") || strings.Contains(l.Kind, "zstd") || strings.HasPrefix(l.Kind, "multi") {
			o.Decompressor = nil // their records stay one node
		}
		tree := o.Frame(src, inspect.Layout{Name: inspect.RecordBatches, Kind: schema.KindData})
		if err := tree.First(); err != nil {
			t.Errorf("%s: %v", l.Kind, err)
			return
		}
		checkOwned(t, tree)
		checkTexts(tree)
		var outer, keys, values []string
		partial := 0
		for n := range tree.All() {
			wrapper := n.Buffer() == 0 && (l.Kind == "v0-gzip" || l.Kind == "v1-gzip") // its key is not a record's
			switch {
			case n.Kind() == inspect.BatchNode && n.Buffer() == 0:
				outer = append(outer, n.Meaning())
			case n.Kind() == inspect.PartialNode:
				partial += n.Size()
			case n.Name() == "Key" && !wrapper && n.Kind() != inspect.VarStringNode && n.IsLeaf():
				keys = append(keys, leafText(n))
			case n.Name() == "Value" && !inHeader(n) && n.IsLeaf():
				values = append(values, leafText(n))
			}
		}
		if partial != len(src)-l.ValidBytes || len(outer) != len(l.Batches) {
			t.Errorf("%s: %d batches and %d bytes of a cut one, want %d and %d", l.Kind, len(outer), partial, len(l.Batches), len(src)-l.ValidBytes)
		}
		batches += len(outer)
		if o.Decompressor == nil || strings.HasPrefix(l.Kind, "control") {
			return
		}
		var wantKeys, wantValues []string
		for _, b := range l.Batches {
			for _, r := range b.Records {
				wantKeys, wantValues = append(wantKeys, nullText(r.Key)), append(wantValues, nullText(r.Value))
			}
		}
		if !slices.Equal(keys, wantKeys) || !slices.Equal(values, wantValues) {
			t.Errorf("%s: keys %q values %q, want %q %q", l.Kind, keys, values, wantKeys, wantValues)
		}
		recs += len(wantKeys)
	})
	t.Logf("%d batches with a correct CRC; %d records with Kafka's keys and values", batches, recs)
}

func leafText(n inspect.Node) string {
	if n.IsNull() {
		return "null"
	}
	return string(n.Bytes()[n.Prefix():])
}

func nullText(b []byte) string {
	if b == nil {
		return "null"
	}
	return string(b)
}

func inHeader(n inspect.Node) bool {
	p, _ := n.Parent()
	return p.Kind() == inspect.HeaderNode
}

// JSON with records has what Kafka reads from them.
func TestBatchCorpusAsJSON(t *testing.T) {
	m := schema.ByName("ProduceRequest")
	lines := 0
	readShared(t, "corpus/batches.jsonl.gz", func(l struct {
		Kind    string
		Hex     string
		Batches json.RawMessage
	}) {
		if !strings.HasPrefix(l.Kind, "v2-none") && !strings.HasPrefix(l.Kind, "v2-gzip") && !strings.HasPrefix(l.Kind, "control") && l.Kind != "v0-none" && l.Kind != "v1-gzip" {
			return
		}
		batch := unhex(t, l.Hex)
		body := unhex(t, "ffff 0001 00000000 00000001 0001 61 00000001 00000000")
		body = append(wire.AppendInt32(body, int32(len(batch))), batch...)
		out, _, err := inspect.Options{JSONRecords: true, Decompressor: gunzip{}}.AppendJSON(nil, m, 3, body)
		if err != nil {
			t.Errorf("%s: %v", l.Kind, err)
			return
		}
		var have struct {
			TopicData []struct {
				PartitionData []struct{ Records []map[string]any }
			}
		}
		var want []map[string]any
		if json.Unmarshal(out, &have) != nil || json.Unmarshal(l.Batches, &want) != nil {
			t.Fatalf("%s: no JSON: %s", l.Kind, out)
		}
		got := have.TopicData[0].PartitionData[0].Records
		for i := range want {
			if got[i]["crcOk"] != true || got[i]["error"] != nil {
				t.Errorf("%s: %v", l.Kind, got[i])
			}
			for name, v := range want[i] {
				if name == "baseOffset" && l.Kind == "v1-gzip" {
					continue // an entry's own offset is that of its last record
				}
				if a, b := fmt.Sprint(got[i][name]), fmt.Sprint(v); a != b {
					t.Errorf("%s: %s is %s, want %s", l.Kind, name, a, b)
				}
			}
		}
		lines++
	})
	if lines < 250/step() {
		t.Errorf("only %d lines", lines)
	}
}

// Damage inside of records never ends the message, and is told with its place.
func TestDamagedRecords(t *testing.T) {
	w := records.NewWriter(nil, records.Options{})
	w.Append(records.Record{Timestamp: 1_700_000_000_000, Key: []byte("a"), Value: []byte("b")})
	w.Append(records.Record{Timestamp: 1_700_000_000_001, Key: []byte("c"), Headers: records.Headers{}.Append("h", []byte("v"))})
	batch, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	read := func(src []byte) *inspect.Tree {
		return inspect.Options{}.Frame(src, inspect.Layout{Name: inspect.RecordBatches, Kind: schema.KindData})
	}
	tree := read(batch)
	if tree.First() != nil {
		t.Fatal(tree.First())
	}
	for _, c := range []struct {
		what  string
		at    int
		value byte
		path  string
		cause error
	}{
		{"a CRC that is not the bytes'", 17, batch[17] ^ 1, "Records[0].Crc", records.ErrCRC},
		{"a magic that is not known", 16, 9, "Records.Magic", wire.ErrValue},
		{"a record count that is too high", 60, 3, "Records[0].Records", io.ErrUnexpectedEOF},
		{"a record count that is too low", 60, 1, "Records[0].Records", wire.ErrTrailing},
		{"a record length over the end", 61, 0x7e, "Records[0].Records[0].Length", io.ErrUnexpectedEOF},
		{"a key length over the end", 65, 0x7e, "Records[0].Records[0].Key", io.ErrUnexpectedEOF},
	} {
		src := slices.Clone(batch)
		src[c.at] = c.value
		tree := read(src)
		checkOwned(t, tree)
		found := slices.ContainsFunc(tree.Problems, func(e *wire.Error) bool { return e.Path == c.path && errors.Is(e, c.cause) })
		if !found || tree.Err != nil {
			t.Errorf("%s: have %v, want %v at %s", c.what, tree.Problems, c.cause, c.path)
		}
	}
	for i := range batch {
		tree := read(batch[:i])
		checkOwned(t, tree)
		start, ok := find(tree, "Records.PartialBatch")
		if tree.First() != nil || i > 0 && (!ok || start.Kind() != inspect.PartialNode || start.Size() != i) {
			t.Errorf("%d of %d bytes: want the start of a batch, have %v", i, len(batch), tree.First())
		}
		// Fields that are there to their last byte are told.
		if magic, ok := find(tree, "Records.PartialBatch.Magic"); ok != (i >= 17) || ok && magic.Value() != "2" {
			t.Errorf("%d of %d bytes: a magic: %v", i, len(batch), ok)
		}
	}
	long := slices.Clone(batch)
	long[11]++ // its records are whole, and a byte is missing after them
	tree = read(long)
	if n, ok := find(tree, "Records.PartialBatch.Records[0].TimestampDelta"); !ok || n.Meaning() == "" {
		t.Error("the record of a batch that is cut off after it is not told")
	}
}
