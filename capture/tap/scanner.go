package tap

import "encoding/binary"

const (
	sizeBytes = 4
	// headBytes of a payload are looked at before a frame is handed on: of a
	// request its key, version, correlation id and the length of the client id.
	headBytes = 10
	// maxFrameBytes is the largest size that is taken for one.
	maxFrameBytes = 1 << 30
)

// A plan says what to do with a frame whose head is known.
type plan struct {
	keep int  // how many bytes of the payload are wanted at its end
	hold bool // the frame is handed on when it is whole, and not as it comes
}

// sink is what a scanner works for.
type sink interface {
	// begin is told the size of a payload, and its first headBytes or all of it.
	begin(size int, head []byte) plan
	// pass is given the bytes of frames that are not held, sizes included.
	pass(b []byte)
	// end is given what was kept of the payload, which is valid until it returns,
	// and how many bytes came after that.
	end(payload []byte, missing int)
}

// scanner finds the frames in a stream that comes in pieces.
type scanner struct {
	sink
	blind bool // the stream cannot be followed any further

	head    [sizeBytes + headBytes]byte
	have    int  // bytes of head
	size    int  // of the payload, once its four bytes are there
	begun   bool // the plan is made
	plan    plan
	missing int // bytes of the payload that have not come
	kept    []byte
}

// maxIdleBytes is the largest buffer that is kept for the next frame: an answer
// with a megabyte of records, as consumers fetch them, fits.
const maxIdleBytes = 2 << 20

// feed takes the next bytes.
func (s *scanner) feed(p []byte) {
	for len(p) > 0 || s.begun && s.missing == 0 {
		switch {
		case s.blind:
			s.pass(p)
			return
		case !s.begun:
			n := copy(s.head[s.have:s.headEnd()], p)
			s.have += n
			p = p[n:]
			s.look()
		case s.missing > 0:
			n := min(s.missing, len(p))
			s.take(p[:n])
			s.missing -= n
			p = p[n:]
		default:
			s.end(s.kept, s.size-len(s.kept))
			s.have, s.begun = 0, false
			if s.kept = s.kept[:0]; cap(s.kept) > maxIdleBytes {
				s.kept = nil
			}
		}
	}
}

// headEnd is how much of the head is to be collected, as far as is known.
func (s *scanner) headEnd() int {
	if s.have < sizeBytes {
		return sizeBytes
	}
	return sizeBytes + min(s.size, headBytes)
}

// look begins a frame when its head is there.
func (s *scanner) look() {
	if s.have < sizeBytes {
		return
	}
	if s.have == sizeBytes {
		if s.size = int(int32(binary.BigEndian.Uint32(s.head[:]))); s.size < 0 || s.size > maxFrameBytes {
			s.blind = true
			s.pass(s.head[:s.have])
			return
		}
	}
	if s.have < s.headEnd() {
		return
	}
	payload := s.head[sizeBytes:s.have]
	s.plan = s.begin(s.size, payload)
	s.begun = true
	s.missing = s.size - len(payload)
	if !s.plan.hold {
		s.pass(s.head[:sizeBytes])
	}
	s.take(payload)
}

// take adds bytes of a payload.
func (s *scanner) take(p []byte) {
	if room := s.plan.keep - len(s.kept); room > 0 {
		s.kept = append(s.kept, p[:min(room, len(p))]...)
	}
	if !s.plan.hold {
		s.pass(p)
	}
}

// rest returns the bytes of a frame that is not whole and that have not been
// passed.
func (s *scanner) rest() []byte {
	switch {
	case s.blind:
		return nil
	case !s.begun:
		return s.head[:s.have]
	case s.plan.hold:
		return append(s.head[:sizeBytes:sizeBytes], s.kept...)
	}
	return nil
}
