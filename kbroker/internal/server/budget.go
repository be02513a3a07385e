package server

import "sync"

// budget bounds the bytes that all connections hold together. Whoever would exceed it waits until others have given
// back, with one exception: a single grant at a time may exceed it. Without that, connections that each hold a part of
// a large frame could wait for each other for ever.
type budget struct {
	mu      sync.Mutex
	freed   sync.Cond
	limit   int64 // < 0: none
	used    int64
	over    *grant // the one that may exceed the limit
	waiting int
}

// grant is what one frame holds of a budget.
type grant struct {
	from *budget
	held int64
}

func newBudget(limit int64) *budget {
	b := &budget{limit: limit}
	b.freed.L = &b.mu
	return b
}

// take adds n bytes to a grant and waits while there are none to be had. It gives up when stopped says so, which is
// asked again after each wake.
func (g *grant) take(n int, stopped func() bool) bool {
	b := g.from
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.limit >= 0 && b.used+int64(n) > b.limit && b.over != g {
		if b.over == nil {
			b.over = g
			break
		}
		if stopped() {
			return false
		}
		b.waiting++
		b.freed.Wait()
		b.waiting--
	}
	b.used += int64(n)
	g.held += int64(n)
	return true
}

// giveBack returns all that a grant holds.
func (g *grant) giveBack() {
	b := g.from
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= g.held
	g.held = 0
	if b.over == g {
		b.over = nil
	}
	if b.waiting > 0 {
		b.freed.Broadcast()
	}
}

// wake lets everyone who waits ask stopped again.
func (b *budget) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.freed.Broadcast()
}
