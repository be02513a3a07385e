package group

import (
	"container/heap"
	"time"
)

// Shard is the state machine of the groups whose records are in one partition of __consumer_offsets. It is not safe
// for concurrent use.
type Shard struct {
	cfg    Config
	groups map[string]*Group
	timers timers
	openTx map[int64]map[string]bool // groups with offsets in open transactions, by producer id
}

// NewShard returns a shard without groups.
func NewShard(cfg Config) *Shard {
	return &Shard{cfg: cfg, groups: map[string]*Group{}, openTx: map[int64]map[string]bool{}}
}

// Len returns the number of groups.
func (s *Shard) Len() int { return len(s.groups) }

func (s *Shard) create(id string, now time.Time) *Group {
	g := newGroup(s, id, now)
	s.groups[id] = g
	return g
}

func (s *Shard) drop(g *Group) {
	g.state = Dead
	if s.groups[g.id] == g {
		delete(s.groups, g.id)
	}
	s.timers.remove(g)
}

// dropIfUnused forgets a group that nothing is known of.
func (s *Shard) dropIfUnused(g *Group) {
	if g.state == Empty && len(g.offsets) == 0 && len(g.inFlight) == 0 && len(g.pendingTx) == 0 {
		s.drop(g)
	}
}

// Wake returns when Tick has to be called next; the zero time if nothing can time out.
func (s *Shard) Wake() time.Time {
	if len(s.timers) == 0 {
		return time.Time{}
	}
	return s.timers[0].wake
}

// Tick does what is due at now: sessions, rebalances and ids that timed out.
func (s *Shard) Tick(now time.Time) (e Effects) {
	for len(s.timers) > 0 && !s.timers[0].wake.After(now) {
		g := s.timers[0]
		s.timers.remove(g)
		g.expire(now, &e)
		s.timers.remove(g)
		if next := g.nextDeadline(); !next.IsZero() && g.state != Dead {
			g.at(next)
		}
	}
	return e
}

// timers is a heap of the groups that wait for something, by when they have to be looked at. Heartbeats only move
// deadlines away, so a group stays where it is and, when its time comes, tells how much it was too early.
type timers []*Group

func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return t[i].wake.Before(t[j].wake) }
func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}

// Push is for package heap.
func (t *timers) Push(x any) {
	g := x.(*Group)
	g.index = len(*t)
	*t = append(*t, g)
}

// Pop is for package heap.
func (t *timers) Pop() any {
	n := len(*t) - 1
	g := (*t)[n]
	(*t)[n] = nil
	*t = (*t)[:n]
	g.index = -1
	return g
}

// fix puts a group to its place after its wake has changed.
func (t *timers) fix(g *Group) {
	if g.index < 0 {
		heap.Push(t, g)
	} else {
		heap.Fix(t, g.index)
	}
}

func (t *timers) remove(g *Group) {
	if g.index >= 0 {
		heap.Remove(t, g.index)
	}
	g.wake = time.Time{}
}
