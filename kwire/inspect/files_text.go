package inspect

import (
	"bytes"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// lines reads a file of text.
func (b *builder) lines(l *fileLayout, src []byte) {
	switch l.name {
	case Properties:
		b.eachLine(src, func(_ int, line []byte, off, size int) { b.property(line, off, size) })
	case JSONFile:
		b.jsonMembers(src)
	default:
		b.checkpoint(l.entry, src)
	}
}

// eachLine calls f with every line without its end, where it starts, and its size with its end.
func (b *builder) eachLine(src []byte, f func(i int, line []byte, off, size int)) {
	for i, off := 0, 0; off < len(src); i++ {
		size := bytes.IndexByte(src[off:], '\n') + 1
		if size == 0 {
			size = len(src) - off
		}
		f(i, bytes.TrimRight(src[off:off+size], "\r\n"), off, size)
		off += size
	}
}

// text adds a leaf of characters; prefix of its bytes come before what it says, and what is after
// the value's end is white space or punctuation.
func (b *builder) text(f *schema.Field, off, size, prefix, value int) {
	b.leaf(event{kind: TextNode, field: f, index: -1, off: off, size: size, prefix: prefix, count: size - prefix - value})
}

// checkpoint reads a version, a count, and an entry a line: words between blanks.
func (b *builder) checkpoint(fields []*schema.Field, src []byte) {
	count, lines := 0, 0
	b.eachLine(src, func(i int, line []byte, off, size int) {
		switch {
		case i == 0:
			b.text(lineVersionField, off, size, 0, len(line))
			if string(line) != "0" {
				b.lineError(lineVersionField.Name, off, wire.ErrUnsupportedVersion, "line 1 is the version, 0 is known")
			}
		case i == 1:
			var ok bool
			if count, ok = decimal(line); !ok {
				b.lineError(lineCountField.Name, off, wire.ErrValue, "line 2 is the number of entries")
			}
			b.text(lineCountField, off, size, 0, len(line))
		default:
			b.words(fields, i, line, off, size)
		}
		lines++
	})
	switch {
	case b.t.Err != nil:
	case lines < 2:
		b.lineError(lineCountField.Name, len(src), io.ErrUnexpectedEOF, "line 2 is the number of entries")
	case count != lines-2:
		b.lineError(lineCountField.Name, len(src), io.ErrUnexpectedEOF, plural(count, "line")+" announced, "+strconv.Itoa(lines-2)+" found")
	}
}

// words reads the entry of one line.
func (b *builder) words(fields []*schema.Field, i int, line []byte, off, size int) {
	var ends [4]int // of the words of an entry
	n := 0
	for at, word := range line {
		if word > ' ' && (at+1 == len(line) || line[at+1] <= ' ') {
			if n < len(ends) {
				ends[n] = at + 1
			}
			n++
		}
	}
	if n != len(fields) {
		b.text(lineField, off, size, 0, len(line))
		b.lineError(lineField.Name, off, wire.ErrValue, "line "+strconv.Itoa(i+1)+": "+plural(len(fields), "word")+" wanted")
		return
	}
	b.enter(event{kind: StructNode, field: entryField, index: i - 2, off: off})
	at := 0
	for k, f := range fields {
		word := skipSpace(line, at)
		end := min(ends[k]+1, size)
		if k == n-1 {
			end = size // with what ends the line
		}
		b.text(f, off+at, end-at, min(word-at, maxTextPrefix), ends[k]-word)
		if _, ok := decimal(line[word:ends[k]]); !ok && f != topicField {
			b.lineError(f.Name, off+word, wire.ErrValue, "line "+strconv.Itoa(i+1)+": a number is wanted")
		}
		at = end
	}
	b.leave(off + size)
}

// maxTextPrefix is what node.prefix holds.
const maxTextPrefix = 255

func decimal(s []byte) (int, bool) {
	v, err := strconv.ParseInt(string(s), 10, 64)
	return int(v), err == nil
}

// lineError keeps the first error of a file of text.
func (b *builder) lineError(path string, off int, cause error, detail string) {
	b.failed(&wire.Error{Path: path, Offset: off, Err: cause, Detail: detail})
}

// property reads a line "key=value" or "key: value" of Java's properties; # and ! start a comment.
func (b *builder) property(line []byte, off, size int) {
	key := bytes.IndexAny(line, "=:")
	switch {
	case len(line) == 0 || line[0] == '#' || line[0] == '!':
		b.text(commentField, off, size, 0, len(line))
	case key < 1 || key > maxTextPrefix-8:
		b.text(lineField, off, size, 0, len(line))
		b.lineError(lineField.Name, off, wire.ErrValue, "a name and = are wanted")
	default:
		value := key + 1
		for value < len(line) && line[value] == ' ' && value < maxTextPrefix {
			value++
		}
		name := string(bytes.TrimSpace(line[:key]))
		b.text(textField(name, name), off, size, value, len(line)-value)
	}
}

// jsonMembers reads an object of JSON: a leaf for each of its members, the punctuation around it in
// the leaf that it stands before or after.
func (b *builder) jsonMembers(src []byte) {
	pos, start := skipSpace(src, 0), 0
	if pos == len(src) || src[pos] != '{' {
		b.lineError(lineField.Name, pos, wire.ErrValue, "an object of JSON starts with {")
		b.rest(0, len(src))
		return
	}
	pos++
	for {
		pos = skipSpace(src, pos)
		name, colon := jsonName(src, pos)
		if colon < 0 {
			b.lineError(lineField.Name, pos, wire.ErrValue, "a name in quotes and : are wanted")
			break
		}
		value := skipSpace(src, colon+1)
		end := jsonValue(src, value)
		if end == len(src) || end == value || src[end] != ',' && src[end] != '}' || value-start > maxTextPrefix {
			b.lineError(name, value, wire.ErrValue, "a value and , or } are wanted")
			break
		}
		last := src[end] == '}'
		next := skipSpace(src, end+1)
		b.text(textField(name, name), start, next-start, value-start, end-value)
		if pos, start = next, next; last {
			if next < len(src) {
				b.lineError("", next, wire.ErrTrailing, "after the object")
			}
			break
		}
	}
	b.rest(start, len(src))
}

func skipSpace(src []byte, pos int) int {
	for pos < len(src) && src[pos] <= ' ' {
		pos++
	}
	return pos
}

// jsonName reads a name in quotes and returns where the colon after it is, −1 if there is none.
func jsonName(src []byte, pos int) (name string, colon int) {
	if pos == len(src) || src[pos] != '"' {
		return "", -1
	}
	n := bytes.IndexByte(src[pos+1:], '"')
	if n < 0 {
		return "", -1
	}
	colon = skipSpace(src, pos+n+2)
	if colon == len(src) || src[colon] != ':' {
		return "", -1
	}
	return string(src[pos+1 : pos+1+n]), colon
}

// jsonValue returns where a value ends: at the comma or brace after it.
func jsonValue(src []byte, pos int) int {
	quoted, depth := false, 0
	for ; pos < len(src); pos++ {
		switch c := src[pos]; {
		case quoted && c == '\\':
			pos++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case depth > 0 && (c == ']' || c == '}'):
			depth--
		case depth == 0 && (c == ',' || c == '}'):
			return pos
		}
	}
	return len(src)
}
