package records_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// gunzip is a Decompressor for gzip alone: what kwire can test with the standard library. The other
// codecs are held to the same corpus by package compress.
type gunzip struct{}

func (gunzip) Decompress(dst, src []byte, codec records.Codec, limit int) ([]byte, error) {
	if codec != records.Gzip {
		return dst, records.ErrCodec
	}
	z, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		return dst, err
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(limit)+1))
	if err == nil && len(out) > limit {
		err = wire.ErrLimit
	}
	return append(dst, out...), err
}

// corpusLine is one buffer written by Kafka's own classes, and what they read from it.
type corpusLine struct {
	Kind       string
	Hex        string
	ValidBytes int
	Batches    []corpusBatch
}

type corpusBatch struct {
	Magic                       int8
	SizeInBytes                 int
	BaseOffset, LastOffset      int64
	Compression, TimestampType  string
	MaxTimestamp, BaseTimestamp int64
	PartitionLeaderEpoch        int32
	ProducerID                  int64
	ProducerEpoch               int16
	BaseSequence, LastSequence  int32
	Transactional, Control      bool
	CRC                         uint32
	DeleteHorizonMs             *int64
	Count                       int32
	Records                     []corpusRecord
}

type corpusRecord struct {
	Offset      int64
	Timestamp   int64
	Key, Value  []byte
	Headers     [][2]*string // the key as it is, the value in base64
	Sequence    int32
	ControlType string
}

// readCorpus visits the committed sample, and the whole corpus where it lies beside the checkout.
func readCorpus(t *testing.T, visit func(t *testing.T, c corpusLine, b []byte)) {
	t.Run("sample", func(t *testing.T) {
		f, err := os.Open("testdata/sample.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if n := readLines(t, f, visit); n != 17 {
			t.Errorf("%d lines", n)
		}
	})
	t.Run("whole", func(t *testing.T) {
		f, err := os.Open("../../../shared/corpus/batches.jsonl.gz")
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip("ONLY THE SAMPLE WAS TESTED:", err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		if n := readLines(t, z, visit); n != 925 {
			t.Errorf("%d lines", n)
		}
	})
}

func readLines(t *testing.T, r io.Reader, visit func(t *testing.T, c corpusLine, b []byte)) (n int) {
	t.Helper()
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for ; s.Scan(); n++ {
		var c corpusLine
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(err)
		}
		visit(t, c, b)
		if t.Failed() {
			t.Fatalf("line %d (%s)", n+1, c.Kind)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCorpus(t *testing.T) {
	readCorpus(t, func(t *testing.T, c corpusLine, b []byte) {
		n, valid := 0, 0
		for v, err := range records.Batches(b) {
			if err != nil {
				if c.Kind != "multi-truncated" || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Error(err)
				}
				break
			}
			if n >= len(c.Batches) {
				t.Fatal("more batches than Kafka sees")
			}
			equalBatch(t, v, c.Batches[n])
			n++
			valid += v.Size()
		}
		if n != len(c.Batches) || valid != c.ValidBytes {
			t.Errorf("%d batches in %d bytes, want %d in %d", n, valid, len(c.Batches), c.ValidBytes)
		}
	})
}

func equalBatch(t *testing.T, v records.Batch, want corpusBatch) {
	t.Helper()
	eq := func(what string, have, want any) {
		t.Helper()
		if have != want {
			t.Errorf("%s = %v, want %v", what, have, want)
		}
	}
	eq("Magic", v.Magic(), want.Magic)
	eq("Size", v.Size(), want.SizeInBytes)
	eq("LastOffset", v.LastOffset(), want.LastOffset)
	eq("Codec", v.Codec().String(), want.Compression)
	eq("TimestampType", v.TimestampType().String(), want.TimestampType)
	if err := v.CheckCRC(); err != nil {
		t.Error(err)
	}
	if want.Magic == 2 {
		eq("BaseOffset", v.BaseOffset(), want.BaseOffset)
		eq("BaseTimestamp", v.BaseTimestamp(), want.BaseTimestamp)
		eq("PartitionLeaderEpoch", v.PartitionLeaderEpoch(), want.PartitionLeaderEpoch)
		eq("ProducerID", v.ProducerID(), want.ProducerID)
		eq("ProducerEpoch", v.ProducerEpoch(), want.ProducerEpoch)
		eq("BaseSequence", v.BaseSequence(), want.BaseSequence)
		eq("LastSequence", v.LastSequence(), want.LastSequence)
		eq("IsTransactional", v.IsTransactional(), want.Transactional)
		eq("IsControl", v.IsControl(), want.Control)
		eq("CRC", v.CRC(), want.CRC)
		eq("Count", v.Count(), want.Count)
		horizon, ok := v.DeleteHorizonMs()
		eq("has DeleteHorizonMs", ok, want.DeleteHorizonMs != nil)
		if ok && want.DeleteHorizonMs != nil {
			eq("DeleteHorizonMs", horizon, *want.DeleteHorizonMs)
		}
	}
	if want.Magic > 0 {
		eq("MaxTimestamp", v.MaxTimestamp(), want.MaxTimestamp)
	}
	if v.Codec() != records.None && v.Codec() != records.Gzip {
		return
	}
	n := 0
	for r, err := range v.Records(gunzip{}, 0) {
		if err != nil || n >= len(want.Records) {
			t.Error(n, err)
			return
		}
		eq("record", show(v, r), showWant(want, want.Records[n]))
		n++
	}
	eq("records", n, len(want.Records))
}

// show prints a record so that null and empty differ.
func show(v records.Batch, r records.Record) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d %d %#v %#v", r.Offset, r.Timestamp, r.Key, r.Value)
	if v.Magic() == 2 {
		fmt.Fprintf(&s, " seq %d", v.Sequence(r))
	}
	for key, value := range r.Headers.All() {
		fmt.Fprintf(&s, " %q=%#v", key, value)
	}
	if v.IsControl() {
		c, err := records.ParseControl(r)
		fmt.Fprintf(&s, " %v %v", c.Type, err)
	}
	return s.String()
}

func showWant(b corpusBatch, r corpusRecord) string {
	var s strings.Builder
	if b.Magic == 0 {
		r.Timestamp = -1
	}
	fmt.Fprintf(&s, "%d %d %#v %#v", r.Offset, r.Timestamp, r.Key, r.Value)
	if b.Magic == 2 {
		fmt.Fprintf(&s, " seq %d", r.Sequence)
	}
	for _, h := range r.Headers {
		var value []byte
		if h[1] != nil {
			if err := json.Unmarshal([]byte(`"`+*h[1]+`"`), &value); err != nil {
				panic(err)
			}
		}
		fmt.Fprintf(&s, " %q=%#v", *h[0], value)
	}
	if b.Control {
		fmt.Fprintf(&s, " %v %v", r.ControlType, nil)
	}
	return s.String()
}

// TestCorpusRewrite holds the Writer to Kafka's bytes.
func TestCorpusRewrite(t *testing.T) {
	readCorpus(t, func(t *testing.T, c corpusLine, b []byte) {
		for v, err := range records.Batches(b) {
			if err != nil {
				break // the tail of multi-truncated: TestCorpus looks at it
			}
			if v.Magic() < 2 || v.Codec() != records.None {
				continue
			}
			w := records.NewWriter([]byte("before"), records.OptionsOf(v))
			for r, err := range v.RecordsWith(records.ReadOptions{CreateTimes: true}) {
				if err != nil {
					t.Fatal(err)
				}
				w.AppendAt(r)
			}
			w.SetLastOffset(v.LastOffset())
			out, err := w.Finish()
			if err != nil {
				t.Fatal(err)
			}
			if want := append([]byte("before"), v.Bytes()...); !bytes.Equal(out, want) {
				t.Errorf("have %x\nwant %x", out, want)
			}
		}
	})
}
