package inspect

import (
	"errors"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Edit is a change of one node of a tree: see Tree.Encode.
type Edit struct {
	Op   EditOp
	Node Node
	Text string // the new value, for SetValue: see Node.AppendValue
}

// EditOp is what an Edit does to its node.
type EditOp uint8

// What can be done: a value can be set, and an element of an array, a tagged field, a record, a header or
// a batch can be removed, or be there twice.
const (
	SetValue EditOp = iota
	RemoveNode
	DuplicateNode
)

// ErrEdit is the cause of the error of an edit that cannot be made.
var ErrEdit = errors.New("no such edit")

func (n Node) refuse(why string) error {
	e := &wire.Error{Path: n.Path(), Offset: n.Offset(), Err: ErrEdit, Detail: why}
	if m, v := n.Message(); m != nil {
		e.Message, e.Version = m.Name, v
	}
	return e
}

// Structural reports whether the node is a length, a count, a size or a checksum: Encode computes it
// from what it is about.
func (n Node) Structural() bool {
	at := n.at()
	switch at.kind {
	case SizeNode, TagSizeNode, MarkerNode:
		return true
	case CountNode, VarintNode:
		return at.field == countField || at.field == lengthField || at.field == tagCountField
	}
	switch at.field {
	case crcField, batchLengthField, recordCountField, messageSizeField, plainBytesField:
		return true
	}
	return false
}

// isElement reports whether the node can be removed, or be there twice.
func (n Node) isElement() bool {
	at := n.at()
	switch at.kind {
	case TagNode, RecordNode, HeaderNode, BatchNode:
		return true
	}
	return at.index >= 0
}

// nullable reports whether the node may be null.
func (n Node) nullable() bool {
	at := n.at()
	if at.kind == VarBytesNode || at.field == keyField || at.field == valueField {
		return at.kind != StructNode
	}
	m, v := n.Message()
	return m != nil && at.index < 0 && at.field.Nullable.Has(v)
}

// AppendValue appends a value in the encoding of the node: a number in its width or as a varint, a string
// or bytes with the length before them. The text is a decimal number; true or false; null where the schema
// has one; a uuid as Kafka writes it, or in hex; a string as it is, or quoted as in Go ("null", "a\tb");
// bytes in hex, with blanks or without; [] for an array without elements. The error says what is wanted.
func (n Node) AppendValue(dst []byte, text string) ([]byte, error) {
	at := n.at()
	if text == "null" && n.nullable() {
		return n.appendNull(dst), nil
	}
	typ := at.field.Type
	switch at.kind {
	case ValueNode:
	case VarStringNode:
		typ = schema.String
	case VarintNode:
		typ = schema.Int32
	case VarlongNode:
		typ = schema.Int64
	case SizeNode, CountNode, TagIDNode, TagSizeNode:
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v != int64(int32(v)) {
			return dst, n.refuse(wantNumber)
		}
		return appendCount(dst, at, int(v)), nil
	case MarkerNode:
		typ = schema.Int8
	case ArrayNode:
		if text == "[]" {
			return appendLength(dst, at, 0), nil
		}
		return dst, n.refuse("an array can be set to [] only; its elements are fields of their own")
	case VarBytesNode, UnknownNode, RestNode, MoreNode, PartialNode, CompressedNode, RecordsNode:
		typ = schema.Bytes
	default:
		return dst, n.refuse("it has no value of its own: set one of its fields")
	}
	return n.appendTyped(dst, typ, text)
}

const wantNumber = "a whole number that fits is wanted"

func (n Node) appendTyped(dst []byte, typ schema.Type, text string) ([]byte, error) {
	at := n.at()
	switch typ {
	case schema.String:
		if len(text) > 1 && text[0] == '"' {
			if plain, err := strconv.Unquote(text); err == nil {
				text = plain
			}
		}
		if len(text) > 1<<15-1 {
			return dst, n.refuse("a string has at most 32767 bytes")
		}
		return append(appendLength(dst, at, len(text)), text...), nil
	case schema.Bytes, schema.Records:
		data, ok := parseHex(text)
		if !ok {
			return dst, n.refuse("bytes are wanted, two hex digits each")
		}
		if at.prefix > 0 || at.kind == RecordsNode {
			dst = appendLength(dst, at, len(data))
		}
		return append(dst, data...), nil
	case schema.Bool:
		switch text {
		case "true":
			return append(dst, 1), nil
		case "false":
			return append(dst, 0), nil
		}
		return dst, n.refuse("true or false is wanted")
	case schema.UUID:
		if data, ok := parseHex(text); ok && len(data) == len(wire.UUID{}) {
			return append(dst, data...), nil
		}
		u, err := wire.ParseUUID(text)
		if err != nil {
			return dst, n.refuse("22 characters of Kafka's base64 are wanted, or 32 hex digits")
		}
		return wire.AppendUUID(dst, u), nil
	case schema.Float64:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return dst, n.refuse("a number is wanted")
		}
		return wire.AppendFloat64(dst, v), nil
	}
	return n.appendInteger(dst, typ, text)
}

func (n Node) appendInteger(dst []byte, typ schema.Type, text string) ([]byte, error) {
	bits := typ.FixedBytes() * 8
	v, err := strconv.ParseInt(text, 10, 64)
	low, high := int64(-1)<<(bits-1), int64(1)<<(bits-1)-1
	if typ == schema.Uint16 || typ == schema.Uint32 {
		low, high = 0, int64(1)<<bits-1
	}
	switch {
	case err != nil || v < low || v > high:
		return dst, n.refuse(wantNumber + ", from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10))
	case n.at().kind != ValueNode && n.at().kind != MarkerNode:
		return wire.AppendVarlong(dst, v), nil
	}
	for bits -= 8; bits >= 0; bits -= 8 {
		dst = append(dst, byte(v>>bits))
	}
	return dst, nil
}

// appendNull appends null in the encoding of a node that may be it.
func (n Node) appendNull(dst []byte) []byte {
	at := n.at()
	if at.kind != StructNode {
		return appendLength(dst, at, -1)
	}
	switch {
	case n.IsLeaf():
		return append(dst, n.Bytes()...)
	case n.t.nodes[n.i+1].flags&flagFlexible != 0: // the marker of a tagged struct
		return append(dst, 0)
	}
	return append(dst, 0xff)
}

// appendLength appends what stands before the bytes of a value, or the count of an array without elements;
// −1 is null.
func appendLength(dst []byte, at *node, n int) []byte {
	switch {
	case at.kind == VarBytesNode || at.kind == VarStringNode || at.field == headersField:
		return wire.AppendVarint(dst, int32(n))
	case at.kind == ValueNode && at.field.Type == schema.String:
		return wire.AppendStringLen(dst, n, at.flags&flagFlexible != 0)
	}
	return wire.AppendArrayLen(dst, n, at.flags&flagFlexible != 0)
}

// appendCount appends a count, length, size or tag in the encoding of its node.
func appendCount(dst []byte, at *node, n int) []byte {
	switch {
	case at.kind == VarintNode:
		return wire.AppendVarint(dst, int32(n))
	case at.field == countField || at.field == lengthField:
		return wire.AppendArrayLen(dst, n, at.flags&flagFlexible != 0)
	case at.flags&flagFlexible != 0:
		return wire.AppendUvarint(dst, uint32(n))
	}
	return wire.AppendInt32(dst, int32(n))
}

// parseHex reads bytes of two hex digits each, with blanks between them or without.
func parseHex(text string) (data []byte, ok bool) {
	high, digits := byte(0), 0
	for i := range len(text) {
		c := text[i] | 0x20 // letters become small, digits and the blank stay
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c == ' ':
			continue
		default:
			return nil, false
		}
		if digits++; digits%2 == 0 {
			data = append(data, high<<4|c)
		}
		high = c
	}
	return data, digits%2 == 0
}
