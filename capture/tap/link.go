package tap

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/live"
)

const (
	// readBytes is how much is read and handed on at once.
	readBytes = 64 << 10
	// maxHeldBytes is the longest answer that waits until it is whole, so that the
	// addresses in it can be rewritten; maxHeldTotal is what all of them may take.
	maxHeldBytes = 16 << 20
	maxHeldTotal = 256 << 20
	// maxHandshakeBytes is the longest SaslHandshake request that is looked at.
	maxHandshakeBytes = 1 << 10
)

// link is a client's connection and the one to the broker that it is for.
type link struct {
	p          *Proxy
	id         uint64
	client, up *net.TCPConn
	name       string // of the client: its address
	broker     string // address of the broker
	talk       dialogue
}

// run hands on bytes in both directions until both have ended.
func (l *link) run() {
	var both sync.WaitGroup
	both.Go(func() { l.end(l.requests(), l.up) })
	both.Go(func() { l.end(l.answers(), l.client) })
	both.Wait()
	l.client.Close()
	l.up.Close()
}

// end hands on the end of a direction: the other one goes on, unless something
// has failed.
func (l *link) end(err error, to *net.TCPConn) {
	if errors.Is(err, io.EOF) && to.CloseWrite() == nil {
		return
	}
	l.client.Close()
	l.up.Close()
}

// requests hands on what the client sends.
func (l *link) requests() error {
	s := scanner{sink: &asking{link: l}}
	b := make([]byte, readBytes)
	for first := true; ; first = false {
		n, err := l.client.Read(b)
		l.follow(&s, b[:n], first) // before it is sent, so that a request is known before its answer can come
		if _, err := l.up.Write(b[:n]); err != nil {
			return err
		}
		if err != nil {
			return err
		}
	}
}

// follow feeds a scanner, and tells when it cannot be done.
func (l *link) follow(s *scanner, b []byte, first bool) {
	before := s.blind
	if first && len(b) >= 2 && b[0] == 0x16 && b[1] == 3 { // how TLS begins
		s.blind = true
	}
	if s.feed(b); s.blind && !before {
		l.p.note("%s and %s do not speak plain Kafka, perhaps TLS: their bytes pass, but are not shown, and the addresses in them stay as they are", l.name, l.broker)
	}
}

// asking is what a client sends, frame by frame. Its bytes are handed on as they
// are, by requests.
type asking struct {
	*link
	now   asked
	shown bool
}

func (q *asking) begin(size int, head []byte) (p plan) {
	q.now = q.talk.request(size, head)
	if q.shown = q.p.hub.Watched(); q.shown {
		p.keep = min(size, live.Wanted(int16(q.now.key)))
	}
	if q.now.isHandshake() {
		p.keep = max(p.keep, min(size, maxHandshakeBytes))
	}
	return p
}

func (q *asking) pass([]byte) {}

func (q *asking) end(payload []byte, missing int) {
	if q.now.isHandshake() {
		q.talk.handshake(payload)
	}
	if q.shown {
		q.show(capture.SideClient, q.now, payload, missing)
	}
}

// answers hands on what the broker sends.
func (l *link) answers() error {
	a := &answering{link: l, local: l.p.placeFor(l.client.LocalAddr())}
	s := scanner{sink: a}
	b := make([]byte, readBytes)
	defer func() { l.p.held.Add(-a.held) }()
	for first := true; ; first = false {
		n, err := l.up.Read(b)
		l.follow(&s, b[:n], first)
		if err != nil { // an answer may have begun that will never be whole
			a.pass(s.rest())
		}
		if _, err := l.client.Write(a.out); err != nil {
			return err
		}
		if a.out = a.out[:0]; cap(a.out) > maxIdleBytes {
			a.out = nil
		}
		if err != nil {
			return err
		}
	}
}

// answering is what a broker sends, frame by frame.
type answering struct {
	*link
	local place
	now   asked
	hold  bool
	shown bool
	held  int64 // bytes of the budget for held answers
	out   []byte
}

func (a *answering) begin(size int, head []byte) plan {
	a.now = a.talk.answer(head)
	a.hold = a.now.hasAddresses() && a.reserve(size)
	a.shown = a.p.hub.Watched()
	switch {
	case a.hold:
		return plan{keep: size, hold: true}
	case a.shown:
		return plan{keep: min(size, live.Wanted(int16(a.now.key)))}
	}
	return plan{}
}

// reserve takes the bytes of an answer that is to be held from the budget.
func (a *answering) reserve(size int) bool {
	if size <= maxHeldBytes && a.p.held.Add(int64(size)) <= maxHeldTotal {
		a.held = int64(size)
		return true
	}
	if size <= maxHeldBytes {
		a.p.held.Add(-int64(size))
	}
	a.p.note("an answer of %s to %s has %d bytes, too many to look for addresses in it", a.broker, a.name, size)
	return false
}

func (a *answering) pass(b []byte) { a.out = append(a.out, b...) }

func (a *answering) end(payload []byte, missing int) {
	if a.shown {
		a.show(capture.SideBroker, a.now, payload, missing)
	}
	if !a.hold {
		return
	}
	a.p.held.Add(-a.held)
	a.held = 0
	frame, err := rewrite(a.now, payload, a.local)
	if err != nil {
		a.p.note("the addresses in an answer of %s to %s stay as they are: %v", a.broker, a.name, err)
	}
	if frame == nil {
		a.out = binary.BigEndian.AppendUint32(a.out, uint32(len(payload)))
		frame = payload
	}
	a.out = append(a.out, frame...)
}

// show hands a frame to whoever watches, as it came.
func (l *link) show(side capture.Side, a asked, payload []byte, missing int) {
	l.p.hub.Publish(&live.Frame{
		Side:       side,
		Time:       time.Now(),
		Connection: l.id,
		Client:     l.name,
		Broker:     l.broker,
		Key:        int16(a.key),
		Version:    a.version,
		Unknown:    a.unknown,
		Payload:    payload,
		Missing:    missing,
	})
}
