package handle

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Dispatcher finds the function for a request and stands between its typed messages and the bytes.
type Dispatcher struct {
	broker *Broker
	rows   []row          // in the order of keys
	byKey  map[int16]*row // into rows
}

// New returns the dispatcher of a broker.
func New(b *Broker) *Dispatcher {
	b.fetchSessions = newFetchSessions(int(b.Config.MaxIncrementalFetchSessionCacheSlots))
	return newDispatcher(b, rows())
}

func newDispatcher(b *Broker, rows []row) *Dispatcher {
	d := &Dispatcher{broker: b, rows: rows, byKey: map[int16]*row{}}
	for i := range rows {
		r := &rows[i]
		if i > 0 && rows[i-1].key >= r.key {
			panic(fmt.Sprintf("handle: internal: %s is not in the order of keys", r.key))
		}
		d.byKey[int16(r.key)] = r
	}
	return d
}

// lenient is how requests are read: as Kafka's broker reads them, which lets some things pass that its clients never
// write. Strings alias the frame, which is not reused; a handler clones those that outlive the request, since one of them
// keeps the whole frame.
var lenient = kwire.DecodeOptions{Lenient: true, Alias: true, Limits: wire.Limits{MaxElements: maxRequestElements}}

// maxRequestElements bounds the elements of all arrays of one request together, and with them the answer that is made
// of them. Kafka takes as many in each array (MessageUtil.MAX_ARRAY_LENGTH).
const maxRequestElements = 1_000_000

// serveFunc answers a request whose body begins at body[0], appending header and body of the response to dst.
type serveFunc func(c *Context, body, dst []byte) ([]byte, error)

// message is a pointer to a generated struct.
type message[T any] interface {
	*T
	wire.Message
}

// answer makes a serveFunc of a handler. A nil response without an error means that the client wants no answer.
func answer[Req, Resp any, Q message[Req], A message[Resp]](handler func(*Context, Q) (A, error)) serveFunc {
	return func(c *Context, body, dst []byte) ([]byte, error) {
		var req Req
		if _, err := Q(&req).DecodeFrom(body, c.Version, &lenient); err != nil {
			return dst, err
		}
		resp, err := handler(c, &req)
		if err != nil || resp == nil {
			return dst, err
		}
		return c.respond(dst, resp, c.Version)
	}
}

// respond appends the response's header and body.
func (c *Context) respond(dst []byte, body wire.Message, version int16) ([]byte, error) {
	head := api.ResponseHeader{CorrelationID: c.correlationID}
	out, err := head.AppendTo(dst, kwire.ResponseHeaderVersion(c.Key, c.Version))
	if err != nil {
		return dst, err
	}
	return body.AppendTo(out, version)
}

// Refusal is why a request gets no answer but the end of its connection.
type Refusal struct {
	Key     kwire.APIKey
	Version int16
	Offset  int // in the frame, not counting its size field
	Why     string
	hint    string
	Err     error // the cause, if there is one besides Why
}

func (r *Refusal) Error() string { return r.Why }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// FrameOffset returns where in the frame the fault is, not counting the size field.
func (r *Refusal) FrameOffset() int64 { return int64(r.Offset) }

// Hint returns advice for whoever wrote the client.
func (r *Refusal) Hint() string { return r.hint }

// Check says whether a request of that key and version is served. Every version of ApiVersions is, since the answer to
// an unknown one is how clients find a version that both know.
func (d *Dispatcher) Check(key, version int16) error {
	const hint = "ApiVersions (key 18) tells a client which keys and versions a broker serves"
	k := kwire.APIKey(key)
	r := d.byKey[key]
	switch {
	case r == nil && !k.Known():
		return &Refusal{Key: k, Version: version, Why: fmt.Sprintf("there is no api key %d", key),
			hint: "a frame is size, api key, api version, correlation id, client id and body: is something missing before this?"}
	case r == nil:
		return &Refusal{Key: k, Version: version, Why: fmt.Sprintf("api key %d (%s) is not served", key, k), hint: hint}
	case k != kwire.ApiVersions && (version < r.min || version > r.max):
		return &Refusal{Key: k, Version: version, Offset: 2, Why: fmt.Sprintf("version %d of %s is not served, %d to %d are", version, k, r.min, r.max), hint: hint}
	}
	return nil
}

// Serve answers one request: frame is what follows its size field. It appends the response to dst, or nothing if the
// client wants no answer. The error is a *Refusal, a context's error, or a fault of ours.
func (d *Dispatcher) Serve(ctx context.Context, conn *Conn, frame, dst []byte) ([]byte, error) {
	if len(frame) < 4 {
		return dst, &Refusal{Offset: len(frame), Why: fmt.Sprintf("a frame of %d bytes has no request header", len(frame))}
	}
	key, version := int16(binary.BigEndian.Uint16(frame)), int16(binary.BigEndian.Uint16(frame[2:]))
	if err := d.Check(key, version); err != nil {
		return dst, err
	}
	r := d.byKey[key]
	var head api.RequestHeader
	n, err := head.DecodeFrom(frame, kwire.RequestHeaderVersion(r.key, version), &lenient)
	if err != nil {
		return dst, undecodable(r.key, version, frame, 0, err)
	}
	c := &Context{
		Context: ctx, Broker: d.broker, Conn: conn, Key: r.key, Version: version, ClientID: head.ClientID.V,
		dispatcher: d, correlationID: head.CorrelationID,
	}
	if version < r.min || version > r.max {
		return c.respond(dst, unsupportedApiVersions(r), 0)
	}
	out, err := r.serve(c, frame[n:], dst)
	var bad *wire.Error
	if errors.As(err, &bad) {
		return dst, undecodable(r.key, version, frame[n:], n, err)
	}
	return out, err
}

// maxNamedBytes bounds the requests that are read a second time to name the field at fault.
const maxNamedBytes = 1 << 20

// undecodable turns a codec's error about src, which begins at the given byte of the frame, into a Refusal. An error
// without an offset comes from writing our own answer; it says so, and the connection ends all the same.
func undecodable(key kwire.APIKey, version int16, src []byte, at int, err error) *Refusal {
	refusal := &Refusal{Key: key, Version: version, Offset: -1, Err: err,
		Why: "the answer cannot be written: " + strings.TrimPrefix(err.Error(), "kwire: ")}
	var bad *wire.Error
	if !errors.As(err, &bad) || bad.Offset < 0 {
		return refusal
	}
	refusal.Offset = at + bad.Offset
	refusal.hint = "compare the bytes with the schema of that version, field by field"
	why := fmt.Sprintf("%s v%d cannot be read: ", bad.Message, bad.Version)
	path := bad.Path
	if path == "" && len(src) <= maxNamedBytes {
		path = inspect.PathAt(bad.Message, bad.Version, src, bad.Offset)
	}
	if path != "" {
		why += path + ": "
	}
	if bad.Detail != "" {
		why += bad.Detail + ": "
	}
	refusal.Why = why + bad.Err.Error()
	return refusal
}
