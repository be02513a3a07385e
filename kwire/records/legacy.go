package records

import (
	"encoding/binary"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// Layout of a legacy entry (magic 0 and 1), in bytes from its start:
//
//	0 offset i64 | 8 length i32 | 12 crc u32, CRC-32 of all that follows | 16 magic i8 | 17 attributes i8
//	magic 0: 18 key (i32 length, −1 is null) | value (the same)
//	magic 1: 18 timestamp i64 | 26 key | value
//
// A compressed entry has a null key, and a message set as its value. The entry's offset is that of
// the last message inside. Inside, magic 0 has the real offsets and magic 1 counts from 0.
const (
	offLegacyCRC        = 12
	offLegacyAttributes = 17
	offLegacyTimestamp  = 18
	offLegacyKeyV0      = 18
	offLegacyKeyV1      = 26
)

// message parses the only message of a legacy entry.
func (b Batch) message() (Record, error) {
	if err := b.whole(); err != nil {
		return Record{}, err
	}
	r := Record{Offset: b.BaseOffset(), Timestamp: b.MaxTimestamp()}
	at := b.legacyKeyAt()
	var err error
	if r.Key, at, err = b.legacyBytes("Key", at); err != nil {
		return Record{}, err
	}
	if r.Value, at, err = b.legacyBytes("Value", at); err != nil {
		return Record{}, err
	}
	if at < len(b.raw) {
		return Record{}, b.fail("Length", offLength, wire.ErrTrailing, wire.CountBytes(len(b.raw)-at)+" after the value")
	}
	return r, nil
}

func (b Batch) legacyKeyAt() int {
	if b.Magic() == 0 {
		return offLegacyKeyV0
	}
	return offLegacyKeyV1
}

// legacyValueAt returns where the value of a compressed entry starts: its key is null.
func (b Batch) legacyValueAt() int { return b.legacyKeyAt() + 8 }

// legacyBytes reads bytes with a length before them: −1 is nil.
func (b Batch) legacyBytes(field string, at int) ([]byte, int, error) {
	left := len(b.raw) - at - 4
	if left < 0 {
		return nil, 0, b.fail(field, at, io.ErrUnexpectedEOF, "4 bytes wanted, "+strconv.Itoa(left+4)+" left in the entry")
	}
	n := int(int32(binary.BigEndian.Uint32(b.raw[at:])))
	switch {
	case n == -1:
		return nil, at + 4, nil
	case n < -1:
		return nil, 0, b.fail(field, at, wire.ErrValue, "length "+strconv.Itoa(n))
	case n > left:
		return nil, 0, b.fail(field, at, io.ErrUnexpectedEOF, wire.CountBytes(n)+" announced, "+strconv.Itoa(left)+" left in the entry")
	}
	end := at + 4 + n
	return b.raw[at+4 : end : end], end, nil
}

// visitLegacy visits the one message of a legacy entry, or those in a compressed one.
func (b Batch) visitLegacy(o ReadOptions, yield func(Record, error) bool) error {
	r, err := b.message()
	if err != nil {
		return err
	}
	if b.Codec() == None {
		if err := b.checkMessageSize(o); err != nil {
			return err
		}
		yield(r, nil)
		return nil
	}
	if r.Value == nil {
		return b.fail("Value", b.legacyKeyAt()+4, wire.ErrNull, "a compressed set of messages")
	}
	set, err := b.decompress(o, r.Value, len(b.raw)-len(r.Value))
	if err != nil {
		return err
	}
	base, err := b.innerBase(set, o)
	if err != nil {
		return err
	}
	stamped := b.Magic() == 1 && b.TimestampType() == LogAppendTime && !o.CreateTimes
	for inner, err := range Batches(set) {
		if err != nil {
			return b.inInner(err)
		}
		r, err := inner.message()
		if err != nil {
			return b.inInner(err)
		}
		if err := inner.checkMessageSize(o); err != nil {
			return b.inInner(err)
		}
		r.Offset += base
		if stamped {
			r.Timestamp = b.MaxTimestamp()
		}
		if !yield(r, nil) {
			return nil
		}
	}
	return nil
}

// checkMessageSize holds an entry with one message against the limit of a record.
func (b Batch) checkMessageSize(o ReadOptions) error {
	if most := o.maxRecordBytes(); len(b.raw)-LengthEnd > most {
		return b.fail("Length", offLength, wire.ErrLimit, "message of "+wire.CountBytes(len(b.raw)-LengthEnd)+", at most "+strconv.Itoa(most)+" are allowed")
	}
	return nil
}

// innerBase checks the messages inside a compressed entry, each of which has a CRC of its own, and
// returns what to add to their offsets.
func (b Batch) innerBase(set []byte, o ReadOptions) (int64, error) {
	last, n, most := int64(-1), 0, o.maxRecords()
	for inner, err := range Batches(set) {
		switch {
		case err != nil:
			return 0, b.inInner(err)
		case inner.Magic() > 1 || inner.Codec() != None:
			return 0, b.failRecord("Messages", inner.pos, wire.ErrValue, "a compressed entry inside a compressed entry")
		case inner.Magic() != b.Magic():
			return 0, b.failRecord("Messages", inner.pos, wire.ErrValue, "magic "+strconv.Itoa(int(inner.Magic()))+" inside magic "+strconv.Itoa(int(b.Magic())))
		}
		if n++; n > most {
			return 0, b.failRecord("Messages", inner.pos, wire.ErrLimit, "more than "+strconv.Itoa(most)+" messages")
		}
		if err := inner.CheckCRC(); err != nil && !o.Lenient {
			return 0, b.inInner(err)
		}
		last = inner.BaseOffset()
	}
	switch wrapper := b.BaseOffset(); {
	case len(set) == 0:
		return 0, b.failRecord("Messages", 0, wire.ErrValue, "a compressed entry with nothing in it")
	case b.Magic() == 0 || wrapper == 0:
		// Some old producers leave the wrapper's offset 0 (AbstractLegacyRecordBatch).
		return 0, nil
	case wrapper < last:
		return 0, b.failRecord("Messages", 0, wire.ErrValue, "last offset "+strconv.FormatInt(last, 10)+" inside an entry at offset "+strconv.FormatInt(wrapper, 10))
	default:
		return wrapper - last, nil
	}
}

// inInner rewrites an error about a message inside a compressed entry as one about the entry.
func (b Batch) inInner(err error) error {
	e, ok := err.(*wire.Error)
	if !ok {
		return err
	}
	return b.failRecord("Messages."+e.Path, e.Offset, e.Err, e.Detail)
}
