package group

import (
	"maps"
	"slices"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Fetch answers OffsetFetch for one group; topics whose Topics is nil means all that have offsets. Names are set, ids
// if the client gave them. requireStable refuses offsets that an open transaction may change.
//
// A group that does not exist has no offsets: that is no error.
func (s *Shard) Fetch(req *api.OffsetFetchRequestGroup, requireStable bool) api.OffsetFetchResponseGroup {
	r := api.OffsetFetchResponseGroup{GroupID: req.GroupID, Topics: []api.OffsetFetchResponseTopics{}}
	g := s.groups[req.GroupID]
	if g != nil && g.state == Dead {
		g = nil
	}
	topics := req.Topics
	if topics == nil && g != nil {
		for _, name := range slices.Sorted(maps.Keys(g.offsets)) {
			indexes := slices.Sorted(maps.Keys(g.offsets[name]))
			topics = append(topics, api.OffsetFetchRequestTopics{Name: name, PartitionIndexes: indexes})
		}
	}
	for i := range topics {
		t := api.OffsetFetchResponseTopics{Name: topics[i].Name, TopicID: topics[i].TopicID}
		t.Partitions = make([]api.OffsetFetchResponsePartitions, len(topics[i].PartitionIndexes))
		for j, index := range topics[i].PartitionIndexes {
			t.Partitions[j] = g.fetch(t.Name, t.TopicID, index, requireStable)
		}
		r.Topics = append(r.Topics, t)
	}
	return r
}

func (g *Group) fetch(topic string, id wire.UUID, index int32, requireStable bool) api.OffsetFetchResponsePartitions {
	none := api.OffsetFetchResponsePartitions{PartitionIndex: index, CommittedOffset: -1, CommittedLeaderEpoch: -1, Metadata: wire.Some("")}
	if g == nil {
		return none
	}
	if requireStable && g.unstable(topic, index) {
		none.ErrorCode = errcode.UnstableOffsetCommit
		return none
	}
	o, ok := g.offset(topic, index)
	if !ok || !o.TopicID.IsZero() && !id.IsZero() && o.TopicID != id {
		return none // nothing, or of an earlier topic of the same name
	}
	return api.OffsetFetchResponsePartitions{
		PartitionIndex: index, CommittedOffset: o.Offset, CommittedLeaderEpoch: o.LeaderEpoch, Metadata: wire.Some(o.Metadata),
	}
}
