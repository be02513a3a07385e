package vfs

import (
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Mem is a file system in memory which remembers what was synced.
type Mem struct {
	mu    sync.Mutex
	root  *node
	locks map[string]bool
	now   func() time.Time
	// life grows at Crash and Kill: what was opened in an earlier life is dead.
	life  int
	calls int
	fault fault
}

// node is a file or a directory, with its state now and the state that a power loss leaves.
type node struct {
	dir     bool
	modTime time.Time

	data, synced []byte

	names, durable map[string]*node
}

// NewMem returns an empty file system.
func NewMem() *Mem {
	return &Mem{root: newDir(), locks: map[string]bool{}, now: func() time.Time { return time.Time{} }}
}

// SetClock gives files modification times; without it they have the zero time.
func (m *Mem) SetClock(now func() time.Time) { m.now = now }

func newDir() *node {
	return &node{dir: true, names: map[string]*node{}, durable: map[string]*node{}}
}

func split(name string) []string {
	return strings.FieldsFunc(filepath.ToSlash(filepath.Clean(name)), func(r rune) bool { return r == '/' })
}

func notExist(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

// find returns the node of a name, or nil.
func (m *Mem) find(name string) *node {
	n := m.root
	for _, part := range split(name) {
		if n == nil || !n.dir || part == "." {
			return n
		}
		n = n.names[part]
	}
	return n
}

// parent returns the directory that holds name, and name's last part.
func (m *Mem) parent(op, name string) (*node, string, error) {
	parts := split(name)
	if len(parts) == 0 {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	dir := m.find(filepath.Dir(filepath.Clean(name)))
	if dir == nil || !dir.dir {
		return nil, "", notExist(op, name)
	}
	return dir, parts[len(parts)-1], nil
}

func (m *Mem) Open(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("open", name); err != nil {
		return nil, err
	}
	n := m.find(name)
	if n == nil || n.dir {
		return nil, notExist("open", name)
	}
	return &memFile{m: m, n: n, name: name, life: m.life}, nil
}

func (m *Mem) Create(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("create", name); err != nil {
		return nil, err
	}
	dir, base, err := m.parent("create", name)
	if err != nil {
		return nil, err
	}
	n := dir.names[base]
	if n == nil {
		n = &node{modTime: m.now()}
		dir.names[base] = n
	}
	if n.dir {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	return &memFile{m: m, n: n, name: name, life: m.life}, nil
}

func (m *Mem) ReadFile(name string, limit int64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("read", name); err != nil {
		return nil, err
	}
	n := m.find(name)
	if n == nil || n.dir {
		return nil, notExist("read", name)
	}
	if int64(len(n.data)) > limit {
		return nil, tooLong(name, int64(len(n.data)), limit)
	}
	return slices.Clone(n.data), nil
}

func (m *Mem) ReadDir(name string) ([]Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("readdir", name); err != nil {
		return nil, err
	}
	n := m.find(name)
	if n == nil || !n.dir {
		return nil, notExist("readdir", name)
	}
	infos := make([]Info, 0, len(n.names))
	for _, base := range slices.Sorted(maps.Keys(n.names)) {
		infos = append(infos, n.names[base].info(base))
	}
	return infos, nil
}

func (n *node) info(name string) Info {
	return Info{Name: name, Size: int64(len(n.data)), Dir: n.dir, ModTime: n.modTime}
}

func (m *Mem) Stat(name string) (Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("stat", name); err != nil {
		return Info{}, err
	}
	n := m.find(name)
	if n == nil {
		return Info{}, notExist("stat", name)
	}
	return n.info(filepath.Base(name)), nil
}

func (m *Mem) MkdirAll(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("mkdir", name); err != nil {
		return err
	}
	n := m.root
	for _, part := range split(name) {
		next := n.names[part]
		if next == nil {
			next = newDir()
			n.names[part] = next
		}
		if !next.dir {
			return &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrExist}
		}
		n = next
	}
	return nil
}

func (m *Mem) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("rename", from); err != nil {
		return err
	}
	src, a, err := m.parent("rename", from)
	if err != nil {
		return err
	}
	dst, b, err := m.parent("rename", to)
	if err != nil {
		return err
	}
	n := src.names[a]
	if n == nil {
		return notExist("rename", from)
	}
	if old := dst.names[b]; old != nil && old.dir && len(old.names) > 0 {
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	}
	delete(src.names, a)
	dst.names[b] = n
	return nil
}

func (m *Mem) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("remove", name); err != nil {
		return err
	}
	dir, base, err := m.parent("remove", name)
	if err != nil {
		return err
	}
	n := dir.names[base]
	if n == nil {
		return notExist("remove", name)
	}
	if n.dir && len(n.names) > 0 {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrExist}
	}
	delete(dir.names, base)
	return nil
}

func (m *Mem) RemoveAll(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("removeall", name); err != nil {
		return err
	}
	if dir, base, err := m.parent("removeall", name); err == nil {
		delete(dir.names, base)
	}
	return nil
}

func (m *Mem) SyncDir(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("syncdir", name); err != nil {
		return err
	}
	n := m.find(name)
	if n == nil || !n.dir {
		return notExist("syncdir", name)
	}
	n.durable = maps.Clone(n.names)
	return nil
}

func (m *Mem) Lock(name string) (io.Closer, error) {
	f, err := m.Create(name)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[name] {
		return nil, ErrLocked
	}
	m.locks[name] = true
	return memLock{m, name, m.life}, nil
}

type memLock struct {
	m    *Mem
	name string
	life int
}

func (l memLock) Close() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.life == l.m.life {
		delete(l.m.locks, l.name)
	}
	return nil
}
