package records_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// rawBatch returns a batch with the given bytes as its records; its CRC is not set.
func rawBatch(count, lastOffsetDelta int32, data string) []byte {
	b := make([]byte, records.HeaderSize, records.HeaderSize+len(data))
	b = append(b, data...)
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12))
	b[16] = 2
	binary.BigEndian.PutUint32(b[23:], uint32(lastOffsetDelta))
	binary.BigEndian.PutUint32(b[57:], uint32(count))
	return b
}

// empty is a record without key, value and headers, at offset delta 0.
const empty = "\x0c\x00\x00\x00\x01\x01\x00"

func TestHostileRecords(t *testing.T) {
	for _, c := range []struct {
		count, last int32
		data        string
		path        string
		offset      int
		want        error
	}{
		{-1, 0, empty, "Count", 57, wire.ErrValue},
		{math.MaxInt32, 0, empty, "Count", 57, io.ErrUnexpectedEOF},
		{2, 1, empty + "\x0c", "Count", 57, io.ErrUnexpectedEOF},
		{0, 0, empty, "Records", 61, wire.ErrTrailing},
		{1, 0, empty + empty, "Records", 68, wire.ErrTrailing},
		{2, 1, empty + "\x0c\x00\x00\x02\x01\x01\x01", "Records[1].Headers", 74, wire.ErrValue},
		{2, 1, empty + empty, "Records[1].OffsetDelta", 71, wire.ErrValue},
		{2, 1, empty + "\x0c\x00\x00\x04\x01\x01\x00", "Records[1].OffsetDelta", 71, wire.ErrValue},
		{1, 0, "\x0c\x00\x00\x01\x01\x01\x00", "Records[0].OffsetDelta", 64, wire.ErrValue},
		{1, 0, "\x0a\x00\x00\x00\x01\x01\x00", "Records[0].Length", 61, wire.ErrValue},
		{1, 0, "\x0b\x00\x00\x00\x01\x01\x00", "Records[0].Length", 61, wire.ErrValue},
		{1, 0, "\x0e\x00\x00\x00\x01\x01\x00", "Records[0].Length", 61, io.ErrUnexpectedEOF},
		{1, 0, "\x0e\x00\x00\x00\x01\x01\x00\x00", "Records[0].Length", 61, wire.ErrTrailing},
		{1, 0, "\x0c\x00\x00\x00\x02\x01\x00", "Records[0].Headers", 68, io.ErrUnexpectedEOF},
		{1, 0, "\x0c\x00\x00\x00\x03\x01\x00", "Records[0].Key", 65, wire.ErrValue},
		{1, 0, "\x0c\x00\x00\x00\x08\x01\x00", "Records[0].Key", 65, io.ErrUnexpectedEOF},
		{1, 0, "\x0c\x00\x00\x00\x01\x02\x00", "Records[0].Headers", 68, io.ErrUnexpectedEOF},
		{1, 0, "\x0c\x00\x00\x00\x01\x01\x02", "Records[0].Headers", 67, io.ErrUnexpectedEOF},
		{1, 0, "\x10\x00\x00\x00\x01\x01\x02\x01\x01", "Records[0].Headers[0].Key", 68, wire.ErrNull},
		{1, 0, "\x10\x00\x00\x00\x01\x01\x02\x02\x61", "Records[0].Headers[0].Value", 70, io.ErrUnexpectedEOF},
		{1, 0, "\x10\x00\x00\x00\x01\x01\x02\x00\x03", "Records[0].Headers[0].Value", 69, wire.ErrValue},
		{1, 0, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "Records[0].Length", 61, wire.ErrVarint},
		{1, 0, "\x80\x80\x80\x80\x20\x00\x00\x00", "Records[0].Length", 61, wire.ErrVarint},
		{1, 0, "\x80\x80\x80\x80\x80\x80\x80", "Records[0].Length", 61, io.ErrUnexpectedEOF},
		{1, 0, "\x16\x00\x00\x80\x80\x80\x80\x10\x01\x01\x00\x00", "Records[0].OffsetDelta", 64, wire.ErrVarint},
	} {
		rs, err := collect(t, rawBatch(c.count, c.last, c.data), records.ReadOptions{})
		var e *wire.Error
		if !errors.As(err, &e) || !errors.Is(err, c.want) || e.Path != c.path || e.Offset != c.offset {
			t.Errorf("%d records in %x: after %d: %v, want %s at %d: %v", c.count, c.data, len(rs), err, c.path, c.offset, c.want)
		}
	}
}

// TestLimits is exact: what is allowed is read, one more is not.
func TestLimits(t *testing.T) {
	b := rawBatch(2, 1, empty+"\x0e\x00\x00\x02\x01\x02v\x00") // records of 7 and 8 bytes
	for _, c := range []struct {
		o    records.ReadOptions
		path string
	}{
		{records.ReadOptions{MaxRecords: 1}, "Count"},
		{records.ReadOptions{MaxRecordBytes: 7}, "Records[1].Length"},
		{records.ReadOptions{MaxRecordBytes: 7, Lenient: true}, "Records[1].Length"},
	} {
		var e *wire.Error
		if _, err := collect(t, b, c.o); !errors.Is(err, wire.ErrLimit) || !errors.As(err, &e) || e.Path != c.path {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	if rs, err := collect(t, b, records.ReadOptions{MaxRecords: 2, MaxRecordBytes: 8}); err != nil || len(rs) != 2 {
		t.Error(len(rs), err)
	}
}

func TestRecordPrefixes(t *testing.T) {
	record := "\x24\x00\x00\x00\x04k1\x06val\x04\x02a\x02b\x02c\x01"
	if _, err := collect(t, rawBatch(1, 0, record), records.ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	for i := range record {
		_, err := collect(t, rawBatch(1, 0, record[:i]), records.ReadOptions{})
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("prefix %d of %d: %v", i, len(record), err)
		}
	}
}

// TestLenient reads what the files of the CodeCrafters challenge hold: −1 headers.
func TestLenient(t *testing.T) {
	b := rawBatch(2, 0, "\x0e\x00\x00\x00\x01\x02v\x01"+"\x0c\x00\x00\x00\x01\x01\x01")
	if _, err := collect(t, b, records.ReadOptions{}); !errors.Is(err, wire.ErrValue) {
		t.Error(err)
	}
	rs, err := collect(t, b, records.ReadOptions{Lenient: true})
	if err != nil || len(rs) != 2 || string(rs[0].Value) != "v" || rs[0].Headers.Len() != 0 {
		t.Error(rs, err)
	}
}

func TestLongVarintsAreRead(t *testing.T) {
	b := rawBatch(1, 0, "\x8e\x80\x00\x00\x80\x00\x00\x01\x01\x00")
	rs, err := collect(t, b, records.ReadOptions{})
	if err != nil || len(rs) != 1 || rs[0].Value != nil {
		t.Error(rs, err)
	}
}

func TestStopEarly(t *testing.T) {
	for v, err := range records.Batches(twoBatches()) {
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range v.Records(nil, 0) {
			n++
			break
		}
		if n != 1 {
			t.Error(n)
		}
		break
	}
}

// record makes records of every shape: sizes around those where varints grow, nulls, headers.
func manyShapes() (rs []records.Record) {
	for _, n := range []int{-1, 0, 1, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 63, 64, 127, 128, 8120, 8170, 8180, 8191, 8192, 8200, 70000} {
		var v []byte
		if n >= 0 {
			v = []byte(strings.Repeat("x", n))
		}
		t := int64(n) * int64(n) * int64(n) * 1000
		rs = append(rs,
			records.Record{Timestamp: t, Key: v},
			records.Record{Timestamp: -t, Value: v},
			records.Record{Timestamp: t, Key: v, Value: v, Headers: records.Headers{}.Append("a", v).Append("", nil).Append(strings.Repeat("k", max(n, 0)), []byte{})},
		)
	}
	rs = append(rs, records.Record{Timestamp: math.MinInt64}, records.Record{Timestamp: math.MaxInt64})
	for i := range rs {
		rs[i].Offset = int64(i) * int64(i) * 37
	}
	return rs
}

func TestRoundTripOfEveryShape(t *testing.T) {
	want := manyShapes()
	w := records.NewWriter([]byte("before"), records.Options{})
	for _, r := range want {
		w.AppendAt(r)
	}
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	have, err := collect(t, b[len("before"):], records.ReadOptions{})
	if err != nil || len(have) != len(want) {
		t.Fatal(len(have), err)
	}
	for i := range want {
		if a, b := want[i], have[i]; a.Offset != b.Offset || a.Timestamp != b.Timestamp || !reflect.DeepEqual(a.Key, b.Key) ||
			!reflect.DeepEqual(a.Value, b.Value) || headersText(a.Headers) != headersText(b.Headers) {
			t.Errorf("record %d: %v, want %v", i, b, a)
		}
	}
}

// TestAppendKeyValue holds AppendKeyValue, and Append, to AppendAt, which has no short way: with numbers of any size,
// and with timestamps that ascend slowly and offsets beyond what two bytes hold.
func TestAppendKeyValue(t *testing.T) {
	far := manyShapes()
	near := append(manyShapes(), manyShapes()...)
	for len(near) < 1<<14 {
		near = append(near, records.Record{Key: far[len(near)%len(far)].Key, Value: []byte("v")})
	}
	for i := range near {
		near[i].Timestamp = int64(i / 3)
	}
	near[100].Timestamp = math.MinInt64
	for _, shapes := range [][]records.Record{far, near} {
		a, b, c := records.NewWriter(nil, records.Options{}), records.NewWriter([]byte("before"), records.Options{}), records.NewWriter(nil, records.Options{})
		for i, r := range shapes {
			a.Append(r)
			if r.Headers.Len() == 0 {
				b.AppendKeyValue(r.Timestamp, r.Key, r.Value)
			} else {
				b.Append(r)
			}
			r.Offset = int64(i)
			c.AppendAt(r)
		}
		want, err := c.Finish()
		if err != nil || c.Count() != len(shapes) {
			t.Fatal(c.Count(), err)
		}
		if have, err := a.Finish(); err != nil || !bytes.Equal(have, want) {
			t.Error("Append writes other bytes than AppendAt", err)
		}
		if have, err := b.Finish(); err != nil || !bytes.Equal(have[len("before"):], want) {
			t.Error("AppendKeyValue writes other bytes than AppendAt", err)
		}
	}
}

func headersText(h records.Headers) string {
	s := fmt.Sprint(h.Len())
	for k, v := range h.All() {
		s += fmt.Sprintf(" %q=%#v", k, v)
	}
	return s
}

func TestHeaders(t *testing.T) {
	h := records.Headers{}.Append("a", []byte("1")).Append("b", nil).Append("a", []byte("2"))
	if v, ok := h.Get("a"); !ok || string(v) != "2" {
		t.Error(v, ok)
	}
	if v, ok := h.Get("b"); !ok || v != nil {
		t.Error(v, ok)
	}
	if _, ok := h.Get("c"); ok {
		t.Error("c is not there")
	}
	for range h.All() {
		break
	}
	if h = h.Reset().Append("x", nil); headersText(h) != `1 "x"=[]byte(nil)` {
		t.Error(headersText(h))
	}
}

func TestNothingIsAllocated(t *testing.T) {
	w := records.NewWriter(nil, records.Options{})
	for range 100 {
		w.Append(records.Record{Value: []byte("value"), Headers: records.Headers{}.Append("key", []byte("value"))})
	}
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	allocs := testing.AllocsPerRun(10, func() {
		for v, err := range records.Batches(b) {
			if err != nil || v.CheckCRC() != nil {
				t.Fatal(err)
			}
			for r, err := range v.Records(nil, 0) {
				if err != nil {
					t.Fatal(err)
				}
				for k, v := range r.Headers.All() {
					n += len(k) + len(v)
				}
			}
		}
	})
	if allocs != 0 || n == 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestCompressedNeedsADecompressor(t *testing.T) {
	b := rawBatch(1, 0, empty)
	for _, codec := range []byte{1, 2, 3, 4, 5, 6, 7} {
		b[22] = codec
		if _, err := collect(t, b, records.ReadOptions{}); !errors.Is(err, records.ErrCodec) {
			t.Error(codec, err)
		}
	}
	b[22] = 7
	if _, err := collect(t, b, records.ReadOptions{Decompressor: gunzip{}}); !errors.Is(err, records.ErrCodec) {
		t.Error(err)
	}
}
