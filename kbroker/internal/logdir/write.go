package logdir

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
	"slices"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// Append writes whole batches of magic 2 at the end of the log with one write, and then takes over what
// Prepare said of their producers. Offsets and leader epochs are in place and the batches are checked: nothing
// is refused here but a set that is larger than a segment. After any other error the log on disk may end in
// half a batch: the Log must not be appended to again, only closed and opened anew.
//
// rolled tells that a new segment was begun: what is before it should be flushed soon.
func (l *Log) Append(batches []byte, producers []Prepared, nowMs int64) (rolled bool, err error) {
	size := int64(len(batches))
	if size > l.config.SegmentBytes {
		return false, fmt.Errorf("%w: %d bytes, segment.bytes is %d", errcode.RecordListTooLarge, size, l.config.SegmentBytes)
	}
	first, err := records.ReadBatch(batches)
	if err != nil {
		return false, l.fail("append", err)
	}
	last := first
	for b, err := range records.Batches(batches) {
		if err == nil {
			err = l.assign(b.PartitionLeaderEpoch(), b.BaseOffset())
		}
		if err != nil {
			return false, l.fail("append", err)
		}
		last = b
	}
	if rolled = l.shouldRoll(first, last, size, nowMs); rolled {
		if err := l.rollTo(max(l.end, first.BaseOffset()), nowMs); err != nil {
			return false, l.fail("new segment", err)
		}
	}
	if err := l.active().append(batches, l.config.IndexIntervalBytes, nowMs); err != nil {
		return rolled, l.fail("append", err)
	}
	l.end = last.NextOffset()
	return rolled, l.fail("index of aborted transactions", l.commit(producers))
}

// assign notes the epoch of a batch; a new one is durable before the batch is written.
func (l *Log) assign(epoch int32, offset int64) error {
	epochs, changed := l.epochs.assign(epoch, offset)
	if !changed {
		return nil
	}
	if err := writeEpochs(l.fs, l.dir, epochs); err != nil {
		return err
	}
	l.epochs = epochs
	return nil
}

// BeginEpoch notes that a leader took over under an epoch at the log's end.
func (l *Log) BeginEpoch(epoch int32) error {
	return l.fail("leader epochs", l.assign(epoch, l.end))
}

// commit takes over the producers' states that the batches just appended lead to, in their order.
func (l *Log) commit(prepared []Prepared) error {
	l.producers.end = l.end
	for _, p := range prepared {
		aborted, ok := l.producers.commit(p.next, p.done)
		if !ok {
			continue
		}
		if err := l.active().txns.add(aborted); err != nil {
			return err
		}
	}
	return nil
}

// Prepared is the state of a producer after a batch that is about to be appended.
type Prepared struct {
	next producer
	done *completedTxn
}

// Prepare checks a batch, its offsets in place, against its producer's state; the error carries an
// errcode.Code. It changes nothing. dup tells that the batch was appended before and must not be again.
func (l *Log) Prepare(b records.Batch, origin Origin) (p Prepared, dup *Duplicate, err error) {
	if origin == OriginClient {
		if d, ok := l.producers.duplicate(b); ok {
			return Prepared{}, &d, nil
		}
	}
	next, done, err := l.producers.prepare(b, origin)
	return Prepared{next, done}, nil, err
}

// ExpireProducers forgets producers that were silent for longer than expirationMs.
func (l *Log) ExpireProducers(nowMs, expirationMs int64) { l.producers.expire(nowMs, expirationMs) }

// shouldRoll is LogSegment.shouldRoll.
func (l *Log) shouldRoll(first, last records.Batch, size, nowMs int64) bool {
	s := l.active()
	if s.size == 0 {
		// A fresh segment takes any batch whose offset it can express.
		return !s.fits(last.LastOffset())
	}
	waited := nowMs - s.createdMs
	if s.firstTimeMs >= 0 {
		waited = first.MaxTimestamp() - s.firstTimeMs
	}
	// A position must fit an entry of the index, whatever segment.bytes says.
	return s.size+size > min(l.config.SegmentBytes, math.MaxInt32) || waited > l.config.SegmentMs-l.jitterMs() ||
		s.offsets.full(l.config.SegmentIndexBytes) || s.times.full(l.config.SegmentIndexBytes) ||
		!s.fits(last.LastOffset())
}

// jitterMs is what the active segment is closed before its time, so that partitions that were begun together do not
// all roll together. It is the same however often it is asked.
func (l *Log) jitterMs() int64 {
	most := min(l.config.SegmentJitterMs, l.config.SegmentMs)
	if most <= 0 {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", l.dir, l.active().base)
	return int64(h.Sum64() % uint64(most))
}

// roll closes the active segment, unless it is empty, and starts a new one at the log's end.
func (l *Log) roll(nowMs int64) error {
	if l.active().size == 0 {
		return nil
	}
	return l.fail("new segment", l.rollTo(l.end, nowMs))
}

// rollTo starts a new active segment. The old one is not synced here: that is Flush's, which the caller
// may run beside appends.
func (l *Log) rollTo(base, nowMs int64) error {
	old := l.active()
	if old.base == base {
		return fmt.Errorf("offset %d begins a segment already", base)
	}
	if err := old.finish(); err != nil {
		return err
	}
	if l.producers != nil {
		l.producers.end = base
		if err := l.saveSnapshot(); err != nil {
			return err
		}
	}
	s, err := createSegment(l.fs, l.dir, base, nowMs)
	if err != nil {
		return err
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	old.offsets.mem, old.times.mem = nil, nil
	l.segments = append(l.segments, s)
	l.end = base
	return nil
}

// saveSnapshot writes the producers down, unless the newest snapshot is as new.
func (l *Log) saveSnapshot() error {
	if l.producers.end <= l.snapshot {
		return nil
	}
	if err := l.producers.save(l.fs, l.dir); err != nil {
		return err
	}
	l.snapshot = l.producers.end
	return nil
}

// Flush returns a function that makes all durable that the log holds now, and the recovery point that is
// reached then, for Flushed. The function may run beside anything; it is nil when there is nothing to do.
func (l *Log) Flush() (sync func() error, upTo int64) {
	if l.flushed >= l.end {
		return nil, l.end
	}
	segments := slices.Clone(l.segments[l.segmentAt(l.flushed):])
	return func() error {
		for _, s := range segments {
			if err := s.sync(); err != nil {
				return fmt.Errorf("sync of %s: %w", s.log.name, err)
			}
		}
		return nil
	}, l.end
}

// Flushed moves the recovery point after a sync that Flush began.
func (l *Log) Flushed(upTo int64) error {
	var errs []error
	for i := l.segmentAt(l.flushed); i+1 < len(l.segments) && l.segments[i+1].base <= upTo; i++ {
		errs = append(errs, l.segments[i].retire()) // its index files need not stay open
	}
	l.flushed = max(l.flushed, min(upTo, l.end))
	return l.fail("closing index files", errors.Join(errs...))
}

// Close closes the files. A clean close leaves all durable, with a producer snapshot, so that the next
// open need not read the log; it returns an error if that could not be done.
func (l *Log) Close(clean bool) error {
	var err error
	if clean {
		err = l.settle()
	}
	return errors.Join(err, l.closeFiles())
}

func (l *Log) settle() error {
	if err := l.active().finish(); err != nil {
		return l.fail("close", err)
	}
	if sync, upTo := l.Flush(); sync != nil {
		if err := sync(); err != nil {
			return err
		}
		if err := l.Flushed(upTo); err != nil {
			return err
		}
	}
	if l.end > l.segments[0].base || l.snapshot >= 0 {
		return l.fail("producer snapshot", l.saveSnapshot())
	}
	return nil
}

func (l *Log) closeFiles() error {
	var err error
	for _, s := range l.segments {
		err = errors.Join(err, s.close())
	}
	return err
}

// removeSegment deletes a segment's files. They get another name first, so that a crash half-way leaves no
// part of it looking like a segment.
func (l *Log) removeSegment(s *segment) error {
	if err := s.close(); err != nil {
		return err
	}
	var gone []string
	for _, name := range append(s.files(), snapshotPath(l.dir, s.base)) {
		err := l.fs.Rename(name, name+deletedSuffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		gone = append(gone, name+deletedSuffix)
	}
	for _, name := range gone {
		if err := removeIfThere(l.fs, name); err != nil {
			return err
		}
	}
	return l.fs.SyncDir(l.dir)
}
