package view

import (
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
)

// maxBits is how many bytes are shown bit by bit: a varint of 64 bits.
const maxBits = 10

// AppendHow appends lines, a title and a text each, that explain how the bytes
// of a row make its value. In the line "bits" the first bit of each byte of a
// varint, which says that another one follows, is in brackets.
func (s *Session) AppendHow(dst []byte, frame, row int) ([]byte, string) {
	t := s.treeAt(frame)
	if t == nil {
		return dst, noFrame
	}
	p := at(t, row)
	if p.part < 0 {
		return dst, noNode
	}
	w := lines{dst}
	n := p.node
	if path := n.Path(); path != "" {
		w.line("path", path)
	}
	if p.part < 2 && n.IsLeaf() {
		w.bits(n, p.part)
	}
	if p.part == 0 {
		w.flags(n)
		w.time(n)
	}
	f := n.Field()
	if m, v := n.Message(); m != nil && f.Versions != 0 && n.ElementIndex() < 0 {
		w.line("since", m.API()+" "+m.Kind.String()+" "+openVersions(f.Versions, m.Versions)+", this is "+strconv.Itoa(int(v)))
	}
	return w.dst, ""
}

// bits explains a number: one of fixed size, a varint, or the length of a value.
func (w *lines) bits(n inspect.Node, part int) {
	b, typ := n.Bytes(), n.Type()
	switch {
	case n.Kind() == inspect.TextNode:
		return
	case n.Kind() == inspect.TagsNode:
		typ = "UNSIGNED_VARINT"
	case n.Prefix() > 0:
		b, typ = b[:n.Prefix()], lengthType(n)
	case n.Kind() == inspect.ValueNode && n.Field().Type >= schema.Float64:
		return
	}
	varint := strings.HasSuffix(typ, "VARINT") || typ == "VARLONG"
	if len(b) == 0 || len(b) > maxBits || !varint && !strings.Contains(typ, "INT") && typ != "BOOLEAN" {
		return
	}
	text := make([]byte, 0, 11*len(b))
	for i, c := range b {
		if i > 0 {
			text = append(text, ' ')
		}
		for k := 7; k >= 0; k-- {
			if varint && k == 7 {
				text = append(text, '[')
			}
			text = append(text, '0'+c>>k&1)
			if varint && k == 7 {
				text = append(text, ']')
			}
		}
	}
	w.line("bits", string(text))
	if varint {
		w.varint(n, b, typ[0] == 'V')
	}
}

// varint explains the number of a varint, and what that says.
func (w *lines) varint(n inspect.Node, b []byte, zigzag bool) {
	sum, v := "", uint64(0)
	for i, c := range b {
		v |= uint64(c&0x7f) << (7 * i)
		if i > 0 {
			sum += " + "
		}
		sum += strconv.Itoa(int(c & 0x7f))
		if i > 0 {
			sum += "·128"
		}
		if i > 1 {
			sum += "^" + strconv.Itoa(i)
		}
	}
	number := strconv.FormatUint(v, 10)
	if len(b) > 1 {
		w.line("varint", "seven bits a byte, the lowest first: "+sum+" = "+number)
	} else {
		w.line("varint", "one byte, as its first bit is 0: "+number)
	}
	switch {
	case zigzag && v&1 == 0:
		w.line("zigzag", number+" is even: "+number+" / 2 = "+strconv.FormatUint(v/2, 10))
	case zigzag:
		w.line("zigzag", number+" is odd: −("+number+" + 1) / 2 = −"+strconv.FormatUint(v/2+1, 10))
	case !compact(n):
	case v == 0:
		w.line("compact length", "0 is null")
	default:
		w.line("compact length", "one more than what it counts: "+number+" − 1 = "+strconv.FormatUint(v-1, 10))
	}
}

// compact reports whether the varint of a node is one more than what it counts.
func compact(n inspect.Node) bool {
	switch n.Kind() {
	case inspect.TagIDNode, inspect.TagSizeNode, inspect.TagsNode, inspect.MarkerNode, inspect.StructNode:
		return false
	case inspect.CountNode:
		return n.Structural() && n.Field().Name != "TagCount"
	}
	return true
}

// flags explains the attributes of a batch, bit by bit.
func (w *lines) flags(n inspect.Node) {
	batch, _ := n.Parent()
	v, ok := n.Int()
	if !ok || batch.Kind() != inspect.BatchNode || n.Field().Name != "Attributes" {
		return
	}
	text := "bits 0–2, compression: " + strconv.Itoa(int(v&7)) + " " + records.Codec(v&7).String()
	if batch.Count() > 0 {
		text += "; bit 3, timestamps: " + strconv.Itoa(int(v>>3&1)) + " " + records.TimestampType(v>>3&1).String()
	}
	if batch.Count() > 1 {
		for i, name := range [...]string{"transactional", "control", "delete horizon"} {
			text += "; bit " + strconv.Itoa(4+i) + ", " + name + ": " + strconv.Itoa(int(v>>(4+i)&1))
		}
	}
	w.line("flags", text)
}

// time explains a time in milliseconds.
func (w *lines) time(n inspect.Node) {
	if n.IsTime() {
		w.line("epoch ms", n.Value()+" ms after 1970-01-01T00:00:00Z: "+n.Meaning())
	}
}
