package view

import (
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// appendTree appends the nodes of a tree whose first byte is at base. The
// tree's root, the frame itself, is not drawn. Lengths that the tree keeps
// with their value become rows of their own, so that every byte has a row.
//
// Only the first rows have their texts. The others have them when they are
// seen: AppendTexts.
func (d *Doc) appendTree(t *inspect.Tree, base int, tried plainStore) (first, count int) {
	first = len(d.Nodes)
	if likely := first + t.Len() + t.Len()/8 + 8; likely > cap(d.Nodes) {
		d.Nodes = append(make([]Node, 0, likely), d.Nodes...)
	}
	if likely := len(d.Texts) + min(t.Len()+t.Len()/4, fullRows) + 1; likely > cap(d.Texts) {
		d.Texts = append(make([]Texts, 0, likely), d.Texts...)
	}
	w := treeWriter{d: d, t: t, base: base, err: errorOf(t), tried: tried, full: first + fullRows}
	if w.err != nil && t.Err != nil {
		w.place = errorParent(t)
	}
	w.rows()
	if t.Err != nil && !w.done {
		w.stop(0, -1)
	}
	return first, len(d.Nodes) - first
}

// treeWriter turns the nodes of one tree into rows.
type treeWriter struct {
	d     *Doc
	t     *inspect.Tree
	base  int
	err   *stopped
	place int  // index of the tree's node under which the error stands, 0: at the end
	done  bool // the error has its row
	full  int  // rows from this one on are bare

	tried  plainStore // compressed bytes that the page has had
	packed span       // the compressed bytes above the node
	buffer int        // the tree's buffer that was put into Doc.Plain last
	at     int        // where it begins there
}

// fullRows is how many rows of a frame have their texts from the start: more
// than a screen shows.
const fullRows = 200

type span struct{ off, len int32 }

// maxNeeds is how many batches of one answer the page is asked to decompress.
const maxNeeds = 1000

// plain is where a node's buffer begins in Doc.Plain.
func (w *treeWriter) plain(n inspect.Node) int {
	if n.Buffer() != w.buffer {
		w.buffer, w.at = n.Buffer(), len(w.d.Plain)
		w.d.Plain = append(w.d.Plain, w.t.Buffer(w.buffer)...)
	}
	return w.at
}

// text appends texts and returns their index.
//
//go:noinline
func (d *Doc) text(t Texts) int32 {
	d.Texts = append(d.Texts, t)
	return int32(len(d.Texts) - 1)
}

// group is a node whose row is there, and not all of those below it.
type group struct{ node, row, end int }

// rows appends the nodes, each before those below it.
func (w *treeWriter) rows() {
	in, outer := group{row: -1, end: w.t.Len()}, make([]group, 0, 32) // the innermost group, and those around it
	for i := 1; i < w.t.Len(); i++ {
		for in.end == i {
			w.close(in, len(outer))
			in, outer = outer[len(outer)-1], outer[:len(outer)-1]
		}
		n, row := w.t.At(i), len(w.d.Nodes)
		if row < w.full || w.err != nil || n.Buffer() != 0 || n.Kind() == inspect.CompressedNode {
			w.node(n, len(outer), in.row)
		} else { // as nearly all
			w.bare(n, len(outer), in.row)
			if n.ElementIndex() == 0 && isNumber(n) {
				i += w.elements(i+1, in.end)
				continue
			}
		}
		if end := n.End(); end > i+1 {
			outer = append(outer, in)
			in = group{i, row, end}
		} else if n.Prefix() > 0 || w.place == i {
			w.parts(n, len(outer)+1, row)
		}
	}
	for len(outer) > 0 {
		w.close(in, len(outer))
		in, outer = outer[len(outer)-1], outer[:len(outer)-1]
	}
}

// bare appends the row of a node of the input, without texts. Most rows are made here.
func (w *treeWriter) bare(n inspect.Node, depth, parent int) {
	flags, row := nodeFlags(n), len(w.d.Nodes)
	if row == cap(w.d.Nodes) {
		w.d.Nodes = append(w.d.Nodes, Node{})
	}
	w.d.Nodes = w.d.Nodes[:row+1]
	r := &w.d.Nodes[row]
	r.Text, r.Off, r.Len, r.Parent, r.End = -1, int32(w.base+n.Offset()), int32(n.Size()), int32(parent), int32(row+1)
	r.Flags, r.Depth, r.PlainOff, r.PlainLen = uint16(flags|NodeBare), uint16(depth), -1, 0
}

// isNumber reports whether a node is a number like any other in its array.
func isNumber(n inspect.Node) bool {
	return n.Kind() == inspect.ValueNode && n.Field().Array && n.Field().Type <= schema.Int64 && n.Field().Type != schema.Int16
}

// elements appends the rows of an array of numbers up to a node, which are as the first one, and returns how many.
func (w *treeWriter) elements(first, end int) int {
	i := first
	for row := w.d.Nodes[len(w.d.Nodes)-1]; i < end && w.t.At(i).Kind() == inspect.ValueNode; i++ {
		row.Off += row.Len
		row.End++
		w.d.Nodes = append(w.d.Nodes, row)
	}
	return i - first
}

// parts appends what belongs to the row of a leaf.
func (w *treeWriter) parts(n inspect.Node, depth, row int) {
	switch {
	case split(n):
		w.d.Nodes[row].Flags |= NodeClosed
		w.lengthAndContent(n, depth, row)
	case n.Prefix() > 0 && n.Prefix() == n.Size():
		w.d.Nodes[row].Flags |= NodeStructure
	}
	w.close(group{node: n.Index(), row: row}, depth)
}

// close ends a node after the rows below it, which have a depth.
func (w *treeWriter) close(g group, depth int) {
	if w.place == g.node && w.place > 0 && !w.done {
		w.stop(depth, g.row)
	}
	if end := len(w.d.Nodes); end > g.row+1 {
		w.d.Nodes[g.row].End = int32(end)
		w.d.Nodes[g.row].Flags |= NodeBranch
	}
}

// row appends a row of some bytes that are part of a node; it has no text yet.
func (w *treeWriter) row(n inspect.Node, off, size, depth, parent, flags int) *Node {
	i := len(w.d.Nodes)
	w.d.Nodes = append(w.d.Nodes, Node{Text: -1, Off: int32(w.base + off), Len: int32(size), Depth: uint16(depth), Parent: int32(parent), End: int32(i + 1), Flags: uint16(flags), PlainOff: -1})
	row := &w.d.Nodes[i]
	if i >= w.full {
		row.Flags |= NodeBare
	}
	if n.Buffer() != 0 {
		row.Flags |= NodePlain
		row.PlainOff, row.PlainLen = int32(w.plain(n)+off), row.Len
		row.Off, row.Len = w.packed.off, w.packed.len
	}
	return row
}

// node appends the row of a node.
func (w *treeWriter) node(n inspect.Node, depth, parent int) {
	row := w.row(n, n.Offset(), n.Size(), depth, parent, nodeFlags(n))
	if n.Kind() == inspect.CompressedNode && n.Buffer() == 0 {
		w.packed = span{row.Off, row.Len}
		if n.IsLeaf() && n.Size() > 0 && len(w.d.Needs) < maxNeeds {
			if _, ok := w.tried[string(n.Bytes())]; !ok {
				w.d.Needs = append(w.d.Needs, Need{Codec: n.Count(), Off: int(row.Off), Len: int(row.Len)})
			}
		}
	}
	wrong := w.err != nil && w.wrong(n)
	if row.Flags&NodeBare == 0 || wrong {
		row.Flags &^= NodeBare
		row.Text = w.d.text(textsOf(n))
	}
	if wrong {
		row.Flags |= NodeError
		w.d.Texts[row.Text].Meaning = w.err.text
	}
}

// wrong reports whether the error is that of a value that was read, such as a
// version that does not exist: its own row says so, and none is added.
func (w *treeWriter) wrong(n inspect.Node) bool {
	if w.done || !w.err.isOf(n) {
		return false
	}
	w.done = true
	return true
}

func (s *stopped) isOf(n inspect.Node) bool {
	return n.IsLeaf() && n.Size() > 0 && n.Buffer() == 0 && n.Offset() == s.offset && n.Name() == s.name
}

// textsOf are the texts of a node's row.
func textsOf(n inspect.Node) Texts {
	t := Texts{rowName(n), n.Type(), n.Value(), n.Meaning(), about(n)}
	switch {
	case n.Kind() == inspect.SizeNode:
		t.Meaning = "" // the sentence about it says it
	case t.Meaning == "" && !n.IsLeaf():
		t.Meaning = preview(n)
	}
	return t
}

// lengthAndContent appends the two parts of a value that has a length.
func (w *treeWriter) lengthAndContent(n inspect.Node, depth, parent int) {
	prefix, flag := n.Prefix(), NodeOpaque
	if nodeFlags(n)&NodeText != 0 {
		flag = NodeText
	}
	place := func(part, off, size, flags int) {
		if row := w.row(n, off, size, depth, parent, flags); row.Flags&NodeBare == 0 {
			row.Text = w.d.text(partTexts(n, part))
		}
	}
	place(1, n.Offset(), prefix, NodeStructure)
	place(2, n.Offset()+prefix, n.Size()-prefix, flag)
}

// partTexts are the texts of the row of a value's length, part 1, or of its
// content, part 2; part 0 is the node itself.
func partTexts(n inspect.Node, part int) (t Texts) {
	content := n.Size() - n.Prefix()
	switch {
	case part == 0:
		t = textsOf(n)
	case part == 1:
		t = Texts{Name: "length", Type: lengthType(n), Value: strconv.Itoa(content)}
		switch t.Type {
		case "UNSIGNED_VARINT":
			t.About = compactLength
		case "VARINT":
			t.About = zigzagLength
		}
	case nodeFlags(n)&NodeText != 0:
		t = Texts{Name: "characters", Type: plural(content, "byte"), Value: n.Value()}
	default:
		t = Texts{Name: "bytes", Type: plural(content, "byte"), Value: n.Value()}
	}
	return t
}

// stop appends the row of the error.
func (w *treeWriter) stop(depth, parent int) {
	w.done = true
	about := ""
	if w.err.name == "TAG_BUFFER" {
		about = tagBuffer
	}
	w.d.Nodes = append(w.d.Nodes, Node{Text: w.d.text(Texts{Name: w.err.name, About: about, Value: w.err.text}), Off: int32(w.base + w.err.offset), Depth: uint16(depth), Parent: int32(parent),
		End: int32(len(w.d.Nodes) + 1), Flags: NodeError, PlainOff: -1})
}

// errorParent finds the innermost group of the tree that the error's field is
// part of; 0 if it is the frame itself.
func errorParent(t *inspect.Tree) int {
	i := t.Len() - 1
	for i > 0 && t.At(i).Kind() == inspect.RestNode {
		i--
	}
	for n := t.At(i); ; {
		parent, ok := n.Parent()
		if !n.IsLeaf() || n.Kind() == inspect.MessageNode {
			p := n.Path()
			inBody := n.Kind() != inspect.FrameNode && t.Err.Path != ""
			if n.Index() > 0 && inBody && (p == "" || strings.HasPrefix(t.Err.Path, p) && len(p) < len(t.Err.Path)) {
				return n.Index()
			}
		}
		if !ok {
			return 0
		}
		n = parent
	}
}

// rowName is the name of a row. An element has the name of its array too,
// since its row may be seen without the array's.
func rowName(n inspect.Node) string {
	if n.ElementIndex() < 0 {
		return n.Name()
	}
	return n.Field().Name + n.Name()
}

// previewFields is how many fields of an element are shown on its row.
const previewFields = 2

// preview shows the key of an element, so that a folded list can be read.
func preview(n inspect.Node) string {
	if n.Kind() != inspect.StructNode || n.ElementIndex() < 0 {
		return ""
	}
	var parts []string
	for c := range n.Children() {
		if !c.IsLeaf() || !c.Field().MapKey {
			continue
		}
		text := c.Value()
		if m := c.Meaning(); m != "" {
			text = m
		}
		if parts = append(parts, text); len(parts) == previewFields {
			break
		}
	}
	return strings.Join(parts, ", ")
}

// nodeFlags says what colour a node's bytes have.
func nodeFlags(n inspect.Node) int {
	flags := 0
	if n.IsBad() {
		flags |= NodeError
	}
	switch n.Kind() {
	case inspect.SizeNode, inspect.CountNode, inspect.MarkerNode, inspect.TagIDNode, inspect.TagSizeNode:
		return flags | NodeStructure
	case inspect.TagsNode, inspect.ArrayNode:
		if n.IsLeaf() {
			flags |= NodeStructure
		}
	case inspect.RestNode, inspect.MoreNode:
		return NodeUnread
	case inspect.VarBytesNode:
		if n.IsText() {
			return flags | NodeText
		}
		flags |= NodeOpaque
	case inspect.PartialNode, inspect.UnknownNode, inspect.CompressedNode:
		flags |= NodeOpaque
	case inspect.VarStringNode:
		flags |= NodeText
	case inspect.VarintNode:
		if shapes(n.Field().Name) {
			flags |= NodeStructure
		}
	case inspect.ValueNode:
		switch {
		case n.IsNull() || shapes(n.Field().Name):
			flags |= NodeStructure
		case n.Field().Type == schema.Int16 && errorCode(n) != 0:
			flags |= NodeWarned
		case n.Field().Type == schema.String:
			flags |= NodeText
		case n.Field().Type == schema.Bytes || n.Field().Type == schema.Records:
			flags |= NodeOpaque
		}
	case inspect.StructNode:
		if n.IsNull() {
			flags |= NodeStructure
		}
	}
	return flags
}

// errorCode is the error that a node tells of, 0 if there is none.
func errorCode(n inspect.Node) int {
	if n.Kind() != inspect.ValueNode || n.Field().Type != schema.Int16 || !strings.HasSuffix(n.Field().Name, "ErrorCode") {
		return 0
	}
	v, _ := n.Int()
	return int(v)
}

// shapes reports whether a field of a record batch is a length or a count.
func shapes(name string) bool {
	switch name {
	case "Length", "Count", "BatchLength", "RecordCount":
		return true
	}
	return false
}

// lengthType names the encoding of a leaf's length.
func lengthType(n inspect.Node) string {
	switch {
	case n.Kind() == inspect.VarBytesNode || n.Kind() == inspect.VarStringNode:
		return "VARINT"
	case strings.HasPrefix(n.Type(), "COMPACT_"):
		return "UNSIGNED_VARINT"
	case n.Prefix() == 2:
		return "INT16"
	}
	return "INT32"
}

//go:noinline
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// A Row is a node with its texts, which are empty where it is bare.
type Row struct {
	Texts
	Off, Len, Depth, Parent, End, Flags int
	PlainOff, PlainLen                  int
}

// Rows are the nodes as one reads them in Go.
func (d *Doc) Rows() []Row {
	rows := make([]Row, len(d.Nodes))
	for i, n := range d.Nodes {
		rows[i] = Row{Off: int(n.Off), Len: int(n.Len), Depth: int(n.Depth), Parent: int(n.Parent), End: int(n.End), Flags: int(n.Flags), PlainOff: int(n.PlainOff), PlainLen: int(n.PlainLen)}
		if n.Text >= 0 {
			rows[i].Texts = d.Texts[n.Text]
		}
	}
	return rows
}
