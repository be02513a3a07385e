package partition

import (
	"errors"
	"fmt"

	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// Isolation is a reader's isolation level.
type Isolation int8

// Isolation levels, as on the wire.
const (
	ReadUncommitted Isolation = 0
	ReadCommitted   Isolation = 1
)

// ReadOptions say what a reader wants.
type ReadOptions struct {
	Offset    int64
	MaxBytes  int64
	Isolation Isolation
	// AtLeastOne returns one whole batch even if it is larger than MaxBytes.
	AtLeastOne bool
}

// ReadResult is what a Fetch response reports of a partition.
type ReadResult struct {
	Records        []byte // whole batches as stored; nil if there is nothing to read yet
	HighWatermark  int64
	LastStable     int64
	LogStartOffset int64
	// Aborted transactions with records among those returned; only for ReadCommitted.
	Aborted []logdir.AbortedTxn
}

// maxReadBytes bounds one read, whatever was asked for: Kafka's default of fetch.max.bytes.
const maxReadBytes = 55 << 20

// maxReadAttempts bounds how often a read begins anew because retention took the segment away.
const maxReadAttempts = 3

// Read returns stored batches from the one that holds o.Offset on. The first may begin before o.Offset.
// An offset outside of the log gives errcode.OffsetOutOfRange beside a result whose positions are right.
func (p *Partition) Read(o ReadOptions) (ReadResult, error) {
	for attempt := 1; ; attempt++ {
		result, slice, err := p.locate(o)
		if err != nil {
			return result, fmt.Errorf("read of %s: %w", p.found, err)
		}
		result.Records, err = slice.Read()
		if errors.Is(err, logdir.ErrGone) && attempt < maxReadAttempts {
			continue
		}
		if err == nil && o.Isolation == ReadCommitted && len(result.Records) > 0 {
			result.Aborted, err = p.aborted(o.Offset, result.Records)
		}
		if err != nil {
			return result, fmt.Errorf("read of %s: %w: %w", p.found, errcode.KafkaStorageError, err)
		}
		return result, nil
	}
}

// locate finds the bytes to read; they are read without the lock, so that a slow disk stops nobody else.
func (p *Partition) locate(o ReadOptions) (ReadResult, logdir.Slice, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	result := ReadResult{HighWatermark: p.log.EndOffset(), LastStable: p.log.StableOffset(), LogStartOffset: p.log.StartOffset()}
	if p.closed {
		return result, logdir.Slice{}, errClosed
	}
	limit := result.HighWatermark
	if o.Isolation == ReadCommitted {
		limit = result.LastStable
	}
	slice, err := p.log.Locate(o.Offset, min(o.MaxBytes, maxReadBytes), o.AtLeastOne, limit)
	return result, slice, err
}

func (p *Partition) aborted(from int64, b []byte) ([]logdir.AbortedTxn, error) {
	to := from
	for batch, err := range records.Batches(b) {
		if err != nil {
			return nil, err
		}
		to = batch.NextOffset()
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.log.AbortedIn(from, to)
}

// Timestamps with a meaning in ListOffsets.
const (
	LatestTimestamp        = -1
	EarliestTimestamp      = -2
	MaxTimestamp           = -3
	EarliestLocalTimestamp = -4
	LatestTieredTimestamp  = -5
)

// ListOffset answers ListOffsets for one of the timestamps above or for a time in ms: the first record
// that is not older. Without an answer offset, timestamp and epoch are -1.
func (p *Partition) ListOffset(timestampMs int64, isolation Isolation) (logdir.TimedOffset, error) {
	if timestampMs < LatestTieredTimestamp {
		return noOffset, refuse(errcode.InvalidRequest, "timestamp %d", timestampMs)
	}
	known, search, err := p.knownOffset(timestampMs, isolation)
	if err != nil || search == nil {
		return known, err
	}
	for attempt, from := 1, int64(0); from >= 0; {
		first, next, err := p.firstAtOrAfter(search.timestampMs, from)
		switch {
		case errors.Is(err, logdir.ErrGone) && attempt < maxReadAttempts:
			attempt++
		case err != nil:
			return noOffset, fmt.Errorf("list offsets of %s: %w", p.found, err)
		case first.Offset >= search.end:
			return noOffset, nil
		case first.Offset >= 0:
			return first, nil
		default:
			from = next
		}
	}
	return noOffset, nil
}

var noOffset = logdir.TimedOffset{Offset: -1, TimestampMs: -1, LeaderEpoch: -1}

// timeSearch is a search by time: for the first record that is not older, before the end of what the reader may see.
type timeSearch struct{ timestampMs, end int64 }

// knownOffset answers what the log's positions tell, or returns the search that it takes.
func (p *Partition) knownOffset(timestampMs int64, isolation Isolation) (logdir.TimedOffset, *timeSearch, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return noOffset, nil, errClosed
	}
	end := p.log.EndOffset()
	if isolation == ReadCommitted {
		end = p.log.StableOffset()
	}
	switch timestampMs {
	case LatestTimestamp:
		return logdir.TimedOffset{Offset: end, TimestampMs: -1, LeaderEpoch: p.log.LatestEpoch()}, nil, nil
	case EarliestTimestamp, EarliestLocalTimestamp:
		start := p.log.StartOffset()
		return logdir.TimedOffset{Offset: start, TimestampMs: -1, LeaderEpoch: p.log.EpochAt(start)}, nil, nil
	case LatestTieredTimestamp:
		return noOffset, nil, nil // nothing is tiered
	case MaxTimestamp:
		if timestampMs = p.log.NewestTimestamp(); timestampMs < 0 {
			return noOffset, nil, nil
		}
	}
	return noOffset, &timeSearch{timestampMs, end}, nil
}

// firstAtOrAfter looks into the first batch that may have a record that is not older than a time. If there is none in it
// the search goes on at offset next; -1 for an end.
func (p *Partition) firstAtOrAfter(timestampMs, from int64) (first logdir.TimedOffset, next int64, err error) {
	batch, ok, err := p.batchAtOrAfter(timestampMs, from)
	if err == nil && !ok {
		return noOffset, -1, nil
	}
	if err == nil {
		first, ok, err = batch.First(p.codec) // without the lock: it may have a lot to decompress
	}
	if err != nil && !errors.Is(err, errClosed) {
		err = fmt.Errorf("%w: %w", errcode.KafkaStorageError, err)
	}
	if err != nil || !ok {
		return noOffset, batch.NextOffset, err
	}
	return first, -1, nil
}

func (p *Partition) batchAtOrAfter(timestampMs, from int64) (logdir.TimedBatch, bool, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return logdir.TimedBatch{}, false, errClosed
	}
	return p.log.BatchAtOrAfter(timestampMs, from)
}
