package capture

import (
	"slices"
	"strconv"
)

// A Connection is one TCP connection of a capture, from its first packet on.
// Bytes that were sent twice are there once, packets that overtook others are
// in order, and what the capture has lost is a Mark.
type Connection struct {
	Client, Broker string // addresses with ports
	// Guessed says that which side is which was told by the ports, because
	// the capture begins after the connection did.
	Guessed bool
}

// A Mark tells of the bytes of a chunk from one place on.
type Mark struct {
	At   int   // offset in Bytes
	Time int64 // nanoseconds since 1970, when the packet was captured; 0 if not known
	Lost int   // how many bytes are missing before this place
}

// What one capture may cost beyond its own size.
const (
	maxConnections    = 1 << 16
	maxWaitingPackets = 4096 // packets of one direction that overtook others
	maxNotes          = 16
	kafkaPort         = 9092

	tooManyConnections = "of connections beyond the 65,536 that are read"
)

type captureReader struct {
	packets int
	conns   map[flowKey]*connection // by both directions
	all     []*connection
	skipped []skipped
	cut     int
	err     *Error
}

// skipped counts the packets that were left out, by reason.
type skipped struct {
	why   string
	count int64
}

// connection collects both directions.
type connection struct {
	key     flowKey // of the first packet
	opened  bool    // a SYN told who is the client
	swapped bool    // the client is key's receiver
	dirs    [2]direction
}

// direction reassembles what one side sent.
type direction struct {
	started bool
	next    uint32 // sequence number of the byte that comes next
	pieces  []piece
	waiting []waiting // by sequence number
}

// A piece is a run of payload in the file, not copied until the end.
type piece struct {
	data []byte
	time int64
	lost int // bytes missing before it
}

type waiting struct {
	seq  uint32
	cut  int
	data []byte
	time int64
}

func (c *captureReader) fail(pos int, reason string) {
	if c.err == nil {
		c.err = &Error{Pos: pos, Reason: reason}
	}
}

// skip counts packets that are left out.
func (c *captureReader) skip(why string, count int64) {
	for i := range c.skipped {
		if c.skipped[i].why == why {
			c.skipped[i].count += count
			return
		}
	}
	c.skipped = append(c.skipped, skipped{why, count})
}

// packet takes one packet of a link, which had that many bytes on the network.
func (c *captureReader) packet(link int, t int64, p []byte, whole int) {
	c.packets++
	if whole > len(p) {
		c.cut++
	}
	ip, why := network(link, p)
	if why != "" {
		c.skip(why, 1)
		return
	}
	s, why := transport(ip, len(ip)+max(whole-len(p), 0))
	if why != "" {
		c.skip(why, 1)
		return
	}
	conn, dir := c.connection(s)
	if conn == nil {
		c.skip(tooManyConnections, 1)
		return
	}
	conn.dirs[dir].take(s, t)
	if s.flags&tcpACK != 0 {
		conn.dirs[1-dir].acknowledged(s.ack)
	}
}

// connection finds a segment's connection, and its direction in there. A SYN
// with a new sequence number begins a new one on the same ports.
func (c *captureReader) connection(s segment) (*connection, int) {
	conn := c.conns[s.key]
	if conn != nil && s.flags&(tcpSYN|tcpACK) == tcpSYN {
		d := &conn.dirs[conn.direction(s.key)]
		if d.started && s.seq+1 != d.next && len(d.pieces)+len(conn.dirs[1-conn.direction(s.key)].pieces) > 0 {
			conn = nil
		}
	}
	if conn == nil {
		if len(c.all) >= maxConnections {
			return nil, 0
		}
		conn = &connection{key: s.key}
		c.conns[s.key], c.conns[s.key.reversed()] = conn, conn
		c.all = append(c.all, conn)
	}
	dir := conn.direction(s.key)
	if s.flags&tcpSYN != 0 && !conn.opened {
		conn.opened = true
		conn.swapped = (dir == 1) != (s.flags&tcpACK != 0)
	}
	return conn, dir
}

func (c *connection) direction(k flowKey) int {
	if k == c.key {
		return 0
	}
	return 1
}

// take adds the payload of a segment.
func (d *direction) take(s segment, t int64) {
	seq := s.seq
	if s.flags&tcpSYN != 0 {
		seq++ // the SYN itself has a number
		if !d.started || len(d.pieces) == 0 && len(d.waiting) == 0 {
			d.started, d.next = true, seq
		}
	}
	if len(s.payload) == 0 && s.cut == 0 {
		return
	}
	if !d.started {
		d.started, d.next = true, seq
	}
	w := waiting{seq, s.cut, s.payload, t}
	if int32(seq-d.next) <= 0 {
		d.append(w)
		d.drain(d.next)
		return
	}
	at, _ := slices.BinarySearchFunc(d.waiting, seq, func(w waiting, seq uint32) int { return int(int32(w.seq - seq)) })
	d.waiting = slices.Insert(d.waiting, at, w)
	if len(d.waiting) > maxWaitingPackets {
		d.drain(d.waiting[0].seq)
	}
}

// append adds what is new in a segment that begins at or before the next byte.
func (d *direction) append(w waiting) {
	old := int(int32(d.next - w.seq))
	if old >= len(w.data)+w.cut {
		return // sent again
	}
	if old < len(w.data) {
		d.pieces = append(d.pieces, piece{data: w.data[old:], time: w.time, lost: d.lost()})
		d.next += uint32(len(w.data) - old)
		old = len(w.data)
	}
	if missing := len(w.data) + w.cut - old; missing > 0 {
		d.pieces = append(d.pieces, piece{time: w.time, lost: d.lost() + missing})
		d.next += uint32(missing)
	}
}

// lost takes the bytes that were noted as lost before what comes now.
func (d *direction) lost() int {
	if n := len(d.pieces); n > 0 && len(d.pieces[n-1].data) == 0 {
		lost := d.pieces[n-1].lost
		d.pieces = d.pieces[:n-1]
		return lost
	}
	return 0
}

// drain adds the waiting packets that follow, and gives up on what is missing
// before upTo.
func (d *direction) drain(upTo uint32) {
	n := 0
	for _, w := range d.waiting {
		if gap := int32(w.seq - d.next); gap > 0 {
			if int32(upTo-w.seq) < 0 {
				break
			}
			d.pieces = append(d.pieces, piece{time: w.time, lost: d.lost() + int(gap)})
			d.next = w.seq
		}
		d.append(w)
		n++
	}
	d.waiting = append(d.waiting[:0], d.waiting[n:]...)
}

// acknowledged gives up on bytes that the other side has got although the
// capture has not.
func (d *direction) acknowledged(ack uint32) {
	if d.started && len(d.waiting) > 0 && int32(ack-d.waiting[0].seq) > 0 {
		d.drain(d.waiting[0].seq)
	}
}

// result puts the streams one after the other.
func (c *captureReader) result(r *Result) error {
	total := 0
	for _, conn := range c.all {
		for i := range conn.dirs {
			d := &conn.dirs[i]
			if n := len(d.waiting); n > 0 {
				d.drain(d.waiting[n-1].seq)
			}
			for _, p := range d.pieces {
				total += len(p.data)
			}
		}
	}
	r.Bytes = make([]byte, 0, total)
	for _, conn := range c.all {
		conn.result(r)
	}
	return c.finish(r, len(r.Chunks) == 0, 0, "no TCP packet with bytes in it")
}

// finish adds what was left out, and what was wrong: nothing is, if there is nothing else.
func (c *captureReader) finish(r *Result, empty bool, pos int, nothing string) error {
	r.Notes = c.notes()
	if empty {
		c.fail(pos, nothing)
	}
	if c.err != nil {
		c.err.Format = r.Format
		return c.err
	}
	return nil
}

func (c *connection) result(r *Result) {
	client := 0
	guessed := !c.opened
	switch {
	case c.swapped, !c.opened && c.key.toPort != kafkaPort && (c.key.fromPort == kafkaPort || c.key.fromPort < c.key.toPort):
		client = 1
	}
	if len(c.dirs[0].pieces)+len(c.dirs[1].pieces) == 0 {
		return
	}
	from, to := c.key.addresses()
	if client == 1 {
		from, to = to, from
	}
	appendConnection(r, Connection{Client: from, Broker: to, Guessed: guessed}, &c.dirs[client], &c.dirs[1-client])
}

// appendConnection adds a connection and the bytes of its two sides.
func appendConnection(r *Result, c Connection, client, broker *direction) {
	r.Connections = append(r.Connections, c)
	for i, d := range []*direction{client, broker} {
		chunk := Chunk{Start: len(r.Bytes), Note: c.Client + " > " + c.Broker, Side: SideClient, Connection: len(r.Connections)}
		if i == 1 {
			chunk.Note, chunk.Side = c.Broker+" > "+c.Client, SideBroker
		}
		for _, p := range d.pieces {
			chunk.Marks = append(chunk.Marks, Mark{At: len(r.Bytes), Time: p.time, Lost: p.lost})
			r.Bytes = append(r.Bytes, p.data...)
		}
		if chunk.End = len(r.Bytes); chunk.End > chunk.Start {
			r.Chunks = append(r.Chunks, chunk)
		}
	}
}

// notes says what was left out.
func (c *captureReader) notes() (notes []string) {
	if c.cut > 0 {
		notes = append(notes, packets(int64(c.cut))+" of "+strconv.Itoa(c.packets)+" cut short when captured (tcpdump -s 0 takes them whole)")
	}
	for _, s := range c.skipped {
		if s.why != "not of TCP" && s.why != "not of IP" && len(notes) < maxNotes {
			notes = append(notes, packets(s.count)+" left out: "+s.why)
		}
	}
	return notes
}

func packets(n int64) string {
	if n == 1 {
		return "1 packet"
	}
	return strconv.FormatInt(n, 10) + " packets"
}

// addresses writes both ends as people do: 10.0.0.1:9092, [fe80::1]:9092.
func (k flowKey) addresses() (from, to string) {
	return address(k.from, k.fromPort, k.four), address(k.to, k.toPort, k.four)
}

func address(a [16]byte, port uint16, four bool) string {
	if four {
		s := strconv.Itoa(int(a[0]))
		for _, b := range a[1:4] {
			s += "." + strconv.Itoa(int(b))
		}
		return s + ":" + strconv.Itoa(int(port))
	}
	// The longest run of zero groups becomes "::" (RFC 5952).
	best, length := -1, 1
	for i := 0; i < 16; i += 2 {
		n := 0
		for j := i; j < 16 && a[j] == 0 && a[j+1] == 0; j += 2 {
			n++
		}
		if n > length {
			best, length = i, n
		}
	}
	s := "["
	for i := 0; i < 16; i += 2 {
		if i == best {
			s += "::"
			i += 2*length - 2
			continue
		}
		if s != "[" && s[len(s)-1] != ':' {
			s += ":"
		}
		s += strconv.FormatUint(uint64(a[i])<<8|uint64(a[i+1]), 16)
	}
	return s + "]:" + strconv.Itoa(int(port))
}
