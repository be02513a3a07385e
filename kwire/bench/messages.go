package main

import (
	"bytes"
	"fmt"

	"github.com/kwire-project/kafka/kwire/wire"
)

// kmsgMessage is a request or a response of kmsg.
type kmsgMessage interface {
	SetVersion(int16)
	AppendTo([]byte) []byte
	ReadFrom([]byte) error
	UnsafeReadFrom([]byte) error
}

// message is a task's message, and how to make one in each codec's own type.
type message struct {
	version int16
	value   wire.Message
	kwire   func() wire.Message
	kmsg    func() kmsgMessage
	sarama  func() any
	// The highest versions of sarama and segmentio/kafka-go.
	saramaVersion, segmentioVersion int16
}

func kwireOf[T any, P interface {
	*T
	wire.Message
}]() wire.Message {
	return P(new(T))
}

func kmsgOf[T any, P interface {
	*T
	kmsgMessage
}]() kmsgMessage {
	return P(new(T))
}

func (m *message) task(what string) string {
	return fmt.Sprintf("%s v%d %s", m.value.MessageName(), m.version, what)
}

func (m *message) bytes() []byte {
	b, err := m.value.AppendTo(nil, m.version)
	must(err)
	return b
}

func (m *message) decodeRow() *row {
	src := m.bytes()
	r := &row{task: m.task("decode"), bytes: len(src)}
	read := func(into wire.Message, o *wire.DecodeOptions) wire.Message {
		_, err := into.DecodeFrom(src, m.version, o)
		must(err)
		return into
	}
	r.add(kwireFresh, "", func() error { return sameKwire(read(m.kwire(), nil), m.version, src) }, func() { read(m.kwire(), nil) })
	reused, alias := m.kwire(), &wire.DecodeOptions{Alias: true}
	r.add(kwireReused, "", func() error {
		read(reused, alias)
		return sameKwire(read(reused, alias), m.version, src)
	}, func() { read(reused, alias) })

	readKmsg := func() kmsgMessage {
		v := m.kmsg()
		v.SetVersion(m.version)
		must(v.ReadFrom(src))
		return v
	}
	r.add(kmsgFresh, "", func() error { return same(readKmsg().AppendTo(nil), src) }, func() { readKmsg() })
	reusedKmsg := readKmsg()
	r.add(kmsgReused, "", func() error {
		must(reusedKmsg.UnsafeReadFrom(src))
		return same(reusedKmsg.AppendTo(nil), src)
	}, func() { must(reusedKmsg.UnsafeReadFrom(src)) })
	m.addSarama(r, true)
	m.addSegmentio(r, true)
	return r
}

func (m *message) encodeRow() *row {
	want := m.bytes()
	r := &row{task: m.task("encode"), bytes: len(want)}
	var ours, theirs []byte
	write := func() {
		var err error
		ours, err = m.value.AppendTo(ours[:0], m.version)
		must(err)
	}
	r.add(kwireReused, "", func() error { write(); return same(ours, want) }, write)
	v := m.kmsg()
	v.SetVersion(m.version)
	must(v.ReadFrom(want))
	writeKmsg := func() { theirs = v.AppendTo(theirs[:0]) }
	r.add(kmsgFresh, "", func() error { writeKmsg(); return same(theirs, want) }, writeKmsg)
	m.addSarama(r, false)
	m.addSegmentio(r, false)
	return r
}

func sameKwire(m wire.Message, version int16, want []byte) error {
	b, err := m.AppendTo(nil, version)
	if err != nil {
		return err
	}
	return same(b, want)
}

func same(got, want []byte) error {
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%d bytes came out, not the %d that went in", len(got), len(want))
	}
	return nil
}
