package partition

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

// The crash tests run one workload again and again, let the n-th file call fail for every n, and look at
// what is left: everything that was acknowledged, in order and unchanged, and nothing that was not sent.

var errDisk = errors.New("disk says no")

// history is what a workload saw.
type history struct {
	sent  [][]byte // batches in the order they were sent, with the offset that they were to get
	acked int      // how many of them were acknowledged: always the first ones
	start int64    // log start offset that DeleteRecords acknowledged
}

func crashConfig(durable bool) Config {
	c := DefaultConfig()
	c.SegmentBytes = 300
	c.IndexIntervalBytes = 60
	if durable {
		c.FlushMessages = 1
	}
	return c
}

// work opens the store, appends until something fails, and checkpoints now and then. It goes on after a
// failure, as a broker does.
func (h *history) work(t *testing.T, fs vfs.FS, c Config) {
	s, err := OpenStore([]string{"/logs"}, testOptions(fs))
	if err != nil {
		return
	}
	p, err := s.Open(Wanted{"a", 0, idA, c})
	if err == nil && p.Lead(1) == nil {
		h.appends(t, s, p)
	}
	_ = s.Close(true, 5)
}

func (h *history) appends(t *testing.T, s *Store, p *Partition) {
	failed := false
	for i := range 8 {
		b := batch(t, 2, func(o *records.Options) {
			o.Producer = &records.Producer{ID: 4, BaseSequence: int32(2 * i)}
		})
		h.sent = append(h.sent, bytes.Clone(b))
		r, err := appendNow(p, b)
		switch {
		case err == nil:
			require.False(t, failed, "acknowledged after a failure")
			require.EqualValues(t, 2*i, r.BaseOffset)
			h.acked = i + 1
		default:
			failed = true
			require.Equal(t, errcode.KafkaStorageError, Code(err), "%v", err)
		}
		if i == 3 {
			if start, err := p.DeleteRecords(4); err == nil && s.Checkpoint() == nil {
				h.start = start
			}
		}
	}
}

// check opens what is left on a healthy disk.
func (h *history) check(t *testing.T, fs vfs.FS, c Config) {
	s, p := openOne(t, fs, c)
	defer func() { require.NoError(t, s.Close(true, 6)) }()
	o := p.Offsets()
	require.GreaterOrEqual(t, o.HighWatermark, int64(2*h.acked), "acknowledged records are there")
	require.LessOrEqual(t, o.HighWatermark, int64(2*len(h.sent)))
	require.LessOrEqual(t, o.LogStart, max(4, h.start))
	require.GreaterOrEqual(t, o.LogStart, h.start, "deleted records stay deleted")
	for offset := o.LogStart; offset < o.HighWatermark; {
		r, err := p.Read(ReadOptions{Offset: offset, MaxBytes: 1, AtLeastOne: true})
		require.NoError(t, err)
		b, err := records.ReadBatch(r.Records)
		require.NoError(t, err)
		require.NoError(t, b.CheckCRC())
		require.Equal(t, offset/2*2, b.BaseOffset())
		require.Equal(t, h.sent[offset/2][21:], b.Bytes()[21:], "what was sent, unchanged")
		offset = b.NextOffset()
	}
	if n := int32(o.HighWatermark); n > 0 {
		r, err := appendNow(p, batch(t, 2, func(o *records.Options) { o.Producer = &records.Producer{ID: 4, BaseSequence: n - 2} }))
		require.NoError(t, err)
		require.True(t, r.Duplicate, "the last batch is known as a duplicate")
	}
	r, err := appendNow(p, batch(t, 1, nil))
	require.NoError(t, err)
	require.Equal(t, o.HighWatermark, r.BaseOffset)
}

// everyCall runs the workload with a fault at the n-th call for every n, until no call is left to fail.
func everyCall(t *testing.T, c Config, fault func(*vfs.Mem, int), after func(*vfs.Mem)) {
	everyCallOf(t, func(m *vfs.Mem) vfs.FS { return m }, c, fault, after)
}

// everyCallOf does it with something between the workload and the file system.
func everyCallOf(t *testing.T, over func(*vfs.Mem) vfs.FS, c Config, fault func(*vfs.Mem, int), after func(*vfs.Mem)) {
	for n := 1; ; n++ {
		mem := vfs.NewMem()
		var h history
		fault(mem, n)
		h.work(t, over(mem), c)
		done := n > mem.Calls()
		after(mem)
		mem.FailAt(0, nil)
		h.check(t, mem, c)
		if done {
			require.Equal(t, 8, h.acked)
			t.Logf("%d calls, each of them failed once", n-1)
			return
		}
	}
}

func failFrom(m *vfs.Mem, n int) { m.FailFrom(n, errDisk) }
func failAt(m *vfs.Mem, n int)   { m.FailAt(n, errDisk) }

func TestPowerLossAfterEveryCall(t *testing.T) {
	everyCall(t, crashConfig(true), failFrom, (*vfs.Mem).Crash)
}

func TestKillAfterEveryCall(t *testing.T) {
	everyCall(t, crashConfig(false), failFrom, (*vfs.Mem).Kill)
}

func TestEveryCallFailsOnce(t *testing.T) {
	everyCall(t, crashConfig(false), failAt, func(*vfs.Mem) {})
	everyCall(t, crashConfig(true), failAt, (*vfs.Mem).Crash)
}

// So few files may be open that each call opens one and closes another.
func TestPowerLossWithFewFilesOpen(t *testing.T) {
	few := func(m *vfs.Mem) vfs.FS { return vfs.LimitOpen(m, 2) }
	everyCallOf(t, few, crashConfig(true), failFrom, (*vfs.Mem).Crash)
	everyCallOf(t, few, crashConfig(true), failAt, (*vfs.Mem).Crash)
	everyCallOf(t, few, crashConfig(false), failFrom, (*vfs.Mem).Kill)
}

// A disk that had begun to write leaves any mixture of old and new.
func TestTornPowerLoss(t *testing.T) {
	c := crashConfig(true)
	seeds := uint64(5)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 7))
		everyCall(t, c, failFrom, func(m *vfs.Mem) { m.CrashTorn(r) })
	}
}

// The start after a crash may crash as well.
func TestPowerLossWhileRecovering(t *testing.T) {
	c := crashConfig(true)
	for n := 1; ; n++ {
		mem := vfs.NewMem()
		var h history
		h.work(t, mem, c)
		mem.Crash()
		require.NoError(t, errors.Join(mem.RemoveAll("/logs/.kafka_cleanshutdown"), mem.RemoveAll("/logs/recovery-point-offset-checkpoint")))
		require.NoError(t, mem.SyncDir("/logs"))
		calls := mem.Calls()
		mem.FailFrom(n, errDisk)
		if s, err := OpenStore([]string{"/logs"}, testOptions(mem)); err == nil {
			_, _ = s.Open(Wanted{"a", 0, idA, c})
			_ = s.Close(true, 5)
		}
		done := calls+n > mem.Calls()
		mem.Crash()
		h.check(t, mem, c)
		if done {
			t.Logf("%d calls", n-1)
			return
		}
	}
}
