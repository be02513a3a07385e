package logdir

import (
	"errors"
	"io"
	"io/fs"
	"sync"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

// handle is a file that is opened when it is first needed, so that a start with thousands of segments opens
// few files. How many stay open is the business of vfs.LimitOpen. It may be used by several goroutines.
type handle struct {
	fs   vfs.FS
	name string

	mu     sync.Mutex
	file   vfs.File
	closed bool
}

// get opens the file if need be. create makes it if it is not there.
func (h *handle) get(create bool) (vfs.File, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, &fs.PathError{Op: "open", Path: h.name, Err: fs.ErrClosed}
	}
	if h.file != nil {
		return h.file, nil
	}
	open := h.fs.Open
	if create {
		open = h.fs.Create
	}
	f, err := open(h.name)
	if err != nil {
		return nil, err
	}
	h.file = f
	return f, nil
}

// sync makes the file durable. A file that nobody opened since the start has nothing new in it.
func (h *handle) sync() error {
	h.mu.Lock()
	f, closed := h.file, h.closed
	h.mu.Unlock()
	if f == nil || closed {
		return nil
	}
	err := f.Sync()
	if errors.Is(err, fs.ErrClosed) {
		return nil // removed by retention while we waited for the disk
	}
	return err
}

// close closes the file for good.
func (h *handle) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.file == nil {
		return nil
	}
	f := h.file
	h.file = nil
	return f.Close()
}

// release closes the file until it is needed again.
func (h *handle) release() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		return nil
	}
	f := h.file
	h.file = nil
	return f.Close()
}

// readFull fills p from the file, and takes a file that ends early for an error.
func readFull(f io.ReaderAt, p []byte, at int64) error {
	n, err := f.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
