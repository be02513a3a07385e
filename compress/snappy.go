package compress

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/snappy"
)

// The framing of the xerial library (snappy-java), big-endian:
//
//	0 magic, 8 bytes | 8 version i32 = 1 | 12 oldest version that can read it i32 = 1
//	then, until the end: length i32 | a snappy block of that length
var xerialMagic = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

const (
	xerialHeaderSize = 16
	xerialVersion    = 1
	snappyChunkBytes = 32 << 10 // of plain bytes in a chunk: the xerial library's default
	// snappyMaxRatio is more than a snappy block can expand: a copy of 64 bytes takes 3.
	snappyMaxRatio = 22
)

var errSnappy = errors.New("damaged block")

func appendSnappy(dst, src []byte) []byte {
	dst = slices.Grow(dst, xerialHeaderSize+4+snappy.MaxEncodedLen(min(len(src), snappyChunkBytes)))
	dst = append(dst, xerialMagic...)
	dst = binary.BigEndian.AppendUint32(dst, xerialVersion)
	dst = binary.BigEndian.AppendUint32(dst, xerialVersion)
	for len(src) > 0 {
		chunk := src[:min(len(src), snappyChunkBytes)]
		src = src[len(chunk):]
		at := len(dst)
		most := 4 + snappy.MaxEncodedLen(len(chunk))
		dst = slices.Grow(dst, most)
		block := snappy.Encode(dst[at+4:at+most], chunk)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(block)))
		dst = dst[:at+4+len(block)]
	}
	return dst
}

func unsnappy(dst, src []byte, limit int) ([]byte, error) {
	if !bytes.HasPrefix(src, xerialMagic) {
		return appendBlock(dst, src, limit, 0)
	}
	if len(src) < xerialHeaderSize {
		return dst, fmt.Errorf("header of %d bytes: %w", len(src), io.ErrUnexpectedEOF)
	}
	if least := binary.BigEndian.Uint32(src[12:]); least > xerialVersion {
		return dst, fmt.Errorf("framing needs a reader of version %d", least)
	}
	start := len(dst)
	for at := xerialHeaderSize; at < len(src); {
		rest := src[at:]
		if len(rest) < 4 {
			return dst, fmt.Errorf("byte %d: length of a chunk: %w", at, io.ErrUnexpectedEOF)
		}
		n := binary.BigEndian.Uint32(rest)
		if uint64(n) > uint64(len(rest)-4) {
			return dst, fmt.Errorf("byte %d: chunk of %d bytes with %d left: %w", at, n, len(rest)-4, io.ErrUnexpectedEOF)
		}
		var err error
		if dst, err = appendBlock(dst, rest[4:4+n], limit-(len(dst)-start), at+4); err != nil {
			return dst, err
		}
		at += 4 + int(n)
	}
	return dst, nil
}

// appendBlock appends the plain form of one snappy block, at most left bytes.
func appendBlock(dst, block []byte, left, at int) ([]byte, error) {
	n, err := snappy.DecodedLen(block)
	if err != nil || n/snappyMaxRatio > len(block) {
		return dst, fmt.Errorf("byte %d: %w", at, errSnappy)
	}
	if n > left {
		return dst, overLimit(left)
	}
	dst = slices.Grow(dst, n)
	if _, err := snappy.Decode(dst[len(dst):len(dst)+n], block); err != nil {
		return dst, fmt.Errorf("byte %d: %w", at, errSnappy)
	}
	return dst[:len(dst)+n], nil
}
