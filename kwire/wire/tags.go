package wire

import (
	"io"
	"math"
	"strconv"
)

// TagReader walks the tagged section that ends a struct of a flexible version:
//
//	var t wire.TagReader
//	for t.Next(r, at) {
//		switch at = t.At; t.ID {
//		case 0:
//			m.Epoch, at = r.Int64(at)
//		default:
//			at = t.Keep(r, &m.Unknown)
//		}
//	}
//	return t.At
type TagReader struct {
	ID    uint32 // the tag to be read now
	At    int    // where its data starts; where the section ends, after the last
	left  int    // tags after this one
	first int    // where this tag starts
	end   int64  // where this tag's data ends, perhaps beyond the input
	last  int64  // the last tag that had to ascend, −1 before the first
	rest  []byte // the input as it was before it was cut to this tag
	open  bool
}

// NoTags reports whether a tagged section at an offset of buf is empty, as nearly all are: one byte.
func NoTags(buf []byte, at int) bool { return len(buf)-at > 0 && buf[at] == 0 }

// Next moves to the next tagged field and reports whether there is one. It is given the offset where the section starts,
// or where the field before has ended, and sets At.
func (t *TagReader) Next(r *Reader, at int) bool {
	if !t.open {
		t.start(r, at)
	} else {
		t.close(r, at)
	}
	if t.left == 0 || r.err != nil {
		return false
	}
	t.left--
	t.first = t.At
	t.ID, t.At = r.Uvarint(t.At)
	sizeAt := t.At
	size, data := r.Uvarint(t.At)
	t.At = data
	if r.err != nil {
		return false
	}
	if int64(t.ID) <= t.last && !r.lenient {
		r.fail(t.first, ErrTag, "tag "+number(t.ID)+" after tag "+strconv.FormatInt(t.last, 10))
		return false
	}
	t.end = int64(data) + int64(size)
	if r.lenient { // only Keep goes by the size
		return true
	}
	if t.end > int64(len(r.buf)) {
		r.fail(sizeAt, io.ErrUnexpectedEOF, CountBytes(int64(size))+" announced, "+strconv.Itoa(len(r.buf)-data)+" left")
		return false
	}
	t.last = int64(t.ID)
	r.buf = r.buf[:t.end]
	return true
}

func (t *TagReader) start(r *Reader, at int) {
	t.open, t.last, t.rest = true, -1, r.buf
	n, next := r.Uvarint(at)
	t.At = next
	switch {
	case r.err != nil:
	case int64(n)*2 > int64(len(r.buf)-next):
		r.fail(at, io.ErrUnexpectedEOF, number(n)+" tagged fields in "+CountBytes(len(r.buf)-next))
	case int64(n) > int64(r.maxTags):
		r.fail(at, ErrLimit, number(n)+" tagged fields, "+strconv.Itoa(r.maxTags)+" allowed")
	default:
		t.left = int(n)
	}
}

// close checks that the field took exactly its announced size. A lenient reader goes on where the
// field ended, as Kafka's does.
func (t *TagReader) close(r *Reader, at int) {
	if r.err == nil && !r.lenient && int64(at) != t.end {
		r.fail(at, ErrTag, "tag "+number(t.ID)+" announces "+CountBytes(t.end-int64(at))+" more than its value has")
	}
	if r.err == nil {
		r.buf = t.rest
	}
	t.At = at
}

// Keep keeps the field as it is, because the schema does not know its tag, and returns the offset after it.
func (t *TagReader) Keep(r *Reader, tags **Tags) int {
	if n := (*tags).Len(); n > 0 && (**tags)[n-1].ID >= t.ID {
		r.fail(t.first, ErrTag, "unknown tag "+number(t.ID)+" after tag "+number((**tags)[n-1].ID))
		return t.At
	}
	data, next := r.span(t.At, int(min(t.end-int64(t.At), math.MaxInt32)), t.At)
	if *tags == nil {
		list := resize[Tag](r, next, nil, t.left+1)[:0] // each of them has its bytes in the input
		*tags = (*Tags)(&list)
	}
	if r.err == nil {
		**tags = append(**tags, Tag{ID: t.ID, Data: data})
	}
	return next
}

func number(v uint32) string { return strconv.FormatUint(uint64(v), 10) }

// Len returns how many tags there are; nil has none.
func (ts *Tags) Len() int {
	if ts == nil {
		return 0
	}
	return len(*ts)
}

// Size returns the size of the unknown tags without the section's count.
func (ts *Tags) Size() int {
	if ts == nil {
		return 0
	}
	n := 0
	for i := range *ts {
		t := &(*ts)[i]
		n += SizeUvarint(t.ID) + SizeUvarint(uint32(len(t.Data))) + len(t.Data)
	}
	return n
}

// AppendAll appends a tagged section that holds only unknown tags.
func (ts *Tags) AppendAll(dst []byte, e *Encode) []byte {
	if ts == nil {
		return append(dst, 0)
	}
	return ts.appendSection(dst, e)
}

func (ts *Tags) appendSection(dst []byte, e *Encode) []byte {
	return ts.AppendFrom(AppendUvarint(dst, uint32(len(*ts))), 0, e)
}

// AppendBelow appends the unknown tags below id from index i on, and returns the index of the next
// one: known and unknown tags travel merged, ascending. The tag id itself must not be among them,
// for the field that is known by it is about to be written.
func (ts *Tags) AppendBelow(dst []byte, i int, id uint32, e *Encode) ([]byte, int) {
	for ; i < ts.Len() && (*ts)[i].ID < id; i++ {
		dst = ts.appendOne(dst, i, e)
	}
	if i < ts.Len() && (*ts)[i].ID == id {
		e.fail("Unknown["+strconv.Itoa(i)+"]", ErrTag, "tag "+number(id)+" is a field of this version")
	}
	return dst, i
}

// AppendFrom appends the unknown tags from index i on.
func (ts *Tags) AppendFrom(dst []byte, i int, e *Encode) []byte {
	for ; i < ts.Len(); i++ {
		dst = ts.appendOne(dst, i, e)
	}
	return dst
}

func (ts *Tags) appendOne(dst []byte, i int, e *Encode) []byte {
	t := (*ts)[i]
	if i > 0 && t.ID <= (*ts)[i-1].ID {
		e.fail("Unknown["+strconv.Itoa(i)+"]", ErrTag, "tag "+number(t.ID)+" after tag "+number((*ts)[i-1].ID))
	}
	dst = AppendTag(dst, t.ID, len(t.Data))
	return append(dst, t.Data...)
}

// AppendTag appends what stands before a tagged field's data: its tag and size.
func AppendTag(dst []byte, id uint32, size int) []byte {
	return AppendUvarint(AppendUvarint(dst, id), uint32(size))
}

// SizeTag returns the size of a tagged field whose data takes size bytes.
func SizeTag(id uint32, size int) int {
	return SizeUvarint(id) + SizeUvarint(uint32(size)) + size
}
