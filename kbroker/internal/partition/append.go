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
	result, flush, err := p.write(b, config, o)
	if err != nil {
		return AppendResult{}, fmt.Errorf("append to %s: %w", p.found, err)
	}
	if flush {
		if err := p.flushTo(result.LastOffset + 1); err != nil {
			return AppendResult{}, fmt.Errorf("append to %s: %w", p.found, err)
		}
	}
	return result, nil
}

// write assigns offsets and appends checked batches. flush asks for a sync before the append is
// acknowledged.
func (p *Partition) write(b []byte, config Config, o AppendOptions) (result AppendResult, flush bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		return result, false, p.stopped
	}
	if o.LeaderEpoch >= 0 && o.LeaderEpoch != p.leaderEpoch {
		code := errcode.FencedLeaderEpoch
		if o.LeaderEpoch > p.leaderEpoch {
			code = errcode.UnknownLeaderEpoch
		}
		return result, false, fmt.Errorf("%w: epoch %d, the partition has %d", code, o.LeaderEpoch, p.leaderEpoch)
	}
	result = AppendResult{BaseOffset: p.log.EndOffset(), LogAppendTimeMs: -1, LogStartOffset: p.log.StartOffset()}
	if config.TimestampType == records.LogAppendTime {
		result.LogAppendTimeMs = o.NowMs
	}
	prepared, dup, err := p.number(b, o.Origin, &result)
	if err != nil {
		return result, false, err
	}
	if dup != nil {
		result.Duplicate = true
		result.BaseOffset, result.LastOffset = dup.FirstOffset, dup.LastOffset
		if config.TimestampType == records.LogAppendTime {
			result.LogAppendTimeMs = dup.TimestampMs
		}
		return result, p.log.RecoveryPoint() <= dup.LastOffset && config.FlushMessages <= 1, nil
	}
	rolled, err := p.log.Append(b, o.NowMs)
	if Code(err) == errcode.RecordListTooLarge {
		return result, false, err // refused before anything was written
	}
	if err == nil {
		err = p.log.Commit(prepared)
	}
	if err != nil {
		return result, false, p.stop(err)
	}
	p.watchers.wake()
	if rolled {
		p.spawn(p.flushRolled)
	}
	return result, p.log.EndOffset()-p.log.RecoveryPoint() >= config.FlushMessages, nil
}

// flushRolled makes the segments before the active one durable. A failure stops the partition.
func (p *Partition) flushRolled() { _ = p.Flush() }

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
