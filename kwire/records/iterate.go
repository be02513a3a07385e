package records

import (
	"io"
	"iter"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// DefaultLimit bounds the decompressed size of one batch when no limit is given.
const DefaultLimit = 64 << 20

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
	// Lenient accepts what Kafka's consumers refuse or never see: a negative number of headers as
	// none, and offsets that do not ascend from BaseOffset to LastOffset.
	Lenient bool
	// CreateTimes gives the records' own timestamps even if the batch has LogAppendTime.
	CreateTimes bool
	// Scratch, if not nil, is reused for the decompressed bytes, which are then lost at the next use.
	Scratch *[]byte
}

// Records visits the records of the batch in order; when it is not compressed this allocates
// nothing. A nil dec will do for such batches. limit bounds the decompressed size; 0 means
// DefaultLimit. The first fault ends the loop with an error that says where it is.
// The checksum is not looked at: see CheckCRC.
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
		return b.fail("Count", offCount, io.ErrUnexpectedEOF, strconv.Itoa(count)+" records in "+strconv.Itoa(len(data))+" bytes")
	}
	var (
		r          Record
		baseOffset = b.BaseOffset()
		baseTime   = b.BaseTimestamp()
		appendTime = b.TimestampType() == LogAppendTime && !o.CreateTimes
		maxTime    = b.MaxTimestamp()
		last       = int32(-1)
		lastDelta  = b.LastOffsetDelta()
		i          = 0
	)
	for n := range count {
		start := i
		size, i0 := varint(data, i)
		if i0 < 0 || size < minRecordSize-1 || int(size) > len(data)-i0 {
			return b.explain(refused{data, start, n, last, o.Lenient})
		}
		i = i0 + int(size)
		rec := data[:i:i]
		// Attributes of a record have no meaning yet: Kafka ignores them too.
		timeDelta, i1 := varlong(rec, i0+1)
		offsetDelta, i1 := varint(rec, i1)
		r.Key, i1 = sized(rec, i1)
		r.Value, i1 = sized(rec, i1)
		headers, i1 := varint(rec, i1)
		if i1 < 0 {
			return b.explain(refused{data, start, n, last, o.Lenient})
		}
		r.Headers = Headers{}
		if i1 != i || headers != 0 {
			if headers < 0 && o.Lenient {
				headers = 0
			}
			if headers < 0 || int(headers) > i-i1 || skipHeaders(rec, i1, headers) != i {
				return b.explain(refused{data, start, n, last, o.Lenient})
			}
			r.Headers = Headers{raw: rec[i1:], n: headers}
		}
		if (offsetDelta <= last || offsetDelta > lastDelta) && !o.Lenient {
			return b.explain(refused{data, start, n, last, o.Lenient})
		}
		last = offsetDelta
		r.Offset = baseOffset + int64(offsetDelta)
		r.Timestamp = baseTime + timeDelta
		if appendTime {
			r.Timestamp = maxTime
		}
		if !yield(r, nil) {
			return nil
		}
	}
	if i != len(data) {
		return b.failRecord("Records", i, wire.ErrTrailing, strconv.Itoa(len(data)-i)+" bytes after "+strconv.Itoa(count)+" records")
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
		return nil, b.fail("Records", at, err, codec.String())
	}
	if o.Scratch != nil {
		*o.Scratch = plain
	}
	return plain, nil
}
