package handle

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/group"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

// testGroups is a coordinator whose members wait for nobody.
func testGroups(t *testing.T, c *cluster.Cluster) *group.Coordinator {
	ids := 0
	groups := group.New(group.Options{
		Config: group.Config{
			MinSessionTimeoutMs: 1000, MaxSessionTimeoutMs: 60_000, MaxSize: 10, OffsetMetadataMaxBytes: 10, OffsetsRetention: time.Hour,
			NewID: func() string { ids++; return fmt.Sprint(ids) },
		},
		Logs: func() []group.Log {
			var logs []group.Log
			for i := range int32(50) {
				p, code := c.Partition(group.TopicName, i)
				if code != errcode.None {
					return nil
				}
				logs = append(logs, p)
			}
			return logs
		},
		Codec: &compress.All, ExpireEvery: time.Hour, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(groups.Close)
	return groups
}

// ask serves a request at a version with a struct for the answer.
func ask[A any](t *testing.T, s *story, req wire.Message, version int16) A {
	t.Helper()
	return exchange(t, s.d, req, version).(A)
}

func newGroupStory(t *testing.T) *story {
	s := newStory(t)
	r := ask[*api.FindCoordinatorResponse](t, s, &api.FindCoordinatorRequest{Key: "g"}, 0)
	require.Zero(t, r.ErrorCode)
	require.Eventually(t, func() bool {
		return ask[*api.ListGroupsResponse](t, s, &api.ListGroupsRequest{}, 5).ErrorCode == errcode.None
	}, 10*time.Second, time.Millisecond, "loaded")
	return s
}

func TestFindCoordinator(t *testing.T) {
	s := newStory(t)
	require.Nil(t, s.d.broker.Cluster.Image().Topic(group.TopicName))
	for v := int16(0); v <= 6; v++ {
		for _, kind := range []struct {
			keyType int8
			want    errcode.Code
		}{{0, errcode.None}, {1, errcode.None}, {2, errcode.InvalidRequest}, {9, errcode.InvalidRequest}} {
			if v == 0 && kind.keyType != 0 {
				continue
			}
			req := &api.FindCoordinatorRequest{Key: "g", KeyType: kind.keyType}
			node := int32(7)
			if kind.want != errcode.None {
				node = -1
			}
			if v >= 4 {
				req.Key, req.CoordinatorKeys = "", []string{"g", "h"}
				r := ask[*api.FindCoordinatorResponse](t, s, req, v)
				require.Len(t, r.Coordinators, 2)
				require.Equal(t, "h", r.Coordinators[1].Key)
				require.Equal(t, kind.want, r.Coordinators[1].ErrorCode)
				require.Equal(t, node, r.Coordinators[1].NodeID)
				continue
			}
			r := ask[*api.FindCoordinatorResponse](t, s, req, v)
			require.Equal(t, kind.want, r.ErrorCode)
			require.Equal(t, node, r.NodeID)
			if v > 0 && node == 7 {
				require.Equal(t, wire.Some("NONE"), r.ErrorMessage)
			}
		}
	}
	require.Len(t, s.d.broker.Cluster.Image().Topic(group.TopicName).Partitions, 50)
}

// TestAConsumersLife is what a consumer does, at all versions of every request.
func TestAConsumersLife(t *testing.T) {
	for v := int16(0); v <= 10; v++ {
		t.Run(fmt.Sprint(v), func(t *testing.T) { consumersLife(t, v) })
	}
}

func consumersLife(t *testing.T, v int16) {
	s := newGroupStory(t)
	join := &api.JoinGroupRequest{GroupID: "g", SessionTimeoutMs: 10_000, RebalanceTimeoutMs: 10_000, ProtocolType: "consumer",
		Protocols: []api.JoinGroupRequestProtocol{{Name: "range", Metadata: []byte("m")}}}
	jv := min(v, 9)
	j := ask[*api.JoinGroupResponse](t, s, join, jv)
	if jv >= 4 {
		require.Equal(t, errcode.MemberIDRequired, j.ErrorCode)
		require.Equal(t, jv < 7, j.ProtocolName.Valid, "there is null for it from v7 on")
		join.MemberID = j.MemberID
		j = ask[*api.JoinGroupResponse](t, s, join, jv)
	}
	require.Zero(t, j.ErrorCode)
	require.Equal(t, j.Leader, j.MemberID)
	require.Len(t, j.Members, 1)

	sync := &api.SyncGroupRequest{GroupID: "g", GenerationID: j.GenerationID, MemberID: j.MemberID,
		Assignments: []api.SyncGroupRequestAssignment{{MemberID: j.MemberID, Assignment: []byte("all")}}}
	sv := min(v, 5)
	if sv == 5 {
		require.Equal(t, errcode.InconsistentGroupProtocol, ask[*api.SyncGroupResponse](t, s, sync, sv).ErrorCode)
		sync.ProtocolType, sync.ProtocolName = wire.Some("consumer"), wire.Some("range")
	}
	sr := ask[*api.SyncGroupResponse](t, s, sync, sv)
	require.Zero(t, sr.ErrorCode)
	require.Equal(t, "all", string(sr.Assignment))

	hb := ask[*api.HeartbeatResponse](t, s, &api.HeartbeatRequest{GroupID: "g", GenerationID: j.GenerationID, MemberID: j.MemberID}, min(v, 4))
	require.Zero(t, hb.ErrorCode)

	s.commitAndFetch(v, j)

	dv := min(v, 6)
	d := ask[*api.DescribeGroupsResponse](t, s, &api.DescribeGroupsRequest{Groups: []string{"g", "none"}, IncludeAuthorizedOperations: dv >= 3}, dv)
	require.Equal(t, "Stable", d.Groups[0].GroupState)
	require.Equal(t, "all", string(d.Groups[0].Members[0].MemberAssignment))
	require.Equal(t, "/", d.Groups[0].Members[0].ClientHost[:1])
	require.Equal(t, "Dead", d.Groups[1].GroupState)
	if dv >= 3 {
		require.EqualValues(t, 3400, d.Groups[0].AuthorizedOperations)
	}
	if dv >= 6 {
		require.Equal(t, errcode.GroupIDNotFound, d.Groups[1].ErrorCode)
	}
	l := ask[*api.ListGroupsResponse](t, s, &api.ListGroupsRequest{}, min(v, 5))
	require.Len(t, l.Groups, 1)

	del := &api.DeleteGroupsRequest{GroupsNames: []string{"g", "g", "none"}}
	dr := ask[*api.DeleteGroupsResponse](t, s, del, min(v, 3))
	require.Len(t, dr.Results, 2)
	require.Equal(t, errcode.NonEmptyGroup, dr.Results[0].ErrorCode)
	require.Equal(t, errcode.GroupIDNotFound, dr.Results[1].ErrorCode)
	s.leaveGroup(min(v, 5), j.MemberID)
	require.Zero(t, ask[*api.DeleteGroupsResponse](t, s, del, min(v, 3)).Results[0].ErrorCode)
}

func (s *story) leaveGroup(v int16, member string) {
	for _, want := range []errcode.Code{errcode.None, errcode.UnknownMemberID} {
		req := &api.LeaveGroupRequest{GroupID: "g", MemberID: member}
		if v >= 3 {
			req.MemberID, req.Members = "", []api.LeaveGroupRequestMemberIdentity{{MemberID: member}}
		}
		r := ask[*api.LeaveGroupResponse](s.t, s, req, v)
		if v < 3 {
			require.Equal(s.t, want, r.ErrorCode)
			continue
		}
		require.Zero(s.t, r.ErrorCode)
		require.Equal(s.t, []api.LeaveGroupResponseMember{{MemberID: member, ErrorCode: want}}, r.Members)
	}
}

func (s *story) commitAndFetch(v int16, j *api.JoinGroupResponse) {
	t := s.t
	commit := api.NewOffsetCommitRequest()
	commit.GroupID, commit.Topics = "g", []api.OffsetCommitRequestTopic{{Name: "t"}, {Name: "unknown"}}
	if v >= 1 {
		commit.GenerationIDOrMemberEpoch, commit.MemberID = j.GenerationID, j.MemberID
	}
	want := [][]errcode.Code{
		{errcode.None, errcode.OffsetMetadataTooLarge, errcode.UnknownTopicOrPartition},
		{errcode.UnknownTopicOrPartition, errcode.UnknownTopicOrPartition, errcode.UnknownTopicOrPartition},
	}
	for i := range commit.Topics {
		for n := range 3 {
			p := api.NewOffsetCommitRequestPartition()
			p.PartitionIndex, p.CommittedOffset, p.CommittedMetadata = int32(n), 42, wire.Some("note")
			if n == 1 {
				p.CommittedMetadata = wire.Some("a long note")
			}
			commit.Topics[i].Partitions = append(commit.Topics[i].Partitions, p)
		}
	}
	if v >= 10 {
		commit.Topics[0].Name, commit.Topics[0].TopicID = "", s.id
		commit.Topics[1].Name, commit.Topics[1].TopicID = "", wire.UUID{9}
		want[1] = []errcode.Code{errcode.UnknownTopicID, errcode.UnknownTopicID, errcode.UnknownTopicID}
	}
	if v == 0 { // it has no member, and so may not commit for a group that has some
		want[0][0], want[0][1] = errcode.UnknownMemberID, errcode.UnknownMemberID
	}
	cr := ask[*api.OffsetCommitResponse](t, s, &commit, v)
	for i, codes := range want {
		require.Equal(t, commit.Topics[i].TopicID, cr.Topics[i].TopicID)
		for n, code := range codes {
			require.Equal(t, code, cr.Topics[i].Partitions[n].ErrorCode, "topic %d, partition %d", i, n)
		}
	}
	offset := int64(42)
	if v == 0 {
		offset = -1
	}
	for all := range 2 {
		s.fetchOffsets(v, all == 1, offset)
	}
}

// fetchOffsets expects an offset for partition 0, and none for partition 1.
func (s *story) fetchOffsets(v int16, all bool, want int64) {
	t := s.t
	if all && v < 2 {
		return
	}
	if v < 8 {
		req := &api.OffsetFetchRequest{GroupID: "g"}
		if !all {
			req.Topics = []api.OffsetFetchRequestTopic{{Name: "t", PartitionIndexes: []int32{0, 1}}}
		}
		r := ask[*api.OffsetFetchResponse](t, s, req, v)
		require.Len(t, r.Topics, 1)
		require.Equal(t, want, r.Topics[0].Partitions[0].CommittedOffset)
		if !all {
			require.EqualValues(t, -1, r.Topics[0].Partitions[1].CommittedOffset)
		}
		return
	}
	req := &api.OffsetFetchRequest{Topics: []api.OffsetFetchRequestTopic{}, Groups: []api.OffsetFetchRequestGroup{{GroupID: "g", MemberEpoch: -1}, {GroupID: "none", MemberEpoch: -1}}}
	if !all {
		topics := []api.OffsetFetchRequestTopics{{Name: "t", PartitionIndexes: []int32{0, 1}}}
		if v >= 10 {
			topics = []api.OffsetFetchRequestTopics{{TopicID: wire.UUID{9}, PartitionIndexes: []int32{0}}, {TopicID: s.id, PartitionIndexes: []int32{0, 1}}}
		}
		req.Groups[0].Topics, req.Groups[1].Topics = topics, topics
	}
	r := ask[*api.OffsetFetchResponse](t, s, req, v)
	require.Len(t, r.Groups, 2)
	require.Equal(t, want, r.Groups[0].Topics[0].Partitions[0].CommittedOffset)
	require.Equal(t, wire.Some("note"), r.Groups[0].Topics[0].Partitions[0].Metadata)
	if all {
		require.Empty(t, r.Groups[1].Topics)
	} else {
		require.EqualValues(t, -1, r.Groups[1].Topics[0].Partitions[0].CommittedOffset)
	}
	if v >= 10 {
		require.Equal(t, s.id, r.Groups[0].Topics[0].TopicID)
		if !all {
			require.Equal(t, errcode.UnknownTopicID, r.Groups[0].Topics[1].Partitions[0].ErrorCode)
		}
	}
}

func TestOffsetsAndTheirTopics(t *testing.T) {
	s := newGroupStory(t)
	commit := api.NewOffsetCommitRequest()
	commit.GroupID = "g"
	p := api.NewOffsetCommitRequestPartition()
	p.CommittedOffset = 5
	commit.Topics = []api.OffsetCommitRequestTopic{{Name: "t", Partitions: []api.OffsetCommitRequestPartition{p}}}
	require.Zero(t, ask[*api.OffsetCommitResponse](t, s, &commit, 9).Topics[0].Partitions[0].ErrorCode)

	del := &api.OffsetDeleteRequest{GroupID: "g", Topics: []api.OffsetDeleteRequestTopic{
		{Name: "t", Partitions: []api.OffsetDeleteRequestPartition{{PartitionIndex: 9}, {PartitionIndex: 0}}},
		{Name: "unknown", Partitions: []api.OffsetDeleteRequestPartition{{PartitionIndex: 0}}},
	}}
	r := ask[*api.OffsetDeleteResponse](t, s, del, 0)
	require.Equal(t, []api.OffsetDeleteResponseTopic{
		{Name: "t", Partitions: []api.OffsetDeleteResponsePartition{{PartitionIndex: 9, ErrorCode: errcode.UnknownTopicOrPartition}, {PartitionIndex: 0}}},
		{Name: "unknown", Partitions: []api.OffsetDeleteResponsePartition{{PartitionIndex: 0, ErrorCode: errcode.UnknownTopicOrPartition}}},
	}, r.Topics)
	del.GroupID = "none"
	require.Equal(t, errcode.GroupIDNotFound, ask[*api.OffsetDeleteResponse](t, s, del, 0).ErrorCode)

	ask[*api.OffsetCommitResponse](t, s, &commit, 9)
	all := &api.OffsetFetchRequest{GroupID: "g"}
	require.Len(t, ask[*api.OffsetFetchResponse](t, s, all, 7).Topics, 1)
	ask[*api.DeleteTopicsResponse](t, s, &api.DeleteTopicsRequest{TopicNames: []string{"t"}, TimeoutMs: 1000}, 5)
	require.Eventually(t, func() bool { return len(ask[*api.OffsetFetchResponse](t, s, all, 7).Topics) == 0 },
		10*time.Second, time.Millisecond, "the offsets go with their topic")
}

func TestOffsetFetchBeforeThereIsACoordinator(t *testing.T) {
	s := newStory(t)
	one := []api.OffsetFetchRequestTopic{{Name: "t", PartitionIndexes: []int32{0}}}
	r := ask[*api.OffsetFetchResponse](t, s, &api.OffsetFetchRequest{GroupID: "g", Topics: one}, 1)
	require.Equal(t, errcode.NotCoordinator, r.Topics[0].Partitions[0].ErrorCode)
	r = ask[*api.OffsetFetchResponse](t, s, &api.OffsetFetchRequest{GroupID: "g", Topics: one}, 2)
	require.Equal(t, errcode.NotCoordinator, r.ErrorCode)
	require.Empty(t, r.Topics)
	require.Equal(t, errcode.NotCoordinator, ask[*api.DeleteGroupsResponse](t, s, &api.DeleteGroupsRequest{GroupsNames: []string{"g"}}, 0).Results[0].ErrorCode)
}
