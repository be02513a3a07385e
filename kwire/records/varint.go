package records

import "math"

// bad is the index that a failed read leaves behind. Reading at a negative index fails too, so
// that a few reads can share one check, as long as nothing is added to the index in between.
const bad = math.MinInt32

// maxVarlongSize is the most bytes that a varint of 64 bits takes.
const maxVarlongSize = 10

// varint reads a zigzag varint of 32 bits at b[i:] and returns it with the index after it, or bad.
func varint(b []byte, i int) (int32, int) {
	if uint(i) < uint(len(b)) && b[i] < 0x80 {
		v := uint32(b[i])
		return int32(v>>1) ^ -int32(v&1), i + 1
	}
	return varintSlow(b, i)
}

func varintSlow(b []byte, i int) (int32, int) {
	v, i := uvarlong(b, i)
	if v > math.MaxUint32 {
		return 0, bad
	}
	return int32(uint32(v)>>1) ^ -int32(v&1), i
}

// varlong is varint for 64 bits.
func varlong(b []byte, i int) (int64, int) {
	v, i := uvarlong(b, i)
	return int64(v>>1) ^ -int64(v&1), i
}

// uvarlong reads an unsigned varint. Forms longer than needed are accepted, because writers that
// leave room for a length and fill it in later make them; what does not fit 64 bits is not.
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
