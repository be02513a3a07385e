package vfs

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// TmpSuffix ends the name of a file that WriteAtomically has not finished.
const TmpSuffix = ".tmp"

// WriteAtomically replaces a small file so that a crash leaves either the old one or the new one, and makes
// it durable.
func WriteAtomically(fs FS, name string, content []byte) error {
	return WriteAtomicallyBy(fs, name, TmpSuffix, content)
}

// WriteAtomicallyBy is WriteAtomically with a suffix of one's own for the name while the file is written.
func WriteAtomicallyBy(fs FS, name, suffix string, content []byte) error {
	part := name + suffix
	f, err := fs.Create(part)
	if err != nil {
		return err
	}
	err = replaceContent(f, content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := fs.Rename(part, name); err != nil {
		return err
	}
	return fs.SyncDir(filepath.Dir(name))
}

// MakeDirDurably makes a directory whose name survives a power loss, with those above it.
func MakeDirDurably(f FS, dir string) error {
	_, err := f.Stat(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := MakeDirDurably(f, parent); err != nil {
			return err
		}
	}
	if err := f.MkdirAll(dir); err != nil {
		return err
	}
	return f.SyncDir(parent)
}

func replaceContent(f File, content []byte) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	if _, err := f.WriteAt(content, 0); err != nil {
		return err
	}
	return f.Sync()
}
