package records

import (
	"errors"
	"strconv"
)

// Codec says how the records of a batch are compressed: bits 0 to 2 of its attributes.
type Codec uint8

// Kafka's codecs. Zstd needs magic 2.
const (
	None   Codec = 0
	Gzip   Codec = 1
	Snappy Codec = 2
	Lz4    Codec = 3
	Zstd   Codec = 4
)

// String returns Kafka's name of the codec, as in compression.type.
func (c Codec) String() string {
	switch c {
	case None:
		return "none"
	case Gzip:
		return "gzip"
	case Snappy:
		return "snappy"
	case Lz4:
		return "lz4"
	case Zstd:
		return "zstd"
	}
	return "codec " + strconv.Itoa(int(c))
}

// Decompressor restores compressed records. It must be safe for concurrent use.
type Decompressor interface {
	// Decompress appends the plain form of src to dst. If it would be longer than limit bytes the
	// error wraps wire.ErrLimit, and no more than a small multiple of limit was ever allocated for it.
	Decompress(dst, src []byte, codec Codec, limit int) ([]byte, error)
}

// Compressor compresses records. It must be safe for concurrent use.
type Compressor interface {
	// Compress appends the compressed form of src to dst. src may be the end of dst.
	Compress(dst, src []byte, codec Codec) ([]byte, error)
}

// TimestampType says what the timestamps of a batch mean: bit 3 of its attributes.
type TimestampType int8

// Timestamp types.
const (
	NoTimestamp   TimestampType = -1 // magic 0 has no timestamps
	CreateTime    TimestampType = 0  // set by the producer
	LogAppendTime TimestampType = 1  // set by the broker: all records have the batch's MaxTimestamp
)

// String returns Kafka's name of the type.
func (t TimestampType) String() string {
	switch t {
	case CreateTime:
		return "CreateTime"
	case LogAppendTime:
		return "LogAppendTime"
	}
	return "NoTimestampType"
}

// Causes of a *wire.Error besides those of package wire, for errors.Is.
var (
	ErrCRC   = errors.New("checksum does not match")
	ErrCodec = errors.New("compression codec not supported")
)
