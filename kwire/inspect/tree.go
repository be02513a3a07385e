package inspect

import (
	"iter"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Tree is what was found in some bytes. Its nodes are ordered as the bytes are; node 0 is the whole
// input. Every byte of the input belongs to exactly one leaf.
type Tree struct {
	// Layout is what the bytes were read as.
	Layout Layout
	// Err says where reading the message had to end, nil if it did not. Its offset counts from the
	// start of the input. Bytes from there on are in a RestNode.
	Err *wire.Error
	// Problems are damages that do not keep the message from being read: a batch whose CRC is wrong,
	// a record whose length lies. There are at most MaxProblems.
	Problems []*wire.Error

	nodes    []node
	buffers  [][]byte // 0 is the input; the others hold records that were decompressed
	messages []message

	baseOffset int64 // of the segment that an index belongs to
}

// MaxProblems is how many Problems a Tree lists.
const MaxProblems = 100

// DefaultMaxNodes is how many nodes a Tree has at most, unless Options say otherwise. A node takes
// 40 bytes.
const DefaultMaxNodes = 500_000

// node is a Node at rest.
type node struct {
	field  *schema.Field
	off    int32
	size   int32
	parent int32
	end    int32 // index after the last node below this one
	index  int32 // of an element, of a tag; −1 otherwise
	count  int32 // elements
	buffer uint16
	kind   Kind
	prefix uint8
	flags  uint8
}

const (
	flagNull uint8 = 1 << iota
	flagFlexible
	flagBad // the place of Err or of a problem
)

// message is a header or body in a tree.
type message struct {
	node    int32
	schema  *schema.Message
	version int16
}

// First returns Err, or else the first problem, nil if nothing is wrong. Compare it with nil before
// it becomes an error: a nil *wire.Error in an error is not nil.
func (t *Tree) First() *wire.Error {
	if t.Err == nil && len(t.Problems) > 0 {
		return t.Problems[0]
	}
	return t.Err
}

// Len returns the number of nodes.
func (t *Tree) Len() int { return len(t.nodes) }

// At returns a node by its index: 0 is the whole input, children come after their parent.
func (t *Tree) At(i int) Node { return Node{t, int32(i)} }

// Root returns node 0.
func (t *Tree) Root() Node { return Node{t, 0} }

// Bytes returns the input.
func (t *Tree) Bytes() []byte { return t.buffers[0] }

// Buffer returns the bytes that nodes with that Buffer number refer to: 0 is the input, the others
// hold decompressed records.
func (t *Tree) Buffer(i int) []byte { return t.buffers[i] }

// Buffers returns how many buffers there are.
func (t *Tree) Buffers() int { return len(t.buffers) }

// Walk calls visit for every node in order, parents before their children.
func (t *Tree) Walk(visit func(Node)) {
	for i := range t.nodes {
		visit(Node{t, int32(i)})
	}
}

// All yields every node in order, parents before their children.
func (t *Tree) All() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for i := range t.nodes {
			if !yield(Node{t, int32(i)}) {
				return
			}
		}
	}
}

// Header returns the node of the request or response header, if the input has one.
func (t *Tree) Header() (Node, bool) { return t.message(headerField) }

// Body returns the node of the message itself, if reading got that far.
func (t *Tree) Body() (Node, bool) { return t.message(bodyField) }

func (t *Tree) message(f *schema.Field) (Node, bool) {
	for _, m := range t.messages {
		if t.nodes[m.node].field == f && t.nodes[m.node].parent <= 0 {
			return Node{t, m.node}, true
		}
	}
	return Node{}, false
}

// LeafAt returns the leaf that owns a byte of the input.
func (t *Tree) LeafAt(offset int) (Node, bool) {
	if len(t.nodes) == 0 || offset < 0 || offset >= len(t.buffers[0]) {
		return Node{}, false
	}
	n := Node{t, 0}
	for !n.IsLeaf() {
		found := false
		for c := range n.Children() {
			if c.Buffer() == 0 && offset >= c.Offset() && offset < c.Offset()+c.Size() {
				n, found = c, true
				break
			}
		}
		if !found {
			return n, n.i != 0
		}
	}
	return n, true
}

// Find returns the node with that path in the body, as "Topics[3].Partitions".
func (t *Tree) Find(path string) (Node, bool) {
	body, ok := t.Body()
	if !ok {
		return Node{}, false
	}
	for i := body.i; i < t.nodes[body.i].end; i++ {
		n := Node{t, i}
		if k := n.Kind(); k != TagNode && k != CountNode && n.Path() == path {
			return n, true
		}
	}
	return Node{}, false
}
