package partition

import (
	"testing"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

func TestListOffset(t *testing.T) {
	for _, codec := range []records.Codec{records.None, records.Zstd} {
		mem := vfs.NewMem()
		config := DefaultConfig()
		config.SegmentBytes, config.IndexIntervalBytes = 400, 0
		_, p := openCodec(t, mem, config)
		times := []int64{100, 90, 300, 300, 250, 400, 50, 10, 410, 20} // of offsets 0 to 9, two to a batch
		now := testNow.UnixMilli()
		for i := 0; i < len(times); i += 2 {
			w := records.NewWriter(nil, records.Options{Codec: codec, Compressor: compress.All})
			w.Append(records.Record{Timestamp: now + times[i]})
			w.Append(records.Record{Timestamp: now + times[i+1]})
			b, err := w.Finish()
			require.NoError(t, err)
			_, err = appendNow(p, b)
			require.NoError(t, err)
		}
		check := func(start int64) {
			t.Helper()
			for ask := int64(0); ask <= 420; ask += 10 {
				want := logdir.TimedOffset{Offset: -1, TimestampMs: -1, LeaderEpoch: -1}
				for offset := int64(len(times)) - 1; offset >= start; offset-- {
					if times[offset] >= ask {
						want = logdir.TimedOffset{Offset: offset, TimestampMs: now + times[offset]}
					}
				}
				got, err := p.ListOffset(now+ask, ReadUncommitted)
				require.NoError(t, err)
				require.Equal(t, want, got, "time +%d", ask)
			}
			for special, want := range map[int64]logdir.TimedOffset{
				LatestTimestamp:        {Offset: 10, TimestampMs: -1},
				EarliestTimestamp:      {Offset: start, TimestampMs: -1},
				EarliestLocalTimestamp: {Offset: start, TimestampMs: -1},
				MaxTimestamp:           {Offset: 8, TimestampMs: now + 410},
				LatestTieredTimestamp:  {Offset: -1, TimestampMs: -1, LeaderEpoch: -1},
			} {
				got, err := p.ListOffset(special, ReadCommitted)
				require.NoError(t, err)
				require.Equal(t, want, got, "%d", special)
			}
		}
		check(0)
		mem.Kill()
		_, p = openCodec(t, mem, config)
		check(0)
		start, err := p.DeleteRecords(3)
		require.NoError(t, err)
		require.EqualValues(t, 3, start)
		check(3)
	}
	_, p := openCodec(t, vfs.NewMem(), DefaultConfig())
	got, err := p.ListOffset(MaxTimestamp, ReadUncommitted)
	require.NoError(t, err)
	require.EqualValues(t, -1, got.Offset)
	_, err = p.ListOffset(-9, ReadUncommitted)
	require.Equal(t, errcode.InvalidRequest, Code(err))
}

func TestDeleteRecords(t *testing.T) {
	mem := vfs.NewMem()
	s, p := openOne(t, mem, DefaultConfig())
	for range 4 {
		_, err := appendNow(p, batch(t, 5, nil))
		require.NoError(t, err)
	}
	_, err := p.DeleteRecords(21)
	require.Equal(t, errcode.OffsetOutOfRange, Code(err))
	start, err := p.DeleteRecords(7)
	require.NoError(t, err)
	require.EqualValues(t, 7, start)
	r, err := p.Read(ReadOptions{Offset: 6, MaxBytes: 100})
	require.Equal(t, errcode.OffsetOutOfRange, Code(err))
	require.EqualValues(t, 7, r.LogStartOffset, "the positions are told even so")
	require.EqualValues(t, 20, r.HighWatermark)
	require.NoError(t, s.Close(true, 1))
	_, p = openOne(t, mem, DefaultConfig())
	require.EqualValues(t, 7, p.Offsets().LogStart, "the checkpoint tells")
	start, err = p.DeleteRecords(-1)
	require.NoError(t, err)
	require.EqualValues(t, 20, start)
}

func TestEndOffsetForEpoch(t *testing.T) {
	mem := vfs.NewMem()
	_, p := openOne(t, mem, DefaultConfig())
	for _, epoch := range []int32{0, 3, 5} {
		require.NoError(t, p.Lead(epoch))
		_, err := appendNow(p, batch(t, 10, nil))
		require.NoError(t, err)
	}
	check := func() {
		for asked, want := range map[int32][2]int64{-1: {-1, -1}, 0: {0, 10}, 1: {0, 10}, 3: {3, 20}, 4: {3, 20}, 5: {5, 30}, 6: {-1, -1}} {
			epoch, end := p.EndOffsetForEpoch(asked)
			require.Equal(t, want, [2]int64{int64(epoch), end}, "epoch %d", asked)
		}
	}
	check()
	require.NoError(t, mem.Remove("/logs/a-0/leader-epoch-checkpoint"))
	mem.Kill()
	s, err := OpenStore([]string{"/logs"}, testOptions(mem))
	require.NoError(t, err)
	p, err = s.Open(Wanted{"a", 0, idA, DefaultConfig()})
	require.NoError(t, err)
	check()
}
