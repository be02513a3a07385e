//go:build js && wasm

package main

import (
	"encoding/binary"
	"unsafe"

	"github.com/kwire-project/kafka/wasm/view"
)

// text makes room for the argument of the next call: n bytes of UTF-8, or of anything.
//
//go:wasmexport text
func text(n int32) unsafe.Pointer {
	if n < 0 || n > maxInputBytes {
		n = 0
	}
	textBytes = make([]byte, n, max(n, 1))
	return unsafe.Pointer(unsafe.SliceData(textBytes))
}

//go:wasmexport named
func named() { inputName = string(textBytes) }

//go:wasmexport formatted
func formatted() { inputFormat = string(textBytes) }

// Questions, as ask has them.
const (
	askOpen = iota
	askEdit
	askRoundTrip
	askHow
	askJSON
	askPin
	askCompare
	askVersions
	askSkim
	askReplay
	askFind
	askTexts
	askPlaces
	askPacked
	askDrop
)

// ask answers a question; a negative length −1−n comes before the n bytes of
// the reason why there is no answer.
//
//go:wasmexport ask
func ask(what, a, b, c, d int32) (ptr unsafe.Pointer) {
	defer func() {
		if r := recover(); r != nil {
			ptr = refuse("internal error: " + panicText(r))
		}
	}()
	s, out, reason := opened(), prefix(), ""
	switch what {
	case askOpen:
		out = block(drawing().Frame(int(a), choices))
	case askEdit:
		out = block(drawing().Edit(int(a), int(b), int(c), int(d), textBytes, choices))
	case askRoundTrip:
		out = binary.LittleEndian.AppendUint32(out, uint32(s.RoundTrip(int(a))))
	case askVersions:
		out = view.AppendVersions(out, int(a), int(b))
	case askHow:
		out, reason = s.AppendHow(out, int(a), int(b))
	case askJSON:
		out, reason = s.AppendJSON(out, int(a))
	case askPin:
		pinned = s.Pin(int(a))
		if pinned == nil && a >= 0 {
			reason = "this is no message of Kafka's"
		}
	case askCompare:
		out, reason = s.AppendCompare(out, pinned, int(a))
	case askSkim:
		out = s.AppendSkim(out, int(a), int(b))
	case askReplay:
		var d *view.Doc
		if d, reason = s.Replay(int64(uint32(b)) | int64(c)<<32); d != nil {
			out = d.AppendBlock(out)
		}
	case askFind:
		out = s.AppendFound(out, textBytes)
	case askTexts:
		out, reason = s.AppendTexts(out, int(a), textBytes)
	case askPlaces:
		out, reason = s.AppendPlaces(out, int(a), int(b))
	case askPacked:
		out = s.Packed(a != 0).AppendBlock(out)
	case askDrop:
		s.Drop()
	default:
		reason = "not available"
	}
	if reason != "" {
		return refuse(reason)
	}
	return reply(out)
}

func refuse(reason string) unsafe.Pointer {
	ptr := reply(append(prefix(), reason...))
	binary.LittleEndian.PutUint32(answer, ^uint32(len(reason)))
	return ptr
}
