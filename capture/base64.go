package capture

// base64 reads base64 of either alphabet, with or without padding, in one
// line or in many.
//
//	AAAAIwASAAQAAAAHAAlrYWZrYS1jbGkACmthZmthLWNsaQQwLjEA
var base64 = format{name: "base64", looks: looksBase64, read: readBase64}

// base64MinDigits keeps short words from being read as base64.
const base64MinDigits = 8

func looksBase64(text string) bool {
	digits, notHex, padded, gap := 0, 0, false, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\n':
			gap = false
		case isSpace(c):
			gap = digits > 0
		case c == '=':
			padded = true
		case base64Digit(c) < 0 || padded || gap: // words on one line are not base64
			return false
		default:
			digits++
			if hexDigit(c) < 0 {
				notHex++
			}
		}
	}
	// Hex with a slip of the finger in it is to be told so.
	slip := notHex <= max(2, digits/16) && !startsAsFrame(text)
	return digits >= base64MinDigits && digits%4 != 1 && !slip
}

// startsAsFrame: a frame's size is below 2^24, so its base64 begins with AA;
// as hex, that would be a negative size.
func startsAsFrame(text string) bool {
	return len(text) > 2 && text[:2] == "AA"
}

func readBase64(text string, o *output) {
	bits, have, from := 0, 0, 0 // bits not yet written, how many, where they began
	for i := 0; i < len(text) && text[i] != '='; i++ {
		v := base64Digit(text[i])
		if v < 0 {
			if !isSpace(text[i]) {
				o.fail(i, shown(text, i)+" is no base64 digit")
				return
			}
			continue
		}
		if have == 0 {
			from = i
		}
		bits, have = bits<<6|v, have+6
		if have >= 8 {
			have -= 8
			o.put(byte(bits>>have), from)
			bits &= 1<<have - 1
			from = i
		}
	}
	if bits != 0 {
		o.fail(from, "the last digits make no whole byte")
	}
}

func base64Digit(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}
