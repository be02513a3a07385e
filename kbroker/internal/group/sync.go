package group

import (
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

func syncError(code errcode.Code) *api.SyncGroupResponse {
	r := api.NewSyncGroupResponse()
	r.ErrorCode, r.Assignment = code, []byte{}
	return &r
}

// Sync is a SyncGroup request: the leader's brings the assignment, the others wait for it.
func (s *Shard) Sync(now time.Time, req *api.SyncGroupRequest, t Ticket) (e Effects) {
	g := s.groups[req.GroupID]
	code := errcode.UnknownMemberID
	if g != nil && g.state != Empty {
		code = g.checkSync(req)
	}
	switch {
	case code != errcode.None:
		e.reply(t, syncError(code))
	case g.state == CompletingRebalance:
		g.awaitAssignment(req, t, &e)
	default: // Stable
		g.synced(req.MemberID)
		e.reply(t, g.assignmentOf(g.members[req.MemberID]))
	}
	return e
}

func (g *Group) checkSync(req *api.SyncGroupRequest) errcode.Code {
	if g.state == Dead {
		return errcode.CoordinatorNotAvailable
	}
	if code := g.checkMember(req.MemberID, req.GroupInstanceID); code != errcode.None {
		return code
	}
	differ := func(a, b wire.Null[string]) bool { return a.Valid && b.Valid && a.V != b.V }
	size := 0
	for i := range req.Assignments {
		size = max(size, len(req.Assignments[i].Assignment))
	}
	switch {
	case req.GenerationID != g.generation:
		return errcode.IllegalGeneration
	case differ(req.ProtocolType, g.protocolType), differ(req.ProtocolName, g.protocol):
		return errcode.InconsistentGroupProtocol
	case g.state == PreparingRebalance:
		return errcode.RebalanceInProgress
	case size > MaxMemberBytes:
		return errcode.InvalidRequest
	}
	return errcode.None
}

// awaitAssignment parks a member's request. If it is the leader's, its assignment is stored; the members learn it
// when that is done.
func (g *Group) awaitAssignment(req *api.SyncGroupRequest, t Ticket, e *Effects) {
	m := g.members[req.MemberID]
	g.completeSync(m, syncError(errcode.RebalanceInProgress), e) // an earlier request, which the client gave up
	m.sync = t
	g.synced(m.id)
	if g.leader != m.id {
		return
	}
	assigned := make(map[string][]byte, len(g.members))
	for _, m := range g.order {
		assigned[m.id] = []byte{} // whoever the leader forgets has nothing to consume
	}
	for i := range req.Assignments {
		if a := &req.Assignments[i]; g.members[a.MemberID] != nil {
			assigned[g.members[a.MemberID].id] = copyBytes(a.Assignment)
		}
	}
	generation := g.generation
	e.write(func(now time.Time, w Written, e *Effects) {
		if g.state != CompletingRebalance || g.generation != generation {
			return // a rebalance has begun meanwhile and has answered the requests
		}
		if w.Err != nil {
			g.resetAssignments(now, storeCode(w.Err), e)
			g.rebalanceOrComplete(now, e)
			return
		}
		for _, m := range g.order {
			m.assignment = assigned[m.id]
		}
		g.become(Stable, now)
		for _, m := range g.order {
			if g.completeSync(m, g.assignmentOf(m), e) {
				g.heartbeat(m, now)
			}
		}
	}, g.metadataRecord(assigned))
}

// synced notes that a member has asked for its assignment. When all have, nobody has to be thrown out for it.
func (g *Group) synced(id string) {
	delete(g.pendingSync, id)
	if len(g.pendingSync) == 0 {
		g.syncDeadline = time.Time{}
	}
}

func (g *Group) assignmentOf(m *member) *api.SyncGroupResponse {
	r := api.NewSyncGroupResponse()
	r.ProtocolType, r.ProtocolName, r.Assignment = g.protocolType, g.protocol, m.assignment
	return &r
}

// resetAssignments sends the members that wait for their assignment away.
func (g *Group) resetAssignments(now time.Time, code errcode.Code, e *Effects) {
	for _, m := range g.order {
		m.assignment = []byte{}
		if g.completeSync(m, syncError(code), e) {
			g.heartbeat(m, now)
		}
	}
}

// syncTimeout removes the members that got a generation and never asked what they were to do in it.
func (g *Group) syncTimeout(now time.Time, e *Effects) {
	g.syncDeadline = time.Time{}
	if len(g.pendingSync) == 0 || g.state != CompletingRebalance && g.state != Stable {
		return
	}
	for _, m := range append([]*member(nil), g.order...) {
		if g.pendingSync[m.id] {
			g.remove(m.id, e)
		}
	}
	g.prepareRebalance(now, e)
}
