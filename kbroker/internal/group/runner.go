package group

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// runner runs one shard: it owns the lock, the timer, the requests that wait and the queue of what is to be stored.
// The queue is bounded by the requests that wait for it, of which a connection has one.
type runner struct {
	c     *Coordinator
	index int32
	log   Log

	mu      sync.Mutex
	shard   *Shard
	status  errcode.Code // why the shard does not serve; None when it does
	waiting map[Ticket]chan wire.Message
	last    Ticket
	queue   []Write
	writing bool // a goroutine works on the queue
	timer   *time.Timer
	armed   time.Time // what the timer is set to
	closed  chan struct{}
}

func newRunner(c *Coordinator, index int32, log Log) *runner {
	return &runner{
		c: c, index: index, log: log,
		shard: NewShard(c.o.Config), status: errcode.CoordinatorLoadInProgress, waiting: map[Ticket]chan wire.Message{},
		closed: make(chan struct{}),
	}
}

// do runs an event without an answer to wait for.
func (r *runner) do(f func(now time.Time, s *Shard) Effects) errcode.Code {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status == errcode.None {
		r.apply(f(r.c.o.Now(), r.shard))
	}
	return r.status
}

// call runs an event and waits for its answer.
func (r *runner) call(ctx context.Context, f func(now time.Time, s *Shard, t Ticket) Effects) (wire.Message, errcode.Code, error) {
	answer := make(chan wire.Message, 1)
	var ticket Ticket
	code := r.do(func(now time.Time, s *Shard) Effects {
		r.last++
		ticket = r.last
		r.waiting[ticket] = answer
		return f(now, s, ticket)
	})
	if code != errcode.None {
		return nil, code, nil
	}
	select {
	case m := <-answer:
		return m, errcode.None, nil
	case <-ctx.Done():
		r.giveUp(ticket)
		return nil, errcode.None, ctx.Err()
	case <-r.closed:
		return nil, r.giveUp(ticket), nil
	}
}

// giveUp forgets a request that waits.
func (r *runner) giveUp(t Ticket) errcode.Code {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, t)
	return r.status
}

// apply does what the state machine asks for. r.mu is held.
func (r *runner) apply(e Effects) {
	for _, reply := range e.Replies {
		if answer := r.waiting[reply.To]; answer != nil {
			delete(r.waiting, reply.To)
			answer <- reply.Message
		}
	}
	if r.queue = append(r.queue, e.Writes...); len(r.queue) > 0 && !r.writing {
		r.writing = true
		r.c.running.Go(r.write)
	}
	r.arm()
}

// arm sets the timer to the shard's next deadline.
func (r *runner) arm() {
	wake := r.shard.Wake()
	if wake.Equal(r.armed) {
		return
	}
	r.armed = wake
	switch {
	case wake.IsZero():
		r.timer.Stop()
	case r.timer == nil:
		r.timer = time.AfterFunc(wake.Sub(r.c.o.Now()), r.tick)
	default:
		r.timer.Reset(wake.Sub(r.c.o.Now()))
	}
}

// tick is called by the timer.
func (r *runner) tick() {
	r.do(func(now time.Time, s *Shard) Effects {
		r.armed = time.Time{} // so that it is set again even to the same time: a timer may go off early
		return s.Tick(now)
	})
}

// write stores what is in the queue, until it is empty. What comes meanwhile goes into the next append, so a slow
// disk makes batches larger, not the wait longer.
func (r *runner) write() {
	for {
		r.mu.Lock()
		writes := r.queue
		r.queue = nil
		if len(writes) == 0 {
			r.writing = false
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()

		results := r.store(writes)

		r.mu.Lock()
		var e Effects
		for i, w := range writes {
			if w.Done != nil {
				w.Done(r.c.o.Now(), results[i], &e)
			}
		}
		r.apply(e)
		r.mu.Unlock()
	}
}

// store appends writes at once. If that is refused for their size each is tried alone, so that one that is too large
// does not take others with it.
func (r *runner) store(writes []Write) []Written {
	results := make([]Written, len(writes))
	base, err := r.append(writes)
	if err != nil && len(writes) > 1 && partition.Code(err) == errcode.MessageTooLarge {
		for i := range writes {
			results[i] = r.store(writes[i : i+1])[0]
		}
		return results
	}
	if err != nil {
		r.c.o.Log.Error("groups could not be stored", "partition", r.index, "why", err)
	}
	for i := range writes {
		results[i] = Written{BaseOffset: base, Err: err}
		base += int64(len(writes[i].Records))
	}
	return results
}

// append appends the records of all writes, in batches that are not too large, with one call.
func (r *runner) append(writes []Write) (int64, error) {
	now := r.c.o.Now().UnixMilli()
	o := records.Options{Codec: r.c.o.Compression, Compressor: r.c.o.Codec}
	var b []byte
	var err error
	w := records.NewWriter(nil, o)
	for i := range writes {
		for _, rec := range writes[i].Records {
			rec.Timestamp = now
			size := len(rec.Key) + len(rec.Value)
			if w.Count() > 0 && w.Size()+size > MaxBatchBytes {
				if b, err = w.Finish(); err != nil {
					return 0, err
				}
				w = records.NewWriter(b, o)
			}
			w.Append(rec)
		}
	}
	if b, err = w.Finish(); err != nil {
		return 0, err
	}
	result, err := r.log.Append(b, partition.AppendOptions{NowMs: now, Origin: partition.Coordinator, LeaderEpoch: -1})
	return result.BaseOffset, err
}

// load replays the partition. Until it is done its groups answer CoordinatorLoadInProgress. A partition that cannot
// be read is not served: to begin anew without its offsets would make consumers read everything again or skip it.
func (r *runner) load() {
	r.c.loaders <- struct{}{}
	defer func() { <-r.c.loaders }()
	began := r.c.o.Now()
	err := r.replay()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status != errcode.CoordinatorLoadInProgress {
		return // closed
	}
	if err != nil {
		r.status = errcode.NotCoordinator
		r.c.o.Log.Error("groups could not be loaded, and are not served", "partition", r.index, "why", err)
		return
	}
	r.status = errcode.None
	now := r.c.o.Now()
	r.apply(r.shard.Loaded(now))
	if n := r.shard.Len(); n > 0 {
		r.c.o.Log.Debug("groups loaded", "partition", r.index, "groups", n, "ms", now.Sub(began).Milliseconds())
	}
}

// replay reads the whole partition. Nobody else uses the shard yet.
func (r *runner) replay() error {
	start, err := r.log.Read(partition.ReadOptions{Offset: -1, MaxBytes: 0})
	if partition.Code(err) != errcode.OffsetOutOfRange && err != nil {
		return err
	}
	for at, end := start.LogStartOffset, start.HighWatermark; at < end && r.isLoading(); {
		got, err := r.log.Read(partition.ReadOptions{Offset: at, MaxBytes: MaxLoadBytes, AtLeastOne: true})
		if err != nil {
			return err
		}
		before := at
		for b, err := range records.Batches(got.Records) {
			if err == nil {
				err = b.CheckCRC()
			}
			if err == nil {
				err = r.shard.Replay(b, r.c.o.Codec)
			}
			if err != nil {
				return err
			}
			at = b.NextOffset()
		}
		if at == before {
			return fmt.Errorf("nothing to read at offset %d, before the end %d", at, end)
		}
	}
	return nil
}

// isLoading reports whether nobody has closed the runner while it loads.
func (r *runner) isLoading() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status == errcode.CoordinatorLoadInProgress
}

// close ends the service of the shard: whoever asks or waits is told the code. A deletion of the groups' topic may do
// so while the broker stops: the first code stays.
func (r *runner) close(code errcode.Code) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.closed:
		return
	default:
	}
	r.status = code
	if r.timer != nil {
		r.timer.Stop()
	}
	close(r.closed)
}
