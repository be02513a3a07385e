package records

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// Layout of a batch of magic 2, in bytes from its start. The first 17 bytes of an older entry say
// the same, but for bytes 12 to 16, which hold its CRC.
const (
	offBaseOffset      = 0
	offLength          = 8 // counts the bytes after itself
	offLeaderEpoch     = 12
	offMagic           = 16
	offCRC             = 17
	offAttributes      = 21 // the CRC covers everything from here on
	offLastOffsetDelta = 23
	offBaseTimestamp   = 27
	offMaxTimestamp    = 35
	offProducerID      = 43
	offProducerEpoch   = 51
	offBaseSequence    = 53
	offCount           = 57
	offRecords         = 61
)

// Sizes that every reader of a log needs.
const (
	LengthEnd  = 12 // bytes up to and with the length of a batch: what Size counts in addition to it
	MagicEnd   = 17 // bytes up to and with the magic
	HeaderSize = 61 // bytes before the records of a batch of magic 2
)

// Values that mean "none".
const (
	NoProducerID    int64 = -1
	NoProducerEpoch int16 = -1
	NoSequence      int32 = -1
	NoLeaderEpoch   int32 = -1
	NoTimestampMs   int64 = -1
)

// Bits of the attributes of a batch.
const (
	attrCodec         = 0x07
	attrLogAppendTime = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20
	attrDeleteHorizon = 0x40
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Batch is a view of the bytes of one record batch: it shares their memory, and costs nothing to
// copy. A legacy entry (magic 0 or 1: one message, or a compressed set of them) is a Batch too.
// The methods of the zero Batch panic, but for IsZero.
type Batch struct {
	raw []byte // the whole batch; from ReadHeader perhaps only its start
	pos int    // where it starts in the buffer that it was read from, for errors
}

// IsZero reports whether b is the zero Batch, which comes with an error.
func (b Batch) IsZero() bool { return b.raw == nil }

// Bytes returns the batch's bytes, which it shares.
func (b Batch) Bytes() []byte { return b.raw }

// Position returns where the batch starts in the buffer given to Batches.
func (b Batch) Position() int { return b.pos }

// Size returns the size of the whole batch in bytes.
func (b Batch) Size() int { return LengthEnd + int(b.Length()) }

// Length returns the batch's length field: Size without the 12 bytes up to the field's end.
func (b Batch) Length() int32 { return b.int32At(offLength) }

// Magic returns the version of the layout: 2, or 0 or 1 for a legacy entry.
func (b Batch) Magic() int8 { return int8(b.raw[offMagic]) }

// BaseOffset returns the offset of the first record. For a legacy entry it is the entry's own
// offset: when it is compressed that is the offset of its last message.
func (b Batch) BaseOffset() int64 { return b.int64At(offBaseOffset) }

// LastOffset returns the offset of the last record that the batch had when it was written.
// Compaction may have removed that record.
func (b Batch) LastOffset() int64 { return b.BaseOffset() + int64(b.LastOffsetDelta()) }

// NextOffset returns the offset after the batch.
func (b Batch) NextOffset() int64 { return b.LastOffset() + 1 }

// PartitionLeaderEpoch returns the epoch of the leader that appended the batch, −1 for none.
func (b Batch) PartitionLeaderEpoch() int32 {
	if b.Magic() < 2 {
		return NoLeaderEpoch
	}
	return b.int32At(offLeaderEpoch)
}

// CRC returns the checksum that the batch carries: CRC-32C, or CRC-32 for a legacy entry.
func (b Batch) CRC() uint32 {
	if b.Magic() < 2 {
		return binary.BigEndian.Uint32(b.raw[offLegacyCRC:])
	}
	return binary.BigEndian.Uint32(b.raw[offCRC:])
}

// ComputeCRC returns the checksum that the batch should carry.
func (b Batch) ComputeCRC() uint32 {
	if b.Magic() < 2 {
		return crc32.ChecksumIEEE(b.raw[offMagic:])
	}
	return crc32.Checksum(b.raw[offAttributes:], castagnoli)
}

// CheckCRC compares the checksum that the batch carries with its bytes.
func (b Batch) CheckCRC() error {
	if err := b.whole(); err != nil {
		return err
	}
	if have, want := b.CRC(), b.ComputeCRC(); have != want {
		at := offCRC
		if b.Magic() < 2 {
			at = offLegacyCRC
		}
		return b.fail("CRC", at, ErrCRC, "0x"+strconv.FormatUint(uint64(have), 16)+" where the bytes have 0x"+strconv.FormatUint(uint64(want), 16))
	}
	return nil
}

// Attributes returns the flags that Codec, TimestampType and the Is methods explain.
func (b Batch) Attributes() int16 {
	if b.Magic() < 2 {
		return int16(b.raw[offLegacyAttributes])
	}
	return b.int16At(offAttributes)
}

// Codec returns how the records are compressed.
func (b Batch) Codec() Codec { return Codec(b.Attributes() & attrCodec) }

// TimestampType returns what the timestamps mean.
func (b Batch) TimestampType() TimestampType {
	if b.Magic() == 0 {
		return NoTimestamp
	}
	if b.Attributes()&attrLogAppendTime != 0 {
		return LogAppendTime
	}
	return CreateTime
}

// IsTransactional reports whether the batch belongs to a transaction, markers included.
func (b Batch) IsTransactional() bool { return b.has(attrTransactional) }

// IsControl reports whether the records are control records: see ParseControl.
func (b Batch) IsControl() bool { return b.has(attrControl) }

// DeleteHorizonMs returns the time, in milliseconds since 1970, at which compaction may drop the batch's
// tombstones or markers, and whether it has been set.
func (b Batch) DeleteHorizonMs() (int64, bool) {
	if !b.has(attrDeleteHorizon) {
		return NoTimestampMs, false
	}
	return b.int64At(offBaseTimestamp), true
}

func (b Batch) has(bit int16) bool { return b.Magic() >= 2 && b.Attributes()&bit != 0 }

// LastOffsetDelta returns LastOffset − BaseOffset.
func (b Batch) LastOffsetDelta() int32 {
	if b.Magic() < 2 {
		return 0
	}
	return b.int32At(offLastOffsetDelta)
}

// BaseTimestamp returns what the timestamps of the records are relative to, in milliseconds since 1970:
// the first record's, or the delete horizon once that is set.
func (b Batch) BaseTimestamp() int64 {
	if b.Magic() < 2 {
		return b.MaxTimestamp()
	}
	return b.int64At(offBaseTimestamp)
}

// MaxTimestamp returns the greatest timestamp of the records, or the time of the append for
// LogAppendTime, in milliseconds since 1970. It is −1 for magic 0.
func (b Batch) MaxTimestamp() int64 {
	switch b.Magic() {
	case 0:
		return NoTimestampMs
	case 1:
		return b.int64At(offLegacyTimestamp)
	}
	return b.int64At(offMaxTimestamp)
}

// ProducerID returns the id of an idempotent producer, −1 for none.
func (b Batch) ProducerID() int64 {
	if b.Magic() < 2 {
		return NoProducerID
	}
	return b.int64At(offProducerID)
}

// ProducerEpoch returns the epoch of an idempotent producer, −1 for none.
func (b Batch) ProducerEpoch() int16 {
	if b.Magic() < 2 {
		return NoProducerEpoch
	}
	return b.int16At(offProducerEpoch)
}

// BaseSequence returns the sequence number of the first record, −1 for none.
func (b Batch) BaseSequence() int32 {
	if b.Magic() < 2 {
		return NoSequence
	}
	return b.int32At(offBaseSequence)
}

// LastSequence returns the sequence number of the record at LastOffset, −1 for none.
func (b Batch) LastSequence() int32 {
	base := b.BaseSequence()
	if base == NoSequence {
		return NoSequence
	}
	return AddSequence(base, b.LastOffsetDelta())
}

// Sequence returns the sequence number of a record of the batch, −1 for none.
func (b Batch) Sequence(r Record) int32 {
	base := b.BaseSequence()
	if base == NoSequence {
		return NoSequence
	}
	return AddSequence(base, int32(r.Offset-b.BaseOffset()))
}

// AddSequence adds to a sequence number: after 2³¹−1 comes 0.
func AddSequence(sequence, n int32) int32 {
	if sequence > math.MaxInt32-n {
		return n - (math.MaxInt32 - sequence) - 1
	}
	return sequence + n
}

// Count returns how many records the batch says it has; compaction may have left fewer than
// LastOffsetDelta+1, even 0. For a legacy entry it is 1, or −1 (not known) when compressed.
func (b Batch) Count() int32 {
	if b.Magic() < 2 {
		if b.Codec() != None {
			return -1
		}
		return 1
	}
	return b.int32At(offCount)
}

// SetBaseOffset renumbers the batch in place. The CRC does not cover the offset.
func (b Batch) SetBaseOffset(offset int64) {
	binary.BigEndian.PutUint64(b.raw[offBaseOffset:], uint64(offset))
}

// SetPartitionLeaderEpoch sets the epoch in place. The CRC does not cover it. A legacy entry has none.
func (b Batch) SetPartitionLeaderEpoch(epoch int32) {
	if b.Magic() >= 2 {
		binary.BigEndian.PutUint32(b.raw[offLeaderEpoch:], uint32(epoch))
	}
}

// SetMaxTimestamp sets the type of the timestamps and the greatest one in place, and the CRC if
// that changed anything. The batch must be whole. Magic 0 has no timestamps.
func (b Batch) SetMaxTimestamp(t TimestampType, ms int64) {
	if b.Magic() == 0 || b.TimestampType() == t && b.MaxTimestamp() == ms {
		return
	}
	attributes, timestamp, crc := offAttributes+1, offMaxTimestamp, offCRC
	if b.Magic() == 1 {
		attributes, timestamp, crc = offLegacyAttributes, offLegacyTimestamp, offLegacyCRC
	}
	b.raw[attributes] &^= attrLogAppendTime
	if t == LogAppendTime {
		b.raw[attributes] |= attrLogAppendTime
	}
	binary.BigEndian.PutUint64(b.raw[timestamp:], uint64(ms))
	binary.BigEndian.PutUint32(b.raw[crc:], b.ComputeCRC())
}

func (b Batch) int16At(i int) int16 { return int16(binary.BigEndian.Uint16(b.raw[i:])) }
func (b Batch) int32At(i int) int32 { return int32(binary.BigEndian.Uint32(b.raw[i:])) }
func (b Batch) int64At(i int) int64 { return int64(binary.BigEndian.Uint64(b.raw[i:])) }

// fail makes an error about the byte at offset at of the batch.
func (b Batch) fail(path string, at int, cause error, detail string) error {
	e := &wire.Error{Message: "RecordBatch", Path: path, Offset: b.pos + at, Err: cause, Detail: detail}
	if len(b.raw) > offMagic {
		e.Version = int16(b.Magic())
	}
	return e
}
