package capture

import (
	"strconv"
	"strings"
)

// literal reads arrays of numbers as programs write and print them: Go, C,
// Java, Rust, Python and JavaScript sources, xxd -i, fmt.Println of a byte
// slice, Arrays.toString, a printed Node.js Buffer. Each array is a chunk.
//
//	[]byte{0x00, 0x00, 0x00, 0x23}
//	new byte[] {0, 18, (byte) 0x80, -1}
//	[0 0 0 35 0 18]
//	<Buffer 00 00 00 23>
var literal = format{
	name: "array literal",
	mark: "{[<",
	looks: func(text string) bool {
		at, _ := nextArray(text, 0)
		return at >= 0
	},
	read: readLiteral,
}

// literalMinNumbers tells an array of bytes from an index or a length.
const literalMinNumbers = 4

// maxNoteBytes is how far back the words before an array are looked for.
const maxNoteBytes = 200

func readLiteral(text string, o *output) {
	for i := 0; o.err == nil; {
		at, end := nextArray(text, i)
		if at < 0 {
			return
		}
		start := len(o.bytes)
		before := text[max(i, at-maxNoteBytes):at]
		note := before[strings.LastIndexByte(before, '\n')+1:]
		numbers(text, at, end, radixOfArray(text[at:end]), o)
		o.chunk(start, strings.Trim(note, " \t{[(=<"), SideUnknown)
		i = end
	}
}

// nextArray finds the next innermost pair of brackets whose first words are
// numbers, and returns what stands between: text[at:end].
func nextArray(text string, from int) (at, end int) {
	for i := from; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "<Buffer "):
			i += len("<Buffer")
		case text[i] != '{' && text[i] != '[':
			continue
		}
		n := strings.IndexAny(text[i+1:], "{}[]<>;")
		end := i + 1 + n
		if n < 0 {
			end = len(text)
		}
		if startsWithNumbers(text[i+1 : end]) {
			return i + 1, end
		}
	}
	return -1, -1
}

// startsWithNumbers reports whether s begins with enough numbers and is not a
// run of hex pairs, which the hex format reads.
func startsWithNumbers(s string) bool {
	var o output
	radix := radixOfArray(s)
	numbers(s, 0, len(s), radix, &o)
	if o.err != nil && len(o.bytes) < literalMinNumbers {
		return false
	}
	return len(o.bytes) >= literalMinNumbers
}

// radixOfArray: digits without 0x are decimal, unless all are pairs or a
// letter shows them to be hex.
func radixOfArray(s string) int {
	pairs, count := true, 0
	for i := 0; i < len(s); {
		if hexDigit(s[i]) < 0 {
			i++
			continue
		}
		n := hexRun(s[i:])
		if n == 1 && s[i] == '0' && i+1 < len(s) && s[i+1]|0x20 == 'x' {
			return 10 // the prefix says it for each number
		}
		if n != 2 || i > 0 && s[i-1] == '-' {
			pairs = false
		}
		count++
		i += n
	}
	if pairs && count > 0 {
		return 16
	}
	return 10
}

// numbers appends the numbers of text[i:end], each one byte.
func numbers(text string, i, end, radix int, o *output) {
	for i < end && o.err == nil {
		c := text[i]
		switch {
		case isSpace(c) || c == ',':
			i++
		case startsRemark(text[i:end]):
			for i < end && text[i] != '\n' {
				i++
			}
		case strings.HasPrefix(text[i:end], "/*"):
			n := strings.Index(text[i:end], "*/")
			if n < 0 {
				n = end - i - 2
			}
			i += n + 2
		case c == '(': // (byte)
			n := strings.IndexByte(text[i:end], ')')
			if n < 0 || strings.Trim(text[i+1:i+n], "abcdefghijklmnopqrstuvwxyz_0123456789 ") != "" {
				o.fail(i, "a cast that does not end")
				return
			}
			i += n + 1
		case c == '\'' && i+2 < end && text[i+2] == '\'':
			o.put(text[i+1], i)
			i += 3
		default:
			i = number(text, i, end, radix, o)
		}
	}
}

// number appends one number that begins at i and returns where it ends.
func number(text string, i, end, radix int, o *output) int {
	word := i
	for word < end && (isDigit(text[word]) || isLetter(text[word]) || text[word] == '-' && word == i) {
		word++
	}
	s := text[i:word]
	negative := strings.HasPrefix(s, "-")
	digits := strings.TrimPrefix(s, "-")
	lower := strings.ToLower(digits)
	switch {
	case strings.HasPrefix(lower, "0x"):
		radix, digits = 16, digits[2:]
	case strings.HasPrefix(lower, "0b") && radix == 10:
		radix, digits = 2, digits[2:]
	}
	if radix == 10 || strings.HasPrefix(lower, "0x") {
		digits = strings.TrimSuffix(digits, "u8") // Rust
	}
	v, err := strconv.ParseUint(digits, radix, 32)
	switch {
	case s == "":
		o.fail(i, shown(text, i)+" is no number")
	case err != nil:
		o.fail(i, s+" is no number")
	case negative && v > 128 || v > 255:
		o.fail(i, s+" does not fit a byte")
	case negative:
		o.put(byte(-int(v)), i)
	default:
		o.put(byte(v), i)
	}
	return word
}
