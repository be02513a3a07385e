package inspect

import (
	"encoding/binary"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Names of the parts of control records, and of data with a version before it.
var (
	controlVersionField = &schema.Field{Name: "Version", JSONName: "version", Tag: -1, Type: schema.Int16}
	controlTypeField    = &schema.Field{Name: "Type", JSONName: "type", Tag: -1, Type: schema.Int16}
)

// controlTypes are the kinds of control records: Kafka's name, and the message in the value.
var controlTypes = [...]struct {
	name, message string
	prefixed      bool // the value starts with the version of the message
}{
	{"ABORT", "EndTxnMarker", true},
	{"COMMIT", "EndTxnMarker", true},
	{"LEADER_CHANGE", "LeaderChangeMessage", false},
	{"SNAPSHOT_HEADER", "SnapshotHeaderRecord", false},
	{"SNAPSHOT_FOOTER", "SnapshotFooterRecord", false},
	{"KRAFT_VERSION", "KRaftVersionRecord", false},
	{"KRAFT_VOTERS", "VotersRecord", false},
}

// control reads the key and value of a control record.
func (r *recordWalk) control() {
	typ := r.controlKey()
	if r.failed {
		return
	}
	if typ < 0 || typ >= len(controlTypes) {
		r.varBytes(VarBytesNode, valueField)
		return
	}
	length, n := varint(r.src[r.pos:r.end])
	if n <= 0 || length <= 0 || int(length) > r.end-r.pos-n {
		r.varBytes(VarBytesNode, valueField)
		return
	}
	end := r.pos + n + int(length)
	r.enter(&event{kind: StructNode, field: valueField, index: -1, off: r.pos})
	r.leaf(&event{kind: VarintNode, field: lengthField, index: -1, off: r.pos, size: n})
	r.pos += n
	c := &controlTypes[typ]
	version := int16(0)
	if c.prefixed && end-r.pos >= 2 {
		version = int16(binary.BigEndian.Uint16(r.src[r.pos:]))
		r.leaf(&event{kind: ValueNode, field: controlVersionField, index: -1, off: r.pos, size: 2})
		r.pos += 2
	}
	r.nested(valueField, schema.ByName(c.message), version, end)
	r.leave(end)
}

// controlKey reads the key: its version, and the type of the record. It returns −1 for a key of
// another shape.
func (r *recordWalk) controlKey() int {
	if r.failed {
		return -1
	}
	length, n := varint(r.src[r.pos:r.end])
	if n <= 0 || length != 4 || r.end-r.pos-n < 4 {
		r.varBytes(VarBytesNode, keyField)
		return -1
	}
	at := r.pos
	r.enter(&event{kind: StructNode, field: keyField, index: -1, off: at})
	r.leaf(&event{kind: VarintNode, field: lengthField, index: -1, off: at, size: n})
	r.leaf(&event{kind: ValueNode, field: controlVersionField, index: -1, off: at + n, size: 2})
	r.leaf(&event{kind: ValueNode, field: controlTypeField, index: -1, off: at + n + 2, size: 2})
	r.pos = at + n + 4
	r.leave(r.pos)
	return int(int16(binary.BigEndian.Uint16(r.src[r.pos-2:])))
}

// nested reads a message that fills src[r.pos:end].
func (r *recordWalk) nested(f *schema.Field, m *schema.Message, version int16, end int) {
	if m == nil || !m.Versions.Has(version) || r.skipping > 0 {
		if r.pos < end {
			r.leaf(&event{kind: ValueNode, field: restField, index: -1, off: r.pos, size: end - r.pos})
		}
		r.pos = end
		return
	}
	outer := r.t.Err
	r.t.Err = nil
	r.pos = r.message(f, m, version, r.pos, end)
	switch err := r.t.Err; {
	case err != nil:
		r.rest(r.pos, end)
		r.problem(int32(len(r.t.nodes)-1), err)
	case r.pos < end:
		r.damage(r.pos, end, "", r.pos, wire.ErrTrailing, "bytes after "+m.Name)
	}
	r.t.Err = outer
	r.pos = end
}
