package logdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// Slice is a range of a segment's file that holds batches. It stays good while the log is appended to, so
// that the bytes can be read, or later sent straight from the file, without holding the log.
type Slice struct {
	segment  *segment
	position int64
	size     int64
}

// Size is how many bytes the slice has.
func (s Slice) Size() int64 { return s.size }

// Read returns the slice's whole batches: a batch that is cut at its end is left off, for it would be sent
// for nothing. It may be called while the log is in use. ErrGone says that the segment was removed.
func (s Slice) Read() ([]byte, error) {
	if s.size == 0 {
		return nil, nil
	}
	f, err := s.segment.log.get(false)
	if err == nil {
		b := make([]byte, s.size)
		if err = readFull(f, b, s.position); err == nil {
			return wholeBatches(b), nil
		}
	}
	if errors.Is(err, fs.ErrClosed) {
		return nil, ErrGone
	}
	return nil, fmt.Errorf("%s: %w", s.segment.log.name, err)
}

// ErrGone is returned by Slice.Read when retention removed the segment meanwhile.
var ErrGone = errors.New("logdir: segment was removed")

func wholeBatches(b []byte) []byte {
	whole := 0
	for batch, err := range records.Batches(b) {
		if err != nil {
			break
		}
		whole += batch.Size()
	}
	return b[:whole:whole]
}

// Locate finds the bytes to answer a fetch with: from the batch that holds offset on, at most maxBytes, or
// one whole batch however large if atLeastOne, and nothing that begins at limit or later. The slice ends
// with the segment. Offsets outside of start..end give errcode.OffsetOutOfRange.
func (l *Log) Locate(offset, maxBytes int64, atLeastOne bool, limit int64) (Slice, error) {
	if offset < l.start || offset > l.end {
		return Slice{}, fmt.Errorf("%w: offset %d, the log has %d to %d", errcode.OffsetOutOfRange, offset, l.start, l.end)
	}
	if offset >= limit {
		return Slice{}, nil
	}
	for i := l.segmentAt(offset); i < len(l.segments); i++ {
		s := l.segments[i]
		b, at, err := s.find(offset)
		if errors.Is(err, io.EOF) {
			continue // compaction left no batch at or after offset in this segment
		}
		if err != nil {
			return Slice{}, l.fail("read", err)
		}
		if b.BaseOffset() >= limit {
			return Slice{}, nil
		}
		size := maxBytes
		if first := int64(b.Size()); size < first {
			if !atLeastOne {
				return Slice{}, nil
			}
			size = first
		}
		end := s.size
		if limit < l.end && (i == len(l.segments)-1 || limit < l.segments[i+1].base) {
			if end, err = s.positionOf(limit); err != nil {
				return Slice{}, l.fail("read", err)
			}
		}
		return Slice{s, at, min(size, end-at)}, nil
	}
	return Slice{}, nil
}

// AbortedIn returns the aborted transactions that have records between two offsets.
func (l *Log) AbortedIn(from, to int64) ([]AbortedTxn, error) {
	var found []AbortedTxn
	for _, s := range l.segments[l.segmentAt(from):] {
		entries, err := s.txns.all()
		if err != nil {
			return nil, l.fail("index of aborted transactions", err)
		}
		for _, a := range entries {
			if a.LastOffset >= from && a.FirstOffset < to {
				found = append(found, a)
			}
			if a.LastStableOffset >= to {
				return found, nil // markers from here on end transactions that began later
			}
		}
	}
	return found, nil
}

// TimedOffset is an answer to ListOffsets.
type TimedOffset struct {
	Offset      int64
	TimestampMs int64
	LeaderEpoch int32
}

// FirstAtOrAfter returns the first record whose timestamp is at or after timestampMs; ok is false without
// one. With dec the records of the batch that has it are looked at; a batch whose records cannot be read
// answers by its header.
func (l *Log) FirstAtOrAfter(timestampMs int64, dec records.Decompressor) (TimedOffset, bool, error) {
	for i := l.segmentAt(l.start); i < len(l.segments); i++ {
		s := l.segments[i]
		if s.maxTimeMs < timestampMs {
			continue
		}
		// All batches up to the offset of that entry are older: a lookup may begin there.
		relative, err := s.times.floor(timestampMs)
		if err != nil {
			return TimedOffset{}, false, l.fail("time index", err)
		}
		from, err := s.offsets.floor(max(int64(relative), l.start-s.base))
		if err != nil {
			return TimedOffset{}, false, l.fail("index", err)
		}
		t, ok, err := l.searchTime(s, from, func(b records.Batch) bool { return b.MaxTimestamp() >= timestampMs },
			func(r records.Record) bool { return r.Timestamp >= timestampMs }, dec)
		if err != nil || ok {
			return t, ok, err
		}
	}
	return TimedOffset{}, false, nil
}

// Newest returns the first record that has the greatest timestamp of the log; ok is false for a log without
// timestamps.
func (l *Log) Newest(dec records.Decompressor) (TimedOffset, bool, error) {
	var newest *segment
	for _, s := range l.segments {
		if s.maxTimeMs >= 0 && (newest == nil || s.maxTimeMs > newest.maxTimeMs) {
			newest = s
		}
	}
	if newest == nil {
		return TimedOffset{}, false, nil
	}
	from, err := newest.offsets.floor(newest.maxTimeOffset - newest.base)
	if err != nil {
		return TimedOffset{}, false, l.fail("index", err)
	}
	at := newest.maxTimeMs
	return l.searchTime(newest, from, func(b records.Batch) bool { return b.MaxTimestamp() >= at },
		func(r records.Record) bool { return r.Timestamp >= at }, dec)
}

// searchTime returns the first record at or after the log start that both conditions hold for.
func (l *Log) searchTime(s *segment, from int64, inBatch func(records.Batch) bool, inRecord func(records.Record) bool, dec records.Decompressor) (TimedOffset, bool, error) {
	sc, err := s.scan(from, lookupWindowBytes, false)
	if err != nil {
		return TimedOffset{}, false, l.fail("read", err)
	}
	for {
		b, at, err := sc.next()
		if errors.Is(err, io.EOF) {
			return TimedOffset{}, false, nil
		}
		if err != nil {
			return TimedOffset{}, false, l.fail("read", err)
		}
		if b.LastOffset() < l.start || !inBatch(b) {
			continue
		}
		raw, err := (Slice{s, at, int64(b.Size())}).Read()
		if err != nil {
			return TimedOffset{}, false, err
		}
		whole, err := records.ReadBatch(raw)
		if err != nil {
			return TimedOffset{}, false, l.fail("read", err)
		}
		if t, ok := firstRecord(whole, l.start, inRecord, dec); ok {
			return t, true, nil
		}
	}
}

// firstRecord looks into a batch. Records that cannot be read, as the challenge's with -1 headers, make the
// batch answer as a whole.
func firstRecord(b records.Batch, start int64, want func(records.Record) bool, dec records.Decompressor) (TimedOffset, bool) {
	for r, err := range b.Records(dec, 0) {
		if err != nil {
			return TimedOffset{max(b.BaseOffset(), start), b.MaxTimestamp(), b.PartitionLeaderEpoch()}, true
		}
		if r.Offset >= start && want(r) {
			return TimedOffset{r.Offset, r.Timestamp, b.PartitionLeaderEpoch()}, true
		}
	}
	return TimedOffset{}, false
}
