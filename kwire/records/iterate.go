package records

import (
	"io"
	"iter"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// What bounds the reading of one batch where ReadOptions say nothing.
const (
	DefaultLimit          = 64 << 20 // bytes of a batch when decompressed
	DefaultMaxRecords     = 16 << 20 // records of a batch: more than 100 MiB of the smallest ones
	DefaultMaxRecordBytes = 1 << 30  // bytes of a record as it is encoded, with its length
)

// minRecordSize is the size of a record with nothing in it: seven fields of one byte.
const minRecordSize = 7

// Record is one record of a batch. What a read returns shares the batch's memory, or that of its
// decompressed form.
type Record struct {
	Offset    int64
	Timestamp int64  // ms since 1970; the batch's MaxTimestamp if that is LogAppendTime; −1 for none
	Key       []byte // nil is null
	Value     []byte // nil is null: a tombstone where the topic is compacted
	Headers   Headers
}

// ReadOptions change how the records of a batch are read. The zero value is strict and reads only
// batches that are not compressed.
type ReadOptions struct {
	Decompressor Decompressor
	Limit        int // of the decompressed bytes of one batch; 0 means DefaultLimit
	// MaxRecords and MaxRecordBytes bound the number of records, and the size of each; 0 means
	// DefaultMaxRecords and DefaultMaxRecordBytes. More is an error that wraps wire.ErrLimit.
	MaxRecords     int
	MaxRecordBytes int
	// Lenient accepts what Kafka's consumers refuse or never see: a negative number of headers as
	// none, offsets that do not ascend from BaseOffset to LastOffset, and a wrong CRC of a message
	// inside a compressed entry.
	Lenient bool
	// CreateTimes gives the records' own timestamps even if the batch has LogAppendTime.
	CreateTimes bool
	// Scratch, if not nil, is reused for the decompressed bytes, which are then lost at the next use.
	Scratch *[]byte
}

func (o *ReadOptions) maxRecords() int {
	if o.MaxRecords > 0 {
		return o.MaxRecords
	}
	return DefaultMaxRecords
}

func (o *ReadOptions) maxRecordBytes() int {
	if o.MaxRecordBytes > 0 {
		return o.MaxRecordBytes
	}
	return DefaultMaxRecordBytes
}

// Records visits the records of the batch in order; when it is not compressed this allocates
// nothing. A nil dec will do for such batches. limit bounds the decompressed size; 0 means
// DefaultLimit. The first fault ends the loop with an error that says where it is.
// The checksum of the batch is not looked at: see CheckCRC.
func (b Batch) Records(dec Decompressor, limit int) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		b.visit(ReadOptions{Decompressor: dec, Limit: limit}, yield)
	}
}

// RecordsWith is Records with all the options.
func (b Batch) RecordsWith(o ReadOptions) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) { b.visit(o, yield) }
}

func (b Batch) visit(o ReadOptions, yield func(Record, error) bool) {
	var err error
	if b.Magic() < 2 {
		err = b.visitLegacy(o, yield)
	} else {
		err = b.visitRecords(o, yield)
	}
	if err != nil {
		yield(Record{}, err)
	}
}

// visitRecords visits the records of a batch of magic 2. It is the hot loop: it keeps its state in
// local variables, and leaves saying what is wrong to explain.
func (b Batch) visitRecords(o ReadOptions, yield func(Record, error) bool) error {
	data, err := b.plain(o)
	if err != nil {
		return err
	}
	count := int(b.Count())
	if count < 0 {
		return b.fail("Count", offCount, wire.ErrValue, strconv.Itoa(count)+" records")
	}
	if count > len(data)/minRecordSize {
		return b.fail("Count", offCount, io.ErrUnexpectedEOF, strconv.Itoa(count)+" records in "+wire.CountBytes(len(data)))
	}
	if most := o.maxRecords(); count > most {
		return b.fail("Count", offCount, wire.ErrLimit, strconv.Itoa(count)+" records, at most "+strconv.Itoa(most)+" are allowed")
	}
	var (
		p          parsed
		baseOffset = b.BaseOffset()
		baseTime   = b.BaseTimestamp()
		appendTime = b.TimestampType() == LogAppendTime && !o.CreateTimes
		maxTime    = b.MaxTimestamp()
		last       = int32(-1)
		lastDelta  = b.LastOffsetDelta()
		mostBytes  = o.maxRecordBytes()
		i          = 0
	)
	for n := range count {
		end := p.readShort(data, i, baseOffset, baseTime)
		if end < 0 {
			end = p.read(data, i, baseOffset, baseTime, o.Lenient)
		}
		if end < 0 || end-i > mostBytes || (p.offsetDelta <= last || p.offsetDelta > lastDelta) && !o.Lenient {
			return b.explain(refused{data, i, n, last, mostBytes, o.Lenient})
		}
		i, last = end, p.offsetDelta
		if appendTime {
			p.Timestamp = maxTime
		}
		if !yield(p.Record, nil) {
			return nil
		}
	}
	if i != len(data) {
		return b.failRecord("Records", i, wire.ErrTrailing, wire.CountBytes(len(data)-i)+" after "+strconv.Itoa(count)+" records")
	}
	return nil
}

// plain returns the encoded records of a batch of magic 2, decompressed if need be.
func (b Batch) plain(o ReadOptions) ([]byte, error) {
	if err := b.whole(); err != nil {
		return nil, err
	}
	src := b.raw[offRecords:]
	if b.Codec() == None {
		return src, nil
	}
	return b.decompress(o, src, offRecords)
}

func (b Batch) decompress(o ReadOptions, src []byte, at int) ([]byte, error) {
	codec := b.Codec()
	if codec > Zstd || codec == Zstd && b.Magic() < 2 || o.Decompressor == nil {
		return nil, b.fail("Attributes", at, ErrCodec, codec.String())
	}
	limit := o.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	var dst []byte
	if o.Scratch != nil {
		dst = (*o.Scratch)[:0]
	}
	plain, err := o.Decompressor.Decompress(dst, src, codec, limit)
	if err != nil {
		return nil, b.fail("Records", at, err, "")
	}
	if o.Scratch != nil {
		*o.Scratch = plain
	}
	return plain, nil
}

// parsed is a record, and its offset relative to its batch.
type parsed struct {
	Record
	offsetDelta int32
}

// readShort reads the record at data[i:] and returns the index after it; or bad if a varint in it
// has more than two bytes, if it has headers, or if anything is wrong. Most records need no more,
// and this way takes half the time of read.
func (p *parsed) readShort(data []byte, i int, baseOffset, baseTime int64) (end int) {
	size, i := short(data, i)
	end = i + int(size>>1)
	if size >= tooLong || size&1 != 0 || end > len(data) || end-i < minRecordSize-1 {
		return bad
	}
	rec := data[:end:end]
	timeDelta, i := short(rec, i+1)
	offsetDelta, i := short(rec, i)
	key, i := short(rec, i)
	if (timeDelta | offsetDelta | key) >= tooLong {
		return bad
	}
	// The first fields are stored long before yield copies them: a copy of what was just stored waits.
	p.offsetDelta = zigzag(offsetDelta)
	p.Offset, p.Timestamp = baseOffset+int64(p.offsetDelta), baseTime+int64(zigzag(timeDelta))
	p.Headers = Headers{}
	p.Key = nil
	if key != 1 {
		k := i + int(key>>1)
		if key&1 != 0 || k > end {
			return bad
		}
		p.Key = rec[i:k:k]
		i = k
	}
	value, i := short(rec, i)
	if value >= tooLong {
		return bad
	}
	p.Value = nil
	if value != 1 {
		k := i + int(value>>1)
		if value&1 != 0 || k > end {
			return bad
		}
		p.Value = rec[i:k:k]
		i = k
	}
	if i != end-1 || rec[i] != 0 {
		return bad
	}
	return end
}

// read is readShort for any record.
func (p *parsed) read(data []byte, i int, baseOffset, baseTime int64, lenient bool) (end int) {
	size, i := varint(data, i)
	if i < 0 || size < minRecordSize-1 || int(size) > len(data)-i {
		return bad
	}
	end = i + int(size)
	rec := data[:end:end]
	p.Timestamp, i = varlong(rec, i+1)
	p.Timestamp += baseTime
	p.offsetDelta, i = varint(rec, i)
	p.Offset = baseOffset + int64(p.offsetDelta)
	p.Key, i = sized(rec, i)
	p.Value, i = sized(rec, i)
	n, i := varint(rec, i)
	if n < 0 && lenient {
		n = 0
	}
	if i < 0 || n < 0 || int(n) > end-i || skipHeaders(rec, i, n) != end {
		return bad
	}
	p.Headers = Headers{}
	if n > 0 {
		p.Headers = Headers{raw: rec[i:], n: n}
	}
	return end
}
