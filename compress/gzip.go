package compress

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// klauspost's gzip, because it compresses batches about six times as fast as the standard library's
// at the same level, at 3 % more bytes, and decompresses 1.7 times as fast.
var (
	gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}
	gzipReaders sync.Pool // of *gzip.Reader: it cannot be made without input
)

// sliceWriter appends what is written to it.
type sliceWriter struct{ b []byte }

func (w *sliceWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

func appendGzip(dst, src []byte) ([]byte, error) {
	z := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(z)
	out := sliceWriter{b: dst}
	z.Reset(&out)
	_, err := z.Write(src)
	if err := errors.Join(err, z.Close()); err != nil {
		return dst, err
	}
	return out.b, nil
}

func gunzip(dst, src []byte, limit int) ([]byte, error) {
	in := bytes.NewReader(src)
	z, ok := gzipReaders.Get().(*gzip.Reader)
	if !ok {
		z = new(gzip.Reader)
	}
	defer gzipReaders.Put(z)
	if err := z.Reset(in); err != nil {
		return dst, unexpected(err)
	}
	start := len(dst)
	// Text compresses about four to one: most batches then need one piece of memory.
	dst = slices.Grow(dst, min(4*len(src), limit)+1)
	for {
		room := dst[len(dst):cap(dst)]
		// One byte over the limit is read, to tell a full batch from one that goes on.
		if most := limit + 1 - (len(dst) - start); len(room) > most {
			room = room[:most]
		}
		n, err := z.Read(room)
		dst = dst[:len(dst)+n]
		switch {
		case len(dst)-start > limit:
			return dst, overLimit(limit)
		case err == io.EOF:
			return dst, nil
		case err != nil:
			return dst, unexpected(err)
		case len(dst) == cap(dst):
			dst = slices.Grow(dst, min(max(len(dst)-start, 512), limit-(len(dst)-start)+1))
		}
	}
}

// unexpected makes an end of input inside a stream what it is.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
