package view

import (
	"bytes"
	"strconv"

	"github.com/kwire-project/kafka/kwire/inspect"
)

// A Pin is a frame that was kept, to compare others with; it shares nothing
// with the input that it was in.
type Pin struct {
	tree  *inspect.Tree
	title string
}

// Pin keeps a copy of a frame; nil if it is no message.
func (s *Session) Pin(frame int) *Pin {
	t := s.treeAt(frame)
	if t == nil {
		return nil
	}
	raw := bytes.Clone(t.Bytes())
	return &Pin{s.options().Frame(raw, t.Layout), title(t.Layout, raw)}
}

// maxDifferences is how many differences are listed.
const maxDifferences = 5000

// AppendCompare appends how a frame differs from the pinned one, by field, a
// line each: "~" changed, "+" only in this one, "-" only in the pinned one; the
// path, both values, and the row in this frame or −1. The first line is "=", both
// titles, and how many values are equal. What only follows from others (lengths, counts, sizes, CRCs) is
// not compared.
func (s *Session) AppendCompare(dst []byte, pin *Pin, frame int) ([]byte, string) {
	t := s.treeAt(frame)
	switch {
	case t == nil:
		return dst, noFrame
	case pin == nil:
		return dst, "no packet is pinned"
	}
	c := comparison{rows: rowNumbers(t)}
	c.children(pin.tree.Root(), t.Root())
	w := lines{dst}
	w.line("=", pin.title, title(t.Layout, t.Bytes()), strconv.Itoa(c.equal), "")
	return append(w.dst, c.dst...), ""
}

// comparison lists what differs.
type comparison struct {
	lines
	rows  []int // of the second tree
	equal int
	found int
}

func (c *comparison) differs(kind string, n inspect.Node, old, new string, row int) {
	if c.found++; c.found <= maxDifferences {
		c.line(kind, fullPath(n), cell(old), cell(new), strconv.Itoa(row))
	}
}

// children compares what is below two nodes that stand for the same.
func (c *comparison) children(a, b inspect.Node) {
	before, byKey := parts(a), byKey(a, b)
	waiting := make(map[string]inspect.Node, len(before))
	for i, n := range before {
		waiting[identity(n, i, byKey)] = n
	}
	for i, n := range parts(b) {
		id := identity(n, i, byKey)
		if old, ok := waiting[id]; ok {
			delete(waiting, id)
			c.node(old, n)
		} else {
			c.differs("+", n, "", summary(n), c.rows[n.Index()])
		}
	}
	for i, n := range before {
		if old, ok := waiting[identity(n, i, byKey)]; ok && old == n {
			c.differs("-", n, summary(n), "", -1)
		}
	}
}

// node compares two nodes that stand for the same.
func (c *comparison) node(a, b inspect.Node) {
	if a.IsNull() == b.IsNull() && isGroup(a) && isGroup(b) {
		c.children(a, b)
		return
	}
	if old, new := summary(a), summary(b); old != new || !isGroup(a) && !isGroup(b) && a.Field().Type == b.Field().Type && !bytes.Equal(content(a), content(b)) {
		c.differs("~", b, old, new, c.rows[b.Index()])
		return
	}
	c.equal++
}

// isGroup reports whether a node is a struct, an array or the like, even one without anything in it.
func isGroup(n inspect.Node) bool {
	return !n.IsLeaf() || n.Kind() == inspect.ArrayNode && !n.IsNull()
}

// content is a value without what only says how long it is.
func content(n inspect.Node) []byte {
	if n.Kind() == inspect.VarintNode || n.Kind() == inspect.VarlongNode {
		return nil // the text has it
	}
	return n.Bytes()[n.Prefix():]
}

// parts are the nodes below a node that are compared: tagged fields stand among the others.
func parts(of inspect.Node) (out []inspect.Node) {
	for n := range of.Children() {
		switch k := n.Kind(); {
		case k == inspect.TagsNode, k == inspect.TagNode:
			out = append(out, parts(n)...)
		case k == inspect.TagIDNode, n.Structural():
		default:
			out = append(out, n)
		}
	}
	return out
}

// identity is what a node is found again by: its name, the key of an element, or its number.
func identity(n inspect.Node, i int, byKey bool) string {
	switch {
	case n.Kind() == inspect.UnknownNode:
		tag, _ := n.Parent()
		for id := range tag.Children() {
			return n.Name() + id.Value()
		}
	case n.ElementIndex() < 0:
		return n.Name()
	case byKey:
		return key(n)
	}
	return strconv.Itoa(i)
}

// byKey reports whether the elements of two arrays are to be found by their keys: there are more of them in
// one than in the other, and each has a key of its own.
func byKey(a, b inspect.Node) bool {
	x, y := parts(a), parts(b)
	return len(x) != len(y) && allKeyed(x) && allKeyed(y)
}

func allKeyed(nodes []inspect.Node) bool {
	seen := make(map[string]bool, len(nodes))
	for _, n := range nodes {
		k := key(n)
		if n.ElementIndex() < 0 || k == "" || seen[k] {
			return false
		}
		seen[k] = true
	}
	return true
}

// key is what an element is known by: the fields that Kafka calls its key or that name things, or its value.
func key(n inspect.Node) (text string) {
	if n.IsLeaf() {
		return n.Value()
	}
	for c := range n.Children() {
		f := c.Field()
		if !c.IsLeaf() || c.Structural() {
			continue
		}
		switch f.Name {
		case "Name", "Topic", "TopicId", "TopicName", "PartitionIndex", "Partition", "PartitionId", "GroupId", "ResourceName", "BrokerId", "NodeId", "MemberId", "BaseOffset", "Offset", "Key":
		default:
			if !f.MapKey {
				continue
			}
		}
		text += c.Value() + "\x00"
	}
	return text
}

// summary is a value in a line.
func summary(n inspect.Node) string {
	text := n.Value()
	if text == "" {
		text = preview(n)
	}
	if text == "" {
		text = n.Type()
	}
	if m := n.Meaning(); m != "" && n.IsLeaf() {
		text += " (" + m + ")"
	}
	return text
}

// fullPath is where a field stands in its frame: header and body are named.
func fullPath(n inspect.Node) string {
	if n.Kind() == inspect.MessageNode {
		return n.Name()
	}
	return n.Path()
}

// maxCell is how much of a value is shown beside another one, in bytes.
const maxCell = 200

// cell is a text that tabs and line ends do not break up.
func cell(s string) string {
	b := []byte(s)
	if len(b) > maxCell {
		b = append(b[:maxCell], "…"...)
	}
	for i, c := range b {
		if c < ' ' {
			b[i] = ' '
		}
	}
	return string(b)
}
