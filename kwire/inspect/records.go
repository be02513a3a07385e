package inspect

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// part is one field of fixed size at a fixed place.
type part struct {
	off   int
	field *schema.Field
}

// Names of what batches and records are made of.
var (
	lengthField      = &schema.Field{Name: "Length", JSONName: "length", Tag: -1}
	attributesField  = &schema.Field{Name: "Attributes", JSONName: "attributes", Tag: -1, Type: schema.Int8}
	batchAttrField   = &schema.Field{Name: "Attributes", JSONName: "attributes", Tag: -1, Type: schema.Int16}
	timeDeltaField   = &schema.Field{Name: "TimestampDelta", JSONName: "timestampDelta", Tag: -1}
	offsetDeltaField = &schema.Field{Name: "OffsetDelta", JSONName: "offsetDelta", Tag: -1}
	keyField         = &schema.Field{Name: "Key", JSONName: "key", Tag: -1, Type: schema.Bytes}
	valueField       = &schema.Field{Name: "Value", JSONName: "value", Tag: -1, Type: schema.Bytes}
	headersField     = &schema.Field{Name: "Headers", JSONName: "headers", Tag: -1}
	headerKeyField   = &schema.Field{Name: "Key", JSONName: "key", Tag: -1, Type: schema.String}
	recordsField     = &schema.Field{Name: "Records", JSONName: "records", Tag: -1, Type: schema.Records}
	partialField     = &schema.Field{Name: "PartialBatch", JSONName: "partialBatch", Tag: -1, Type: schema.Bytes}
	crcField         = &schema.Field{Name: "Crc", JSONName: "crc", Tag: -1, Type: schema.Uint32}
	baseOffsetField  = &schema.Field{Name: "BaseOffset", JSONName: "baseOffset", Tag: -1, Type: schema.Int64}
	batchLengthField = &schema.Field{Name: "BatchLength", JSONName: "batchLength", Tag: -1, Type: schema.Int32}
	leaderEpochField = &schema.Field{Name: "PartitionLeaderEpoch", JSONName: "partitionLeaderEpoch", Tag: -1, Type: schema.Int32}
	magicField       = &schema.Field{Name: "Magic", JSONName: "magic", Tag: -1, Type: schema.Int8}
	lastDeltaField   = &schema.Field{Name: "LastOffsetDelta", JSONName: "lastOffsetDelta", Tag: -1, Type: schema.Int32}
	baseTimeField    = &schema.Field{Name: "BaseTimestamp", JSONName: "baseTimestamp", Tag: -1, Type: schema.Int64}
	maxTimeField     = &schema.Field{Name: "MaxTimestamp", JSONName: "maxTimestamp", Tag: -1, Type: schema.Int64}
	producerIDField  = &schema.Field{Name: "ProducerId", JSONName: "producerId", Tag: -1, Type: schema.Int64}
	producerEpField  = &schema.Field{Name: "ProducerEpoch", JSONName: "producerEpoch", Tag: -1, Type: schema.Int16}
	baseSeqField     = &schema.Field{Name: "BaseSequence", JSONName: "baseSequence", Tag: -1, Type: schema.Int32}
	recordCountField = &schema.Field{Name: "RecordCount", JSONName: "recordCount", Tag: -1, Type: schema.Int32}
)

// Places in a batch of magic 2.
const (
	atMagic       = 16
	atCRC         = 17
	atAttributes  = 21
	atLastDelta   = 23
	atBaseTime    = 27
	atMaxTime     = 35
	atRecordCount = 57
)

// batchParts are the fields of a batch of magic 2 up to its records.
var batchParts = [...]part{
	{0, baseOffsetField}, {8, batchLengthField}, {12, leaderEpochField}, {atMagic, magicField}, {atCRC, crcField},
	{atAttributes, batchAttrField}, {23, lastDeltaField}, {atBaseTime, baseTimeField}, {atMaxTime, maxTimeField},
	{43, producerIDField}, {51, producerEpField}, {53, baseSeqField}, {atRecordCount, recordCountField},
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// recordsWalk takes the record batches of one field apart. Offsets are those of its buffer.
type recordsWalk struct {
	*builder
	src []byte
}

// records adds the nodes of a field of records.
func (b *builder) records(e *event) {
	from := b.base + e.off
	base := b.base
	b.base = 0
	w := recordsWalk{b, b.t.buffers[b.buffer]}
	b.enter(&event{kind: RecordsNode, field: e.field, index: e.index, off: from, flex: e.flex})
	b.leaf(&event{kind: CountNode, field: lengthField, index: -1, off: from, size: e.prefix, flex: e.flex, count: e.size - e.prefix})
	w.batches(from+e.prefix, from+e.size)
	b.leave(from + e.size)
	b.base = base
}

// batches reads an input that is nothing but record batches, as a log segment is.
func (b *builder) batches(end int) {
	b.enter(&event{kind: RecordsNode, field: recordsField, index: -1})
	recordsWalk{b, b.t.buffers[0]}.batches(0, end)
	b.leave(end)
}

func (w recordsWalk) batches(pos, to int) {
	for i := 0; pos < to; i++ {
		left := to - pos
		if left < records.MagicEnd {
			w.leaf(&event{kind: PartialNode, field: partialField, index: -1, off: pos, size: left})
			return
		}
		size := records.LengthEnd + int(int32(binary.BigEndian.Uint32(w.src[pos+8:])))
		magic := int8(w.src[pos+atMagic])
		if magic < 0 || magic > 2 {
			w.damage(pos, to, "Magic", pos+atMagic, wire.ErrValue, "magic "+strconv.Itoa(int(magic)))
			return
		}
		if least := leastBatch[magic]; size < least {
			w.damage(pos, to, "BatchLength", pos+8, wire.ErrValue, "length "+strconv.Itoa(size-records.LengthEnd)+", a batch has at least "+strconv.Itoa(least-records.LengthEnd))
			return
		}
		if size > left { // a Fetch may end in the middle of a batch
			w.partial(pos, to, size, magic)
			return
		}
		w.enter(&event{kind: BatchNode, field: recordsField, index: i, off: pos, count: int(magic)})
		if magic == 2 {
			w.batch(pos, pos+size)
		} else {
			w.legacy(pos, pos+size, magic)
		}
		w.leave(pos + size)
		pos += size
	}
}

// leastBatch is the smallest size of a batch, by magic.
var leastBatch = [...]int{records.LengthEnd + 14, records.LengthEnd + 22, records.HeaderSize}

// damage notes a fault at an offset and gives the bytes from pos on to a RestNode.
func (w recordsWalk) damage(pos, to int, name string, at int, cause error, detail string) {
	w.rest(pos, to)
	w.fault(-1, name, at, cause, detail)
}

// rest is builder.rest that respects a full tree.
func (w recordsWalk) rest(pos, to int) {
	if pos >= to {
		return
	}
	w.leaf(&event{kind: RestNode, field: restField, index: -1, off: pos, size: to - pos})
	w.t.nodes[len(w.t.nodes)-1].flags |= flagBad
}

func (w recordsWalk) fault(node int32, name string, at int, cause error, detail string) {
	in := Node{w.t, w.open[len(w.open)-1]}
	e := &wire.Error{Path: in.Path(), Offset: at, Err: cause, Detail: detail}
	if e.Path != "" && name != "" {
		e.Path += "."
	}
	e.Path += name
	if m, v := in.Message(); m != nil {
		e.Message, e.Version = m.Name, v
	}
	if w.buffer != 0 { // the place of the compressed bytes is the nearest one in the input
		for in.Buffer() != 0 {
			in, _ = in.Parent()
		}
		e.Offset = in.Offset()
		e.Detail += " (byte " + strconv.Itoa(at) + " of the decompressed records)"
	}
	w.problem(node, e)
}

// batch adds the nodes of a batch of magic 2.
func (w recordsWalk) batch(pos, to int) {
	for _, p := range batchParts {
		w.leaf(&event{kind: ValueNode, field: p.field, index: -1, off: pos + p.off, size: p.field.Type.FixedBytes()})
		if p.field == crcField {
			w.checkCRC(pos+atCRC, crc32.Checksum(w.src[pos+atAttributes:to], castagnoli))
		}
	}
	attributes := int16(binary.BigEndian.Uint16(w.src[pos+atAttributes:]))
	count := int(int32(binary.BigEndian.Uint32(w.src[pos+atRecordCount:])))
	pos += records.HeaderSize
	codec := records.Codec(attributes & 7)
	switch {
	case pos == to:
		if count != 0 {
			w.fault(-1, "RecordCount", pos-4, io.ErrUnexpectedEOF, strconv.Itoa(count)+" records in 0 bytes")
		}
	case w.o.Records == RecordsBatches, codec != records.None && !w.canDecompress():
		w.leaf(&event{kind: CompressedNode, field: recordsField, index: -1, off: pos, size: to - pos, count: int(codec)})
	case codec != records.None:
		w.compressed(pos, to, codec, func(inner recordsWalk) { inner.records(0, len(inner.src), count, attributes&0x20 != 0) })
	default:
		w.enter(&event{kind: RecordsNode, field: recordsField, index: -1, off: pos})
		w.records(pos, to, count, attributes&0x20 != 0)
		w.leave(to)
	}
}

// partial adds the nodes of a batch that is cut off: its fields and records up to there.
func (w recordsWalk) partial(pos, to, size int, magic int8) {
	e := event{kind: PartialNode, field: partialField, index: -1, off: pos, size: to - pos, count: size}
	if magic < 2 {
		w.leaf(&e)
		return
	}
	w.enter(&e)
	at := pos
	for _, p := range batchParts {
		end := pos + p.off + p.field.Type.FixedBytes()
		if end > to {
			break
		}
		w.leaf(&event{kind: ValueNode, field: p.field, index: -1, off: at, size: end - at})
		at = end
	}
	if at < to && at == pos+records.HeaderSize && w.src[pos+atAttributes+1]&7 == 0 && w.o.Records == RecordsAll {
		w.enter(&event{kind: RecordsNode, field: recordsField, index: -1, off: at})
		at, _ = w.whole(at, to, int(int32(binary.BigEndian.Uint32(w.src[pos+atRecordCount:]))), w.src[pos+atAttributes+1]&0x20 != 0)
		w.leave(at)
	}
	if at < to {
		w.leaf(&event{kind: RestNode, field: restField, index: -1, off: at, size: to - at})
	}
	w.leave(to)
}

// checkCRC compares the four bytes at an offset with what the bytes after them have.
func (w recordsWalk) checkCRC(at int, want uint32) {
	if have := binary.BigEndian.Uint32(w.src[at:]); have != want {
		w.fault(int32(len(w.t.nodes)-1), crcField.Name, at, records.ErrCRC, crcDetail(have, want))
	}
}

// canDecompress reports whether compressed records are to be restored. What was decompressed holds
// nothing compressed, so nesting has an end.
func (w recordsWalk) canDecompress() bool { return w.o.Decompressor != nil && w.buffer == 0 }

// compressed decompresses src[pos:to] into a buffer of its own and reads that.
func (w recordsWalk) compressed(pos, to int, codec records.Codec, read func(inner recordsWalk)) {
	w.enter(&event{kind: CompressedNode, field: recordsField, index: -1, off: pos, size: to - pos, count: int(codec)})
	defer w.leave(to)
	limit := w.o.MaxDecompressedBytes
	if limit <= 0 {
		limit = DefaultMaxDecompressedBytes
	}
	for _, buf := range w.t.buffers[1:] {
		limit -= len(buf)
	}
	if w.skipping > 0 {
		return
	}
	if limit <= 0 || len(w.t.buffers) >= maxBuffers {
		w.fault(w.open[len(w.open)-1], "", pos, wire.ErrLimit, "the batches of one tree may be decompressed to "+strconv.Itoa(DefaultMaxDecompressedBytes)+" bytes")
		return
	}
	plain, err := w.o.Decompressor.Decompress(nil, w.src[pos:to], codec, limit)
	if err == ErrNotYet {
		return
	}
	if err != nil {
		w.fault(w.open[len(w.open)-1], "", pos, err, codec.String())
		return
	}
	outer := w.buffer
	w.t.buffers = append(w.t.buffers, plain)
	w.buffer = uint16(len(w.t.buffers) - 1)
	read(recordsWalk{w.builder, plain})
	w.buffer = outer
}

// ErrNotYet is what a Decompressor may return that will have the bytes later: until then they are
// one node, and nothing is wrong with them.
var ErrNotYet = errors.New("not decompressed yet")

// maxBuffers bounds how many batches of one tree are decompressed.
const maxBuffers = 1 << 14
