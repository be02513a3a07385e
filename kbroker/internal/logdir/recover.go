package logdir

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/kwire-project/kafka/kwire/records"
)

// rebuild reads a segment from its start and makes its indexes anew. With verify every batch's CRC is
// checked. What follows the first bad batch is cut off if the segment is active or was never synced;
// otherwise it stays as it is, for what was durable once is not ours to drop.
func (l *loader) rebuild(s *segment, active, verify bool) (cut bool, err error) {
	producers, err := l.producersAt(s.base)
	if err != nil {
		return false, err
	}
	s.offsets.mem, s.times.mem = []byte{}, []byte{}
	s.offsets.n, s.times.n = 0, 0
	s.offsets.stored, s.times.stored = l.files[segmentName(s.base, offsetIndexSuffix)].Size, l.files[segmentName(s.base, timeIndexSuffix)].Size
	s.maxTimeMs, s.maxTimeOffset, s.bytesSinceEntry = -1, s.base, 0

	valid, aborted, bad, err := l.reindex(s, producers, verify)
	if err != nil {
		return false, err
	}
	if bad != nil {
		lost := s.size - valid
		if !active && !verify {
			l.logger.Error("damaged batch in a segment that was synced; what follows it there cannot be read", "file", s.log.name, "bytes", lost, "err", bad)
		} else {
			l.logger.Warn("log cut at the first bad batch", "file", s.log.name, "bytes", lost, "end", producers.end, "err", bad)
			f, err := s.log.get(false)
			if err != nil {
				return false, err
			}
			if err := f.Truncate(valid); err != nil {
				return false, err
			}
			s.size, cut = valid, true
		}
	}
	if err := s.txns.replace(aborted); err != nil {
		return false, err
	}
	if err := s.finish(); err != nil {
		return false, err
	}
	l.carried = producers
	if !active && !cut {
		return false, errors.Join(s.sync(), s.retire())
	}
	return cut, nil
}

// reindex scans a segment. It returns the size of its good part, the transactions aborted there, and what is
// wrong with the rest.
func (l *loader) reindex(s *segment, producers *Producers, verify bool) (valid int64, aborted []AbortedTxn, bad, err error) {
	sc, err := s.scan(0, scanWindowBytes, true)
	if err != nil {
		return 0, nil, nil, err
	}
	next := s.base
	for {
		b, at, err := sc.next()
		if errors.Is(err, io.EOF) {
			return at, aborted, nil, nil
		}
		if err == nil {
			err = checkStored(b, at, next, s, verify)
		}
		var notABatch errBadBatch
		if errors.As(err, &notABatch) {
			return at, aborted, err, nil
		}
		if err != nil {
			return 0, nil, nil, err
		}
		if err := s.index(b, at, l.config.IndexIntervalBytes); err != nil {
			return 0, nil, nil, err
		}
		if epoch := b.PartitionLeaderEpoch(); epoch > l.epochs.latest() {
			l.epochs, _ = l.epochs.assign(epoch, b.BaseOffset())
		}
		if a, ok := producers.replay(b); ok {
			aborted = append(aborted, a)
		}
		next = b.NextOffset()
	}
}

// checkStored returns an errBadBatch unless a stored batch may follow offset next.
func checkStored(b records.Batch, at, next int64, s *segment, verify bool) error {
	if b.LastOffset() < next || b.LastOffset() < b.BaseOffset() {
		return errBadBatch{at, fmt.Errorf("offsets %d to %d after %d", b.BaseOffset(), b.LastOffset(), next-1)}
	}
	if !s.fits(b.LastOffset()) {
		return errBadBatch{at, fmt.Errorf("offset %d does not belong to the segment", b.LastOffset())}
	}
	if verify {
		if err := b.CheckCRC(); err != nil {
			return errBadBatch{at, err}
		}
	}
	return nil
}

// tailEnd returns the offset after the last batch of the active segment. A tail that is no batch, although
// the stop was clean, is cut off after all, by reading the segment again.
func (l *loader) tailEnd() (int64, error) {
	s := l.active()
	for {
		end, bad, err := l.walkTail(s)
		if err != nil || bad == nil {
			return end, err
		}
		l.logger.Warn("segment ends in no batch although it was closed cleanly", "file", s.log.name, "err", bad)
		if _, err := l.rebuild(s, true, true); err != nil {
			return 0, err
		}
	}
}

// walkTail walks from the last index entry to the end of the active segment.
func (l *loader) walkTail(s *segment) (end int64, bad, err error) {
	from := int64(0)
	if s.offsets.n > 0 {
		if _, from, err = s.offsets.at(s.offsets.n - 1); err != nil {
			return 0, nil, err
		}
	}
	if s.size == 0 {
		return s.base, nil, nil
	}
	sc, err := s.scan(from, scanWindowBytes, false)
	if err != nil {
		return 0, nil, err
	}
	next := s.base
	for {
		b, at, err := sc.next()
		if errors.Is(err, io.EOF) {
			return next, nil, nil
		}
		if err == nil {
			err = checkStored(b, at, next, s, false)
		}
		var notABatch errBadBatch
		if errors.As(err, &notABatch) {
			return 0, err, nil
		}
		if err != nil {
			return 0, nil, err
		}
		if at == 0 {
			s.firstTimeMs = b.MaxTimestamp()
		}
		if b.MaxTimestamp() > s.maxTimeMs {
			s.maxTimeMs, s.maxTimeOffset = b.MaxTimestamp(), b.LastOffset()
		}
		next = b.NextOffset()
	}
}

// producersAt returns the producers as they were when the log ended at offset: the newest snapshot that is
// not later, and the batches after it.
func (l *loader) producersAt(offset int64) (*Producers, error) {
	var state *Producers
	for i := len(l.snapshots) - 1; i >= 0 && state == nil; i-- {
		at := l.snapshots[i]
		if at > offset {
			continue
		}
		if l.carried != nil && l.carried.end >= at {
			break
		}
		s, err := loadProducers(l.fs, l.dir, at)
		switch {
		case isDamaged(err):
			l.logger.Warn("producers are read from the log instead", "err", err)
			if err := removeIfThere(l.fs, snapshotPath(l.dir, at)); err != nil {
				return nil, err
			}
			l.snapshots = slices.Delete(l.snapshots, i, i+1)
		case err != nil:
			return nil, err
		default:
			state = s
			state.expire(l.o.NowMs, l.o.ProducerExpirationMs)
		}
	}
	if l.carried != nil && l.carried.end <= offset && state == nil {
		state, l.carried = l.carried, nil
	}
	if state == nil {
		state = newProducers(l.segments[0].base)
	}
	for i := l.segmentAt(state.end); i < len(l.segments) && state.end < offset; i++ {
		if err := l.replay(l.segments[i], state, offset); err != nil {
			return nil, err
		}
	}
	state.end = offset
	return state, nil
}

// replay applies a segment's batches from state.end up to offset.
func (l *loader) replay(s *segment, state *Producers, offset int64) error {
	_, at, err := s.find(state.end)
	if errors.Is(err, io.EOF) {
		return nil
	}
	var bad errBadBatch
	if errors.As(err, &bad) {
		return nil // damage in a synced segment: reported when it was opened
	}
	if err != nil {
		return err
	}
	sc, err := s.scan(at, scanWindowBytes, true)
	if err != nil {
		return err
	}
	for {
		b, _, err := sc.next()
		if errors.Is(err, io.EOF) || errors.As(err, &bad) || err == nil && b.BaseOffset() >= offset {
			return nil
		}
		if err != nil {
			return err
		}
		state.replay(b)
	}
}
