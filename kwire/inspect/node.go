package inspect

import (
	"iter"
	"sort"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
)

// Node is one node of a Tree. It costs nothing to copy; its texts are made when they are asked for.
type Node struct {
	t *Tree
	i int32
}

func (n Node) at() *node { return &n.t.nodes[n.i] }

// Index returns the node's number in its tree.
func (n Node) Index() int { return int(n.i) }

// Kind says what the node is.
func (n Node) Kind() Kind { return n.at().kind }

// Name returns the name of the field, "Topics"; of an element its index, "[3]".
func (n Node) Name() string {
	at := n.at()
	if at.kind == UnknownNode || at.kind == TagNode || at.index < 0 {
		return at.field.Name
	}
	return "[" + strconv.Itoa(int(at.index)) + "]"
}

// Field returns the field of the schema that the node is of; nodes that no schema has, such as
// counts, return a field that only has a name.
func (n Node) Field() *schema.Field { return n.at().field }

// ElementIndex returns the index of an element of an array, −1 for other nodes.
func (n Node) ElementIndex() int {
	if n.at().kind == TagNode {
		return -1
	}
	return int(n.at().index)
}

// Offset returns where the node's bytes start in its buffer.
func (n Node) Offset() int { return int(n.at().off) }

// Size returns how many bytes the node has.
func (n Node) Size() int { return int(n.at().size) }

// Prefix returns how many of the bytes of a leaf are its length, before the value.
func (n Node) Prefix() int { return int(n.at().prefix) }

// End returns the index after the last node below this one: its own and one for a leaf.
func (n Node) End() int { return int(n.at().end) }

// Buffer returns the number of the buffer that the bytes are in: 0 is the input.
func (n Node) Buffer() int { return int(n.at().buffer) }

// Bytes returns the node's bytes, lengths and all. They share the input's memory.
//
//go:noinline
func (n Node) Bytes() []byte {
	at := n.at()
	return n.t.buffers[at.buffer][at.off : at.off+at.size : at.off+at.size]
}

// data returns the bytes of a leaf without its length.
func (n Node) data() []byte { return n.Bytes()[n.at().prefix:] }

// Count returns how many elements an array has, or fields a tagged section.
func (n Node) Count() int { return int(n.at().count) }

// IsInner reports whether the node is a field of bytes that was taken apart: the length, a version and the message
// that consumers put there.
func (n Node) IsInner() bool {
	f := n.at().field
	return n.at().kind == StructNode && f.Type == schema.Bytes && f.Versions != 0
}

// IsNull reports whether the value is null.
func (n Node) IsNull() bool { return n.at().flags&flagNull != 0 }

// IsFlexible reports whether the node was read with compact lengths.
func (n Node) IsFlexible() bool { return n.at().flags&flagFlexible != 0 }

// IsBad reports whether the tree's error, or one of its problems, is here.
func (n Node) IsBad() bool { return n.at().flags&flagBad != 0 }

// IsLeaf reports whether the node has no children. Leaves own the bytes.
func (n Node) IsLeaf() bool { return n.at().end == n.i+1 }

// Parent returns the node above; the root has none.
func (n Node) Parent() (Node, bool) {
	p := n.at().parent
	return Node{n.t, max(p, 0)}, p >= 0
}

// Depth returns how many nodes are above.
func (n Node) Depth() int {
	d := 0
	for p := n.at().parent; p >= 0; p = n.t.nodes[p].parent {
		d++
	}
	return d
}

// Children yields the nodes directly below.
func (n Node) Children() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		end := n.at().end
		for i := n.i + 1; i < end; i = n.t.nodes[i].end {
			if !yield(Node{n.t, i}) {
				return
			}
		}
	}
}

// Message returns the schema of the message that the node belongs to, and its version; nil for
// nodes outside of one.
func (n Node) Message() (*schema.Message, int16) {
	i := n.i
	for i >= 0 && n.t.nodes[i].kind != MessageNode {
		i = n.t.nodes[i].parent
	}
	k := sort.Search(len(n.t.messages), func(k int) bool { return n.t.messages[k].node >= i })
	if i < 0 || k == len(n.t.messages) {
		return nil, 0
	}
	return n.t.messages[k].schema, n.t.messages[k].version
}

// Struct returns the struct that the node's field stands in, nil for a field of the message itself.
func (n Node) Struct() *schema.Struct {
	for p := n.at().parent; p >= 0; p = n.t.nodes[p].parent {
		switch at := &n.t.nodes[p]; at.kind {
		case StructNode:
			return at.field.Struct
		case MessageNode:
			return nil
		}
	}
	return nil
}

// About returns a sentence on the node's field, "" where there is none: see schema.About.
func (n Node) About() string {
	if m, _ := n.Message(); m != nil && n.Field().Versions != 0 { // the parts of batches and records have no versions
		return schema.About(m, n.Struct(), n.Field())
	}
	return sentenceOn(n)
}

// Path returns where the node stands in its message, in the words of errors: "Topics[3].Partitions".
// What belongs to a tagged section itself is in TAG_BUFFER; a message has the path "".
func (n Node) Path() string {
	var steps [24]*node
	count := 0
	inField := false
	for i := n.i; i >= 0; i = n.t.nodes[i].parent {
		at := &n.t.nodes[i]
		if at.field == contentField {
			continue
		}
		if at.kind == MessageNode || at.kind == FrameNode {
			break
		}
		switch at.kind {
		case TagsNode, TagNode: // a tagged field has its path as if it stood in its place
			if inField || at.kind == TagNode {
				continue
			}
		case CountNode, MarkerNode, TagIDNode, TagSizeNode, UnknownNode, CompressedNode:
			continue // part of what is above
		default:
			inField = true
		}
		if count < len(steps) {
			steps[count] = at
			count++
		}
	}
	var b []byte
	for count--; count >= 0; count-- {
		at := steps[count]
		if at.index >= 0 {
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(at.index), 10)
			b = append(b, ']')
			continue
		}
		if len(b) > 0 {
			b = append(b, '.')
		}
		b = append(b, at.field.Name...)
	}
	return string(b)
}
