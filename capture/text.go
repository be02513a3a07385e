package capture

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

const binaryName = "binary"

// sniffBytes is how much of an input decides between text and binary.
const sniffBytes = 64 << 10

// isBinary tells bytes from text: text is UTF-8 without control characters
// other than white space and the escape that starts a terminal colour.
func isBinary(input []byte) bool {
	head := input
	if len(head) > sniffBytes {
		head = head[:sniffBytes]
	}
	for i := 0; i < len(head); {
		if i+wordBytes <= len(head) && isPlain(binary.LittleEndian.Uint64(head[i:])) {
			i += wordBytes
			continue
		}
		c := head[i]
		if c < utf8.RuneSelf {
			if c < ' ' && !isSpace(c) && c != escape || c == 0x7f {
				return true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n <= 1 {
			// A rune cut by the end of the sample is no evidence.
			return !(len(head) < len(input) && len(head)-i < utf8.UTFMax)
		}
		i += n
	}
	return false
}

func readBinary(input []byte) Result {
	r := Result{Format: binaryName, Bytes: input}
	if len(input) > 0 {
		r.Chunks = []Chunk{{End: len(input)}}
	}
	return r
}

const escape = 0x1b

// plainText blanks what only decorates a text (byte order mark, terminal
// colours, no-break spaces) with spaces, so that offsets stay what they were.
func plainText(input []byte, has *letters) string {
	if !has.any("\x1b\r\xc2\xef") {
		return string(input)
	}
	b := append([]byte(nil), input...)
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == escape && i+1 < len(b) && b[i+1] == '[':
			i = blankColour(b, i)
		case b[i] == '\r':
			b[i] = ' '
			if i+1 == len(b) || b[i+1] != '\n' {
				b[i] = '\n' // old Mac line ends
			}
		case b[i] == 0xc2 && i+1 < len(b) && b[i+1] == 0xa0: // no-break space
			b[i], b[i+1] = ' ', ' '
		case b[i] == 0xef && i+2 < len(b) && b[i+1] == 0xbb && b[i+2] == 0xbf: // byte order mark
			b[i], b[i+1], b[i+2] = ' ', ' ', ' '
		}
	}
	return string(b)
}

// blankColour blanks ESC [ … letter and returns the offset of the letter.
func blankColour(b []byte, i int) int {
	for ; i < len(b); i++ {
		end := b[i] >= 'A' && b[i] <= 'Z' || b[i] >= 'a' && b[i] <= 'z'
		b[i] = ' '
		if end || i+1 < len(b) && b[i+1] == '\n' {
			break
		}
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

// hexDigit returns the value of a hex digit, or -1.
func hexDigit(c byte) int { return int(hexValues[c]) - 1 }

// hexValues has, for each digit, one more than its value.
var hexValues = [256]byte{
	'0': 1, '1': 2, '2': 3, '3': 4, '4': 5, '5': 6, '6': 7, '7': 8, '8': 9, '9': 10,
	'a': 11, 'b': 12, 'c': 13, 'd': 14, 'e': 15, 'f': 16, 'A': 11, 'B': 12, 'C': 13, 'D': 14, 'E': 15, 'F': 16,
}

// hexRun returns the number of hex digits at the start of s.
func hexRun(s string) int {
	n := 0
	for n+wordBytes <= len(s) && isHex(word(s, n)) {
		n += wordBytes
	}
	for n < len(s) && hexDigit(s[n]) >= 0 {
		n++
	}
	return n
}

// skipSpaces returns the first offset from i on that holds no blank or tab.
//
//go:noinline
func skipSpaces(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// shown quotes the character at offset i for an error.
func shown(s string, i int) string {
	r, n := utf8.DecodeRuneInString(s[i:])
	switch {
	case r == '\n':
		return "the end of the line"
	case r == utf8.RuneError || r < ' ':
		return "this character"
	}
	return "'" + s[i:i+n] + "'"
}

// eachLine calls f with each line, without its end, and its offset in text.
func eachLine(text string, f func(line string, at int) bool) {
	for at := 0; at < len(text); {
		end := len(text)
		if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n
		}
		if !f(text[at:end], at) {
			return
		}
		at = end + 1
	}
}
