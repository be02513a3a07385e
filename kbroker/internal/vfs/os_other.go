//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package vfs

import (
	"io"
	"os"
)

// SyncDir does nothing: names cannot be synced on these systems.
func (osFS) SyncDir(string) error { return nil }

// Lock makes the lock file but cannot hold others off: there is no portable lock in the standard library.
func (osFS) Lock(name string) (io.Closer, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
}
