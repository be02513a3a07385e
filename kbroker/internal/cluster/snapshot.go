package cluster

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// A snapshot holds what all records before an offset amount to. It is a file of record batches like the log's, with
// offsets counted from 0 and the epoch of the last record in it:
//
//	control batch   SnapshotHeader; with kraft.version 1 also KRaftVersion and Voters
//	batches         metadata records
//	control batch   SnapshotFooter, without which the file is not whole
//
// Its name is <end offset, exclusive, 20 digits>-<epoch, 10 digits>.checkpoint, and .part follows while it is written.
const (
	checkpointSuffix = ".checkpoint"
	partSuffix       = ".part"
	// maxSnapshotBytes bounds a file that is read into memory; a million partitions need about 100 MB.
	maxSnapshotBytes = 1 << 30
	// maxSnapshotBatch is how many records of a snapshot share a batch, as in Kafka's RecordsSnapshotWriter.
	maxSnapshotBatch = 1024
	// keptSnapshots is how many of the newest snapshots stay when one is written. That of offset 0 always does:
	// it is what the directory was formatted with.
	keptSnapshots = 2
)

// snapshotID names a snapshot.
type snapshotID struct {
	endOffset int64
	epoch     int32
}

func (s snapshotID) String() string {
	return fmt.Sprintf("%020d-%010d%s", s.endOffset, s.epoch, checkpointSuffix)
}

func parseSnapshotName(name string) (snapshotID, bool) {
	stem, ok := strings.CutSuffix(name, checkpointSuffix)
	offset, epoch, dash := strings.Cut(stem, "-")
	if !ok || !dash || len(offset) != 20 || len(epoch) != 10 {
		return snapshotID{}, false
	}
	o, err1 := strconv.ParseInt(offset, 10, 64)
	e, err2 := strconv.ParseInt(epoch, 10, 32)
	return snapshotID{o, int32(e)}, cmp.Or(err1, err2) == nil && o >= 0 && e >= 0
}

// listSnapshots returns the snapshots of a directory, the newest first.
func listSnapshots(f vfs.FS, dir string) ([]snapshotID, error) {
	infos, err := f.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ids []snapshotID
	for _, info := range infos {
		if id, ok := parseSnapshotName(info.Name); ok && !info.Dir {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b snapshotID) int {
		return -cmp.Or(cmp.Compare(a.endOffset, b.endOffset), cmp.Compare(a.epoch, b.epoch))
	})
	return ids, nil
}

// errNotWhole is a snapshot without its footer.
var errNotWhole = errors.New("snapshot without footer")

// readSnapshot applies a snapshot to an empty image.
func readSnapshot(f vfs.FS, dir string, id snapshotID, skip func(key int16, err error)) (*builder, error) {
	name := filepath.Join(dir, id.String())
	content, err := f.ReadFile(name, maxSnapshotBytes)
	if err != nil {
		return nil, err
	}
	r := newReplay(newImage(), skip)
	for batch, err := range records.Batches(content) {
		if err == nil {
			err = batch.CheckCRC()
		}
		if err == nil {
			err = r.batch(batch)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if !r.footer {
		return nil, fmt.Errorf("%s: %w", name, errNotWhole)
	}
	r.b.offset, r.b.epoch = id.endOffset-1, id.epoch
	return r.b, nil
}

// records returns what the image amounts to, in the order in which Kafka writes it.
func (i *Image) records() []Record {
	var all []Record
	add := func(version int16, m wire.Message) { all = append(all, Record{version, m}) }
	for _, f := range supportedFeatures() {
		if level := i.features[f.Name]; level != 0 {
			add(0, &meta.FeatureLevelRecord{Name: f.Name, FeatureLevel: level})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(i.features)) {
		if !slices.ContainsFunc(supportedFeatures(), func(f Feature) bool { return f.Name == name }) {
			add(0, &meta.FeatureLevelRecord{Name: name, FeatureLevel: i.features[name]})
		}
	}
	for _, b := range i.Brokers() {
		add(i.registerBrokerVersion(), b)
	}
	for _, t := range i.byName {
		add(0, &meta.TopicRecord{Name: t.Name, TopicID: t.ID})
		for _, p := range t.Partitions {
			add(i.partitionVersion(), p.record(t.ID))
		}
	}
	resources := slices.SortedFunc(maps.Keys(i.configs), func(a, b Resource) int {
		return cmp.Or(-cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
	for _, r := range resources {
		for _, name := range slices.Sorted(maps.Keys(i.configs[r])) {
			add(0, configRecord(r, name, wire.Some(i.configs[r][name])))
		}
	}
	keys := slices.SortedFunc(maps.Keys(i.kept), func(a, b keptKey) int {
		return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.id, b.id))
	})
	for _, k := range keys {
		all = append(all, i.kept[k])
	}
	if i.nextProducerID > 0 {
		add(0, &meta.ProducerIdsRecord{BrokerID: -1, BrokerEpoch: -1, NextProducerID: i.nextProducerID})
	}
	return all
}

func (p *Partition) record(topic wire.UUID) *meta.PartitionRecord {
	return &meta.PartitionRecord{
		PartitionID: p.ID, TopicID: topic, Replicas: p.Replicas, ISR: p.ISR,
		RemovingReplicas: p.RemovingReplicas, AddingReplicas: p.AddingReplicas, Directories: p.Directories,
		EligibleLeaderReplicas: notEmpty(p.EligibleLeaderReplicas), LastKnownELR: notEmpty(p.LastKnownELR),
		Leader: p.Leader, LeaderRecoveryState: p.LeaderRecoveryState,
		LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch,
	}
}

// notEmpty is for tagged fields: Kafka leaves an empty list out.
func notEmpty(list []int32) []int32 {
	if len(list) == 0 {
		return nil
	}
	return list
}

// encodeSnapshot returns the file for a list of records.
func encodeSnapshot(rs []Record, id snapshotID, raft raftState, lastTimestampMs, nowMs int64) ([]byte, error) {
	head := meta.SnapshotHeaderRecord{LastContainedLogTimestamp: lastTimestampMs}
	value, err := head.AppendTo(nil, 0)
	if err != nil {
		return nil, err
	}
	o := records.Options{PartitionLeaderEpoch: id.epoch}
	controls := append([]records.Control{{Type: records.ControlSnapshotHeader, Value: value}}, raft.controls()...)
	out, err := records.AppendControl(nil, o, nowMs, controls...)
	if err != nil {
		return nil, err
	}
	o.BaseOffset = int64(len(controls))
	for part := range slices.Chunk(rs, maxSnapshotBatch) {
		if out, err = appendBatch(out, o, part, nowMs); err != nil {
			return nil, err
		}
		o.BaseOffset += int64(len(part))
	}
	footer := meta.SnapshotFooterRecord{}
	if value, err = footer.AppendTo(nil, 0); err != nil {
		return nil, err
	}
	return records.AppendControl(out, o, nowMs, records.Control{Type: records.ControlSnapshotFooter, Value: value})
}

// controls are the control records that tell of the quorum; none for kraft.version 0.
func (r raftState) controls() []records.Control {
	if r.version == 0 {
		return nil
	}
	version := meta.KRaftVersionRecord{KRaftVersion: r.version}
	value, err := version.AppendTo(nil, 0)
	if err != nil {
		panic("cluster: internal: " + err.Error())
	}
	return []records.Control{
		{Type: records.ControlKRaftVersion, Value: value},
		{Type: records.ControlKRaftVoters, Value: bytes.Clone(r.voters)},
	}
}

// writeSnapshot writes an image down and removes snapshots that have become old.
func writeSnapshot(f vfs.FS, dir string, i *Image, lastTimestampMs, nowMs int64) error {
	id := snapshotID{i.offset + 1, i.epoch}
	content, err := encodeSnapshot(i.records(), id, i.raft, lastTimestampMs, nowMs)
	if err != nil {
		return err
	}
	if err := vfs.WriteAtomicallyBy(f, filepath.Join(dir, id.String()), partSuffix, content); err != nil {
		return err
	}
	ids, err := listSnapshots(f, dir)
	if err != nil {
		return err
	}
	for n, old := range ids {
		if n < keptSnapshots || old.endOffset == 0 {
			continue
		}
		if err := f.Remove(filepath.Join(dir, old.String())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
