package view

import (
	"encoding/binary"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/exchange"
	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// maxGuesses is how many frames of one input are guessed: each takes some
// milliseconds, and an input of many thousand frames is not to hold up the
// page. Frames that say what they are do not count.
const maxGuesses = 200

// layout decides how the next frame is read, and lists what else fits.
func (b *builder) layout(raw []byte, f exchange.Frame) (inspect.Layout, []inspect.Reading, int) {
	sized, side := f.Sized, f.Side
	if l, ok := b.chosen(raw, sized); ok {
		return l, b.guess(raw, sized, side), FrameChosen
	}
	if f.Known {
		how := 0
		if f.Layout.Kind == schema.KindResponse {
			how = FramePaired
		}
		if r := b.s.read[b.index]; r != nil && r.edited {
			how = r.how
		}
		if b.s.file.Kind != stored.Unknown || f.Layout.Name == inspect.RecordBatches || b.exact(raw, f.Layout) {
			return f.Layout, nil, how
		}
		return f.Layout, b.guess(raw, sized, side), how
	}
	// A request names its API and version itself; a response with the
	// correlation id of a request before it has that one's. What is read to
	// the last byte this way needs no guess.
	request, isRequest := inspect.RequestLayout(raw, hasSize(raw, sized))
	isRequest = isRequest && side != capture.SideBroker && (side == capture.SideClient || plausibleHeader(raw, request))
	if isRequest && b.exact(raw, request) {
		return request, nil, 0
	}
	answer, isAnswer := b.answer(raw, sized, side)
	if isAnswer && b.exact(raw, answer) {
		return answer, nil, FramePaired
	}
	ranked := b.guess(raw, sized, side)
	switch {
	case isAnswer && !(len(ranked) > 0 && ranked[0].Exact && ranked[0].Layout.Kind == schema.KindRequest):
		return answer, ranked, FramePaired // damaged, and no request that happens to start like it
	case len(ranked) > 0 && ranked[0].Exact, len(ranked) > 0 && !isRequest:
		return ranked[0].Layout, ranked, 0
	}
	// The request that it says it is, also when there is no such version.
	return request, ranked, 0
}

func (b *builder) exact(raw []byte, l inspect.Layout) bool { return b.tree(raw, l).Err == nil }

// tree reads a frame, unless it was the last one that was read.
func (b *builder) tree(raw []byte, l inspect.Layout) *inspect.Tree {
	if b.last.tree != nil && b.last.index == b.index && b.last.layout == l {
		return b.last.tree
	}
	o := b.s.options()
	b.last.index, b.last.layout = b.index, l
	if l.Kind == schema.KindResponse && l.HeaderVersion != inspect.NoHeader && l.Sized {
		b.last.tree = o.Response(raw, l.Key, l.Version) // which knows that ApiVersions may be answered in v0
	} else {
		b.last.tree = o.Frame(raw, l)
	}
	return b.last.tree
}

func hasSize(raw []byte, sized bool) bool {
	return sized || sizeAt(raw) == len(raw)-sizeBytes
}

// guess ranks the layouts that a frame may have, as kwire decode does.
func (b *builder) guess(raw []byte, sized bool, side capture.Side) []inspect.Reading {
	if b.guesses++; b.guesses > maxGuesses {
		return nil
	}
	h := inspect.Hints{Limit: maxReadings}
	if sized {
		h.Size = inspect.WithSize
	}
	switch side {
	case capture.SideClient:
		h.Side = inspect.ClientSide
	case capture.SideBroker:
		h.Side = inspect.BrokerSide
	}
	return h.Guess(raw)
}

// chosen is the layout that the person wants.
func (b *builder) chosen(raw []byte, sized bool) (inspect.Layout, bool) {
	for _, c := range b.choices {
		if c.Frame != b.index {
			continue
		}
		if c.Side == SideBatches {
			return inspect.Layout{Kind: schema.KindData, Key: -1, HeaderVersion: inspect.NoHeader, Name: inspect.RecordBatches}, true
		}
		l := inspect.Layout{Key: int16(c.Key), Version: int16(c.Version), Sized: hasSize(raw, sized)}
		if !l.Sized { // a size that lies, or none
			l.Sized = plausibleSize(raw)
		}
		if c.Side == SideResponse {
			l.Kind, l.HeaderVersion = schema.KindResponse, schema.ResponseHeaderVersion(l.Key, l.Version)
		} else {
			l.Kind, l.HeaderVersion = schema.KindRequest, schema.RequestHeaderVersion(l.Key, l.Version)
			if l.HeaderVersion < 0 {
				l.HeaderVersion = 1 // no such API: what all headers begin with
			}
		}
		return l, true
	}
	return inspect.Layout{}, false
}

// answer reads a response by the request that it answers: the one before it
// with the same correlation id.
func (b *builder) answer(raw []byte, sized bool, side capture.Side) (inspect.Layout, bool) {
	at := sizeBytes
	if len(raw) < at+4 || side == capture.SideClient {
		return inspect.Layout{}, false
	}
	id := int32(binary.BigEndian.Uint32(raw[at:]))
	q, ok := b.asked[id]
	if ok && (sized || id != 0 && plausibleSize(raw)) { // a size that lies still has the id behind it
		return exchange.Answer(q.layout), true
	}
	if q, ok = b.waiting(); !ok {
		return inspect.Layout{}, false
	}
	l := exchange.Answer(q.layout)
	return l, side == capture.SideBroker || sized && b.exact(raw, l) // with an id that lies
}

// waiting is the last request of a dump that has no answer yet.
func (b *builder) waiting() (asked, bool) {
	for i := b.index - 1; i >= max(0, b.index-maxWaiting) && i < len(b.d.Frames); i-- {
		if f := &b.d.Frames[i]; f.Side == SideRequest && f.Pair < 0 && f.Connection == 0 {
			q, ok := b.asked[int32(f.CorrelationID)]
			return q, ok && q.frame == i
		}
	}
	return asked{}, false
}

// maxWaiting is how many frames are looked back for the request of an answer with another correlation id.
const maxWaiting = 16

// maxHeaderBytes is more than a request's header has.
const maxHeaderBytes = 1024

// plausibleHeader reports whether a request's header can be read, with a
// client id of printable characters.
func plausibleHeader(raw []byte, l inspect.Layout) bool {
	if l.Key == 0 { // which is also the start of a small correlation id
		return false
	}
	h, ok := inspect.Options{}.Frame(raw[:min(len(raw), maxHeaderBytes)], l).Header()
	if !ok {
		return false
	}
	for c := range h.Children() {
		if c.Field().Name != "ClientId" {
			continue
		}
		if c.IsNull() {
			return true
		}
		text := c.Bytes()[c.Prefix():]
		for _, ch := range text {
			if ch < ' ' || ch >= 0x7f {
				return false
			}
		}
		return len(text) > 0
	}
	return false
}

// sizeAt reads a size prefix, −1 if there is none.
func sizeAt(b []byte) int {
	if len(b) < sizeBytes {
		return -1
	}
	return int(int32(binary.BigEndian.Uint32(b)))
}

func plausibleSize(b []byte) bool { return sizeAt(b) >= minFrameBytes && sizeAt(b) <= maxFrameBytes }

const (
	sizeBytes     = exchange.SizeBytes
	minFrameBytes = 4         // a correlation id
	maxFrameBytes = 100 << 20 // Kafka's socket.request.max.bytes
)

// list puts the ranked layouts of a frame into the document.
func (b *builder) list(f *Frame, ranked []inspect.Reading) {
	f.FirstReading, f.ReadingCount = len(b.d.Readings), len(ranked)
	for _, r := range ranked {
		b.d.Readings = append(b.d.Readings, Reading{Side: sideOf(r.Layout), Key: int(r.Layout.Key), Version: int(r.Layout.Version), Score: r.Score, Exact: r.Exact})
	}
}

func sideOf(l inspect.Layout) int {
	switch l.Kind {
	case schema.KindRequest:
		return SideRequest
	case schema.KindResponse:
		return SideResponse
	}
	if l.Name != inspect.RecordBatches {
		return SideFile
	}
	return SideBatches
}
