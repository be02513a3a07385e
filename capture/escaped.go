package capture

import (
	"strings"
	"unicode/utf8"
)

// escaped reads strings with escapes, as Go, C, Java, Python, JavaScript, the
// shell's printf and Wireshark ("as Escaped String") write bytes. Strings that
// stand side by side are one chunk.
//
//	"\x00\x00\x00#\x00\x12\x00\x04" \
//	b'\x00\x00\x00#\x00\x12\x00\x04'
var escaped = format{
	name:  "escaped string",
	mark:  "\\",
	looks: func(text string) bool { return firstEscape(text) >= 0 },
	read:  readEscaped,
}

// firstEscape finds an escape that only bytes are written with.
func firstEscape(text string) int {
	for i := 0; i+2 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		c := text[i+1]
		if c == 'x' && hexRun(text[i+2:]) >= 2 || c == 'u' && hexRun(text[i+2:]) >= 4 || c >= '0' && c <= '3' {
			return i
		}
		i++
	}
	return -1
}

// readEscaped takes the quoted strings of a text, or all of it when the
// escapes stand without quotes.
func readEscaped(text string, o *output) {
	first := firstEscape(text)
	if first < 0 {
		o.fail(0, "no escape such as \\x00 found")
		return
	}
	if strings.LastIndexAny(text[:first], "\"'`") < 0 {
		start := strings.LastIndexAny(text[:first], " \t\n") + 1 // printf \x00…
		end := len(strings.TrimRight(text, " \t\n"))
		unescape(text, start, end, o)
		return
	}
	start, gapFrom, note := 0, -1, ""
	for i := 0; i < len(text) && o.err == nil; i++ {
		if text[i] != '"' && text[i] != '\'' {
			continue
		}
		end := closingQuote(text, i)
		if end < 0 {
			unescape(text, i+1, len(text), o)
			o.fail(i, "this string has no end")
			break
		}
		if gapFrom >= 0 && strings.Trim(text[gapFrom:i], " \t\n\\+.") != "" {
			o.chunk(start, note, SideUnknown)
			start = len(o.bytes)
		}
		if firstEscape(text[i+1:end]) >= 0 || start < len(o.bytes) {
			unescape(text, i+1, end, o)
		}
		gapFrom, i = end+1, end
	}
	o.chunk(start, note, SideUnknown)
}

// closingQuote finds the quote that ends the string begun at i.
func closingQuote(text string, i int) int {
	for k := i + 1; k < len(text); k++ {
		switch text[k] {
		case '\\':
			k++
		case text[i]:
			return k
		}
	}
	return -1
}

// unescape appends text[i:end].
func unescape(text string, i, end int, o *output) {
	for i < end && o.err == nil {
		c := text[i]
		if c != '\\' {
			o.put(c, i)
			i++
			continue
		}
		n := 0
		if i+1 < end {
			n = unescapeOne(text[i+1:end], i, o)
		}
		if n == 0 {
			o.fail(i, "unknown escape")
		}
		i += 1 + n
	}
}

// unescapeOne appends what the escape after a backslash stands for and returns
// its length, 0 if there is no such escape.
func unescapeOne(s string, pos int, o *output) int {
	c := s[0]
	if i := strings.IndexByte("abtnvfre\\\"'?`$", c); i >= 0 {
		o.put("\a\b\t\n\v\f\r\x1b\\\"'?`$"[i], pos)
		return 1
	}
	switch {
	case c == '\n': // a line that goes on
		return 1
	case c == 'x' && len(s) >= 3 && hexRun(s[1:3]) == 2:
		o.put(byte(hexDigit(s[1])<<4|hexDigit(s[2])), pos)
		return 3
	case c == 'u' && len(s) >= 5 && hexRun(s[1:5]) == 4:
		r := rune(hexDigit(s[1])<<12 | hexDigit(s[2])<<8 | hexDigit(s[3])<<4 | hexDigit(s[4]))
		if r < 0x100 { // languages without byte strings write a byte so
			o.put(byte(r), pos)
			return 5
		}
		for _, b := range utf8.AppendRune(nil, r) {
			o.put(b, pos)
		}
		return 5
	case c >= '0' && c <= '7':
		v, n := 0, 0
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' && v*8+int(s[n]-'0') < 256 {
			v = v*8 + int(s[n]-'0')
			n++
		}
		o.put(byte(v), pos)
		return n
	}
	return 0
}
