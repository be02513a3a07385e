package partition

import (
	"testing"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

// benchBatch has 100 records of 100 bytes.
func benchBatch(b *testing.B) []byte {
	w := records.NewWriter(nil, records.Options{PartitionLeaderEpoch: -1})
	value := make([]byte, 100)
	for range 100 {
		w.Append(records.Record{Timestamp: testNow.UnixMilli(), Value: value})
	}
	raw, err := w.Finish()
	require.NoError(b, err)
	return raw
}

func benchStore(b *testing.B) *Partition {
	s, err := OpenStore([]string{b.TempDir()}, testOptions(vfs.OS()))
	require.NoError(b, err)
	b.Cleanup(func() { s.Close(false, 1) })
	config := DefaultConfig()
	config.SegmentBytes, config.RetentionBytes = 256<<20, 512<<20
	p, err := s.Open(Wanted{"a", 0, idA, config})
	require.NoError(b, err)
	require.NoError(b, p.Lead(0))
	return p
}

func BenchmarkAppend(b *testing.B) {
	p, raw := benchStore(b), benchBatch(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at(raw, 0, 0, 0, 0, 0, 0, 0, 0, 0) // a client sends base offset 0
		if _, err := appendNow(p, raw); err != nil {
			b.Fatal(err)
		}
		if i%10000 == 0 {
			if _, err := p.Retain(testNow.UnixMilli()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	p, raw := benchStore(b), benchBatch(b)
	for range 5000 {
		at(raw, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		_, err := appendNow(p, raw)
		require.NoError(b, err)
	}
	const maxBytes = 1 << 20
	b.SetBytes(maxBytes)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r, err := p.Read(ReadOptions{Offset: int64(i*997) % 480_000, MaxBytes: maxBytes})
		if err != nil || len(r.Records) == 0 {
			b.Fatal(err)
		}
	}
}
