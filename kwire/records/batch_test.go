package records_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// collect returns the records of the first batch in b.
func collect(t *testing.T, b []byte, o records.ReadOptions) ([]records.Record, error) {
	t.Helper()
	v, err := records.ReadBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	var rs []records.Record
	for r, err := range v.RecordsWith(o) {
		if err != nil {
			return rs, err
		}
		rs = append(rs, r)
	}
	return rs, nil
}

func TestSettersInPlace(t *testing.T) {
	b := twoBatches()
	before := bytes.Clone(b)
	v, err := records.ReadBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	v.SetBaseOffset(1 << 40)
	v.SetPartitionLeaderEpoch(77)
	if v.BaseOffset() != 1<<40 || v.LastOffset() != 1<<40+1 || v.NextOffset() != 1<<40+2 || v.PartitionLeaderEpoch() != 77 {
		t.Error(v.BaseOffset(), v.LastOffset(), v.NextOffset(), v.PartitionLeaderEpoch())
	}
	if err := v.CheckCRC(); err != nil {
		t.Error("the CRC does not cover what the broker sets:", err)
	}
	v.SetMaxTimestamp(records.LogAppendTime, 12345)
	if err := v.CheckCRC(); err != nil {
		t.Error(err)
	}
	if v.TimestampType() != records.LogAppendTime || v.MaxTimestamp() != 12345 {
		t.Error(v.TimestampType(), v.MaxTimestamp())
	}
	for r, err := range v.Records(nil, 0) {
		if err != nil || r.Timestamp != 12345 {
			t.Error(r.Timestamp, err)
		}
	}
	v.SetMaxTimestamp(records.CreateTime, 0)
	v.SetBaseOffset(40)
	v.SetPartitionLeaderEpoch(0)
	if !bytes.Equal(b, before) {
		t.Errorf("%x\n%x", b, before)
	}
}

func TestSequencesWrap(t *testing.T) {
	for _, c := range []struct{ base, n, want int32 }{
		{0, 0, 0}, {5, 3, 8}, {math.MaxInt32, 0, math.MaxInt32}, {math.MaxInt32, 1, 0}, {math.MaxInt32 - 1, 3, 1},
	} {
		if have := records.AddSequence(c.base, c.n); have != c.want {
			t.Errorf("%d + %d = %d, want %d", c.base, c.n, have, c.want)
		}
	}
	w := records.NewWriter(nil, records.Options{Producer: &records.Producer{ID: 1, BaseSequence: math.MaxInt32}})
	w.Append(records.Record{})
	w.Append(records.Record{})
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	v, _ := records.ReadBatch(b)
	if v.LastSequence() != 0 {
		t.Error(v.LastSequence())
	}
}

// TestPrefixes cuts a buffer of two batches everywhere: what is whole is visited, the rest is an
// unexpected EOF, and a cut between the batches is none.
func TestPrefixes(t *testing.T) {
	b := twoBatches()
	first, _ := records.ReadBatch(b)
	for i := range b {
		n, whole := 0, 0
		var end error
		for v, err := range records.Batches(b[:i]) {
			if err != nil {
				end = err
				if !v.IsZero() {
					t.Error("a batch with an error")
				}
				continue
			}
			n++
			whole += v.Size()
		}
		var e *wire.Error
		switch {
		case i == 0 || i == first.Size():
			if end != nil {
				t.Errorf("prefix %d: %v", i, end)
			}
		case !errors.Is(end, io.ErrUnexpectedEOF) || !errors.As(end, &e):
			t.Errorf("prefix %d: %v", i, end)
		case e.Offset < whole || e.Offset > i:
			t.Errorf("prefix %d: offset %d", i, e.Offset)
		}
		if want := min(1, i/first.Size()); n != want {
			t.Errorf("prefix %d: %d batches", i, n)
		}
	}
}

func TestReadHeader(t *testing.T) {
	b := twoBatches()
	for i := range records.HeaderSize {
		if _, err := records.ReadHeader(b[:i]); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("prefix %d: %v", i, err)
		}
	}
	v, err := records.ReadHeader(b[:records.HeaderSize])
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := records.ReadBatch(b)
	if v.Size() != whole.Size() || v.LastOffset() != 41 || v.Count() != 2 {
		t.Error(v.Size(), v.LastOffset(), v.Count())
	}
	if err := v.CheckCRC(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	for _, err := range v.Records(nil, 0) {
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
	}
}

func TestHostileHeaders(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    int
		bytes string
		path  string
		want  error
	}{
		{"zeroed tail", 0, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "Length", wire.ErrValue},
		{"negative length", 8, "\xff\xff\xff\xff", "Length", wire.ErrValue},
		{"greatest length", 8, "\x7f\xff\xff\xff", "Length", wire.ErrValue},
		{"length beyond the end", 8, "\x7f\xff\xff\x00", "Length", io.ErrUnexpectedEOF},
		{"length inside the header", 8, "\x00\x00\x00\x30", "Length", wire.ErrValue},
		{"magic 3", 16, "\x03", "Magic", wire.ErrUnsupportedVersion},
		{"magic -1", 16, "\xff", "Magic", wire.ErrUnsupportedVersion},
		{"magic 1, too short", 8, "\x00\x00\x00\x15----\x01", "Length", wire.ErrValue},
		{"magic 0, too short", 8, "\x00\x00\x00\x0d----\x00", "Length", wire.ErrValue},
	} {
		b := twoBatches()
		copy(b[c.at:], c.bytes)
		n := 0
		for _, err := range records.Batches(b) {
			var e *wire.Error
			if !errors.As(err, &e) || !errors.Is(err, c.want) || e.Path != c.path {
				t.Errorf("%s: %v", c.name, err)
			}
			n++
		}
		if n != 1 {
			t.Errorf("%s: %d rounds", c.name, n)
		}
	}
}

// A batch knows where it stood, and an error inside it counts from there.
func TestPositions(t *testing.T) {
	b := twoBatches()
	first, err := records.ReadBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	b[first.Size()+records.HeaderSize] = 0x7e // the length of the second batch's first record
	var at []int
	for v, err := range records.Batches(b) {
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, v.Position())
		for _, err := range v.Records(nil, 0) {
			var e *wire.Error
			if v.Position() == 0 && err != nil || v.Position() > 0 && (!errors.As(err, &e) || e.Offset != first.Size()+records.HeaderSize) {
				t.Error(v.Position(), err)
			}
		}
	}
	if len(at) != 2 || at[0] != 0 || at[1] != first.Size() {
		t.Error(at)
	}
}

// Offsets count in 64 bits and wrap as Kafka's do; no number in a header makes a batch unreadable or panic.
func TestOffsetsWrap(t *testing.T) {
	w := records.NewWriter(nil, records.Options{BaseOffset: math.MaxInt64 - 1, Producer: &records.Producer{ID: 1, BaseSequence: math.MaxInt32 - 1}})
	for range 3 {
		w.Append(records.Record{})
	}
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	v, err := records.ReadBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	if v.LastOffset() != math.MinInt64 || v.NextOffset() != math.MinInt64+1 || v.LastOffsetDelta() != 2 || v.LastSequence() != 0 {
		t.Error(v.LastOffset(), v.NextOffset(), v.LastOffsetDelta(), v.LastSequence())
	}
	var offsets []int64
	var sequences []int32
	for r, err := range v.Records(nil, 0) {
		if err != nil {
			t.Fatal(err)
		}
		offsets, sequences = append(offsets, r.Offset), append(sequences, v.Sequence(r))
	}
	if !slices.Equal(offsets, []int64{math.MaxInt64 - 1, math.MaxInt64, math.MinInt64}) || !slices.Equal(sequences, []int32{math.MaxInt32 - 1, math.MaxInt32, 0}) {
		t.Error(offsets, sequences)
	}
	v.SetBaseOffset(math.MinInt64)
	if v.CheckCRC() != nil || v.LastOffset() != math.MinInt64+2 {
		t.Error(v.LastOffset())
	}
	// Timestamps as well: the delta of the last one does not fit the difference.
	w = records.NewWriter(nil, records.Options{})
	w.Append(records.Record{Timestamp: math.MinInt64})
	w.Append(records.Record{Timestamp: math.MaxInt64})
	b, err = w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	rs, err := collect(t, b, records.ReadOptions{})
	if err != nil || rs[0].Timestamp != math.MinInt64 || rs[1].Timestamp != math.MaxInt64 {
		t.Error(rs, err)
	}
}
