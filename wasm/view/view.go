// Package view turns an input into what the page draws: the text becomes
// bytes (package capture), the bytes become frames, each frame is read by the
// layout that fits it best or that a person chose (kwire/inspect), and the
// trees become one block of numbers and strings (doc.go) that crosses into
// JavaScript without a call per node.
//
// Nothing here knows a browser; the package is tested natively and under
// GOOS=js. It never fails: what cannot be read is a Problem beside whatever
// could be.
package view

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// A Choice is how a person wants a frame to be read, instead of as guessed.
type Choice struct{ Frame, Side, Key, Version int }

// Sides of a Frame, a Reading and a Choice.
const (
	SideRequest  = 0
	SideResponse = 1
	SideBatches  = 2 // record batches, as in a log segment: no frame at all
	SideFile     = 3 // another file of a log directory, or a state replayed
)

// maxReadings is how many ways to read a frame are listed.
const maxReadings = 12

// maxNodes is how many fields of one frame are shown; beyond it, the bytes of
// each group that has no place are one row.
const maxNodes = 200_000

// Build reads an input, text or bytes.
func Build(input []byte, choices []Choice) *Doc { return Open(input, "").Doc(choices) }

// utf16Positions turns byte offsets in a text into those of JavaScript.
func (s *Session) utf16Positions() {
	s.pos = s.result.Pos
	if s.pos == nil && s.err == nil {
		return
	}
	if len(s.result.Connections) > 0 || isASCII(s.input) {
		return
	}
	units := make([]int32, len(s.input)+1) // by byte offset
	n := int32(0)
	for i := 0; i < len(s.input); {
		r, size := utf8.DecodeRune(s.input[i:])
		for k := range size {
			units[i+k] = n
		}
		n++
		if r > 0xffff {
			n++
		}
		i += size
	}
	units[len(s.input)] = n
	for i, p := range s.pos {
		s.pos[i] = units[p]
	}
	s.errPos = int(units[s.errPos])
}

// isASCII looks at eight bytes at a time.
func isASCII(text []byte) bool {
	all := uint64(0)
	for ; len(text) >= 8; text = text[8:] {
		all |= binary.LittleEndian.Uint64(text)
	}
	for _, c := range text {
		all |= uint64(c)
	}
	return all&0x8080808080808080 == 0
}

// describe fills in what a tree says about its frame.
func (b *builder) describe(f *Frame, t *inspect.Tree, l inspect.Layout) {
	f.Key, f.Version, f.HeaderVersion = int(l.Key), int(l.Version), int(l.HeaderVersion)
	f.Title, f.Side = title(l, t.Bytes()), sideOf(l)
	if l.Sized {
		f.Flags |= FrameSized
	}
	if l.Schema() == nil {
		f.Flags |= FrameUnknown
	}
	if h, ok := t.Header(); ok {
		for c := range h.Children() {
			if v, ok := c.Int(); ok && c.Field().Name == "CorrelationId" {
				f.CorrelationID = int(v)
			}
		}
	}
	if e := errorOf(t); e != nil {
		f.Err = Problem{Text: e.sentence(), Off: f.Off + e.offset}
		f.ErrPath = e.path
	} else {
		f.Flags |= FrameExact
	}
}

// AppendLists appends what the page knows from its start, a line each: the APIs
// with key, name, lowest and highest version between tabs; after an empty line
// the formats that an input may have, and after another one the error codes
// with number and name.
func AppendLists(dst []byte) []byte {
	for m := range schema.APIs() {
		dst = strconv.AppendInt(dst, int64(m.Key), 10)
		dst = append(dst, '\t')
		dst = append(dst, m.API()...)
		for _, v := range [...]int16{m.Versions.Min(), m.Versions.Max()} {
			dst = append(dst, '\t')
			dst = strconv.AppendInt(dst, int64(v), 10)
		}
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	for _, name := range capture.Names() {
		dst = append(append(dst, name...), '\n')
	}
	for _, k := range stored.Kinds() {
		dst = append(append(dst, k.String()...), '\n')
	}
	dst = append(dst, '\n')
	for code := errcode.Code(-1); ; code++ {
		name := code.String()
		if name[0] > 'Z' {
			return dst
		}
		dst = strconv.AppendInt(dst, int64(code), 10)
		dst = append(append(append(dst, '\t'), name...), '\n')
	}
}
