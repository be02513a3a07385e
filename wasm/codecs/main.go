//go:build js && wasm

package main

import (
	"encoding/binary"
	"errors"
	"unsafe"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// The input and the answer live in these variables while JavaScript holds
// pointers to them.
var inputBytes, answer []byte

// maxInputBytes and maxPlainBytes bound what the page may ask for.
const (
	maxInputBytes = 128 << 20
	maxPlainBytes = 256 << 20
)

func main() { select {} } // the exports are called from outside

//go:wasmexport input
func input(n int32) unsafe.Pointer {
	if n < 0 || n > maxInputBytes {
		n = 0
	}
	inputBytes = make([]byte, n, max(n, 1))
	return unsafe.Pointer(unsafe.SliceData(inputBytes))
}

//go:wasmexport decompress
func decompress(codec, limit int32) (ptr unsafe.Pointer) {
	defer func() { // a library's panic is one batch that cannot be read
		if recover() != nil {
			ptr = failed("the compressed bytes are damaged")
		}
	}()
	answer = append(answer[:0], 0, 0, 0, 0)
	out, err := compress.All.Decompress(answer, inputBytes, records.Codec(codec), int(min(max(limit, 0), maxPlainBytes)))
	if errors.Is(err, wire.ErrLimit) {
		return failed("")
	}
	if err != nil {
		return failed(err.Error())
	}
	answer = out
	binary.LittleEndian.PutUint32(answer, uint32(len(answer)-4))
	return unsafe.Pointer(unsafe.SliceData(answer))
}

func failed(text string) unsafe.Pointer {
	answer = binary.LittleEndian.AppendUint32(answer[:0], uint32(-1-int32(len(text))))
	answer = append(answer, text...)
	return unsafe.Pointer(unsafe.SliceData(answer))
}
