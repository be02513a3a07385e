package vfs

import (
	"container/list"
	"io/fs"
	"sync"
	"sync/atomic"
)

// LimitOpen returns a file system that keeps at most limit files of another one open at the same time. A File of it
// can be used as long as its owner likes: one that was not used for a while is closed to make room, and opened again by
// name when it is used next, so a File may not be renamed before it is closed. What was written to it is synced before
// it is closed to make room, because an error of the disk is only certain to be told to those who have the file open.
//
// Directories and locks are not counted.
func LimitOpen(f FS, limit int) FS {
	l := &limitedFS{FS: f, limit: max(limit, 1)}
	l.changed.L = &l.mu
	return l
}

// maxVictims is how many files are looked at to find one that is better to close than the one opened first.
const maxVictims = 32

// limitedFS has one slot for each file that may be open. A slot is passed on from the file that is closed to the one
// that is opened.
type limitedFS struct {
	FS
	limit int

	mu      sync.Mutex
	changed sync.Cond // a slot became free, or a file that may lose its own was added
	used    int       // slots
	open    list.List // of *limitedFile that may lose their slot; the first is the one opened first
}

// limitedFile is a file that is open now or will be. Those who use it hold mu for reading, those who open or close it
// for writing. limitedFS.mu is taken after a file's; a second file's is only taken by room, for a file that is open,
// and who holds that one waits for no other.
type limitedFile struct {
	owner *limitedFS
	name  string

	recent atomic.Bool // used since it was last looked at
	dirty  atomic.Bool // written since the last sync

	mu     sync.RWMutex
	file   File // nil while it is not open
	closed bool
	failed error         // of the sync before it was closed to make room
	place  *list.Element // in owner.open, guarded by owner.mu; nil for none
}

func (l *limitedFS) Open(name string) (File, error)   { return l.first(name, l.FS.Open) }
func (l *limitedFS) Create(name string) (File, error) { return l.first(name, l.FS.Create) }

// first opens a file for the first time.
func (l *limitedFS) first(name string, open func(string) (File, error)) (File, error) {
	f := &limitedFile{owner: l, name: name}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(open); err != nil {
		return nil, err
	}
	return f, nil
}

// open opens the file with a slot for it. The caller holds f.mu.
func (f *limitedFile) open(open func(string) (File, error)) (err error) {
	f.owner.room()
	f.file, err = open(f.name)
	f.recent.Store(true)
	f.owner.mu.Lock()
	defer f.owner.mu.Unlock()
	if err != nil {
		f.owner.used--
	} else {
		f.place = f.owner.open.PushBack(f)
	}
	f.owner.changed.Signal()
	return err
}

// room takes a slot, from another file if there is no other.
func (l *limitedFS) room() {
	l.mu.Lock()
	for l.used == l.limit && l.open.Len() == 0 {
		l.changed.Wait() // all slots are with files that are being opened
	}
	if l.used < l.limit {
		l.used++
		l.mu.Unlock()
		return
	}
	victim := l.victim()
	l.open.Remove(victim.place)
	victim.place = nil
	l.mu.Unlock()

	victim.mu.Lock() // waits for those who use it
	defer victim.mu.Unlock()
	if victim.file == nil {
		return // closed by its owner meanwhile
	}
	if victim.dirty.Load() {
		victim.failed = victim.file.Sync()
		victim.dirty.Store(false)
	}
	if err := victim.file.Close(); victim.failed == nil {
		victim.failed = err
	}
	victim.file = nil
}

// victim is the file to close: if possible one that was neither used of late nor has to be synced first. The caller
// holds l.mu.
func (l *limitedFS) victim() *limitedFile {
	for range min(l.open.Len(), maxVictims) {
		f := l.open.Front().Value.(*limitedFile)
		if !f.recent.Swap(false) && !f.dirty.Load() {
			return f
		}
		l.open.MoveToBack(f.place)
	}
	return l.open.Front().Value.(*limitedFile)
}

// use calls do with the file open.
func (f *limitedFile) use(do func(File) error) error {
	for {
		f.mu.RLock()
		if f.file != nil {
			defer f.mu.RUnlock()
			if !f.recent.Load() {
				f.recent.Store(true)
			}
			return do(f.file)
		}
		f.mu.RUnlock()
		if err := f.reopen(); err != nil {
			return err
		}
	}
}

func (f *limitedFile) reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return &fs.PathError{Op: "use", Path: f.name, Err: fs.ErrClosed}
	}
	if f.file != nil {
		return nil
	}
	return f.open(f.owner.FS.Open)
}

// change calls do with the file open, for calls that change it or make a change durable. After an error that was met
// behind the caller's back nothing of the kind succeeds any more.
func (f *limitedFile) change(do func(File) error) error {
	return f.use(func(file File) error {
		if f.failed != nil {
			return f.failed
		}
		return do(file)
	})
}

func (f *limitedFile) ReadAt(p []byte, at int64) (n int, err error) {
	err = f.use(func(file File) error { n, err = file.ReadAt(p, at); return err })
	return n, err
}

func (f *limitedFile) WriteAt(p []byte, at int64) (n int, err error) {
	err = f.change(func(file File) error {
		n, err = file.WriteAt(p, at)
		f.dirty.Store(true) // afterwards: a sync beside the write may or may not have it
		return err
	})
	return n, err
}

func (f *limitedFile) Truncate(size int64) error {
	return f.change(func(file File) error {
		err := file.Truncate(size)
		f.dirty.Store(true)
		return err
	})
}

func (f *limitedFile) Sync() error {
	return f.change(func(file File) error {
		f.dirty.Store(false)
		return file.Sync()
	})
}

func (f *limitedFile) Size() (size int64, err error) {
	err = f.use(func(file File) error { size, err = file.Size(); return err })
	return size, err
}

func (f *limitedFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return &fs.PathError{Op: "close", Path: f.name, Err: fs.ErrClosed}
	}
	f.closed = true
	if f.file == nil {
		return f.failed
	}
	f.owner.mu.Lock()
	if f.place != nil {
		f.owner.open.Remove(f.place)
		f.place = nil
		f.owner.used--
		f.owner.changed.Signal()
	}
	f.owner.mu.Unlock()
	file := f.file
	f.file = nil
	return file.Close()
}
