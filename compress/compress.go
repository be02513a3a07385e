package compress

import (
	"fmt"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// All has every codec of Kafka.
var All Codecs

// Codecs implements records.Compressor and records.Decompressor. The zero value is ready.
type Codecs struct{}

var (
	_ records.Compressor   = Codecs{}
	_ records.Decompressor = Codecs{}
)

// Compress appends the compressed form of src to dst. src may be the end of dst.
func (Codecs) Compress(dst, src []byte, codec records.Codec) ([]byte, error) {
	switch codec {
	case records.None:
		return append(dst, src...), nil
	case records.Gzip:
		return appendGzip(dst, src)
	case records.Snappy:
		return appendSnappy(dst, src), nil
	case records.Lz4:
		return appendLz4(dst, src)
	case records.Zstd:
		return zstdEncoder().EncodeAll(src, dst), nil
	}
	return dst, fmt.Errorf("compress: %v: %w", codec, records.ErrCodec)
}

// Decompress appends the plain form of src to dst, at most limit bytes. On failure it returns dst as
// it was. dst and src must not overlap.
func (Codecs) Decompress(dst, src []byte, codec records.Codec, limit int) ([]byte, error) {
	var out []byte
	var err error
	switch codec {
	case records.None:
		if len(src) > limit {
			return dst, overLimit(limit)
		}
		return append(dst, src...), nil
	case records.Gzip:
		out, err = gunzip(dst, src, limit)
	case records.Snappy:
		out, err = unsnappy(dst, src, limit)
	case records.Lz4:
		out, err = unlz4(dst, src, limit)
	case records.Zstd:
		out, err = unzstd(dst, src, limit)
	default:
		err = records.ErrCodec
	}
	if err != nil {
		return dst, fmt.Errorf("compress: %v: %w", codec, err)
	}
	return out, nil
}

func overLimit(limit int) error {
	return fmt.Errorf("more than %d bytes when decompressed: %w", limit, wire.ErrLimit)
}
