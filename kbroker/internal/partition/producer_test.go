package partition

import (
	"math"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

func from(id int64, epoch int16, sequence int32) func(*records.Options) {
	return func(o *records.Options) {
		o.Producer = &records.Producer{ID: id, Epoch: epoch, BaseSequence: sequence}
	}
}

func TestIdempotence(t *testing.T) {
	mem := vfs.NewMem()
	s, p := openOne(t, mem, DefaultConfig())
	want := func(what string, id int64, epoch int16, sequence int32, n int, code errcode.Code, offset int64, duplicate bool) {
		t.Helper()
		r, err := appendNow(p, batch(t, n, from(id, epoch, sequence)))
		require.Equal(t, code, Code(err), "%s: %v", what, err)
		if err == nil {
			require.Equal(t, offset, r.BaseOffset, what)
			require.Equal(t, offset+int64(n)-1, r.LastOffset, what)
			require.Equal(t, duplicate, r.Duplicate, what)
		}
	}
	const ok = errcode.None
	want("an unknown producer begins", 0, 0, 0, 2, ok, 0, false)
	want("and sends the same again", 0, 0, 0, 2, ok, 0, true)
	for i := range int64(6) {
		want("and goes on", 0, 0, int32(2+2*i), 2, ok, 2+2*i, false)
	}
	want("five batches are remembered", 0, 0, 4, 2, ok, 4, true)
	want("a sixth is not", 0, 0, 2, 2, errcode.OutOfOrderSequenceNumber, 0, false)
	want("a gap", 0, 0, 20, 1, errcode.OutOfOrderSequenceNumber, 0, false)
	want("part of a batch", 0, 0, 12, 1, errcode.OutOfOrderSequenceNumber, 0, false)
	want("a new epoch begins with 0", 0, 1, 5, 1, errcode.OutOfOrderSequenceNumber, 0, false)
	want("a new epoch", 0, 1, 0, 1, ok, 14, false)
	want("an old epoch is fenced", 0, 0, 14, 1, errcode.InvalidProducerEpoch, 0, false)
	want("an unknown producer begins anywhere", 9, 3, math.MaxInt32-1, 3, ok, 15, false)
	want("the sequence wraps", 9, 3, 1, 1, ok, 18, false)
	want("and is known after it", 9, 3, math.MaxInt32-1, 3, ok, 15, true)

	require.NoError(t, s.Close(true, 1))
	_, p = openOne(t, mem, DefaultConfig())
	want("a snapshot knows the last batch", 9, 3, 1, 1, ok, 18, true)
	mem.Kill()
	_, p = openOne(t, mem, DefaultConfig())
	want("and so does the log", 0, 1, 0, 1, ok, 14, true)
	p.ExpireProducers(testNow.UnixMilli()+1000, 500)
	want("a producer that was silent is forgotten", 9, 3, 700, 1, ok, 19, false)
}

func TestProducersOfAnEarlierLifeExpire(t *testing.T) {
	for expirationMs, known := range map[int64]bool{0: true, 1000: false, 48 * 3600 * 1000: true} {
		mem := vfs.NewMem()
		s, p := openOne(t, mem, DefaultConfig())
		_, err := appendNow(p, batch(t, 1, from(1, 0, 0)))
		require.NoError(t, err)
		require.NoError(t, s.Close(true, 1))
		o := testOptions(mem)
		o.ProducerExpirationMs = expirationMs
		o.Now = func() time.Time { return testNow.Add(2 * time.Second) }
		s, err = OpenStore([]string{"/logs"}, o)
		require.NoError(t, err)
		p, err = s.Open(Wanted{"a", 0, idA, DefaultConfig()})
		require.NoError(t, err)
		r, err := appendNow(p, batch(t, 1, from(1, 0, 0)))
		require.NoError(t, err)
		require.Equal(t, known, r.Duplicate, "%d ms", expirationMs)
	}
}

func TestTransactions(t *testing.T) {
	mem := vfs.NewMem()
	_, p := openOne(t, mem, DefaultConfig())
	data := func(id int64, epoch int16, sequence int32) []byte {
		return batch(t, 2, func(o *records.Options) { from(id, epoch, sequence)(o); o.Transactional = true })
	}
	marker := func(id int64, epoch int16, kind records.ControlType) []byte {
		b, err := records.AppendEndTxnMarker(nil, records.Options{Producer: &records.Producer{ID: id, Epoch: epoch, BaseSequence: -1}}, kind, 0, testNow.UnixMilli())
		require.NoError(t, err)
		return b
	}
	add := func(origin Origin, b []byte) {
		t.Helper()
		_, err := p.Append(b, AppendOptions{NowMs: testNow.UnixMilli(), Origin: origin, LeaderEpoch: -1})
		require.NoError(t, err)
	}
	add(Client, data(1, 0, 0))                           // 0-1
	add(Client, data(2, 0, 0))                           // 2-3
	add(Coordinator, marker(2, 0, records.ControlAbort)) // 4
	add(Client, batch(t, 1, nil))                        // 5
	_, err := appendNow(p, batch(t, 1, from(1, 0, 2)))   // not in its transaction
	require.Equal(t, errcode.InvalidTxnState, Code(err))
	_, err = appendNow(p, marker(1, 0, records.ControlCommit))
	require.Equal(t, errcode.InvalidRecord, Code(err), "clients write no markers")

	check := func() {
		t.Helper()
		o := p.Offsets()
		require.EqualValues(t, 0, o.LastStable)
		require.EqualValues(t, 6, o.HighWatermark)
		r, err := p.Read(ReadOptions{MaxBytes: 1 << 20, Isolation: ReadCommitted})
		require.NoError(t, err)
		require.Empty(t, r.Records)
		latest, err := p.ListOffset(LatestTimestamp, ReadCommitted)
		require.NoError(t, err)
		require.Zero(t, latest.Offset)
	}
	check()
	mem.Kill()
	_, p = openOne(t, mem, DefaultConfig())
	check()

	add(Coordinator, marker(1, 0, records.ControlCommit)) // 6
	require.EqualValues(t, 7, p.Offsets().LastStable)
	r, err := p.Read(ReadOptions{MaxBytes: 1 << 20, Isolation: ReadCommitted})
	require.NoError(t, err)
	require.Equal(t, []logdir.AbortedTxn{{ProducerID: 2, FirstOffset: 2, LastOffset: 4, LastStableOffset: 0}}, r.Aborted)
	uncommitted, err := p.Read(ReadOptions{MaxBytes: 1 << 20})
	require.NoError(t, err)
	require.Equal(t, r.Records, uncommitted.Records)
	require.Empty(t, uncommitted.Aborted)
}
