package stored

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// A PartKind says what a part of a segment is.
type PartKind uint8

// Kinds of parts.
const (
	Batch   PartKind = iota // a batch, or a legacy entry
	Damaged                 // bytes that are no batch, up to the next one or to the end
	CutOff                  // the start of a batch whose end is missing, at the end of the file
	Unused                  // zeros at the end: room that was set aside
)

// A Part is a run of the bytes of a segment.
type Part struct {
	Kind       PartKind
	Start, End int64
	// Err says what is wrong, nil if nothing is: a batch may have a wrong CRC. Its offset counts from the
	// start of the file.
	Err *wire.Error
}

// Bytes are those of a file.
type Bytes interface {
	// At returns n bytes from an offset on, fewer at the file's end. They stay until the next call.
	At(off int64, n int) []byte
	Size() int64
}

// InMemory are Bytes that are all there.
type InMemory []byte

// At returns n bytes from an offset on, fewer at the end.
func (b InMemory) At(off int64, n int) []byte {
	b = b[min(off, int64(len(b))):]
	return b[:min(n, len(b))]
}

// Size returns how many bytes there are.
func (b InMemory) Size() int64 { return int64(len(b)) }

// Limits of a Scanner. A larger batch than MaxBatchBytes is damage; searchFactor bounds the work of looking for the
// next batch, in bytes that are looked at and bytes whose checksum is computed, for each byte of the file.
const (
	MaxBatchBytes   = 256 << 20
	searchFactor    = 64
	searchStepBytes = 256 << 10
)

// A Scanner takes a log segment apart, in the order of its bytes and without a gap. After damage it goes on with the
// next batch whose checksum is right.
type Scanner struct {
	b      Bytes
	pos    int64
	least  int64 // no batch that is found again has a lower offset
	budget int64 // bytes that searches may still look at
}

// NewScanner returns a Scanner that begins at the start of a file.
func NewScanner(b Bytes) *Scanner { return &Scanner{b: b, budget: searchFactor * b.Size()} }

// Next returns the next part, and whether there is one.
func (s *Scanner) Next() (Part, bool) {
	size := s.b.Size()
	if s.pos >= size {
		return Part{}, false
	}
	p := Part{Start: s.pos}
	b, err := s.header(s.pos)
	left := size - s.pos
	switch {
	case err == nil && int64(b.Size()) <= left && b.Size() <= MaxBatchBytes:
		p.End = s.pos + int64(b.Size())
		// A batch whose checksum is wrong ends where it says, unless another one starts in it.
		if p.Err = s.checkCRC(s.pos, b.Size()); p.Err == nil || s.find(s.pos+1, p.End) == p.End && s.follows(p.End, 1) {
			break
		}
		s.damage(&p, p.Err)
	case err == nil && int64(b.Size()) > left:
		s.damage(&p, &wire.Error{Path: "BatchLength", Offset: int(s.pos) + 8, Err: io.ErrUnexpectedEOF, Detail: wire.CountBytes(b.Size()) + " wanted, " + strconv.FormatInt(left, 10) + " left"})
		if p.End == size {
			p.Kind = CutOff
		}
	case left >= records.LengthEnd && s.zeros(s.pos):
		p.Kind, p.End = Unused, size
	case err == nil:
		s.damage(&p, &wire.Error{Path: "BatchLength", Offset: int(s.pos) + 8, Err: wire.ErrLimit, Detail: wire.CountBytes(b.Size()) + ", at most " + strconv.Itoa(MaxBatchBytes) + " are read"})
	default:
		s.damage(&p, err)
		if p.End == size && errors.Is(err, io.ErrUnexpectedEOF) {
			p.Kind = CutOff
		}
	}
	if p.Kind == Batch {
		b, _ = s.header(s.pos)
		s.least = max(s.least, b.BaseOffset())
	}
	s.pos = p.End
	return p, true
}

// header reads the first bytes of a batch.
func (s *Scanner) header(at int64) (records.Batch, *wire.Error) {
	b, err := records.ReadHeader(s.b.At(at, records.HeaderSize))
	return b, placed(err, at)
}

func (s *Scanner) checkCRC(at int64, size int) *wire.Error {
	b, err := records.ReadBatch(s.b.At(at, size))
	if err == nil {
		err = b.CheckCRC()
	}
	return placed(err, at)
}

// placed moves an error about a batch to where that is in the file.
func placed(err error, at int64) *wire.Error {
	e, ok := err.(*wire.Error)
	if !ok {
		return nil
	}
	e.Offset += int(at)
	return e
}

// follows reports whether what begins at an offset is a batch, the start of one, or the end; it may be a batch whose
// checksum is wrong if something follows that too, in so many steps.
func (s *Scanner) follows(at int64, steps int) bool {
	b, err := s.header(at)
	if err != nil {
		return errors.Is(err, io.ErrUnexpectedEOF) || s.zeros(at)
	}
	end, size := at+int64(b.Size()), s.b.Size()
	return b.BaseOffset() >= s.least && (end > size && s.find(at+1, size) == size || end <= size && (s.checkCRC(at, b.Size()) == nil || steps > 0 && s.follows(end, steps-1)))
}

// zeros reports whether there is nothing but zeros from an offset on.
func (s *Scanner) zeros(at int64) bool {
	for {
		b := s.b.At(at, searchStepBytes)
		for _, c := range b {
			if c != 0 {
				return false
			}
		}
		if at += int64(len(b)); len(b) < searchStepBytes {
			return true
		}
	}
}

// damage makes a part of the bytes up to the next batch.
func (s *Scanner) damage(p *Part, why *wire.Error) {
	p.Kind, p.Err, p.End = Damaged, why, s.find(p.Start+1, s.b.Size())
	if int64(why.Offset) > p.End {
		why.Offset = int(p.Start)
	}
}

// find looks for a batch that starts in a run of bytes, and returns where: at their end if there is none.
func (s *Scanner) find(at, to int64) int64 {
	for at < to && s.budget >= 0 {
		window := s.b.At(at, int(min(searchStepBytes, to-at+records.MagicEnd-1)))
		s.budget -= int64(len(window))
		n := len(window) - records.MagicEnd
		if n < 0 {
			break
		}
		for i := 0; i <= n; i++ {
			if !s.plausible(window[i:], at+int64(i)) {
				continue
			}
			size := records.LengthEnd + int(binary.BigEndian.Uint32(window[i+8:]))
			if s.checkCRC(at+int64(i), size) == nil {
				return at + int64(i)
			}
			window = s.b.At(at, len(window))
		}
		at += int64(n + 1)
	}
	return to
}

// plausible reports whether a batch may start with bytes at an offset, so that its checksum is worth computing.
func (s *Scanner) plausible(b []byte, at int64) bool {
	if b[16] > 2 || b[8] >= MaxBatchBytes>>24 || b[0] > 0x7f {
		return false
	}
	length, base := int64(binary.BigEndian.Uint32(b[8:])), int64(binary.BigEndian.Uint64(b))
	end := at + records.LengthEnd + length
	if length < 14 || end > s.b.Size() || base < s.least || s.budget < length {
		return false
	}
	s.budget -= length
	return true
}
