package records_test

import (
	"hash/crc32"
	"testing"

	"github.com/kwire-project/kafka/kwire/records"
)

// thousand returns a batch of 1,000 records with values of 100 bytes: the yardstick of the
// benchmarks here.
func thousand(tb testing.TB) []byte {
	value := make([]byte, 100)
	w := records.NewWriter(nil, records.Options{})
	for i := range 1000 {
		w.Append(records.Record{Timestamp: 1_700_000_000_000 + int64(i), Value: value})
	}
	b, err := w.Finish()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func BenchmarkDecode(b *testing.B) {
	batch := thousand(b)
	b.SetBytes(int64(len(batch)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for v, err := range records.Batches(batch) {
			if err != nil {
				b.Fatal(err)
			}
			if err := v.CheckCRC(); err != nil {
				b.Fatal(err)
			}
			for r, err := range v.Records(nil, 0) {
				if err != nil {
					b.Fatal(err)
				}
				n += len(r.Value)
			}
		}
		if n != 100_000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkDecodeWithoutCRC(b *testing.B) {
	batch := thousand(b)
	b.SetBytes(int64(len(batch)))
	b.ReportAllocs()
	v, err := records.ReadBatch(batch)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n := 0
		for r, err := range v.Records(nil, 0) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(r.Value)
		}
		if n != 100_000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	value := make([]byte, 100)
	buf := thousand(b)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		w := records.NewWriter(buf[:0], records.Options{})
		for i := range 1000 {
			w.AppendKeyValue(1_700_000_000_000+int64(i), nil, value)
		}
		if _, err := w.Finish(); err != nil {
			b.Fatal(err)
		}
	}
}

// The two floors: what any reader and any writer of these bytes must spend.

func BenchmarkFloorCRC(b *testing.B) {
	batch := thousand(b)
	table := crc32.MakeTable(crc32.Castagnoli)
	b.SetBytes(int64(len(batch)))
	var sum uint32
	for b.Loop() {
		sum ^= crc32.Checksum(batch[21:], table)
	}
	_ = sum
}

func BenchmarkFloorCopy(b *testing.B) {
	batch := thousand(b)
	dst := make([]byte, len(batch))
	b.SetBytes(int64(len(batch)))
	for b.Loop() {
		copy(dst, batch)
	}
}
