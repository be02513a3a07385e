package records

import (
	"encoding/binary"
	"math"
)

// bad is the index that a failed read leaves behind. Reading at it fails too, so that a few reads
// can share one check, as long as nothing is added to the index in between.
const bad = math.MinInt32

// maxVarlongSize is the most bytes that a varint of 64 bits takes.
const maxVarlongSize = 10

// tooLong is what short returns, at least, for anything but a varint of one or two bytes.
const tooLong = 1 << 14

// short reads an unsigned varint of one or two bytes. The compiler inlines it, unlike uvarlong with
// what goes around it: this is what makes reading records fast.
func short(b []byte, i int) (uint32, int) {
	if uint(i) >= uint(len(b)) {
		return tooLong, i
	}
	v := uint32(b[i])
	i++
	if v < 0x80 {
		return v, i
	}
	if i >= len(b) {
		return tooLong, i
	}
	return v&0x7f | uint32(b[i])<<7, i + 1
}

// uvarlong reads an unsigned varint of 64 bits at b[i:] and returns it with the index after it, or
// bad. Forms longer than needed are accepted, because writers that leave room for a length and fill
// it in later make them; what does not fit is not.
func uvarlong(b []byte, i int) (uint64, int) {
	if i < 0 {
		return 0, bad
	}
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		if i >= len(b) {
			return 0, bad
		}
		c := b[i]
		i++
		if shift == 63 && c > 1 {
			return 0, bad
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, i
		}
	}
	return 0, bad
}

// varlong reads a zigzag varint of 64 bits.
func varlong(b []byte, i int) (int64, int) {
	v, i := uvarlong(b, i)
	return int64(v>>1) ^ -int64(v&1), i
}

// varint reads a zigzag varint of 32 bits.
func varint(b []byte, i int) (int32, int) {
	v, i := uvarlong(b, i)
	if v > math.MaxUint32 {
		return 0, bad
	}
	return zigzag(uint32(v)), i
}

// zigzag turns what short reads into the signed number it stands for.
func zigzag(v uint32) int32 { return int32(v>>1) ^ -int32(v&1) }

// putUvarlong writes an unsigned varint into b, which has room for it, and returns its size.
func putUvarlong(b []byte, v uint64) int {
	i := 0
	for ; v >= 0x80; i++ {
		b[i] = byte(v) | 0x80
		v >>= 7
	}
	b[i] = byte(v)
	return i + 1
}

// A word is up to eight bytes that are stored at once.
type word struct {
	bytes uint64 // little-endian
	size  int
}

// after returns w with the varint of v, which is less than tooLong, in front.
func (w word) after(v uint64) word {
	if v < 0x80 {
		return word{w.bytes<<8 | v, w.size + 1}
	}
	return word{w.bytes<<16 | (v + v&^0x7f + 0x80), w.size + 2} // what is above seven bits moves up by one
}

func (w word) appendTo(dst []byte) []byte {
	return binary.LittleEndian.AppendUint64(dst, w.bytes)[:len(dst)+w.size]
}

// appendShort appends the varint of v, which is less than tooLong.
func appendShort(dst []byte, v uint64) []byte {
	if v < 0x80 {
		return append(dst, byte(v))
	}
	return append(dst, byte(v)|0x80, byte(v>>7))
}

// sizeShort returns the size of what appendShort appends.
func sizeShort(v uint64) int {
	if v < 0x80 {
		return 1
	}
	return 2
}

// sizeUvarlong returns what putUvarlong would. For the short ones here this beats counting bits.
func sizeUvarlong(v uint64) int {
	n := 1
	for ; v >= 0x80; n++ {
		v >>= 7
	}
	return n
}

// unzigzag turns a signed number into what putUvarlong writes.
func unzigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }
