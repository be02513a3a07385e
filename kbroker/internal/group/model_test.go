package group

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/stretchr/testify/require"
)

// actor is a client that behaves like a real one, only less reliably.
type actor struct {
	client
	join, sync Ticket
	member     bool // has an assignment of its generation
	gone       bool // does nothing any more, and does not say so
	lastSeen   time.Time
}

// TestHoursOfRebalances lets clients join, leave, fail, come back and change their minds at random, while appends
// are slow or fail, and checks after each step what must always hold.
func TestHoursOfRebalances(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &model{story: begin(t), r: rand.New(rand.NewPCG(seed, 1)), given: map[int32]map[string]string{}}
			m.s.cfg.MaxSize = 6
			for i := range 8 {
				a := &actor{client: client{name: fmt.Sprint("c", i), sessionMs: 6000 + int32(i)*1500, patienceMs: 5000 + int32(i)*4000, protocols: []string{"range", "sticky"}}}
				if i%3 == 0 {
					a.instance = fmt.Sprint("i", i)
				}
				m.actors = append(m.actors, a)
			}
			for range 1500 {
				m.step()
				m.check()
			}
			m.settle()
		})
	}
}

type model struct {
	*story
	r      *rand.Rand
	actors []*actor
	given  map[int32]map[string]string // what each member was told to do, by generation
}

func (m *model) step() {
	m.fail = nil
	if m.r.IntN(20) == 0 {
		m.fail = errDisk
	}
	m.hold = m.r.IntN(3) == 0
	a := m.actors[m.r.IntN(len(m.actors))]
	switch n := m.r.IntN(100); {
	case n < 20:
		m.pass(time.Duration(m.r.IntN(3000)) * time.Millisecond)
	case n < 22:
		a.gone = !a.gone
	case n < 24: // the process starts anew
		a.id, a.member, a.join, a.sync, a.gone = "", false, 0, 0, false
	case n < 25 && a.join == 0 && a.sync == 0:
		a.protocols = [][]string{{"range", "sticky"}, {"sticky", "range"}, {"sticky"}}[m.r.IntN(3)]
		a.member = false
	case n < 27 && a.id != "" && a.join == 0 && a.sync == 0:
		m.do(m.s.Leave(m.now, &api.LeaveGroupRequest{GroupID: "g", Members: []api.LeaveGroupRequestMemberIdentity{{MemberID: a.id, GroupInstanceID: a.instanceID()}}}, m.ticket()))
		a.id, a.member = "", false
	case n < 28: // sends again what it already waits for
		if a.join != 0 {
			a.join = m.story.join(&a.client)
		}
	default:
		m.act(a)
	}
	m.store()
}

// act does what a client would do next.
func (m *model) act(a *actor) {
	switch {
	case a.gone:
	case a.join != 0:
		m.takeJoin(a)
	case a.sync != 0:
		m.takeSync(a)
	case a.member:
		a.lastSeen = m.now
		code := m.s.Heartbeat(m.now, &api.HeartbeatRequest{GroupID: "g", GenerationID: a.generation, MemberID: a.id, GroupInstanceID: a.instanceID()})
		m.react(a, code)
	default:
		a.join = m.story.join(&a.client)
	}
}

func (m *model) react(a *actor, code errcode.Code) {
	switch code {
	case errcode.None:
		return
	case errcode.UnknownMemberID, errcode.FencedInstanceID, errcode.GroupMaxSizeReached:
		a.id = ""
	case errcode.RebalanceInProgress, errcode.IllegalGeneration, errcode.NotCoordinator, errcode.CoordinatorNotAvailable, errcode.InconsistentGroupProtocol:
	default:
		require.Fail(m, "unexpected", "%v", code)
	}
	a.member = false
}

func (m *model) takeJoin(a *actor) {
	r, ok := m.answers[a.join].(*api.JoinGroupResponse)
	if !ok {
		return
	}
	a.join = 0
	if r.ErrorCode == errcode.MemberIDRequired {
		a.id = r.MemberID
		return
	}
	m.react(a, r.ErrorCode)
	if r.ErrorCode != errcode.None {
		return
	}
	require.Contains(m, a.protocols, r.ProtocolName.V)
	a.id, a.generation = r.MemberID, r.GenerationID
	var assignments []string
	if r.Leader == a.id && !r.SkipAssignment {
		for _, o := range r.Members {
			assignments = append(assignments, o.MemberID, fmt.Sprintf("%d:%s", r.GenerationID, o.MemberID))
		}
	}
	req := a.client
	req.protocols = []string{r.ProtocolName.V}
	a.sync = m.story.sync(&req, assignments...)
}

func (m *model) takeSync(a *actor) {
	r, ok := m.answers[a.sync].(*api.SyncGroupResponse)
	if !ok {
		return
	}
	a.sync = 0
	m.react(a, r.ErrorCode)
	if r.ErrorCode != errcode.None {
		return
	}
	if m.given[a.generation] == nil {
		m.given[a.generation] = map[string]string{}
	}
	if before, ok := m.given[a.generation][a.id]; ok {
		require.Equal(m, before, string(r.Assignment), "two assignments in one generation")
	}
	if a.instance == "" {
		require.Equal(m, fmt.Sprintf("%d:%s", a.generation, a.id), string(r.Assignment))
	}
	m.given[a.generation][a.id] = string(r.Assignment)
	a.member = true
}

// check looks at what must hold between any two events.
func (m *model) check() {
	g := m.s.groups["g"]
	if g == nil {
		return
	}
	require.Len(m, g.order, len(g.members))
	if g.state == Stable || g.state == CompletingRebalance {
		require.LessOrEqual(m, len(g.members), m.s.cfg.MaxSize+len(g.static), "absent static members come on top")
	}
	joining, waiting := 0, map[Ticket]bool{}
	supported := map[string]int{}
	for _, o := range g.order {
		require.Same(m, o, g.members[o.id])
		if o.join != 0 {
			joining++
		}
		for _, ticket := range []Ticket{o.join, o.sync} {
			if ticket != 0 {
				require.False(m, waiting[ticket])
				waiting[ticket] = true
			}
		}
		for _, p := range o.protocols {
			supported[p.name]++
		}
		if o.isStatic() {
			require.Equal(m, o.id, g.static[o.instanceID.V])
		}
		require.True(m, !o.deadline.IsZero() || o.isWaiting(), "a member that would live forever")
	}
	require.Equal(m, joining, g.joining)
	require.Equal(m, supported, g.supported)
	require.True(m, len(g.members) == 0 || slices.Max(append([]int{0}, values(supported)...)) == len(g.members), "no common protocol")
	switch g.state {
	case Empty:
		require.Empty(m, g.members)
	case PreparingRebalance:
		require.False(m, g.joinDeadline.IsZero(), "a rebalance that would never end")
	case CompletingRebalance:
		require.False(m, g.syncDeadline.IsZero() && len(g.pendingSync) > 0)
		require.NotEmpty(m, g.members)
	case Stable:
		require.LessOrEqual(m, joining, len(m.held), "in a stable group nobody waits, but for a record being stored")
	}
	if next := g.nextDeadline(); !next.IsZero() {
		require.False(m, m.s.Wake().IsZero() || m.s.Wake().After(next), "nobody would wake it up")
	}
	for ticket := range m.open {
		require.True(m, waiting[ticket] || len(m.held) > 0, "request %d is forgotten", ticket)
	}
}

func values(m map[string]int) (vs []int) {
	for _, v := range m {
		vs = append(vs, v)
	}
	return vs
}

// settle lets all clients behave, and expects them to end up in one stable generation.
func (m *model) settle() {
	m.hold, m.fail = false, nil
	m.store()
	m.s.cfg.MaxSize = 100
	for _, a := range m.actors {
		a.gone, a.protocols, a.member, a.join, a.sync = false, []string{"range"}, false, 0, 0
	}
	settled := func() bool {
		return !slices.ContainsFunc(m.actors, func(a *actor) bool { return !a.member || a.generation != m.actors[0].generation })
	}
	for n := 0; !settled(); n++ {
		require.Less(m, n, 600, "the group does not settle")
		for _, a := range m.actors {
			m.act(a)
		}
		m.pass(time.Second)
		m.check()
	}
	m.state(Stable)
	require.Len(m, m.s.groups["g"].members, len(m.actors))
	before := m.s.Describe("g", 6)
	m.restart()
	require.Equal(m, before, m.s.Describe("g", 6), "after a restart all is as it was")
	for _, a := range m.actors {
		m.heartbeat(errcode.None, &a.client)
	}
	m.pass(2 * time.Hour)
	m.state(Empty)
}
