package partition

import (
	"errors"
	"fmt"
	"sync"

	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Partition is one partition that this broker leads. All methods may be called by several goroutines.
type Partition struct {
	found logdir.Found
	codec Codec

	// flush serialises fsyncs, so that appends that wait for one share the next. Taken before mu.
	flush sync.Mutex

	mu          sync.RWMutex
	log         *logdir.Log
	config      Config
	leaderEpoch int32
	waitingMs   int64 // when the oldest record was appended that is not synced; 0 for those that an open has found
	stopped     error // why nothing is appended any more; nil while the partition works
	closed      bool

	watchers watchers
	spawn    func(func())
}

// Codec compresses and decompresses records; compress.All is one.
type Codec interface {
	records.Compressor
	records.Decompressor
}

// Config is the part of a topic's settings that concerns its partitions. The names are Kafka's.
type Config struct {
	logdir.Config
	FlushMs              int64                 // flush.ms: how long a record may wait for FlushIfDue
	MaxMessageBytes      int                   // max.message.bytes: of one batch
	TimestampType        records.TimestampType // message.timestamp.type
	TimestampBeforeMaxMs int64                 // message.timestamp.before.max.ms
	TimestampAfterMaxMs  int64                 // message.timestamp.after.max.ms
	// MaxDecompressedBytes is max.decompressed.message.bytes: of one record of a compressed batch. 0 means as much as a
	// whole batch may unpack to.
	MaxDecompressedBytes int
	// Compression is compression.type; nil is "producer": batches are stored as they come.
	Compression *records.Codec
	// Compacted: cleanup.policy has compact, so every record needs a key.
	Compacted bool
}

// DefaultConfig returns Kafka's defaults.
func DefaultConfig() Config {
	return Config{
		Config:               logdir.DefaultConfig(),
		FlushMs:              1<<63 - 1,
		MaxMessageBytes:      1<<20 + 12,
		TimestampType:        records.CreateTime,
		TimestampBeforeMaxMs: 1<<63 - 1,
		TimestampAfterMaxMs:  3600 * 1000,
	}
}

func newPartition(log *logdir.Log, found logdir.Found, config Config, o Options) *Partition {
	return &Partition{found: found, codec: o.Codec, log: log, config: config, leaderEpoch: log.LatestEpoch(), spawn: o.Spawn}
}

// Topic is the topic's name.
func (p *Partition) Topic() string { return p.found.Topic }

// Index is the partition's number within its topic.
func (p *Partition) Index() int32 { return p.found.Partition }

// TopicID is the id of the topic, zero if its directory does not tell.
func (p *Partition) TopicID() wire.UUID { return p.found.TopicID }

// Dir is the partition's directory, and Root the entry of log.dirs that it lies in.
func (p *Partition) Dir() string { return p.found.Dir }

// Root is the entry of log.dirs that the partition lies in.
func (p *Partition) Root() *logdir.Root { return p.found.Root }

// Config is the configuration now.
func (p *Partition) Config() Config {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.config
}

// SetConfig changes the configuration from the next call on.
func (p *Partition) SetConfig(c Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.config = c
	p.log.SetConfig(c.Config)
}

// Lead makes this broker the leader under an epoch, which is noted at the log's end.
func (p *Partition) Lead(epoch int32) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		return p.stopped
	}
	if err := p.log.BeginEpoch(epoch); err != nil {
		return p.stop(err)
	}
	p.leaderEpoch = max(p.leaderEpoch, epoch)
	return nil
}

// LeaderEpoch is the epoch under which batches are appended, -1 before the first.
func (p *Partition) LeaderEpoch() int32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.leaderEpoch
}

// Offsets are the positions that responses report.
type Offsets struct {
	LogStart          int64
	LastStable        int64
	HighWatermark     int64 // the log end: there is one replica
	SizeBytes         int64
	FirstUnflushed    int64 // recovery point
	LatestLeaderEpoch int32
}

// Offsets returns the positions now.
func (p *Partition) Offsets() Offsets {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return Offsets{p.log.StartOffset(), p.log.StableOffset(), p.log.EndOffset(), p.log.Size(), p.log.RecoveryPoint(), p.log.LatestEpoch()}
}

// Err is nil while the partition works, else why it does not; the error is errcode.KafkaStorageError.
func (p *Partition) Err() error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.stopped
}

// stop takes the partition offline after a failed write. What the disk holds behind our back is not known any
// more, so nothing is acknowledged until the partition was opened again and its log read. Reads go on: what
// was acknowledged lies before the failed write. The caller holds mu.
func (p *Partition) stop(err error) error {
	if p.stopped == nil {
		p.stopped = fmt.Errorf("%w: %w", errcode.KafkaStorageError, err)
		p.watchers.wake()
	}
	return p.stopped
}

// Code is the error code to answer with.
func Code(err error) errcode.Code {
	var code errcode.Code
	switch {
	case err == nil:
		return errcode.None
	case errors.As(err, &code):
		return code
	}
	return errcode.KafkaStorageError
}

// EndOffsetForEpoch answers OffsetForLeaderEpoch: the greatest epoch that is not above the asked one, and
// the offset after its last record; -1, -1 if the asked epoch is not known.
func (p *Partition) EndOffsetForEpoch(epoch int32) (int32, int64) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.log.EndOffsetForEpoch(epoch)
}

// DeleteRecords moves the log start offset up; -1 means to the high watermark. It returns the new start.
func (p *Partition) DeleteRecords(offset int64) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		return -1, p.stopped
	}
	end := p.log.EndOffset()
	if offset == -1 {
		offset = end
	}
	if offset < 0 || offset > end {
		return -1, fmt.Errorf("%w: delete before offset %d, the log ends at %d", errcode.OffsetOutOfRange, offset, end)
	}
	if err := p.log.SetStart(offset); err != nil {
		return -1, p.stop(err)
	}
	return p.log.StartOffset(), nil
}

// Retain removes segments by the topic's retention settings, and returns how many.
func (p *Partition) Retain(nowMs int64) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		return 0, p.stopped
	}
	n, err := p.log.Retain(nowMs)
	if err != nil {
		return n, p.stop(err)
	}
	return n, nil
}

// ExpireProducers forgets idempotent producers that were silent for longer than expirationMs.
func (p *Partition) ExpireProducers(nowMs, expirationMs int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log.ExpireProducers(nowMs, expirationMs)
}

// Flush makes durable what the partition holds now.
func (p *Partition) Flush() error {
	p.mu.RLock()
	end := p.log.EndOffset()
	p.mu.RUnlock()
	return p.flushTo(end)
}

// FlushIfDue makes durable what the partition holds if a record has waited for flush.ms.
func (p *Partition) FlushIfDue(nowMs int64) error {
	p.mu.RLock()
	due := p.stopped == nil && p.log.RecoveryPoint() < p.log.EndOffset() && nowMs-p.waitingMs >= p.config.FlushMs
	p.mu.RUnlock()
	if !due {
		return nil
	}
	return p.Flush()
}

// flushTo returns once everything before offset is durable. Callers that wait at the same time share a sync.
func (p *Partition) flushTo(offset int64) error {
	p.flush.Lock()
	defer p.flush.Unlock()
	p.mu.RLock()
	stopped, done := p.stopped, p.log.RecoveryPoint() >= offset
	sync, upTo := p.log.Flush()
	p.mu.RUnlock()
	if stopped != nil {
		return stopped
	}
	if done || sync == nil {
		return nil
	}
	err := sync()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		return p.stop(err)
	}
	if err := p.log.Flushed(upTo); err != nil {
		return p.stop(err)
	}
	return nil
}

// close ends the use of the partition; see logdir.Log.Close. A partition that stopped is never closed
// cleanly.
func (p *Partition) close(clean bool) error {
	p.flush.Lock()
	defer p.flush.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	failed := p.stopped
	p.stopped = errClosed
	p.watchers.wake()
	if failed != nil {
		return errors.Join(failed, p.log.Close(false))
	}
	return p.log.Close(clean)
}

var errClosed = fmt.Errorf("%w: partition is closed", errcode.NotLeaderOrFollower)

func (p *Partition) position() logdir.Position {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.log.Position(p.found.Root, p.log.EndOffset())
}
