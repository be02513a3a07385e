package main

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/segmentio/kafka-go/protocol"
)

// theirs is a message of kmsg: a request or a response.
type theirs interface {
	SetVersion(int16)
	AppendTo([]byte) []byte
	ReadFrom([]byte) error
	UnsafeReadFrom([]byte) error
}

// message is a task's message in each codec's own type.
type message struct {
	name    string
	version int16
	value   wire.Message
	ours    func() wire.Message
	theirs  func() theirs
	// segmentio/kafka-go's highest version is lower; 0 if it is left out.
	segmentioVersion int16
}

func response[T any, P interface {
	*T
	theirs
}]() theirs {
	return P(new(T))
}

// decodeRow and encodeRow are the two tasks on a message.
func (m *message) decodeRow() *row {
	src := m.bytes()
	again := func(v interface{ AppendTo([]byte) []byte }) error { return same(v.AppendTo(nil), src) }
	r := &row{task: fmt.Sprintf("%s v%d decode", m.name, m.version), bytes: len(src)}

	r.add(kwireFresh, "", func() error {
		v := m.ours()
		_, err := v.DecodeFrom(src, m.version, nil)
		must(err)
		return sameMessage(v, m.version, src)
	}, func() {
		_, err := m.ours().DecodeFrom(src, m.version, nil)
		must(err)
	})
	reused, alias := m.ours(), &wire.DecodeOptions{Alias: true}
	r.add(kwireReused, "", func() error {
		for range 2 {
			_, err := reused.DecodeFrom(src, m.version, alias)
			must(err)
		}
		return sameMessage(reused, m.version, src)
	}, func() {
		_, err := reused.DecodeFrom(src, m.version, alias)
		must(err)
	})
	r.add(kmsgFresh, "", func() error {
		v := m.theirs()
		v.SetVersion(m.version)
		must(v.ReadFrom(src))
		return again(v)
	}, func() {
		v := m.theirs()
		v.SetVersion(m.version)
		must(v.ReadFrom(src))
	})
	theirReused := m.theirs()
	theirReused.SetVersion(m.version)
	r.add(kmsgReused, "", func() error {
		must(theirReused.UnsafeReadFrom(src))
		must(theirReused.UnsafeReadFrom(src))
		return again(theirReused)
	}, func() {
		must(theirReused.UnsafeReadFrom(src))
	})
	if v := m.segmentioVersion; v > 0 {
		frame, key := m.frame(v), protocol.ApiKey(m.value.MessageKey())
		in := bytes.NewReader(nil)
		read := func() protocol.Message {
			in.Reset(frame)
			_, got, err := protocol.ReadResponse(in, key, v)
			must(err)
			return got
		}
		r.add(segmentio, fmt.Sprintf("v%d", v), func() error {
			var out bytes.Buffer
			must(protocol.WriteResponse(&out, v, correlationID, read()))
			return same(out.Bytes(), frame)
		}, func() { read() })
	}
	return r
}

func (m *message) encodeRow() *row {
	want := m.bytes()
	r := &row{task: fmt.Sprintf("%s v%d encode", m.name, m.version), bytes: len(want)}
	var ours, others []byte
	encode := func() {
		var err error
		ours, err = m.value.AppendTo(ours[:0], m.version)
		must(err)
	}
	r.add(kwireReused, "", func() error { encode(); return same(ours, want) }, encode)
	v := m.theirs()
	v.SetVersion(m.version)
	must(v.ReadFrom(want))
	encodeTheirs := func() { others = v.AppendTo(others[:0]) }
	r.add(kmsgFresh, "", func() error { encodeTheirs(); return same(others, want) }, encodeTheirs)
	if version := m.segmentioVersion; version > 0 {
		frame := m.frame(version)
		_, value, err := protocol.ReadResponse(bytes.NewReader(frame), protocol.ApiKey(m.value.MessageKey()), version)
		must(err)
		var out bytes.Buffer
		write := func() {
			out.Reset()
			must(protocol.WriteResponse(&out, version, correlationID, value))
		}
		r.add(segmentio, fmt.Sprintf("v%d", version), func() error { write(); return same(out.Bytes(), frame) }, write)
	}
	return r
}

func (r *row) add(name, note string, check func() error, op func()) {
	r.contenders = append(r.contenders, &contender{name: name, note: note, check: check, op: op})
}

func (m *message) bytes() []byte {
	b, err := m.value.AppendTo(nil, m.version)
	must(err)
	return b
}

const correlationID = 7

// frame is the message as a response with a size and a header without tags, which is what segmentio's codec reads.
func (m *message) frame(version int16) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 4), correlationID)
	b, err := m.value.AppendTo(b, version)
	must(err)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

func sameMessage(m wire.Message, version int16, want []byte) error {
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
