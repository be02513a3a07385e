package view

import (
	"strconv"
	"testing"

	"github.com/kwire-project/kafka/kwire/records"
)

// BenchmarkSegment is what the engine does when a segment of 10 MiB is dropped: the list of its batches, as the page gets
// it.
func BenchmarkSegment(b *testing.B) {
	for _, batchBytes := range []int{1 << 10, 16 << 10, 1 << 20} {
		segment := segmentOf(b, 10<<20, batchBytes)
		b.Run("batches of "+strconv.Itoa(batchBytes), func(b *testing.B) {
			b.SetBytes(int64(len(segment)))
			b.ReportAllocs()
			for b.Loop() {
				d := Open(segment, "00000000000000000000.log").Doc(nil)
				d.AppendBlock(nil)
				b.ReportMetric(float64(len(d.Frames)), "batches")
			}
		})
	}
}

// segmentOf is a segment of about size bytes.
func segmentOf(t testing.TB, size, batchBytes int) (segment []byte) {
	t.Helper()
	for offset := int64(0); len(segment) < size; {
		w := records.NewWriter(segment, records.Options{BaseOffset: offset})
		for ; w.Size() < batchBytes-200; offset++ {
			w.Append(records.Record{Timestamp: 1_700_000_000_000 + offset, Key: []byte("key"), Value: make([]byte, 100)})
		}
		var err error
		if segment, err = w.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	return segment
}
