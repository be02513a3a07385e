package wire

import (
	"io"
	"strconv"
	"unsafe"
)

// span reads n bytes from an offset on that a length at another has announced.
func (r *Reader) span(from, n, announced int) ([]byte, int) {
	if n > len(r.buf)-from {
		if r.err == nil {
			r.fail(announced, io.ErrUnexpectedEOF, CountBytes(n)+" announced, "+strconv.Itoa(len(r.buf)-from)+" left")
		}
		return nil, from
	}
	return r.buf[from : from+n : from+n], from + n
}

func (r *Reader) text(from, n, announced int) (string, int) {
	if n > MaxStringBytes {
		r.fail(announced, ErrTooLong, "string of "+strconv.Itoa(n)+" bytes")
		return "", from
	}
	b, next := r.span(from, n, announced)
	return r.str(b, next), next
}

// str makes a string of bytes of the input, which end at an offset.
func (r *Reader) str(b []byte, end int) string {
	if len(b) == 0 {
		return ""
	}
	if !r.alias { // unless the caller asked to share the input's memory
		b = r.copyChars(b, end)
	}
	return unsafe.String(&b[0], len(b))
}

// copyChars copies the bytes of a string to where the strings before it are, so that a message does not
// allocate for each. The chunks grow from the first string's size to charsChunkBytes, bounded by what can still come.
func (r *Reader) copyChars(b []byte, end int) []byte {
	if len(b) > cap(r.chars)-len(r.chars) {
		size := min(max(4*cap(r.chars), len(b)), charsChunkBytes, len(b)+len(r.buf)-end)
		r.chars = make([]byte, 0, max(size, len(b)))
	}
	start := len(r.chars)
	r.chars = append(r.chars, b...)
	return r.chars[start:]
}

// brief returns how many bytes a string, or bytes, and their length take if they are as nearly always: there, not null,
// and with a compact length of one byte; else 0.
func (r *Reader) brief(at int, flexible bool) int {
	if flexible && at < len(r.buf) {
		if n := int(r.buf[at]); n < 0x80 && n <= len(r.buf)-at { // a length of n−1
			return n
		}
	}
	return 0
}

// String reads a string that is never null.
func (r *Reader) String(at int, flexible bool) (string, int) {
	if n := r.brief(at, flexible); n > 0 {
		return r.str(r.buf[at+1:at+n], at+n), at + n
	}
	n, from := r.length(at, flexible, true)
	if n < 0 {
		r.null(at)
		return "", from
	}
	return r.text(from, n, at)
}

// NullString reads a string that may be null.
func (r *Reader) NullString(at int, flexible bool) (Null[string], int) {
	if n := r.brief(at, flexible); n > 0 {
		return Null[string]{V: r.str(r.buf[at+1:at+n], at+n), Valid: true}, at + n
	}
	n, from := r.length(at, flexible, true)
	if n < 0 {
		return Null[string]{}, from
	}
	s, next := r.text(from, n, at)
	return Null[string]{V: s, Valid: true}, next
}

// Bytes reads bytes that are never null. The result shares the input's memory.
func (r *Reader) Bytes(at int, flexible bool) ([]byte, int) {
	if n := r.brief(at, flexible); n > 0 {
		return r.buf[at+1 : at+n : at+n], at + n
	}
	n, from := r.length(at, flexible, false)
	if n < 0 {
		r.null(at)
		return []byte{}, from
	}
	return r.span(from, n, at)
}

// NullBytes reads bytes that may be null: nil. The result shares the input's memory.
func (r *Reader) NullBytes(at int, flexible bool) ([]byte, int) {
	if n := r.brief(at, flexible); n > 0 {
		return r.buf[at+1 : at+n : at+n], at + n
	}
	n, from := r.length(at, flexible, false)
	if n < 0 {
		return nil, from
	}
	return r.span(from, n, at)
}
