package inspect

import (
	"encoding/binary"
	"hash/crc32"
	"strconv"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Encode returns the bytes of the tree after edits. What is about an edited value follows: the lengths
// and counts around it, sizes of tagged fields, records, batches and the frame, the number of records
// with their offsets, and the CRC. Records that were compressed are written uncompressed if one of
// them is edited, and the entries of an old compressed set then stand in its place. All else is copied.
//
// Offsets of records in a batch that had none missing are counted anew when a record goes or comes, and
// LastOffsetDelta follows the last record where it was that record's.
//
// Without edits all lengths, counts, sizes and CRCs are written anew: the bytes are those of the input,
// unless these said something else there; compressed records stay as they are, and bytes that nothing
// announced are left out.
//
// An edit of a tree whose Err is not nil keeps its damage: what could not be read is copied, and lengths
// that were announced change by as much as their contents. Without edits such a tree has no bytes unless
// only its size or trailing bytes are wrong; the error is then Err. Otherwise the cause of an error is
// ErrEdit: a value that does not fit, a node that is structural or can not be there twice.
func (t *Tree) Encode(edits ...Edit) ([]byte, error) {
	e := encoder{t: t, edits: edits, anew: len(edits) == 0}
	if e.anew && t.Err != nil && t.Err.Path != sizeField.Name && t.Err.Err != wire.ErrTrailing {
		return nil, t.Err
	}
	for _, ed := range edits {
		switch {
		case ed.Op == SetValue && ed.Node.Structural():
			return nil, ed.Node.refuse("it follows from what it is about")
		case ed.Op > DuplicateNode, ed.Op != SetValue && !ed.Node.isElement():
			return nil, ed.Node.refuse("only elements of arrays, tagged fields, records, headers and batches can go or come")
		}
	}
	dst := e.node(make([]byte, 0, len(t.buffers[0])+64), 0)
	if e.err != nil {
		return nil, e.err
	}
	if l := t.Layout; l.Stored && l.Name == ProducerSnapshot && len(dst) >= snapshotCRCEnd {
		put32(dst, snapshotCRCAt, crc32.Checksum(dst[snapshotCRCEnd:], castagnoli))
	}
	return dst, nil
}

// encoder writes a tree.
type encoder struct {
	t     *Tree
	edits []Edit
	anew  bool // there are no edits: everything is encoded
	err   error

	// Of the batch that is being written:
	count   bool  // its offsets are counted anew
	seen    int   // records written
	more    int   // and how many more these are than there were
	last    int   // where the last one starts
	shifted int64 // what is added to the offsets of entries that were in a compressed set
}

// edited reports whether there is an edit of a node from i to end.
func (e *encoder) edited(i, end int32) bool {
	for k := range e.edits {
		if at := e.edits[k].Node.i; at >= i && at < end {
			return true
		}
	}
	return false
}

// edit returns the last edit of a node, nil if there is none.
func (e *encoder) edit(i int32) (found *Edit) {
	for k := range e.edits {
		if e.edits[k].Node.i == i {
			found = &e.edits[k]
		}
	}
	return found
}

// node appends a node as it is after the edits.
func (e *encoder) node(dst []byte, i int32) []byte {
	n, at := Node{e.t, i}, &e.t.nodes[i]
	if ed := e.edit(i); ed != nil && ed.Op == SetValue {
		out, err := n.AppendValue(dst, ed.Text)
		if err == nil {
			return out
		}
		e.err = err
		return append(dst, n.Bytes()...) // what follows is patched in places that must be there
	}
	switch {
	case e.count && at.kind == RecordNode, e.shifted != 0 && at.kind == BatchNode: // their offsets change
	case e.count && at.field == offsetDeltaField:
		return appendSize(dst, at, int64(e.seen-1))
	case at.field == lineCountField:
		dst, _ = n.AppendValue(dst, strconv.Itoa(e.entries()))
		return dst
	case !e.anew && !e.edited(i, at.end), at.kind == CompressedNode && e.anew:
		return append(dst, n.Bytes()...)
	case at.end == i+1:
		return leafAnew(dst, n)
	}
	if at.kind == BatchNode {
		return e.batch(dst, i)
	}
	return e.group(dst, i)
}

// entries is how many entries a checkpoint has after the edits.
func (e *encoder) entries() (n int) {
	for i := int32(1); i < int32(len(e.t.nodes)); i = e.t.nodes[i].end {
		if e.t.nodes[i].field == entryField {
			n++
			if ed := e.edit(i); ed != nil && ed.Op != SetValue {
				n += 2*int(ed.Op-RemoveNode) - 1
			}
		}
	}
	return n
}

// group appends a node with others below it, and what counts those.
func (e *encoder) group(dst []byte, i int32) []byte {
	at := &e.t.nodes[i]
	c := i + 1
	if at.kind == TagNode { // its tag stands before its size
		dst = e.node(dst, c)
		c++
	}
	if c == at.end || !(Node{e.t, c}).Structural() || e.t.nodes[c].kind == MarkerNode {
		dst, _ = e.children(dst, c, at.end)
		return dst
	}
	counter := &e.t.nodes[c]
	start := len(dst)
	dst, n := e.children(dst, c+1, at.end)
	if counter.field == countField || counter.field == tagCountField {
		n += int(counter.count)
	} else {
		n = len(dst) - start
		if e.t.Err != nil && !e.anew {
			announced, _ := Node{e.t, c}.Int()
			n += int(announced) - int(at.off+at.size-counter.off-counter.size)
		}
	}
	var room [5]byte
	head := appendSize(room[:0], counter, int64(n))
	dst = append(dst, head...)
	copy(dst[start+len(head):], dst[start:])
	copy(dst[start:], head)
	return dst
}

// children appends the nodes from i to end and returns how many more they are than before.
func (e *encoder) children(dst []byte, i, end int32) (out []byte, more int) {
	for ; i < end; i = e.t.nodes[i].end {
		at := &e.t.nodes[i]
		times := 1
		if ed := e.edit(i); ed != nil && ed.Op != SetValue {
			times = 2 * int(ed.Op-RemoveNode)
		}
		if at.kind == RestNode && at.parent == 0 && e.anew {
			times = 0
		}
		for range times {
			if at.kind == RecordNode {
				e.seen++
				e.last = len(dst)
			}
			dst = e.node(dst, i)
		}
		more += times - 1
		if at.kind == RecordNode {
			e.more += times - 1
		}
	}
	return dst, more
}

// batch appends a batch of magic 2: its length, number of records, last offset and CRC follow.
func (e *encoder) batch(dst []byte, i int32) []byte {
	at := &e.t.nodes[i]
	if at.count < 2 {
		return e.legacy(dst, i)
	}
	old := Node{e.t, i}.Bytes()
	count, lastDelta := get32(old, atRecordCount), get32(old, atLastDelta)
	lastOld, packed, full, moved := i, i, false, false
	for k := i + 1; k < at.end; k++ {
		switch e.t.nodes[k].kind {
		case RecordNode:
			lastOld = k
			if ed := e.edit(k); ed != nil && ed.Op != SetValue {
				moved = true
			}
		case CompressedNode:
			packed = k
		case MoreNode:
			full = true
		}
	}
	start := len(dst)
	e.count, e.seen, e.more = moved && !full && count == lastDelta+1, 0, 0
	dst, _ = e.children(dst, i+1, at.end)
	e.count = false
	b := dst[start:]
	if packed > i && e.edited(packed+1, e.t.nodes[packed].end) {
		b[atAttributes+1] &^= 7
	}
	if e.anew && e.seen > 0 && !full {
		count = int32(e.seen)
	} else {
		count += int32(e.more)
	}
	put32(b, atRecordCount, uint32(count))
	if lastOld > i && e.seen > 0 && get32(b, atLastDelta) == lastDelta && offsetDelta(Node{e.t, lastOld}.Bytes()) == lastDelta {
		put32(b, atLastDelta, uint32(offsetDelta(dst[e.last:])))
	}
	put32(b, 8, uint32(len(b)-records.LengthEnd))
	put32(b, atCRC, crc32.Checksum(b[atAttributes:], castagnoli))
	return dst
}

// offsetDelta reads the offset of a record, 0 if the record is damaged.
func offsetDelta(record []byte) int32 {
	_, n := varint(record)
	if n <= 0 || n >= len(record) {
		return 0
	}
	record = record[n+1:] // the attributes
	_, n = varlong(record)
	v, _ := varint(record[max(n, 0):])
	return v
}

// legacy appends an entry of magic 0 or 1: its size and CRC follow.
func (e *encoder) legacy(dst []byte, i int32) []byte {
	at := &e.t.nodes[i]
	start := len(dst)
	for k := i + 1; k < at.end; k++ {
		set := &e.t.nodes[k]
		if set.kind != CompressedNode || !e.edited(k+1, set.end) {
			continue
		}
		// Offsets in a set count from any number: the last one is the entry's own.
		for last := k + 1; last < set.end && e.t.nodes[last].kind == BatchNode; last = e.t.nodes[last].end {
			e.shifted = wire.Int64At(Node{e.t, i}.Bytes()) - wire.Int64At(Node{e.t, last}.Bytes())
		}
		dst, _ = e.children(dst, k+1, set.end)
		e.shifted = 0
		return dst
	}
	dst, _ = e.children(dst, i+1, at.end)
	b := dst[start:]
	binary.BigEndian.PutUint64(b, uint64(wire.Int64At(b)+e.shifted))
	put32(b, 8, uint32(len(b)-records.LengthEnd))
	put32(b, 12, crc32.ChecksumIEEE(b[atMagic:]))
	return dst
}

// leafAnew appends a leaf with its length or varint in its shortest form.
func leafAnew(dst []byte, n Node) []byte {
	at := n.at()
	switch at.kind {
	case CountNode, TagIDNode, VarintNode, VarlongNode:
		v, _ := n.Int()
		return appendSize(dst, at, v)
	case TextNode, StructNode:
		return append(dst, n.Bytes()...)
	}
	data := n.data()
	if at.prefix > 0 {
		size := int64(len(data))
		if n.IsNull() {
			size = -1
		}
		dst = appendSize(dst, at, size)
	}
	return append(dst, data...)
}

// put32 writes four bytes at an offset.
//
//go:noinline
func put32(b []byte, at int, v uint32) { binary.BigEndian.PutUint32(b[at:], v) }

// get32 reads four bytes at an offset.
//
//go:noinline
func get32(b []byte, at int) int32 { return int32(binary.BigEndian.Uint32(b[at:])) }
