package handle

import (
	"slices"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// describeTopicPartitions: v0
//
// Tells of topics, sorted by name, so many partitions as fit the request's limit and ours
// (max.request.partition.size.limit). Where the answer stops a cursor says how to go on: a topic, and the first of its
// partitions that is not in the answer. No topics in the request means all.
func describeTopicPartitions(c *Context, req *api.DescribeTopicPartitionsRequest) (*api.DescribeTopicPartitionsResponse, error) {
	resp := api.NewDescribeTopicPartitionsResponse()
	names, ok := c.describedTopics(req)
	if !ok {
		for _, t := range req.Topics {
			m := api.NewDescribeTopicPartitionsResponseTopic()
			m.ErrorCode, m.Name = errcode.InvalidRequest, wire.Some(t.Name)
			resp.Topics = append(resp.Topics, m)
		}
		return &resp, nil
	}
	image := c.Cluster.Image()
	left := max(min(c.Config.MaxRequestPartitionSizeLimit, req.ResponsePartitionLimit), 1)
	for _, name := range names {
		if left == 0 {
			resp.NextCursor = &api.DescribeTopicPartitionsResponseCursor{TopicName: name}
			break
		}
		t := image.Topic(name)
		if t == nil {
			resp.Topics = append(resp.Topics, unknownDescribedTopic(name))
			continue
		}
		first := 0
		if req.Cursor != nil && req.Cursor.TopicName == name {
			first = min(int(req.Cursor.PartitionIndex), len(t.Partitions))
		}
		m := c.describedTopic(t, first, int(left))
		resp.Topics = append(resp.Topics, m)
		left -= int32(len(m.Partitions))
		if next := first + len(m.Partitions); next < len(t.Partitions) {
			resp.NextCursor = &api.DescribeTopicPartitionsResponseCursor{TopicName: name, PartitionIndex: int32(next)}
			break
		}
	}
	return &resp, nil
}

// describedTopics returns the names to answer for, sorted and each once, beginning with the cursor's. ok is false for a
// cursor that points nowhere.
func (c *Context) describedTopics(req *api.DescribeTopicPartitionsRequest) (names []string, ok bool) {
	from := ""
	if req.Cursor != nil {
		from = req.Cursor.TopicName
		if req.Cursor.PartitionIndex < 0 {
			return nil, false
		}
	}
	if len(req.Topics) == 0 {
		image := c.Cluster.Image()
		for _, t := range image.Topics()[image.From(from):] {
			names = append(names, t.Name)
		}
		return names, true
	}
	for _, t := range req.Topics {
		if t.Name >= from {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names, req.Cursor == nil || len(names) > 0 && names[0] == from
}

func unknownDescribedTopic(name string) api.DescribeTopicPartitionsResponseTopic {
	m := api.NewDescribeTopicPartitionsResponseTopic()
	m.ErrorCode, m.Name, m.IsInternal = missingTopic(name), wire.Some(name), cluster.IsInternal(name)
	m.TopicAuthorizedOperations = topicOperations
	return m
}

// describedTopic tells of at most limit partitions of a topic from the position first on. Lists are empty and never
// null: the Java client takes null for what it promises not to be.
func (c *Context) describedTopic(t *cluster.Topic, first, limit int) api.DescribeTopicPartitionsResponseTopic {
	m := api.NewDescribeTopicPartitionsResponseTopic()
	m.Name, m.TopicID, m.IsInternal = wire.Some(t.Name), t.ID, t.Internal()
	m.TopicAuthorizedOperations = topicOperations
	partitions := t.Partitions[first:min(first+limit, len(t.Partitions))]
	m.Partitions = make([]api.DescribeTopicPartitionsResponsePartition, len(partitions))
	for n, p := range partitions {
		leader, offline, code := c.leaderOf(t, p)
		m.Partitions[n] = api.DescribeTopicPartitionsResponsePartition{
			ErrorCode: code, PartitionIndex: p.ID, LeaderID: leader, LeaderEpoch: p.LeaderEpoch,
			ReplicaNodes: p.Replicas, ISRNodes: p.ISR, OfflineReplicas: offline,
			EligibleLeaderReplicas: present(p.EligibleLeaderReplicas), LastKnownELR: present(p.LastKnownELR),
		}
	}
	return m
}

// present makes an empty list of null.
func present(list []int32) []int32 {
	if list == nil {
		return []int32{}
	}
	return list
}
