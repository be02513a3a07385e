package partition

import (
	"fmt"

	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// Origin says who appends: see logdir.
type Origin = logdir.Origin

// Origins of an append.
const (
	Client      = logdir.OriginClient      // a Produce request
	Coordinator = logdir.OriginCoordinator // a group or transaction coordinator
	Metadata    = logdir.OriginMetadata    // the writer of the cluster's metadata log
)

// AppendOptions say how batches are appended.
type AppendOptions struct {
	NowMs  int64
	Origin Origin
	// LeaderEpoch is the epoch that the writer believes in; -1 for any. Another one than the partition's is
	// refused.
	LeaderEpoch int32
}

// AppendResult is what a Produce response reports.
type AppendResult struct {
	BaseOffset      int64
	LastOffset      int64
	LogAppendTimeMs int64 // -1 unless the topic's timestamps are those of the append
	LogStartOffset  int64
	Duplicate       bool // the producer's batch was in the log already, at these offsets
}

// Append checks batches and writes them at the end of the log. Base offsets, the leader epoch and, if the
// topic wants it, timestamps are set in b, which is the caller's again afterwards; all other bytes are stored as
// they are, unless compression.type names another codec. A client sends exactly one batch.
//
// An error's code is Code(err). When it is KafkaStorageError the batch may or may not be found in the log
// later, and the partition refuses all further appends.
func (p *Partition) Append(b []byte, o AppendOptions) (AppendResult, error) {
	config := p.Config()
	b, err := p.check(b, config, o)
	if err != nil {
		return AppendResult{}, fmt.Errorf("append to %s: %w", p.found, err)
	}
	result, then, err := p.write(b, config, o)
	if err != nil {
		return AppendResult{}, fmt.Errorf("append to %s: %w", p.found, err)
	}
	switch then {
	case flushFirst:
		if err := p.flushTo(result.LastOffset + 1); err != nil {
			return AppendResult{}, fmt.Errorf("append to %s: %w", p.found, err)
		}
	case flushSoon: // a failure stops the partition, which is how it is reported
		p.spawn(func() { _ = p.Flush() })
	}
	return result, nil
}

// afterwards says what an append asks for once the partition is unlocked.
type afterwards int

const (
	done       afterwards = iota
	flushFirst            // a sync before the append is acknowledged: flush.messages
	flushSoon             // a segment was closed and is to be made durable
)

// write assigns offsets and appends checked batches.
func (p *Partition) write(b []byte, config Config, o AppendOptions) (result AppendResult, then afterwards, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		return result, done, p.stopped
	}
	if o.LeaderEpoch >= 0 && o.LeaderEpoch != p.leaderEpoch {
		code := errcode.FencedLeaderEpoch
		if o.LeaderEpoch > p.leaderEpoch {
			code = errcode.UnknownLeaderEpoch
		}
		return result, done, fmt.Errorf("%w: epoch %d, the partition has %d", code, o.LeaderEpoch, p.leaderEpoch)
	}
	result = AppendResult{BaseOffset: p.log.EndOffset(), LogAppendTimeMs: -1, LogStartOffset: p.log.StartOffset()}
	if config.TimestampType == records.LogAppendTime {
		result.LogAppendTimeMs = o.NowMs
	}
	prepared, dup, err := p.number(b, o.Origin, &result)
	if err != nil {
		return result, done, err
	}
	if dup != nil {
		result.Duplicate = true
		result.BaseOffset, result.LastOffset = dup.FirstOffset, dup.LastOffset
		if config.TimestampType == records.LogAppendTime {
			result.LogAppendTimeMs = dup.TimestampMs
		}
		if config.FlushMessages <= 1 {
			return result, flushFirst, nil // the first append's sync may have failed to be waited for
		}
		return result, done, nil
	}
	rolled, err := p.log.Append(b, prepared, o.NowMs)
	if Code(err) == errcode.RecordListTooLarge {
		return result, done, err // refused before anything was written
	}
	if err != nil {
		return result, done, p.stop(err)
	}
	if p.log.RecoveryPoint() >= result.BaseOffset {
		p.waitingMs = o.NowMs
	}
	p.watchers.wake()
	switch {
	case p.log.EndOffset()-p.log.RecoveryPoint() >= config.FlushMessages:
		return result, flushFirst, nil
	case rolled:
		return result, flushSoon, nil
	}
	return result, done, nil
}

// number sets offsets and the leader epoch, and asks the producers' states what they say.
func (p *Partition) number(b []byte, origin Origin, result *AppendResult) ([]logdir.Prepared, *logdir.Duplicate, error) {
	var prepared []logdir.Prepared
	next := result.BaseOffset
	for batch, err := range records.Batches(b) {
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", errcode.CorruptMessage, err)
		}
		batch.SetBaseOffset(next)
		batch.SetPartitionLeaderEpoch(p.leaderEpoch)
		next = batch.NextOffset()
		if batch.ProducerID() == records.NoProducerID {
			continue
		}
		state, dup, err := p.log.Prepare(batch, origin)
		if err != nil || dup != nil {
			return nil, dup, err
		}
		prepared = append(prepared, state)
	}
	result.LastOffset = next - 1
	return prepared, nil, nil
}
