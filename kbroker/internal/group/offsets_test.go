package group

import (
	"strings"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

func TestCommitsOfMembers(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", topics: []string{"t"}}, &client{name: "b"}
	s.stable(a, b)
	s.committed(errcode.None, s.commit(a, "t", 42, "note"))
	require.EqualValues(t, 42, s.offset("t"))
	s.committed(errcode.IllegalGeneration, s.commit(&client{id: a.id, generation: 2}, "t", 1, ""))
	s.committed(errcode.IllegalGeneration, s.commit(&client{id: a.id, generation: -1}, "t", 1, ""))
	s.committed(errcode.UnknownMemberID, s.commit(&client{id: "?", generation: 1}, "t", 1, ""))
	s.committed(errcode.UnknownMemberID, s.commit(&client{generation: 1}, "t", 1, ""))
	s.committed(errcode.UnknownMemberID, s.commit(nil, "t", 1, "")) // an operator may not while it is in use
	s.committed(errcode.OffsetMetadataTooLarge, s.commit(a, "t", 1, strings.Repeat("x", 4097)))
	require.EqualValues(t, 42, s.offset("t"))

	b.topics = []string{"t"}
	jb := s.join(b)
	ja := s.join(a)
	s.committed(errcode.IllegalGeneration, s.commit(a, "t", 43, "")) // before it knows the new generation
	s.enter(a, ja)
	s.enter(b, jb)
	s.committed(errcode.RebalanceInProgress, s.commit(a, "t", 43, ""))
	s.synced(errcode.None, s.sync(a))
	s.committed(errcode.None, s.commit(a, "t", 43, ""))
	require.EqualValues(t, 43, s.offset("t"))
}

func TestCommitsDuringARebalance(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b"}
	s.stable(a, b)
	s.join(a)
	s.state(PreparingRebalance)
	s.committed(errcode.None, s.commit(b, "t", 5, "")) // what it did in the generation that ends
}

func TestCommitsWithoutAGroup(t *testing.T) {
	s := begin(t)
	s.committed(errcode.GroupIDNotFound, s.commit(&client{id: "x", generation: 1}, "t", 1, ""))
	s.version = 8
	s.committed(errcode.IllegalGeneration, s.commit(&client{id: "x", generation: 1}, "t", 1, ""))
	require.Zero(t, s.s.Len())
	s.committed(errcode.None, s.commit(nil, "t", 1, ""))
	s.state(Empty)
	d := s.s.Describe("g", 6)
	require.Equal(t, "", d.ProtocolType)
	require.Len(t, s.log, 1, "no record but the offset's")
}

func TestFetch(t *testing.T) {
	s := begin(t)
	id, other := wire.UUID{1}, wire.UUID{2}
	req := api.NewOffsetCommitRequest()
	req.GroupID = "g"
	for _, topic := range []string{"b", "a"} {
		req.Topics = append(req.Topics, api.OffsetCommitRequestTopic{Name: topic, TopicID: id, Partitions: []api.OffsetCommitRequestPartition{
			{PartitionIndex: 3, CommittedOffset: 30, CommittedLeaderEpoch: 2, CommitTimestamp: -1, CommittedMetadata: wire.Some("m")},
			{PartitionIndex: 1, CommittedOffset: 10, CommittedLeaderEpoch: -1, CommitTimestamp: -1}}})
	}
	s.do(s.s.Commit(s.now, 9, &req, s.ticket()))

	all := s.s.Fetch(&api.OffsetFetchRequestGroup{GroupID: "g"}, true)
	require.Equal(t, []string{"a", "b"}, []string{all.Topics[0].Name, all.Topics[1].Name})
	require.Equal(t, []api.OffsetFetchResponsePartitions{
		{PartitionIndex: 1, CommittedOffset: 10, CommittedLeaderEpoch: -1, Metadata: wire.Some("")},
		{PartitionIndex: 3, CommittedOffset: 30, CommittedLeaderEpoch: 2, Metadata: wire.Some("m")},
	}, all.Topics[0].Partitions)

	none := api.OffsetFetchResponsePartitions{PartitionIndex: 3, CommittedOffset: -1, CommittedLeaderEpoch: -1, Metadata: wire.Some("")}
	ask := func(group, topic string, id wire.UUID) api.OffsetFetchResponsePartitions {
		r := s.s.Fetch(&api.OffsetFetchRequestGroup{GroupID: group, Topics: []api.OffsetFetchRequestTopics{{Name: topic, TopicID: id, PartitionIndexes: []int32{3}}}}, false)
		return r.Topics[0].Partitions[0]
	}
	require.Equal(t, none, ask("g", "c", wire.UUID{}))
	require.Equal(t, none, ask("nobody", "a", wire.UUID{}))
	require.Equal(t, none, ask("g", "a", other), "of a topic that was deleted and made again")
	require.EqualValues(t, 30, ask("g", "a", id).CommittedOffset)
	require.EqualValues(t, 30, ask("g", "a", wire.UUID{}).CommittedOffset)
	require.Empty(t, s.s.Fetch(&api.OffsetFetchRequestGroup{GroupID: "nobody"}, false).Topics)
}

func TestCommitsAreVisibleWhenTheyAreStored(t *testing.T) {
	s := begin(t)
	s.hold = true
	c1, c2 := s.commit(nil, "t", 1, ""), s.commit(nil, "t", 2, "")
	s.waits(c1, c2)
	require.EqualValues(t, -1, s.offset("t"))
	s.store()
	s.committed(errcode.None, c1)
	s.committed(errcode.None, c2)
	require.EqualValues(t, 2, s.offset("t"))
}

func TestOldCommits(t *testing.T) {
	s := begin(t)
	req := api.NewOffsetCommitRequest()
	req.GroupID, req.RetentionTimeMs = "g", 60_000 // v2-4
	req.Topics = []api.OffsetCommitRequestTopic{{Name: "t", Partitions: []api.OffsetCommitRequestPartition{{CommittedOffset: 5, CommitTimestamp: -1}}}}
	s.do(s.s.Commit(s.now, 2, &req, s.ticket()))
	req.RetentionTimeMs = -1
	req.Topics[0].Name, req.Topics[0].Partitions[0].CommitTimestamp = "u", s.now.UnixMilli()-1000 // v1
	s.do(s.s.Commit(s.now, 1, &req, s.ticket()))
	require.EqualValues(t, 1, s.log[0].Value[1], "value version: only 1 has an expiry")
	require.EqualValues(t, 4, s.log[1].Value[1])
	s.restart()
	s.pass(59_999 * time.Millisecond)
	s.do(s.s.Expire(s.now))
	require.EqualValues(t, 5, s.offset("t"))
	s.pass(time.Millisecond)
	s.do(s.s.Expire(s.now))
	require.EqualValues(t, -1, s.offset("t"))
	s.pass(s.s.cfg.OffsetsRetention - 61*time.Second)
	s.do(s.s.Expire(s.now))
	s.restart()
	require.Zero(t, s.s.Len(), "the other is as old as the client said")
}

func TestRetention(t *testing.T) {
	s := begin(t)
	a := &client{name: "a", topics: []string{"used"}, sessionMs: 1_800_000}
	s.stable(a)
	s.committed(errcode.None, s.commit(a, "used", 1, ""))
	s.committed(errcode.None, s.commit(a, "left", 1, ""))
	s.s.cfg.OffsetsRetention = 10 * time.Minute
	s.pass(9 * time.Minute)
	s.do(s.s.Expire(s.now))
	require.EqualValues(t, 1, s.offset("left"))
	s.pass(time.Minute)
	s.do(s.s.Expire(s.now))
	require.EqualValues(t, -1, s.offset("left"))
	require.EqualValues(t, 1, s.offset("used"), "a member uses it")

	s.leave(errcode.None, a)
	s.pass(10*time.Minute - time.Millisecond)
	s.do(s.s.Expire(s.now))
	require.EqualValues(t, 1, s.offset("used"), "counted from when the group became empty")
	s.pass(time.Millisecond)
	s.do(s.s.Expire(s.now))
	require.Zero(t, s.s.Len())
	s.restart()
	require.Zero(t, s.s.Len())
}

func TestGroupsWithoutAnythingGo(t *testing.T) {
	s := begin(t)
	a := &client{name: "a"}
	a.id = s.joined(errcode.MemberIDRequired, s.join(a)).MemberID
	s.do(s.s.Expire(s.now))
	require.Equal(t, 1, s.s.Len(), "somebody is about to join")
	s.restart()
	s.state(Empty)
	s.do(s.s.Expire(s.now))
	require.Zero(t, s.s.Len())
	require.Nil(t, s.log[len(s.log)-1].Value)
}

func (s *story) delete(want errcode.Code) {
	s.Helper()
	ticket := s.ticket()
	s.do(s.s.DeleteGroup("g", ticket))
	require.Equal(s, want, s.answers[ticket].(*api.DeleteGroupsResponse).Results[0].ErrorCode)
}

func TestDeleteGroup(t *testing.T) {
	s := begin(t)
	s.delete(errcode.GroupIDNotFound)
	a := &client{name: "a"}
	s.stable(a)
	s.committed(errcode.None, s.commit(a, "t", 1, ""))
	s.delete(errcode.NonEmptyGroup)
	s.leave(errcode.None, a)
	s.fail = errDisk
	s.delete(errcode.NotCoordinator)
	s.fail = nil
	require.EqualValues(t, 1, s.offset("t"))
	s.delete(errcode.None)
	require.EqualValues(t, -1, s.offset("t"))
	s.restart()
	require.Zero(t, s.s.Len())
}

func TestDeleteOvertakesACommit(t *testing.T) {
	s := begin(t)
	s.committed(errcode.None, s.commit(nil, "t", 1, ""))
	s.hold = true
	c := s.commit(nil, "u", 1, "")
	d := s.ticket()
	s.do(s.s.DeleteGroup("g", d))
	s.committed(errcode.CoordinatorNotAvailable, s.commit(nil, "v", 1, ""))
	s.joined(errcode.CoordinatorNotAvailable, s.join(&client{name: "late"}))
	s.heartbeat(errcode.CoordinatorNotAvailable, &client{})
	s.hold = false
	s.store()
	s.committed(errcode.None, c)
	s.restart()
	require.Zero(t, s.s.Len(), "nothing rises from the log")
}

func (s *story) deleteOffset(topic string) *api.OffsetDeleteResponse {
	ticket := s.ticket()
	s.do(s.s.DeleteOffsets(&api.OffsetDeleteRequest{GroupID: "g", Topics: []api.OffsetDeleteRequestTopic{{Name: topic, Partitions: []api.OffsetDeleteRequestPartition{{PartitionIndex: 0}}}}}, ticket))
	return s.answers[ticket].(*api.OffsetDeleteResponse)
}

func TestDeleteOffsets(t *testing.T) {
	s := begin(t)
	require.Equal(t, errcode.GroupIDNotFound, s.deleteOffset("t").ErrorCode)
	a := &client{name: "a", topics: []string{"used"}}
	s.stable(a)
	s.committed(errcode.None, s.commit(a, "used", 1, ""))
	s.committed(errcode.None, s.commit(a, "left", 1, ""))
	require.Equal(t, errcode.GroupSubscribedToTopic, s.deleteOffset("used").Topics[0].Partitions[0].ErrorCode)
	r := s.deleteOffset("left")
	require.Zero(t, r.ErrorCode)
	require.Zero(t, r.Topics[0].Partitions[0].ErrorCode)
	require.EqualValues(t, -1, s.offset("left"))
	require.EqualValues(t, 1, s.offset("used"))
	s.leave(errcode.None, a)
	s.deleteOffset("used")
	s.restart()
	require.EqualValues(t, -1, s.offset("used"))
}

func TestAGroupWhoseOffsetsAreDeletedCanBeDeleted(t *testing.T) {
	s := begin(t)
	s.committed(errcode.None, s.commit(nil, "t", 1, ""))
	require.Zero(t, s.deleteOffset("t").ErrorCode)
	require.Zero(t, s.deleteOffset("t").ErrorCode)
	s.delete(errcode.None)
	s.delete(errcode.GroupIDNotFound)
	s.committed(errcode.None, s.commit(nil, "t", 1, ""))
	s.deleteOffset("t")
	s.do(s.s.Expire(s.now))
	require.Zero(t, s.s.Len())
}

func TestDeleteOffsetsOfOtherProtocols(t *testing.T) {
	s := begin(t)
	a := &client{name: "a"}
	s.stable(a)
	s.s.groups["g"].protocolType = wire.Some("connect")
	require.Equal(t, errcode.NonEmptyGroup, s.deleteOffset("t").ErrorCode)
}

func TestSubscriptionsThatCannotBeReadProtectAllTopics(t *testing.T) {
	s := begin(t)
	a := &client{name: "a"}
	s.stable(a)
	s.committed(errcode.None, s.commit(a, "t", 1, ""))
	s.s.groups["g"].order[0].protocols[0].metadata = []byte{0, 1, 0, 0}
	s.s.groups["g"].learnTopics()
	require.Equal(t, errcode.GroupSubscribedToTopic, s.deleteOffset("t").Topics[0].Partitions[0].ErrorCode)
}

func TestDeletedTopicsAreForgotten(t *testing.T) {
	s := begin(t)
	s.committed(errcode.None, s.commit(nil, "t", 1, ""))
	s.committed(errcode.None, s.commit(nil, "u", 2, ""))
	s.do(s.s.ForgetTopics(map[string]bool{"t": true}))
	require.EqualValues(t, -1, s.offset("t"))
	require.EqualValues(t, 2, s.offset("u"))
	s.restart()
	require.EqualValues(t, -1, s.offset("t"))
	require.EqualValues(t, 2, s.offset("u"))
}

func TestDescribeAndList(t *testing.T) {
	s := begin(t)
	d := s.s.Describe("g", 5)
	require.Equal(t, "Dead", d.GroupState)
	require.Zero(t, d.ErrorCode)
	d = s.s.Describe("g", 6)
	require.Equal(t, errcode.GroupIDNotFound, d.ErrorCode)
	require.Equal(t, wire.Some("Group g not found."), d.ErrorMessage)

	a := &client{name: "a", instance: "A", topics: []string{"t"}}
	s.stable(a)
	d = s.s.Describe("g", 6)
	require.Equal(t, "Stable", d.GroupState)
	require.Equal(t, "range", d.ProtocolData)
	require.Equal(t, []api.DescribeGroupsResponseDescribedGroupMember{{
		MemberID: a.id, GroupInstanceID: wire.Some("A"), ClientID: "a", ClientHost: "/127.0.0.1",
		MemberMetadata: subscription("t"), MemberAssignment: []byte("work of a"),
	}}, d.Members)
	list := func(states, types []string) []api.ListGroupsResponseListedGroup {
		return s.s.List(nil, &api.ListGroupsRequest{StatesFilter: states, TypesFilter: types})
	}
	want := []api.ListGroupsResponseListedGroup{{GroupID: "g", ProtocolType: "consumer", GroupState: "Stable", GroupType: "classic"}}
	require.Equal(t, want, list(nil, nil))
	require.Equal(t, want, list([]string{"empty", " STABLE"}, []string{"Classic"}))
	require.Empty(t, list([]string{"Empty"}, nil))
	require.Empty(t, list(nil, []string{"Consumer"}))
	s.join(a)
	d = s.s.Describe("g", 6)
	require.Equal(t, "", d.ProtocolData)
}

// transactional replays a record as part of a transaction, or its end.
func (s *story) replay(o records.Options, rs ...records.Record) {
	s.Helper()
	w := records.NewWriter(nil, o)
	for _, r := range rs {
		w.Append(r)
	}
	raw, err := w.Finish()
	require.NoError(s, err)
	b, err := records.ReadBatch(raw)
	require.NoError(s, err)
	require.NoError(s, s.s.Replay(b, nil))
}

func TestTransactionalCommitsInTheLog(t *testing.T) {
	s := begin(t)
	tx := func(producer, at int64, topic string, offset int64) {
		s.replay(records.Options{BaseOffset: at, Transactional: true, Producer: &records.Producer{ID: producer}},
			offsetRecord("g", OffsetKey{Topic: topic}, Offset{Offset: offset, ExpireMs: -1}))
	}
	end := func(producer, at int64, how records.ControlType) {
		raw, err := records.AppendEndTxnMarker(nil, records.Options{BaseOffset: at, Producer: &records.Producer{ID: producer}}, how, 0, 0)
		require.NoError(t, err)
		b, err := records.ReadBatch(raw)
		require.NoError(t, err)
		require.NoError(t, s.s.Replay(b, nil))
	}
	fetch := func(topic string, stable bool) api.OffsetFetchResponsePartitions {
		r := s.s.Fetch(&api.OffsetFetchRequestGroup{GroupID: "g", Topics: []api.OffsetFetchRequestTopics{{Name: topic, PartitionIndexes: []int32{0}}}}, stable)
		return r.Topics[0].Partitions[0]
	}
	tx(1, 0, "committed", 10)
	tx(2, 1, "aborted", 10)
	tx(1, 2, "overtaken", 10)
	s.replay(records.Options{BaseOffset: 3}, offsetRecord("g", OffsetKey{Topic: "overtaken"}, Offset{Offset: 11, ExpireMs: -1}))
	tx(3, 4, "open", 10)
	require.EqualValues(t, -1, fetch("committed", false).CommittedOffset)
	end(1, 5, records.ControlCommit)
	end(2, 6, records.ControlAbort)
	end(9, 7, records.ControlCommit)
	require.EqualValues(t, 10, fetch("committed", true).CommittedOffset)
	require.EqualValues(t, -1, fetch("aborted", true).CommittedOffset)
	require.EqualValues(t, 11, fetch("overtaken", true).CommittedOffset)
	require.Zero(t, fetch("open", false).ErrorCode)
	require.EqualValues(t, -1, fetch("open", false).CommittedOffset)
	require.Equal(t, errcode.UnstableOffsetCommit, fetch("open", true).ErrorCode)
	s.pass(s.s.cfg.OffsetsRetention)
	s.do(s.s.Expire(s.now))
	require.Equal(t, errcode.UnstableOffsetCommit, fetch("open", true).ErrorCode, "an open transaction keeps its group")
	end(3, 8, records.ControlAbort)
	s.do(s.s.Expire(s.now))
	require.Zero(t, s.s.Len())
}

func TestReplayOfForeignAndBrokenRecords(t *testing.T) {
	s := begin(t)
	s.replay(records.Options{}, records.Record{Key: []byte{0, 3, 0, 1, 'x'}, Value: []byte{0, 0}}) // KIP-848
	require.Zero(t, s.s.Len())
	good := offsetRecord("g", OffsetKey{Topic: "t"}, Offset{ExpireMs: -1})
	for _, r := range []records.Record{
		{Key: nil}, {Key: []byte{0}}, {Key: good.Key[:7], Value: good.Value}, {Key: good.Key, Value: good.Value[:9]}, {Key: good.Key, Value: []byte{0}},
		{Key: groupTombstone("g").Key, Value: []byte{0, 9}}, {Key: []byte{0, 2, 0}},
	} {
		w := records.NewWriter(nil, records.Options{BaseOffset: 7})
		w.Append(r)
		raw, err := w.Finish()
		require.NoError(t, err)
		b, err := records.ReadBatch(raw)
		require.NoError(t, err)
		require.ErrorContains(t, s.s.Replay(b, nil), "record at offset 7")
	}
}

func TestPartitionFor(t *testing.T) {
	// As java.lang.String.hashCode and Kafka's Utils.abs say.
	for id, want := range map[string]int{
		"": 0, "a": 47, "my-group": 12, "grüppe": 12, "😀 group": 6, "console-consumer-12345": 6,
		"polygenelubricants": 0, // its hash is −2³¹
	} {
		require.Equal(t, want, PartitionFor(id, 50), id)
	}
	require.Equal(t, 5, PartitionFor("😀 group", 7))
}
