package handle

import (
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// offsetDelete: v0
//
// Removes committed offsets of a group, but not of topics that its members use. Partitions that do not exist are
// refused one by one; if the group itself is refused there is nothing but its error.
func offsetDelete(c *Context, req *api.OffsetDeleteRequest) (*api.OffsetDeleteResponse, error) {
	image := c.Cluster.Image()
	known := api.OffsetDeleteRequest{GroupID: req.GroupID}
	var unknown []api.OffsetDeleteResponseTopic
	for _, t := range req.Topics {
		topic := image.Topic(t.Name)
		pass, refused := api.OffsetDeleteRequestTopic{Name: t.Name}, api.OffsetDeleteResponseTopic{Name: t.Name}
		for _, p := range t.Partitions {
			if topic != nil && topic.Partition(p.PartitionIndex) != nil {
				pass.Partitions = append(pass.Partitions, p)
			} else {
				refused.Partitions = append(refused.Partitions, api.OffsetDeleteResponsePartition{
					PartitionIndex: p.PartitionIndex, ErrorCode: errcode.UnknownTopicOrPartition,
				})
			}
		}
		if len(pass.Partitions) > 0 {
			known.Topics = append(known.Topics, pass)
		}
		if len(refused.Partitions) > 0 {
			unknown = append(unknown, refused)
		}
	}
	resp, err := c.Groups.DeleteOffsets(c, &known)
	if err != nil {
		return nil, err
	}
	if resp.ErrorCode == errcode.None {
		resp.Topics = mergeOffsetDeletes(unknown, resp.Topics)
	}
	return resp, nil
}

// mergeOffsetDeletes keeps one entry per topic, as Kafka does.
func mergeOffsetDeletes(to, from []api.OffsetDeleteResponseTopic) []api.OffsetDeleteResponseTopic {
	at := map[string]int{}
	for i := range to {
		at[to[i].Name] = i
	}
	for _, t := range from {
		if i, ok := at[t.Name]; ok {
			to[i].Partitions = append(to[i].Partitions, t.Partitions...)
		} else {
			at[t.Name] = len(to)
			to = append(to, t)
		}
	}
	return to
}
