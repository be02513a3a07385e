package wire

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Short fails because the numbers that start at an offset are not all there, and returns where. sizes has a digit for
// the size of each in bytes, and U for the sixteen of a UUID: the failure is at the first that is cut off.
func (r *Reader) Short(at int, sizes string) int {
	for _, c := range []byte(sizes) {
		n := int(c - '0')
		if c == 'U' {
			n = 16
		}
		if len(r.buf)-at < n {
			return r.short(at, n)
		}
		at += n
	}
	return at
}

// Int16At reads the two bytes that b starts with.
func Int16At(b []byte) int16 { return int16(binary.BigEndian.Uint16(b)) }

// Uint16At reads the two bytes that b starts with.
func Uint16At(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

// Int32At reads the four bytes that b starts with.
func Int32At(b []byte) int32 { return int32(binary.BigEndian.Uint32(b)) }

// Uint32At reads the four bytes that b starts with.
func Uint32At(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// Int64At reads the eight bytes that b starts with.
func Int64At(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }

// Float64At reads the eight bytes that b starts with.
func Float64At(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }

// What follows takes the reader's input beside the offset: so it is small enough to be inlined.

// Int8 reads one byte.
func (r *Reader) Int8(buf []byte, at int) (int8, int) {
	if at+1 > len(buf) {
		return 0, r.short(at, 1)
	}
	return int8(buf[at]), at + 1
}

// Int16 reads two bytes.
func (r *Reader) Int16(buf []byte, at int) (int16, int) {
	if at+2 > len(buf) {
		return 0, r.short(at, 2)
	}
	return int16(binary.BigEndian.Uint16(buf[at:])), at + 2
}

// Uint16 reads two bytes.
func (r *Reader) Uint16(buf []byte, at int) (uint16, int) {
	if at+2 > len(buf) {
		return 0, r.short(at, 2)
	}
	return binary.BigEndian.Uint16(buf[at:]), at + 2
}

// Int32 reads four bytes.
func (r *Reader) Int32(buf []byte, at int) (int32, int) {
	if at+4 > len(buf) {
		return 0, r.short(at, 4)
	}
	return int32(binary.BigEndian.Uint32(buf[at:])), at + 4
}

// Uint32 reads four bytes.
func (r *Reader) Uint32(buf []byte, at int) (uint32, int) {
	if at+4 > len(buf) {
		return 0, r.short(at, 4)
	}
	return binary.BigEndian.Uint32(buf[at:]), at + 4
}

// Int64 reads eight bytes.
func (r *Reader) Int64(buf []byte, at int) (int64, int) {
	if at+8 > len(buf) {
		return 0, r.short(at, 8)
	}
	return int64(binary.BigEndian.Uint64(buf[at:])), at + 8
}

// Float64 reads eight bytes, IEEE 754.
func (r *Reader) Float64(buf []byte, at int) (float64, int) {
	if at+8 > len(buf) {
		return 0, r.short(at, 8)
	}
	return math.Float64frombits(binary.BigEndian.Uint64(buf[at:])), at + 8
}

// UUID reads sixteen bytes.
func (r *Reader) UUID(buf []byte, at int) (u UUID, next int) {
	if at+16 > len(buf) {
		return u, r.short(at, 16)
	}
	return UUID(buf[at:]), at + 16
}

// Bool reads one byte: 0 or 1; strictly anything else fails, leniently it means true.
func (r *Reader) Bool(at int) (bool, int) {
	v, next := r.Int8(r.buf, at)
	if uint8(v) > 1 && !r.lenient {
		r.fail(at, ErrValue, "boolean "+strconv.Itoa(int(uint8(v))))
		return false, at
	}
	return v != 0, next
}
