package view

import "encoding/binary"

// framing says whether a frame begins with its size.
type framing uint8

const (
	framingUnknown framing = iota
	framingSized
)

// A piece is a frame's place in a dump.
type piece struct {
	off, len int
	sized    framing
}

const (
	sizeBytes     = 4
	minFrameBytes = 4         // a correlation id
	maxFrameBytes = 100 << 20 // Kafka's socket.request.max.bytes
	maxFrames     = 1000      // of one dump; what follows belongs to the last one, as bytes too many
)

// split cuts a dump into frames by their size prefixes. Sizes that lie are
// left to the reader of the frame, who can say what is wrong: the frame then
// takes the rest of the dump.
func split(b []byte) (pieces []piece) {
	pos := 0
	for pos < len(b) {
		rest := len(b) - pos
		n := sizeAt(b[pos:])
		switch {
		case n >= minFrameBytes && sizeBytes+n <= rest && len(pieces) < maxFrames:
			pieces = append(pieces, piece{pos, sizeBytes + n, framingSized})
			pos += sizeBytes + n
			continue
		case len(pieces) == maxFrames, len(pieces) > 0 && (n < minFrameBytes || n > maxFrameBytes):
			// Not a frame: bytes that the frame before has too many.
			pieces[len(pieces)-1].len += rest
		case len(pieces) > 0:
			pieces = append(pieces, piece{pos, rest, framingSized}) // cut off
		default:
			pieces = append(pieces, piece{pos, rest, framingUnknown})
		}
		return pieces
	}
	return pieces
}

// sizeAt reads a size prefix, -1 if there is none.
func sizeAt(b []byte) int {
	if len(b) < sizeBytes {
		return -1
	}
	return int(int32(binary.BigEndian.Uint32(b)))
}
