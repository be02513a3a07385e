package group

import (
	"fmt"
	"testing"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

// BenchmarkReplay is how fast a partition is loaded: the usual mix of a few groups that commit again and again.
func BenchmarkReplay(b *testing.B) {
	const batches, perBatch = 100, 50
	var log []byte
	for i := range batches {
		w := records.NewWriter(log, records.Options{BaseOffset: int64(i * perBatch)})
		for p := range perBatch {
			w.Append(offsetRecord(fmt.Sprint("group-", i%10), OffsetKey{"topic", int32(p)}, Offset{Offset: int64(i), ExpireMs: -1}))
		}
		var err error
		log, err = w.Finish()
		require.NoError(b, err)
	}
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		s := NewShard(testConfig())
		for batch, err := range records.Batches(log) {
			if err == nil {
				err = s.Replay(batch, nil)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)*batches*perBatch/b.Elapsed().Seconds(), "records/s")
}
