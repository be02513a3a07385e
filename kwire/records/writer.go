package records

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// Producer is who wrote a batch, for idempotence and transactions.
type Producer struct {
	ID           int64
	Epoch        int16
	BaseSequence int32 // of the first record; NoSequence in the markers that end transactions
}

// Options say what a Writer puts around the records. The zero value is a plain batch at offset 0
// and leader epoch 0, not compressed, of no producer.
type Options struct {
	BaseOffset           int64 // of the first record; producers send 0, the leader sets it
	PartitionLeaderEpoch int32 // producers send NoLeaderEpoch; the leader sets it
	Codec                Codec
	Compressor           Compressor // needed unless Codec is None
	Producer             *Producer  // nil writes −1 for id, epoch and sequence
	Transactional        bool
	Control              bool
	// LogAppendTimeMs, in milliseconds since 1970, makes the type of the timestamps LogAppendTime.
	LogAppendTimeMs wire.Null[int64]
	// DeleteHorizonMs, in milliseconds since 1970, is set by compaction only.
	DeleteHorizonMs wire.Null[int64]
}

// ErrEmpty is the cause when a batch without records is finished: only compaction leaves one, see
// AppendEmpty.
var ErrEmpty = errors.New("batch without records")

// Writer builds one batch of magic 2 at the end of a buffer. The first failure sticks, and Finish
// returns it. Make one with NewWriter.
type Writer struct {
	buf       []byte
	start     int // where the batch starts in buf
	room      int // how long buf may get without another look at it: 0 before the first record and after a failure
	o         Options
	lastDelta int32
	gaps      int32 // offsets up to lastDelta that have no record
	baseTime  int64
	maxTime   int64
	err       error
}

// NewWriter returns a Writer that appends a batch to dst.
func NewWriter(dst []byte, o Options) Writer {
	w := Writer{start: len(dst), o: o, lastDelta: -1, maxTime: NoTimestampMs}
	w.buf = slices.Grow(dst, HeaderSize)[:len(dst)+HeaderSize]
	if o.DeleteHorizonMs.Valid {
		w.baseTime = o.DeleteHorizonMs.V
	}
	return w
}

// Count returns how many records have been appended.
func (w *Writer) Count() int { return int(w.lastDelta + 1 - w.gaps) }

// Size returns the size of the batch so far, before compression.
func (w *Writer) Size() int { return len(w.buf) - w.start }

// Append appends a record with the next offset: r.Offset is not used.
func (w *Writer) Append(r Record) {
	if r.Headers.n == 0 {
		w.AppendKeyValue(r.Timestamp, r.Key, r.Value)
	} else {
		w.append(r.Timestamp, r.Key, r.Value, r.Headers, int64(w.lastDelta)+1)
	}
}

// AppendKeyValue is Append for a record without headers. Its arguments travel in registers, while a
// Record is copied through memory: where records are made one by one this takes two thirds of the time.
//
// It is for numbers that take one or two bytes as varints, as most do, and leaves others to append. What
// stands before the key, or before the value if the key is null, is made in a register and stored at once.
func (w *Writer) AppendKeyValue(timestampMs int64, key, value []byte) {
	timeDelta, delta := timestampMs-w.baseTime, int64(w.lastDelta)+1
	most := len(key) + len(value) + maxRecordOverhead
	if len(w.buf)+most > w.room || uint64(timeDelta|delta|int64(most)) >= tooLong/2 {
		w.append(timestampMs, key, value, Headers{}, delta)
		return
	}
	w.lastDelta++
	w.maxTime = max(w.maxTime, timestampMs)
	if key != nil || value == nil {
		w.buf = appendShortRecord(w.buf, uint64(timeDelta)<<1, uint64(delta)<<1, key, value)
		return
	}
	head := word{}.after(uint64(len(value)) << 1).after(null).after(uint64(delta) << 1).after(uint64(timeDelta) << 1).after(noAttributes)
	b := appendShort(w.buf, uint64(head.size+len(value)+1)<<1)
	w.buf = append(append(head.appendTo(b), value...), noHeaders)
}

// AppendAt appends a record at r.Offset, which must be after those before it. Compaction uses it to
// keep the offsets of what it keeps.
func (w *Writer) AppendAt(r Record) {
	w.append(r.Timestamp, r.Key, r.Value, r.Headers, r.Offset-w.o.BaseOffset)
}

// append takes the fields of a record, because they travel in registers: a Record would be copied
// through memory, which takes as long as writing it.
func (w *Writer) append(timestamp int64, key, value []byte, h Headers, delta int64) {
	if w.err != nil {
		return
	}
	if delta <= int64(w.lastDelta) || delta > math.MaxInt32 {
		w.fail("OffsetDelta", wire.ErrValue, strconv.FormatInt(delta, 10)+" after "+strconv.Itoa(int(w.lastDelta)))
		return
	}
	if w.Count() == 0 {
		w.maxTime = timestamp
		if !w.o.DeleteHorizonMs.Valid {
			w.baseTime = timestamp
		}
	}
	payload := len(key) + len(value) + len(h.raw)
	at := len(w.buf)
	if int64(payload) > math.MaxInt32-maxRecordOverhead-int64(at-w.start) {
		w.fail("", wire.ErrTooLong, "batch of 2 GiB")
		return
	}
	if room := payload + maxRecordOverhead; cap(w.buf)-at < room {
		w.buf = slices.Grow(w.buf, room)
	}
	n := putRecord(w.buf[at:cap(w.buf)], unzigzag(timestamp-w.baseTime), uint64(delta)<<1, key, value, h)
	w.buf = w.buf[:at+n]
	w.room = int(min(int64(cap(w.buf)), int64(w.start)+math.MaxInt32))
	w.gaps += int32(delta) - w.lastDelta - 1
	w.lastDelta = int32(delta)
	w.maxTime = max(w.maxTime, timestamp)
}

// maxRecordOverhead is the most that a record takes besides key, value and headers: six varints and
// the attributes.
const maxRecordOverhead = 5*maxVarintSize + maxVarlongSize + 1

// maxVarintSize is the most bytes that a varint of 32 bits takes.
const maxVarintSize = 5

// putRecord writes a record into b, which has room for it, and returns its size. It writes the body
// behind a guess of its length's size, which costs less than adding up the length first.
func putRecord(b []byte, timeDelta, offsetDelta uint64, key, value []byte, h Headers) int {
	guess := sizeUvarlong(uint64(len(key)+len(value)+len(h.raw)+10) << 1)
	i := guess
	b[i] = 0 // attributes
	i++
	i += putUvarlong(b[i:], timeDelta)
	i += putUvarlong(b[i:], offsetDelta)
	i += putSized(b[i:], key)
	i += putSized(b[i:], value)
	i += putUvarlong(b[i:], uint64(h.n)<<1)
	i += copy(b[i:], h.raw)
	length := uint64(i-guess) << 1
	n := sizeUvarlong(length)
	if n != guess {
		copy(b[n:], b[guess:i])
	}
	putUvarlong(b, length)
	return i - guess + n
}

// What stands in a record for a null key or value, for no attributes and for no headers.
const (
	null         = 1 // −1
	noAttributes = 0
	noHeaders    = 0
)

// appendShortRecord appends a record without headers whose varints all take one or two bytes to dst, which has room for it.
func appendShortRecord(dst []byte, timeDelta, offsetDelta uint64, key, value []byte) []byte {
	keyLength, valueLength := uint64(null), uint64(null)
	if key != nil {
		keyLength = uint64(len(key)) << 1
	}
	if value != nil {
		valueLength = uint64(len(value)) << 1
	}
	head := word{}.after(keyLength).after(offsetDelta).after(timeDelta).after(noAttributes)
	dst = appendShort(dst, uint64(head.size+len(key)+sizeShort(valueLength)+len(value)+1)<<1)
	dst = append(head.appendTo(dst), key...)
	dst = append(appendShort(dst, valueLength), value...)
	return append(dst, noHeaders)
}

func putSized(dst, b []byte) int {
	if b == nil {
		dst[0] = 1 // −1
		return 1
	}
	i := putUvarlong(dst, uint64(len(b))<<1)
	return i + copy(dst[i:], b)
}

// SetLastOffset makes the batch end at an offset after its last record's, because the records in
// between have been compacted away.
func (w *Writer) SetLastOffset(offset int64) {
	delta := offset - w.o.BaseOffset
	if delta < int64(w.lastDelta) || delta > math.MaxInt32 {
		w.fail("LastOffsetDelta", wire.ErrValue, strconv.FormatInt(delta, 10)+" after "+strconv.Itoa(int(w.lastDelta)))
		return
	}
	w.gaps += int32(delta) - w.lastDelta
	w.lastDelta = int32(delta)
}

func (w *Writer) fail(path string, cause error, detail string) {
	w.room = 0
	if w.err == nil {
		w.err = &wire.Error{Message: "RecordBatch", Version: 2, Path: path, Offset: -1, Err: cause, Detail: detail}
	}
}

// Finish compresses the records, fills in the header and returns the buffer that NewWriter was
// given with the batch after it. On failure it returns the buffer as it was, and the first failure.
func (w *Writer) Finish() ([]byte, error) {
	if w.err == nil && w.Count() == 0 {
		w.fail("Count", ErrEmpty, "")
	}
	if w.err == nil && w.o.Codec != None {
		w.compress()
	}
	if w.err != nil {
		return w.buf[:w.start], w.err
	}
	maxTime := w.maxTime
	if w.o.LogAppendTimeMs.Valid {
		maxTime = w.o.LogAppendTimeMs.V
	}
	putHeader(w.buf[w.start:], &w.o, w.lastDelta, w.baseTime, maxTime, int32(w.Count()))
	return w.buf, nil
}

// compress replaces the records by their compressed form, which is built after them first.
func (w *Writer) compress() {
	if w.o.Compressor == nil || w.o.Codec > Zstd {
		w.fail("Attributes", ErrCodec, w.o.Codec.String())
		return
	}
	plain, end := w.start+HeaderSize, len(w.buf)
	out, err := w.o.Compressor.Compress(w.buf, w.buf[plain:], w.o.Codec)
	if err != nil {
		w.fail("Records", err, w.o.Codec.String())
		return
	}
	w.buf = out[:plain+copy(out[plain:], out[end:])]
	if int64(w.Size()) > math.MaxInt32 {
		w.fail("", wire.ErrTooLong, "batch of 2 GiB")
	}
}

// putHeader fills in the header of the batch b, whose records are in place.
func putHeader(b []byte, o *Options, lastDelta int32, baseTime, maxTime int64, count int32) {
	p := Producer{ID: NoProducerID, Epoch: NoProducerEpoch, BaseSequence: NoSequence}
	if o.Producer != nil {
		p = *o.Producer
	}
	e := binary.BigEndian
	e.PutUint64(b[offBaseOffset:], uint64(o.BaseOffset))
	e.PutUint32(b[offLength:], uint32(len(b)-LengthEnd))
	e.PutUint32(b[offLeaderEpoch:], uint32(o.PartitionLeaderEpoch))
	b[offMagic] = 2
	e.PutUint16(b[offAttributes:], o.attributes())
	e.PutUint32(b[offLastOffsetDelta:], uint32(lastDelta))
	e.PutUint64(b[offBaseTimestamp:], uint64(baseTime))
	e.PutUint64(b[offMaxTimestamp:], uint64(maxTime))
	e.PutUint64(b[offProducerID:], uint64(p.ID))
	e.PutUint16(b[offProducerEpoch:], uint16(p.Epoch))
	e.PutUint32(b[offBaseSequence:], uint32(p.BaseSequence))
	e.PutUint32(b[offCount:], uint32(count))
	e.PutUint32(b[offCRC:], crc32.Checksum(b[offAttributes:], castagnoli))
}

func (o *Options) attributes() uint16 {
	a := uint16(o.Codec)
	if o.LogAppendTimeMs.Valid {
		a |= attrLogAppendTime
	}
	if o.Transactional {
		a |= attrTransactional
	}
	if o.Control {
		a |= attrControl
	}
	if o.DeleteHorizonMs.Valid {
		a |= attrDeleteHorizon
	}
	return a
}

// OptionsOf returns options with which a Writer makes a batch like b, a batch of magic 2. The
// caller adds the Compressor.
func OptionsOf(b Batch) Options {
	o := Options{
		BaseOffset:           b.BaseOffset(),
		PartitionLeaderEpoch: b.PartitionLeaderEpoch(),
		Codec:                b.Codec(),
		Transactional:        b.IsTransactional(),
		Control:              b.IsControl(),
		Producer:             &Producer{b.ProducerID(), b.ProducerEpoch(), b.BaseSequence()},
	}
	if b.TimestampType() == LogAppendTime {
		o.LogAppendTimeMs = wire.Some(b.MaxTimestamp())
	}
	if ms, ok := b.DeleteHorizonMs(); ok {
		o.DeleteHorizonMs = wire.Some(ms)
	}
	return o
}

// AppendEmpty appends what compaction leaves of a batch of magic 2 when it has removed all records
// but must keep the producer's state: the header with count 0.
func AppendEmpty(dst []byte, b Batch) []byte {
	o := OptionsOf(b)
	o.Codec, o.DeleteHorizonMs = None, wire.Null[int64]{}
	start := len(dst)
	dst = slices.Grow(dst, HeaderSize)[:start+HeaderSize]
	putHeader(dst[start:], &o, b.LastOffsetDelta(), NoTimestampMs, b.MaxTimestamp(), 0)
	return dst
}
