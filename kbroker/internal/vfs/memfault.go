package vfs

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
)

// fault says which calls fail.
type fault struct {
	at      int // the call number that fails; 0: none
	forever bool
	err     error
}

// call counts one call and fails it if it is its turn. The caller holds m.mu.
func (m *Mem) call(op, name string) error {
	m.calls++
	if m.fault.at == 0 || m.calls < m.fault.at || (m.calls > m.fault.at && !m.fault.forever) {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: m.fault.err}
}

// Calls is the number of calls so far, failed ones included.
func (m *Mem) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// FailAt makes the nth call from now fail with err (1 is the next one), and no other. A write that fails
// leaves half of its bytes. n = 0 ends all failing.
func (m *Mem) FailAt(n int, err error) { m.setFault(n, err, false) }

// FailFrom makes the nth call from now and all later ones fail with err: the moment of a power loss.
func (m *Mem) FailFrom(n int, err error) { m.setFault(n, err, true) }

func (m *Mem) setFault(n int, err error, forever bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fault{}
	if n > 0 {
		m.fault = fault{at: m.calls + n, forever: forever, err: err}
	}
}

// Kill ends the process that uses the file system: open files are dead, locks are free, nothing is lost.
func (m *Mem) Kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newLife()
}

// Crash is a power loss: as Kill, and every byte and every name that was not synced is gone.
func (m *Mem) Crash() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newLife()
	m.root.visit(func(n *node) {
		n.names = maps.Clone(n.durable)
		n.data = slices.Clone(n.synced)
	})
}

// CrashTorn is a power loss on a disk that had begun to write: of each directory either all or no unsynced
// changes survive, of each file's unsynced bytes a random prefix does, with zeros after it at times.
func (m *Mem) CrashTorn(r *rand.Rand) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newLife()
	m.root.visit(func(n *node) {
		if n.dir {
			if r.IntN(2) == 0 {
				n.names = maps.Clone(n.durable)
			}
			n.durable = maps.Clone(n.names)
			return
		}
		n.data = tear(r, n.synced, n.data)
		n.synced = slices.Clone(n.data)
	})
}

func tear(r *rand.Rand, synced, now []byte) []byte {
	from := 0
	for from < min(len(synced), len(now)) && synced[from] == now[from] {
		from++
	}
	kept := from + r.IntN(len(now)-from+1)
	torn := slices.Clone(now[:kept])
	if kept < len(synced) {
		return append(torn, synced[kept:]...)
	}
	if r.IntN(4) == 0 {
		torn = append(torn, make([]byte, len(now)-kept)...) // the length was written, the blocks were not
	}
	return torn
}

func (m *Mem) newLife() {
	m.life++
	m.locks = map[string]bool{}
	m.fault = fault{}
}

// visit calls f for the node and then for what f left below it.
func (n *node) visit(f func(*node)) {
	f(n)
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		n.names[name].visit(f)
	}
}
