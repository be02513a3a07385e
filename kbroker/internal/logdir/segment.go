package logdir

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
)

// segment is one .log file with its indexes. Its bytes may be read by any number of goroutines, also while
// the log that owns it appends; all else is guarded by whoever guards the log.
type segment struct {
	base    int64
	log     *handle
	size    int64 // of the batches; the file may be longer after a failed write
	offsets *offsetIndex
	times   *timeIndex
	txns    *txnIndex

	bytesSinceEntry int64
	maxTimeMs       int64 // greatest timestamp so far, -1 without one
	maxTimeOffset   int64 // last offset of the batch that has it
	firstTimeMs     int64 // greatest timestamp of the first batch, which segment.ms counts from; -1 unknown
	createdMs       int64
	modifiedMs      int64
}

func newSegment(f vfs.FS, dir string, base int64, hasTxnIndex bool, nowMs int64) *segment {
	path := func(suffix string) string { return filepath.Join(dir, segmentName(base, suffix)) }
	return &segment{
		base:          base,
		log:           &handle{fs: f, name: path(logSuffix)},
		offsets:       newOffsetIndex(f, path(offsetIndexSuffix)),
		times:         newTimeIndex(f, path(timeIndexSuffix)),
		txns:          newTxnIndex(f, path(txnIndexSuffix), base, hasTxnIndex),
		maxTimeMs:     -1,
		maxTimeOffset: base,
		firstTimeMs:   -1,
		createdMs:     nowMs,
		modifiedMs:    nowMs,
	}
}

// createSegment makes the three files of an empty segment and holds its indexes in memory.
func createSegment(f vfs.FS, dir string, base, nowMs int64) (*segment, error) {
	s := newSegment(f, dir, base, false, nowMs)
	file, err := s.log.get(true)
	if err != nil {
		return nil, err
	}
	// A leftover of a roll that failed half-way may be there.
	if err := file.Truncate(0); err != nil {
		return nil, err
	}
	for _, x := range []*sparse{&s.offsets.sparse, &s.times.sparse} {
		xf, err := x.handle.get(true)
		if err != nil {
			return nil, err
		}
		if err := xf.Truncate(0); err != nil {
			return nil, err
		}
		x.mem = []byte{}
	}
	return s, removeIfThere(f, s.txns.handle.name)
}

// loadIndexes opens the indexes of a segment that was on disk. active holds them in memory. The error
// satisfies needsRebuild if they have to be made anew.
func (s *segment) loadIndexes(offsetsSize, timesSize int64, active bool) error {
	if err := s.offsets.load(offsetsSize); err != nil {
		return err
	}
	if err := s.times.load(timesSize); err != nil {
		return err
	}
	if active {
		if err := errors.Join(s.offsets.hold(), s.times.hold()); err != nil {
			return err
		}
	}
	if err := s.offsets.check(s.size); err != nil {
		return err
	}
	if err := s.times.check(); err != nil {
		return err
	}
	if _, err := s.txns.all(); err != nil {
		return err
	}
	return s.loadMaxTime()
}

// loadMaxTime takes the greatest timestamp from the time index, where it is once the segment was closed.
func (s *segment) loadMaxTime() error {
	ts, relative, err := s.times.last()
	if err != nil {
		return err
	}
	s.maxTimeMs, s.maxTimeOffset = ts, s.base+int64(relative)
	if s.times.n > 0 || s.size == 0 {
		return nil
	}
	first, _, err := s.findFrom(0, s.base)
	if err == nil && first.MaxTimestamp() >= 0 {
		return errCorruptIndex{s.times.handle.name + " is empty although the records have timestamps"}
	}
	return nil // what is wrong with the batch, if anything, is for the one to say who reads it
}

// fits reports whether an offset can be written relative to the segment's base.
func (s *segment) fits(offset int64) bool {
	return offset >= s.base && offset-s.base <= math.MaxInt32
}

// append writes whole batches with one write and then their index entries.
func (s *segment) append(batches []byte, intervalBytes int, nowMs int64) error {
	f, err := s.log.get(true)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(batches, s.size); err != nil {
		return err
	}
	s.modifiedMs = nowMs
	at := s.size
	for b, err := range records.Batches(batches) {
		if err != nil {
			return err
		}
		if err := s.index(b, at, intervalBytes); err != nil {
			return err
		}
		at += int64(b.Size())
	}
	s.size = at
	return nil
}

// index notes a batch at a position: LogSegment.append's rule, an entry at the first batch after every
// interval of bytes.
func (s *segment) index(b records.Batch, at int64, intervalBytes int) error {
	if at == 0 {
		s.firstTimeMs = b.MaxTimestamp()
	}
	if b.MaxTimestamp() > s.maxTimeMs {
		s.maxTimeMs, s.maxTimeOffset = b.MaxTimestamp(), b.LastOffset()
	}
	if s.bytesSinceEntry > int64(intervalBytes) {
		if err := s.offsets.add(uint32(b.LastOffset()-s.base), at); err != nil {
			return err
		}
		if err := s.times.add(s.maxTimeMs, uint32(s.maxTimeOffset-s.base)); err != nil {
			return err
		}
		s.bytesSinceEntry = 0
	}
	s.bytesSinceEntry += int64(b.Size())
	return nil
}

// finish gives the time index its last entry and trims both indexes: done when a segment is closed.
func (s *segment) finish() error {
	if s.maxTimeMs >= 0 {
		if err := s.times.add(s.maxTimeMs, uint32(s.maxTimeOffset-s.base)); err != nil {
			return err
		}
	}
	if err := s.offsets.trim(); err != nil {
		return err
	}
	return s.times.trim()
}

// retire lets go of what only the active segment needs.
func (s *segment) retire() error {
	s.offsets.mem, s.times.mem = nil, nil
	return errors.Join(s.offsets.handle.release(), s.times.handle.release())
}

// sync makes all files durable. It may run beside appends.
func (s *segment) sync() error {
	for _, h := range []*handle{s.log, &s.offsets.handle, &s.times.handle, &s.txns.handle} {
		if err := h.sync(); err != nil {
			return err
		}
	}
	return nil
}

func (s *segment) close() error {
	return errors.Join(s.log.close(), s.offsets.handle.close(), s.times.handle.close(), s.txns.handle.close())
}

// files are the names of the segment's files that exist or may exist.
func (s *segment) files() []string {
	return []string{s.log.name, s.offsets.handle.name, s.times.handle.name, s.txns.handle.name}
}

// scan starts a scanner at a position.
func (s *segment) scan(from int64, windowBytes int, bodies bool) (*scanner, error) {
	f, err := s.log.get(false)
	if err != nil {
		return nil, err
	}
	return newScanner(f, from, s.size, windowBytes, bodies), nil
}

// find returns the first batch whose last offset is at or after offset, and its position. io.EOF if all
// batches end before it.
func (s *segment) find(offset int64) (records.Batch, int64, error) {
	from, err := s.offsets.floor(offset - s.base)
	if err != nil {
		return records.Batch{}, 0, err
	}
	b, at, err := s.findFrom(from, offset)
	var bad errBadBatch
	if from > 0 && (errors.As(err, &bad) || err == nil && at == from && b.BaseOffset() > offset) {
		// The index points beside a batch, or beyond the one that is wanted: trust the log.
		return s.findFrom(0, offset)
	}
	return b, at, err
}

func (s *segment) findFrom(from, offset int64) (records.Batch, int64, error) {
	sc, err := s.scan(from, lookupWindowBytes, false)
	if err != nil {
		return records.Batch{}, 0, err
	}
	for {
		b, at, err := sc.next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				err = fmt.Errorf("%s: %w", s.log.name, err)
			}
			return records.Batch{}, 0, err
		}
		if b.LastOffset() >= offset {
			return b, at, nil
		}
	}
}

// findTime returns the first batch with records at or after offset and a timestamp of at least timestampMs, and its
// position. io.EOF if there is none.
func (s *segment) findTime(timestampMs, offset int64) (records.Batch, int64, error) {
	// All batches up to the offset of that entry are older: the search may begin there.
	relative, err := s.times.floor(timestampMs)
	if err != nil {
		return records.Batch{}, 0, err
	}
	from, err := s.offsets.floor(max(int64(relative), offset-s.base))
	if err != nil {
		return records.Batch{}, 0, err
	}
	sc, err := s.scan(from, lookupWindowBytes, false)
	if err != nil {
		return records.Batch{}, 0, err
	}
	for {
		b, at, err := sc.next()
		if err != nil || b.LastOffset() >= offset && b.MaxTimestamp() >= timestampMs {
			return b, at, err
		}
	}
}

// positionOf returns where the batches that begin before offset end.
func (s *segment) positionOf(offset int64) (int64, error) {
	b, at, err := s.find(offset)
	if errors.Is(err, io.EOF) {
		return s.size, nil
	}
	if err != nil {
		return 0, err
	}
	if b.BaseOffset() < offset {
		return at + int64(b.Size()), nil
	}
	return at, nil
}
