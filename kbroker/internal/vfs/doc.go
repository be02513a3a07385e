// Package vfs holds the few file calls the broker's storage needs, on a real file system and in memory.
//
// OS returns the machine's own file system; it is the only place of the broker that imports os for
// data files. NewMem returns one that lives in memory and can do what no real disk does on request:
// lose everything that was not synced (Crash), lose part of it (CrashTorn), die without losing anything
// (Kill), and fail the Nth call from now (FailAt). The storage tests run over it, so that "what if the
// power goes after this call" is a loop and not a belief.
//
// LimitOpen stands between the storage and either of them, so that a broker with more files than the process may have
// open need not know.
//
// # What durability means here
//
// A write is in the page cache until File.Sync. A created, renamed or removed name is only in the
// directory's cache until FS.SyncDir on its parent. A process that is killed loses neither; a machine that
// loses power may lose both. Mem keeps exactly this difference.
//
// Files are addressed by position only (ReadAt, WriteAt): there is no cursor to share, so that any number
// of goroutines may read one File while another appends to it.
//
// What it does not do: permissions, links, memory maps. Paths are those of the host, joined with
// path/filepath.
package vfs

import (
	"io"
	"io/fs"
	"time"
)

// FS is a file system. All methods may be called by several goroutines at once.
//
// A name that does not exist gives an error that is fs.ErrNotExist.
type FS interface {
	// Open opens an existing file for reading and writing.
	Open(name string) (File, error)
	// Create opens a file for reading and writing and makes it if it is not there. What it holds is kept.
	Create(name string) (File, error)
	// ReadFile returns all of a file that is no longer than limit; a longer one is an error.
	ReadFile(name string, limit int64) ([]byte, error)
	// ReadDir lists a directory, sorted by name.
	ReadDir(name string) ([]Info, error)
	// Stat describes a file or directory.
	Stat(name string) (Info, error)
	// MkdirAll makes a directory and the missing ones above it.
	MkdirAll(name string) error
	// Rename moves a file or directory; a file in its place is replaced at once.
	Rename(from, to string) error
	// Remove removes a file or an empty directory.
	Remove(name string) error
	// RemoveAll removes a name and everything below it; one that is not there is no error.
	RemoveAll(name string) error
	// SyncDir makes the names in a directory durable.
	SyncDir(name string) error
	// Lock takes the exclusive lock of a lock file, which is made if needed, until the Closer is closed
	// or the process ends. ErrLocked when somebody else holds it.
	Lock(name string) (io.Closer, error)
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size is the length of the file now.
	Size() (int64, error)
	// Truncate cuts the file, or lengthens it with zeros.
	Truncate(size int64) error
	// Sync makes what was written, and the file's length, durable.
	Sync() error
}

// Info describes one name.
type Info struct {
	Name    string // without its directory
	Size    int64
	Dir     bool
	ModTime time.Time
}

// ErrLocked is returned by Lock when another process, or this one, holds the lock.
var ErrLocked = errLocked{}

type errLocked struct{}

func (errLocked) Error() string { return "vfs: locked by another process" }

// tooLong is the error of ReadFile for a file that does not fit the caller's limit.
func tooLong(name string, size, limit int64) error {
	return &fs.PathError{Op: "read", Path: name, Err: errTooLong{size, limit}}
}
