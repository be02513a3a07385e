package inspect

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// AppendJSON reads a message and appends it in the form of Kafka's own JSON converters: field names
// with a small first letter, bytes in base64, uuids in Kafka's text form, tagged fields left out when
// they have their default, and the size of record batches instead of their contents.
func AppendJSON(dst []byte, m *schema.Message, version int16, src []byte) ([]byte, error) {
	dst, _, err := Options{}.AppendJSON(dst, m, version, src)
	return dst, err
}

// AppendJSON is the function AppendJSON with options; it also returns how many bytes the message
// took. With JSONRecords it appends record batches with their contents. The error is a *wire.Error;
// dst is then as it was.
func (o Options) AppendJSON(dst []byte, m *schema.Message, version int16, src []byte) ([]byte, int, error) {
	if !m.Versions.Has(version) {
		return dst, 0, &wire.Error{Message: m.Name, Version: version, Err: wire.ErrUnsupportedVersion, Detail: "it has versions " + m.Versions.String()}
	}
	s := jsonSink{out: append(dst, '{'), src: src, o: &o}
	s.frames = append(s.frames, jsonFrame{kind: StructNode, empty: true})
	n, err := walk(m, version, src, o.decodeOptions(), &s)
	if err == nil && n < len(src) && !o.Lenient {
		err = &wire.Error{Message: m.Name, Version: version, Offset: n, Err: wire.ErrTrailing, Detail: wire.CountBytes(len(src)-n) + " after the message"}
	}
	if err != nil {
		return dst, 0, err
	}
	return append(s.out, '}'), n, nil
}

// jsonSink writes what the walker finds as JSON.
type jsonSink struct {
	out    []byte
	src    []byte
	frames []jsonFrame
	o      *Options
}

// jsonFrame is a group that has been entered.
type jsonFrame struct {
	kind  Kind
	field *schema.Field
	empty bool // nothing has been written into it
	set   bool // something in it differs from its default
	mark  int  // of a tagged field: where its text starts
	tags  []jsonTag
}

// jsonTag is where a tagged field stands in its object: in lenient input it may come again.
type jsonTag struct {
	field    *schema.Field
	from, to int
}

func (s *jsonSink) top() *jsonFrame { return &s.frames[len(s.frames)-1] }

// object returns the innermost object or array that is being written.
func (s *jsonSink) object() *jsonFrame {
	i := len(s.frames) - 1
	for s.frames[i].kind == TagsNode || s.frames[i].kind == TagNode {
		i--
	}
	return &s.frames[i]
}

// begin writes what comes before a value: a comma, and the name unless it is an element.
func (s *jsonSink) begin(name string, index int) {
	in := s.object()
	if !in.empty {
		s.out = append(s.out, ',')
	}
	in.empty = false
	if index < 0 {
		s.out = append(s.out, '"')
		s.out = append(s.out, name...)
		s.out = append(s.out, '"', ':')
	}
}

func (s *jsonSink) enter(e *event) {
	f := jsonFrame{kind: e.kind, field: e.field, empty: true}
	switch e.kind {
	case StructNode:
		s.begin(e.field.JSONName, e.index)
		s.out = append(s.out, '{')
		f.set = e.index < 0 && e.field.Default == "null"
	case ArrayNode:
		s.begin(e.field.JSONName, e.index)
		s.out = append(s.out, '[')
		f.set = true
	case TagNode:
		if e.field != unknownTagField {
			s.dropEarlier(e.field)
		}
		f.mark, f.empty = len(s.out), s.object().empty
	}
	s.frames = append(s.frames, f)
}

func (s *jsonSink) leave(int) {
	f := *s.top()
	s.frames = s.frames[:len(s.frames)-1]
	switch f.kind {
	case StructNode:
		s.out = append(s.out, '}')
	case ArrayNode:
		s.out = append(s.out, ']')
	case TagNode:
		if f.field != unknownTagField && !f.set {
			s.out, s.object().empty = s.out[:f.mark], f.empty
		} else if f.field != unknownTagField {
			in := s.object()
			in.tags = append(in.tags, jsonTag{f.field, f.mark, len(s.out)})
		}
	}
	if f.set {
		s.top().set = true
	}
}

// dropEarlier removes what an earlier occurrence of a tagged field has written: the last one counts.
func (s *jsonSink) dropEarlier(f *schema.Field) {
	in := s.object()
	for i, tag := range in.tags {
		if tag.field != f {
			continue
		}
		cut := tag.to - tag.from
		if next := tag.to; s.out[tag.from] != ',' && next < len(s.out) {
			cut++ // it was the first: the comma after it goes as well
		}
		s.out = append(s.out[:tag.from], s.out[tag.from+cut:]...)
		in.tags = append(in.tags[:i], in.tags[i+1:]...)
		for j := i; j < len(in.tags); j++ {
			in.tags[j].from -= cut
			in.tags[j].to -= cut
		}
		in.empty = s.out[len(s.out)-1] == '{'
		return
	}
}

func (s *jsonSink) leaf(e *event) {
	switch e.kind {
	case ArrayNode:
		s.begin(e.field.JSONName, e.index)
		if e.null {
			s.out = append(s.out, "null"...)
		} else {
			s.out = append(s.out, "[]"...)
		}
		s.note(e.null != (e.field.Default == "null"))
	case StructNode:
		s.begin(e.field.JSONName, e.index)
		s.out = append(s.out, "null"...)
		s.note(e.field.Default != "null")
	case UnknownNode:
		s.note(true)
	case ValueNode:
		s.value(e)
	}
}

// note records whether a value differs from its default.
func (s *jsonSink) note(set bool) {
	if set {
		s.top().set = true
	}
}

func (s *jsonSink) value(e *event) {
	data := s.src[e.off+e.prefix : e.off+e.size]
	if e.field.Type == schema.Records && !e.null && !s.o.JSONRecords {
		s.begin(e.field.JSONName+"SizeInBytes", e.index)
		s.out = strconv.AppendInt(s.out, int64(len(data)), 10)
		s.note(true)
		return
	}
	s.begin(e.field.JSONName, e.index)
	from := len(s.out)
	if e.null {
		s.out = append(s.out, "null"...)
		s.note(e.field.Default != "null" && e.field.Type != schema.Records)
		return
	}
	switch e.field.Type {
	case schema.Records:
		s.out = s.o.appendBatches(s.out, data)
		s.note(true)
		return
	case schema.String:
		s.out = appendJSONString(s.out, data)
		s.note(e.field.Default == "null" || string(data) != e.field.Default)
		return
	case schema.Bytes:
		s.out = appendBase64(s.out, data)
		s.note(e.field.Default == "null" || len(data) > 0)
		return
	case schema.UUID:
		u := wire.UUID(data)
		s.out = append(append(append(s.out, '"'), u.String()...), '"')
		s.note(!u.IsZero())
		return
	case schema.Bool:
		s.out = strconv.AppendBool(s.out, data[0] != 0)
	case schema.Float64:
		f := math.Float64frombits(binary.BigEndian.Uint64(data))
		s.out = appendJSONFloat(s.out, f)
		s.note(f != 0)
		return
	default:
		s.out = strconv.AppendInt(s.out, integer(e.field.Type, data), 10)
	}
	text := string(s.out[from:])
	switch d := e.field.Default; {
	case d != "":
		s.note(text != d)
	default:
		s.note(text != "0" && text != "false")
	}
}

// appendJSONFloat writes what is no number as a string, as Kafka's JSON library does.
func appendJSONFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(append(append(dst, '"'), javaFloat(f)...), '"')
	}
	return append(dst, javaFloat(f)...)
}

func appendBase64(dst, data []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, data)
	return append(dst, '"')
}

// appendJSONString writes a string; bytes that are not UTF-8 become U+FFFD, as in Java. Unicode's line ends
// are escaped, so that one line of JSON is one line for every reader.
func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			switch r {
			case '\u0085':
				dst = append(dst, `\u0085`...)
			case '\u2028':
				dst = append(dst, `\u2028`...)
			case '\u2029':
				dst = append(dst, `\u2029`...)
			default:
				dst = utf8.AppendRune(dst, r)
			}
			i += n
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
