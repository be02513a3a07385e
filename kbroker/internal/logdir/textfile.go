package logdir

import (
	"path/filepath"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

// maxTextFileBytes bounds the small text files of a log directory: 64 MiB hold the checkpoint of more than
// half a million partitions with the longest names.
const maxTextFileBytes = 64 << 20

// writeAtomically replaces a small file so that a crash leaves either the old one or the new one.
func writeAtomically(fs vfs.FS, name string, content []byte) error {
	tmp := name + tmpSuffix
	f, err := fs.Create(tmp)
	if err != nil {
		return err
	}
	err = func() error {
		if err := f.Truncate(0); err != nil {
			return err
		}
		if _, err := f.WriteAt(content, 0); err != nil {
			return err
		}
		return f.Sync()
	}()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := fs.Rename(tmp, name); err != nil {
		return err
	}
	return fs.SyncDir(filepath.Dir(name))
}
