package view

import (
	"encoding/binary"
	"strconv"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// What a person asks about a frame or a field is answered from its tree, which
// is built again: rows are drawn and forgotten.

// treeAt is the tree of a frame, read as the page last saw it; nil if there is
// no such message.
func (s *Session) treeAt(i int) *inspect.Tree {
	if i < 0 || i >= len(s.frames) || s.frames[i].Kind != 0 {
		return nil
	}
	switch r := s.read[i]; {
	case s.tree != nil && s.treeOf == i:
	case r == nil:
		s.Frame(i, s.choices)
	default:
		s.tree, s.treeOf = s.options().Frame(s.result.Bytes[s.frames[i].Start:s.frames[i].End], r.layout), i
	}
	return s.tree
}

// options are how frames are read.
func (s *Session) options() inspect.Options {
	return s.file.Options(inspect.Options{MaxNodes: maxNodes, Decompressor: s.plain})
}

// Reasons why a question has no answer.
const (
	noFrame = "this is no message of Kafka's"
	noNode  = "there is no such field"
)

// A place is what a row stands for: a node of the tree, or the length or the
// content of one.
type place struct {
	node inspect.Node
	part int // 0 the node, 1 its length, 2 its content, −1 there is none
}

// at finds the place of a frame's row, which is numbered from the frame's first.
func at(t *inspect.Tree, row int) place {
	stop := stopRow(t)
	for i := 1; i < t.Len() && row >= 0; i++ {
		n := t.At(i)
		if i == stop {
			row-- // the row of the error is no node
		}
		rows := rowsOf(n)
		if row < rows {
			return place{n, row}
		}
		row -= rows
	}
	return place{part: -1}
}

// rowNumbers are the rows of the nodes of a tree; its root has none.
func rowNumbers(t *inspect.Tree) []int {
	rows := make([]int, t.Len())
	row, stop := 0, stopRow(t)
	for i := 1; i < len(rows); i++ {
		if i == stop {
			row++
		}
		rows[i] = row
		row += rowsOf(t.At(i))
	}
	return rows
}

// stopRow is the index of the node before whose row the error has its own; −1
// if it has none.
func stopRow(t *inspect.Tree) int {
	if t.Err == nil {
		return -1
	}
	end, err := t.At(errorParent(t)).End(), errorOf(t)
	for i := 1; i < end; i++ {
		if err.isOf(t.At(i)) {
			return -1
		}
	}
	return end
}

// rowsOf is how many rows the node has for itself.
func rowsOf(n inspect.Node) int {
	if split(n) {
		return 3
	}
	return 1
}

// split reports whether a value is shown as its length and its content too.
func split(n inspect.Node) bool {
	return n.IsLeaf() && n.Prefix() > 0 && n.Size() > n.Prefix() && !n.IsNull() && n.Kind() != inspect.TextNode
}

// AppendTexts appends the texts of bare rows, which come as ascending int32s
// and are numbered from the frame's first: five a row, each ended by cellEnd.
func (s *Session) AppendTexts(dst []byte, frame int, rows []byte) ([]byte, string) {
	t := s.treeAt(frame)
	if t == nil {
		return dst, noFrame
	}
	row, stop := 0, stopRow(t)
	for i := 1; i < t.Len() && len(rows) >= 4; i++ {
		if i == stop {
			row++
		}
		n := t.At(i)
		for part := range rowsOf(n) {
			if len(rows) >= 4 && uint32(row) == binary.LittleEndian.Uint32(rows) {
				rows = rows[4:]
				x := partTexts(n, part)
				for _, text := range [...]string{x.Name, x.Type, x.Value, x.Meaning, x.About} {
					dst = append(append(dst, text...), cellEnd)
				}
			}
			row++
		}
	}
	return dst, ""
}

// cellEnd ends a text where a tab may be part of it.
const cellEnd = 0

// AppendPlaces appends where some bytes stand in the text, in UTF-16 units: the first of them, the last one, and the
// one behind them, −1 if there is none.
func (s *Session) AppendPlaces(dst []byte, first, end int) ([]byte, string) {
	if first < 0 || first >= end || end > len(s.pos) {
		return dst, "these bytes stand in no text"
	}
	next := int32(-1)
	if end < len(s.pos) {
		next = s.pos[end]
	}
	return appendInts(dst, []int32{s.pos[first], s.pos[end-1], next}), ""
}

// AppendSkim appends what a list says of some frames, a line each: the first error code in a response that is not 0 (0 if there
// is none, −1 if it could not be read), how many problems decoding has, and what the message is about. Frames that nothing is
// known of are not guessed for it.
func (s *Session) AppendSkim(dst []byte, from, count int) []byte {
	w := lines{dst}
	for i := max(from, 0); i < len(s.frames) && i-from < count; i++ {
		code, problems, about := s.skim(i)
		w.line(strconv.Itoa(code), strconv.Itoa(problems), about)
	}
	return w.dst
}

// layoutOf is how a frame was read last or, as far as that is known, will be.
func (s *Session) layoutOf(i int) (l inspect.Layout, known bool) {
	if r := s.read[i]; r != nil {
		return r.layout, true
	}
	return s.frames[i].Layout, s.frames[i].Known
}

// outline is the tree of a frame without its records; nil if nothing is known of it.
func (s *Session) outline(i int) *inspect.Tree {
	l, known := s.layoutOf(i)
	if !known {
		return nil
	}
	x := &s.frames[i]
	o := inspect.Options{MaxNodes: maxNodes, Records: inspect.RecordsBatches}
	raw := s.result.Bytes[x.Start:x.End]
	if l.Kind == schema.KindResponse && l.Sized {
		return o.Response(raw, l.Key, l.Version) // which may be of version 0
	}
	return o.Frame(raw, l)
}

func (s *Session) skim(i int) (code, problems int, about string) {
	t := s.outline(i)
	if t == nil {
		return -1, 0, ""
	}
	if t.Layout.Kind <= schema.KindResponse { // a batch has been told already
		about = s.gist(t)
	}
	if problems = len(t.Problems); t.Err != nil {
		return -1, problems + 1, about
	}
	for i := 1; i < t.Len() && code == 0 && t.Layout.Kind == schema.KindResponse; i++ {
		code = errorCode(t.At(i))
	}
	return code, problems, about
}

// lines are answers of a title and a text each.
type lines struct{ dst []byte }

// line appends a line of parts between tabs.
//
//go:noinline
func (w *lines) line(parts ...string) {
	for i, p := range parts {
		if i > 0 {
			w.dst = append(w.dst, '\t')
		}
		w.dst = append(w.dst, p...)
	}
	w.dst = append(w.dst, '\n')
}
