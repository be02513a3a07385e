package inspect

import (
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// builder makes a Tree of what the walker finds.
type builder struct {
	t        *Tree
	o        *Options
	base     int    // where the walker's source starts in the buffer
	buffer   uint16 // where its bytes are
	open     []int32
	maxNodes int
	skipping int // groups entered since the tree was full
}

// Room for nodes is made at once for most messages: one for every few bytes, and those that every tree has. Of a long
// message the first nodes tell how many there will be.
const (
	bytesPerNode = 2
	spareNodes   = 16
	firstNodes   = 1 << 10
	maxGrowth    = 8
)

func newBuilder(src []byte, o *Options) *builder {
	b := &builder{t: &Tree{buffers: [][]byte{src}, baseOffset: o.BaseOffset}, o: o, maxNodes: o.MaxNodes}
	if b.maxNodes <= 0 {
		b.maxNodes = DefaultMaxNodes
	}
	b.t.nodes = make([]node, 0, min(b.maxNodes, len(src)/bytesPerNode, firstNodes)+spareNodes)
	return b
}

func (b *builder) enter(e *event) {
	if b.skipping > 0 || b.full() {
		b.skipping++
		b.more(e.off, 0)
		return
	}
	b.open = append(b.open, b.add(e))
}

func (b *builder) leaf(e *event) {
	if b.skipping > 0 || b.full() {
		b.more(e.off, e.size)
		return
	}
	if e.kind == ValueNode && (e.field.Type == schema.Records || e.field.Type == schema.Bytes) && e.size > e.prefix && b.contents(e) {
		return
	}
	b.add(e)
}

// contents takes bytes apart, if it is known what they are.
func (b *builder) contents(e *event) bool {
	if e.field.Type == schema.Bytes {
		return b.o.Records == RecordsAll && b.inner(e)
	}
	if e.null || b.o.Records == RecordsOpaque {
		return false
	}
	b.records(e)
	return true
}

// numbers takes the n elements of an array, the first of which is told, unless the tree has place for some of them only.
func (b *builder) numbers(e *event, n int) bool {
	switch {
	case b.skipping > 0 || b.full():
		b.more(e.off, n*e.size)
		return true
	case n > b.maxNodes-len(b.t.nodes):
		return false
	}
	one := b.t.nodes[b.add(e)]
	for i := 1; i < n; i++ {
		one.off += one.size
		one.index++
		one.end++
		b.t.nodes = append(b.t.nodes, one)
	}
	return true
}

// full reports whether only the nodes that closing the tree needs are left.
func (b *builder) full() bool { return len(b.t.nodes) >= b.maxNodes }

// more extends the MoreNode of the innermost group, which stands for nodes that have no place.
func (b *builder) more(off, size int) {
	parent := b.open[len(b.open)-1]
	if last := len(b.t.nodes) - 1; last >= 0 && b.t.nodes[last].kind == MoreNode && b.t.nodes[last].parent == parent {
		b.t.nodes[last].size = int32(b.base + off + size - int(b.t.nodes[last].off))
		return
	}
	if size > 0 {
		b.add(&event{kind: MoreNode, field: moreField, index: -1, off: off, size: size})
	}
}

func (b *builder) leave(end int) {
	if b.skipping > 0 {
		b.skipping--
		return
	}
	last := len(b.open) - 1
	b.close(b.open[last], b.base+end)
	b.open = b.open[:last]
}

// close says that a group ends at an offset of its buffer.
func (b *builder) close(i int32, end int) {
	n := &b.t.nodes[i]
	n.end = int32(len(b.t.nodes))
	n.size = int32(end) - n.off
}

// add appends a node and returns its index. A leaf is complete; a group ends when it is left.
func (b *builder) add(e *event) int32 {
	i := len(b.t.nodes)
	if i == cap(b.t.nodes) {
		b.grow(e.off)
	}
	b.t.nodes = b.t.nodes[:i+1]
	n := &b.t.nodes[i]
	n.field, n.off, n.size, n.parent, n.end = e.field, int32(b.base+e.off), int32(e.size), -1, int32(i+1)
	n.index, n.count, n.kind, n.prefix, n.buffer = int32(e.index), int32(e.count), e.kind, uint8(e.prefix), b.buffer
	if len(b.open) > 0 {
		n.parent = b.open[len(b.open)-1]
	}
	n.flags = 0
	if e.null {
		n.flags |= flagNull
	}
	if e.flex {
		n.flags |= flagFlexible
	}
	return int32(i)
}

// grow makes room for as many nodes as there will be if the rest of the input has as many as the bytes before an
// offset of the walker's source.
func (b *builder) grow(off int) {
	n := len(b.t.nodes)
	room := 2 * n
	if read := b.base + off; b.buffer == 0 && read > 0 {
		likely := int64(n) * int64(len(b.t.buffers[0])) / int64(read)
		room = int(min(likely+likely/16, int64(maxGrowth*n)))
	}
	room = max(min(room, b.maxNodes+spareNodes), n+n/4)
	nodes := make([]node, n, room)
	copy(nodes, b.t.nodes)
	b.t.nodes = nodes
}

// position returns where the next byte that no leaf owns is, in the current buffer.
func (b *builder) position() int {
	for i := len(b.t.nodes) - 1; i >= 0; i-- {
		if n := &b.t.nodes[i]; n.buffer == b.buffer {
			return int(n.off) + int(n.size)
		}
	}
	return b.base
}

// message walks a header or body that lies at src[from:to], and returns where it ended.
func (b *builder) message(f *schema.Field, m *schema.Message, version int16, from, to int) int {
	node := b.add(&event{kind: MessageNode, field: f, index: -1, off: from - b.base, flex: m.Flexible.Has(version)})
	b.t.messages = append(b.t.messages, message{node, m, version})
	b.open = append(b.open, node)
	depth, base := len(b.open), b.base
	b.base = from
	n, err := walk(m, version, b.t.buffers[b.buffer][from:to], b.o.decodeOptions(), b)
	b.base = base
	end := from + n
	if err != nil {
		err.Offset += from
		b.failed(err)
		b.skipping = 0
		end = b.position()
		for len(b.open) > depth {
			last := len(b.open) - 1
			b.close(b.open[last], end)
			b.open = b.open[:last]
		}
	}
	b.close(node, end)
	b.open = b.open[:depth-1]
	return end
}

// failed keeps the first error of the messages.
//
//go:noinline
func (b *builder) failed(err *wire.Error) {
	if b.t.Err == nil {
		b.t.Err = err
	}
}

// problem notes a damage that reading goes on after, at the node that shows it.
//
//go:noinline
func (b *builder) problem(node int32, err *wire.Error) {
	if node >= 0 {
		b.t.nodes[node].flags |= flagBad
	}
	if len(b.t.Problems) < MaxProblems {
		b.t.Problems = append(b.t.Problems, err)
	}
}

// rest gives the bytes from an offset on to a RestNode in the innermost open group.
func (b *builder) rest(from, to int) {
	if from < to {
		i := b.add(&event{kind: RestNode, field: restField, index: -1, off: from - b.base, size: to - from})
		b.t.nodes[i].flags |= flagBad
	}
}
