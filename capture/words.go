package capture

// Most of a long text is hex digits. They are looked at eight at a time: a word
// is eight characters, the first in its lowest byte.
const wordBytes = 8

// each is a word of eight times the same byte.
const each = 0x0101010101010101

// word reads the eight characters of s from i on.
func word(s string, i int) uint64 {
	s = s[i : i+wordBytes] // so that it is one load
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// top is the highest bit of each byte. Where none of it is set in w, w + each*(0x80-c) has those set whose
// byte is c or more.
const top = each * 0x80

// isHex reports whether all characters of a word are hex digits.
func isHex(w uint64) bool {
	lower := w | each*0x20
	digits := (w + each*(0x80-'0')) &^ (w + each*(0x80-'9'-1))
	letters := (lower + each*(0x80-'a')) &^ (lower + each*(0x80-'f'-1))
	return w&top == 0 && (digits|letters)&top == top
}

// isPlain reports whether all characters of a word are of ASCII, and none is a control character.
func isPlain(w uint64) bool {
	return w&top == 0 && (w+each*(0x80-' '))&^(w+each)&top == top
}

// hexBytes returns the four bytes that a word of hex digits stands for, the first in the lowest byte.
func hexBytes(w uint64) uint32 {
	values := w&(each*0x0f) + w>>6&each*9
	pairs := (values<<4 | values>>8) & 0x00ff00ff00ff00ff
	pairs = (pairs | pairs>>8) & 0x0000ffff0000ffff
	return uint32(pairs | pairs>>16)
}
