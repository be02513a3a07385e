// Package exchange finds the messages in what package capture has read: the
// frames of a dump, or of both directions of each connection of a capture file.
//
//	r, err := capture.Read(input)
//	for _, f := range exchange.Frames(r) {
//		f.Start, f.End         // its bytes, in r.Bytes
//		f.Side, f.Time         // who sent it, and when
//		f.Layout, f.Known      // what it is, where that can be told
//		f.Pair, f.Latency      // the request of an answer, and the other way round
//	}
//
// A frame begins with its size. Where a capture has lost bytes, the size of the
// frame that was hit tells where the next one begins; where it cannot, the next
// plausible header is looked for. What is TLS is said to be, and bytes between
// frames are frames of their own kind, so that every byte is in exactly one.
//
// Only headers are looked at, so that a capture of 100 MB takes a moment. The
// messages are read by kwire/inspect when somebody wants to see them.
package exchange

import (
	"encoding/binary"
	"sort"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// A Kind says what a Frame holds.
type Kind uint8

// Kinds.
const (
	Message Kind = iota // one message, or what is read as one
	TLS                 // TLS records: they cannot be decoded
	Loose               // bytes before the first header that could be found
)

// A Frame is a run of the bytes of a Result.
type Frame struct {
	Start, End int
	Kind       Kind
	Sized      bool // begins with its size
	Side       capture.Side
	Chunk      int // index of the Chunk it lies in
	Connection int // its number, from 1; 0 outside of capture files

	Time    int64 // nanoseconds since 1970 of its first byte; 0 if not known
	EndTime int64 // and of its last one
	Lost    int   // bytes that the capture has lost within or right before it

	// Layout is how the frame is to be read where that is Known without
	// reading it: a request's header says it, a response is read as its
	// request says. Only frames of capture files are looked at so.
	Layout        inspect.Layout
	Known         bool
	CorrelationID int32
	// Pair is the index of the answer to a request, or of the request of an
	// answer; −1 if there is none. Latency is the time from the last byte of the
	// request to the first byte of the answer, in nanoseconds.
	Pair    int
	Latency int64
}

// Sizes that frames have.
const (
	SizeBytes     = 4
	minFrameBytes = 4         // a correlation id
	maxFrameBytes = 100 << 20 // Kafka's socket.request.max.bytes
)

// MaxFrames bounds how many frames are listed of one input; what follows
// belongs to the last one, as bytes too many.
const MaxFrames = 1 << 20

// Frames finds the frames of all chunks: in the order of time if they have
// times, and otherwise as they come.
func Frames(r capture.Result) []Frame {
	x := finder{r: r}
	for i := 0; i < len(r.Chunks); i++ {
		c := r.Chunks[i]
		if c.Connection == 0 {
			x.dump(i)
			continue
		}
		first := i
		for i+1 < len(r.Chunks) && r.Chunks[i+1].Connection == c.Connection {
			i++
		}
		x.connection(first, i+1)
	}
	if len(r.Connections) > 0 {
		sort.Stable(byTime(x.frames))
		pair(x.frames)
	}
	return x.frames
}

// byTime sorts frames; a request is before its answer. Package sort's way costs the page less than slices'.
type byTime []Frame

func (f byTime) Len() int      { return len(f) }
func (f byTime) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f byTime) Less(i, j int) bool {
	return f[i].Time < f[j].Time || f[i].Time == f[j].Time && f[i].Side < f[j].Side
}

type finder struct {
	r      capture.Result
	frames []Frame
}

// dump cuts a chunk that is no part of a connection. Sizes that lie are left to
// the reader of the frame, who can say what is wrong: the frame then takes the
// rest of the chunk.
func (x *finder) dump(chunk int) {
	c := x.r.Chunks[chunk]
	first := len(x.frames)
	add := func(start, end int, sized bool) {
		x.frames = append(x.frames, Frame{Start: start, End: end, Sized: sized, Side: c.Side, Chunk: chunk, Pair: -1})
	}
	for pos := c.Start; pos < c.End; {
		n := sizeAt(x.r.Bytes[pos:c.End])
		whole := n >= minFrameBytes && n <= c.End-pos-SizeBytes
		switch {
		case whole && len(x.frames) < MaxFrames:
			add(pos, pos+SizeBytes+n, true)
			pos += SizeBytes + n
			continue
		case len(x.frames) > first && (len(x.frames) >= MaxFrames || n < minFrameBytes || n > maxFrameBytes):
			x.frames[len(x.frames)-1].End = c.End // not a frame: bytes that the frame before has too many
		case len(x.frames) < MaxFrames:
			add(pos, c.End, len(x.frames) > first) // cut off, or of unknown make
		}
		return
	}
}

// sizeAt reads a size prefix, −1 if there is none.
func sizeAt(b []byte) int {
	if len(b) < SizeBytes {
		return -1
	}
	return int(int32(binary.BigEndian.Uint32(b)))
}

// Request reads what a request says of itself: its layout and its correlation
// id. It is not ok if there is no such API, or the header cannot be one: an
// unknown version, a client id that is longer than the frame or not text.
func Request(frame []byte, sized bool) (l inspect.Layout, correlation int32, ok bool) {
	l, ok = inspect.RequestLayout(frame, sized)
	if sized {
		frame = frame[min(SizeBytes, len(frame)):]
	}
	if len(frame) < requestHeaderBytes {
		return l, 0, false
	}
	correlation = int32(binary.BigEndian.Uint32(frame[4:]))
	if m := schema.Request(l.Key); m == nil || !ok || !m.Versions.Has(l.Version) {
		return l, correlation, false
	}
	if l.HeaderVersion < 1 || len(frame) < requestHeaderBytes+2 {
		return l, correlation, l.HeaderVersion == 0
	}
	n := int(int16(binary.BigEndian.Uint16(frame[requestHeaderBytes:])))
	if n < -1 || n > len(frame)-requestHeaderBytes-2 {
		return l, correlation, false
	}
	for _, c := range frame[requestHeaderBytes+2 : requestHeaderBytes+2+max(n, 0)] {
		if c < ' ' || c == 0x7f {
			return l, correlation, false
		}
	}
	return l, correlation, true
}

const requestHeaderBytes = 8 // key, version, correlation id

// ClientID reads the client id of a request's frame, "" if it has none.
func ClientID(frame []byte, sized bool) string {
	if sized {
		frame = frame[min(SizeBytes, len(frame)):]
	}
	if len(frame) < requestHeaderBytes+2 {
		return ""
	}
	n := int(int16(binary.BigEndian.Uint16(frame[requestHeaderBytes:])))
	if n <= 0 || n > len(frame)-requestHeaderBytes-2 {
		return ""
	}
	return string(frame[requestHeaderBytes+2 : requestHeaderBytes+2+n])
}
