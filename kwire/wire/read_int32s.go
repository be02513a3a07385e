package wire

import "encoding/binary"

// Few reads the count of an array of int32 if it is as nearly always: one byte, with room for so many, and with all
// their bytes behind it. Otherwise it is −1 and Int32s has to do it. buf is the reader's input.
func (r *Reader) Few(buf []byte, at int, flexible bool, room int) int {
	if flexible && len(buf)-at > 0 {
		n := int(buf[at]) - 1
		if uint(n) < 0x7f && n <= room && n <= r.left && 4*n < len(buf)-at {
			r.left -= n
			return n
		}
	}
	return -1
}

// Int32sAt reads numbers that are known to be there and returns the offset after them. It counts the offset up with the
// numbers, not by how many they are, so that what follows need not wait until that is known.
func Int32sAt(out []int32, buf []byte, at int) int {
	for i := range out {
		if len(buf)-at < 4 {
			break
		}
		out[i] = int32(binary.BigEndian.Uint32(buf[at : at+4]))
		at += 4
	}
	return at
}

// Int32s reads an array of numbers that is never null. Both old and s may be nil.
func (r *Reader) Int32s(at int, old []int32, s *Slab[int32], flexible bool) ([]int32, int) {
	if s != nil {
		if n := r.Few(r.buf, at, flexible, len(s.free)); n >= 0 {
			out := s.cut(n)
			return out, Int32sAt(out, r.buf, at+1)
		}
	}
	n, next := r.ArrayLen(at, flexible, 4)
	return r.int32s(next, old, s, n)
}

// NullInt32s is Int32s for an array that may be null: nil.
func (r *Reader) NullInt32s(at int, old []int32, s *Slab[int32], flexible bool) ([]int32, int) {
	n, next := r.NullArrayLen(at, flexible, 4)
	if n < 0 {
		return nil, next
	}
	return r.int32s(next, old, s, n)
}

func (r *Reader) int32s(at int, old []int32, s *Slab[int32], n int) ([]int32, int) {
	var out []int32
	if s != nil {
		out = s.take(r, at, old, n, 4)
	} else {
		out = resize(r, at, old, n)
	}
	return out, Int32sAt(out, r.buf, at)
}
