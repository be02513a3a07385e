package server

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/kbroker/internal/handle"
)

// conn is one client's connection. The reader goroutine owns the socket's reading side and the end of the connection;
// the worker, when there is one, owns the writing side.
type conn struct {
	s      *Server
	nc     *net.TCPConn
	host   netip.Addr
	info   handle.Conn
	in     *bufio.Reader
	frames int64  // read so far
	offset int64  // in the stream, of the next frame
	broker string // the address that the client has reached, where that may be shown
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	changed sync.Cond // the queue, working or refused changed
	queue   []frame
	queued  int  // bytes in queue
	working bool // a worker exists
	refused bool // the worker will answer nothing more
	active  time.Time
}

func (s *Server) newConn(nc *net.TCPConn, l *listener, host netip.Addr) *conn {
	c := &conn{s: s, nc: nc, host: host, in: bufio.NewReaderSize(nc, readBuffer), active: time.Now()}
	c.changed.L = &c.mu
	c.ctx, c.cancel = context.WithCancel(s.draining)
	c.info = handle.Conn{
		ID:         s.lastID.Add(1),
		ClientAddr: nc.RemoteAddr().String(),
		ClientHost: host.String(),
		Listener:   l.config.Name,
	}
	if s.live != nil {
		c.broker = nc.LocalAddr().String()
	}
	c.info.AdvertisedHost, c.info.AdvertisedPort = l.advertised(nc.LocalAddr())
	return c
}

// read is the reader goroutine: it fills the queue until the connection ends, and then ends it.
func (c *conn) read() {
	defer c.s.remove(c)
	for {
		f, err := c.readFrame()
		if err == nil {
			c.show(capture.SideClient, f.body, f.body)
			if !c.enqueue(f) {
				break
			}
			continue
		}
		c.enqueue(frame{number: f.number, offset: f.offset, last: true, bad: fault(err)})
		if !errors.Is(err, errStopped) && !errors.Is(err, errIdle) {
			c.leave(errors.Is(err, io.EOF))
		}
		break
	}
	if c.awaitWorker() {
		c.lingerOn()
	}
	c.cancel()
	c.nc.Close()
}

// show hands a frame without its size to whoever watches: a request, or the answer to it.
func (c *conn) show(side capture.Side, request, payload []byte) {
	if !c.s.live.Watched() {
		return
	}
	c.s.live.Publish(&live.Frame{
		Side:       side,
		Time:       time.Now(),
		Connection: uint64(c.info.ID),
		Client:     c.info.ClientAddr,
		Broker:     c.broker,
		Key:        int16(binary.BigEndian.Uint16(request)),
		Version:    int16(binary.BigEndian.Uint16(request[2:])),
		Payload:    payload,
	})
}

// fault keeps of an error what the peer is to blame for.
func fault(err error) error {
	var bad *peerError
	if errors.As(err, &bad) {
		return bad
	}
	return nil
}

// leave tells waiting handlers that the client is gone. One that has only ended its side of the connection, as nc does
// at the end of its input, still wants its answers.
func (c *conn) leave(halfClosed bool) {
	if !halfClosed {
		c.cancel()
		return
	}
	timer := time.AfterFunc(c.s.limits.halfClosed, c.cancel)
	context.AfterFunc(c.ctx, func() { timer.Stop() })
}

// lingerOn lets a refused peer read what it was answered before: closing a socket with unread bytes resets the
// connection, and a reset can overtake those answers.
func (c *conn) lingerOn() {
	if c.nc.CloseWrite() != nil || c.nc.SetReadDeadline(time.Now().Add(c.s.limits.linger)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.nc, c.s.limits.lingerBytes) // whatever ends it, the socket is closed next
}

// enqueue hands a frame to the worker and starts one if there is none. It returns false when the connection has been
// refused meanwhile.
func (c *conn) enqueue(f frame) bool {
	c.mu.Lock()
	refused := c.refused
	if !refused {
		c.queue = append(c.queue, f)
		c.queued += len(f.body)
		if !c.working {
			c.working = true
			go c.work()
		}
	}
	c.mu.Unlock()
	if refused {
		f.release()
	}
	return !refused
}

// next takes the oldest frame from the queue, or ends the worker when there is none.
func (c *conn) next() (f frame, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active = time.Now()
	if len(c.queue) == 0 {
		c.working = false
		c.queue = nil // an idle connection keeps nothing
		c.changed.Broadcast()
		return frame{}, false
	}
	f = c.queue[0]
	c.queue[0] = frame{}
	c.queue = c.queue[1:]
	c.queued -= len(f.body)
	c.changed.Broadcast()
	return f, true
}

// refuse ends the worker and makes the reader end the connection.
func (c *conn) refuse() {
	c.mu.Lock()
	c.refused = true
	c.working = false
	unanswered := c.queue
	c.queue, c.queued = nil, 0
	_ = c.nc.SetReadDeadline(past) // wakes the reader; it fails only when the socket is already closed
	c.changed.Broadcast()
	c.mu.Unlock()

	// A budget asks connections whether they have stopped while it is locked, so it comes after the connection's lock
	// has been given up.
	for i := range unanswered {
		unanswered[i].release()
	}
	c.s.bulk.wake()
	c.s.small.wake()
}

// past is a deadline that has run out.
var past = time.Unix(1, 0)

// awaitTurn blocks while the queue has no room for a frame of size bytes.
func (c *conn) awaitTurn(size int) bool {
	l := &c.s.limits
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.refused && c.working && (len(c.queue) >= l.queuedRequests || c.queued+size > l.readAheadBytes) {
		c.changed.Wait()
	}
	return !c.refused
}

// awaitWorker blocks until nothing of the connection is being worked on; it says whether the connection was refused.
func (c *conn) awaitWorker() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.working {
		c.changed.Wait()
	}
	return c.refused
}

// stopped says that no further frame is wanted.
func (c *conn) stopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused || c.s.draining.Err() != nil
}

// setReadDeadline is false when no further frame is wanted. It and those who wake the reader by a deadline in the past
// cannot miss each other: they set the reason first.
func (c *conn) setReadDeadline(t time.Time) bool {
	return c.nc.SetReadDeadline(t) == nil && !c.stopped()
}

// activeUntil is when the connection becomes idle.
func (c *conn) activeUntil(idle time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.working {
		return time.Now().Add(idle)
	}
	return c.active.Add(idle)
}

// release gives back the memory of a frame that is done with.
func (f *frame) release() {
	if f.memory != nil {
		f.memory.giveBack()
	}
}
