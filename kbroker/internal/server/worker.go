package server

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/kwire-project/kafka/capture"
)

// answers keeps buffers for answers. Only the worker that took one uses it, from before Serve until after the write.
var answers = sync.Pool{New: func() any { return new([]byte) }}

// work answers the queued frames in order and ends when there are none left, or when the connection is refused.
func (c *conn) work() {
	buffer := answers.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= c.s.limits.keptBuffer {
			answers.Put(buffer)
		}
	}()
	for {
		f, ok := c.next()
		if !ok {
			return
		}
		if f.last {
			if f.bad != nil {
				c.blame(f, f.bad)
				c.refuse()
				return
			}
			continue
		}
		if !c.answer(f, buffer) {
			c.refuse()
			return
		}
	}
}

// answer serves one frame and writes the answer. It returns false when the connection cannot go on.
func (c *conn) answer(f frame, buffer *[]byte) bool {
	out, err := c.serve(f, append((*buffer)[:0], 0, 0, 0, 0))
	if err == nil && len(out) > sizeBytes {
		c.show(capture.SideBroker, f.body, out[sizeBytes:])
	}
	// Before the write: a peer that is slow to read its answer must not hold the memory that others wait for.
	f.release()
	if err != nil {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			c.blame(f, err)
		}
		return false
	}
	*buffer = out
	if len(out) == sizeBytes {
		return true // wants no answer
	}
	binary.BigEndian.PutUint32(out, uint32(len(out)-sizeBytes))
	if n, err := c.write(out); err != nil {
		if isTimeout(err) {
			c.s.events.warn("connection closed", "client", c.info.ClientAddr, "frame", f.number,
				"why", fmt.Sprintf("the client took %d of the %d bytes of its answer and then none for %s", n, len(out), c.s.limits.write))
		}
		return false
	}
	return true
}

// errPanic is what a panic in a handler becomes; it has been logged.
var errPanic = fmt.Errorf("a handler panicked: %w", context.Canceled)

// serve calls the handler. A panic is a fault of this program: it costs the connection, never the broker.
func (c *conn) serve(f frame, dst []byte) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			c.s.log.Error("a handler panicked; the connection is closed", "client", c.info.ClientAddr, "frame", f.number,
				"panic", cut(fmt.Sprint(r)), "request", fmt.Sprintf("% x", f.body[:min(len(f.body), 64)]), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return c.s.handler.Serve(c.ctx, &c.info, f.body, dst)
}

// write sends an answer in pieces, each with a deadline of its own: a slow client is served, one that has stopped
// reading is not waited for.
func (c *conn) write(out []byte) (written int, err error) {
	for written < len(out) {
		if err := c.nc.SetWriteDeadline(time.Now().Add(c.s.limits.write)); err != nil {
			return written, err
		}
		n, err := c.nc.Write(out[written:min(len(out), written+c.s.limits.writeChunk)])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// blame writes the one line about a connection that is closed for what its peer sent.
func (c *conn) blame(f frame, err error) {
	if errors.Is(err, net.ErrClosed) {
		return
	}
	why, hint, offset := err.Error(), hintOf(err), offsetOf(err)
	var bad *peerError
	if errors.As(err, &bad) {
		why, hint, offset = bad.why, bad.hint, bad.offset
	}
	attrs := []any{"client", c.info.ClientAddr, "frame", f.number}
	if offset >= 0 {
		attrs = append(attrs, "byte", offset)
	}
	if f.offset > 0 {
		attrs = append(attrs, "frame_begins_at", f.offset)
	}
	attrs = append(attrs, "why", cut(why))
	if f.behind > 0 && len(f.body) > 0 {
		hint = fmt.Sprintf("the size field says %d, and %d more bytes had come with the frame: if they belong to it, the size must be %d", len(f.body), f.behind, len(f.body)+f.behind)
	}
	if hint != "" {
		attrs = append(attrs, "hint", cut(hint))
	}
	c.s.events.warn("connection closed", attrs...)
}
