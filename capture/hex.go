package capture

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// plainHex reads hex digits in any spacing, case and punctuation: 0x or \x
// before a byte, commas, colons, dashes, brackets, several lines. What follows
// // or # on a line is a remark, as in the tables of a course or a wiki:
//
//	00 00 00 23  // message_size
//	00 12        // request_api_key
var plainHex = format{name: "hex", looks: looksHex, read: readHex}

// hexPunctuation may stand between bytes.
const hexPunctuation = ",;:._-|[](){}<>\"'`"

func looksHex(text string) bool {
	if startsAsFrame(text) && looksBase64(text) {
		return false
	}
	if len(text) > sniffBytes {
		text = text[:sniffBytes] // what else is in it, reading tells
	}
	var o output
	readHex(text, &o)
	return len(o.bytes) > 0 && (o.err == nil || o.err.Reason == halfByte)
}

// oneRun returns how many digits an input has that is nothing else, as a program prints a packet, 0 for others. Only this
// format reads that. It is the one long text that people type in, so it is to be told at a glance.
func oneRun(input []byte) (digits int) {
	digits = len(bytes.TrimRight(input, " \n"))
	if bytes.HasPrefix(input, []byte("AA")) { // see looksHex
		return 0
	}
	i := 0
	for i+wordBytes <= digits && isHex(binary.LittleEndian.Uint64(input[i:])) {
		i += wordBytes
	}
	for ; i < digits; i++ {
		if hexDigit(input[i]) < 0 {
			return 0
		}
	}
	return digits
}

const halfByte = "the second digit of this byte is missing"

func readHex(text string, o *output) {
	o.room(len(text) / 2)
	half := -1 // offset of a first digit that waits for its second
	for i := 0; i < len(text) && o.err == nil; {
		if half < 0 {
			if i = spacedPairs(text, i, o); i == len(text) {
				break
			}
		}
		c := text[i]
		n := hexRun(text[i:])
		switch {
		case startsRemark(text[i:]):
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case c == '0' && i+1 < len(text) && text[i+1]|0x20 == 'x' || c == '\\' && i+1 < len(text) && text[i+1]|0x20 == 'x':
			if half >= 0 {
				o.fail(half, halfByte)
				return
			}
			i += 2
			if hexRun(text[i:]) == 1 { // 0x5
				o.put(byte(hexDigit(text[i])), i-2)
				i++
			}
		case n > 0:
			half = hexDigits(text, i, n, half, o)
			i += n
		case isSpace(c):
			end := skipSpaces(text, i)
			wrapped := end < len(text) && text[end] == '\n' // a wrapped line may cut a byte in two
			if half >= 0 && !wrapped {
				o.fail(half, halfByte)
				return
			}
			i = max(end, i+1)
		case strings.IndexByte(hexPunctuation, c) >= 0:
			if half >= 0 {
				o.fail(half, halfByte)
				return
			}
			i++
		default:
			o.fail(i, shown(text, i)+" is no hex digit")
		}
	}
	if half >= 0 {
		o.fail(half, halfByte)
	}
}

// spacedPairs takes pairs of digits with a blank after each, as most dumps have them, and returns where they end.
func spacedPairs(text string, i int, o *output) int {
	for i+2 < len(text) && text[i+2] == ' ' && len(o.bytes) < MaxOutputBytes {
		high, low := hexDigit(text[i]), hexDigit(text[i+1])
		if high < 0 || low < 0 {
			break
		}
		o.bytes = append(o.bytes, byte(high<<4|low))
		o.pos = append(o.pos, int32(i))
		i += 3
	}
	return i
}

// readOneRun reads a text that begins with n digits and has no more.
func readOneRun(text string, n int, o *output) {
	if half := hexDigits(text, 0, n, -1, o); half >= 0 {
		o.fail(half, halfByte)
	}
}

// hexDigits takes a run of n digits at i, after a waiting first digit at half;
// it returns the digit that waits then, or -1.
func hexDigits(text string, i, n, half int, o *output) int {
	end := i + n
	if half >= 0 {
		o.put(byte(hexDigit(text[half])<<4|hexDigit(text[i])), half)
		i++
	}
	if at, words := len(o.bytes), (end-i)/wordBytes; words*4 <= MaxOutputBytes-at { // a whole packet may be one run
		o.room(words * 4)
		b, pos := o.bytes[:at+words*4], o.pos[:at+words*4]
		for ; at < len(b); at += 4 {
			binary.LittleEndian.PutUint32(b[at:], hexBytes(word(text, i)))
			p := pos[at : at+4 : at+4]
			p[0], p[1], p[2], p[3] = int32(i), int32(i+2), int32(i+4), int32(i+6)
			i += wordBytes
		}
		o.bytes, o.pos = b, pos
	}
	for ; i+1 < end; i += 2 {
		o.put(byte(hexDigit(text[i])<<4|hexDigit(text[i+1])), i)
	}
	if i < end {
		return i
	}
	return -1
}

func startsRemark(s string) bool {
	return s[0] == '#' || strings.HasPrefix(s, "//")
}

// command reads the hex out of a shell line that turns it into bytes:
//
//	echo -n "00000023001200046f7fc661" | xxd -r -p | nc localhost 9092
var command = format{
	name: "shell command",
	mark: "x",
	looks: func(text string) bool {
		at, n := longestHex(text)
		return n >= 2*minFrameBytes && at > 0 && strings.Contains(text, "xxd -r")
	},
	read: func(text string, o *output) {
		at, n := longestHex(text)
		if n%2 != 0 {
			o.fail(at+n-1, halfByte+" ("+strconv.Itoa(n)+" digits)")
			n--
		}
		hexDigits(text, at, n, -1, o)
	},
}

// minFrameBytes is the least that a size prefix takes.
const minFrameBytes = 4

// longestHex finds the longest run of hex digits.
func longestHex(text string) (at, n int) {
	for i := 0; i < len(text); {
		k := hexRun(text[i:])
		if k > n {
			at, n = i, k
		}
		i += k + 1
	}
	return at, n
}
