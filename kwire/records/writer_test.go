package records_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// zip is a Compressor for gzip alone, as gunzip is a Decompressor.
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

func TestOptionsComeBack(t *testing.T) {
	for _, o := range []records.Options{
		{},
		{BaseOffset: 7, PartitionLeaderEpoch: 3, Producer: &records.Producer{ID: 1, Epoch: 2, BaseSequence: 3}, Transactional: true},
		{Control: true, Codec: records.Gzip, Compressor: zip{}},
		{LogAppendTimeMs: wire.Some[int64](99), DeleteHorizonMs: wire.Some[int64](50)},
	} {
		w := records.NewWriter(nil, o)
		for i := range 3 {
			w.Append(records.Record{Timestamp: int64(100 - i), Value: []byte(strings.Repeat("v", 50))})
		}
		if w.Count() != 3 || w.Size() < 61+3*50 {
			t.Error(w.Count(), w.Size())
		}
		out, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		v, err := records.ReadBatch(out)
		if err != nil || v.Size() != len(out) || v.Codec() != o.Codec || v.CheckCRC() != nil {
			t.Fatal(err, v.Size(), len(out), v.Codec())
		}
		back := records.OptionsOf(v)
		back.Compressor = o.Compressor
		if o.Producer == nil {
			o.Producer = &records.Producer{ID: -1, Epoch: -1, BaseSequence: -1}
		}
		if *back.Producer != *o.Producer {
			t.Error(*back.Producer)
		}
		back.Producer, o.Producer = nil, nil
		if back != o {
			t.Errorf("%+v, want %+v", back, o)
		}
		rs, err := collect(t, out, records.ReadOptions{Decompressor: gunzip{}, CreateTimes: true})
		if err != nil || len(rs) != 3 || rs[2].Timestamp != 98 || rs[2].Offset != o.BaseOffset+2 {
			t.Error(rs, err)
		}
	}
}

func TestCompressedShrinks(t *testing.T) {
	for _, spare := range []int{0, 1 << 20} {
		w := records.NewWriter(make([]byte, 3, 3+spare), records.Options{Codec: records.Gzip, Compressor: zip{}})
		for range 1000 {
			w.Append(records.Record{Value: []byte("the same value")})
		}
		plain := w.Size()
		out, err := w.Finish()
		if err != nil || len(out) > plain/4 {
			t.Fatal(len(out), plain, err)
		}
		var scratch []byte
		rs, err := collect(t, out[3:], records.ReadOptions{Decompressor: gunzip{}, Limit: plain - 61, Scratch: &scratch})
		if err != nil || len(rs) != 1000 || len(scratch) != plain-61 {
			t.Fatal(len(rs), err, len(scratch))
		}
		if _, err := collect(t, out[3:], records.ReadOptions{Decompressor: gunzip{}, Limit: plain - 62}); !errors.Is(err, wire.ErrLimit) {
			t.Error(err)
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	for name, c := range map[string]struct {
		o     records.Options
		write func(w *records.Writer)
		want  error
	}{
		"nothing":           {write: func(*records.Writer) {}, want: records.ErrEmpty},
		"offset before":     {o: records.Options{BaseOffset: 5}, write: func(w *records.Writer) { w.AppendAt(records.Record{Offset: 4}) }, want: wire.ErrValue},
		"offset twice":      {write: func(w *records.Writer) { w.AppendAt(records.Record{}); w.AppendAt(records.Record{}) }, want: wire.ErrValue},
		"offset too far":    {write: func(w *records.Writer) { w.AppendAt(records.Record{Offset: 1 << 31}) }, want: wire.ErrValue},
		"no room":           {write: func(w *records.Writer) { w.AppendAt(records.Record{Offset: math.MaxInt32}); w.Append(records.Record{}) }, want: wire.ErrValue},
		"last before":       {write: func(w *records.Writer) { w.AppendAt(records.Record{Offset: 5}); w.SetLastOffset(4) }, want: wire.ErrValue},
		"no compressor":     {o: records.Options{Codec: records.Zstd}, write: func(w *records.Writer) { w.Append(records.Record{}) }, want: records.ErrCodec},
		"failed compressor": {o: records.Options{Codec: records.Zstd, Compressor: zip{}}, write: func(w *records.Writer) { w.Append(records.Record{}) }, want: records.ErrCodec},
		"unknown codec":     {o: records.Options{Codec: 9, Compressor: zip{}}, write: func(w *records.Writer) { w.Append(records.Record{}) }, want: records.ErrCodec},
	} {
		w := records.NewWriter([]byte("before"), c.o)
		c.write(&w)
		out, err := w.Finish()
		var e *wire.Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) || string(out) != "before" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

// TestEmptyBatch is what Kafka's cleaner leaves: seen in a log directory of Kafka 4.4.
func TestEmptyBatch(t *testing.T) {
	w := records.NewWriter(nil, records.Options{
		BaseOffset: 10, Codec: records.Gzip, Compressor: zip{}, Transactional: true,
		Producer: &records.Producer{ID: 7, Epoch: 1, BaseSequence: 5}, DeleteHorizonMs: wire.Some[int64](1),
	})
	w.Append(records.Record{Timestamp: 1000})
	w.Append(records.Record{Timestamp: 900})
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	from, _ := records.ReadBatch(b)
	v, err := records.ReadBatch(records.AppendEmpty(nil, from))
	if err != nil || v.CheckCRC() != nil || v.Size() != records.HeaderSize || v.Count() != 0 {
		t.Fatal(err, v.Size(), v.Count())
	}
	_, horizon := v.DeleteHorizonMs()
	if v.BaseOffset() != 10 || v.LastOffset() != 11 || v.LastSequence() != 6 || v.ProducerID() != 7 || !v.IsTransactional() ||
		v.BaseTimestamp() != -1 || v.MaxTimestamp() != 1000 || v.Codec() != records.None || horizon {
		t.Errorf("%x", v.Bytes())
	}
	for range v.Records(nil, 0) {
		t.Error("a record in an empty batch")
	}
}

func TestEndTxnMarker(t *testing.T) {
	o := records.Options{BaseOffset: 9, Producer: &records.Producer{ID: 3, Epoch: 4, BaseSequence: records.NoSequence}}
	for _, typ := range []records.ControlType{records.ControlAbort, records.ControlCommit} {
		b, err := records.AppendEndTxnMarker(nil, o, typ, 12, 5000)
		if err != nil || len(b) != 78 {
			t.Fatal(len(b), err)
		}
		v, _ := records.ReadBatch(b)
		if v.Attributes() != 0x30 || v.BaseSequence() != -1 || v.ProducerEpoch() != 4 || v.CheckCRC() != nil {
			t.Errorf("%x", b)
		}
		rs, err := collect(t, b, records.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := records.ParseControl(rs[0])
		if err != nil || c.Type != typ {
			t.Fatal(c, err)
		}
		m, err := c.EndTxn()
		if err != nil || m.CoordinatorEpoch != 12 || m.Version != 0 {
			t.Error(m, err)
		}
	}
	if _, err := records.AppendEndTxnMarker(nil, o, records.ControlLeaderChange, 0, 0); !errors.Is(err, wire.ErrValue) {
		t.Error(err)
	}
}

func TestControlErrors(t *testing.T) {
	for _, key := range []string{"", "\x00\x00\x00"} {
		if _, err := records.ParseControl(records.Record{Key: []byte(key)}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
	}
	if _, err := records.ParseControl(records.Record{Key: []byte("\xff\xff\x00\x00")}); !errors.Is(err, wire.ErrUnsupportedVersion) {
		t.Error(err)
	}
	c, err := records.ParseControl(records.Record{Key: []byte("\x00\x01\x00\x63and more")})
	if err != nil || c.Version != 1 || c.Type != 99 || c.Type.String() != "UNKNOWN" {
		t.Error(c, err)
	}
	if _, err := c.EndTxn(); !errors.Is(err, wire.ErrValue) {
		t.Error(err)
	}
	if _, err := (records.Control{Value: []byte("\x00\x00\x00\x00\x00")}).EndTxn(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if _, err := (records.Control{Value: []byte("\xff\xff\x00\x00\x00\x00")}).EndTxn(); !errors.Is(err, wire.ErrUnsupportedVersion) {
		t.Error(err)
	}
}

func TestControlBatch(t *testing.T) {
	b, err := records.AppendControl(nil, records.Options{PartitionLeaderEpoch: 2}, 77,
		records.Control{Type: records.ControlSnapshotHeader, Value: []byte("h")},
		records.Control{Type: records.ControlKRaftVersion, Value: []byte("v")})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := records.ReadBatch(b)
	if v.Attributes() != 0x20 || v.ProducerID() != -1 || v.Count() != 2 {
		t.Errorf("%x", b)
	}
	var types []records.ControlType
	for r, err := range v.Records(nil, 0) {
		c, cerr := records.ParseControl(r)
		if err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
		types = append(types, c.Type)
	}
	if len(types) != 2 || types[0] != records.ControlSnapshotHeader || types[1] != records.ControlKRaftVersion {
		t.Error(types)
	}
}
