package group

import (
	"strings"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// joining is a JoinGroup request whose data no longer belong to the network.
type joining struct {
	ticket             Ticket
	caller             Caller
	memberID           string
	instanceID         wire.Null[string]
	protocolType       string
	protocols          []protocol
	rebalanceTimeoutMs int32
	sessionTimeoutMs   int32
}

func newJoining(c Caller, req *api.JoinGroupRequest, t Ticket) joining {
	j := joining{
		ticket: t, caller: c,
		memberID: strings.Clone(req.MemberID), instanceID: cloneNull(req.GroupInstanceID),
		protocolType: strings.Clone(req.ProtocolType), protocols: protocolsOf(req),
		rebalanceTimeoutMs: req.RebalanceTimeoutMs, sessionTimeoutMs: req.SessionTimeoutMs,
	}
	if c.Version == 0 {
		j.rebalanceTimeoutMs = req.SessionTimeoutMs // v0 has one timeout for both
	}
	return j
}

func joinError(memberID string, code errcode.Code) *api.JoinGroupResponse {
	r := api.NewJoinGroupResponse()
	r.MemberID, r.ErrorCode, r.ProtocolName = memberID, code, wire.Null[string]{}
	return &r
}

// Join is a JoinGroup request. Its answer may come at once or with a later event.
func (s *Shard) Join(now time.Time, c Caller, req *api.JoinGroupRequest, t Ticket) (e Effects) {
	if code := s.checkJoin(req); code != errcode.None {
		e.reply(t, joinError(req.MemberID, code))
		return e
	}
	g := s.groups[req.GroupID]
	created := g == nil && req.MemberID == ""
	switch {
	case created && len(s.groups) >= MaxGroups:
		e.reply(t, joinError("", errcode.GroupMaxSizeReached))
		return e
	case created:
		g = s.create(strings.Clone(req.GroupID), now)
	case g == nil:
		e.reply(t, joinError(req.MemberID, errcode.UnknownMemberID))
		return e
	}
	j := newJoining(c, req, t)
	switch {
	case !g.accepts(j.memberID):
		g.remove(j.memberID, &e)
		e.reply(t, joinError("", errcode.GroupMaxSizeReached))
	case j.memberID == "":
		g.joinNew(now, j, &e)
	default:
		g.joinKnown(now, j, &e)
	}
	if created && len(g.members) == 0 && len(g.pendingJoin) == 0 {
		s.drop(g) // the request was refused
	} else if created {
		g.storeNew(&e)
	}
	return e
}

// checkJoin refuses what no group would take.
func (s *Shard) checkJoin(req *api.JoinGroupRequest) errcode.Code {
	size := 0
	for i := range req.Protocols {
		size += len(req.Protocols[i].Name) + len(req.Protocols[i].Metadata)
	}
	switch {
	case req.GroupID == "":
		return errcode.InvalidGroupID
	case req.SessionTimeoutMs < s.cfg.MinSessionTimeoutMs || req.SessionTimeoutMs > s.cfg.MaxSessionTimeoutMs:
		return errcode.InvalidSessionTimeout
	case len(req.Protocols) > MaxProtocols || size > MaxMemberBytes:
		return errcode.InvalidRequest
	}
	return errcode.None
}

// accepts says whether the group has room for a member that wants to join.
func (g *Group) accepts(id string) bool {
	most := g.shard.cfg.maxMembers()
	m := g.members[id]
	switch g.state {
	case PreparingRebalance:
		// Those who have joined are counted, not the members: so the last ones are turned away if the limit was
		// lowered, and the others find room.
		if m != nil && m.join != 0 {
			return true
		}
		return g.joining < most
	case CompletingRebalance, Stable:
		return m != nil || len(g.members) < most
	}
	return true
}

func (g *Group) joinNew(now time.Time, j joining, e *Effects) {
	if g.state == Dead {
		e.reply(j.ticket, joinError("", errcode.CoordinatorNotAvailable))
		return
	}
	if !g.supports(j.protocolType, j.protocols) {
		e.reply(j.ticket, joinError("", errcode.InconsistentGroupProtocol))
		return
	}
	prefix := j.caller.ClientID
	if j.instanceID.Valid {
		prefix = j.instanceID.V
	}
	j.memberID = cut(prefix) + "-" + g.shard.cfg.NewID()
	old, known := g.static[j.instanceID.V]
	switch {
	case j.instanceID.Valid && known:
		g.replaceStatic(now, old, j, e)
	case j.instanceID.Valid || j.caller.Version < 4:
		g.admit(now, j, e)
	case len(g.pendingJoin)+len(g.members) >= MaxMembers:
		e.reply(j.ticket, joinError("", errcode.GroupMaxSizeReached))
	default:
		// Without this round trip (KIP-394) a client that retries because it never saw its id would leave a dead
		// member behind each time.
		until := now.Add(millis(j.sessionTimeoutMs))
		g.pendingJoin[j.memberID] = until
		g.at(until)
		e.reply(j.ticket, joinError(j.memberID, errcode.MemberIDRequired))
	}
}

func (g *Group) joinKnown(now time.Time, j joining, e *Effects) {
	_, pending := g.pendingJoin[j.memberID]
	code := errcode.None
	switch {
	case g.state == Dead:
		code = errcode.CoordinatorNotAvailable
	case !g.supports(j.protocolType, j.protocols):
		code = errcode.InconsistentGroupProtocol
	case pending && j.instanceID.Valid:
		code = errcode.UnknownServerError // as Kafka: static members are never asked to come back with an id
	case !pending:
		code = g.checkMember(j.memberID, j.instanceID)
	}
	switch {
	case code != errcode.None:
		e.reply(j.ticket, joinError(j.memberID, code))
	case pending:
		g.admit(now, j, e)
	default:
		g.rejoin(now, g.members[j.memberID], j, e)
	}
}

// rejoin lets a member join again. That starts a rebalance if it changes something, or if the leader asks.
func (g *Group) rejoin(now time.Time, m *member, j joining, e *Effects) {
	same := m.matches(j.protocols)
	switch {
	case g.state == CompletingRebalance && same:
		// It may not have seen the answer to its first request.
		e.reply(j.ticket, g.generationOf(m, g.leader == m.id))
	case g.state == Stable && same && g.leader != m.id:
		e.reply(j.ticket, g.generationOf(m, false))
	case g.state == Empty:
		e.reply(j.ticket, joinError(j.memberID, errcode.UnknownMemberID))
	default:
		g.update(m, j, e)
		g.rebalanceOrComplete(now, e)
	}
}

// admit takes a new member in.
func (g *Group) admit(now time.Time, j joining, e *Effects) {
	m := &member{
		id: j.memberID, instanceID: j.instanceID,
		clientID: strings.Clone(j.caller.ClientID), clientHost: strings.Clone(j.caller.ClientHost),
		rebalanceTimeoutMs: j.rebalanceTimeoutMs, sessionTimeoutMs: j.sessionTimeoutMs,
		protocols: j.protocols, assignment: []byte{}, isNew: true,
		deadline: now.Add(NewMemberJoinTimeout),
	}
	if g.state == PreparingRebalance && g.previous == Empty {
		g.newMemberAdded = true
	}
	g.add(m, j.protocolType, j.ticket)
	g.at(m.deadline)
	g.rebalanceOrComplete(now, e)
}

// generationOf is the answer to a join: what the current generation is. The leader also learns who its members are.
func (g *Group) generationOf(m *member, withMembers bool) *api.JoinGroupResponse {
	r := api.NewJoinGroupResponse()
	r.GenerationID, r.MemberID, r.Leader = g.generation, m.id, g.leader
	r.ProtocolType, r.ProtocolName = g.protocolType, g.protocol
	if !withMembers {
		return &r
	}
	r.Members = make([]api.JoinGroupResponseMember, len(g.order))
	for i, o := range g.order {
		metadata, _ := o.metadata(g.protocol.V)
		r.Members[i] = api.JoinGroupResponseMember{MemberID: o.id, GroupInstanceID: o.instanceID, Metadata: metadata}
	}
	return &r
}

// storeNew stores a group that has just come into being, so that it is there after a restart too.
func (g *Group) storeNew(e *Effects) {
	g.stored = true
	e.write(func(_ time.Time, w Written, _ *Effects) {
		if w.Err != nil && len(g.members) == 0 {
			g.stored = false
			g.shard.dropIfUnused(g)
		}
	}, g.emptyRecord())
}

// maxIDPrefixBytes keeps member ids within what a string on the wire may have, whatever the client calls itself.
const maxIDPrefixBytes = 1024

func cut(prefix string) string {
	if len(prefix) <= maxIDPrefixBytes {
		return prefix
	}
	return strings.ToValidUTF8(prefix[:maxIDPrefixBytes], "")
}
