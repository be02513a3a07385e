package records

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// AppendMessage appends r as a legacy entry of magic 0 or 1 that is not compressed, at r.Offset.
// Nothing writes these today but tests, and tools that fill logs for old readers.
func AppendMessage(dst []byte, magic int8, r Record) ([]byte, error) {
	size := int64(minLength[0]) + LengthEnd + 8 + int64(len(r.Key)) + int64(len(r.Value))
	switch {
	case magic != 0 && magic != 1:
		return dst, legacyError(magic, "Magic", wire.ErrUnsupportedVersion, "magic "+strconv.Itoa(int(magic)))
	case r.Headers.Len() > 0:
		return dst, legacyError(magic, "Headers", wire.ErrUnsupportedField, "")
	case size > math.MaxInt32:
		return dst, legacyError(magic, "", wire.ErrTooLong, "message of 2 GiB")
	}
	start := len(dst)
	dst = appendLegacyHeader(dst, magic, None, r.Offset, r.Timestamp)
	dst = wire.AppendNullBytes(dst, r.Key, false)
	dst = wire.AppendNullBytes(dst, r.Value, false)
	finishLegacy(dst[start:])
	return dst, nil
}

// lz4Header is how an LZ4 frame of independent blocks of 64 KiB begins; its last byte is a checksum.
// Kafka's classes get that wrong for magic 0, as their first version did, and the clients of its time
// want it so (KafkaLZ4BlockOutputStream, useBrokenFlagDescriptorChecksum).
var lz4Header = []byte{0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82}

const lz4BrokenChecksum = 0x1a

// AppendMessageSet appends a legacy entry that holds the records compressed. Their offsets must
// ascend; the entry's is the last one's.
func AppendMessageSet(dst []byte, magic int8, codec Codec, c Compressor, rs []Record) ([]byte, error) {
	if codec == None || codec > Lz4 || c == nil {
		return dst, legacyError(magic, "Attributes", ErrCodec, codec.String())
	}
	if len(rs) == 0 {
		return dst, legacyError(magic, "Messages", ErrEmpty, "")
	}
	var set []byte
	last, latest := rs[0].Offset-1, rs[0].Timestamp
	for _, r := range rs {
		if r.Offset <= last {
			return dst, legacyError(magic, "Offset", wire.ErrValue, strconv.FormatInt(r.Offset, 10)+" after "+strconv.FormatInt(last, 10))
		}
		last, latest = r.Offset, max(latest, r.Timestamp)
		if magic == 1 {
			r.Offset -= rs[0].Offset // counted from 0 inside
		}
		var err error
		if set, err = AppendMessage(set, magic, r); err != nil {
			return dst, err
		}
	}
	start := len(dst)
	dst = appendLegacyHeader(dst, magic, codec, last, latest)
	dst = wire.AppendNullBytes(dst, nil, false)
	at := len(dst)
	out, err := c.Compress(append(dst, 0, 0, 0, 0), set, codec)
	if err != nil {
		return dst[:start], legacyError(magic, "Value", err, codec.String())
	}
	if len(out)-start > math.MaxInt32 {
		return dst[:start], legacyError(magic, "", wire.ErrTooLong, "message of 2 GiB")
	}
	binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	if magic == 0 && codec == Lz4 && bytes.HasPrefix(out[at+4:], lz4Header) {
		out[at+4+len(lz4Header)-1] = lz4BrokenChecksum
	}
	finishLegacy(out[start:])
	return out, nil
}

// appendLegacyHeader appends what stands before the key; finishLegacy fills in the length and CRC.
func appendLegacyHeader(dst []byte, magic int8, codec Codec, offset, timestamp int64) []byte {
	dst = wire.AppendInt64(dst, offset)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0, byte(magic), byte(codec))
	if magic == 1 {
		dst = wire.AppendInt64(dst, timestamp)
	}
	return dst
}

func finishLegacy(b []byte) {
	binary.BigEndian.PutUint32(b[offLength:], uint32(len(b)-LengthEnd))
	binary.BigEndian.PutUint32(b[offLegacyCRC:], crc32.ChecksumIEEE(b[offMagic:]))
}

func legacyError(magic int8, path string, cause error, detail string) error {
	return &wire.Error{Message: "RecordBatch", Version: int16(magic), Path: path, Offset: -1, Err: cause, Detail: detail}
}
