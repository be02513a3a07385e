package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counted counts the files that are open at the same time.
type counted struct {
	FS
	mu        sync.Mutex
	now, most int
}

type countedFile struct {
	File
	c *counted
}

func (c *counted) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
}

func (c *counted) wrap(f File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	c.add(1)
	return &countedFile{f, c}, nil
}

func (c *counted) Open(name string) (File, error)   { return c.wrap(c.FS.Open(name)) }
func (c *counted) Create(name string) (File, error) { return c.wrap(c.FS.Create(name)) }

func (f *countedFile) Close() error {
	f.c.add(-1)
	return f.File.Close()
}

func TestLimitOpenKeepsFewFilesOpen(t *testing.T) {
	const limit, files, rounds = 3, 20, 50
	c := &counted{FS: NewMem()}
	f := LimitOpen(c, limit)
	var all []File
	for i := range files {
		file, err := f.Create(fmt.Sprint(i))
		require.NoError(t, err)
		all = append(all, file)
	}
	var wg sync.WaitGroup
	for i, file := range all {
		wg.Go(func() {
			for n := range int64(rounds) {
				_, err := file.WriteAt([]byte{byte(i)}, n)
				assert.NoError(t, err)
				other := all[(i+int(n))%files]
				_, err = other.Size()
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	for i, file := range all {
		b := make([]byte, rounds)
		_, err := file.ReadAt(b, 0)
		require.NoError(t, err)
		for _, v := range b {
			require.Equal(t, byte(i), v)
		}
	}
	assert.Equal(t, limit, c.now)
	assert.Equal(t, limit, c.most)
	for _, file := range all {
		require.NoError(t, file.Close())
		assert.ErrorIs(t, file.Close(), fs.ErrClosed)
		_, err := file.ReadAt(make([]byte, 1), 0)
		assert.ErrorIs(t, err, fs.ErrClosed)
	}
	assert.Zero(t, c.now)

	// A file that cannot be opened gives its slot back.
	for range limit + 1 {
		_, err := f.Open("missing")
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
}

func TestLimitOpenSyncsWhatItCloses(t *testing.T) {
	m := NewMem()
	f := LimitOpen(m, 1)
	a, err := f.Create("a")
	require.NoError(t, err)
	require.NoError(t, m.SyncDir("/"))
	_, err = a.WriteAt([]byte("kept"), 0)
	require.NoError(t, err)
	_, err = f.Create("b") // a is closed to make room
	require.NoError(t, err)
	m.Crash()
	assert.Equal(t, "kept", read(t, m, "a"))
}

func TestLimitOpenTellsOfAFailedSync(t *testing.T) {
	broken := errors.New("broken")
	m := NewMem()
	f := LimitOpen(m, 1)
	a, err := f.Create("a")
	require.NoError(t, err)
	_, err = a.WriteAt([]byte("lost?"), 0)
	require.NoError(t, err)
	m.FailAt(1, broken) // the sync of a, which nobody asked for
	b, err := f.Create("b")
	require.NoError(t, err)
	require.NoError(t, b.Close())
	require.ErrorIs(t, a.Sync(), broken)
	require.ErrorIs(t, a.Sync(), broken, "it does not go away")
	_, err = a.WriteAt([]byte("more"), 5)
	require.ErrorIs(t, err, broken)
	_, err = a.ReadAt(make([]byte, 5), 0)
	assert.NoError(t, err, "reading goes on")
}
