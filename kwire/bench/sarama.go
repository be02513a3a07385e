package main

import (
	"fmt"
	"unsafe"

	"github.com/IBM/sarama"
)

// sarama exports no codec, so the linker gives us its two functions by their names. What they take is of interface
// types that are not exported either: their values are made with types inferred from an exported field and method.

//go:linkname saramaEncode github.com/IBM/sarama.encode
func saramaEncode(message, metrics words) ([]byte, error)

//go:linkname saramaDecode github.com/IBM/sarama.versionedDecode
func saramaDecode(src []byte, message words, version int16, metrics words) error

// words are what a value of an interface type that has methods consists of.
type words struct{ _, _ unsafe.Pointer }

func saramaEncoder(m any) words { return asField(sarama.RequestResponse{}.Response, m) }

func saramaDecoder(m any) words { return asArgument((*sarama.MockWrapper)(nil).For, m) }

func asField[I any](_ I, m any) words {
	i := m.(I)
	return *(*words)(unsafe.Pointer(&i))
}

func asArgument[I, R any](_ func(I) R, m any) words {
	var i I
	return asField(i, m)
}

// saramaOf returns a new message of sarama.
func saramaOf[T any]() any { return new(T) }

// addSarama adds sarama to the row of decoding, or of encoding, m at the highest version that both have.
func (m *message) addSarama(r *row, decode bool) {
	if m.sarama == nil {
		return
	}
	v, note := m.version, ""
	if m.saramaVersion < v {
		v, note = m.saramaVersion, fmt.Sprintf("v%d", m.saramaVersion)
	}
	src, err := m.value.AppendTo(nil, v)
	must(err)
	read := func() any {
		got := m.sarama()
		must(saramaDecode(src, saramaDecoder(got), v, words{}))
		return got
	}
	value := saramaEncoder(read())
	write := func() []byte {
		b, err := saramaEncode(value, words{})
		must(err)
		return b
	}
	// It keeps arrays as maps and writes them in any order.
	check := func() error { return sameLength(write(), src) }
	if decode {
		r.add(saramaName, note, check, func() { read() })
	} else {
		r.add(saramaName, note, check, func() { write() })
	}
}

func sameLength(got, want []byte) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d bytes came out, not the %d that went in", len(got), len(want))
	}
	return nil
}
