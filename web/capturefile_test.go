package web

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/kwire-project/kafka/wasm/view"
)

// capture writes a pcapng file of connections with a broker, packet by packet:
// Ethernet, IPv4, TCP, a time of its own for each.
type captureFile struct {
	bytes []byte
	now   time.Time
	seq   map[uint16][2]uint32 // by the client's port: what the client and the broker have sent
}

const brokerPort = 9092

func newCapture() *captureFile {
	c := &captureFile{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), seq: map[uint16][2]uint32{}}
	c.block(0x0a0d0d0a, le32(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff)) // section: order, version 1.0, length unknown
	c.block(1, le32(1, 0))                                           // interface: Ethernet, no limit
	return c
}

func le32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func (c *captureFile) block(kind uint32, body []byte) {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	n := uint32(12 + len(body))
	c.bytes = append(c.bytes, le32(kind, n)...)
	c.bytes = append(c.bytes, body...)
	c.bytes = append(c.bytes, le32(n)...)
}

// connect begins a connection, whose start is then known.
func (c *captureFile) connect(port uint16) {
	c.packet(port, true, 0x02, nil)
	c.packet(port, false, 0x12, nil)
}

// send adds what one side sends, in one packet; lose leaves it out.
func (c *captureFile) send(port uint16, client bool, payload []byte) {
	c.packet(port, client, 0x18, payload)
}

func (c *captureFile) lose(port uint16, client bool, n int) {
	s := c.seq[port]
	s[side(client)] += uint32(n)
	c.seq[port] = s
}

func side(client bool) int {
	if client {
		return 0
	}
	return 1
}

func (c *captureFile) packet(port uint16, client bool, flags byte, payload []byte) {
	s := c.seq[port]
	tcp := make([]byte, 20, 20+len(payload))
	from, to := port, uint16(brokerPort)
	ip := make([]byte, 20)
	copy(ip[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	if !client {
		from, to = to, from
		copy(ip[12:], []byte{10, 0, 0, 2, 10, 0, 0, 1})
	}
	binary.BigEndian.PutUint16(tcp, from)
	binary.BigEndian.PutUint16(tcp[2:], to)
	binary.BigEndian.PutUint32(tcp[4:], 1000+s[side(client)])
	binary.BigEndian.PutUint32(tcp[8:], 1000+s[side(!client)])
	tcp[12], tcp[13] = 5<<4, flags
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(40+len(payload)))
	frame := append(make([]byte, 12, 54+len(payload)), 8, 0)
	frame = append(append(append(frame, ip...), tcp...), payload...)

	c.now = c.now.Add(500 * time.Microsecond)
	micros := uint64(c.now.UnixMicro())
	c.block(6, append(le32(0, uint32(micros>>32), uint32(micros), uint32(len(frame)), uint32(len(frame))), frame...))
	s[side(client)] += uint32(len(payload))
	if flags&0x02 != 0 {
		s[side(client)]++
	}
	c.seq[port] = s
}

// exchange is a request and its answer, from an example.
func exchangeOf(t *testing.T, example string) (request, response []byte) {
	t.Helper()
	d := view.Build([]byte(sample(t, example)), nil)
	of := func(i int) []byte { return d.Bytes[d.Frames[i].Off : d.Frames[i].Off+d.Frames[i].Len] }
	return of(0), of(1)
}

// numbered is a frame with another correlation id.
func numbered(frame []byte, request bool, id int) []byte {
	at := 4
	if request {
		at = 8
	}
	b := append([]byte(nil), frame...)
	binary.BigEndian.PutUint32(b[at:], uint32(id))
	return b
}

// story is a capture of two connections, and one with TLS: handshakes, a topic
// that is not there, packets that were lost.
func story(t *testing.T) []byte {
	c := newCapture()
	hello, welcome := exchangeOf(t, "api-versions-response")
	ask, told := exchangeOf(t, "metadata")
	fetch, fetched := exchangeOf(t, "fetch-response")
	for i, port := range []uint16{50001, 50002} {
		c.connect(port)
		c.send(port, true, numbered(hello, true, 1))
		c.send(port, false, numbered(welcome, false, 1))
		c.send(port, true, numbered(ask, true, 2))
		c.now = c.now.Add(time.Duration(40*i) * time.Millisecond)
		c.send(port, false, numbered(told, false, 2))
	}
	c.connect(50003)
	c.send(50003, true, append([]byte{22, 3, 1, 0, 40}, make([]byte, 40)...))
	c.send(50003, false, append([]byte{22, 3, 3, 0, 60}, make([]byte, 60)...))
	c.send(50001, true, numbered(fetch, true, 3))
	c.send(50001, false, numbered(fetched, false, 3)[:100])
	c.lose(50001, false, 50)
	c.send(50001, false, numbered(fetched, false, 3)[150:])
	c.send(50001, true, numbered(fetch, true, 4))
	return c.bytes
}

// long is a capture of about so many bytes.
func long(t *testing.T, size int) []byte {
	c := newCapture()
	c.bytes = append(make([]byte, 0, size+1<<20), c.bytes...)
	ask, told := exchangeOf(t, "metadata")
	fetch, fetched := exchangeOf(t, "fetch-response")
	for i := 0; len(c.bytes) < size; i++ {
		port := 40000 + uint16(i%20)
		if i < 20 {
			c.connect(port)
		}
		if i%8 == 0 {
			c.send(port, true, numbered(ask, true, i))
			c.send(port, false, numbered(told, false, i))
		} else {
			c.send(port, true, numbered(fetch, true, i))
			c.send(port, false, numbered(fetched, false, i))
		}
	}
	return c.bytes
}
