package partition

import "sync"

// watchers are the long polls that wait for the partition's end to move.
type watchers struct {
	mu sync.Mutex
	of map[chan<- struct{}]struct{}
}

func (w *watchers) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.of {
		select {
		case c <- struct{}{}:
		default: // a wake-up is waiting there already
		}
	}
}

// Watch sends to c whenever there may be more to read: records were appended, a transaction ended, or the
// partition stopped. c needs room for one; a wake-up that finds it full is dropped, for one is enough. A
// waiter watches all its partitions with one channel, then looks at each of them once, and only then waits:
// so no append is missed. stop ends the watching.
func (p *Partition) Watch(c chan<- struct{}) (stop func()) {
	w := &p.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = map[chan<- struct{}]struct{}{}
	}
	w.of[c] = struct{}{}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.of, c)
	}
}
