package server

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// frame is one request in a connection's queue, or the reason why no further one will come.
type frame struct {
	body   []byte
	memory *grant
	number int64 // counts the connection's frames from 1
	offset int64 // of the size field in the connection's stream
	behind int   // bytes that had already arrived behind this frame and do not look like another one

	last bool  // no frame: the connection ends here
	bad  error // and why, if the peer is to blame
}

// peerError is a fault of what a peer sent: what was wrong, at which byte, and what may help.
type peerError struct {
	offset int64 // in the frame, its size field included
	why    string
	hint   string
}

func (e *peerError) Error() string { return fmt.Sprintf("byte %d: %s", e.offset, e.why) }

// checkSize judges the first four bytes of a frame.
func checkSize(field []byte, limit int32) (int, *peerError) {
	size := int32(binary.BigEndian.Uint32(field))
	switch {
	case size > limit:
		return 0, &peerError{why: fmt.Sprintf("the size field (% x) says %d bytes, more than socket.request.max.bytes (%d)", field, size, limit), hint: guessProtocol(field)}
	case size < 0:
		return 0, &peerError{why: fmt.Sprintf("the size field (% x) says %d bytes, which is negative", field, size), hint: guessProtocol(field)}
	case size < headBytes:
		return 0, &peerError{why: fmt.Sprintf("the size field (% x) says %d bytes, and no request is shorter than %d", field, size, headBytes),
			hint: "the size counts everything behind its own four bytes: api key, version, correlation id, client id and the body"}
	}
	return int(size), nil
}

// guessProtocol explains a size field that is the beginning of something else.
func guessProtocol(field []byte) string {
	if field[0] == 0x16 && field[1] == 0x03 {
		return "this is how TLS begins: the listener is PLAINTEXT, so the client must not use TLS"
	}
	for _, b := range field {
		if b < ' ' || b > '~' {
			return "a frame begins with its size: four bytes, the most significant first"
		}
	}
	switch string(field) {
	case "GET ", "POST", "HEAD", "PUT ", "OPTI", "PRI ":
		return fmt.Sprintf("the bytes are the text %q: an HTTP client has dialled a Kafka port", field)
	}
	return fmt.Sprintf("the bytes are the text %q; a frame begins with its size: four bytes, the most significant first", field)
}

// readFrame reads the next frame. io.EOF means that the peer ended the connection between two frames, errIdle that
// nothing came in time; a peerError that this frame cannot be accepted.
func (c *conn) readFrame() (frame, error) {
	f := frame{number: c.frames + 1, offset: c.offset}
	if err := c.awaitFrame(); err != nil {
		return f, err
	}
	var field [sizeBytes]byte
	if n, err := c.readFull(field[:]); err != nil {
		return f, c.cutShort(n, -1, err)
	}
	size, bad := checkSize(field[:], c.s.cfg.SocketRequestMaxBytes)
	if bad != nil {
		return f, bad
	}
	head, err := c.peekHead(size)
	if err != nil {
		return f, err
	}
	key, version := int16(binary.BigEndian.Uint16(head)), int16(binary.BigEndian.Uint16(head[2:]))
	if err := c.s.handler.Check(key, version); err != nil {
		return f, &peerError{offset: max(offsetOf(err), sizeBytes), why: err.Error(), hint: hintOf(err)}
	}
	if !c.awaitTurn(size) {
		return f, errStopped
	}
	if err := c.readBody(&f, size); err != nil {
		if f.memory != nil {
			f.memory.giveBack()
		}
		return f, err
	}
	c.frames++
	c.offset += int64(sizeBytes + size)
	f.behind = c.strayBytes()
	return f, nil
}

// strayBytes counts what has arrived behind a frame if it does not begin like a frame. It tells a size field that is
// too small from pipelining.
func (c *conn) strayBytes() int {
	n := c.in.Buffered()
	if n < sizeBytes {
		return n
	}
	field, _ := c.in.Peek(sizeBytes) // these bytes are in the buffer
	if _, bad := checkSize(field, c.s.cfg.SocketRequestMaxBytes); bad != nil {
		return n
	}
	return 0
}

var (
	errIdle    = errors.New("no request in time")
	errStopped = errors.New("the connection is being closed")
)

// awaitFrame blocks until the first byte of a frame is there. A connection that waits for an answer is not idle, and
// neither is one that has just been given one.
func (c *conn) awaitFrame() error {
	if c.in.Buffered() > 0 {
		return nil
	}
	idle := time.Duration(c.s.cfg.ConnectionsMaxIdleMs) * time.Millisecond
	for {
		var deadline time.Time
		if idle >= 0 {
			deadline = c.activeUntil(idle)
		}
		if !c.setReadDeadline(deadline) {
			return errStopped
		}
		_, err := c.in.Peek(1)
		if err == nil {
			return nil
		}
		if c.stopped() {
			return errStopped
		}
		if isTimeout(err) {
			if time.Now().Before(c.activeUntil(idle)) {
				continue
			}
			return errIdle
		}
		return err
	}
}

// peekHead returns the first bytes behind the size field without consuming them.
func (c *conn) peekHead(size int) ([]byte, error) {
	for {
		if !c.setReadDeadline(time.Now().Add(c.s.limits.stall)) {
			return nil, errStopped
		}
		had := c.in.Buffered()
		head, err := c.in.Peek(headBytes)
		if err == nil {
			return head, nil
		}
		if !isTimeout(err) || c.in.Buffered() == had {
			return nil, c.cutShort(sizeBytes+c.in.Buffered(), size, err)
		}
	}
}

// readBody reads size bytes. What it allocates is paid for by what has arrived: a client that declares 100 MiB and
// sends 14 bytes gets the first chunk and no more.
func (c *conn) readBody(f *frame, size int) error {
	f.memory = &grant{from: c.s.bulk}
	if size <= c.s.limits.smallFrame {
		f.memory.from = c.s.small
	}
	var body []byte
	for got := 0; got < size; got = len(body) {
		capacity := min(size, max(c.s.limits.firstChunk, got*c.s.limits.growth))
		if !f.memory.take(capacity-got, c.stopped) {
			return errStopped
		}
		larger := make([]byte, capacity)
		copy(larger, body)
		body = larger
		if n, err := c.readFull(body[got:]); err != nil {
			return c.cutShort(sizeBytes+got+n, size, err)
		}
	}
	f.body = body
	return nil
}

// readFull fills p. The deadline moves with every byte that arrives: a slow peer is served, one that stops is not.
func (c *conn) readFull(p []byte) (n int, err error) {
	for n < len(p) {
		if c.in.Buffered() == 0 && !c.setReadDeadline(time.Now().Add(c.s.limits.stall)) {
			return n, errStopped
		}
		m, err := c.in.Read(p[n:])
		n += m
		if err != nil && n < len(p) {
			return n, err
		}
	}
	return n, nil
}

// cutShort turns the end of the stream inside a frame into a fault of the peer. received counts the frame's bytes with
// the size field; size is what that field says, or -1 while it is not complete.
func (c *conn) cutShort(received, size int, err error) error {
	if c.stopped() {
		return errStopped
	}
	var what string
	switch {
	case isTimeout(err):
		what = fmt.Sprintf("nothing more came for %s", c.s.limits.stall)
	case errors.Is(err, io.EOF):
		what = "the client ended the connection"
	default:
		return err // reset by the peer: nobody to tell, nothing to learn
	}
	bad := &peerError{offset: int64(received)}
	if size < 0 {
		bad.why = fmt.Sprintf("%s inside the size field", what)
		bad.hint = "a frame begins with its size: four bytes, the most significant first"
	} else {
		bad.why = fmt.Sprintf("%s after %d of the %d bytes that the size field declares", what, received-sizeBytes, size)
		bad.hint = "the size counts everything behind its own four bytes, and nothing else"
	}
	return bad
}

// isTimeout says that a read or write ran into its deadline.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
