package compress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pierrec/lz4/v4"
)

// An LZ4 frame, little-endian, as Kafka uses it:
//
//	0 magic u32 | 4 FLG u8 | 5 BD u8 | content size u64 if FLG says so | HC u8: bits 8 to 15 of the xxh32 of FLG to here
//	then blocks: size u32, bit 31 set if stored | bytes | xxh32 u32 of them if FLG says so
//	the size 0 ends them | xxh32 u32 of the plain bytes if FLG says so: not checked, as Kafka does not
//
// The library has the blocks. The frame is ours because the library's reader refuses the header
// checksum of Kafka's first lz4 messages, and cannot hold a limit without a second buffer.
const (
	lz4Magic = 0x184d2204

	lz4FlagVersion       = 0xc0
	lz4Version           = 0x40
	lz4FlagIndependent   = 0x20
	lz4FlagBlockChecksum = 0x10
	lz4FlagContentSize   = 0x08
	lz4FlagReserved      = 0x03 // one reserved bit, and dictionaries, which Kafka has no use for

	lz4BlockBytes = 64 << 10 // what we write
	lz4Stored     = 1 << 31
	// lz4MaxRatio is more than an LZ4 block can expand: a byte of length adds at most 255.
	lz4MaxRatio = 256
)

// lz4Header is the header of the frames that we write, and that Kafka does.
var lz4Header = []byte{0x04, 0x22, 0x4d, 0x18, lz4Version | lz4FlagIndependent, 4 << 4, 0x82}

var errLz4 = errors.New("damaged block")

func appendLz4(dst, src []byte) ([]byte, error) {
	dst = append(dst, lz4Header...)
	for len(src) > 0 {
		block := src[:min(len(src), lz4BlockBytes)]
		src = src[len(block):]
		at := len(dst)
		dst = slices.Grow(dst, 4+len(block))[:at+4+len(block)]
		// With room for fewer bytes than the block has, the library gives up (0) when it cannot be compressed.
		n, err := lz4.CompressBlock(block, dst[at+4:len(dst)-1], nil)
		if err != nil {
			return dst, err
		}
		size := uint32(n)
		if n == 0 {
			n = copy(dst[at+4:], block)
			size = uint32(n) | lz4Stored
		}
		binary.LittleEndian.PutUint32(dst[at:], size)
		dst = dst[:at+4+n]
	}
	return append(dst, 0, 0, 0, 0), nil
}

// lz4Frame is what the header of a frame says.
type lz4Frame struct {
	size      int // of the header
	maxBlock  int
	checksums bool // of the blocks
}

func parseLz4(src []byte) (f lz4Frame, err error) {
	if len(src) < len(lz4Header) {
		return f, fmt.Errorf("header of %d bytes: %w", len(src), io.ErrUnexpectedEOF)
	}
	flg, bd := src[4], src[5]
	switch {
	case binary.LittleEndian.Uint32(src) != lz4Magic:
		return f, errors.New("not an lz4 frame")
	case flg&lz4FlagVersion != lz4Version:
		return f, fmt.Errorf("frame of version %d", flg>>6)
	case flg&lz4FlagReserved != 0 || bd&0x8f != 0:
		return f, errors.New("reserved bits in the header")
	case flg&lz4FlagIndependent == 0:
		return f, errors.New("blocks that depend on each other, which Kafka refuses too")
	case bd>>4 < 4:
		return f, fmt.Errorf("block size %d", bd>>4)
	}
	f.maxBlock = 1 << (8 + 2*(bd>>4))
	f.checksums = flg&lz4FlagBlockChecksum != 0
	f.size = len(lz4Header)
	if flg&lz4FlagContentSize != 0 {
		f.size += 8
	}
	if len(src) < f.size {
		return f, fmt.Errorf("header of %d bytes: %w", len(src), io.ErrUnexpectedEOF)
	}
	// Kafka's first version summed the magic too, and ignores the checksum where that may have happened.
	hc := f.size - 1
	if sum := src[hc]; sum != byte(xxh32(src[4:hc])>>8) && sum != byte(xxh32(src[:hc])>>8) {
		return f, errors.New("header checksum does not match")
	}
	return f, nil
}

func unlz4(dst, src []byte, limit int) ([]byte, error) {
	f, err := parseLz4(src)
	if err != nil {
		return dst, err
	}
	start := len(dst)
	for at := f.size; ; {
		if len(src)-at < 4 {
			return dst, fmt.Errorf("byte %d: size of a block: %w", at, io.ErrUnexpectedEOF)
		}
		size := binary.LittleEndian.Uint32(src[at:])
		if size == 0 {
			return dst, nil // like Kafka, one frame only, and its checksum is not looked at
		}
		at += 4
		stored, size := size&lz4Stored != 0, size&^lz4Stored
		tail := 0
		if f.checksums {
			tail = 4
		}
		if size > uint32(f.maxBlock) {
			return dst, fmt.Errorf("byte %d: block of %d bytes in a frame of at most %d", at, size, f.maxBlock)
		}
		if int(size)+tail > len(src)-at {
			return dst, fmt.Errorf("byte %d: block of %d bytes with %d left: %w", at, size, len(src)-at, io.ErrUnexpectedEOF)
		}
		block := src[at : at+int(size)]
		if f.checksums && xxh32(block) != binary.LittleEndian.Uint32(src[at+int(size):]) {
			return dst, fmt.Errorf("byte %d: block checksum does not match", at)
		}
		if dst, err = appendLz4Block(dst, block, stored, f.maxBlock, limit-(len(dst)-start), at); err != nil {
			return dst, err
		}
		at += int(size) + tail
	}
}

// appendLz4Block appends the plain form of a block, at most left bytes.
func appendLz4Block(dst, block []byte, stored bool, maxBlock, left, at int) ([]byte, error) {
	if stored {
		if len(block) > left {
			return dst, overLimit(left)
		}
		return append(dst, block...), nil
	}
	room := min(maxBlock, lz4MaxRatio*len(block))
	short := room > left
	if short {
		room = left
	}
	dst = slices.Grow(dst, room)
	n, err := lz4.UncompressBlock(block, dst[len(dst):len(dst)+room])
	if err != nil || n < 0 || n > room {
		if short { // the library does not tell a lack of room from damage
			return dst, overLimit(left)
		}
		return dst, fmt.Errorf("byte %d: %w", at, errLz4)
	}
	return dst[:len(dst)+n], nil
}
