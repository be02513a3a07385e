package view

import (
	"encoding/binary"
	"strconv"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// What Edit does.
const (
	EditSet       = iota // the row a has the value arg, as the page prints it; what is about it follows
	EditWrite            // b bytes from a on are replaced by arg; nothing follows
	EditRemove           // the element, tagged field, record or header of row a goes
	EditDuplicate        // it is there twice
	EditReplace          // the frame's bytes are arg
	EditMend             // the frame is encoded again from its values
)

// Edit changes the bytes of a frame and returns the Doc of all of them, with the
// tree of that frame, or one that says why the edit is Refused. Rows count from the
// frame's first. A length, count, size or checksum that is set does not
// lead to any other change. The other frames, their pairs, connections and
// times stay what they were; places in the input's text are no longer known.
func (s *Session) Edit(frame, op, a, b int, arg []byte, choices []Choice) *Doc {
	if frame < 0 || frame >= len(s.frames) {
		return s.refused(noFrame)
	}
	x := &s.frames[frame]
	raw := s.result.Bytes[x.Start:x.End]
	t := s.treeAt(frame)
	p := place{part: -1}
	out, reason := arg, ""
	switch {
	case op == EditWrite:
		if a < 0 || b < 0 || a > len(raw) || b > len(raw)-a {
			return s.refused("there are no such bytes")
		}
		out = splice(raw, a, b, arg)
	case op == EditReplace:
	case t == nil:
		reason = noFrame
	case op == EditMend:
		out, reason = encode(s.mended(t))
	default:
		if p = at(t, a); p.part < 0 {
			return s.refused(noNode)
		}
		out, reason = change(t, p, op, string(arg))
	}
	if reason != "" {
		return s.refused(reason)
	}
	s.replace(frame, out, t)
	d := s.doc(choices, frame)
	d.Select = s.selected(frame, op, a, p)
	return d
}

func (s *Session) refused(reason string) *Doc {
	return &Doc{Bytes: s.result.Bytes, Refused: reason, Select: -1}
}

// encode is Tree.Encode with a reason that the page can show.
func encode(t *inspect.Tree, edits ...inspect.Edit) ([]byte, string) {
	out, err := t.Encode(edits...)
	return out, reasonOf(err)
}

func reasonOf(err error) string {
	e, ok := err.(*wire.Error)
	switch {
	case !ok:
		return ""
	case e.Err == inspect.ErrEdit:
		return e.Detail
	}
	return "the message cannot be read to its end: " + causeText(e)
}

// mended is a frame read to its last byte, whatever its size says.
func (s *Session) mended(t *inspect.Tree) *inspect.Tree {
	raw := t.Bytes()
	if !t.Layout.Sized || len(raw) < sizeBytes {
		return t
	}
	sized := binary.BigEndian.AppendUint32(nil, uint32(len(raw)-sizeBytes))
	return s.options().Frame(append(sized, raw[sizeBytes:]...), t.Layout)
}

// change is a frame after an edit of one place, or the reason why it is not made.
func change(t *inspect.Tree, p place, op int, text string) ([]byte, string) {
	n := p.node
	if op != EditSet {
		return encode(t, inspect.Edit{Op: inspect.RemoveNode + inspect.EditOp(op-EditRemove), Node: n})
	}
	if p.part != 1 && !n.Structural() {
		return encode(t, inspect.Edit{Node: n, Text: text})
	}
	if n.Buffer() != 0 {
		return nil, "what is compressed has no bytes here that could be set alone"
	}
	size := n.Size()
	head, err := n.AppendValue(nil, text)
	if p.part == 1 {
		var v int
		v, err = strconv.Atoi(text)
		head, size = n.AppendLength(nil, v), n.Prefix()
		if err != nil {
			return nil, "a whole number is wanted"
		}
	}
	return splice(t.Bytes(), n.Offset(), size, head), reasonOf(err)
}

// splice is b with n bytes from an offset on replaced.
func splice(b []byte, at, n int, by []byte) []byte {
	out := make([]byte, 0, len(b)-n+len(by))
	return append(append(append(out, b[:at]...), by...), b[at+n:]...)
}

// replace gives a frame other bytes. It is read as it was before, except that a
// request that said itself what it is may now say something else.
func (s *Session) replace(i int, raw []byte, t *inspect.Tree) {
	x := &s.frames[i]
	end, grown := x.End, len(raw)-(x.End-x.Start)
	s.result.Bytes = splice(s.result.Bytes, x.Start, x.End-x.Start, raw)
	for k := range s.frames {
		if s.frames[k].Start >= end && k != i {
			s.frames[k].Start += grown
			s.frames[k].End += grown
		}
	}
	x.End += grown
	s.pos, s.err, s.tree, s.search = nil, nil, nil, search{}
	delete(s.parts, i)
	for k, r := range s.read { // what was guessed, or read by a request before it, stays so
		if !s.chosen(k) {
			s.frames[k].Layout, s.frames[k].Known = r.layout, true
			r.edited = true
		}
	}
	if t == nil {
		return
	}
	l, at := t.Layout, 0
	if l.Sized {
		at = sizeBytes
	}
	if l.Kind == schema.KindRequest && l.HeaderVersion >= 0 {
		if was, _ := inspect.RequestLayout(t.Bytes(), l.Sized); was == l {
			l, _ = inspect.RequestLayout(raw, l.Sized)
		}
		at += 4
	}
	if l.HeaderVersion >= 0 && len(raw) >= at+4 {
		x.CorrelationID = int32(binary.BigEndian.Uint32(raw[at:]))
	}
	if !s.chosen(i) {
		x.Layout = l
	}
}

// chosen reports whether the person said how a frame is to be read.
func (s *Session) chosen(i int) bool {
	for _, c := range s.choices {
		if c.Frame == i {
			return true
		}
	}
	return false
}

// selected is the row to look at after an edit: that of the value, of what was
// doubled, or of what stands where something was removed.
func (s *Session) selected(frame, op, a int, p place) int {
	t := s.treeAt(frame)
	if t == nil || op >= EditReplace {
		return -1
	}
	if op == EditWrite {
		n, ok := t.LeafAt(a)
		if !ok {
			return -1
		}
		return rowNumbers(t)[n.Index()]
	}
	i := p.node.Index()
	parent, _ := p.node.Parent()
	switch op {
	case EditDuplicate:
		i = p.node.End()
	case EditRemove:
		if i >= t.Len() || parentOf(t, i) != parent.Index() {
			i = parent.Index()
		}
	}
	if i >= t.Len() {
		return -1
	}
	row := rowNumbers(t)[i]
	if op == EditSet && split(t.At(i)) {
		row += p.part
	}
	return row
}

func parentOf(t *inspect.Tree, i int) int {
	p, _ := t.At(i).Parent()
	return p.Index()
}

// RoundTrip encodes a frame again from its values: −1 if that gives the same
// bytes, −2 if it cannot be said, or the first byte that differs.
func (s *Session) RoundTrip(frame int) int {
	t := s.treeAt(frame)
	if t == nil || t.Err != nil || cut(t) {
		return -2
	}
	again, err := t.Encode()
	if err != nil {
		return -2
	}
	raw, i := t.Bytes(), 0
	for i < len(raw) && i < len(again) && raw[i] == again[i] {
		i++
	}
	if i == len(raw) && i == len(again) {
		return -1
	}
	return i
}

// cut reports whether a tree has not room for all fields of its frame.
func cut(t *inspect.Tree) bool {
	for i := 1; i < t.Len(); i++ {
		if t.At(i).Kind() == inspect.MoreNode {
			return true
		}
	}
	return false
}
