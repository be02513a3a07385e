package view

import (
	"encoding/binary"
	"strconv"

	"github.com/kwire-project/kafka/kwire/inspect"
)

// What a person asks about a frame or a field is answered from its tree, which
// is built again: rows are drawn and forgotten.

// treeAt is the tree of a frame, read as the page last saw it; nil if there is
// no such message.
func (s *Session) treeAt(i int) *inspect.Tree {
	if i < 0 || i >= len(s.frames) || s.frames[i].Kind != 0 {
		return nil
	}
	if s.tree != nil && s.treeOf == i {
		return s.tree
	}
	l, ok := s.read[i]
	if !ok {
		s.Frame(i, s.choices)
		l = s.read[i]
	}
	o := inspect.Options{MaxNodes: maxNodes, Decompressor: s.plain}
	s.tree, s.treeOf = o.Frame(s.result.Bytes[s.frames[i].Start:s.frames[i].End], l), i
	return s.tree
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
	part int // 0 the node, 1 its length, 2 its content
}

// at finds the place of a frame's row, which is numbered from the frame's first.
func at(t *inspect.Tree, row int) (place, bool) {
	stop := stopRow(t)
	for i := 1; i < t.Len(); i++ {
		n := t.At(i)
		if i == stop {
			row-- // the row of the error is no node
		}
		rows := rowsOf(n)
		if row < rows {
			return place{n, row}, row >= 0
		}
		row -= rows
	}
	return place{}, false
}

// rowOf is the inverse of at, for whole nodes.
func rowOf(t *inspect.Tree, node int) int {
	row, stop := 0, stopRow(t)
	for i := 1; i <= node; i++ {
		if i == stop {
			row++
		}
		if i < node {
			row += rowsOf(t.At(i))
		}
	}
	return row
}

// stopRow is the index of the node before whose row the error has its own; −1
// if it has none.
func stopRow(t *inspect.Tree) int {
	if t.Err == nil {
		return -1
	}
	last := t.At(errorParent(t)) // the last node below it
	for !last.IsLeaf() {
		for last = range last.Children() {
		}
	}
	err := errorOf(t)
	for i := 1; i <= last.Index(); i++ {
		if err.isOf(t.At(i)) {
			return -1
		}
	}
	return last.Index() + 1
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
	return n.IsLeaf() && n.Prefix() > 0 && n.Size() > n.Prefix() && !n.IsNull()
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

// AppendHow appends lines that explain how the bytes of a row make its value.
func (s *Session) AppendHow(dst []byte, frame, row int) ([]byte, string) {
	t := s.treeAt(frame)
	if t == nil {
		return dst, noFrame
	}
	p, ok := at(t, row)
	if !ok {
		return dst, noNode
	}
	w := lines{dst}
	if path := p.node.Path(); path != "" {
		w.line("path", path)
	}
	f := p.node.Field()
	if m, v := p.node.Message(); m != nil && f.Versions != 0 && p.node.ElementIndex() < 0 {
		w.line("since", m.API()+" "+m.Kind.String()+" "+openVersions(f.Versions, m.Versions)+", this is "+strconv.Itoa(int(v)))
	}
	return w.dst, ""
}

// lines are answers of a title and a text each.
type lines struct{ dst []byte }

// line appends a line of parts between tabs.
func (w *lines) line(parts ...string) {
	for i, p := range parts {
		if i > 0 {
			w.dst = append(w.dst, '\t')
		}
		w.dst = append(w.dst, p...)
	}
	w.dst = append(w.dst, '\n')
}
