// Package deflate packs files that are packed once and fetched often. It tries
// harder than the encoders made for streams do: among all ways to write the
// bytes as literals and copies it takes the cheapest under the prices of the
// code that is then used, and finds code and ways in turns. What it writes is
// plain gzip (RFC 1952, RFC 1951), on WebAssembly 6 % smaller than the best
// level of compress/gzip; it takes about a second for a megabyte, and some
// forty bytes of memory for each byte.
//
// It is ours because no kept library in Go does this: the highest level of
// klauspost/compress gives larger files than compress/gzip. Stored blocks and
// the format's fixed code are left out; they win on tiny or random input only.
//
//	Gzip         the whole: matches, then blocks
//	match.go     the copies that are possible at each byte
//	parse.go     the cheapest way through them
//	block.go     where one code ends and the next begins; a block's bytes
//	huffman.go   codes of limited length
package deflate

import (
	"encoding/binary"
	"hash/crc32"
)

// Gzip packs b, always into the same bytes. It panics on inputs of a gigabyte
// and more, which are not what it is for.
func Gzip(b []byte) []byte {
	if len(b) >= maxInputBytes {
		panic("deflate: internal: too large an input")
	}
	w := writer{out: []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255}} // deflate, no name, no time, the smallest, on any system
	p := newParser(b)
	blocks := p.blocks()
	for i, k := range blocks {
		w.block(k, b[k.from:k.to], i == len(blocks)-1)
	}
	w.flush()
	w.out = binary.LittleEndian.AppendUint32(w.out, crc32.ChecksumIEEE(b))
	return binary.LittleEndian.AppendUint32(w.out, uint32(len(b)))
}

const maxInputBytes = 1 << 30

// writer appends bits, the lowest first.
type writer struct {
	out   []byte
	bits  uint64
	count uint
}

func (w *writer) write(v uint32, n uint) {
	w.bits |= uint64(v) << w.count
	w.count += n
	for ; w.count >= 8; w.count -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

// flush fills the last byte with zeros.
func (w *writer) flush() {
	if w.count > 0 {
		w.write(0, 8-w.count)
	}
}
