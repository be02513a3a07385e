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
	p.mu.RLock()
	defer p.mu.RUnlock()
	none := logdir.TimedOffset{Offset: -1, TimestampMs: -1, LeaderEpoch: -1}
	if p.closed {
		return none, errClosed
	}
	end := p.log.EndOffset()
	if isolation == ReadCommitted {
		end = p.log.StableOffset()
	}
	var found logdir.TimedOffset
	var ok bool
	var err error
	switch {
	case timestampMs == LatestTimestamp:
		return logdir.TimedOffset{Offset: end, TimestampMs: -1, LeaderEpoch: p.log.LatestEpoch()}, nil
	case timestampMs == EarliestTimestamp || timestampMs == EarliestLocalTimestamp:
		start := p.log.StartOffset()
		return logdir.TimedOffset{Offset: start, TimestampMs: -1, LeaderEpoch: p.log.EpochAt(start)}, nil
	case timestampMs == LatestTieredTimestamp:
		return none, nil // nothing is tiered
	case timestampMs == MaxTimestamp:
		found, ok, err = p.log.Newest(p.codec)
	case timestampMs >= 0:
		found, ok, err = p.log.FirstAtOrAfter(timestampMs, p.codec)
	default:
		return none, refuse(errcode.InvalidRequest, "timestamp %d", timestampMs)
	}
	if err != nil {
		return none, fmt.Errorf("%w: %w", errcode.KafkaStorageError, err)
	}
	if !ok || found.Offset >= end {
		return none, nil
	}
	return found, nil
}
