package compress

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	// zstdMaxWindow is the largest window that Kafka's highest level (22) uses. It costs nothing to
	// allow: DecodeAll looks back into its output and keeps no window of its own.
	zstdMaxWindow = 128 << 20
	// zstdMaxRatio is more than a zstd frame can expand: a block of 4 bytes repeats one byte 128 KiB times.
	zstdMaxRatio = 1 << 15
	// zstdFirstBytes is the least memory to try with.
	zstdFirstBytes = 4 << 10
)

// Both are made on first use, and never closed: neither starts a goroutine for what is used here.
var (
	zstdEncoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(false)) // the batch has a CRC
		if err != nil {
			panic("compress: internal: " + err.Error())
		}
		return e
	})
	zstdDecoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(0), // as many at once as there are processors
			zstd.WithDecoderMaxWindow(zstdMaxWindow),
			zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			panic("compress: internal: " + err.Error())
		}
		return d
	})
)

// unzstd decodes into the memory that dst has room for, and tries again with four times as much
// when that is too little: few batches need that, since most frames tell their size, or hold text.
func unzstd(dst, src []byte, limit int) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(src); err != nil {
		return dst, unexpected(err)
	}
	room := max(4*len(src), zstdFirstBytes)
	if h.HasFCS {
		if h.FrameContentSize > uint64(limit) {
			return dst, overLimit(limit)
		}
		if h.FrameContentSize/zstdMaxRatio > uint64(len(src)) {
			return dst, fmt.Errorf("frame of %d bytes says that it holds %d", len(src), h.FrameContentSize)
		}
		room = int(h.FrameContentSize)
	}
	start := len(dst)
	for {
		room = min(room, limit)
		dst = slices.Grow(dst, room)
		out, err := zstdDecoder().DecodeAll(src, dst[:start:start+room])
		switch {
		case err == nil:
			return out, nil
		case !outOfRoom(err):
			return dst, unexpected(err)
		case room == limit:
			return dst, overLimit(limit)
		}
		room = 4 * max(room, zstdFirstBytes)
	}
}

// outOfRoom reports whether a frame was not decoded because it holds more than there was room for.
// The library says so in two ways: where room ends between blocks it has an error of that name,
// within a block only a text (seqdec_asm.go, errorNotEnoughSpace).
func outOfRoom(err error) bool {
	return errors.Is(err, zstd.ErrDecoderSizeExceeded) || strings.HasPrefix(err.Error(), "output bigger than max block size")
}
