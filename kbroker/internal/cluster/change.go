package cluster

import (
	"errors"
	"slices"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
)

func removal(t *Topic) Record { return Record{0, &meta.RemoveTopicRecord{TopicID: t.ID}} }

// DeleteTopics removes topics and their records. The outcomes are in the order of the ids, nil for success.
func (c *Cluster) DeleteTopics(ids []wire.UUID) []*Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	results := make([]*Error, len(ids))
	var rs []Record
	var gone []*Topic
	for n, id := range ids {
		t := c.tip.TopicByID(id)
		if t == nil || slices.Contains(gone, t) {
			results[n] = refuse(errcode.UnknownTopicID, "This server does not host this topic ID.")
			continue
		}
		rs, gone = append(rs, removal(t)), append(gone, t)
	}
	if err := c.commit(rs); err != nil {
		for n := range results {
			if results[n] == nil {
				results[n] = storageError(err)
			}
		}
		return results
	}
	for _, t := range gone {
		// The topic is gone, whatever becomes of its files: the next start removes what is left.
		if err := c.deletePartitions(t); err != nil {
			c.o.Logger.Error("files of a deleted topic are left over", "topic", t.Name, "err", err)
		}
	}
	return results
}

func (c *Cluster) deletePartitions(t *Topic) error {
	var errs []error
	for _, p := range t.Partitions {
		errs = append(errs, c.store.Delete(t.Name, p.ID))
	}
	return errors.Join(errs...)
}

// CreatePartitions makes a topic have count partitions. assignments, if not nil, say for each new partition on which
// brokers it is to be.
func (c *Cluster) CreatePartitions(name string, count int32, assignments [][]int32, validateOnly bool) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tip.Topic(name)
	if t == nil {
		return refuse(errcode.UnknownTopicOrPartition, "This server does not host this topic-partition.")
	}
	have := int32(len(t.Partitions))
	switch {
	case count == have:
		return refuse(errcode.InvalidPartitions, "Topic already has %d partition(s).", have)
	case count < have:
		return refuse(errcode.InvalidPartitions, "The topic %s currently has %d partition(s); %d would not be an increase.", name, have, count)
	case assignments != nil && len(assignments) != int(count-have):
		return refuse(errcode.InvalidReplicaAssignment, "Attempted to add %d additional partition(s), but only %d assignment(s) were specified.", count-have, len(assignments))
	case count-have > maxRecordsPerChange:
		return errTooManyPartitions
	}
	for _, brokers := range assignments {
		if err := c.checkBrokers(brokers); err != nil {
			return err
		}
	}
	if validateOnly {
		return nil
	}
	if err := c.append(c.partitionRecords(t.ID, have, count)); err != nil {
		return storageError(err)
	}
	grown := c.tip.TopicByID(t.ID)
	added := &Topic{grown.Name, grown.ID, grown.Partitions[have:]}
	err := c.makeWay(added)
	if err == nil {
		err = c.openAndLead(c.tip, c.wanted(c.tip, grown, added.Partitions))
	}
	c.publish()
	if err != nil {
		// There is no record that takes partitions back: they are offline until a start opens them.
		c.o.Logger.Error("new partitions are offline", "topic", name, "err", err)
		return storageError(nil)
	}
	return nil
}

// SetConfigs changes the settings of a resource: a null value removes the override. The caller has checked the names;
// values of topics are checked here, with the change made. Open partitions go by the new settings at once.
func (c *Cluster) SetConfigs(r Resource, changes []Setting, validateOnly bool) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	merged := map[string]string{}
	for name, value := range c.tip.Configs(r) {
		merged[name] = value
	}
	var rs []Record
	for _, s := range changes {
		old, ok := merged[s.Name]
		if ok == s.Value.Valid && old == s.Value.V {
			continue
		}
		merged[s.Name] = s.Value.V
		if !s.Value.Valid {
			delete(merged, s.Name)
		}
		rs = append(rs, Record{0, configRecord(r, s.Name, s.Value)})
	}
	if r.Type == TopicResource {
		if c.tip.Topic(r.Name) == nil {
			return refuse(errcode.UnknownTopicOrPartition, "The topic '%s' does not exist.", r.Name)
		}
		if err := c.checkOverrides(merged); err != nil {
			return err
		}
	}
	if validateOnly {
		return nil
	}
	if err := c.commit(rs); err != nil {
		return storageError(err)
	}
	for _, t := range c.tip.Topics() {
		if r.Type == BrokerResource || r.Type == TopicResource && t.Name == r.Name {
			c.reconfigure(t)
		}
	}
	return nil
}

func (c *Cluster) reconfigure(t *Topic) {
	settings := c.partitionConfig(c.tip, t)
	for _, p := range t.Partitions {
		if open := c.store.Get(t.Name, p.ID); open != nil {
			open.SetConfig(settings)
		}
	}
}
