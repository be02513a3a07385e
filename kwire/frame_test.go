package kwire_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

func TestNewByName(t *testing.T) {
	for _, name := range []string{"FetchRequest", "ResponseHeader", "TopicRecord", "OffsetCommitValue"} {
		if m := kwire.New(name); m == nil || m.MessageName() != name {
			t.Errorf("%s: %v", name, m)
		}
	}
	if m := kwire.New("FetschRequest"); m != nil {
		t.Errorf("there is a %s", m.MessageName())
	}
}

// What is wrong with a frame is told with the byte from the start of the payload.
func TestDamagedFrames(t *testing.T) {
	wantErr := func(name string, err error, cause error, text string) {
		t.Helper()
		if !errors.Is(err, cause) || err.Error() != text {
			t.Errorf("%s: have %v\nwant %s", name, err, text)
		}
	}
	_, _, err := kwire.NextFrame([]byte{0, 0, 1})
	wantErr("half a size", err, io.ErrUnexpectedEOF, "kwire: size: offset 0: 4 bytes wanted, 3 left: unexpected EOF")
	_, _, err = kwire.NextFrame([]byte{0xff, 0xff, 0xff, 0xfe, 1})
	wantErr("negative size", err, kwire.ErrValue, "kwire: size: offset 0: frame of -2 bytes: value out of range")
	_, rest, err := kwire.NextFrame([]byte{0, 0, 0, 5, 1})
	wantErr("cut frame", err, io.ErrUnexpectedEOF, "kwire: size: offset 0: frame of 5 bytes, 1 left: unexpected EOF")
	if len(rest) != 5 {
		t.Error("the cut frame is not left to be read again")
	}
	if _, _, err = kwire.NextFrame(nil); err != io.EOF {
		t.Error(err)
	}

	_, err = kwire.DecodeRequest([]byte{0, 18, 0})
	wantErr("no header", err, io.ErrUnexpectedEOF, "kwire: RequestHeader v0: offset 0: 4 bytes wanted, 3 left: unexpected EOF")
	_, err = kwire.DecodeRequest([]byte{0, 18, 0, 0, 0, 0})
	wantErr("half a header", err, io.ErrUnexpectedEOF, "kwire: RequestHeader v1: CorrelationId: offset 4: 4 bytes wanted, 2 left: unexpected EOF")
	req, err := kwire.DecodeRequest([]byte{3, 231, 0, 7, 0, 0, 0, 9, 0xff, 0xff, 1})
	wantErr("unknown API", err, kwire.ErrUnsupportedVersion, "kwire: API 999 v7: offset 0: unknown API key: unsupported version")
	if req.Header.CorrelationID != 9 || req.Body != nil {
		t.Error("the header of an unknown API is not there:", req)
	}
	req, err = kwire.DecodeRequest([]byte{0, 12, 0, 0, 0, 0, 0, 9, 0xff, 0xff, 0, 5, 'g'})
	wantErr("body", err, io.ErrUnexpectedEOF, "kwire: HeartbeatRequest v0: GroupId: offset 10: 5 bytes announced, 1 left: unexpected EOF")
	if req.Header.APIKey != kwire.Heartbeat {
		t.Error(req.Header)
	}

	_, err = kwire.DecodeResponse([]byte{0, 0}, kwire.Heartbeat, 0)
	wantErr("no response header", err, io.ErrUnexpectedEOF, "kwire: ResponseHeader v0: CorrelationId: offset 0: 4 bytes wanted, 2 left: unexpected EOF")
	_, err = kwire.DecodeResponse([]byte{0, 0, 0, 1}, 999, 0)
	wantErr("response of an unknown API", err, kwire.ErrUnsupportedVersion, "kwire: API 999 v0: offset 0: unknown API key: unsupported version")
	_, err = kwire.DecodeResponse([]byte{0, 0, 0, 1, 9}, kwire.Heartbeat, 0)
	wantErr("response body", err, io.ErrUnexpectedEOF, "kwire: HeartbeatResponse v0: ErrorCode: offset 4: 2 bytes wanted, 1 left: unexpected EOF")
	_, err = kwire.DecodeResponse([]byte{0, 0, 0, 1, 0, 9}, kwire.Heartbeat, 99)
	wantErr("response version", err, kwire.ErrUnsupportedVersion, "kwire: HeartbeatResponse v99: version 99: unsupported version")
}

// What cannot be written leaves the buffer as it was.
func TestFramesThatCannotBeWritten(t *testing.T) {
	long := strings.Repeat("x", wire.MaxStringBytes+1)
	body := api.NewHeartbeatRequest()
	for name, write := range map[string]func(dst []byte) ([]byte, error){
		"client id": func(dst []byte) ([]byte, error) {
			return kwire.AppendRequest(dst, kwire.Header{ClientID: wire.Some(long)}, &body, 4)
		},
		"body": func(dst []byte) ([]byte, error) {
			return kwire.AppendRequest(dst, kwire.Header{}, &api.HeartbeatRequest{GroupID: long}, 4)
		},
		"version": func(dst []byte) ([]byte, error) { return kwire.AppendRequest(dst, kwire.Header{}, &body, 99) },
		"response": func(dst []byte) ([]byte, error) {
			return kwire.AppendResponse(dst, 1, &api.HeartbeatResponse{ErrorCode: errcode.None}, 99)
		},
	} {
		out, err := write([]byte("kept"))
		var e *kwire.Error
		if !errors.As(err, &e) || e.Offset != -1 || string(out) != "kept" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

// A broker that has no stable version of an API is not negotiated with.
func TestNegotiateKnownWithoutStableVersions(t *testing.T) {
	if v, ok := kwire.NegotiateKnown(nil, 999); ok || v != 0 {
		t.Error(v, ok)
	}
	answer := api.ApiVersionsResponse{APIKeys: []api.ApiVersionsResponseAPIVersion{{APIKey: int16(kwire.Fetch), MinVersion: 90, MaxVersion: 99}}}
	if v, ok := kwire.NegotiateKnown(&answer, kwire.Fetch); ok {
		t.Error(v)
	}
}

// A message, or a frame, that is written to no buffer gets one of its size: it does not grow step by step.
func TestNewBufferIsAllocatedOnce(t *testing.T) {
	m := api.NewMetadataResponse()
	for range 1000 {
		topic := api.NewMetadataResponseTopic()
		topic.Name = wire.Some("a topic")
		m.Topics = append(m.Topics, topic)
	}
	if n := testing.AllocsPerRun(10, func() {
		if _, err := m.AppendTo(nil, 12); err != nil {
			t.Fatal(err)
		}
	}); n != 1 {
		t.Errorf("%.0f allocations for a message", n)
	}
	const headerToo = 2
	if n := testing.AllocsPerRun(10, func() {
		if _, err := kwire.AppendResponse(nil, 1, &m, 12); err != nil {
			t.Fatal(err)
		}
	}); n > headerToo {
		t.Errorf("%.0f allocations for a frame", n)
	}
}
