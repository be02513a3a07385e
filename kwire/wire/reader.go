package wire

import (
	"encoding/binary"
	"io"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// Reader is a cursor over one message with a sticky error. Make one with NewReader.
type Reader struct {
	buf     []byte
	off     int
	err     *Error
	left    int // elements that arrays may still have
	budget  int // bytes that may still be allocated
	ahead   int // bytes of them that may be allocated before it is sure that they are needed
	maxTags int
	alias   bool
	lenient bool
	chars   []byte // where strings are copied to
}

// NewReader returns a Reader at the start of src. A nil o means the zero DecodeOptions.
func NewReader(src []byte, o *DecodeOptions) Reader {
	r := Reader{buf: src, left: DefaultMaxElements, maxTags: DefaultMaxTags}
	r.ahead = aheadPerByte * len(src)
	r.budget = allocPerByte*len(src) + allocBase
	if o != nil {
		r.alias, r.lenient = o.Alias, o.Lenient
		if o.Limits.MaxElements > 0 {
			r.left = o.Limits.MaxElements
		}
		if o.Limits.MaxTags > 0 {
			r.maxTags = o.Limits.MaxTags
		}
		if o.Limits.MaxAllocBytes > 0 {
			r.budget = o.Limits.MaxAllocBytes
		}
	}
	return r
}

// Offset returns how many bytes have been read.
func (r *Reader) Offset() int { return r.off }

// Remaining returns how many bytes are left, in the tagged field being read if there is one.
func (r *Reader) Remaining() int { return len(r.buf) - r.off }

// Failed reports whether a read has failed.
func (r *Reader) Failed() bool { return r.err != nil }

// Err returns the first failure, or nil.
func (r *Reader) Err() *Error { return r.err }

// Done ends a message: it returns the number of bytes read, or the failure. Unless the options are
// lenient, bytes left over are a failure.
func (r *Reader) Done() (int, *Error) {
	if r.err == nil && !r.lenient && r.off < len(r.buf) {
		r.fail(r.off, ErrTrailing, CountBytes(len(r.buf)-r.off)+" after the message")
	}
	if r.err != nil {
		return 0, r.err
	}
	return r.off, nil
}

// fail keeps the first failure and exhausts the input, so that later reads fail without harm.
func (r *Reader) fail(at int, cause error, detail string) {
	if r.err == nil {
		r.err = &Error{Offset: at, Err: cause, Detail: detail}
	}
	r.off = len(r.buf)
}

func (r *Reader) short(need int) {
	if r.err != nil {
		return
	}
	r.fail(r.off, io.ErrUnexpectedEOF, CountBytes(need)+" wanted, "+strconv.Itoa(len(r.buf)-r.off)+" left")
}

// CountBytes says how many bytes for a person: "1 byte", "2 bytes".
func CountBytes[T int | int64](n T) string {
	if n == 1 {
		return "1 byte"
	}
	return strconv.FormatInt(int64(n), 10) + " bytes"
}

// Fixed returns the next n bytes, several numbers that are read with one check: sizes has a digit for the
// size of each, in bytes, and U for the sixteen bytes of a UUID. If they are not all there the result is nil,
// and the failure is at the first number that is not.
func (r *Reader) Fixed(n int, sizes string) []byte {
	b := r.buf[r.off:]
	if n > len(b) {
		return r.shortFixed(sizes)
	}
	r.off += n
	return b[:n]
}

func (r *Reader) shortFixed(sizes string) []byte {
	for _, c := range []byte(sizes) {
		n := int(c - '0')
		if c == 'U' {
			n = 16
		}
		if len(r.buf)-r.off < n {
			r.short(n)
			return nil
		}
		r.off += n
	}
	return nil
}

// Int16At reads two bytes of what Fixed returned.
func Int16At(b []byte) int16 { return int16(binary.BigEndian.Uint16(b)) }

// Uint16At reads two bytes of what Fixed returned.
func Uint16At(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

// Int32At reads four bytes of what Fixed returned.
func Int32At(b []byte) int32 { return int32(binary.BigEndian.Uint32(b)) }

// Uint32At reads four bytes of what Fixed returned.
func Uint32At(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// Int64At reads eight bytes of what Fixed returned.
func Int64At(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }

// Float64At reads eight bytes of what Fixed returned.
func Float64At(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }

// Int8 reads one byte.
func (r *Reader) Int8() int8 {
	if r.off >= len(r.buf) {
		r.short(1)
		return 0
	}
	v := r.buf[r.off]
	r.off++
	return int8(v)
}

// Bool reads one byte: 0 or 1; strictly anything else fails, leniently it means true.
func (r *Reader) Bool() bool {
	if r.off >= len(r.buf) {
		r.short(1)
		return false
	}
	v := r.buf[r.off]
	if v > 1 && !r.lenient {
		r.fail(r.off, ErrValue, "boolean "+strconv.Itoa(int(v)))
		return false
	}
	r.off++
	return v != 0
}

// Int16 reads two bytes.
func (r *Reader) Int16() int16 { return int16(r.Uint16()) }

// Uint16 reads two bytes.
func (r *Reader) Uint16() uint16 {
	if len(r.buf)-r.off < 2 {
		r.short(2)
		return 0
	}
	v := binary.BigEndian.Uint16(r.buf[r.off:])
	r.off += 2
	return v
}

// Int32 reads four bytes.
func (r *Reader) Int32() int32 { return int32(r.Uint32()) }

// Uint32 reads four bytes.
func (r *Reader) Uint32() uint32 {
	if len(r.buf)-r.off < 4 {
		r.short(4)
		return 0
	}
	v := binary.BigEndian.Uint32(r.buf[r.off:])
	r.off += 4
	return v
}

// Int64 reads eight bytes.
func (r *Reader) Int64() int64 {
	if len(r.buf)-r.off < 8 {
		r.short(8)
		return 0
	}
	v := binary.BigEndian.Uint64(r.buf[r.off:])
	r.off += 8
	return int64(v)
}

// Float64 reads eight bytes, IEEE 754.
func (r *Reader) Float64() float64 { return math.Float64frombits(uint64(r.Int64())) }

// UUID reads sixteen bytes.
func (r *Reader) UUID() (u UUID) {
	if len(r.buf)-r.off < len(u) {
		r.short(len(u))
		return u
	}
	r.off += copy(u[:], r.buf[r.off:])
	return u
}

// Uvarint reads an unsigned varint of up to 32 bits.
func (r *Reader) Uvarint() uint32 {
	if r.off < len(r.buf) && r.buf[r.off] < 0x80 {
		v := r.buf[r.off]
		r.off++
		return uint32(v)
	}
	return r.uvarintSlow()
}

func (r *Reader) uvarintSlow() uint32 {
	v, n := Uvarint(r.buf[r.off:])
	switch {
	case n == 0:
		r.short(len(r.buf) - r.off + 1)
		return 0
	case n < 0:
		r.fail(r.off, ErrVarint, "more than 5 bytes")
		return 0
	case !r.lenient && n == 5 && r.buf[r.off+4] > 0x0f:
		r.fail(r.off, ErrVarint, "more than 32 bits")
		return 0
	case !r.lenient && n > 1 && r.buf[r.off+n-1] == 0:
		r.fail(r.off, ErrVarint, CountBytes(n)+" where fewer hold the value")
		return 0
	}
	r.off += n
	return v
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

// length reads a length or count: −1 means null.
func (r *Reader) length(flexible, short bool) int {
	at := r.off
	if flexible {
		n := int64(r.Uvarint()) - 1
		if n > math.MaxInt32 { // nothing is so long, and an int of 32 bits could not say it
			r.fail(at, io.ErrUnexpectedEOF, "length "+strconv.FormatInt(n, 10))
			return -1
		}
		return int(n)
	}
	var n int
	if short {
		n = int(r.Int16())
	} else {
		n = int(r.Int32())
	}
	if n < -1 {
		if r.lenient {
			return -1
		}
		r.fail(at, ErrValue, "length "+strconv.Itoa(n))
		return -1
	}
	return n
}

// span reads n bytes that a length at offset at has announced.
func (r *Reader) span(at, n int) []byte {
	if n > len(r.buf)-r.off {
		r.fail(at, io.ErrUnexpectedEOF, CountBytes(n)+" announced, "+strconv.Itoa(len(r.buf)-r.off)+" left")
		return nil
	}
	b := r.buf[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

func (r *Reader) text(at, n int) string {
	if n > MaxStringBytes {
		r.fail(at, ErrTooLong, "string of "+strconv.Itoa(n)+" bytes")
		return ""
	}
	return r.str(r.span(at, n))
}

// str makes a string of bytes of the input.
func (r *Reader) str(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if !r.alias { // unless the caller asked to share the input's memory
		b = r.copyChars(b)
	}
	return unsafe.String(&b[0], len(b))
}

// copyChars copies the bytes of a string to where the strings before it are, so that a message does not
// allocate for each. The chunks grow from the first string's size to charsChunkBytes, bounded by what can still come.
func (r *Reader) copyChars(b []byte) []byte {
	if len(b) > cap(r.chars)-len(r.chars) {
		size := min(max(4*cap(r.chars), len(b)), charsChunkBytes, len(b)+len(r.buf)-r.off)
		r.chars = make([]byte, 0, max(size, len(b)))
	}
	at := len(r.chars)
	r.chars = append(r.chars, b...)
	return r.chars[at:]
}

// String reads a string that is never null.
func (r *Reader) String(flexible bool) string {
	at := r.off
	if flexible && at < len(r.buf) {
		if n := int(r.buf[at]); n > 0 && n < 0x80 && n <= len(r.buf)-at { // a length byte of n says n−1
			r.off = at + n
			return r.str(r.buf[at+1 : at+n])
		}
	}
	n := r.length(flexible, true)
	if n < 0 {
		r.null(at)
		return ""
	}
	return r.text(at, n)
}

// NullString reads a string that may be null.
func (r *Reader) NullString(flexible bool) Null[string] {
	at := r.off
	n := r.length(flexible, true)
	if n < 0 {
		return Null[string]{}
	}
	return Null[string]{V: r.text(at, n), Valid: true}
}

// null is called where null was read and the schema has none: leniently it stands for empty.
func (r *Reader) null(at int) {
	if r.err == nil && !r.lenient {
		r.fail(at, ErrNull, "")
	}
}

// Bytes reads bytes that are never null. The result shares the input's memory.
func (r *Reader) Bytes(flexible bool) []byte {
	at := r.off
	n := r.length(flexible, false)
	if n < 0 {
		r.null(at)
		return []byte{}
	}
	return r.span(at, n)
}

// NullBytes reads bytes that may be null: nil. The result shares the input's memory.
func (r *Reader) NullBytes(flexible bool) []byte {
	at := r.off
	n := r.length(flexible, false)
	if n < 0 {
		return nil
	}
	return r.span(at, n)
}

// ArrayLen reads the count of an array that is never null, whose elements take at least minSize
// bytes each. A count that the remaining bytes cannot hold fails and gives 0.
func (r *Reader) ArrayLen(flexible bool, minSize int) int {
	at := r.off
	n := r.NullArrayLen(flexible, minSize)
	if n < 0 {
		r.null(at)
		return 0
	}
	return n
}

// NullArrayLen is ArrayLen for an array that may be null: −1.
func (r *Reader) NullArrayLen(flexible bool, minSize int) int {
	at := r.off
	var n int
	if flexible && at < len(r.buf) && r.buf[at] < 0x80 {
		n = int(r.buf[at]) - 1
		r.off = at + 1
	} else {
		n = r.length(flexible, false)
	}
	if n <= 0 {
		return n
	}
	if hi, lo := bits.Mul64(uint64(n), uint64(minSize)); hi != 0 || lo > uint64(len(r.buf)-r.off) {
		r.fail(at, io.ErrUnexpectedEOF, strconv.Itoa(n)+" elements in "+CountBytes(len(r.buf)-r.off))
		return 0
	}
	if n > r.left {
		r.fail(at, ErrLimit, strconv.Itoa(n)+" elements, "+strconv.Itoa(r.left)+" more allowed")
		return 0
	}
	r.left -= n
	return n
}

// Present reads the marker before a struct that may be null: −1 null, 1 present.
func (r *Reader) Present() bool {
	at := r.off
	v := r.Int8()
	if v != 1 && v != -1 && r.err == nil && !r.lenient {
		r.fail(at, ErrValue, "null marker "+strconv.Itoa(int(v)))
	}
	return v >= 0 && r.err == nil
}

// TaggedPresent reads the marker before a tagged struct that may be null: 0 null, 1 present.
func (r *Reader) TaggedPresent() bool {
	at := r.off
	v := r.Uvarint()
	if v > 1 && r.err == nil && !r.lenient {
		r.fail(at, ErrValue, "null marker "+strconv.Itoa(int(v)))
	}
	return v != 0 && r.err == nil
}
