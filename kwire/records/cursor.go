package records

import (
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// A cursor reads the records of a batch of magic 2, one after the other.
type cursor struct {
	data       []byte // the records, decompressed
	at         int    // where the next one starts
	n, count   int    // how many have been read, and how many there are
	short      int    // how many of them next may read on the short way: all or none
	last       int32  // offset of the last one, relative to the batch
	lastDelta  int32  // that of the batch's last
	baseOffset int64
	baseTime   int64
	maxTime    int64
	appendTime bool // all have maxTime
	lenient    bool
	most       int // bytes of a record
}

func (b Batch) cursor(data []byte, o ReadOptions) (cursor, error) {
	count := int(b.Count())
	if count < 0 {
		return cursor{}, b.fail("Count", offCount, wire.ErrValue, strconv.Itoa(count)+" records")
	}
	if count > len(data)/minRecordSize {
		return cursor{}, b.fail("Count", offCount, io.ErrUnexpectedEOF, strconv.Itoa(count)+" records in "+wire.CountBytes(len(data)))
	}
	if most := o.maxRecords(); count > most {
		return cursor{}, b.fail("Count", offCount, wire.ErrLimit, strconv.Itoa(count)+" records, at most "+strconv.Itoa(most)+" are allowed")
	}
	c := cursor{
		data: data, count: count, last: -1, lastDelta: b.LastOffsetDelta(),
		baseOffset: b.BaseOffset(), baseTime: b.BaseTimestamp(), maxTime: b.MaxTimestamp(),
		appendTime: b.TimestampType() == LogAppendTime && !o.CreateTimes,
		lenient:    o.Lenient, most: o.maxRecordBytes(),
	}
	if !c.appendTime && c.most >= tooLong {
		c.short = count
	}
	return c, nil
}

// next reads a record into r and reports whether there was one. If there was not and n is less than count, the record at
// the cursor is refused.
//
// It reads records without headers whose varints all take one or two bytes, as most do, and leaves others, and what is
// wrong, to nextLong. This way takes half the time.
func (c *cursor) next(r *Record) bool {
	size, i := short(c.data, c.at)
	end := i + int(size>>1)
	if c.n >= c.short || size >= tooLong || end > len(c.data) {
		return c.nextLong(r)
	}
	rec := c.data[:end:end]
	timeDelta, i := short(rec, i+1)
	offsetDelta, i := short(rec, i)
	key, i := short(rec, i)
	delta := int32(offsetDelta >> 1)
	if (timeDelta|offsetDelta|key) >= tooLong || (size|offsetDelta)&1 != 0 || delta <= c.last || delta > c.lastDelta {
		return c.nextLong(r)
	}
	r.Offset, r.Timestamp = c.baseOffset+int64(delta), c.baseTime+int64(zigzag(timeDelta))
	if key == null {
		r.Key = nil
	} else {
		k := i + int(key>>1)
		if key&1 != 0 || k > end {
			return c.nextLong(r)
		}
		r.Key = rec[i:k:k]
		i = k
	}
	value, i := short(rec, i)
	if value == null {
		r.Value = nil
	} else {
		k := i + int(value>>1)
		if value&1 != 0 || value >= tooLong || k > end {
			return c.nextLong(r)
		}
		r.Value = rec[i:k:k]
		i = k
	}
	if i != end-1 || rec[i] != 0 || r.Headers.n > 0 {
		return c.nextLong(r)
	}
	c.at, c.last = end, delta
	c.n++
	return true
}

func (c *cursor) nextLong(r *Record) bool {
	if c.n == c.count {
		return false
	}
	r.Headers = Headers{}
	end, delta := r.read(c.data, c.at, c.baseOffset, c.baseTime, c.lenient)
	if end < 0 || end-c.at > c.most || (delta <= c.last || delta > c.lastDelta) && !c.lenient {
		return false
	}
	if c.appendTime {
		r.Timestamp = c.maxTime
	}
	c.at, c.last = end, delta
	c.n++
	return true
}

// read is readShort for any record.
func (r *Record) read(data []byte, i int, baseOffset, baseTime int64, lenient bool) (end int, delta int32) {
	size, i := varint(data, i)
	if i < 0 || size < minRecordSize-1 || int(size) > len(data)-i {
		return bad, 0
	}
	end = i + int(size)
	rec := data[:end:end]
	r.Timestamp, i = varlong(rec, i+1)
	r.Timestamp += baseTime
	delta, i = varint(rec, i)
	r.Offset = baseOffset + int64(delta)
	r.Key, i = sized(rec, i)
	r.Value, i = sized(rec, i)
	n, i := varint(rec, i)
	if n < 0 && lenient {
		n = 0
	}
	if i < 0 || n < 0 || int(n) > end-i || skipHeaders(rec, i, n) != end {
		return bad, 0
	}
	if n > 0 {
		r.Headers = Headers{raw: rec[i:], n: n}
	}
	return end, delta
}
