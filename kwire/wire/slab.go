package wire

import (
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

// Array reads the count of an array that is never null, whose elements take at least minSize bytes each, and returns
// room for them: old, if it is large enough, else memory of the slab. What old held in its elements is still there, so
// that it can be used again. The result is never nil; it is empty if the count is wrong.
func (s *Slab[T]) Array(r *Reader, at int, old []T, flexible bool, minSize int) ([]T, int) {
	n, next := r.ArrayLen(at, flexible, minSize)
	return s.take(r, next, old, n, minSize), next
}

// NullArray is Array for an array that may be null: nil.
func (s *Slab[T]) NullArray(r *Reader, at int, old []T, flexible bool, minSize int) ([]T, int) {
	n, next := r.NullArrayLen(at, flexible, minSize)
	if n < 0 {
		return nil, next
	}
	return s.take(r, next, old, n, minSize), next
}

func (s *Slab[T]) take(r *Reader, at int, old []T, n, minSize int) []T {
	if n <= cap(old) && old != nil {
		return old[:n]
	}
	if n > len(s.free) && !s.refill(r, at, n, minSize) {
		return resize[T](r, at, nil, n)
	}
	return s.cut(n)
}

// cut returns n elements that are free. The result is never nil, also of memory that is.
func (s *Slab[T]) cut(n int) []T {
	if n == 0 {
		return []T{}
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	s.taken += n
	return out
}

// refill makes room for n elements and as many more as the rest of the input holds if it goes on as it has begun. It
// reports false if there is no reason for more than n, or the limits do not allow it.
func (s *Slab[T]) refill(r *Reader, at, n, minSize int) bool {
	var t T
	size := int(unsafe.Sizeof(t))
	remaining := len(r.buf) - at
	more := firstPiece - n
	if s.taken > 0 {
		more = int(int64(s.taken)*int64(remaining)/int64(at-s.start)) + n/8 - n
	} else {
		s.start = at
	}
	more = min(more, remaining/max(minSize, 1)-n, r.ahead/size, r.budget/size-n)
	if more <= 0 || !r.spend(at, n+more, size) {
		s.taken += n
		return false
	}
	r.ahead -= more * size
	s.free = make([]T, n+more)
	return true
}

// Array reads the count of an array that is never null, whose elements take at least minSize bytes each, and returns
// room for them: old, if it is large enough. What old held in its elements is still there, so that it can be used again.
// The result is never nil; it is empty if the count is wrong.
func Array[T any](r *Reader, at int, old []T, flexible bool, minSize int) ([]T, int) {
	n, next := r.ArrayLen(at, flexible, minSize)
	return resize(r, next, old, n), next
}

// NullArray is Array for an array that may be null: nil.
func NullArray[T any](r *Reader, at int, old []T, flexible bool, minSize int) ([]T, int) {
	n, next := r.NullArrayLen(at, flexible, minSize)
	if n < 0 {
		return nil, next
	}
	return resize(r, next, old, n), next
}

// resize returns s with length n, keeping its memory (and what its elements hold) when it is large
// enough. The result is never nil. More than the limits allow is a failure of the reader, and empty.
func resize[T any](r *Reader, at int, s []T, n int) []T {
	if s != nil && cap(s) >= n {
		return s[:n]
	}
	var t T
	if !r.spend(at, n, int(unsafe.Sizeof(t))) {
		return []T{}
	}
	return make([]T, n)
}

// New returns old, or a new T if it is nil, for a struct that may be null and starts at an offset.
func New[T any](r *Reader, at int, old *T) *T {
	if old != nil {
		return old
	}
	var t T
	r.spend(at, 1, int(unsafe.Sizeof(t)))
	return new(T)
}

// spend takes n elements of the given size from the budget. Both are bounded by the input, so that the product fits.
func (r *Reader) spend(at, n, size int) bool {
	if n > r.budget/max(size, 1) {
		if r.err == nil {
			r.fail(at, ErrLimit, strconv.Itoa(n)+" elements of "+CountBytes(size)+" in memory, "+CountBytes(r.budget)+" more allowed")
		}
		return false
	}
	r.budget -= n * size
	return true
}
