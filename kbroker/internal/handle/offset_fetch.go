package handle

import (
	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// offsetFetch: v0-10
//
// Reads the offsets that a group has committed, from its state in memory. Offset −1 says that there is none.
//
//	v0   in Kafka up to 3.9 from ZooKeeper; here from the group, like all others
//	v2   a null list of topics means all; an error code for the group, before only for its partitions
//	v5   the leader epoch of the last record consumed
//	v7   offsets that an open transaction may change can be refused
//	v8   several groups in one request
//	v9   member and epoch, which groups of the classic kind do not check
//	v10  topics by id
func offsetFetch(c *Context, req *api.OffsetFetchRequest) (*api.OffsetFetchResponse, error) {
	resp := api.NewOffsetFetchResponse()
	image := c.Cluster.Image()
	if c.Version >= 8 {
		resp.Groups = make([]api.OffsetFetchResponseGroup, len(req.Groups))
		for i := range req.Groups {
			if c.Version >= 10 {
				resp.Groups[i] = c.fetchByID(image, &req.Groups[i], req.RequireStable)
			} else {
				resp.Groups[i] = c.Groups.Fetch(&req.Groups[i], req.RequireStable)
			}
		}
		return &resp, nil
	}
	one := api.OffsetFetchRequestGroup{GroupID: req.GroupID}
	if req.Topics != nil {
		one.Topics = []api.OffsetFetchRequestTopics{}
	}
	for _, t := range req.Topics {
		one.Topics = append(one.Topics, api.OffsetFetchRequestTopics{Name: t.Name, PartitionIndexes: t.PartitionIndexes})
	}
	c.flatten(c.Groups.Fetch(&one, req.RequireStable), &one, &resp)
	return &resp, nil
}

// flatten puts the answer for one group where versions before 8 have it.
func (c *Context) flatten(r api.OffsetFetchResponseGroup, req *api.OffsetFetchRequestGroup, resp *api.OffsetFetchResponse) {
	resp.ErrorCode = r.ErrorCode
	if r.ErrorCode != errcode.None && c.Version < 2 {
		// There is no other place for it.
		for _, t := range req.Topics {
			r.Topics = append(r.Topics, offsetsRefused(t, r.ErrorCode))
		}
	}
	resp.Topics = make([]api.OffsetFetchResponseTopic, len(r.Topics))
	for i := range r.Topics {
		resp.Topics[i].Name = r.Topics[i].Name
		resp.Topics[i].Partitions = make([]api.OffsetFetchResponsePartition, len(r.Topics[i].Partitions))
		for j, p := range r.Topics[i].Partitions {
			resp.Topics[i].Partitions[j] = api.OffsetFetchResponsePartition{
				PartitionIndex: p.PartitionIndex, CommittedOffset: p.CommittedOffset, CommittedLeaderEpoch: p.CommittedLeaderEpoch,
				Metadata: p.Metadata, ErrorCode: p.ErrorCode,
			}
		}
	}
}

func offsetsRefused(t api.OffsetFetchRequestTopics, code errcode.Code) api.OffsetFetchResponseTopics {
	out := api.OffsetFetchResponseTopics{Name: t.Name, TopicID: t.TopicID}
	for _, index := range t.PartitionIndexes {
		out.Partitions = append(out.Partitions, api.OffsetFetchResponsePartitions{
			PartitionIndex: index, CommittedOffset: -1, CommittedLeaderEpoch: -1, Metadata: wire.Some(""), ErrorCode: code,
		})
	}
	return out
}

// fetchByID serves a group whose topics are named by id. Among all topics of a group those that were deleted since are
// left out: they have no id any more.
func (c *Context) fetchByID(image *cluster.Image, req *api.OffsetFetchRequestGroup, requireStable bool) api.OffsetFetchResponseGroup {
	byName := *req
	var unknown []api.OffsetFetchResponseTopics
	if req.Topics != nil {
		byName.Topics = []api.OffsetFetchRequestTopics{}
	}
	for _, t := range req.Topics {
		if topic := image.TopicByID(t.TopicID); topic != nil {
			t.Name = topic.Name
			byName.Topics = append(byName.Topics, t)
		} else {
			unknown = append(unknown, offsetsRefused(t, errcode.UnknownTopicID))
		}
	}
	r := c.Groups.Fetch(&byName, requireStable)
	if r.ErrorCode != errcode.None {
		return r
	}
	if req.Topics != nil {
		r.Topics = append(r.Topics, unknown...)
		return r
	}
	kept := r.Topics[:0]
	for _, t := range r.Topics {
		if topic := image.Topic(t.Name); topic != nil {
			t.TopicID = topic.ID
			kept = append(kept, t)
		}
	}
	r.Topics = kept
	return r
}
