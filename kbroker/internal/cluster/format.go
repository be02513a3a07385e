package cluster

import (
	"fmt"
	"path/filepath"

	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
)

// identify reads meta.properties of every directory, and writes it where it is missing: a directory that was never
// formatted joins the cluster of the others, or begins a new one.
func (c *Cluster) identify() error {
	for _, root := range c.store.Roots() {
		m := root.Meta()
		if m == nil {
			continue
		}
		if m.NodeID != c.NodeID() {
			return fmt.Errorf("%s belongs to node %d, but node.id is %d", root.Path, m.NodeID, c.NodeID())
		}
		if c.id != "" && c.id != m.ClusterID {
			return fmt.Errorf("%s belongs to cluster %s, other directories to %s", root.Path, m.ClusterID, c.id)
		}
		c.id = m.ClusterID
	}
	if c.id == "" {
		c.id = logdir.NewUUID().String()
	}
	for _, root := range c.store.Roots() {
		m := logdir.Meta{ClusterID: c.id, NodeID: c.NodeID(), DirectoryID: logdir.NewUUID()}
		if old := root.Meta(); old != nil {
			// Brokers before 3.7 knew no directory ids.
			if !old.DirectoryID.IsZero() {
				continue
			}
		} else {
			c.o.Logger.Info("formatting a new data directory", "dir", root.Path, "cluster", c.id, "node", c.NodeID())
		}
		if err := root.Format(m, c.o.Now()); err != nil {
			return err
		}
	}
	return nil
}

// formatLog writes the snapshot that a formatted directory has before its first start, if the log has neither records
// nor snapshots.
func (c *Cluster) formatLog() error {
	if c.log.Offsets().HighWatermark > 0 {
		return nil
	}
	ids, err := listSnapshots(c.o.FS, c.log.Dir())
	if err != nil || len(ids) > 0 {
		return err
	}
	var rs []Record
	for _, f := range supportedFeatures() {
		if f.Bootstrap > 0 {
			rs = append(rs, Record{0, &meta.FeatureLevelRecord{Name: f.Name, FeatureLevel: f.Bootstrap}})
		}
	}
	nowMs := c.o.Now().UnixMilli()
	content, err := encodeSnapshot(rs, snapshotID{}, raftState{}, nowMs, nowMs)
	if err != nil {
		return err
	}
	return vfs.WriteAtomicallyBy(c.o.FS, filepath.Join(c.log.Dir(), snapshotID{}.String()), partSuffix, content)
}

// bootstrap are the first records of a log: the features of the snapshot that formatting left, and the default that
// Kafka sets when the cluster keeps eligible leaders.
func bootstrap(i *Image) []Record {
	var rs []Record
	for _, f := range i.Features() {
		if i.features[f.Name] > 0 {
			rs = append(rs, Record{0, &meta.FeatureLevelRecord{Name: f.Name, FeatureLevel: f.Level}})
		}
	}
	if i.features["eligible.leader.replicas.version"] > 0 {
		rs = append(rs, Record{0, configRecord(Resource{BrokerResource, ""}, "min.insync.replicas", wire.Some("1"))})
	}
	if i.level() < levelTransactions {
		return rs
	}
	begin := Record{0, &meta.BeginTransactionRecord{Name: wire.Some("Bootstrap records")}}
	return append(append([]Record{begin}, rs...), Record{0, &meta.EndTransactionRecord{}})
}
