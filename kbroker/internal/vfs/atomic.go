package vfs

import "path/filepath"

// TmpSuffix ends the name of a file that WriteAtomically has not finished.
const TmpSuffix = ".tmp"

// WriteAtomically replaces a small file so that a crash leaves either the old one or the new one, and makes
// it durable.
func WriteAtomically(fs FS, name string, content []byte) error {
	tmp := name + TmpSuffix
	f, err := fs.Create(tmp)
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
	if err := fs.Rename(tmp, name); err != nil {
		return err
	}
	return fs.SyncDir(filepath.Dir(name))
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
