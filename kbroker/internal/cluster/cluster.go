package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Options are what a Cluster needs from the broker.
type Options struct {
	Config *config.Config
	FS     vfs.FS
	Codec  partition.Codec
	Logger *slog.Logger
	Now    func() time.Time
	// Spawn runs a function beside the caller; nil runs it at once.
	Spawn func(func())
}

// Cluster is the metadata of this node and the partitions that it leads.
type Cluster struct {
	o     Options
	store *partition.Store
	id    string

	image atomic.Pointer[Image] // what readers see

	mu          sync.Mutex // one change at a time
	log         *partition.Partition
	tip         *Image // after the last record of the log; ahead of image while partitions are being made
	abandoned   bool   // the log ends inside a transaction that nobody will end
	epoch       int32
	brokerEpoch int64
	producerIDs idBlock
	logBytes    int64                                  // appended since the newest snapshot
	lastMs      int64                                  // timestamp of the last batch
	alone       map[logdir.TopicPartition]logdir.Found // directories that no topic owns
	failed      error                                  // why nothing is changed any more
	closed      bool
}

// Image is the metadata as it is now.
func (c *Cluster) Image() *Image { return c.image.Load() }

// ID is the cluster's id.
func (c *Cluster) ID() string { return c.id }

// NodeID is this broker's id.
func (c *Cluster) NodeID() int32 { return c.o.Config.NodeID }

// BrokerEpoch is the epoch of this broker's registration.
func (c *Cluster) BrokerEpoch() int64 { return c.brokerEpoch }

// Store has the open partitions and the directories.
func (c *Cluster) Store() *partition.Store { return c.store }

// Partition finds an open partition by its topic's name. The code is UnknownTopicOrPartition for what does not exist,
// and KafkaStorageError for what could not be opened.
func (c *Cluster) Partition(topic string, id int32) (*partition.Partition, errcode.Code) {
	return c.partition(c.Image().Topic(topic), id, errcode.UnknownTopicOrPartition)
}

// PartitionByID does the same by the topic's id; an unknown id gives UnknownTopicID. topic is "" then.
func (c *Cluster) PartitionByID(topicID wire.UUID, id int32) (topic string, p *partition.Partition, code errcode.Code) {
	t := c.Image().TopicByID(topicID)
	if t != nil {
		topic = t.Name
	}
	p, code = c.partition(t, id, errcode.UnknownTopicID)
	return topic, p, code
}

func (c *Cluster) partition(t *Topic, id int32, unknown errcode.Code) (*partition.Partition, errcode.Code) {
	if t == nil {
		return nil, unknown
	}
	m := t.Partition(id)
	if m == nil {
		return nil, errcode.UnknownTopicOrPartition
	}
	p, code := c.Serves(t, m)
	if code == errcode.KafkaStorageError && c.Image().TopicByID(t.ID) == nil {
		return nil, unknown // it was deleted since the caller looked
	}
	return p, code
}

// Serves returns the open partition for what the metadata says of one.
func (c *Cluster) Serves(t *Topic, m *Partition) (*partition.Partition, errcode.Code) {
	if m.Leader != c.NodeID() {
		return nil, errcode.NotLeaderOrFollower
	}
	p := c.store.Get(t.Name, m.ID)
	// Between a deletion and a creation of the same name the store may have the one and the image the other.
	if p == nil || p.TopicID() != t.ID {
		return nil, errcode.KafkaStorageError
	}
	return p, errcode.None
}

// maxRecordsPerChange is how many records one request may lead to (QuorumController.MAX_RECORDS_PER_USER_OP).
const maxRecordsPerChange = 10_000

// maxLogBytesBetweenSnapshots is metadata.log.max.record.bytes.between.snapshots, Kafka's default.
const maxLogBytesBetweenSnapshots = 20 << 20

// What a change is refused with that needs too many records.
var (
	errTooLarge          = &Error{errcode.PolicyViolation, "Unable to perform excessively large batch operation."}
	errTooManyPartitions = &Error{errcode.PolicyViolation, "Excessively large number of partitions per request."}
)

// commit appends records as one batch, syncs it and makes the image after it visible. The caller holds mu.
func (c *Cluster) commit(rs []Record) error {
	if err := c.append(rs); err != nil {
		return err
	}
	c.publish()
	return nil
}

// publish makes the newest image visible.
func (c *Cluster) publish() {
	c.image.Store(c.tip)
	c.snapshotIfDue()
}

// append writes records as one batch; tip is the image after it.
func (c *Cluster) append(rs []Record) error {
	switch {
	case len(rs) == 0:
		return nil
	case len(rs) > maxRecordsPerChange:
		return errTooLarge
	case c.closed:
		return &Error{errcode.BrokerNotAvailable, "The broker is shutting down."}
	case c.failed != nil:
		return storageError(c.failed)
	}
	nowMs := c.o.Now().UnixMilli()
	b, err := appendBatch(nil, records.Options{}, rs, nowMs)
	if err != nil {
		// Nothing was written: a list of settings, say, has grown longer than a record can carry.
		return refuse(errcode.InvalidRequest, "The change cannot be recorded: %v", err)
	}
	return c.write(b, nowMs)
}

// write appends encoded batches. What becomes of the image is read back from the very bytes, as a start would.
func (c *Cluster) write(b []byte, nowMs int64) error {
	_, err := c.log.Append(b, partition.AppendOptions{NowMs: nowMs, Origin: partition.Metadata, LeaderEpoch: c.epoch})
	if err != nil {
		c.failed = err
		c.o.Logger.Error("metadata log cannot be written; metadata stays as it is until a restart", "err", err)
		return storageError(err)
	}
	r := newReplay(c.tip, c.skipped)
	for batch, err := range records.Batches(b) {
		if err == nil {
			err = r.batch(batch)
		}
		if err != nil {
			c.failed = fmt.Errorf("metadata log: %w", err)
			return storageError(c.failed)
		}
	}
	c.logBytes += int64(len(b))
	c.lastMs = nowMs
	c.tip = r.b.image()
	return nil
}

// snapshotIfDue writes a snapshot when the log has grown, so that no start has to replay much, and lets go of the
// segments before it. A failure is no reason to fail the change that came here: the log has everything.
func (c *Cluster) snapshotIfDue() {
	if c.logBytes < maxLogBytesBetweenSnapshots {
		return
	}
	c.logBytes = 0
	if err := c.snapshot(); err != nil {
		c.o.Logger.Warn("no snapshot of the metadata was written; the next one is tried later", "err", err)
	}
}

func (c *Cluster) snapshot() error {
	i := c.Image()
	if i.incomplete {
		return errors.New("the log has records of an unknown type, which a snapshot would lose")
	}
	if err := writeSnapshot(c.o.FS, c.log.Dir(), i, c.lastMs, c.o.Now().UnixMilli()); err != nil {
		return err
	}
	_, err := c.log.DeleteRecords(i.offset + 1)
	return err
}

// skipped says once per type that records of it are not understood.
func (c *Cluster) skipped(key int16, err error) {
	c.o.Logger.Warn("metadata log has a record of another release; it is kept in the log and not acted on", "type", key, "err", err)
}

// Close fences the broker's registration, and closes all partitions and directories. Without clean it only lets go of
// the files, as if the process had been killed.
func (c *Cluster) Close(clean bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	var err error
	if clean {
		err = c.commit(c.fenceRecords())
	}
	c.closed = true
	return errors.Join(err, c.store.Close(clean, c.brokerEpoch))
}

// Error is a change refused: the code and the message for the client.
type Error struct {
	Code    errcode.Code
	Message string
}

func (e *Error) Error() string { return e.Code.String() + ": " + e.Message }

// Unwrap returns the code.
func (e *Error) Unwrap() error { return e.Code }

func refuse(code errcode.Code, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

// storageError is what clients are told when a write failed. What it was has been logged.
func storageError(err error) *Error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	return &Error{errcode.KafkaStorageError, "The broker could not write to its disk."}
}
