package kwire

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/coord"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Header is what stands before every request.
type Header struct {
	APIKey        APIKey
	APIVersion    int16             // of the body; the answer has the same
	CorrelationID int32             // any number; the answer carries the same
	ClientID      wire.Null[string] // the client's name for logs and quotas; ControlledShutdown v0 has none
	Unknown       *wire.Tags        // tagged fields of header v2; nil if none
}

// Request is a decoded request.
type Request struct {
	Header Header
	Body   wire.Message // *api.FetchRequest, …; nil if the API is not known
}

// Response is a decoded response.
type Response struct {
	CorrelationID int32        // of the request that it answers
	Unknown       *wire.Tags   // tagged fields of header v1; nil if none
	Version       int16        // version of Body
	Body          wire.Message // *api.FetchResponse, …; nil if the API is not known
}

// New returns a new message by Kafka's name of it ("FetchRequest", "TopicRecord"), in any release
// that kwire knows, or nil. It links every message.
func New(name string) wire.Message {
	for _, find := range []func(string) wire.Message{api.ByName, meta.ByName, coord.ByName} {
		if m := find(name); m != nil {
			return m
		}
	}
	return nil
}

// FrameSizeBytes is the length of the size that stands before every request and response: an int32,
// big-endian, that does not count itself.
const FrameSizeBytes = 4

// NextFrame splits the first frame off b: payload is what follows its size, rest what follows the
// frame. If b ends within the frame the error is an io.ErrUnexpectedEOF; if b is empty, io.EOF.
func NextFrame(b []byte) (payload, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, io.EOF
	}
	if len(b) < FrameSizeBytes {
		return nil, b, &Error{Offset: 0, Path: "size", Err: io.ErrUnexpectedEOF, Detail: "4 bytes wanted, " + strconv.Itoa(len(b)) + " left"}
	}
	n := int(int32(binary.BigEndian.Uint32(b)))
	if n < 0 {
		return nil, b, &Error{Offset: 0, Path: "size", Err: wire.ErrValue, Detail: "frame of " + strconv.Itoa(n) + " bytes"}
	}
	if n > len(b)-FrameSizeBytes {
		return nil, b, &Error{Offset: 0, Path: "size", Err: io.ErrUnexpectedEOF,
			Detail: "frame of " + strconv.Itoa(n) + " bytes, " + strconv.Itoa(len(b)-FrameSizeBytes) + " left"}
	}
	return b[FrameSizeBytes : FrameSizeBytes+n : FrameSizeBytes+n], b[FrameSizeBytes+n:], nil
}

// DecodeHeader reads the header of a request, given what follows the frame's size, and returns
// where the body starts. The API and its version need not be known.
func DecodeHeader(payload []byte) (Header, int, error) {
	if len(payload) < 4 {
		return Header{}, 0, &Error{Message: "RequestHeader", Offset: 0, Err: io.ErrUnexpectedEOF,
			Detail: "4 bytes wanted, " + strconv.Itoa(len(payload)) + " left"}
	}
	key := APIKey(binary.BigEndian.Uint16(payload))
	version := int16(binary.BigEndian.Uint16(payload[2:]))
	var h api.RequestHeader
	// Bytes left over are the body: only a lenient reader lets them be, and a header has nothing
	// else that leniency changes but the tagged fields.
	n, err := h.DecodeFrom(payload, RequestHeaderVersion(key, version), &DecodeOptions{Lenient: true})
	if err != nil {
		return Header{}, 0, err
	}
	return Header{APIKey: key, APIVersion: version, CorrelationID: h.CorrelationID, ClientID: h.ClientID, Unknown: h.Unknown}, n, nil
}

// DecodeRequest reads a request of any API, given what follows the frame's size. If its API or version
// is not known, or its body is damaged, the header is there beside the error. Bytes in the request share
// payload's memory. The error is an *Error whose offset counts from the start of payload.
func DecodeRequest(payload []byte) (Request, error) { return DecodeRequestWith(payload, nil) }

// DecodeRequestWith is DecodeRequest with options.
func DecodeRequestWith(payload []byte, o *DecodeOptions) (Request, error) {
	h, n, err := DecodeHeader(payload)
	if err != nil {
		return Request{}, err
	}
	req := Request{Header: h, Body: NewRequest(h.APIKey)}
	if req.Body == nil {
		return req, &Error{Message: h.APIKey.String(), Version: h.APIVersion, Offset: 0, Err: ErrUnsupportedVersion, Detail: "unknown API key"}
	}
	if _, err := req.Body.DecodeFrom(payload[n:], h.APIVersion, o); err != nil {
		return req, shift(err, n)
	}
	return req, nil
}

// DecodeResponse reads a response to a request of the given API and version, given what follows
// the frame's size. The body has that version, except that a broker that does not know the version
// of an ApiVersions request answers in version 0. Bytes in the response share payload's memory. The
// error is an *Error whose offset counts from the start of payload.
func DecodeResponse(payload []byte, key APIKey, version int16) (Response, error) {
	return DecodeResponseWith(payload, key, version, nil)
}

// DecodeResponseWith is DecodeResponse with options.
func DecodeResponseWith(payload []byte, key APIKey, version int16, o *DecodeOptions) (Response, error) {
	resp := Response{Version: version, Body: NewResponse(key)}
	if resp.Body == nil {
		return resp, &Error{Message: key.String(), Version: version, Offset: 0, Err: ErrUnsupportedVersion, Detail: "unknown API key"}
	}
	var h api.ResponseHeader
	n, err := h.DecodeFrom(payload, ResponseHeaderVersion(key, version), &DecodeOptions{Lenient: true})
	if err != nil {
		return resp, err
	}
	resp.CorrelationID, resp.Unknown = h.CorrelationID, h.Unknown
	if body := payload[n:]; key == ApiVersions && len(body) >= 2 && errcode.Code(binary.BigEndian.Uint16(body)) == errcode.UnsupportedVersion {
		resp.Version = 0
	}
	if _, err := resp.Body.DecodeFrom(payload[n:], resp.Version, o); err != nil {
		return resp, shift(err, n)
	}
	return resp, nil
}

// shift makes the offset of a body's error count from the start of the payload.
func shift(err error, by int) error {
	var e *Error
	if errors.As(err, &e) && e.Offset >= 0 {
		e.Offset += by
	}
	return err
}

// AppendRequest appends a whole frame: size, header and body. The header gets the key of body and
// version, whatever h has for them. On failure the error is an *Error and dst is returned as it was.
func AppendRequest(dst []byte, h Header, body wire.Message, version int16) ([]byte, error) {
	key := APIKey(body.MessageKey())
	head := api.RequestHeader{RequestAPIKey: int16(key), RequestAPIVersion: version, CorrelationID: h.CorrelationID, ClientID: h.ClientID, Unknown: h.Unknown}
	return appendFrame(dst, &head, RequestHeaderVersion(key, version), body, version)
}

// AppendResponse appends a whole frame: size, header and body. The correlation id is that of the
// request it answers. On failure the error is an *Error and dst is returned as it was.
func AppendResponse(dst []byte, correlationID int32, body wire.Message, version int16) ([]byte, error) {
	return Response{CorrelationID: correlationID, Version: version, Body: body}.AppendTo(dst)
}

// AppendTo appends the response as a whole frame, as AppendResponse does, with the tagged fields of its header. A
// proxy that has changed the body passes the response on with it.
func (r Response) AppendTo(dst []byte) ([]byte, error) {
	head := api.ResponseHeader{CorrelationID: r.CorrelationID, Unknown: r.Unknown}
	return appendFrame(dst, &head, ResponseHeaderVersion(APIKey(r.Body.MessageKey()), r.Version), r.Body, r.Version)
}

func appendFrame(dst []byte, head wire.Message, headVersion int16, body wire.Message, version int16) ([]byte, error) {
	start, out := len(dst), dst
	if len(dst) == cap(dst) { // a new buffer, to be allocated once
		out = slices.Grow(dst, FrameSizeBytes+head.Size(headVersion)+body.Size(version))
	}
	out, err := head.AppendTo(append(out, 0, 0, 0, 0), headVersion)
	if err != nil {
		return dst, err
	}
	if out, err = body.AppendTo(out, version); err != nil {
		return dst, err
	}
	n := len(out) - start - FrameSizeBytes
	if n > maxFrame {
		return dst, &Error{Message: body.MessageName(), Version: version, Offset: -1, Err: ErrTooLong, Detail: "frame of " + strconv.Itoa(n) + " bytes"}
	}
	binary.BigEndian.PutUint32(out[start:], uint32(n))
	return out, nil
}

// maxFrame is the largest size that a frame can announce.
const maxFrame = 1<<31 - 1
