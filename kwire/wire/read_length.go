package wire

import (
	"io"
	"math"
	"math/bits"
	"strconv"
)

// Uvarint reads an unsigned varint of up to 32 bits.
func (r *Reader) Uvarint(at int) (uint32, int) {
	if len(r.buf)-at > 0 && r.buf[at] < 0x80 {
		return uint32(r.buf[at]), at + 1
	}
	return r.longUvarint(at)
}

func (r *Reader) longUvarint(at int) (uint32, int) {
	if r.err != nil {
		return 0, at
	}
	b := r.buf[at:]
	v, n := Uvarint(b)
	switch {
	case n == 0:
		return 0, r.short(at, len(b)+1)
	case n < 0:
		r.fail(at, ErrVarint, "more than 5 bytes")
		return 0, at
	case !r.lenient && n == 5 && b[4] > 0x0f:
		r.fail(at, ErrVarint, "more than 32 bits")
		return 0, at
	case !r.lenient && n > 1 && b[n-1] == 0:
		r.fail(at, ErrVarint, CountBytes(n)+" where fewer hold the value")
		return 0, at
	}
	return v, at + n
}

// Uvarint reads an unsigned varint of up to 32 bits from the start of b and returns it with its
// length in bytes: 0 if b ends too early, −1 if it does not end within 5 bytes. Bits over 32 are dropped.
func Uvarint(b []byte) (v uint32, n int) {
	for i := 0; i < len(b) && i < 5; i++ {
		v |= uint32(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	if len(b) >= 5 {
		return 0, -1
	}
	return 0, 0
}

// length reads a length or count: −1 means null, as it is after a failure.
func (r *Reader) length(at int, flexible, short bool) (n, next int) {
	switch {
	case flexible:
		v, next := r.Uvarint(at)
		if v > math.MaxInt32+1 { // nothing is so long, and an int of 32 bits could not say it
			r.fail(at, io.ErrUnexpectedEOF, "length "+strconv.FormatInt(int64(v)-1, 10))
			return -1, at
		}
		return int(int64(v) - 1), next
	case short:
		v, end := r.Int16(r.buf, at)
		n, next = int(v), end
	default:
		v, end := r.Int32(r.buf, at)
		n, next = int(v), end
	}
	if n < -1 {
		if !r.lenient {
			r.fail(at, ErrValue, "length "+strconv.Itoa(n))
		}
		return -1, next
	}
	return n, next
}

// null is called where null was read and the schema has none: leniently it stands for empty.
func (r *Reader) null(at int) {
	if r.err == nil && !r.lenient {
		r.fail(at, ErrNull, "")
	}
}

// ArrayLen reads the count of an array that is never null, whose elements take at least minSize
// bytes each. A count that the remaining bytes cannot hold fails and gives 0.
func (r *Reader) ArrayLen(at int, flexible bool, minSize int) (n, next int) {
	n, next = r.NullArrayLen(at, flexible, minSize)
	if n < 0 {
		r.null(at)
		return 0, next
	}
	return n, next
}

// NullArrayLen is ArrayLen for an array that may be null: −1.
func (r *Reader) NullArrayLen(at int, flexible bool, minSize int) (n, next int) {
	if flexible && len(r.buf)-at > 0 && r.buf[at] < 0x80 {
		n, next = int(r.buf[at])-1, at+1
	} else {
		n, next = r.length(at, flexible, false)
	}
	if n <= 0 {
		return n, next
	}
	if hi, lo := bits.Mul64(uint64(n), uint64(minSize)); hi != 0 || lo > uint64(len(r.buf)-next) {
		r.fail(at, io.ErrUnexpectedEOF, strconv.Itoa(n)+" elements in "+CountBytes(len(r.buf)-next))
		return 0, at
	}
	if n > r.left {
		r.fail(at, ErrLimit, strconv.Itoa(n)+" elements, "+strconv.Itoa(r.left)+" more allowed")
		return 0, at
	}
	r.left -= n
	return n, next
}

// Present reads the marker before a struct that may be null: −1 null, 1 present.
func (r *Reader) Present(at int) (bool, int) {
	v, next := r.Int8(r.buf, at)
	if v != 1 && v != -1 && r.err == nil && !r.lenient {
		r.fail(at, ErrValue, "null marker "+strconv.Itoa(int(v)))
	}
	return v >= 0 && r.err == nil, next
}

// TaggedPresent reads the marker before a tagged struct that may be null: 0 null, 1 present.
func (r *Reader) TaggedPresent(at int) (bool, int) {
	v, next := r.Uvarint(at)
	if v > 1 && r.err == nil && !r.lenient {
		r.fail(at, ErrValue, "null marker "+strconv.Itoa(int(v)))
	}
	return v != 0 && r.err == nil, next
}
