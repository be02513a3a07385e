package inspect

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

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
	case crcField, batchLengthField, recordCountField, messageSizeField, plainBytesField, lineCountField:
		return true
	}
	return n.t.Layout.Name == ProducerSnapshot && at.off == snapshotCRCAt && at.end == n.i+1
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

// AppendLength appends what stands before the bytes of a value of n of them, in the encoding of the node;
// −1 is null.
func (n Node) AppendLength(dst []byte, size int) []byte { return appendSize(dst, n.at(), int64(size)) }

// AppendValue appends a value in the encoding of the node: a number in its width or as a varint, a string
// or bytes with the length before them. The text is a decimal number; true or false; null where the schema
// has one; a uuid as Kafka writes it, or in hex; a string as it is, or quoted as in Go ("null", "a\tb");
// bytes in hex, with blanks or without, those of records also as a quoted text; [] for an array without elements. A number with a fraction has 15
// digits at most. The error says what is wanted.
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
	case VarlongNode:
		typ = schema.Int64
	case VarintNode, SizeNode, CountNode, TagIDNode, TagSizeNode:
		typ = schema.Int32
	case MarkerNode:
		typ = schema.Int8
	case ArrayNode:
		if text == "[]" {
			return appendSize(dst, at, 0), nil
		}
		return dst, n.refuse("an array can be set to [] only; its elements are fields of their own")
	case TextNode:
		whole := n.Bytes()
		dst = append(append(dst, whole[:at.prefix]...), text...)
		return append(dst, whole[len(whole)-int(at.count):]...), nil
	case VarBytesNode, PadNode, UnknownNode, RestNode, MoreNode, PartialNode, CompressedNode, RecordsNode:
		typ = schema.Bytes
	default:
		return dst, n.refuse("it has no value of its own: set one of its fields")
	}
	why := ""
	var data []byte
	switch typ {
	case schema.String:
		data = unquoted(text)
		if len(data) > maxString {
			why = "a string has at most 32767 bytes"
		}
	case schema.Bytes, schema.Records:
		if data = parseHex(text); data == nil && at.kind == VarBytesNode && len(text) > 1 && text[0] == '"' {
			data = unquoted(text)
		}
		if data == nil {
			why = "bytes are wanted, two hex digits each"
			if at.kind == VarBytesNode {
				why += ", or a text in quotes"
			}
		}
	case schema.UUID:
		if data = parseHex(text); len(data) == len(wire.UUID{}) {
			break
		}
		u, err := wire.ParseUUID(text)
		if data = u[:]; err != nil {
			why = "22 characters of Kafka's base64 are wanted, or 32 hex digits"
		}
	case schema.Bool:
		if data = []byte{1}; text == "false" {
			data[0] = 0
		} else if text != "true" {
			why = "true or false is wanted"
		}
	default:
		return n.appendNumber(dst, typ, text)
	}
	if why != "" {
		return dst, n.refuse(why)
	}
	if at.prefix > 0 || at.kind == RecordsNode && !n.IsLeaf() && n.t.nodes[n.i+1].kind == CountNode {
		dst = appendSize(dst, at, int64(len(data)))
	}
	return append(dst, data...), nil
}

const maxString = 1<<15 - 1

func (n Node) appendNumber(dst []byte, typ schema.Type, text string) ([]byte, error) {
	at := n.at()
	bits := typ.FixedBytes() * 8
	v, err := strconv.ParseInt(text, 10, 64)
	low, high := int64(-1)<<(bits-1), int64(1)<<(bits-1)-1
	switch typ {
	case schema.Float64:
		f, ok := parseFloat(text)
		if !ok {
			return dst, n.refuse("a number is wanted, of 15 digits at most")
		}
		v = int64(math.Float64bits(f))
	default:
		if typ == schema.Uint16 || typ == schema.Uint32 {
			low, high = 0, int64(1)<<bits-1
		}
		if err != nil || v < low || v > high {
			return dst, n.refuse("a whole number is wanted, from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10))
		}
	}
	if at.kind != ValueNode && at.kind != MarkerNode {
		return appendSize(dst, at, v), nil
	}
	return appendFixed(dst, bits, v), nil
}

// appendFixed appends the lowest bits of a number, big-endian.
func appendFixed(dst []byte, bits int, v int64) []byte {
	for bits -= 8; bits >= 0; bits -= 8 {
		dst = append(dst, byte(v>>bits))
	}
	return dst
}

// appendNull appends null in the encoding of a node that may be it.
func (n Node) appendNull(dst []byte) []byte {
	at := n.at()
	if at.kind != StructNode {
		return appendSize(dst, at, -1)
	}
	if n.IsLeaf() {
		return append(dst, n.Bytes()...)
	}
	null := byte(0xff)
	if n.t.nodes[n.i+1].flags&flagFlexible != 0 { // the marker of a tagged struct
		null = 0
	}
	return append(dst, null)
}

// appendSize appends a number that is a length, count, size, tag or varint, or the length of a value; −1 is
// null. One function for all of them, as this code is also part of a web page.
func appendSize(dst []byte, at *node, n int64) []byte {
	bits := 32
	switch {
	case at.kind >= VarintNode && at.kind <= VarStringNode || at.field == headersField:
		n = n<<1 ^ n>>63
		bits = 0
	case at.flags&flagFlexible != 0:
		if at.kind != CountNode && at.kind < TagsNode || at.field == countField || at.field == lengthField || at.kind == RecordsNode {
			n = int64(uint32(n + 1))
		}
		bits = 0
	case at.kind == ValueNode && at.field.Type == schema.String:
		bits = 16
	}
	if bits > 0 {
		return appendFixed(dst, bits, n)
	}
	u := uint64(n)
	for ; u > 0x7f; u >>= 7 {
		dst = append(dst, byte(u)|0x80)
	}
	return append(dst, byte(u))
}

// parseHex reads bytes of two hex digits each, with blanks between them or without; nil if it is none.
func parseHex(text string) []byte {
	data := make([]byte, 0, len(text)/2)
	high, digits := byte(0), 0
	for i := range len(text) {
		if text[i] == ' ' {
			continue
		}
		c := hexDigit(text[i])
		if c > 15 {
			return nil
		}
		if digits++; digits%2 == 0 {
			data = append(data, high<<4|c)
		}
		high = c
	}
	if digits%2 != 0 {
		return nil
	}
	return data
}

// hexDigit is the value of a digit, more than 15 for what is none.
func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	if c |= 0x20; c < 'a' {
		return 16
	}
	return c - 'a' + 10
}

// unquoted undoes Go's quoting; what is not quoted is taken as it is.
func unquoted(s string) []byte {
	end := len(s) - 1
	if end < 1 || s[0] != '"' || s[end] != '"' {
		return []byte(s)
	}
	out := make([]byte, 0, end)
	for i := 1; i < end; i++ {
		c := s[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		if i++; i == end {
			return []byte(s)
		}
		const letters, controls = "abtnvfr", "\a\b\t\n\v\f\r"
		c = s[i]
		digits := 0
		switch c {
		case 'x':
			digits = 2
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		}
		if digits == 0 {
			if k := strings.IndexByte(letters, c); k >= 0 {
				c = controls[k]
			}
			out = append(out, c)
			continue
		}
		r := rune(0)
		for ; digits > 0 && i+1 < end; digits-- {
			i++
			r = r<<4 | rune(hexDigit(s[i])&15)
		}
		if c == 'x' {
			out = append(out, byte(r))
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// parseFloat reads a decimal number of up to 15 digits and an exponent of up to 22, for which one division
// or multiplication is exact. strconv's reader of all numbers would be a fiftieth of what a web page loads.
func parseFloat(s string) (v float64, ok bool) {
	digits, exponent, point := 0, 0, false
	negative := len(s) > 0 && s[0] == '-'
	i := 0
	if negative {
		i = 1
	}
	if s[i:] == "Infinity" {
		v, i, digits = math.Inf(1), len(s), 1
	} else if s == "NaN" {
		return math.NaN(), true
	}
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c|0x20 == 'e' {
			e, err := strconv.ParseInt(s[i+1:], 10, 16)
			if err != nil {
				return 0, false
			}
			exponent += int(e)
			break
		}
		if c -= '0'; c > 9 {
			return 0, false
		}
		digits++
		v = v*10 + float64(c)
		if point {
			exponent--
		}
	}
	scale := 1.0
	for k := max(exponent, -exponent); k > 0 && k <= 22; k-- {
		scale *= 10
	}
	if exponent < 0 {
		v /= scale
	} else {
		v *= scale
	}
	if negative {
		v = -v
	}
	return v, digits > 0 && digits <= 15 && exponent >= -22 && exponent <= 22
}
