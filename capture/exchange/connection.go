package exchange

import (
	"encoding/binary"
	"sort"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// connection finds the frames of the chunks of one connection: what the client
// sent, then what the broker sent, either of which may be missing.
func (x *finder) connection(from, to int) {
	sides := map[int]capture.Side{}
	swap := x.r.Connections[x.r.Chunks[from].Connection-1].Guessed && x.swapped(from, to)
	for i := from; i < to; i++ {
		sides[i] = x.r.Chunks[i].Side
		if swap {
			sides[i] = capture.SideClient + capture.SideBroker - sides[i]
		}
	}
	asked := map[int32]bool{} // correlation ids, by which answers are known again
	for _, side := range []capture.Side{capture.SideClient, capture.SideBroker} {
		for i := from; i < to; i++ {
			if sides[i] == side {
				s := stream{finder: x, chunk: i, side: side, asked: asked}
				s.read()
			}
		}
	}
}

// swapped reports whether the sides of a connection, guessed by its ports, are
// the wrong way round: requests are what the broker seems to send.
func (x *finder) swapped(from, to int) bool {
	for i := from; i < to; i++ {
		s := stream{finder: x, chunk: i, side: capture.SideClient}
		c := x.r.Chunks[i]
		if at := s.next(c.Start, min(c.End, c.Start+guessBytes)); at >= 0 {
			return c.Side == capture.SideBroker
		}
	}
	return false
}

// guessBytes is how much of a stream tells who sent it; maxSearchBytes bounds
// how far the next header is looked for after lost bytes.
const (
	guessBytes     = 64 << 10
	maxSearchBytes = 16 << 20
)

// stream is one direction of a connection.
type stream struct {
	*finder
	chunk int
	side  capture.Side
	asked map[int32]bool
	mark  int // index of the mark that the position has passed
	ended int // where a frame ended whose last bytes are lost: that gap is its own
}

func (s *stream) marks() []capture.Mark { return s.r.Chunks[s.chunk].Marks }

// read finds the stream's frames.
func (s *stream) read() {
	c := s.r.Chunks[s.chunk]
	b := s.r.Bytes
	pos := c.Start
	if isTLS(b[pos:c.End]) {
		s.add(Frame{Start: pos, End: c.End, Kind: TLS})
		return
	}
	// At its start a connection that was seen from its first packet on has a frame.
	synced := !s.r.Connections[c.Connection-1].Guessed && s.lostAt(pos) == 0
	for pos < c.End && len(s.frames) < MaxFrames-1 {
		run := s.runEnd(pos)
		if !synced || !s.plausibleSize(pos, run) {
			at := s.next(pos, min(run, pos+maxSearchBytes))
			if at < 0 {
				at = run
			}
			if at > pos {
				s.add(Frame{Start: pos, End: at, Kind: Loose, Lost: s.lostAt(pos)})
			}
			pos, synced = at, at < run
			continue
		}
		f := Frame{Start: pos, Sized: true}
		if pos != s.ended || pos == c.Start {
			f.Lost = s.lostAt(pos)
		}
		pos, synced = s.end(&f, pos+SizeBytes+sizeAt(b[pos:run]))
		s.add(f)
	}
	if pos < c.End {
		s.add(Frame{Start: pos, End: c.End, Kind: Loose})
	}
}

// end finds where a frame ends that would reach to an offset if nothing of it
// were lost, and whether what comes then is the start of the next one.
func (s *stream) end(f *Frame, to int) (pos int, synced bool) {
	c := s.r.Chunks[s.chunk]
	passed := -1
	for i := s.after(f.Start); i < len(c.Marks) && c.Marks[i].At < to; i++ {
		m := c.Marks[i]
		if m.Lost == 0 {
			continue
		}
		f.Lost += m.Lost
		if to -= m.Lost; to < m.At { // it ends within what is lost, and so may others
			f.End = m.At
			return m.At, false
		}
		passed = m.At
	}
	if f.End = min(to, c.End); f.End == passed {
		s.ended = passed
	}
	// Right after a frame there may be a gap: what follows is not known.
	return f.End, f.End == passed || s.lostAt(f.End) == 0
}

// after is the index of the first mark behind an offset.
func (s *stream) after(pos int) int {
	marks := s.marks()
	return sort.Search(len(marks), func(i int) bool { return marks[i].At > pos })
}

// runEnd is where the run of bytes without a gap ends that an offset lies in.
func (s *stream) runEnd(pos int) int {
	marks := s.marks()
	for i := max(s.after(pos), s.mark); i < len(marks); i++ {
		if marks[i].Lost > 0 {
			s.mark = i
			return marks[i].At
		}
	}
	s.mark = len(marks)
	return s.r.Chunks[s.chunk].End
}

// lostAt is how many bytes are missing right before an offset.
func (s *stream) lostAt(pos int) (lost int) {
	marks := s.marks()
	for i := s.after(pos) - 1; i >= 0 && marks[i].At == pos; i-- {
		lost += marks[i].Lost
	}
	return lost
}

func (s *stream) plausibleSize(pos, run int) bool {
	n := sizeAt(s.r.Bytes[pos:run])
	return n >= minFrameBytes && n <= maxFrameBytes
}

// next looks for a frame's start in a run: a size that leads to another one or
// to the end, and behind it the header of a request, or the correlation id of
// one that was sent. It is −1 if there is none.
func (s *stream) next(pos, run int) int {
	b := s.r.Bytes
	for at := pos; at+SizeBytes+minFrameBytes <= run; at++ {
		n := sizeAt(b[at:run])
		if n < minFrameBytes || n > maxFrameBytes {
			continue
		}
		end := at + SizeBytes + n
		if end < run && run-end >= SizeBytes && !s.plausibleSize(end, run) {
			continue
		}
		if s.side == capture.SideBroker {
			if s.asked[int32(binary.BigEndian.Uint32(b[at+SizeBytes:]))] {
				return at
			}
			continue
		}
		if _, _, ok := Request(b[at:min(end, run)], true); ok {
			return at
		}
	}
	return -1
}

// add completes a frame with what its header and the marks tell.
func (s *stream) add(f Frame) {
	f.Side, f.Chunk, f.Connection, f.Pair = s.side, s.chunk, s.r.Chunks[s.chunk].Connection, -1
	marks := s.marks()
	if i := s.after(f.Start) - 1; i >= 0 {
		f.Time = marks[i].Time
	}
	if i := s.after(f.End-1) - 1; i >= 0 {
		f.EndTime = marks[i].Time
	}
	if raw := s.r.Bytes[f.Start:f.End]; f.Kind == Message && f.Sized && len(raw) >= SizeBytes+minFrameBytes {
		switch s.side {
		case capture.SideClient:
			f.Layout, f.CorrelationID, f.Known = Request(raw, true)
			if f.Known && len(s.asked) < maxAsked {
				s.asked[f.CorrelationID] = true
			}
		default:
			f.CorrelationID = int32(binary.BigEndian.Uint32(raw[SizeBytes:]))
		}
	}
	s.frames = append(s.frames, f)
}

// maxAsked bounds how many requests of a connection wait for their answers.
const maxAsked = 1 << 16

// pair links requests with their answers: a broker answers the requests of a
// connection in their order, with their correlation ids.
func pair(frames []Frame) {
	type id struct {
		connection  int
		correlation int32
	}
	waiting := map[id]int{}
	for i := range frames {
		f := &frames[i]
		key := id{f.Connection, f.CorrelationID}
		switch {
		case f.Kind != Message:
		case f.Side == capture.SideClient && f.Known:
			waiting[key] = i
		case f.Side == capture.SideBroker:
			k, ok := waiting[key]
			if !ok {
				continue
			}
			delete(waiting, key)
			q := &frames[k]
			f.Pair, q.Pair = k, i
			f.Latency = max(f.Time-q.EndTime, 0)
			q.Latency = f.Latency
			f.Layout, f.Known = Answer(q.Layout), true
		}
	}
}

// Answer is the layout of the answer to a request.
func Answer(request inspect.Layout) inspect.Layout {
	l := request
	l.Kind, l.Sized = schema.KindResponse, true
	l.HeaderVersion = schema.ResponseHeaderVersion(l.Key, l.Version)
	return l
}

// isTLS reports whether bytes begin with TLS records (RFC 8446, section 5.1):
// type, version 3.x, and a length that leads to the next one or to the end.
func isTLS(b []byte) bool {
	for seen := 0; ; seen++ {
		if len(b) < tlsHeaderBytes {
			return seen > 0
		}
		if b[0] < 20 || b[0] > 24 || b[1] != 3 || b[2] > 4 {
			return false
		}
		n := int(binary.BigEndian.Uint16(b[3:]))
		if n > maxTLSBytes {
			return false
		}
		if seen >= 2 || tlsHeaderBytes+n >= len(b) {
			return true
		}
		b = b[tlsHeaderBytes+n:]
	}
}

const (
	tlsHeaderBytes = 5
	maxTLSBytes    = 1<<14 + 2048
)
