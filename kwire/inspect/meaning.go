package inspect

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Meaning says in a few words what a value stands for where the value alone does not: the name of an
// error code or of an API, the time of a timestamp, what −1 is in this field, which flags are set.
// It is "" where there is nothing to add.
func (n Node) Meaning() string {
	at := n.at()
	if at.flags&flagNull != 0 {
		return ""
	}
	if at.field == storedTypeField {
		return n.stored(n.i+1, n.i+3)
	}
	switch at.kind {
	case SizeNode:
		v, _ := n.Int()
		return plural(int(v), "byte") + " after this"
	case RecordNode:
		return n.stored(n.i+1, at.end)
	case ValueNode:
		return n.valueMeaning()
	case BatchNode:
		return n.batchMeaning()
	case PartialNode:
		if at.count == 0 {
			return "the start of a batch"
		}
		return "a batch of " + plural(int(at.count), "byte") + ", cut off"
	case CompressedNode:
		return records.Codec(at.count).String()
	case VarlongNode:
		if at.field == timeDeltaField {
			return n.absolute(atBaseTime, true)
		}
	case VarintNode:
		if at.field == offsetDeltaField {
			return n.absolute(0, false)
		}
	}
	return ""
}

// stored names the first message between two nodes: what a record of one of Kafka's own logs is.
func (n Node) stored(from, to int32) string {
	for i := from; i < min(to, int32(len(n.t.nodes))); i++ {
		if n.t.nodes[i].kind == MessageNode {
			m, _ := n.t.At(int(i)).Message()
			return m.Name
		}
	}
	return ""
}

func (n Node) valueMeaning() string {
	f := n.at().field
	switch f.Type {
	case schema.UUID:
		if u := wire.UUID(n.Bytes()); u.IsZero() {
			return "none"
		}
		return ""
	case schema.Bool, schema.String, schema.Bytes, schema.Records, schema.Float64:
		return ""
	}
	v := integer(f.Type, n.Bytes())
	if f.JSONName == crcField.JSONName {
		if n.IsBad() {
			return "does not match the bytes"
		}
		return "correct"
	}
	if m, _ := n.Message(); m != nil && f.Versions != 0 {
		if text := fieldMeaning(m, f, v); text != "" {
			return text
		}
		return numberMeaning(f, v)
	}
	switch f {
	case relativeField:
		return "offset " + strconv.FormatInt(n.t.baseOffset+v, 10)
	case batchAttrField, attributesField:
		return n.attributes(int16(v))
	case controlTypeField:
		if v >= 0 && int(v) < len(controlTypes) {
			return controlTypes[v].name
		}
	case magicField:
		if v == 2 {
			return "record batch"
		}
		return "message set"
	}
	return numberMeaning(f, v)
}

// numberMeaning knows what numbers say in fields of some names, whatever the message.
func numberMeaning(f *schema.Field, v int64) string {
	name := f.JSONName
	switch {
	case f.Type == schema.Int16 && strings.HasSuffix(name, "rrorCode"):
		return errcode.Code(v).String()
	case isTimestamp(f):
		if v == -1 {
			return "none"
		}
		if v == 0 {
			return ""
		}
		return timeText(v)
	case name == "throttleTimeMs" && v == 0:
		return "not throttled"
	case strings.HasSuffix(name, "uthorizedOperations"):
		return operations(v)
	case v != -1:
		return ""
	case strings.HasSuffix(name, "poch"), strings.HasSuffix(name, "roducerId"), strings.HasSuffix(name, "Sequence"),
		strings.HasSuffix(name, "ffset"), name == "leader", name == "leaderId", name == "controllerId", name == "generationId":
		return "none"
	}
	return ""
}

// IsTime reports whether the node's value is milliseconds since 1970.
func (n Node) IsTime() bool {
	v, ok := n.Int()
	return ok && v > 0 && n.at().kind == ValueNode && isTimestamp(n.at().field)
}

// isTimestamp reports whether a field holds milliseconds since 1970.
func isTimestamp(f *schema.Field) bool {
	name := f.JSONName
	return f.Type == schema.Int64 && (strings.HasSuffix(name, "imestamp") || strings.HasSuffix(name, "imestampMs") ||
		name == "logAppendTimeMs" || name == "transactionStartTimeMs")
}

func timeText(ms int64) string {
	b, ok := appendTime(nil, ms)
	if !ok {
		return "out of the calendar"
	}
	return string(b)
}

// attributes names the flags of a batch, or of a legacy entry.
func (n Node) attributes(flags int16) string {
	parent, _ := n.Parent()
	if parent.Kind() == RecordNode {
		return ""
	}
	magic := parent.at().count
	parts := []string{records.Codec(flags & 7).String()}
	if magic > 0 {
		parts = append(parts, records.TimestampType(flags>>3&1).String())
	}
	for i, name := range [...]string{"transactional", "control", "delete horizon"} {
		if magic == 2 && flags>>(4+i)&1 != 0 {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, ", ")
}

// batch returns the bytes of the batch around a node of a record, nil if there is none of magic 2.
func (n Node) batch() []byte {
	for p, ok := n.Parent(); ok; p, ok = p.Parent() {
		switch {
		case p.Kind() == BatchNode && p.at().count < 2, p.Kind() == PartialNode && p.Size() < records.HeaderSize:
			return nil
		case p.Kind() == BatchNode, p.Kind() == PartialNode:
			return p.Bytes()
		}
	}
	return nil
}

// absolute adds a delta to what the batch has at an offset of its own.
func (n Node) absolute(at int, isTime bool) string {
	b := n.batch()
	if b == nil {
		return ""
	}
	delta, _ := n.Int()
	v := delta + int64(binary.BigEndian.Uint64(b[at:]))
	if !isTime {
		return "offset " + strconv.FormatInt(v, 10)
	}
	if b[atAttributes+1]&8 != 0 {
		return timeText(int64(binary.BigEndian.Uint64(b[atMaxTime:]))) // LogAppendTime: the batch's time counts
	}
	return timeText(v)
}

// batchMeaning sums a batch up: "offsets 5 to 7, 3 records, gzip".
func (n Node) batchMeaning() string {
	b, err := records.ReadBatch(n.Bytes())
	if err != nil {
		return ""
	}
	text := "offset " + strconv.FormatInt(b.BaseOffset(), 10)
	if b.LastOffset() > b.BaseOffset() {
		text = "offsets " + strconv.FormatInt(b.BaseOffset(), 10) + " to " + strconv.FormatInt(b.LastOffset(), 10)
	}
	if b.Count() >= 0 {
		text += ", " + plural(int(b.Count()), "record")
	}
	if b.Codec() != records.None {
		text += ", " + b.Codec().String()
	}
	if b.IsTransactional() {
		text += ", transactional"
	}
	if b.IsControl() {
		text += ", control"
	}
	return text
}
