package logdir

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sort"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

// Config is what a topic says about the files of its logs. The names are those of Kafka's topic settings.
type Config struct {
	SegmentBytes       int64 // segment.bytes
	SegmentMs          int64 // segment.ms
	SegmentJitterMs    int64 // segment.jitter.ms: at most this much is taken off SegmentMs
	SegmentIndexBytes  int   // segment.index.bytes
	IndexIntervalBytes int   // index.interval.bytes
	RetentionBytes     int64 // retention.bytes, -1 for no limit
	RetentionMs        int64 // retention.ms, -1 for no limit
	FlushMessages      int64 // flush.messages: fsync before more than so many records are unsynced
}

// DefaultConfig returns Kafka's defaults.
func DefaultConfig() Config {
	return Config{
		SegmentBytes:       1 << 30,
		SegmentMs:          7 * 24 * 3600 * 1000,
		SegmentIndexBytes:  10 << 20,
		IndexIntervalBytes: 4096,
		RetentionBytes:     -1,
		RetentionMs:        7 * 24 * 3600 * 1000,
		FlushMessages:      1<<63 - 1,
	}
}

// DefaultProducerExpirationMs is producer.id.expiration.ms: how long a silent producer is remembered.
const DefaultProducerExpirationMs = 24 * 3600 * 1000

// Log is the log of one partition: its segments, leader epochs and producers.
//
// A Log may not be used by several goroutines at once, but for Slice.Read and for the function that Flush
// returns, which may run beside anything.
type Log struct {
	fs     vfs.FS
	dir    string
	tp     TopicPartition
	config Config
	logger *slog.Logger

	segments  []*segment // by base offset; the last one is active; never empty
	start     int64      // log start offset
	end       int64      // log end offset: that of the next record
	flushed   int64      // recovery point: all before it is durable
	snapshot  int64      // newest producer snapshot on disk, -1 for none
	epochs    Epochs
	producers *Producers
}

// LogOptions say how a log is opened.
type LogOptions struct {
	Config        Config
	Logger        *slog.Logger
	Clean         bool  // the directory was closed cleanly: nothing is scanned that need not be
	RecoveryPoint int64 // all before it was synced
	LogStart      int64 // log start offset at the last checkpoint
	NowMs         int64
	// ProducerExpirationMs: producers silent for so long are not remembered; 0 means the default.
	ProducerExpirationMs int64
}

// TopicPartition names the partition.
func (l *Log) TopicPartition() TopicPartition { return l.tp }

// Dir is the partition's directory.
func (l *Log) Dir() string { return l.dir }

// StartOffset is the log start offset: the first that can be read.
func (l *Log) StartOffset() int64 { return l.start }

// EndOffset is the log end offset: that of the next record.
func (l *Log) EndOffset() int64 { return l.end }

// RecoveryPoint is the offset before which everything is durable.
func (l *Log) RecoveryPoint() int64 { return l.flushed }

// StableOffset is the last stable offset: the first of the oldest open transaction, or the end.
func (l *Log) StableOffset() int64 {
	if first, ok := l.producers.firstOpen(); ok {
		return max(first, l.start)
	}
	return l.end
}

// Size is the size of all segments in bytes.
func (l *Log) Size() int64 {
	size := int64(0)
	for _, s := range l.segments {
		size += s.size
	}
	return size
}

// SetConfig changes the settings from now on.
func (l *Log) SetConfig(c Config) { l.config = c }

// LatestEpoch is the newest leader epoch, -1 without one.
func (l *Log) LatestEpoch() int32 { return l.epochs.latest() }

// EpochAt is the leader epoch that an offset was written under, -1 if unknown.
func (l *Log) EpochAt(offset int64) int32 { return l.epochs.at(offset) }

// EndOffsetForEpoch answers OffsetForLeaderEpoch; -1, -1 for an epoch that is not known.
func (l *Log) EndOffsetForEpoch(epoch int32) (int32, int64) { return l.epochs.endOffset(epoch, l.end) }

func (l *Log) active() *segment { return l.segments[len(l.segments)-1] }

// segmentAt returns the index of the segment that holds offset, or would hold it.
func (l *Log) segmentAt(offset int64) int {
	return max(sort.Search(len(l.segments), func(i int) bool { return l.segments[i].base > offset })-1, 0)
}

func (l *Log) path(name string) string { return filepath.Join(l.dir, name) }

// fail says where an error happened; nil stays nil.
func (l *Log) fail(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", l.dir, doing, err)
}
