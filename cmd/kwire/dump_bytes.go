package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// readAheadBytes is how much of a file is read at once.
const readAheadBytes = 1 << 20

// fileBytes reads a file piece by piece: a stored.Bytes.
type fileBytes struct {
	r        io.ReaderAt
	size     int64
	buf      []byte
	at       int64 // where buf starts
	err      error // of reading; what could not be read is as if the file ended there
	progress *progress
}

// openBytes opens a file to be read so.
func openBytes(name string, p *progress) (*fileBytes, io.Closer, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return &fileBytes{r: f, size: info.Size(), progress: p}, f, nil
}

// Size returns the size that the file had when it was opened.
func (f *fileBytes) Size() int64 { return f.size }

// At returns n bytes from an offset on, fewer at the file's end. They stay until the next call.
func (f *fileBytes) At(off int64, n int) []byte {
	n = int(max(0, min(int64(n), f.size-off)))
	if off < f.at || off+int64(n) > f.at+int64(len(f.buf)) {
		f.read(off, n)
	}
	b := f.buf[min(off-f.at, int64(len(f.buf))):]
	return b[:min(n, len(b))]
}

func (f *fileBytes) read(off int64, n int) {
	n = int(min(int64(max(n, readAheadBytes)), f.size-off))
	if n > cap(f.buf) || cap(f.buf) > 2*max(n, readAheadBytes) {
		f.buf = make([]byte, n)
	}
	f.progress.at(off)
	have, err := f.r.ReadAt(f.buf[:n], off)
	f.at, f.buf = off, f.buf[:have]
	switch {
	case have == n:
	case errors.Is(err, io.EOF):
		f.err = fmt.Errorf("it has become shorter while it was read, byte %d is missing: %w", off+int64(have), io.ErrUnexpectedEOF)
	default:
		f.err = err
	}
}

// progress writes how far a file has been read to a terminal, once that takes more than a second.
type progress struct {
	out   io.Writer // nil: no terminal
	now   func() time.Time
	name  string
	size  int64
	begun time.Time
	next  time.Time // when to write again
	shown bool
}

const progressEvery = 200 * time.Millisecond

// newProgress writes to err if that is a terminal, and out, where the files go, is none.
func newProgress(err, out io.Writer) *progress {
	p := &progress{now: time.Now}
	if isTerminal(err) && !isTerminal(out) {
		p.out = err
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

func (p *progress) start(name string, size int64) {
	p.name, p.size, p.begun, p.shown = name, size, p.now(), false
	p.next = p.begun.Add(time.Second)
}

// at tells that a file has been read up to an offset.
func (p *progress) at(off int64) {
	if p.out == nil || p.name == "" {
		return
	}
	if now := p.now(); now.After(p.next) {
		p.next, p.shown = now.Add(progressEvery), true
		fmt.Fprintf(p.out, "\r\x1b[K%s: %d of %d MB, %d %%, %d s", p.name, off>>20, p.size>>20, 100*off/max(p.size, 1), int(now.Sub(p.begun).Seconds()))
	}
}

// stop takes the line away.
func (p *progress) stop() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	p.name = ""
}
