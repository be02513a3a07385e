//go:build js && wasm

package main

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"github.com/kwire-project/kafka/wasm/view"
)

// The input and the answer live in these variables while JavaScript holds
// pointers to them.
var (
	inputBytes []byte
	session    *view.Session // of inputBytes, nil before decode
	choices    []view.Choice
	answer     []byte
	rows       []view.Node // room for those of the next answer

	pinned     *view.Pin // stays when the input changes
	plainBytes []byte    // what the page decompresses
	textBytes  []byte    // the argument of the next call
	inputName  string    // of the dropped file, "" if it is none
	// inputFormat is what the person says it is, "" to have it recognised.
	inputFormat string
)

func main() { select {} } // the exports are called from outside

//go:wasmexport input
func input(n int32) (ptr unsafe.Pointer) {
	if n < 0 || n > maxInputBytes {
		n = 0
	}
	choices, session, plainBytes, inputName, inputFormat = choices[:0], nil, nil, "", ""
	if cap(answer) > maxKeptBytes {
		answer = nil
	}
	if n > maxShortBytes {
		spare = nil
	} else if spare == nil {
		spare = make([]byte, 0, spareBytes)
	}
	if made += bytesPerInput * int(n); made > maxMadeBytes {
		made = 0
		runtime.GC()
	}
	if int(n) <= cap(inputBytes) && cap(inputBytes) > 0 && cap(inputBytes) <= maxKeptBytes {
		inputBytes = inputBytes[:n]
	} else {
		inputBytes = make([]byte, n, max(n, 1<<16))
	}
	return unsafe.Pointer(unsafe.SliceData(inputBytes))
}

// maxInputBytes is what fits comfortably into a 32-bit address space with the
// tree that grows out of it; maxChoices bounds what a page may ask for, and
// maxKeptBytes what stays allocated for the next input.
const (
	maxInputBytes = 256 << 20
	maxPlainBytes = 64 << 20
	maxChoices    = 1 << 12
	maxKeptBytes  = 16 << 20
	maxKeptRows   = 1 << 18

	maxShortBytes = 4 << 20
	spareBytes    = 32 << 20

	// What a reading allocates, as told by what it reads and answers.
	bytesPerInput  = 4
	bytesPerAnswer = 3
	maxMadeBytes   = 20 << 20
)

// made is about how many bytes have been allocated since the last collection.
var made int

// spare is never written to. It counts as memory in use, so that the collector
// waits until as much is garbage. Its work is done between two inputs: once it
// has begun it goes on until the answer is made, and all pointers that are
// stored until then are told to it, which takes a quarter of the time.
var spare []byte

//go:wasmexport choose
func choose(frame, side, key, version int32) {
	if len(choices) < maxChoices {
		choices = append(choices, view.Choice{Frame: int(frame), Side: int(side), Key: int(key), Version: int(version)})
	}
}

//go:wasmexport decode
func decode() (ptr unsafe.Pointer) {
	defer recovered(&ptr)
	return reply(block(drawing().Doc(choices)))
}

// block lays out what there is to draw, and keeps the room of its rows.
func block(d *view.Doc) []byte {
	out := d.AppendBlock(prefix())
	if cap(d.Nodes) <= maxKeptRows {
		rows = d.Nodes[:0]
	}
	return out
}

// opened is the session of the input, which is read when it is first asked for.
func opened() *view.Session {
	if session == nil {
		session = view.OpenAs(inputFormat, inputBytes, inputName)
	}
	return session
}

// drawing is opened for a Doc, whose rows take the room of those of the last answer.
func drawing() *view.Session {
	s := opened()
	s.Room, rows = rows, nil
	return s
}

// bytes is where the bytes lie that offsets count in; the block has their number.
//
//go:wasmexport bytes
func bytes() unsafe.Pointer {
	if session == nil {
		return nil
	}
	return unsafe.Pointer(unsafe.SliceData(session.Bytes()))
}

// forget takes back all choices.
//
//go:wasmexport forget
func forget() { choices = choices[:0] }

// packed makes room for n compressed bytes and m plain ones, or for the m bytes
// of the reason why there are none; the page fills it in and calls unpacked.
//
//go:wasmexport packed
func packed(n, m int32) unsafe.Pointer {
	if n < 0 || m < 0 || n > maxInputBytes || m > maxPlainBytes {
		n, m = 0, 0
	}
	plainBytes = make([]byte, n+m, max(n+m, 1))
	return unsafe.Pointer(unsafe.SliceData(plainBytes))
}

//go:wasmexport unpacked
func unpacked(n, failed int32) {
	if session == nil || n < 0 || int(n) > len(plainBytes) {
		return
	}
	if failed != 0 {
		session.Decompressed(plainBytes[:n], nil, string(plainBytes[n:]))
	} else {
		session.Decompressed(plainBytes[:n], plainBytes[n:], "")
	}
	plainBytes = nil
}

// room is how many plain bytes may still come.
//
//go:wasmexport room
func room() int32 {
	if session == nil {
		return 0
	}
	return int32(session.PlainRoom())
}

// recovered answers with a problem where a panic would end the program, and
// with it the page's engine.
func recovered(ptr *unsafe.Pointer) {
	if r := recover(); r != nil {
		*ptr = reply((&view.Doc{Input: view.Problem{Text: "internal error: " + panicText(r)}}).AppendBlock(prefix()))
	}
}

//go:wasmexport apis
func apis() (ptr unsafe.Pointer) {
	defer func() {
		if recover() != nil {
			ptr = reply(prefix())
		}
	}()
	return reply(view.AppendLists(prefix()))
}

// prefix starts an answer with room for its length.
func prefix() []byte { return append(answer[:0], 0, 0, 0, 0) }

func reply(b []byte) unsafe.Pointer {
	made += bytesPerAnswer * len(b)
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
