package wire

import (
	"encoding/binary"
	"strconv"
	"unsafe"
)

// Bounds on what one message may allocate, for each of its bytes. The elements of an array are allocated when its count
// is read, which has been held against the bytes that remain; the largest of them, over all messages, is less than
// allocPerByte times as large as its smallest encoding. Slabs allocate ahead only as much as aheadPerByte allows.
const (
	allocPerByte    = 32
	allocBase       = 4 << 10
	aheadPerByte    = 3
	firstPiece      = 16      // elements of a slab's first piece of memory
	charsChunkBytes = 4 << 10 // the most that one kept string keeps alive besides itself
)

// Slab hands out the elements of many small arrays from few large pieces of memory. A decoder has one for each type
// of element that lies in an array in an array: the partitions of all topics. The zero value is ready for use.
type Slab[T any] struct {
	free  []T
	taken int // elements handed out
	start int // offset in the input of the first of them
}

// Take returns an array of n elements, which take at least minSize bytes each: old, if it is large enough, else
// memory of the slab. What old held in its elements is still there, so that it can be used again. The result is never nil.
func (s *Slab[T]) Take(r *Reader, old []T, n, minSize int) []T {
	if cap(old) >= n && old != nil {
		return old[:n]
	}
	return s.cut(r, n, minSize)
}

func (s *Slab[T]) cut(r *Reader, n, minSize int) []T {
	if n == 0 {
		return []T{}
	}
	if n > len(s.free) {
		var t T
		size := int(unsafe.Sizeof(t))
		// As many as the rest of the input holds if it goes on as it has begun, within what it can hold.
		more := firstPiece - n
		if s.taken > 0 {
			more = int(int64(s.taken)*int64(r.Remaining())/int64(r.off-s.start)) + n/8 - n
		} else {
			s.start = r.off
		}
		more = min(more, r.Remaining()/max(minSize, 1)-n, r.ahead/size)
		if more <= 0 {
			s.taken += n
			return Resize[T](r, nil, n)
		}
		if !r.spend(n+more, size) {
			return []T{}
		}
		r.ahead -= more * size
		s.free = make([]T, n+more)
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	s.taken += n
	return out
}

// Resize returns s with length n, keeping its memory (and what its elements hold) when it is large
// enough. The result is never nil. More than the limits allow is a failure of the reader, and empty.
func Resize[T any](r *Reader, s []T, n int) []T {
	if s != nil && cap(s) >= n {
		return s[:n]
	}
	var t T
	if !r.spend(n, int(unsafe.Sizeof(t))) {
		return []T{}
	}
	return make([]T, n)
}

// New returns old, or a new T if it is nil, for a struct that may be null.
func New[T any](r *Reader, old *T) *T {
	if old != nil {
		return old
	}
	var t T
	r.spend(1, int(unsafe.Sizeof(t)))
	return new(T)
}

// spend takes n elements of the given size from the budget. Both are bounded by the input, so that the product fits.
func (r *Reader) spend(n, size int) bool {
	if n > r.budget/max(size, 1) {
		if r.err == nil {
			r.fail(r.off, ErrLimit, strconv.Itoa(n)+" elements of "+CountBytes(size)+" in memory, "+CountBytes(r.budget)+" more allowed")
		}
		return false
	}
	r.budget -= n * size
	return true
}

// Int32s reads an array of numbers that is never null. s may be nil.
func (r *Reader) Int32s(old []int32, s *Slab[int32], flexible bool) []int32 {
	// What nearly every array is: a count of one byte, and all of it there.
	at := r.off
	if !flexible || at >= len(r.buf) {
		return r.int32s(old, s, r.ArrayLen(flexible, 4))
	}
	n, b := int(r.buf[at])-1, r.buf[at+1:]
	if uint(n) >= 0x7f || 4*n > len(b) || n > r.left {
		return r.int32s(old, s, r.ArrayLen(flexible, 4))
	}
	r.left -= n
	r.off = at + 1 + 4*n
	var out []int32
	switch {
	case n <= cap(old) && old != nil:
		out = old[:n]
	case s != nil:
		out = s.cut(r, n, 4)
	default:
		out = Resize(r, old, n)
	}
	for i := range out {
		if len(b) < 4 {
			break
		}
		out[i] = int32(binary.BigEndian.Uint32(b))
		b = b[4:]
	}
	return out
}

// NullInt32s is Int32s for an array that may be null: nil.
func (r *Reader) NullInt32s(old []int32, s *Slab[int32], flexible bool) []int32 {
	n := r.NullArrayLen(flexible, 4)
	if n < 0 {
		return nil
	}
	return r.int32s(old, s, n)
}

func (r *Reader) int32s(old []int32, s *Slab[int32], n int) []int32 {
	var out []int32
	if s != nil {
		out = s.Take(r, old, n, 4)
	} else {
		out = Resize(r, old, n)
	}
	b := r.buf[r.off : r.off+4*len(out)] // ArrayLen has seen that they are there
	r.off += len(b)
	for i := range out {
		out[i] = int32(binary.BigEndian.Uint32(b[4*i:]))
	}
	return out
}
