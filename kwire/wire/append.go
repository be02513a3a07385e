package wire

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// AppendBool appends one byte, 0 or 1.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendInt8 appends one byte.
func AppendInt8(dst []byte, v int8) []byte { return append(dst, byte(v)) }

// AppendInt16 appends two bytes.
func AppendInt16(dst []byte, v int16) []byte { return binary.BigEndian.AppendUint16(dst, uint16(v)) }

// AppendUint16 appends two bytes.
func AppendUint16(dst []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(dst, v) }

// AppendInt32 appends four bytes.
func AppendInt32(dst []byte, v int32) []byte { return binary.BigEndian.AppendUint32(dst, uint32(v)) }

// AppendUint32 appends four bytes.
func AppendUint32(dst []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(dst, v) }

// AppendInt64 appends eight bytes.
func AppendInt64(dst []byte, v int64) []byte { return binary.BigEndian.AppendUint64(dst, uint64(v)) }

// AppendFloat64 appends eight bytes, IEEE 754.
func AppendFloat64(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(v))
}

// AppendUUID appends sixteen bytes.
func AppendUUID(dst []byte, v UUID) []byte { return append(dst, v[:]...) }

// AppendUvarint appends an unsigned varint: 1 to 5 bytes.
func AppendUvarint(dst []byte, v uint32) []byte {
	if v < 0x80 { // nearly always, and small enough to be inlined
		return append(dst, byte(v))
	}
	return appendLongUvarint(dst, v)
}

func appendLongUvarint(dst []byte, v uint32) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

// AppendVarint appends a zigzag varint of 32 bits, as records use it.
func AppendVarint(dst []byte, v int32) []byte {
	return AppendUvarint(dst, uint32(v)<<1^uint32(v>>31))
}

// AppendVarlong appends a zigzag varint of 64 bits, as records use it: 1 to 10 bytes.
func AppendVarlong(dst []byte, v int64) []byte {
	u := uint64(v)<<1 ^ uint64(v>>63)
	for u >= 0x80 {
		dst = append(dst, byte(u)|0x80)
		u >>= 7
	}
	return append(dst, byte(u))
}

// AppendArrayLen appends the count of an array; −1 means null.
func AppendArrayLen(dst []byte, n int, flexible bool) []byte {
	if flexible && n < 0x7f { // nearly always, and small enough to be inlined
		return append(dst, byte(n+1))
	}
	return appendLongArrayLen(dst, n, flexible)
}

func appendLongArrayLen(dst []byte, n int, flexible bool) []byte {
	if flexible {
		return AppendUvarint(dst, uint32(n+1))
	}
	return AppendInt32(dst, int32(n))
}

// AppendString appends a string. It must not be longer than MaxStringBytes: see Encode.String.
func AppendString(dst []byte, s string, flexible bool) []byte {
	return append(AppendStringLen(dst, len(s), flexible), s...)
}

// AppendStringLen appends what stands before the bytes of a string.
func AppendStringLen(dst []byte, n int, flexible bool) []byte {
	if flexible && n < 0x7f { // nearly always, and small enough to be inlined
		return append(dst, byte(n+1))
	}
	return appendLongStringLen(dst, n, flexible)
}

func appendLongStringLen(dst []byte, n int, flexible bool) []byte {
	if flexible {
		return AppendUvarint(dst, uint32(n+1))
	}
	return AppendInt16(dst, int16(n))
}

// Extend makes dst longer by n bytes, for numbers that are put there; until then they are anything.
func Extend(dst []byte, n int) []byte {
	if n > cap(dst)-len(dst) {
		return grow(dst, n)
	}
	return dst[:len(dst)+n]
}

//go:noinline
func grow(dst []byte, n int) []byte { return slices.Grow(dst, n)[:len(dst)+n] }

// PutInt16 writes two bytes at the start of b.
func PutInt16(b []byte, v int16) { binary.BigEndian.PutUint16(b, uint16(v)) }

// PutUint16 writes two bytes at the start of b.
func PutUint16(b []byte, v uint16) { binary.BigEndian.PutUint16(b, v) }

// PutInt32 writes four bytes at the start of b.
func PutInt32(b []byte, v int32) { binary.BigEndian.PutUint32(b, uint32(v)) }

// PutUint32 writes four bytes at the start of b.
func PutUint32(b []byte, v uint32) { binary.BigEndian.PutUint32(b, v) }

// PutInt64 writes eight bytes at the start of b.
func PutInt64(b []byte, v int64) { binary.BigEndian.PutUint64(b, uint64(v)) }

// PutFloat64 writes eight bytes at the start of b, IEEE 754.
func PutFloat64(b []byte, v float64) { binary.BigEndian.PutUint64(b, math.Float64bits(v)) }

// AppendInt32s appends numbers without their count, two at a time. It is small enough to be inlined, which halves its
// time for the usual three.
func AppendInt32s(dst []byte, vs []int32) []byte {
	for ; len(vs) >= 2; vs = vs[2:] {
		dst = binary.BigEndian.AppendUint64(dst, uint64(uint32(vs[0]))<<32|uint64(uint32(vs[1])))
	}
	if len(vs) > 0 {
		dst = binary.BigEndian.AppendUint32(dst, uint32(vs[0]))
	}
	return dst
}

// AppendNullString appends a string that may be null.
func AppendNullString(dst []byte, s Null[string], flexible bool) []byte {
	if s.Valid {
		return AppendString(dst, s.V, flexible)
	}
	return AppendStringNull(dst, flexible)
}

// AppendStringNull appends what stands for a string that is null.
func AppendStringNull(dst []byte, flexible bool) []byte {
	if flexible {
		return append(dst, 0)
	}
	return append(dst, 0xff, 0xff)
}

// AppendBytes appends bytes that are never null: nil is written as empty.
func AppendBytes(dst, b []byte, flexible bool) []byte {
	return append(AppendArrayLen(dst, len(b), flexible), b...)
}

// AppendNullBytes appends bytes that may be null: nil is written as null.
func AppendNullBytes(dst, b []byte, flexible bool) []byte {
	if b == nil {
		return AppendArrayLen(dst, -1, flexible)
	}
	return AppendBytes(dst, b, flexible)
}

// SizeUvarint returns the length of an unsigned varint.
func SizeUvarint(v uint32) int { return (bits.Len32(v|1) + 6) / 7 }

// SizeVarint returns the length of a zigzag varint of 32 bits.
func SizeVarint(v int32) int { return SizeUvarint(uint32(v)<<1 ^ uint32(v>>31)) }

// SizeVarlong returns the length of a zigzag varint of 64 bits.
func SizeVarlong(v int64) int {
	return (bits.Len64(uint64(v)<<1^uint64(v>>63)|1) + 6) / 7
}

// SizeArrayLen returns the size of an array's count; −1 means null.
func SizeArrayLen(n int, flexible bool) int {
	if flexible {
		return SizeUvarint(uint32(n + 1))
	}
	return 4
}

// SizeString returns the size of a string with its length.
func SizeString(s string, flexible bool) int {
	if flexible {
		return SizeUvarint(uint32(len(s)+1)) + len(s)
	}
	return 2 + len(s)
}

// SizeNullString returns the size of a string that may be null.
func SizeNullString(s Null[string], flexible bool) int {
	if s.Valid {
		return SizeString(s.V, flexible)
	}
	if flexible {
		return 1
	}
	return 2
}

// SizeBytes returns the size of bytes with their length; null takes as much as empty.
func SizeBytes(b []byte, flexible bool) int { return SizeArrayLen(len(b), flexible) + len(b) }
