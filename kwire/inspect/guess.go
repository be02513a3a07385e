package inspect

import (
	"sort"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
)

// Reading is one answer to what some bytes are.
type Reading struct {
	Layout  Layout
	Score   int  // how likely it is among the readings, in per cent
	Exact   bool // all bytes are read, none is missing
	bits    int
	sampled bool // judged by the start of the bytes only
}

// Hints narrow down what Guess has to consider. The zero value says nothing.
type Hints struct {
	Side  Side
	Size  SizePrefix
	Limit int // how many readings are wanted; 0 means DefaultReadings
	// Only, if not nil, says which layouts to consider.
	Only func(Layout) bool
}

// DefaultReadings is how many readings Guess returns at most.
const DefaultReadings = 10

// Side says who sent some bytes.
type Side uint8

// Sides.
const (
	AnySide    Side = iota
	ClientSide      // requests
	BrokerSide      // responses
)

// SizePrefix says whether the four bytes of the size come first.
type SizePrefix uint8

// Size prefixes.
const (
	AnySize SizePrefix = iota
	WithSize
	WithoutSize
)

// RecordBatches is the Name of the Layout of record batches that stand alone.
const RecordBatches = "RecordBatches"

// Guess finds out what a frame is: a request, which says so itself; a response, which does not, so
// that all APIs and versions are tried; or record batches. The readings come best first; there are
// none if nothing fits at all.
//
// Each reading is judged by how many bits it takes to write the bytes down when one knows that they
// are that message: few for the zero of an error code or the letters of a topic, many for a
// timestamp in the year 40000. Bytes that are left over, or that are missing, cost much.
func Guess(frame []byte) []Reading { return Hints{}.Guess(frame) }

// Guess is the function Guess with hints.
func (h Hints) Guess(frame []byte) []Reading {
	g := guesser{src: frame, limit: h.Limit, only: h.Only}
	if g.limit <= 0 {
		g.limit = DefaultReadings
	}
	if h.Size != WithoutSize && len(frame) >= 4 {
		g.sized(h.Side)
	}
	if h.Size == AnySize && !g.exact() || h.Size == WithoutSize {
		g.unsized(h.Side)
	}
	if h.Side != ClientSide && h.Size != WithSize {
		g.batches()
	}
	return g.ranked()
}

// Costs in bits of what speaks against a reading.
const (
	unsizedBits    = 12       // no size where the wire has one
	coincidentBits = 40       // besides, when the first four bytes would be a true size
	cutBits        = 48       // the end of the frame is missing
	leftoverBits   = 60       // bytes after the message, besides those that each takes
	damagedBits    = 100      // reading ends with an error
	endsEarlyBits  = 10       // the same, because the end of the frame is missing
	unreadBits     = 9        // a byte that was not read: more than a byte of a value
	hopelessBits   = 160      // further behind the best reading than this, a reading is not looked at
	sampleBytes    = 16 << 10 // readings are compared by so many bytes
	maxGuessBytes  = 1 << 20  // of record batches that stand alone
)

type guesser struct {
	src   []byte
	limit int
	only  func(Layout) bool
	found []Reading
	best  int // bits of the best reading so far; 0 before the first
	cut   int // bits that it takes to say that the end is missing: 0 if the size says that it is not
}

func (g *guesser) exact() bool {
	for i := range g.found {
		if g.found[i].Exact && g.found[i].Layout.Sized {
			return true
		}
	}
	return false
}

// sized tries the frame as having a size first.
func (g *guesser) sized(side Side) {
	n, have := frameSize(g.src), len(g.src)-4
	switch {
	case n == have:
		g.messages(side, g.src[4:], true, 0)
	case n > have && n <= maxFrameBytes:
		// What is cut off of a frame is seldom many times what is left of it.
		g.cut = endsEarlyBits
		g.messages(side, g.src[4:], true, cutBits+sizeBits((n-have)/(have+1)))
		g.cut = 0
	case n >= 0 && n < have && n >= 4:
		g.messages(side, g.src[4:4+n], true, leftoverBits+unreadBits*min(have-n, sampleBytes))
	}
}

// unsized tries the frame as one without its size.
func (g *guesser) unsized(side Side) {
	cost := unsizedBits
	if sizeIs(g.src, len(g.src)-4) {
		cost += coincidentBits
	}
	g.cut = cutBits + endsEarlyBits
	g.messages(side, g.src, false, cost)
	g.cut = 0
}

// maxFrameBytes is the largest frame that a size may announce: brokers refuse larger ones by
// default (socket.request.max.bytes).
const maxFrameBytes = 100 << 20

// messages tries all requests and responses that src may be.
func (g *guesser) messages(side Side, src []byte, sized bool, bits int) {
	if side != BrokerSide {
		if l, ok := RequestLayout(src, false); ok {
			l.Sized = sized
			g.try(l, src, bits)
		}
	}
	if side == ClientSide {
		return
	}
	for m := range schema.APIs() {
		r := schema.Response(m.Key)
		for v := r.Versions.Max(); v >= r.Versions.Min(); v-- {
			if !r.Versions.Has(v) {
				continue
			}
			l := Layout{Kind: schema.KindResponse, Key: m.Key, Version: v, HeaderVersion: schema.ResponseHeaderVersion(m.Key, v), Sized: sized}
			g.try(l, src, bits+responseBits+apiBits(m.Key)+versionBits(r, v))
		}
	}
}

// try judges one layout of src, which has no size before it, by the start of src.
func (g *guesser) try(l Layout, src []byte, bits int) {
	m := l.Schema()
	if m == nil || !m.Versions.Has(l.Version) || g.only != nil && !g.only(l) {
		return
	}
	c := coster{bits: bits, src: src, sample: sampleBytes}
	if g.best > 0 {
		c.limit = g.best + hopelessBits
	}
	n, ok := c.message(l, m)
	switch unread := max(0, min(len(src), sampleBytes)-n); {
	case c.limit > 0 && c.bits > c.limit:
		return
	case !ok && !c.sampled && g.cut > 0 && c.early:
		c.bits += g.cut + 8*unread // bytes of the value that is cut off
	case !ok && !c.sampled:
		c.bits += damagedBits + unreadBits*unread
	case ok && n < len(src):
		c.bits += leftoverBits + unreadBits*unread
	}
	g.add(Reading{Layout: l, Exact: ok && n == len(src) && g.fits(l, src), bits: max(c.bits, 1), sampled: c.sampled})
}

// fits reports whether the size before src, if the layout has one, is true.
func (g *guesser) fits(l Layout, src []byte) bool {
	return !l.Sized || len(src) == len(g.src)-4 && sizeIs(g.src, len(src))
}

// verify reads the best of the readings that were judged by a sample to their end.
func (g *guesser) verify() {
	best := -1
	for i := range g.found {
		r := &g.found[i]
		if best >= 0 && r.bits > best+hopelessBits || i >= 2*g.limit {
			return
		}
		if !r.sampled {
			best = max(best, r.bits)
			continue
		}
		src := g.src
		if r.Layout.Sized {
			src = src[4:]
			if n := frameSize(g.src); n >= 0 && n < len(src) {
				src = src[:n]
			}
		}
		c := coster{src: src}
		n, ok := c.message(r.Layout, r.Layout.Schema())
		r.Exact = ok && n == len(src) && g.fits(r.Layout, src)
		switch {
		case !ok:
			r.bits += damagedBits + unreadBits*(len(src)-n)
		case n < len(src):
			r.bits += leftoverBits + unreadBits*(len(src)-n)
		}
		if best < 0 || r.bits < best {
			best = r.bits
		}
	}
}

func sizeIs(frame []byte, n int) bool {
	return len(frame) >= 4 && frameSize(frame) == n
}

// batches tries the bytes as record batches.
func (g *guesser) batches() {
	l := Layout{Kind: schema.KindData, Key: -1, HeaderVersion: NoHeader, Name: RecordBatches}
	if g.only != nil && !g.only(l) {
		return
	}
	n, bits := 0, 20
	for b, err := range records.Batches(g.src[:min(len(g.src), maxGuessBytes)]) {
		if err != nil {
			break
		}
		if bits += batchBits; b.CheckCRC() != nil {
			bits += damagedBits
		}
		n += b.Size()
	}
	if n > 0 {
		bits += unreadBits * min(len(g.src)-n, sampleBytes)
		g.add(Reading{Layout: l, Exact: n == len(g.src), bits: bits})
	}
}

func (g *guesser) add(r Reading) {
	g.found = append(g.found, r)
	if g.best == 0 || r.bits < g.best {
		g.best = r.bits
	}
}

// byBits sorts readings. Package sort's way costs the page less than slices'.
type byBits []Reading

func (r byBits) Len() int           { return len(r) }
func (r byBits) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r byBits) Less(i, j int) bool { return r[i].bits < r[j].bits }

// ranked sorts the readings and gives them scores: a reading that takes one bit more is half as likely.
func (g *guesser) ranked() []Reading {
	sort.Stable(byBits(g.found))
	g.verify()
	sort.Stable(byBits(g.found))
	out := g.found[:min(len(g.found), g.limit)]
	total := 0.0
	weight := func(r Reading) float64 {
		behind := r.bits - out[0].bits
		if behind > 30 {
			return 0
		}
		return 1 / float64(int64(1)<<behind)
	}
	for _, r := range out {
		total += weight(r)
	}
	for i := range out {
		out[i].Score = int(100*weight(out[i])/total + 0.5)
	}
	return out
}
