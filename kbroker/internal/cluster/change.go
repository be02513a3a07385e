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
		return &Error{Code: errcode.UnknownTopicOrPartition}
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
