package cluster

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// metadataTopicID is the id that Kafka gives to __cluster_metadata.
var metadataTopicID = wire.UUID{15: 1}

// replayBytes is how much of the log is read at a time.
const replayBytes = 4 << 20

// Open opens the directories of log.dirs, formats those that are empty, replays the metadata log, takes its leadership
// and opens the partitions. Directories that Apache Kafka wrote are opened too, and so are ones that have no metadata
// log, or one without snapshot and quorum-state.
func Open(o Options) (*Cluster, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Cluster{o: o}
	dirs := o.Config.LogDirs
	if !slices.Contains(dirs, o.Config.MetadataLogDir) {
		dirs = append(slices.Clone(dirs), o.Config.MetadataLogDir)
	}
	if err := c.makeDirs(dirs); err != nil {
		return nil, err
	}
	store, err := partition.OpenStore(dirs, partition.Options{
		FS: o.FS, Codec: o.Codec, Logger: o.Logger, Now: o.Now, Spawn: o.Spawn, ProducerExpirationMs: int64(o.Config.ProducerIDExpirationMs),
	})
	if err != nil {
		return nil, err
	}
	c.store = store
	if err := c.open(); err != nil {
		return nil, errors.Join(err, store.Close(false, -1))
	}
	return c, nil
}

// makeDirs makes log.dirs, and the directory of the metadata log in metadata.log.dir, not where the store would put a
// partition.
func (c *Cluster) makeDirs(dirs []string) error {
	name := logdir.TopicPartition{Topic: logdir.MetadataTopic}.String()
	there := false
	for _, dir := range dirs {
		if err := vfs.MakeDirDurably(c.o.FS, dir); err != nil {
			return err
		}
		_, err := c.o.FS.Stat(filepath.Join(dir, name))
		there = there || err == nil
	}
	if there {
		return nil
	}
	return vfs.MakeDirDurably(c.o.FS, filepath.Join(c.o.Config.MetadataLogDir, name))
}

func (c *Cluster) open() error {
	if err := c.identify(); err != nil {
		return err
	}
	if err := c.openLog(); err != nil {
		return err
	}
	if err := c.formatLog(); err != nil {
		return err
	}
	removed, err := c.replay()
	if err != nil {
		return err
	}
	if err := c.takeOver(); err != nil {
		return err
	}
	return c.openPartitions(removed)
}

// openLog opens partition 0 of __cluster_metadata.
func (c *Cluster) openLog() (err error) {
	settings := partition.DefaultConfig()
	settings.SegmentBytes = int64(c.o.Config.MetadataLogSegmentBytes)
	settings.SegmentMs = c.o.Config.MetadataLogSegmentMs
	settings.RetentionMs, settings.RetentionBytes = -1, -1
	settings.FlushMessages = 1
	c.log, err = c.store.Open(partition.Wanted{Topic: logdir.MetadataTopic, TopicID: metadataTopicID, Config: settings})
	return err
}

// replay makes the image of the newest snapshot and the log after it. It returns the topics whose removal it met.
func (c *Cluster) replay() (map[wire.UUID]bool, error) {
	said := map[int16]bool{}
	skip := func(key int16, err error) {
		if !said[key] {
			said[key] = true
			c.skipped(key, err)
		}
	}
	base, err := c.loadSnapshot(skip)
	if err != nil {
		return nil, err
	}
	r := newReplay(base, skip)
	offsets := c.log.Offsets()
	next := max(base.offset+1, offsets.LogStart)
	for next < offsets.HighWatermark {
		read, err := c.log.Read(partition.ReadOptions{Offset: next, MaxBytes: replayBytes, AtLeastOne: true})
		if err != nil {
			return nil, err
		}
		if len(read.Records) == 0 {
			return nil, fmt.Errorf("metadata log %s: nothing to read at offset %d, before its end at %d: %w", c.log.Dir(), next, offsets.HighWatermark, io.ErrUnexpectedEOF)
		}
		for batch, err := range records.Batches(read.Records) {
			if err == nil {
				err = batch.CheckCRC()
			}
			if err == nil && batch.LastOffset() >= next {
				err = r.batch(batch)
			}
			if err != nil {
				return nil, fmt.Errorf("metadata log %s: %w", c.log.Dir(), err)
			}
			next = batch.NextOffset()
		}
		c.logBytes += int64(len(read.Records))
	}
	if r.b.inTransaction {
		c.o.Logger.Warn("metadata log ends inside a transaction; it has no effect", "records", len(r.b.pending))
	}
	c.lastMs = r.lastMs
	c.abandoned = r.b.inTransaction
	c.tip = r.b.image()
	return r.b.removed, nil
}

// loadSnapshot returns the image of the newest snapshot that is whole, or an empty one.
func (c *Cluster) loadSnapshot(skip func(int16, error)) (*Image, error) {
	dir, offsets := c.log.Dir(), c.log.Offsets()
	ids, err := listSnapshots(c.o.FS, dir)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if id.endOffset > offsets.HighWatermark {
			// The log lost its end after the snapshot was written. Going on from an older state would give out offsets
			// and ids a second time.
			return nil, fmt.Errorf("metadata log %s ends at offset %d, before its snapshot %s", dir, offsets.HighWatermark, id)
		}
		b, err := readSnapshot(c.o.FS, dir, id, skip)
		if err == nil {
			return c.startsBefore(b.image(), offsets.LogStart)
		}
		c.o.Logger.Warn("snapshot of the metadata is not used", "err", err)
	}
	return c.startsBefore(newImage(), offsets.LogStart)
}

// startsBefore refuses an image that the log cannot be replayed onto, because its records in between are gone. A log
// that begins at 1 has lost nothing: record 0 of a log is the first leader's, which says nothing here.
func (c *Cluster) startsBefore(i *Image, logStart int64) (*Image, error) {
	if i.offset+1 < logStart && logStart > 1 {
		return nil, fmt.Errorf("metadata log %s begins at offset %d, and no whole snapshot reaches that far", c.log.Dir(), logStart)
	}
	return i, nil
}

// openPartitions opens every partition that this node leads, and makes the directories that are missing.
func (c *Cluster) openPartitions(removed map[wire.UUID]bool) error {
	if err := c.sortOut(removed); err != nil {
		return err
	}
	i := c.Image()
	var wanted []partition.Wanted
	for _, t := range i.Topics() {
		wanted = append(wanted, c.wanted(i, t, t.Partitions)...)
	}
	// What cannot be opened is offline; the others serve.
	if err := c.openAndLead(i, wanted); err != nil {
		offline := 0
		for _, w := range wanted {
			if c.store.Get(w.Topic, w.Partition) == nil {
				offline++
			}
		}
		c.o.Logger.Error("partitions are offline", "count", offline, "of", len(wanted), "err", firstLines(err, maxNamedDirs))
	}
	return nil
}

// maxNamedDirs is how many of many directories that have a fault are named in the log.
const maxNamedDirs = 5

// firstLines is the beginning of an error that joins many.
func firstLines(err error, n int) string {
	lines := strings.SplitN(err.Error(), "\n", n+1)
	return strings.Join(lines[:min(len(lines), n)], "; ")
}

// sortOut looks at directories that do not fit the metadata. Those that no topic owns are left alone, those of topics
// whose removal was interrupted go, and one that is in the way of a newer topic of the same name is set aside.
func (c *Cluster) sortOut(removed map[wire.UUID]bool) error {
	i := c.Image()
	c.alone = map[logdir.TopicPartition]logdir.Found{}
	var dirs []string
	for _, f := range c.store.Found() {
		t := i.Topic(f.Topic)
		known := t != nil && t.Partition(f.Partition) != nil
		switch {
		case f.Topic == logdir.MetadataTopic || known && (f.TopicID == t.ID || f.TopicID.IsZero()):
		case removed[f.TopicID]:
			if err := c.discard(f); err != nil {
				return err
			}
		case known:
			c.o.Logger.Warn("directory belongs to another topic id; it is set aside", "dir", f.Dir, "id", f.TopicID, "want", t.ID)
			if err := c.store.SetAside(f); err != nil {
				return err
			}
		default:
			c.alone[f.TopicPartition] = f
			dirs = append(dirs, f.Dir)
		}
	}
	if len(dirs) > 0 {
		c.o.Logger.Warn("directories are left alone: the metadata has no such partitions", "count", len(dirs), "dirs", dirs[:min(len(dirs), maxNamedDirs)])
	}
	return nil
}

// discard removes a partition directory that is not open.
func (c *Cluster) discard(f logdir.Found) error {
	if _, err := c.store.Open(partition.Wanted{Topic: f.Topic, Partition: f.Partition, TopicID: f.TopicID, Config: partition.DefaultConfig()}); err != nil {
		return err
	}
	return c.store.Delete(f.Topic, f.Partition)
}

// maxLeading is how many partitions begin an epoch at a time: each waits for its own files to be synced.
const maxLeading = 16

// openAndLead opens partitions, or makes them, and begins to append to them under the leader epochs of the metadata.
// It does what it can; the error joins those of the rest.
func (c *Cluster) openAndLead(i *Image, wanted []partition.Wanted) error {
	opened := c.store.OpenAll(wanted)
	errs := make([]error, len(wanted))
	var wg sync.WaitGroup
	slots := make(chan struct{}, maxLeading)
	for n, w := range wanted {
		p := c.store.Get(w.Topic, w.Partition)
		epoch := i.TopicByID(w.TopicID).Partition(w.Partition).LeaderEpoch
		if p == nil || p.LeaderEpoch() == epoch {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[n] = p.Lead(epoch)
		})
	}
	wg.Wait()
	return errors.Join(append(errs, opened)...)
}

// wanted are those of a topic's partitions that this node leads.
func (c *Cluster) wanted(i *Image, t *Topic, partitions []*Partition) []partition.Wanted {
	settings := c.partitionConfig(i, t)
	var all []partition.Wanted
	for _, p := range partitions {
		if p.Leader == c.NodeID() {
			all = append(all, partition.Wanted{Topic: t.Name, Partition: p.ID, TopicID: t.ID, Config: settings})
		}
	}
	return all
}
