package inspect

import (
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// records adds the nodes of count records of magic 2 that fill src[pos:to].
func (w recordsWalk) records(pos, to, count int, control bool) {
	pos, i := w.whole(pos, to, count, control)
	switch {
	case i < count && pos < to:
		length, n := varint(w.src[pos:to])
		w.enter(&event{kind: RecordNode, field: recordsField, index: i, off: pos})
		w.badLength(pos, to, n, int(length), "Length")
		w.leave(to)
	case i < count:
		w.fault(-1, "", pos, io.ErrUnexpectedEOF, strconv.Itoa(count)+" records announced, "+strconv.Itoa(i)+" found")
	case pos < to:
		w.rest(pos, to)
		w.fault(-1, "", pos, wire.ErrTrailing, strconv.Itoa(to-pos)+" bytes after "+strconv.Itoa(count)+" records")
	}
}

// whole adds the nodes of records up to the first whose length cannot be right, and returns where that is and its index.
func (w recordsWalk) whole(pos, to, count int, control bool) (end, i int) {
	for ; i < count && pos < to; i++ {
		length, n := varint(w.src[pos:to])
		if n <= 0 || length < 0 || int(length) > to-pos-n {
			break
		}
		end := pos + n + int(length)
		w.enter(&event{kind: RecordNode, field: recordsField, index: i, off: pos})
		w.leaf(&event{kind: VarintNode, field: lengthField, index: -1, off: pos, size: n})
		r := recordWalk{recordsWalk: w, pos: pos + n, end: end}
		r.record(control)
		w.leave(end)
		pos = end
	}
	return pos, i
}

// badLength says what is wrong with a varint length, of n bytes as varint returns them.
func (w recordsWalk) badLength(pos, to, n, length int, name string) {
	switch {
	case n == 0:
		w.damage(pos, to, name, pos, io.ErrUnexpectedEOF, "varint without an end")
	case n < 0:
		w.damage(pos, to, name, pos, wire.ErrVarint, "too long")
	case length < 0:
		w.damage(pos, to, name, pos, wire.ErrValue, "length "+strconv.Itoa(length))
	default:
		w.damage(pos, to, name, pos, io.ErrUnexpectedEOF, strconv.Itoa(length)+" bytes announced, "+strconv.Itoa(to-pos-n)+" left")
	}
}

// recordWalk reads the fields of one record; after a damage it reads nothing more.
type recordWalk struct {
	recordsWalk
	pos, end int
	failed   bool
}

func (r *recordWalk) record(control bool) {
	if r.pos == r.end {
		r.damage(r.pos, r.end, attributesField.Name, r.pos, io.ErrUnexpectedEOF, "a record of 0 bytes")
		return
	}
	r.leaf(&event{kind: ValueNode, field: attributesField, index: -1, off: r.pos, size: 1})
	r.pos++
	r.varint(VarlongNode, timeDeltaField)
	r.varint(VarintNode, offsetDeltaField)
	switch {
	case control:
		r.control()
	case r.o.Log != "":
		r.stored()
	default:
		r.varBytes(VarBytesNode, keyField)
		r.varBytes(VarBytesNode, valueField)
	}
	r.headers()
	if !r.failed && r.pos < r.end {
		r.damage(r.pos, r.end, "", r.pos, wire.ErrTrailing, strconv.Itoa(r.end-r.pos)+" bytes after the record's headers")
	}
}

func (r *recordWalk) varint(kind Kind, f *schema.Field) int64 {
	if r.failed {
		return 0
	}
	v, n := varlong(r.src[r.pos:r.end])
	if kind == VarintNode {
		var narrow int32
		narrow, n = varint(r.src[r.pos:r.end])
		v = int64(narrow)
	}
	if n <= 0 {
		r.failed = true
		r.badLength(r.pos, r.end, n, 0, f.Name)
		return 0
	}
	r.leaf(&event{kind: kind, field: f, index: -1, off: r.pos, size: n})
	r.pos += n
	return v
}

// varBytes reads bytes after their length and returns where they lie, from −1 on if they are null.
func (r *recordWalk) varBytes(kind Kind, f *schema.Field) (from, to int) {
	if r.failed {
		return -1, -1
	}
	length, n := varint(r.src[r.pos:r.end])
	null := length == -1
	if n <= 0 || length < -1 || null && kind == VarStringNode || int(length) > r.end-r.pos-n {
		r.failed = true
		r.badLength(r.pos, r.end, n, int(length), f.Name)
		return -1, -1
	}
	r.leaf(&event{kind: kind, field: f, index: -1, off: r.pos, size: n + max(0, int(length)), prefix: n, null: null})
	r.pos += n + max(0, int(length))
	if null {
		return -1, -1
	}
	return r.pos - int(length), r.pos
}

func (r *recordWalk) headers() {
	if r.failed {
		return
	}
	count, n := varint(r.src[r.pos:r.end])
	left := r.end - r.pos - n
	switch {
	case n > 0 && (count == 0 || count < 0 && r.o.Lenient):
		r.leaf(&event{kind: ArrayNode, field: headersField, index: -1, off: r.pos, size: n, prefix: n})
		r.pos += n
		return
	case n <= 0 || count < 0 || int(count) > left/2: // a header takes two bytes at least
		r.failed = true
		r.badLength(r.pos, r.end, n, int(count), headersField.Name)
		return
	}
	r.enter(&event{kind: ArrayNode, field: headersField, index: -1, off: r.pos, count: int(count)})
	r.leaf(&event{kind: VarintNode, field: countField, index: -1, off: r.pos, size: n, count: int(count)})
	r.pos += n
	for i := 0; i < int(count) && !r.failed; i++ {
		r.enter(&event{kind: HeaderNode, field: headersField, index: i, off: r.pos})
		r.varBytes(VarStringNode, headerKeyField)
		r.varBytes(VarBytesNode, valueField)
		if r.failed {
			r.pos = r.end // the rest has its node
		}
		r.leave(r.pos)
	}
	r.leave(r.pos)
}

// varint reads a zigzag varint of up to 32 bits. n is its length, 0 if b ends before it does, −1 if
// it is too long.
func varint(b []byte) (v int32, n int) {
	wide, n := varlong(b)
	if n > 5 || n > 0 && wide != int64(int32(wide)) {
		return 0, -1
	}
	return int32(wide), n
}

// varlong is varint for 64 bits.
func varlong(b []byte) (v int64, n int) {
	var u uint64
	for i := 0; i < len(b) && i < 10; i++ {
		u |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return int64(u>>1) ^ -int64(u&1), i + 1
		}
	}
	if len(b) >= 10 {
		return 0, -1
	}
	return 0, 0
}
