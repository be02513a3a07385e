package records

import (
	"iter"

	"github.com/kwire-project/kafka/kwire/wire"
)

// Headers are the headers of a record in their encoded form, which they share with the batch. The
// zero value has none. Keys may repeat, and order is kept.
type Headers struct {
	raw []byte
	n   int32
}

// Len returns how many headers there are.
func (h Headers) Len() int { return int(h.n) }

// Bytes returns the encoded headers without their count.
func (h Headers) Bytes() []byte { return h.raw }

// All visits keys and values in order. A null value is nil, an empty one is not.
func (h Headers) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		i := 0
		for range h.n {
			var key, value []byte
			key, i = sized(h.raw, i)
			value, i = sized(h.raw, i)
			if i < 0 {
				panic("kwire: internal: headers were not checked") // only checked bytes get into raw
			}
			if !yield(key, value) {
				return
			}
		}
	}
}

// Get returns the value of the last header with the key, as Kafka's lastHeader does.
func (h Headers) Get(key string) (value []byte, ok bool) {
	for k, v := range h.All() {
		if string(k) == key {
			value, ok = v, true
		}
	}
	return value, ok
}

// Append returns h with one more header; a nil value is null. Like the built-in append it may
// write into h's spare memory. The headers of a record that was read have none.
func (h Headers) Append(key string, value []byte) Headers {
	h.raw = wire.AppendVarint(h.raw, int32(len(key)))
	h.raw = append(h.raw, key...)
	if value == nil {
		h.raw = wire.AppendVarint(h.raw, -1)
	} else {
		h.raw = wire.AppendVarint(h.raw, int32(len(value)))
		h.raw = append(h.raw, value...)
	}
	h.n++
	return h
}

// Reset returns empty headers that keep h's memory for the next Append.
func (h Headers) Reset() Headers { return Headers{raw: h.raw[:0]} }

// sized reads bytes with a varint length before them: −1 is nil. The index becomes bad on failure.
func sized(b []byte, i int) ([]byte, int) {
	n, i := varint(b, i)
	if n == -1 && i >= 0 {
		return nil, i
	}
	if i < 0 || n < 0 || int(n) > len(b)-i {
		return nil, bad
	}
	end := i + int(n)
	return b[i:end:end], end
}

// skipHeaders checks n headers at b[i:] and returns the index after them, or bad.
func skipHeaders(b []byte, i int, n int32) int {
	for ; n > 0; n-- {
		var key []byte
		if key, i = sized(b, i); key == nil {
			return bad // a header's key is never null
		}
		if _, i = sized(b, i); i < 0 {
			return bad
		}
	}
	return i
}
