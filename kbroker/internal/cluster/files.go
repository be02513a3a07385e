package cluster

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

// replaceFile writes a small file beside its final name, syncs it, and moves it there: a crash leaves the old file or
// the new one. suffix is that of the name while it is written.
func replaceFile(f vfs.FS, name, suffix string, content []byte) error {
	part := name + suffix
	file, err := f.Create(part)
	if err != nil {
		return err
	}
	if err = file.Truncate(0); err == nil {
		_, err = file.WriteAt(content, 0)
	}
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := f.Rename(part, name); err != nil {
		return err
	}
	return f.SyncDir(filepath.Dir(name))
}

// makeDir makes a directory and those above it that are missing, and makes their names durable.
func makeDir(f vfs.FS, dir string) error {
	_, err := f.Stat(dir)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(f, parent); err != nil {
			return err
		}
	}
	if err := f.MkdirAll(dir); err != nil {
		return err
	}
	return f.SyncDir(parent)
}
