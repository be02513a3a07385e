package inspect

import (
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// text adds a leaf of characters, src[from:to], whose value is src[value:end]: what is around it is a name, white space
// or punctuation.
func (b *builder) text(f *schema.Field, from, to, value, end int) {
	value = min(value, from+maxTextPrefix)
	b.leaf(&event{kind: TextNode, field: f, index: -1, off: from, size: to - from, prefix: value - from, count: to - max(end, value)})
}

// maxTextPrefix is what node.prefix holds.
const maxTextPrefix = 255

// lines reads a file of text line by line: properties, or a checkpoint, which is a version, a count, and an entry a line.
func (b *builder) lines(l *fileLayout, src []byte) {
	line, count := 0, int64(0)
	for from, to := 0, 0; from < len(src); from = to {
		for to < len(src) && (to == from || src[to-1] != '\n') {
			to++
		}
		end := to
		for end > from && src[end-1] <= ' ' {
			end--
		}
		line++
		switch {
		case l.entry == nil:
			b.property(src[:end], from, to)
		case line == 1:
			b.text(lineVersionField, from, to, from, end)
			if string(src[from:end]) != "0" {
				b.lineError(lineVersionField.Name, from, wire.ErrUnsupportedVersion, "line 1 is the version, and 0 is known")
			}
		case line == 2:
			b.text(lineCountField, from, to, from, end)
			count = b.number(lineCountField, src[from:end], from)
		default:
			b.words(l.entry, line, src[:end], from, to)
		}
	}
	if l.entry != nil && (line < 2 || int64(line-2) != count) {
		b.lineError(lineCountField.Name, len(src), io.ErrUnexpectedEOF, strconv.FormatInt(count, 10)+" lines announced, "+strconv.Itoa(max(line-2, 0))+" found")
	}
}

// number reads a decimal number of a text.
func (b *builder) number(f *schema.Field, s []byte, off int) int64 {
	v, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil {
		b.lineError(f.Name, off, wire.ErrValue, "a number is wanted")
	}
	return v
}

// lineError keeps the first error of a file of text.
//
//go:noinline
func (b *builder) lineError(path string, off int, cause error, detail string) {
	b.failed(&wire.Error{Path: path, Offset: off, Err: cause, Detail: detail})
}

// words reads an entry, the words at the end of src from an offset on; the line ends before to.
func (b *builder) words(fields []*schema.Field, line int, src []byte, from, to int) {
	b.enter(&event{kind: StructNode, field: entryField, index: line - 3, off: from})
	at, k := from, 0
	for at < len(src) && k < len(fields) {
		word := skipSpace(src, at)
		end := word
		for end < len(src) && src[end] > ' ' {
			end++
		}
		next := end + 1
		if k == len(fields)-1 || next > len(src) {
			next = to
		}
		f := fields[k]
		if f != topicField {
			b.number(f, src[word:end], word)
		}
		b.text(f, at, next, word, end)
		at, k = next, k+1
		if next == to && end < len(src) {
			k++ // words too many
		}
	}
	b.leave(to)
	if k != len(fields) {
		b.lineError(entryField.Name, from, wire.ErrValue, "line "+strconv.Itoa(line)+" has not "+strconv.Itoa(len(fields))+" words")
	}
}

func skipSpace(src []byte, at int) int {
	for at < len(src) && src[at] <= ' ' {
		at++
	}
	return at
}

// property reads the line "key=value" or "key: value" at the end of src; # and ! start a comment.
func (b *builder) property(src []byte, from, to int) {
	key := from
	for key < len(src) && src[key] != '=' && src[key] != ':' {
		key++
	}
	switch {
	case from == len(src) || src[from] == '#' || src[from] == '!':
		b.text(commentField, from, to, from, len(src))
	case key == len(src):
		b.text(lineField, from, to, from, len(src))
		b.lineError(lineField.Name, from, wire.ErrValue, "a name and = are wanted")
	default:
		name := string(src[from:key])
		b.text(textField(name, name), from, to, skipSpace(src, key+1), len(src))
	}
}

// members reads an object of JSON: a leaf for each of its members, with the punctuation around it.
func (b *builder) members(src []byte) {
	from, colon, depth, quoted := 0, -1, 0, false
	for at := 0; at < len(src); at++ {
		c := src[at]
		switch {
		case quoted && c == '\\':
			at++
			continue
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ':' && depth == 1 && colon < 0:
			colon = at
		}
		if quoted || !(c == ',' && depth == 1 || c == '}' && depth == 0) {
			continue
		}
		to := at + 1
		if depth == 0 {
			to = skipSpace(src, to)
		}
		b.member(src, from, to, colon, at)
		if from, colon = to, -1; depth == 0 {
			break
		}
	}
	if from < len(src) || from == 0 {
		b.lineError("", from, wire.ErrValue, "an object of JSON is wanted, and nothing after it")
		b.rest(from, len(src))
	}
}

// member adds the leaf of a member of an object, with its colon and the place where its value ends.
func (b *builder) member(src []byte, from, to, colon, end int) {
	open, shut := from, colon
	for open < colon && src[open] != '"' {
		open++
	}
	for shut > open && src[shut] != '"' {
		shut--
	}
	if colon < 0 || open == shut {
		b.text(lineField, from, to, from, end)
		b.lineError(lineField.Name, from, wire.ErrValue, "a name in quotes and : are wanted")
		return
	}
	name := string(src[open+1 : shut])
	b.text(textField(name, name), from, to, skipSpace(src, colon+1), end)
}
