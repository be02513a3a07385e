package records

import (
	"io"
	"math"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// explain reads the record at the cursor, which was refused, once more, slowly, and says what is wrong with it.
func (b Batch) explain(c *cursor) error {
	w := walker{batch: b, data: c.data, at: c.at, record: "Records[" + strconv.Itoa(c.n) + "]"}
	size := int(w.varint("Length"))
	switch {
	case w.err != nil:
		return w.err
	case size < minRecordSize-1:
		w.fail("Length", c.at, wire.ErrValue, "record of "+wire.CountBytes(size))
		return w.err
	case size > len(c.data)-w.at:
		w.fail("Length", c.at, io.ErrUnexpectedEOF, wire.CountBytes(size)+" announced, "+strconv.Itoa(len(c.data)-w.at)+" left")
		return w.err
	}
	if n := w.at + size - c.at; n > c.most {
		w.fail("Length", c.at, wire.ErrLimit, "record of "+wire.CountBytes(n)+", at most "+strconv.Itoa(c.most)+" are allowed")
		return w.err
	}
	w.data = c.data[:w.at+size]
	w.at++ // attributes
	w.varlong("TimestampDelta")
	at := w.at
	delta := w.varint("OffsetDelta")
	w.sized("Key", true)
	w.sized("Value", true)
	w.headers(c.lenient)
	if w.err == nil && w.at < len(w.data) {
		w.fail("Length", c.at, wire.ErrTrailing, wire.CountBytes(len(w.data)-w.at)+" after the headers")
	}
	if w.err == nil && delta <= c.last {
		w.fail("OffsetDelta", at, wire.ErrValue, strconv.Itoa(int(delta))+" after "+strconv.Itoa(int(c.last)))
	}
	if w.err == nil && delta > c.lastDelta {
		w.fail("OffsetDelta", at, wire.ErrValue, strconv.Itoa(int(delta))+" in a batch whose last is "+strconv.Itoa(int(c.lastDelta)))
	}
	if w.err == nil {
		panic("kwire: internal: a record was refused for no reason")
	}
	return w.err
}

// walker is a cursor over one record that remembers where and why it failed first.
type walker struct {
	batch  Batch
	data   []byte
	at     int
	record string
	err    error
}

func (w *walker) fail(field string, at int, cause error, detail string) {
	if w.err == nil {
		w.err = w.batch.failRecord(w.record+"."+field, at, cause, detail)
	}
}

func (w *walker) varint(field string) int32 {
	at := w.at
	v := w.varlong(field)
	if v < math.MinInt32 || v > math.MaxInt32 {
		w.fail(field, at, wire.ErrVarint, "more than 32 bits")
		return 0
	}
	return int32(v)
}

func (w *walker) varlong(field string) int64 {
	if w.err != nil {
		return 0
	}
	v, next := varlong(w.data, w.at)
	if next >= 0 {
		w.at = next
		return v
	}
	if len(w.data)-w.at >= maxVarlongSize {
		w.fail(field, w.at, wire.ErrVarint, "more than 64 bits")
	} else {
		w.fail(field, w.at, io.ErrUnexpectedEOF, "varint of more than the "+strconv.Itoa(len(w.data)-w.at)+" bytes left")
	}
	return 0
}

func (w *walker) sized(field string, nullable bool) {
	at := w.at
	n := int(w.varint(field))
	switch {
	case w.err != nil || n == -1 && nullable:
	case n == -1:
		w.fail(field, at, wire.ErrNull, "")
	case n < -1:
		w.fail(field, at, wire.ErrValue, "length "+strconv.Itoa(n))
	case n > len(w.data)-w.at:
		w.fail(field, at, io.ErrUnexpectedEOF, wire.CountBytes(n)+" announced, "+strconv.Itoa(len(w.data)-w.at)+" left in the record")
	default:
		w.at += n
	}
}

func (w *walker) headers(lenient bool) {
	at := w.at
	n := int(w.varint("Headers"))
	if n < 0 && !lenient {
		w.fail("Headers", at, wire.ErrValue, strconv.Itoa(n)+" headers")
	}
	if n > len(w.data)-w.at {
		w.fail("Headers", at, io.ErrUnexpectedEOF, strconv.Itoa(n)+" headers in "+wire.CountBytes(len(w.data)-w.at))
	}
	for i := 0; i < n && w.err == nil; i++ {
		header := "Headers[" + strconv.Itoa(i) + "]"
		w.sized(header+".Key", false)
		w.sized(header+".Value", true)
	}
}

// failRecord makes an error about byte at of the records. A byte of what was decompressed has no
// offset in the input: the error then has the offset of the compressed bytes.
func (b Batch) failRecord(path string, at int, cause error, detail string) error {
	start := offRecords
	if b.Magic() < 2 {
		start = b.legacyValueAt()
	}
	if b.Codec() == None {
		return b.fail(path, start+at, cause, detail)
	}
	return b.fail(path, start, cause, "decompressed byte "+strconv.Itoa(at)+": "+detail)
}
