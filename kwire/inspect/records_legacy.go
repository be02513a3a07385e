package inspect

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
)

// Names that only entries of magic 0 and 1 have.
var (
	offsetField      = &schema.Field{Name: "Offset", JSONName: "offset", Tag: -1, Type: schema.Int64}
	messageSizeField = &schema.Field{Name: "MessageSize", JSONName: "messageSize", Tag: -1, Type: schema.Int32}
	timestampField   = &schema.Field{Name: "Timestamp", JSONName: "timestamp", Tag: -1, Type: schema.Int64}
	plainBytesField  = &schema.Field{Name: "Length", JSONName: "length", Tag: -1, Type: schema.Int32}
)

// legacyParts are the fields of an entry of magic 0; magic 1 has a timestamp after them.
var legacyParts = [...]part{{0, offsetField}, {8, messageSizeField}, {12, crcField}, {atMagic, magicField}, {17, attributesField}}

// legacy adds the nodes of an entry of magic 0 or 1 that fills src[pos:to].
func (w recordsWalk) legacy(pos, to int, magic int8) {
	for _, p := range legacyParts {
		w.leaf(&event{kind: ValueNode, field: p.field, index: -1, off: pos + p.off, size: p.field.Type.FixedBytes()})
		if p.field == crcField {
			w.checkCRC(pos+12, crc32.ChecksumIEEE(w.src[pos+atMagic:to]))
		}
	}
	codec := records.Codec(w.src[pos+17] & 7)
	pos += 18
	if magic == 1 {
		w.leaf(&event{kind: ValueNode, field: timestampField, index: -1, off: pos, size: 8})
		pos += 8
	}
	pos, ok := w.legacyBytes(keyField, pos, to)
	if !ok {
		return
	}
	if codec == records.None || to-pos < 4 || !w.canDecompress() || w.o.Records == RecordsBatches {
		pos, ok = w.legacyBytes(valueField, pos, to)
	} else {
		pos, ok = w.legacySet(pos, to, codec)
	}
	if ok && pos < to {
		w.rest(pos, to)
		w.fault(-1, "", pos, io.ErrUnexpectedEOF, strconv.Itoa(to-pos)+" bytes after the value")
	}
}

// legacyBytes adds a key or value with its int32 length and returns what comes after it.
func (w recordsWalk) legacyBytes(f *schema.Field, pos, to int) (int, bool) {
	if to-pos < 4 {
		w.damage(pos, to, f.Name, pos, io.ErrUnexpectedEOF, "4 bytes wanted, "+strconv.Itoa(to-pos)+" left")
		return to, false
	}
	n := int(int32(binary.BigEndian.Uint32(w.src[pos:])))
	if n > to-pos-4 {
		w.damage(pos, to, f.Name, pos, io.ErrUnexpectedEOF, strconv.Itoa(n)+" bytes announced, "+strconv.Itoa(to-pos-4)+" left")
		return to, false
	}
	w.leaf(&event{kind: ValueNode, field: f, index: -1, off: pos, size: 4 + max(n, 0), prefix: 4, null: n < 0})
	return pos + 4 + max(n, 0), true
}

// legacySet adds a value that is a compressed set of entries.
func (w recordsWalk) legacySet(pos, to int, codec records.Codec) (int, bool) {
	n := int(int32(binary.BigEndian.Uint32(w.src[pos:])))
	if n < 0 || n > to-pos-4 {
		return w.legacyBytes(valueField, pos, to)
	}
	end := pos + 4 + n
	w.enter(&event{kind: StructNode, field: valueField, index: -1, off: pos})
	w.leaf(&event{kind: ValueNode, field: plainBytesField, index: -1, off: pos, size: 4})
	w.compressed(pos+4, end, codec, func(inner recordsWalk) { inner.batches(0, len(inner.src)) })
	w.leave(end)
	return end, true
}
