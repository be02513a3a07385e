package group

import (
	"time"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// rebalanceOrComplete starts a rebalance, or ends the joining of the one that is under way if everybody is there.
func (g *Group) rebalanceOrComplete(now time.Time, e *Effects) {
	if g.state.canRebalance() {
		g.prepareRebalance(now, e)
	} else {
		g.completeIfAllJoined(now, e)
	}
}

func (g *Group) completeIfAllJoined(now time.Time, e *Effects) {
	// The first rebalance of a group waits for its delay: more members are likely to come.
	if g.state == PreparingRebalance && g.previous != Empty && g.allJoined() {
		g.completeJoining(now, e)
	}
}

// prepareRebalance asks all members to join again: they learn it from their next heartbeat.
func (g *Group) prepareRebalance(now time.Time, e *Effects) {
	if g.state == CompletingRebalance {
		g.resetAssignments(now, errcode.RebalanceInProgress, e)
	}
	clear(g.pendingSync)
	g.syncDeadline = time.Time{}
	first := g.state == Empty
	g.become(PreparingRebalance, now)
	g.newMemberAdded = false
	g.initial = first
	switch {
	case first:
		g.delay = millis(g.shard.cfg.InitialRebalanceDelayMs)
		g.delayLeft = max(g.rebalanceTimeout()-g.delay, 0)
		g.joinBy(now.Add(g.delay))
	case g.allJoined():
		g.completeJoining(now, e)
	default:
		g.joinBy(now.Add(g.rebalanceTimeout()))
	}
}

func (g *Group) joinBy(deadline time.Time) {
	g.joinDeadline = deadline
	g.at(deadline)
}

// joinTimeout is called when the time to join is up. An initial rebalance goes on in steps of the delay while each
// step brings somebody new and the members' rebalance timeout allows it.
func (g *Group) joinTimeout(now time.Time, e *Effects) {
	g.joinDeadline = time.Time{}
	if !g.initial || !g.newMemberAdded || g.delayLeft == 0 {
		g.completeJoining(now, e)
		return
	}
	g.newMemberAdded = false
	step := min(millis(g.shard.cfg.InitialRebalanceDelayMs), g.delayLeft)
	g.delayLeft = max(g.delayLeft-g.delay, 0)
	g.delay = step
	g.joinBy(now.Add(step))
}

// completeJoining starts the next generation with those who have joined. Static members may be missing: they keep
// their place until their session times out.
func (g *Group) completeJoining(now time.Time, e *Effects) {
	g.joinDeadline = time.Time{}
	g.initial = false
	for _, m := range append([]*member(nil), g.order...) {
		if m.join == 0 && !m.isStatic() {
			g.remove(m.id, e)
		}
	}
	if len(g.members) > 0 && !g.electJoined() {
		// Nobody is there but absent static members. They get another round; their sessions end this.
		g.joinBy(now.Add(max(g.rebalanceTimeout(), minAbsentRound)))
		return
	}
	g.generation++
	clear(g.pendingSync)
	if len(g.members) == 0 {
		g.protocol, g.leader = wire.Null[string]{}, ""
		g.learnTopics()
		g.become(Empty, now)
		e.write(nil, g.metadataRecord(nil))
		return
	}
	g.protocol = wire.Some(g.selectProtocol())
	g.learnTopics()
	g.become(CompletingRebalance, now)
	for _, m := range g.order {
		g.completeJoin(m, g.generationOf(m, g.leader == m.id), e)
		g.heartbeat(m, now)
		m.isNew = false
		g.pendingSync[m.id] = true
	}
	g.syncDeadline = now.Add(g.rebalanceTimeout())
	g.at(g.syncDeadline)
}

// electJoined makes sure that the leader is one who has joined, and reports whether there is one.
func (g *Group) electJoined() bool {
	if m := g.members[g.leader]; m != nil && m.join != 0 {
		return true
	}
	for _, m := range g.order {
		if m.join != 0 {
			g.leader = m.id
			return true
		}
	}
	return false
}

// expire does what is due: see Shard.Tick.
func (g *Group) expire(now time.Time, e *Effects) {
	due := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	for id, until := range g.pendingJoin {
		if due(until) {
			g.remove(id, e)
			g.afterPendingLeft(now, e)
		}
	}
	for _, m := range append([]*member(nil), g.order...) {
		if g.members[m.id] != m || !due(m.deadline) {
			continue // gone, or renewed, by what happened to another one
		}
		if m.isWaiting() {
			m.deadline = time.Time{} // its answer starts a new session
			continue
		}
		g.remove(m.id, e)
		g.afterMemberLeft(now, e)
	}
	if due(g.joinDeadline) {
		g.joinTimeout(now, e)
	}
	if due(g.syncDeadline) {
		g.syncTimeout(now, e)
	}
}

// afterPendingLeft goes on without somebody who was given an id and did not come back with it.
func (g *Group) afterPendingLeft(now time.Time, e *Effects) {
	if g.state == PreparingRebalance && g.allJoined() {
		g.completeJoining(now, e)
	}
}

func (g *Group) afterMemberLeft(now time.Time, e *Effects) {
	if g.state == Stable || g.state == CompletingRebalance {
		g.prepareRebalance(now, e)
	} else if g.state == PreparingRebalance && g.allJoined() {
		g.completeJoining(now, e)
	}
}

// nextDeadline returns the earliest deadline, or the zero time.
func (g *Group) nextDeadline() time.Time {
	next := time.Time{}
	earlier := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, m := range g.order {
		earlier(m.deadline)
	}
	for _, t := range g.pendingJoin {
		earlier(t)
	}
	earlier(g.joinDeadline)
	earlier(g.syncDeadline)
	return next
}
