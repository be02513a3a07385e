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

// TimedBatch is a batch whose newest record is not older than a time.
type TimedBatch struct {
	slice       Slice
	timestampMs int64
	from        int64
	// NextOffset is where to look on if First finds nothing.
	NextOffset int64
}

// BatchAtOrAfter finds the first batch with records at or after an offset that has a timestamp of at least timestampMs;
// ok is false without one. First then looks into it.
func (l *Log) BatchAtOrAfter(timestampMs, from int64) (found TimedBatch, ok bool, err error) {
	from = max(from, l.start)
	for _, s := range l.segments[l.segmentAt(from):] {
		if s.maxTimeMs < timestampMs {
			continue
		}
		b, at, err := s.findTime(timestampMs, from)
		if errors.Is(err, io.EOF) {
			continue
		}
		if err != nil {
			return TimedBatch{}, false, l.fail("read", err)
		}
		return TimedBatch{Slice{s, at, int64(b.Size())}, timestampMs, from, b.NextOffset()}, true, nil
	}
	return TimedBatch{}, false, nil
}

// NewestTimestamp is the greatest timestamp of the log, -1 without one.
func (l *Log) NewestTimestamp() int64 {
	newest := int64(-1)
	for _, s := range l.segments {
		newest = max(newest, s.maxTimeMs)
	}
	return newest
}

// First returns the batch's first record that is not older than was asked for; ok is false without one. It may be
// called while the log is in use. A batch whose records cannot be read, as the challenge's with -1 headers, answers by
// its header.
func (t TimedBatch) First(dec records.Decompressor) (first TimedOffset, ok bool, err error) {
	raw, err := t.slice.Read()
	if err != nil {
		return TimedOffset{}, false, err
	}
	b, err := records.ReadBatch(raw)
	if err != nil {
		return TimedOffset{}, false, fmt.Errorf("%s: %w", t.slice.segment.log.name, err)
	}
	for r, err := range b.Records(dec, 0) {
		if err != nil {
			return TimedOffset{max(b.BaseOffset(), t.from), b.MaxTimestamp(), b.PartitionLeaderEpoch()}, true, nil
		}
		if r.Offset >= t.from && r.Timestamp >= t.timestampMs {
			return TimedOffset{r.Offset, r.Timestamp, b.PartitionLeaderEpoch()}, true, nil
		}
	}
	return TimedOffset{}, false, nil
}
