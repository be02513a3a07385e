package group

import (
	"strings"
	"time"

	"github.com/kwire-project/kafka/kwire/errcode"
)

// replaceStatic puts a static member that comes back without its member id into the place of its former self. While
// the group is stable and the protocol stays the same nobody else notices: that is what static membership is for
// (KIP-345).
func (g *Group) replaceStatic(now time.Time, oldID string, j joining, e *Effects) {
	leader := g.leader
	old := g.members[oldID]
	before := *old
	m := g.rename(old, j.memberID, e)
	m.isNew = false // its session counts from now on
	m.clientID, m.clientHost = strings.Clone(j.caller.ClientID), strings.Clone(j.caller.ClientHost)
	g.heartbeat(m, now)
	g.update(m, j, e)
	switch {
	case g.state == Stable && g.selectProtocol() == g.protocol.V:
		g.storeReplacement(m, &before, leader, j, e)
	case g.state == Stable:
		g.rebalanceOrComplete(now, e)
	case g.state == CompletingRebalance:
		// The leader may be assigning to the old id at this moment.
		g.prepareRebalance(now, e)
	default:
		g.completeIfAllJoined(now, e)
	}
}

// rename gives a member another id. Whoever still uses the old one is fenced.
func (g *Group) rename(m *member, id string, e *Effects) *member {
	g.completeJoin(m, joinError(m.id, errcode.FencedInstanceID), e)
	g.completeSync(m, syncError(errcode.FencedInstanceID), e)
	delete(g.members, m.id)
	if g.pendingSync[m.id] {
		delete(g.pendingSync, m.id)
		g.pendingSync[id] = true
	}
	if g.leader == m.id {
		g.leader = id
	}
	m.id = id
	g.members[id] = m
	g.static[m.instanceID.V] = id
	return m
}

// storeReplacement answers a replaced static member once its new id is stored; until then the group goes on.
func (g *Group) storeReplacement(m *member, before *member, leader string, j joining, e *Effects) {
	generation := g.generation
	e.write(func(now time.Time, w Written, e *Effects) {
		if g.members[j.memberID] != m || m.join != j.ticket || g.generation != generation || g.state != Stable {
			return // something else has happened to it, and will answer its request
		}
		if w.Err != nil {
			g.undoReplacement(now, m, before, storeCode(w.Err), e)
			return
		}
		// From v9 on a leader can be told not to assign again; older ones get the former leader's id instead, and so
		// do not think that they lead.
		r := g.generationOf(m, false)
		if j.caller.Version >= 9 {
			r = g.generationOf(m, g.leader == m.id)
			r.SkipAssignment = g.leader == m.id
		} else {
			r.Leader = leader
		}
		g.completeJoin(m, r, e)
		g.heartbeat(m, now)
	}, g.metadataRecord(nil))
}

func (g *Group) undoReplacement(now time.Time, m *member, before *member, code errcode.Code, e *Effects) {
	r := g.generationOf(m, false)
	r.MemberID, r.ErrorCode = "", code
	g.completeJoin(m, r, e)
	g.count(m, -1)
	m.protocols, m.clientID, m.clientHost = before.protocols, before.clientID, before.clientHost
	m.rebalanceTimeoutMs, m.sessionTimeoutMs = before.rebalanceTimeoutMs, before.sessionTimeoutMs
	g.count(m, 1)
	g.rename(m, before.id, e)
	g.heartbeat(m, now)
}
