package group

import (
	"math"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

func TestSessionsEnd(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b"}
	s.stable(a, b)
	for range 4 {
		s.pass(4 * time.Second)
		s.heartbeat(errcode.None, a)
		if s.s.Describe("g", 5).GroupState == "PreparingRebalance" {
			t.Fatal("b is still within its session")
		}
		s.heartbeat(errcode.None, b)
	}
	s.pass(9999 * time.Millisecond)
	s.heartbeat(errcode.None, a)
	s.state(Stable)
	s.pass(time.Millisecond) // b is 10 s silent
	s.state(PreparingRebalance)
	s.heartbeat(errcode.UnknownMemberID, b)
	s.heartbeat(errcode.RebalanceInProgress, a)
	s.enter(a, s.join(a))
	s.synced(errcode.None, s.sync(a))
	s.pass(time.Minute)
	s.state(Empty)
	require.True(t, s.s.Wake().IsZero(), "an empty group waits for nothing")
}

func TestCommitsKeepASessionAlive(t *testing.T) {
	s := begin(t)
	a := &client{name: "a"}
	s.stable(a)
	for range 10 {
		s.pass(8 * time.Second)
		s.committed(errcode.None, s.commit(a, "t", 1, ""))
	}
	s.state(Stable)
}

func TestRebalanceTimeoutLeavesTheSlowBehind(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b", sessionMs: 600_000}
	s.stable(a, b)
	ja := s.join(a)
	s.pass(59 * time.Second)
	s.waits(ja)
	s.pass(time.Second)
	require.Len(t, s.enter(a, ja).Members, 1)
	s.heartbeat(errcode.UnknownMemberID, b)
}

func TestTheLeaderMayBeLeftBehind(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", sessionMs: 600_000}, &client{name: "b", topics: []string{"x"}}
	s.stable(a, b)
	b.topics = []string{"y"}
	jb := s.join(b)
	s.pass(time.Minute)
	r := s.enter(b, jb)
	require.Equal(t, b.id, r.Leader)
	require.Len(t, r.Members, 1)
}

func TestWhoNeverSyncsIsRemoved(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", sessionMs: 600_000}, &client{name: "b", sessionMs: 600_000}
	ja, jb := s.newcomer(a), s.newcomer(b)
	s.pass(6 * time.Second)
	s.enter(a, ja)
	s.enter(b, jb)
	sb := s.sync(b)
	s.pass(time.Minute)
	s.synced(errcode.RebalanceInProgress, sb)
	s.heartbeat(errcode.UnknownMemberID, a)
	jb = s.join(b)
	require.Equal(t, b.id, s.enter(b, jb).Leader)
}

func TestANewMemberMayWaitFiveMinutes(t *testing.T) {
	s := begin(t)
	slow := &client{name: "slow", sessionMs: 1_800_000, patienceMs: 1_800_000}
	s.stable(slow)
	c := &client{name: "c", sessionMs: 1_800_000}
	jc := s.newcomer(c) // waits for slow, which does not come
	s.pass(NewMemberJoinTimeout - time.Second)
	s.waits(jc)
	s.pass(time.Second)
	s.joined(errcode.UnknownMemberID, jc)
}

func TestLeaving(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b", instance: "B"}
	s.stable(a, b)
	s.leave(errcode.UnknownMemberID, &client{id: "x"})
	s.leave(errcode.UnknownMemberID, &client{})
	s.leave(errcode.UnknownMemberID, &client{instance: "nobody"})
	s.leave(errcode.FencedInstanceID, &client{id: "x", instance: "B"})
	s.leave(errcode.UnknownMemberID, &client{id: b.id, instance: "other"})
	s.state(Stable)
	s.leave(errcode.None, &client{instance: "B"}) // an operator names it by its instance
	s.state(PreparingRebalance)
	ja := s.join(a)
	s.enter(a, ja)
	s.leave(errcode.None, a)
	s.state(Empty)
	s.leave(errcode.UnknownMemberID, a)

	p := &client{name: "p"}
	p.id = s.joined(errcode.MemberIDRequired, s.join(p)).MemberID
	s.leave(errcode.None, p)
	s.joined(errcode.UnknownMemberID, s.join(p))
}

func TestLeavingAnswersTheRequestsThatWait(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b"}
	s.stable(a, b)
	jb := func() Ticket { b.topics = append(b.topics, "x"); return s.join(b) }()
	s.waits(jb)
	s.leave(errcode.None, b)
	s.joined(errcode.UnknownMemberID, jb)
	c := &client{name: "c"}
	jc := s.newcomer(c)
	s.enter(a, s.join(a))
	s.enter(c, jc)
	sc := s.sync(c)
	s.leave(errcode.None, c)
	s.synced(errcode.UnknownMemberID, sc)
}

func TestLeaveOfAGroupThatDoesNotExist(t *testing.T) {
	s := begin(t)
	s.leave(errcode.UnknownMemberID, &client{id: "x", instance: "i"})
	s.heartbeat(errcode.UnknownMemberID, &client{id: "x"})
	s.synced(errcode.UnknownMemberID, s.sync(&client{id: "x", protocols: []string{"range"}}))
}

func TestHeartbeatAndSyncRefusals(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", instance: "A"}, &client{name: "b"}
	s.stable(a, b)
	s.heartbeat(errcode.FencedInstanceID, &client{id: b.id, instance: "A", generation: 9})
	s.heartbeat(errcode.UnknownMemberID, &client{id: a.id, instance: "?"})
	s.heartbeat(errcode.UnknownMemberID, &client{id: "?", generation: 9})
	s.heartbeat(errcode.IllegalGeneration, &client{id: b.id, generation: 2})
	for _, c := range []struct {
		want errcode.Code
		req  api.SyncGroupRequest
	}{
		{errcode.UnknownMemberID, api.SyncGroupRequest{MemberID: "?", GenerationID: 9}},
		{errcode.FencedInstanceID, api.SyncGroupRequest{MemberID: b.id, GroupInstanceID: wire.Some("A")}},
		{errcode.IllegalGeneration, api.SyncGroupRequest{MemberID: b.id, GenerationID: 9, ProtocolName: wire.Some("?")}},
		{errcode.InconsistentGroupProtocol, api.SyncGroupRequest{MemberID: b.id, GenerationID: 1, ProtocolName: wire.Some("?")}},
		{errcode.InconsistentGroupProtocol, api.SyncGroupRequest{MemberID: b.id, GenerationID: 1, ProtocolType: wire.Some("?")}},
		{errcode.None, api.SyncGroupRequest{MemberID: b.id, GenerationID: 1}},
	} {
		c.req.GroupID = "g"
		ticket := s.ticket()
		s.do(s.s.Sync(s.now, &c.req, ticket))
		s.synced(c.want, ticket)
	}
}

func TestStaticMembersComeBackUnnoticed(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", instance: "A"}, &client{name: "b", instance: "B"}
	s.stable(a, b)
	old := *b
	b.id = ""
	r := s.enter(b, s.join(b))
	require.NotEqual(t, old.id, b.id)
	require.EqualValues(t, 1, r.GenerationID)
	require.False(t, r.SkipAssignment)
	s.state(Stable)
	s.heartbeat(errcode.FencedInstanceID, &old)
	s.joined(errcode.FencedInstanceID, s.join(&old))
	s.leave(errcode.FencedInstanceID, &old)
	s.committed(errcode.FencedInstanceID, s.commit(&old, "t", 1, ""))
	require.Equal(t, "work of b", s.synced(errcode.None, s.sync(b)), "it gets what it had")

	// The leader comes back too: from v9 on it is told that it leads and must not assign.
	a.id = ""
	r = s.enter(a, s.join(a))
	require.True(t, r.SkipAssignment)
	require.Equal(t, a.id, r.Leader)
	require.Len(t, r.Members, 2)
	// An older client is not: it sees its former id as the leader's.
	before := a.id
	a.id, s.version = "", 8
	r = s.enter(a, s.join(a))
	require.False(t, r.SkipAssignment)
	require.Equal(t, before, r.Leader)
	require.Empty(t, r.Members)
	s.state(Stable)

	s.restart()
	s.state(Stable)
	s.heartbeat(errcode.None, a)
	s.heartbeat(errcode.None, b)
}

func TestAStaticMemberWithANewProtocolRebalances(t *testing.T) {
	s := begin(t)
	a := &client{name: "a", instance: "A", protocols: []string{"range", "sticky"}}
	s.stable(a)
	a.id, a.protocols = "", []string{"sticky", "range"}
	r := s.enter(a, s.join(a))
	require.EqualValues(t, 2, r.GenerationID)
	require.Equal(t, "sticky", r.ProtocolName.V)
}

func TestAStaticMemberComesBackDuringARebalance(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", instance: "A"}, &client{name: "b", instance: "B"}
	s.stable(a, b)
	ja := s.join(a)
	s.waits(ja)
	b.id = ""
	jb := s.join(b)
	s.enter(a, ja)
	s.enter(b, jb)
	// While the leader assigns: all anew, or the new id would get nothing.
	sa := s.sync(&client{id: b.id, instance: "B", generation: b.generation, protocols: b.protocols})
	b.id = ""
	jb = s.join(b)
	s.synced(errcode.FencedInstanceID, sa)
	s.waits(jb)
	ja = s.join(a)
	s.enter(b, jb)
	require.EqualValues(t, 3, s.enter(a, ja).GenerationID)
	// Twice before the answer: the first is fenced.
	c := &client{name: "c"}
	s.newcomer(c)
	j1 := s.join(&client{instance: "A"})
	j2 := s.join(&client{instance: "A"})
	s.joined(errcode.FencedInstanceID, j1)
	s.waits(j2)
}

func TestAbsentStaticMembersKeepTheirPlaceInARebalance(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b", instance: "B", sessionMs: 300_000}
	s.stable(a, b)
	ja := s.join(a)
	s.pass(time.Minute)
	require.Len(t, s.enter(a, ja).Members, 2, "b is away but counts")
	s.synced(errcode.None, s.sync(a, b.id, "for b"))
	b.id = ""
	s.enter(b, s.join(b))
	require.Equal(t, "for b", s.synced(errcode.None, s.sync(b)))
}

func TestOnlyAbsentStaticMembers(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", instance: "A", sessionMs: 200_000}, &client{name: "b", instance: "B", sessionMs: 200_000}
	s.stable(a, b)
	s.leave(errcode.None, &client{instance: "B"})
	s.state(PreparingRebalance)
	s.pass(3 * time.Minute) // three rebalance timeouts: nobody joins, nobody is removed
	s.state(PreparingRebalance)
	s.pass(time.Minute)
	s.state(Empty)
}

func TestFailedStores(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", instance: "A"}, &client{name: "b", instance: "B"}
	s.stable(a, b)
	s.fail = errDisk

	old := *b
	b.id = ""
	s.joined(errcode.NotCoordinator, s.join(b))
	s.heartbeat(errcode.None, &old) // it is as it was

	s.committed(errcode.NotCoordinator, s.commit(a, "t", 7, ""))
	require.EqualValues(t, -1, s.offset("t"))

	ja := s.join(a)
	jb := s.join(&old)
	s.enter(a, ja)
	s.enter(&old, jb)
	sb := s.sync(&old)
	s.synced(errcode.NotCoordinator, s.sync(a))
	s.synced(errcode.NotCoordinator, sb)
	s.state(PreparingRebalance)
	s.fail = nil
	ja, jb = s.join(a), s.join(&old)
	s.enter(a, ja)
	s.enter(&old, jb)
	s.synced(errcode.None, s.sync(a))
}

func TestARebalanceWhileTheAssignmentIsBeingStored(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b"}
	ja := s.newcomer(a)
	s.pass(4 * time.Second)
	s.enter(a, ja)
	s.hold = true
	sa := s.sync(a, a.id, "old")
	jb := s.newcomer(b)
	s.synced(errcode.RebalanceInProgress, sa)
	s.hold = false
	s.store()
	s.state(PreparingRebalance)
	s.enter(a, s.join(a))
	s.enter(b, jb)
	s.synced(errcode.None, s.sync(a, a.id, "new"))
	s.restart()
	s.heartbeat(errcode.None, a)
	require.Equal(t, "new", s.synced(errcode.None, s.sync(a)))
}

// A rebalance timeout of 0, or less, is the client's to send. It must not keep the coordinator busy while it waits for
// static members to come back.
func TestAbsentStaticMembersWithoutPatience(t *testing.T) {
	for _, patienceMs := range []int32{-1, math.MinInt32} {
		s := begin(t)
		a, b := &client{name: "a", instance: "ia", patienceMs: patienceMs}, &client{name: "b", instance: "ib", patienceMs: patienceMs}
		ja, jb := s.join(a), s.join(b)
		s.pass(3 * time.Second)
		s.enter(a, ja)
		s.enter(b, jb)
		assigned := s.sync(b)
		s.synced(errcode.None, s.sync(a, a.id, "x", b.id, "y"))
		s.synced(errcode.None, assigned)
		s.leave(errcode.None, b)
		ticks := 0
		for end := s.now.Add(9 * time.Second); s.s.Wake().Before(end); ticks++ {
			s.now = s.s.Wake()
			s.do(s.s.Tick(s.now))
		}
		require.Less(t, ticks, 20)
		s.state(PreparingRebalance)
		s.pass(time.Minute)
		s.state(Empty)
	}
}
