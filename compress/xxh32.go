package compress

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// xxh32 is the 32-bit xxHash with seed 0, which LZ4 frames use as their checksum.
func xxh32(b []byte) uint32 {
	const (
		p1 = 2654435761
		p2 = 2246822519
		p3 = 3266489917
		p4 = 668265263
		p5 = 374761393
	)
	h := uint32(p5)
	n := uint32(len(b))
	if len(b) >= 16 {
		lane := [4]uint32{(p1 + p2) & math.MaxUint32, p2, 0, 1<<32 - p1}
		for ; len(b) >= 16; b = b[16:] {
			for i := range lane {
				lane[i] = bits.RotateLeft32(lane[i]+binary.LittleEndian.Uint32(b[4*i:])*p2, 13) * p1
			}
		}
		h = bits.RotateLeft32(lane[0], 1) + bits.RotateLeft32(lane[1], 7) + bits.RotateLeft32(lane[2], 12) + bits.RotateLeft32(lane[3], 18)
	}
	h += n
	for ; len(b) >= 4; b = b[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(b)*p3, 17) * p4
	}
	for _, c := range b {
		h = bits.RotateLeft32(h+uint32(c)*p5, 11) * p1
	}
	h = (h ^ h>>15) * p2
	h = (h ^ h>>13) * p3
	return h ^ h>>16
}
