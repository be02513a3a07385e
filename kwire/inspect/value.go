package inspect

import (
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// maxShownText is how many bytes of text Value shows.
const maxShownText = 100

// maxShownBytes is how many bytes of a value Value shows.
const maxShownBytes = 32

// Value returns the node's value as text: a number, a quoted string, bytes in hex (the first 32) or, in records,
// quoted if they are text, or
// what a group is ("3 elements"). Structs and messages have none, unless they are null.
func (n Node) Value() string {
	at := n.at()
	if at.flags&flagNull != 0 {
		return "null"
	}
	switch at.kind {
	case ArrayNode:
		return plural(int(at.count), "element")
	case TagsNode:
		return plural(int(at.count), "field")
	case CountNode:
		return strconv.Itoa(int(at.count))
	case MarkerNode:
		return strconv.Itoa(int(int8(n.Bytes()[0])))
	case TagIDNode, TagSizeNode:
		v, _ := wire.Uvarint(n.Bytes())
		return strconv.FormatUint(uint64(v), 10)
	case SizeNode:
		return strconv.Itoa(int(int32(binary.BigEndian.Uint32(n.Bytes()))))
	case VarintNode, VarlongNode:
		v, _ := varlong(n.Bytes())
		return strconv.FormatInt(v, 10)
	case VarStringNode:
		return strconv.Quote(string(n.data()))
	case VarBytesNode:
		if text, ok := quotedText(n.data()); ok {
			return text
		}
		return showBytes(n.data())
	case UnknownNode, RestNode, MoreNode, CompressedNode, PartialNode:
		return showBytes(n.data())
	case TextNode:
		return string(n.data()[:int(at.size)-int(at.prefix)-int(at.count)])
	case FrameNode, RecordsNode, PadNode:
		return plural(int(at.size), "byte")
	case ValueNode:
		return n.scalar()
	}
	return ""
}

//go:noinline
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

func (n Node) scalar() string {
	f := n.at().field
	switch f.Type {
	case schema.String:
		return strconv.Quote(string(n.data()))
	case schema.Bytes, schema.Records:
		return showBytes(n.data())
	case schema.Float64:
		return javaFloat(math.Float64frombits(binary.BigEndian.Uint64(n.Bytes())))
	case schema.UUID:
		return wire.UUID(n.Bytes()).String()
	case schema.Bool:
		return strconv.FormatBool(n.Bytes()[0] != 0)
	}
	return strconv.FormatInt(integer(f.Type, n.Bytes()), 10)
}

// integer reads a number of fixed size.
func integer(t schema.Type, b []byte) int64 {
	switch t {
	case schema.Bool, schema.Int8:
		return int64(int8(b[0]))
	case schema.Int16:
		return int64(int16(binary.BigEndian.Uint16(b)))
	case schema.Uint16:
		return int64(binary.BigEndian.Uint16(b))
	case schema.Int32:
		return int64(int32(binary.BigEndian.Uint32(b)))
	case schema.Uint32:
		return int64(binary.BigEndian.Uint32(b))
	}
	return int64(binary.BigEndian.Uint64(b))
}

// Int returns the value of a node that holds one integer, or the number of a varint.
func (n Node) Int() (int64, bool) {
	at := n.at()
	switch at.kind {
	case ValueNode:
		if at.field.Type <= schema.Int64 {
			return integer(at.field.Type, n.Bytes()), true
		}
	case SizeNode:
		return int64(int32(binary.BigEndian.Uint32(n.Bytes()))), true
	case VarintNode, VarlongNode:
		v, _ := varlong(n.Bytes())
		return v, true
	case TagIDNode, TagSizeNode:
		v, _ := wire.Uvarint(n.Bytes())
		return int64(v), true
	case CountNode:
		return int64(at.count), true
	}
	return 0, false
}

const hexDigits = "0123456789abcdef"

func showBytes(b []byte) string {
	shown := b[:min(len(b), maxShownBytes)]
	out := make([]byte, 0, 2*len(shown)+24)
	for _, c := range shown {
		out = append(out, hexDigits[c>>4], hexDigits[c&15])
	}
	if len(b) > len(shown) {
		out = append(out, "… ("...)
		out = strconv.AppendInt(out, int64(len(b)), 10)
		out = append(out, " bytes)"...)
	}
	return string(out)
}

// quotedText quotes bytes of a record that are text, the first maxShownText of them; ok is false for others.
func quotedText(b []byte) (text string, ok bool) {
	shown := shownText(b)
	if len(shown) == 0 {
		return "", false
	}
	text = strconv.Quote(string(shown))
	if len(b) > len(shown) {
		text += "… (" + strconv.Itoa(len(b)) + " bytes)"
	}
	return text, true
}

// shownText returns the first maxShownText bytes of a text, none of bytes that are no text.
func shownText(b []byte) []byte {
	shown := b[:min(len(b), maxShownText)]
	for at := 0; at < len(shown); {
		r, size := utf8.DecodeRune(shown[at:])
		switch {
		case r == utf8.RuneError && size == 1 && len(b) > len(shown) && !utf8.FullRune(shown[at:]):
			shown = shown[:at] // it is cut
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\n' && r != '\t' && r != '\r', r == 0x7f:
			return nil
		}
		at += size
	}
	return shown
}

// IsText reports whether Value shows the bytes of a record's key, value or header as text.
func (n Node) IsText() bool { return n.at().kind == VarBytesNode && len(shownText(n.data())) > 0 }

// javaFloat writes a number as Java's Double.toString does, which Kafka's JSON shows.
func javaFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		if f > 0 {
			return "Infinity"
		}
		return "-Infinity"
	case f == 0 && math.Signbit(f):
		return "-0.0"
	case f == 0:
		return "0.0"
	}
	if a := math.Abs(f); a >= 1e-3 && a < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, 64)
		for i := range len(s) {
			if s[i] == '.' {
				return s
			}
		}
		return s + ".0"
	}
	b := strconv.AppendFloat(nil, f, 'E', -1, 64)
	if two := strconv.FormatFloat(f, 'E', 1, 64); len(two) >= len(b) { // Java writes two digits at least, the best two
		b = []byte(two)
	}
	out := make([]byte, 0, len(b)+2)
	point := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '.':
			point = true
			out = append(out, c)
		case c == 'E':
			if !point {
				out = append(out, '.', '0')
			}
			out = append(out, 'E')
			if b[i+1] == '-' {
				out = append(out, '-')
			}
			i++ // the sign
			for i+1 < len(b)-1 && b[i+1] == '0' {
				i++ // Go pads the exponent to two digits
			}
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
