//go:build js && wasm

package main

import (
	"encoding/binary"
	"unsafe"

	"github.com/kwire-project/kafka/wasm/view"
)

// The input and the answer live in these variables while JavaScript holds
// pointers to them.
var (
	inputBytes []byte
	choices    []view.Choice
	answer     []byte
)

func main() { select {} } // the exports are called from outside

//go:wasmexport input
func input(n int32) (ptr unsafe.Pointer) {
	if n < 0 || n > maxInputBytes {
		n = 0
	}
	choices = choices[:0]
	if int(n) <= cap(inputBytes) && cap(inputBytes) > 0 {
		inputBytes = inputBytes[:n]
	} else {
		inputBytes = make([]byte, n, max(n, 1<<16))
	}
	return unsafe.Pointer(unsafe.SliceData(inputBytes))
}

// maxInputBytes is what fits comfortably into a 32-bit address space with the
// tree that grows out of it; maxChoices bounds what a page may ask for.
const (
	maxInputBytes = 256 << 20
	maxChoices    = 1 << 12
)

//go:wasmexport choose
func choose(frame, side, key, version int32) {
	if len(choices) < maxChoices {
		choices = append(choices, view.Choice{Frame: int(frame), Side: int(side), Key: int(key), Version: int(version)})
	}
}

//go:wasmexport decode
func decode() (ptr unsafe.Pointer) {
	// A panic would end the program, and with it the page's engine.
	defer func() {
		if r := recover(); r != nil {
			ptr = reply((&view.Doc{Input: view.Problem{Text: "internal error: " + panicText(r)}}).AppendBlock(prefix()))
		}
	}()
	return reply(view.Build(inputBytes, choices).AppendBlock(prefix()))
}

//go:wasmexport apis
func apis() (ptr unsafe.Pointer) {
	defer func() {
		if recover() != nil {
			ptr = reply(prefix())
		}
	}()
	return reply(view.AppendAPIs(prefix()))
}

// prefix starts an answer with room for its length.
func prefix() []byte { return append(answer[:0], 0, 0, 0, 0) }

func reply(b []byte) unsafe.Pointer {
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	answer = b
	return unsafe.Pointer(unsafe.SliceData(answer))
}

func panicText(r any) string {
	switch r := r.(type) {
	case error:
		return r.Error()
	case string:
		return r
	}
	return "unknown"
}
