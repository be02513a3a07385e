package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/segmentio/kafka-go/protocol"

	_ "github.com/segmentio/kafka-go/protocol/apiversions" // registers the message
	_ "github.com/segmentio/kafka-go/protocol/createtopics"
	_ "github.com/segmentio/kafka-go/protocol/joingroup"
	_ "github.com/segmentio/kafka-go/protocol/metadata"
	_ "github.com/segmentio/kafka-go/protocol/offsetcommit"
	_ "github.com/segmentio/kafka-go/protocol/offsetfetch"
)

const (
	correlationID = 7
	clientID      = "bench"
)

// frame is m with its size and header, which is what segmentio/kafka-go reads and writes.
func frame(m wire.Message, version int16) (b []byte) {
	var err error
	if isRequest(m) {
		b, err = kwire.AppendRequest(nil, kwire.Header{CorrelationID: correlationID, ClientID: wire.Some(clientID)}, m, version)
	} else {
		b, err = kwire.AppendResponse(nil, correlationID, m, version)
	}
	must(err)
	return b
}

func isRequest(m wire.Message) bool { return strings.HasSuffix(m.MessageName(), "Request") }

func readSegmentio(in io.Reader, m wire.Message, version int16) (got protocol.Message) {
	var err error
	if isRequest(m) {
		_, _, _, got, err = protocol.ReadRequest(in)
	} else {
		_, got, err = protocol.ReadResponse(in, protocol.ApiKey(m.MessageKey()), version)
	}
	must(err)
	return got
}

func writeSegmentioTo(out io.Writer, m wire.Message, version int16, value protocol.Message) {
	if isRequest(m) {
		must(protocol.WriteRequest(out, version, correlationID, clientID, value))
	} else {
		must(protocol.WriteResponse(out, version, correlationID, value))
	}
}

// addSegmentio adds segmentio/kafka-go to the row of decoding, or of encoding, m at the highest version that it has.
func (m *message) addSegmentio(r *row, decode bool) {
	v := m.segmentioVersion
	if v == 0 {
		return
	}
	src, in := frame(m.value, v), bytes.NewReader(nil)
	read := func() protocol.Message {
		in.Reset(src)
		return readSegmentio(in, m.value, v)
	}
	var out bytes.Buffer
	value := read()
	write := func() {
		out.Reset()
		writeSegmentioTo(&out, m.value, v, value)
	}
	// It writes null for a string that is empty, which takes as much.
	check := func() error { write(); return sameLength(out.Bytes(), src) }
	if decode {
		r.add(segmentio, fmt.Sprintf("v%d", v), check, func() { read() })
	} else {
		r.add(segmentio, fmt.Sprintf("v%d", v), check, write)
	}
}
