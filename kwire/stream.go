package kwire

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// DefaultMaxFrameBytes bounds frames where nothing else was said: what Kafka's brokers take
// (socket.request.max.bytes).
const DefaultMaxFrameBytes = 100 << 20

// firstFrameBytes is how much is allocated for a frame before any of it has arrived: a size alone, which may be a lie,
// buys no more. The rest is allocated as the bytes come.
const firstFrameBytes = 64 << 10

// FrameReader reads frames from a stream into one buffer that is used again. It asks for no byte beyond the frame that
// it returns, so that the stream can be handed on.
type FrameReader struct {
	r      io.Reader
	buf    []byte
	max    int
	offset int64 // in the stream, of the next frame
	head   [FrameSizeBytes]byte
}

// NewFrameReader returns a reader of the frames in r. A frame of more than maxBytes after its size is refused; 0 means
// DefaultMaxFrameBytes. If reading from r is expensive, r should be buffered.
func NewFrameReader(r io.Reader, maxBytes int) *FrameReader {
	if maxBytes <= 0 {
		maxBytes = DefaultMaxFrameBytes
	}
	return &FrameReader{r: r, max: maxBytes}
}

// Offset returns where the next frame starts, in bytes from the start of the stream.
func (f *FrameReader) Offset() int64 { return f.offset }

// Next returns the payload of the next frame, which is valid until the next call. At the end of the stream the error
// is io.EOF; within a frame it is an *Error with the cause io.ErrUnexpectedEOF; a size that is negative or over the
// limit is an *Error with ErrValue or ErrLimit, after which the stream cannot be read on. The offset of an *Error is
// counted from the start of the stream. Errors of the reader itself come as they are.
func (f *FrameReader) Next() (payload []byte, err error) {
	if n, err := io.ReadFull(f.r, f.head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, f.cut(FrameSizeBytes, n)
		}
		return nil, err
	}
	size, bad := frameSize(f.head[:], f.max, f.offset)
	if bad != nil {
		return nil, bad
	}
	f.buf = f.buf[:0]
	for len(f.buf) < size {
		if len(f.buf) == cap(f.buf) {
			f.buf = grow(f.buf, size)
		}
		part := f.buf[len(f.buf):min(size, cap(f.buf))]
		n, err := io.ReadFull(f.r, part)
		f.buf = f.buf[:len(f.buf)+n]
		if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
			return nil, f.cut(FrameSizeBytes+size, FrameSizeBytes+len(f.buf))
		}
		if err != nil {
			return nil, err
		}
	}
	f.offset += int64(FrameSizeBytes + size)
	return f.buf, nil
}

// cut is the error of a stream that ends within a frame.
func (f *FrameReader) cut(want, have int) error {
	return &Error{Offset: int(f.offset), Path: "size", Err: io.ErrUnexpectedEOF,
		Detail: "frame of " + wire.CountBytes(want) + " with its size, " + strconv.Itoa(have) + " of them came"}
}

// grow returns b with room for more, up to size: twice as much as has come, so that what is allocated is in proportion.
func grow(b []byte, size int) []byte {
	room := min(size, max(firstFrameBytes, 2*cap(b)))
	return append(make([]byte, 0, room), b...)
}

// frameSize reads the size at the start of a frame, which lies at offset of its stream.
func frameSize(head []byte, maxBytes int, offset int64) (int, *Error) {
	n := int(int32(binary.BigEndian.Uint32(head)))
	if n < 0 {
		return 0, &Error{Offset: int(offset), Path: "size", Err: wire.ErrValue, Detail: "frame of " + strconv.Itoa(n) + " bytes"}
	}
	if n > maxBytes {
		return 0, &Error{Offset: int(offset), Path: "size", Err: wire.ErrLimit,
			Detail: "frame of " + wire.CountBytes(n) + ", " + strconv.Itoa(maxBytes) + " allowed"}
	}
	return n, nil
}

// Splitter finds the frames in bytes that arrive in pieces: a proxy or a capture feeds it what it has, and takes the
// frames that are whole. It never waits. The zero value is ready, with DefaultMaxFrameBytes.
//
//	var s kwire.Splitter
//	for piece := range pieces {
//		s.Feed(piece)
//		for s.More() {
//			use(s.Frame())
//		}
//		if err := s.Err(); err != nil { … }
//	}
type Splitter struct {
	// MaxFrameBytes bounds frames; 0 means DefaultMaxFrameBytes.
	MaxFrameBytes int

	kept   []byte // of a frame that is not whole yet
	fed    []byte // of the last piece, not looked at
	joined []byte // a frame that came in several pieces
	frame  []byte
	offset int64 // in the stream, of the next frame
	err    *Error
}

// Feed gives the splitter the next bytes of the stream. They must not change until More has returned false; what is
// left of them then is copied.
func (s *Splitter) Feed(piece []byte) {
	if len(s.fed) > 0 { // the frames of the last piece were not taken
		s.kept = append(s.kept, s.fed...)
	}
	s.fed = piece
}

// More moves to the next whole frame and reports whether there is one.
func (s *Splitter) More() bool {
	if s.err != nil {
		return false
	}
	have := len(s.kept) + len(s.fed)
	if have < FrameSizeBytes {
		return s.keep()
	}
	var head [FrameSizeBytes]byte
	n := copy(head[:], s.kept)
	copy(head[n:], s.fed)
	limit := s.MaxFrameBytes
	if limit <= 0 {
		limit = DefaultMaxFrameBytes
	}
	size, bad := frameSize(head[:], limit, s.offset)
	if bad != nil {
		s.err = bad
		return false
	}
	total := FrameSizeBytes + size
	if have < total {
		return s.keep()
	}
	switch {
	case len(s.kept) == 0: // the frame lies in the piece
		s.frame, s.fed = s.fed[:total:total], s.fed[total:]
	case len(s.kept) >= total: // pieces were fed without their frames being taken
		s.joined = append(s.joined[:0], s.kept[:total]...)
		s.frame, s.kept = s.joined, append(s.kept[:0], s.kept[total:]...)
	default: // it begins in what was kept and ends in the piece
		missing := total - len(s.kept)
		s.joined = append(append(s.joined[:0], s.kept...), s.fed[:missing]...)
		s.frame, s.kept, s.fed = s.joined, s.kept[:0], s.fed[missing:]
	}
	s.offset += int64(total)
	return true
}

// keep copies what is left of the piece until more comes.
func (s *Splitter) keep() bool {
	s.kept, s.fed = append(s.kept, s.fed...), nil
	return false
}

// Frame returns the frame that More has found, its size included. It is valid until the next Feed or More.
func (s *Splitter) Frame() []byte { return s.frame }

// Offset returns where the next frame starts, in bytes from the start of the stream.
func (s *Splitter) Offset() int64 { return s.offset }

// Pending returns how many bytes of a frame that is not whole are kept.
func (s *Splitter) Pending() int { return len(s.kept) + len(s.fed) }

// Err returns why the stream cannot be split any further: a size that is negative or over the limit, with its offset
// in the stream. A proxy should close the connection then.
func (s *Splitter) Err() error {
	if s.err == nil {
		return nil
	}
	return s.err
}
