package partition

import (
	"fmt"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

var (
	idA     = [16]byte{1}
	testNow = time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
)

func testOptions(fs vfs.FS) Options {
	return Options{FS: fs, Now: func() time.Time { return testNow }}
}

// batch builds a producer's batch of n records with values v0, v1, …, one millisecond apart from testNow.
func batch(t testing.TB, n int, change func(*records.Options)) []byte {
	t.Helper()
	o := records.Options{PartitionLeaderEpoch: -1}
	if change != nil {
		change(&o)
	}
	w := records.NewWriter(nil, o)
	for i := range n {
		w.Append(records.Record{Timestamp: testNow.UnixMilli() + int64(i), Value: fmt.Appendf(nil, "v%d", i)})
	}
	b, err := w.Finish()
	require.NoError(t, err)
	return b
}

func openOne(t testing.TB, fs vfs.FS, config Config) (*Store, *Partition) {
	t.Helper()
	s, err := OpenStore([]string{"/logs"}, testOptions(fs))
	require.NoError(t, err)
	p, err := s.Open(Wanted{"a", 0, idA, config})
	require.NoError(t, err)
	require.NoError(t, p.Lead(0))
	return s, p
}

func appendNow(p *Partition, b []byte) (AppendResult, error) {
	return p.Append(b, AppendOptions{NowMs: testNow.UnixMilli(), LeaderEpoch: -1})
}

func TestAppendRead(t *testing.T) {
	mem := vfs.NewMem()
	s, p := openOne(t, mem, DefaultConfig())
	for i := range 3 {
		r, err := appendNow(p, batch(t, 2, nil))
		require.NoError(t, err)
		require.Equal(t, AppendResult{BaseOffset: int64(2 * i), LastOffset: int64(2*i + 1), LogAppendTimeMs: -1}, r)
	}
	r, err := p.Read(ReadOptions{Offset: 3, MaxBytes: 1 << 20})
	require.NoError(t, err)
	require.EqualValues(t, 6, r.HighWatermark)
	n := 0
	for b, err := range records.Batches(r.Records) {
		require.NoError(t, err)
		require.EqualValues(t, 2+2*n, b.BaseOffset())
		n++
	}
	require.Equal(t, 2, n)
	require.NoError(t, s.Close(true, 7))
	s, p = openOne(t, mem, DefaultConfig())
	require.EqualValues(t, 6, p.Offsets().HighWatermark)
	require.True(t, s.Roots()[0].Clean)
	require.NoError(t, s.Close(false, 7))
}
