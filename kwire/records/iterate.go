package records

import (
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

// visitRecords visits the records of a batch of magic 2. It reads one ahead of the one that it yields: a copy of what was
// just stored has to wait for it.
func (b Batch) visitRecords(o ReadOptions, yield func(Record, error) bool) error {
	data, err := b.plain(o)
	if err != nil {
		return err
	}
	c, err := b.cursor(data, o)
	if err != nil {
		return err
	}
	var odd, even Record
	for ok := c.next(&even); ok; {
		ok = c.next(&odd)
		if !yield(even, nil) {
			return nil
		}
		if !ok {
			break
		}
		ok = c.next(&even)
		if !yield(odd, nil) {
			return nil
		}
	}
	switch {
	case c.n < c.count:
		return b.explain(&c)
	case c.at != len(data):
		return b.failRecord("Records", c.at, wire.ErrTrailing, wire.CountBytes(len(data)-c.at)+" after "+strconv.Itoa(c.count)+" records")
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
