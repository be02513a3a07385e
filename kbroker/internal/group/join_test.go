package group

import (
	"strings"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

func TestTwoMembersShareAndRebalance(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a", topics: []string{"t"}}, &client{name: "b"}
	ja := s.newcomer(a)
	require.True(t, strings.HasPrefix(a.id, "a-"))
	s.pass(2 * time.Second)
	s.waits(ja)
	jb := s.newcomer(b)
	s.pass(2 * time.Second) // the delay is extended, because b came
	s.waits(ja, jb)
	s.pass(3 * time.Second)
	ra, rb := s.enter(a, ja), s.enter(b, jb)
	require.Equal(t, a.id, ra.Leader)
	require.Equal(t, a.id, rb.Leader)
	require.EqualValues(t, 1, ra.GenerationID)
	require.Equal(t, "range", rb.ProtocolName.V)
	require.Len(t, ra.Members, 2, "the leader sees all")
	require.Equal(t, subscription("t"), ra.Members[0].Metadata)
	require.Empty(t, rb.Members, "the others nobody")

	sb := s.sync(b)
	s.waits(sb)
	require.Equal(t, "A", s.synced(errcode.None, s.sync(a, a.id, "A", b.id, "B")))
	require.Equal(t, "B", s.synced(errcode.None, sb))
	s.state(Stable)
	require.Equal(t, "B", s.synced(errcode.None, s.sync(b)), "asking again gives the same")

	// A third member comes: the others learn it by heartbeat and join again.
	c := &client{name: "c"}
	jc := s.newcomer(c)
	s.state(PreparingRebalance)
	s.heartbeat(errcode.RebalanceInProgress, a)
	s.synced(errcode.RebalanceInProgress, s.sync(b))
	ja = s.join(a)
	s.waits(ja, jc)
	jb = s.join(b)
	require.EqualValues(t, 2, s.enter(a, ja).GenerationID)
	s.enter(b, jb)
	s.enter(c, jc)
	require.Equal(t, "A", s.synced(errcode.None, s.sync(a, a.id, "A")))
}

func TestAMemberThatTheLeaderForgetsGetsNothing(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b"}
	s.stable(a, b)
	ja, jb := s.join(a), s.join(b)
	s.enter(a, ja)
	s.enter(b, jb)
	sb := s.sync(b)
	require.Equal(t, "A", s.synced(errcode.None, s.sync(a, a.id, "A", "stranger", "S")))
	require.Equal(t, "", s.synced(errcode.None, sb))
}

func TestOldClientsNeedNoMemberID(t *testing.T) {
	s := begin(t)
	s.version = 3
	a := &client{name: "a"}
	j := s.join(a)
	s.pass(4 * time.Second)
	s.enter(a, j)
	require.NotEmpty(t, a.id)
}

func TestV0HasOneTimeoutForBoth(t *testing.T) {
	s := begin(t)
	s.version = 0
	s.join(&client{name: "a", sessionMs: 7000})
	require.EqualValues(t, 7000, s.s.groups["g"].order[0].rebalanceTimeoutMs)
}

func TestJoinRefusals(t *testing.T) {
	s := begin(t)
	a := &client{name: "a"}
	s.stable(a)
	base := func() *api.JoinGroupRequest {
		return &api.JoinGroupRequest{GroupID: "g", SessionTimeoutMs: 10_000, RebalanceTimeoutMs: 10_000, ProtocolType: "consumer",
			Protocols: []api.JoinGroupRequestProtocol{{Name: "range"}}}
	}
	for _, c := range []struct {
		name string
		want errcode.Code
		with func(r *api.JoinGroupRequest)
	}{
		{"no group id", errcode.InvalidGroupID, func(r *api.JoinGroupRequest) { r.GroupID, r.SessionTimeoutMs = "", 1 }},
		{"session too short", errcode.InvalidSessionTimeout, func(r *api.JoinGroupRequest) { r.SessionTimeoutMs, r.MemberID = 5999, "x" }},
		{"session too long", errcode.InvalidSessionTimeout, func(r *api.JoinGroupRequest) { r.SessionTimeoutMs = 1_800_001 }},
		{"member of no group", errcode.UnknownMemberID, func(r *api.JoinGroupRequest) { r.GroupID, r.MemberID = "other", "x" }},
		{"unknown member", errcode.UnknownMemberID, func(r *api.JoinGroupRequest) { r.MemberID = "x" }},
		{"unknown instance", errcode.UnknownMemberID, func(r *api.JoinGroupRequest) { r.MemberID, r.GroupInstanceID = a.id, wire.Some("i") }},
		{"other protocol type", errcode.InconsistentGroupProtocol, func(r *api.JoinGroupRequest) { r.ProtocolType = "connect" }},
		{"no common protocol, before the member is looked for", errcode.InconsistentGroupProtocol, func(r *api.JoinGroupRequest) { r.Protocols[0].Name, r.MemberID = "sticky", "x" }},
		{"no protocols", errcode.InconsistentGroupProtocol, func(r *api.JoinGroupRequest) { r.Protocols = nil }},
		{"no protocols in a new group", errcode.InconsistentGroupProtocol, func(r *api.JoinGroupRequest) { r.GroupID, r.Protocols = "new", nil }},
		{"no protocol type in a new group", errcode.InconsistentGroupProtocol, func(r *api.JoinGroupRequest) { r.GroupID, r.ProtocolType = "new", "" }},
		{"too much to remember", errcode.InvalidRequest, func(r *api.JoinGroupRequest) { r.Protocols[0].Metadata = make([]byte, MaxMemberBytes) }},
		{"too many protocols", errcode.InvalidRequest, func(r *api.JoinGroupRequest) {
			r.Protocols = make([]api.JoinGroupRequestProtocol, MaxProtocols+1)
		}},
	} {
		r := base()
		c.with(r)
		ticket := s.ticket()
		s.do(s.s.Join(s.now, Caller{Version: 9}, r, ticket))
		require.Equal(t, c.want, s.answers[ticket].(*api.JoinGroupResponse).ErrorCode, c.name)
	}
	require.Equal(t, 1, s.s.Len(), "refused requests leave no group behind")
	s.state(Stable)
}

func TestProtocolsAreVotedOn(t *testing.T) {
	s := begin(t)
	a := &client{name: "a", protocols: []string{"sticky", "range"}}
	b := &client{name: "b", protocols: []string{"range", "sticky", "own"}}
	c := &client{name: "c", protocols: []string{"range", "sticky"}}
	ts := []Ticket{s.newcomer(a), s.newcomer(b), s.newcomer(c)}
	s.pass(15 * time.Second)
	require.Equal(t, "range", s.enter(a, ts[0]).ProtocolName.V)
	s.joined(errcode.InconsistentGroupProtocol, s.join(&client{name: "d", protocols: []string{"own"}}))
}

func TestFirstRebalanceWaitsNoLongerThanItsMembersDo(t *testing.T) {
	s := begin(t)
	var first Ticket
	for i := range 40 { // one more every two seconds: each extends the delay
		ticket := s.newcomer(&client{name: "a"})
		if i == 0 {
			first = ticket
		}
		s.pass(2 * time.Second)
		if s.answers[first] != nil {
			require.InDelta(t, 60, 2*(i+1), 4, "rebalance timeout")
			return
		}
	}
	t.Fatal("never began")
}

func TestMemberIDsThatDoNotComeBackAreForgotten(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b"}
	s.stable(a)
	b.id = s.joined(errcode.MemberIDRequired, s.join(b)).MemberID
	s.state(Stable)
	ja := s.join(a) // the leader asks for a rebalance
	s.waits(ja)     // b has an id and is waited for
	s.pass(10 * time.Second)
	s.enter(a, ja)
	s.joined(errcode.UnknownMemberID, s.join(b))
}

func TestGroupMaxSize(t *testing.T) {
	s := begin(t)
	s.s.cfg.MaxSize = 2
	a, b, c := &client{name: "a"}, &client{name: "b"}, &client{name: "c"}
	s.stable(a, b)
	s.joined(errcode.GroupMaxSizeReached, s.join(c))
	s.state(Stable)
	ja, jb := s.join(a), s.join(b)
	s.enter(a, ja)
	s.enter(b, jb)
}

func TestRejoin(t *testing.T) {
	s := begin(t)
	a, b := &client{name: "a"}, &client{name: "b"}
	s.stable(a, b)
	r := s.enter(b, s.join(b))
	require.EqualValues(t, 1, r.GenerationID, "a follower with nothing new changes nothing")
	s.state(Stable)

	b.topics = []string{"more"}
	jb := s.join(b)
	s.state(PreparingRebalance)
	ja := s.join(a)
	require.EqualValues(t, 2, s.enter(a, ja).GenerationID)
	s.enter(b, jb)
	s.state(CompletingRebalance)
	require.Len(t, s.enter(a, s.join(a)).Members, 2, "the leader asks again: the answer may have been lost")
	require.Empty(t, s.enter(b, s.join(b)).Members)
	s.state(CompletingRebalance)

	sb := s.sync(b)
	b.topics = []string{"other"}
	jb = s.join(b) // changes its mind while it waits for its assignment
	s.synced(errcode.RebalanceInProgress, sb)
	s.enter(a, s.join(a))
	require.EqualValues(t, 3, s.enter(b, jb).GenerationID)
}

func TestASupersededRequestIsAnswered(t *testing.T) {
	s := begin(t)
	a := &client{name: "a"}
	j1 := s.newcomer(a)
	j2 := s.join(a)
	s.joined(errcode.RebalanceInProgress, j1)
	s.pass(4 * time.Second)
	s.enter(a, j2)
	b := &client{name: "b"}
	jb := s.newcomer(b)
	s.enter(a, s.join(a))
	s.enter(b, jb)
	s1 := s.sync(b)
	s2 := s.sync(b)
	s.synced(errcode.RebalanceInProgress, s1)
	s.synced(errcode.None, s.sync(a))
	s.synced(errcode.None, s2)
}

func TestLongClientIDs(t *testing.T) {
	s := begin(t)
	a := &client{name: strings.Repeat("é", 16000)}
	s.stable(a)
	require.Less(t, len(a.id), 2048)
}
