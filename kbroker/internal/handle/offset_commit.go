package handle

import (
	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// offsetCommit: v0-10
//
// Stores how far a group has come. Partitions that do not exist are refused one by one; the rest is stored together.
//
//	v0   in Kafka up to 3.9 these went to ZooKeeper; here to the group, like all others
//	v1   generation and member; a time of commit for each partition, in this version only
//	v2   a retention time for all, up to v4
//	v6   the leader epoch of the last record consumed
//	v7   static members
//	v9   a group that does not exist is GROUP_ID_NOT_FOUND; before, ILLEGAL_GENERATION
//	v10  topics by id
func offsetCommit(c *Context, req *api.OffsetCommitRequest) (*api.OffsetCommitResponse, error) {
	image := c.Cluster.Image()
	resp := api.NewOffsetCommitResponse()
	resp.Topics = make([]api.OffsetCommitResponseTopic, len(req.Topics))
	known := *req
	known.Topics = nil
	var at []commitPlace // of each partition that is passed on
	for i := range req.Topics {
		asked, out := &req.Topics[i], &resp.Topics[i]
		out.Name, out.TopicID = asked.Name, asked.TopicID
		topic, missing := findCommitted(c, image, asked)
		pass := api.OffsetCommitRequestTopic{}
		if topic != nil {
			pass.Name, pass.TopicID = topic.Name, topic.ID
		}
		for _, p := range asked.Partitions {
			code := missing
			if topic != nil && topic.Partition(p.PartitionIndex) == nil {
				code = errcode.UnknownTopicOrPartition
			}
			if code == errcode.None {
				pass.Partitions = append(pass.Partitions, p)
				at = append(at, commitPlace{i, len(out.Partitions)})
			}
			out.Partitions = append(out.Partitions, api.OffsetCommitResponsePartition{PartitionIndex: p.PartitionIndex, ErrorCode: code})
		}
		if len(pass.Partitions) > 0 {
			known.Topics = append(known.Topics, pass)
		}
	}
	if len(known.Topics) == 0 {
		return &resp, nil
	}
	stored, err := c.Groups.Commit(c, c.Version, &known)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, t := range stored.Topics {
		for _, p := range t.Partitions {
			resp.Topics[at[n].topic].Partitions[at[n].partition].ErrorCode = p.ErrorCode
			n++
		}
	}
	return &resp, nil
}

// commitPlace is where in a response a partition stands.
type commitPlace struct{ topic, partition int }

func findCommitted(c *Context, image *cluster.Image, t *api.OffsetCommitRequestTopic) (*cluster.Topic, errcode.Code) {
	if c.Version >= 10 {
		if topic := image.TopicByID(t.TopicID); topic != nil {
			return topic, errcode.None
		}
		return nil, errcode.UnknownTopicID
	}
	if topic := image.Topic(t.Name); topic != nil {
		return topic, errcode.None
	}
	return nil, errcode.UnknownTopicOrPartition
}
