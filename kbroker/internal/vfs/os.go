package vfs

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Modes of what we create, as Kafka leaves them under the usual umask.
const (
	fileMode = 0o644
	dirMode  = 0o755
)

type errTooLong struct{ size, limit int64 }

func (e errTooLong) Error() string {
	return fmt.Sprintf("%d bytes, at most %d expected", e.size, e.limit)
}

// OS returns the machine's own file system.
func OS() FS { return osFS{} }

type osFS struct{}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

func (osFS) Open(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) Create(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) ReadFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, tooLong(name, int64(len(b)), limit)
	}
	return b, nil
}

func (osFS) ReadDir(name string) ([]Info, error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	infos := make([]Info, 0, len(entries))
	for _, e := range entries {
		st, err := os.Stat(name + string(os.PathSeparator) + e.Name()) // follows links, as an open will
		if errors.Is(err, os.ErrNotExist) {
			continue // removed since the listing
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, infoOf(e.Name(), st))
	}
	return infos, nil
}

func (osFS) Stat(name string) (Info, error) {
	st, err := os.Stat(name)
	if err != nil {
		return Info{}, err
	}
	return infoOf(st.Name(), st), nil
}

func infoOf(name string, st os.FileInfo) Info {
	return Info{Name: name, Size: st.Size(), Dir: st.IsDir(), ModTime: st.ModTime()}
}

func (osFS) MkdirAll(name string) error   { return os.MkdirAll(name, dirMode) }
func (osFS) Rename(from, to string) error { return os.Rename(from, to) }
func (osFS) Remove(name string) error     { return os.Remove(name) }
func (osFS) RemoveAll(name string) error  { return os.RemoveAll(name) }
