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
	if s.read[i] == nil {
		s.Frame(i, s.choices)
	}
	s.tree, s.treeOf = s.options().Frame(s.result.Bytes[s.frames[i].Start:s.frames[i].End], s.read[i].layout), i
	return s.tree
}

// options are how frames are read.
func (s *Session) options() inspect.Options {
	return inspect.Options{MaxNodes: maxNodes, Decompressor: s.plain}
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
	p := at(t, row)
	if p.part < 0 {
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
