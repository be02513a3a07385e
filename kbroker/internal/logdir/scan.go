package logdir

import (
	"errors"
	"fmt"
	"io"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
)

// Sizes of a scanner's window: small to step over a few batches on the way to an offset, large to read all.
const (
	lookupWindowBytes = 8 << 10
	scanWindowBytes   = 1 << 20
)

// scanner walks the batches of a log file. Nothing above it parses file bytes, and it never looks into
// the records of a batch: those are the client's business.
type scanner struct {
	file   vfs.File
	pos    int64 // of the next batch
	end    int64 // bytes of the file that may be read
	bodies bool  // batches come whole; else perhaps only their header is there

	window   []byte
	windowAt int64
}

func newScanner(f vfs.File, from, end int64, windowBytes int, bodies bool) *scanner {
	return &scanner{file: f, pos: from, end: end, bodies: bodies, window: make([]byte, 0, min(int64(windowBytes), max(end-from, 0)))}
}

// errBadBatch is what a scan found instead of a batch.
type errBadBatch struct {
	pos int64
	err error
}

func (e errBadBatch) Error() string { return fmt.Sprintf("position %d: %v", e.pos, e.err) }
func (e errBadBatch) Unwrap() error { return e.err }

// next returns a view of the next batch, good until the next call, and where it starts. io.EOF is a clean
// end, errBadBatch bytes that are no batch (perhaps the torn end of the last write); other errors come from
// the file system.
func (s *scanner) next() (records.Batch, int64, error) {
	at, left := s.pos, s.end-s.pos
	if left <= 0 {
		return records.Batch{}, at, io.EOF
	}
	head, err := s.bytes(at, min(left, records.HeaderSize))
	if err != nil {
		return records.Batch{}, at, err
	}
	b, err := records.ReadHeader(head)
	if err != nil {
		return records.Batch{}, at, errBadBatch{at, err}
	}
	size := int64(b.Size())
	if size > left {
		return records.Batch{}, at, errBadBatch{at, fmt.Errorf("a batch of %d bytes begins where %d are left: %w", size, left, io.ErrUnexpectedEOF)}
	}
	if s.bodies {
		whole, err := s.bytes(at, size)
		if err != nil {
			return records.Batch{}, at, err
		}
		if b, err = records.ReadBatch(whole); err != nil {
			return records.Batch{}, at, errBadBatch{at, err}
		}
	}
	s.pos += size
	return b, at, nil
}

// bytes returns n bytes of the file at a position, through the window.
func (s *scanner) bytes(at, n int64) ([]byte, error) {
	if from := at - s.windowAt; from >= 0 && from+n <= int64(len(s.window)) {
		return s.window[from : from+n], nil
	}
	size := max(n, min(int64(cap(s.window)), s.end-at))
	if size > int64(cap(s.window)) {
		s.window = make([]byte, size)
	}
	s.window, s.windowAt = s.window[:size], at
	if err := readFull(s.file, s.window, at); err != nil {
		s.window = s.window[:0]
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errBadBatch{at, err}
		}
		return nil, err
	}
	return s.window[:n], nil
}
