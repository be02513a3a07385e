package group

import (
	"slices"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// consumerProtocol is the protocol type of consumers. Only of those the coordinator can tell which topics they use.
const consumerProtocol = "consumer"

// Group is one classic group.
type Group struct {
	id    string
	shard *Shard

	state        State
	previous     State
	stateSinceMs int64 // when it got into its state; −1 if not known
	stored       bool  // has a record of its own, besides those of its offsets
	generation   int32
	protocolType wire.Null[string] // not valid: nobody ever joined, the group is only a place for offsets
	protocol     wire.Null[string]
	leader       string // id of the member that assigns; "" for none

	members   map[string]*member
	order     []*member         // as they came: makes elections repeatable
	static    map[string]string // member id by instance id
	supported map[string]int    // how many members offer a protocol
	joining   int               // members whose join request waits

	pendingJoin map[string]time.Time // ids given out that have to come back, and until when
	pendingSync map[string]bool      // members of this generation that have not asked for their assignment

	// topics that the members use; only meaningful with knowsTopics
	topics      map[string]bool
	knowsTopics bool

	// Deadlines: the zero time is none.
	joinDeadline   time.Time // end of PreparingRebalance
	syncDeadline   time.Time // by then every member must have sent its SyncGroup
	initial        bool      // joinDeadline ends a step of the initial rebalance delay
	delay          time.Duration
	delayLeft      time.Duration // what the initial delay can still be extended by
	newMemberAdded bool

	offsets   map[string]map[int32]Offset           // committed, by topic and partition
	inFlight  map[OffsetKey]int                     // commits that are being stored
	pendingTx map[int64]map[string]map[int32]Offset // of open transactions, by producer id

	wake  time.Time // no deadline is before this one
	index int       // in the shard's heap, −1 if not in it
}

func newGroup(s *Shard, id string, now time.Time) *Group {
	return &Group{
		id: id, shard: s, state: Empty, previous: Dead, stateSinceMs: now.UnixMilli(),
		members: map[string]*member{}, static: map[string]string{}, supported: map[string]int{},
		pendingJoin: map[string]time.Time{}, pendingSync: map[string]bool{},
		offsets: map[string]map[int32]Offset{}, inFlight: map[OffsetKey]int{},
		index: -1,
	}
}

func (g *Group) become(s State, now time.Time) {
	g.previous, g.state, g.stateSinceMs = g.state, s, now.UnixMilli()
}

// add takes a member into the group. t is its parked join request.
func (g *Group) add(m *member, protocolType string, t Ticket) {
	if len(g.members) == 0 {
		g.protocolType = wire.Some(protocolType)
	}
	if m.isStatic() {
		g.static[m.instanceID.V] = m.id
	}
	if g.leader == "" {
		g.leader = m.id
	}
	g.members[m.id] = m
	g.order = append(g.order, m)
	g.count(m, 1)
	m.join = t
	if t != 0 {
		g.joining++
	}
	delete(g.pendingJoin, m.id)
}

func (g *Group) count(m *member, by int) {
	for _, p := range m.protocols {
		if g.supported[p.name] += by; g.supported[p.name] == 0 {
			delete(g.supported, p.name)
		}
	}
}

// remove takes a member or a pending member out. Requests of it that wait are answered that it is not known any
// more: if it is still there it starts again.
func (g *Group) remove(id string, e *Effects) {
	delete(g.pendingJoin, id)
	delete(g.pendingSync, id)
	m := g.members[id]
	if m == nil {
		return
	}
	g.completeJoin(m, joinError("", errcode.UnknownMemberID), e)
	g.completeSync(m, syncError(errcode.UnknownMemberID), e)
	delete(g.members, id)
	g.order = slices.DeleteFunc(g.order, func(o *member) bool { return o == m })
	g.count(m, -1)
	if m.isStatic() {
		delete(g.static, m.instanceID.V)
	}
	if g.leader == id {
		g.leader = ""
		if len(g.order) > 0 {
			g.leader = g.order[0].id
		}
	}
}

// update stores what a known member says when it joins again.
func (g *Group) update(m *member, j joining, e *Effects) {
	g.count(m, -1)
	m.protocols = j.protocols
	g.count(m, 1)
	m.rebalanceTimeoutMs, m.sessionTimeoutMs = j.rebalanceTimeoutMs, j.sessionTimeoutMs
	// Two requests of one member: the client gave the first up, so it gets an answer that lets it try again.
	g.completeJoin(m, joinError(m.id, errcode.RebalanceInProgress), e)
	m.join = j.ticket
	g.joining++
}

func (g *Group) completeJoin(m *member, r *api.JoinGroupResponse, e *Effects) {
	if m.join == 0 {
		return
	}
	e.reply(m.join, r)
	m.join = 0
	g.joining--
}

func (g *Group) completeSync(m *member, r *api.SyncGroupResponse, e *Effects) bool {
	if m.sync == 0 {
		return false
	}
	e.reply(m.sync, r)
	m.sync = 0
	return true
}

func (g *Group) allJoined() bool { return g.joining == len(g.members) && len(g.pendingJoin) == 0 }

func (g *Group) isConsumer() bool {
	return g.protocolType.Valid && g.protocolType.V == consumerProtocol
}

// rebalanceTimeout is that of the slowest member.
func (g *Group) rebalanceTimeout() time.Duration {
	var ms int32
	for _, m := range g.order {
		ms = max(ms, m.rebalanceTimeoutMs)
	}
	return millis(ms)
}

// checkMember says whether a request comes from a member, and under the right instance id.
func (g *Group) checkMember(id string, instanceID wire.Null[string]) errcode.Code {
	if instanceID.Valid {
		switch known, ok := g.static[instanceID.V]; {
		case !ok:
			return errcode.UnknownMemberID
		case known != id:
			return errcode.FencedInstanceID
		}
	}
	if g.members[id] == nil {
		return errcode.UnknownMemberID
	}
	return errcode.None
}

// supports reports whether the group can take somebody in who offers these protocols.
func (g *Group) supports(protocolType string, ps []protocol) bool {
	if g.state == Empty {
		return protocolType != "" && len(ps) > 0
	}
	if !g.protocolType.Valid || g.protocolType.V != protocolType {
		return false
	}
	return slices.ContainsFunc(ps, func(p protocol) bool { return g.supported[p.name] == len(g.members) })
}

// selectProtocol lets every member vote among the protocols that all of them offer.
func (g *Group) selectProtocol() string {
	candidates := map[string]bool{}
	for name, n := range g.supported {
		if n == len(g.members) {
			candidates[name] = true
		}
	}
	votes := map[string]int{}
	for _, m := range g.order {
		votes[m.vote(candidates)]++
	}
	best, most := "", 0
	for _, p := range g.order[0].protocols {
		if n := votes[p.name]; n > most {
			best, most = p.name, n
		}
	}
	return best
}

// at notes a deadline, so that the shard wakes up for it.
func (g *Group) at(deadline time.Time) {
	if g.wake.IsZero() || deadline.Before(g.wake) {
		g.wake = deadline
		g.shard.timers.fix(g)
	}
}

// heartbeat gives the member a new session.
func (g *Group) heartbeat(m *member, now time.Time) {
	m.deadline = now.Add(millis(m.sessionTimeoutMs))
	g.at(m.deadline)
}
