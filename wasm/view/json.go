package view

import (
	"encoding/base64"
	"strconv"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// AppendJSON appends a frame as kwire decode -o json prints it: what it is, then
// header and body in the form of Kafka's own converters. Record batches
// are arrays of their fields. It is indented, for people.
func (s *Session) AppendJSON(dst []byte, frame int) ([]byte, string) {
	t := s.treeAt(frame)
	if t == nil {
		return dst, noFrame
	}
	if t.Err != nil {
		return dst, "the message is damaged: " + errorOf(t).sentence()
	}
	if cut(t) {
		return dst, "the message has more fields than are shown here"
	}
	w := jsonWriter{dst: append(dst, '{'), depth: 1}
	if m := t.Layout.Schema(); m != nil {
		w.text("name", m.Name)
		w.text("type", m.Kind.String())
		if m.Key >= 0 {
			w.next("api")
			w.dst = strconv.AppendInt(w.dst, int64(m.Key), 10)
		}
		w.next("version")
		w.dst = strconv.AppendInt(w.dst, int64(t.Layout.Version), 10)
	}
	w.members(t.Root())
	return append(w.dst, "\n}\n"...), ""
}

// jsonWriter writes the nodes of a tree.
type jsonWriter struct {
	dst   []byte
	depth int
}

// next begins a member of an object, or an element of an array if the name is "".
func (w *jsonWriter) next(name string) {
	if last := w.dst[len(w.dst)-1]; last != '{' && last != '[' {
		w.dst = append(w.dst, ',')
	}
	w.line()
	if name != "" {
		w.string([]byte(name))
		w.dst = append(w.dst, ": "...)
	}
}

// line begins a line.
func (w *jsonWriter) line() {
	w.dst = append(w.dst, '\n')
	for range w.depth {
		w.dst = append(w.dst, "  "...)
	}
}

func (w *jsonWriter) text(name, value string) {
	w.next(name)
	w.string([]byte(value))
}

// string writes a string. Bytes that are no UTF-8 become U+FFFD where the answer is read.
func (w *jsonWriter) string(s []byte) {
	w.dst = append(w.dst, '"')
	for _, c := range s {
		if c < ' ' || c == '"' || c == '\\' {
			w.dst = append(w.dst, "\\u00"...)
			w.dst = append(w.dst, hexText([]byte{c})...)
		} else {
			w.dst = append(w.dst, c)
		}
	}
	w.dst = append(w.dst, '"')
}

// members writes what is below a node: fields by their names, or elements.
func (w *jsonWriter) members(of inspect.Node) {
	for n := range of.Children() {
		k := n.Kind()
		switch {
		case k == inspect.TagsNode, k == inspect.TagNode:
			w.members(n) // a tagged field stands among the others
			continue
		case k == inspect.TagIDNode, k == inspect.UnknownNode, k != inspect.ValueNode && n.Structural():
			continue
		}
		name := n.Field().JSONName
		switch {
		case isList(of):
			name = ""
		case n.ElementIndex() >= 0: // an entry of a file
			name += n.Name()
		}
		w.next(name)
		w.value(n)
	}
}

// isList reports whether what is below a node has no names.
func isList(n inspect.Node) bool {
	switch n.Kind() {
	case inspect.ArrayNode, inspect.RecordsNode:
		return true
	}
	return n.Kind() == inspect.CompressedNode && !n.IsLeaf()
}

func (w *jsonWriter) value(n inspect.Node) {
	open, end := byte('{'), byte('}')
	if isList(n) {
		open, end = '[', ']'
	}
	group := !n.IsLeaf() || n.Kind() == inspect.StructNode || n.Kind() == inspect.MessageNode // which may be empty
	switch {
	case n.IsNull():
		w.dst = append(w.dst, "null"...)
	case n.IsInner(), !group && open == '{':
		w.leaf(n)
	default:
		w.dst = append(w.dst, open)
		w.depth++
		w.members(n)
		w.depth--
		if w.dst[len(w.dst)-1] != open {
			w.line()
		}
		w.dst = append(w.dst, end)
	}
}

func (w *jsonWriter) leaf(n inspect.Node) {
	data, text := n.Bytes()[n.Prefix():], n.Value()
	typ := schema.Bytes
	switch n.Kind() {
	case inspect.StructNode: // bytes, of which the length is the first part
		for length := range n.Children() {
			data = data[length.Size():]
			break
		}
	case inspect.ValueNode:
		typ = n.Field().Type
	case inspect.VarStringNode:
		typ = schema.String
	case inspect.TextNode:
		typ, data = schema.String, []byte(text)
	case inspect.VarintNode, inspect.VarlongNode, inspect.CountNode:
		typ = schema.Int64
	}
	switch {
	case typ == schema.String:
		w.string(data)
	case typ == schema.Bytes, typ == schema.Records:
		w.dst = append(w.dst, '"')
		w.dst = base64.StdEncoding.AppendEncode(w.dst, data)
		w.dst = append(w.dst, '"')
	case typ == schema.UUID, typ == schema.Float64 && text[len(text)-1] > '9': // NaN, Infinity
		w.string([]byte(text))
	default:
		w.dst = append(w.dst, text...)
	}
}
