package group

import (
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// Heartbeat keeps a member alive, and tells it if it has to join again.
func (s *Shard) Heartbeat(now time.Time, req *api.HeartbeatRequest) errcode.Code {
	g := s.groups[req.GroupID]
	if g == nil {
		return errcode.UnknownMemberID
	}
	if g.state == Dead {
		return errcode.CoordinatorNotAvailable
	}
	if code := g.checkMember(req.MemberID, req.GroupInstanceID); code != errcode.None {
		return code
	}
	if req.GenerationID != g.generation {
		return errcode.IllegalGeneration
	}
	g.heartbeat(g.members[req.MemberID], now)
	if g.state == PreparingRebalance {
		return errcode.RebalanceInProgress
	}
	return errcode.None
}

// Leave is a LeaveGroup request, from members of their own accord or from an operator, who names static members by
// their instance id alone. Each gets an answer of its own, which repeats both ids exactly as they came: the Java admin
// client finds its members by them.
func (s *Shard) Leave(now time.Time, req *api.LeaveGroupRequest, t Ticket) (e Effects) {
	r := api.NewLeaveGroupResponse()
	r.Members = make([]api.LeaveGroupResponseMember, len(req.Members))
	g := s.groups[req.GroupID]
	if g != nil && g.state == Dead {
		r.ErrorCode, r.Members = errcode.CoordinatorNotAvailable, nil
		e.reply(t, &r)
		return e
	}
	left := false
	for i := range req.Members {
		m := &req.Members[i]
		code := errcode.UnknownMemberID
		if g != nil {
			code = g.leave(m, &e)
		}
		left = left || code == errcode.None
		r.Members[i] = api.LeaveGroupResponseMember{MemberID: m.MemberID, GroupInstanceID: m.GroupInstanceID, ErrorCode: code}
	}
	if left {
		switch g.state {
		case Stable, CompletingRebalance:
			g.prepareRebalance(now, &e)
		case PreparingRebalance:
			g.completeIfAllJoined(now, &e)
		}
	}
	e.reply(t, &r)
	return e
}

func (g *Group) leave(m *api.LeaveGroupRequestMemberIdentity, e *Effects) errcode.Code {
	id := m.MemberID
	if _, pending := g.pendingJoin[id]; pending {
		g.remove(id, e)
		return errcode.None
	}
	if id == "" && m.GroupInstanceID.Valid {
		id = g.static[m.GroupInstanceID.V]
	}
	if id == "" {
		return errcode.UnknownMemberID
	}
	if code := g.checkMember(id, m.GroupInstanceID); code != errcode.None {
		return code
	}
	g.remove(id, e)
	return errcode.None
}
