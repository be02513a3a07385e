package vfs

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, f FS, name, text string, sync bool) {
	t.Helper()
	h, err := f.Create(name)
	require.NoError(t, err)
	_, err = h.WriteAt([]byte(text), 0)
	require.NoError(t, err)
	if sync {
		require.NoError(t, h.Sync())
	}
	require.NoError(t, h.Close())
}

func read(t *testing.T, f FS, name string) string {
	t.Helper()
	b, err := f.ReadFile(name, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return "<none>"
	}
	require.NoError(t, err)
	return string(b)
}

// Both file systems must tell one story, or the tests in memory prove nothing.
func TestBothFileSystemsAgree(t *testing.T) {
	for name, f := range map[string]FS{"os": OS(), "mem": NewMem()} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a", "b")
			require.NoError(t, f.MkdirAll(dir))
			file := filepath.Join(dir, "x")
			_, err := f.Open(file)
			require.ErrorIs(t, err, fs.ErrNotExist)
			write(t, f, file, "hello", true)
			h, err := f.Create(file) // keeps what is there
			require.NoError(t, err)
			_, err = h.WriteAt([]byte("!!"), 7)
			require.NoError(t, err)
			require.Equal(t, "hello\x00\x00!!", read(t, f, file))
			require.NoError(t, h.Truncate(3))
			size, err := h.Size()
			require.NoError(t, err)
			require.EqualValues(t, 3, size)
			p := make([]byte, 4)
			n, err := h.ReadAt(p, 1)
			require.Equal(t, 2, n)
			require.Error(t, err)
			require.NoError(t, h.Close())
			require.ErrorIs(t, h.Sync(), fs.ErrClosed)
			_, err = f.ReadFile(file, 2)
			require.Error(t, err, "longer than the limit")

			write(t, f, filepath.Join(dir, "y"), "old", false)
			require.NoError(t, f.Rename(file, filepath.Join(dir, "y")))
			require.NoError(t, f.SyncDir(dir))
			infos, err := f.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, infos, 1)
			require.Equal(t, "y", infos[0].Name)
			require.EqualValues(t, 3, infos[0].Size)
			require.Error(t, f.Remove(dir), "not empty")
			require.NoError(t, f.Rename(dir, dir+"2"))
			require.Equal(t, "hel", read(t, f, filepath.Join(dir+"2", "y")))
			require.ErrorIs(t, f.Remove(file), fs.ErrNotExist)
			require.NoError(t, f.RemoveAll(dir+"2"))
			require.NoError(t, f.RemoveAll(dir+"2"))
			_, err = f.Stat(dir + "2")
			require.ErrorIs(t, err, fs.ErrNotExist)

			lock := filepath.Join(filepath.Dir(dir), ".lock")
			l, err := f.Lock(lock)
			require.NoError(t, err)
			_, err = f.Lock(lock)
			require.ErrorIs(t, err, ErrLocked)
			require.NoError(t, l.Close())
			l, err = f.Lock(lock)
			require.NoError(t, err)
			require.NoError(t, l.Close())
		})
	}
}

func TestCrashLosesWhatWasNotSynced(t *testing.T) {
	m := NewMem()
	require.NoError(t, m.MkdirAll("/d"))
	require.NoError(t, m.SyncDir("/"))
	write(t, m, "/d/unsynced-name", "1", true)
	m.Crash()
	assert.Equal(t, "<none>", read(t, m, "/d/unsynced-name"))

	write(t, m, "/d/f", "one", true)
	require.NoError(t, m.SyncDir("/d"))
	write(t, m, "/d/f", "two", false)
	write(t, m, "/d/g", "new", true)
	require.NoError(t, m.Rename("/d/g", "/d/f"))
	h, err := m.Open("/d/f")
	require.NoError(t, err)
	m.Crash()
	assert.Equal(t, "one", read(t, m, "/d/f"), "the rename was not synced, nor the write before it")
	assert.ErrorIs(t, h.Sync(), fs.ErrClosed, "a file opened before the crash is dead")
}

func TestKillLosesNothing(t *testing.T) {
	m := NewMem()
	write(t, m, "/f", "x", false)
	_, err := m.Lock("/.lock")
	require.NoError(t, err)
	m.Kill()
	assert.Equal(t, "x", read(t, m, "/f"))
	_, err = m.Lock("/.lock")
	assert.NoError(t, err)
}

func TestFailAt(t *testing.T) {
	m, boom := NewMem(), errors.New("boom")
	h, err := m.Create("/f")
	require.NoError(t, err)
	m.FailAt(2, boom)
	require.NoError(t, h.Truncate(0))
	n, err := h.WriteAt([]byte("abcd"), 0)
	require.ErrorIs(t, err, boom)
	require.Equal(t, 2, n, "half of the bytes were written")
	require.NoError(t, h.Sync())
	m.FailFrom(1, boom)
	require.ErrorIs(t, h.Sync(), boom)
	require.ErrorIs(t, h.Sync(), boom)
	m.FailFrom(0, nil)
	require.NoError(t, h.Sync())
}

func TestCrashTornKeepsSyncedBytes(t *testing.T) {
	for seed := range uint64(200) {
		m := NewMem()
		write(t, m, "/f", "synced", true)
		require.NoError(t, m.SyncDir("/"))
		write(t, m, "/f", "synced and more", false)
		m.CrashTorn(rand.New(rand.NewPCG(seed, 1)))
		require.Contains(t, read(t, m, "/f"), "synced")
	}
}
