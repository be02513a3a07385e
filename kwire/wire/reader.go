package wire

import (
	"io"
	"strconv"
)

// Reader reads one message. It keeps no place in it: every read takes the offset at which it starts, and returns the
// offset after it, so that a decoder has its place in a variable of its own, and the machine in a register. The first
// failure sticks, and leaves no input: what is read after it fails as well. Make one with NewReader.
type Reader struct {
	buf     []byte // the input, up to the end of the tagged field that is being read; nil after a failure
	err     *Error
	left    int // elements that arrays may still have
	budget  int // bytes that may still be allocated
	ahead   int // bytes of them that may be allocated before it is sure that they are needed
	maxTags int
	alias   bool
	lenient bool
	chars   []byte // where strings are copied to
}

// NewReader returns a Reader of src. A nil o means the zero DecodeOptions.
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

// Input returns the bytes that offsets count in. They end with the tagged field that is being read, if there is one.
func (r *Reader) Input() []byte { return r.buf }

// Failed reports whether a read has failed.
func (r *Reader) Failed() bool { return r.err != nil }

// Err returns the first failure, or nil.
func (r *Reader) Err() *Error { return r.err }

// Done ends a message that has been read up to the given offset: it returns the number of bytes read, or the failure.
// Unless the options are lenient, bytes left over are a failure.
func (r *Reader) Done(at int) (int, *Error) {
	if r.err == nil && !r.lenient && at < len(r.buf) {
		r.fail(at, ErrTrailing, CountBytes(len(r.buf)-at)+" after the message")
	}
	if r.err != nil {
		return 0, r.err
	}
	return at, nil
}

// fail keeps the first failure and takes the input away, so that later reads fail without harm.
func (r *Reader) fail(at int, cause error, detail string) {
	if r.err == nil {
		r.err = &Error{Offset: at, Err: cause, Detail: detail}
	}
	r.buf = nil
}

// short fails for want of bytes, and returns the offset that it was given.
func (r *Reader) short(at, need int) int {
	if r.err == nil {
		r.fail(at, io.ErrUnexpectedEOF, CountBytes(need)+" wanted, "+strconv.Itoa(len(r.buf)-at)+" left")
	}
	return at
}

// CountBytes says how many bytes for a person: "1 byte", "2 bytes".
func CountBytes[T int | int64](n T) string {
	if n == 1 {
		return "1 byte"
	}
	return strconv.FormatInt(int64(n), 10) + " bytes"
}
