package partition

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

func TestStoreOnDisk(t *testing.T) {
	dirs := []string{t.TempDir() + "/one", t.TempDir() + "/two"}
	open := func() *Store {
		s, err := OpenStore(dirs, testOptions(vfs.OS()))
		require.NoError(t, err)
		return s
	}
	s := open()
	_, err := OpenStore(dirs[1:], testOptions(vfs.OS()))
	require.ErrorContains(t, err, "in use by another broker")
	var wanted []Wanted
	for i := range int32(40) {
		wanted = append(wanted, Wanted{"topic-with-dash", i, idA, DefaultConfig()})
	}
	require.NoError(t, s.OpenAll(wanted))
	perRoot := map[string]int{}
	for _, p := range s.All() {
		perRoot[p.Root().Path]++
		_, err := appendNow(p, batch(t, int(p.Index())+1, nil))
		require.NoError(t, err)
	}
	require.InDelta(t, 20, perRoot[dirs[0]], 5, "shared between the roots")
	require.NoError(t, s.Delete("topic-with-dash", 7))
	require.NoError(t, s.Delete("topic-with-dash", 7))
	require.Nil(t, s.Get("topic-with-dash", 7))
	require.Len(t, s.Found(), 39)
	require.ErrorContains(t, s.SetAside(s.Found()[0]), "is open")
	require.NoError(t, s.Close(true, 3))

	s = open()
	require.True(t, s.Roots()[1].Clean)
	require.NoError(t, s.SetAside(s.Found()[0]))
	require.Len(t, s.Found(), 38)
	start := time.Now()
	require.NoError(t, s.OpenAll(wanted[8:]))
	t.Log("32 partitions open in", time.Since(start))
	for _, w := range wanted[8:] {
		p := s.Get(w.Topic, w.Partition)
		require.EqualValues(t, w.Partition+1, p.Offsets().HighWatermark)
		again, err := s.Open(w)
		require.NoError(t, err)
		require.Same(t, p, again)
	}
	_, err = s.Open(Wanted{"topic-with-dash", 3, wire.UUID{9}, DefaultConfig()})
	require.ErrorIs(t, err, errcode.InconsistentTopicID)
	require.NoError(t, s.Checkpoint())
	require.NoError(t, s.Close(false, 3))
	s = open()
	require.False(t, s.Roots()[0].Clean)
	require.NoError(t, s.OpenAll(wanted[8:]))
	require.NoError(t, s.Close(true, 3))
}

// Whoever looked before an append is woken by it, however the two interleave.
func TestWatchMissesNothing(t *testing.T) {
	_, p := openOne(t, vfs.NewMem(), DefaultConfig())
	const appends = 500
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c := make(chan struct{}, 1)
			stop := p.Watch(c)
			defer stop()
			for p.Offsets().HighWatermark < appends {
				select {
				case <-c:
				case <-time.After(10 * time.Second):
					t.Error("not woken at ", p.Offsets().HighWatermark)
					return
				}
			}
		})
	}
	for range appends {
		_, err := appendNow(p, batch(t, 1, nil))
		require.NoError(t, err)
	}
	wg.Wait()
	require.Empty(t, p.watchers.of)
}

func TestConcurrentUse(t *testing.T) {
	mem := vfs.NewMem()
	o := testOptions(mem)
	var background sync.WaitGroup
	o.Spawn = func(f func()) { background.Go(f) }
	s, err := OpenStore([]string{"/logs"}, o)
	require.NoError(t, err)
	config := DefaultConfig()
	config.SegmentBytes, config.IndexIntervalBytes, config.RetentionBytes = 2000, 100, 6000
	p, err := s.Open(Wanted{"a", 0, idA, config})
	require.NoError(t, err)
	require.NoError(t, p.Lead(0))
	var writers, others sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := range 200 {
				_, err := appendNow(p, batch(t, 2, from(int64(w), 0, int32(2*i))))
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	loop := func(f func() error) {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := f(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	next := int64(0)
	loop(func() error {
		r, err := p.Read(ReadOptions{Offset: next, MaxBytes: 1000, AtLeastOne: true})
		if Code(err) == errcode.OffsetOutOfRange {
			next = r.LogStartOffset
			return nil
		}
		for b, err := range records.Batches(r.Records) {
			if err != nil || b.CheckCRC() != nil || b.NextOffset() <= next {
				return fmt.Errorf("offset %d: %v", next, err)
			}
			next = b.NextOffset()
		}
		return err
	})
	loop(func() error { _, err := p.ListOffset(testNow.UnixMilli(), ReadCommitted); return err })
	loop(func() error { _, err := p.Retain(testNow.UnixMilli()); time.Sleep(time.Millisecond); return err })
	loop(func() error { p.SetConfig(config); return s.Checkpoint() })
	loop(p.Flush)
	writers.Wait()
	close(done)
	others.Wait()
	background.Wait()
	require.EqualValues(t, 1200, p.Offsets().HighWatermark)
	_, err = p.Retain(testNow.UnixMilli())
	require.NoError(t, err)
	require.Positive(t, p.Offsets().LogStart)
	require.NoError(t, s.Close(true, 1))
	_, err = appendNow(p, batch(t, 1, nil))
	require.Equal(t, errcode.NotLeaderOrFollower, Code(err))
}

func TestDiskFailureStopsAppendsNotReads(t *testing.T) {
	mem := vfs.NewMem()
	s, p := openOne(t, mem, crashConfig(true))
	_, err := appendNow(p, batch(t, 1, nil))
	require.NoError(t, err)
	c := make(chan struct{}, 1)
	defer p.Watch(c)()
	mem.FailAt(2, errDisk) // the sync after the write
	_, err = appendNow(p, batch(t, 1, nil))
	require.Equal(t, errcode.KafkaStorageError, Code(err))
	require.ErrorIs(t, err, errDisk)
	<-c
	_, err = appendNow(p, batch(t, 1, nil))
	require.Equal(t, errcode.KafkaStorageError, Code(err), "a second sync that works proves nothing")
	require.Error(t, p.Flush())
	require.ErrorIs(t, p.Err(), errDisk)
	r, err := p.Read(ReadOptions{MaxBytes: 1000})
	require.NoError(t, err)
	require.NotEmpty(t, r.Records)
	require.Error(t, s.Close(true, 1))
	s, _ = openOne(t, mem, crashConfig(true))
	require.False(t, s.Roots()[0].Clean)
}
