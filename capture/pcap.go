package capture

import (
	"encoding/binary"
	"strconv"
)

// Capture files of tcpdump, Wireshark and others: what was recorded on a
// network, packet by packet. Sources: the IETF drafts "PCAP Capture File
// Format" and "PCAP Next Generation (pcapng) Capture File Format".
const (
	pcapName   = "pcap"
	pcapngName = "pcapng"
)

const (
	pcapHeaderBytes = 24
	pcapRecordBytes = 16

	pcapMicros = 0xa1b2c3d4
	pcapNanos  = 0xa1b23c4d

	ngSection   = 0x0a0d0d0a
	ngOrder     = 0x1a2b3c4d
	ngInterface = 1
	ngOldPacket = 2
	ngSimple    = 3
	ngEnhanced  = 6

	ngMinBlockBytes = 12
	optEnd          = 0
	optResolution   = 9
	optOffset       = 14

	maxInterfaces = 4096
	second        = int64(1e9)
)

// isCapture names the format of a capture file, "" if it is none.
func isCapture(b []byte) string {
	switch {
	case isStream(b):
		return streamName
	case len(b) < pcapHeaderBytes:
		return ""
	case binary.BigEndian.Uint32(b) == ngSection:
		if binary.LittleEndian.Uint32(b[8:]) == ngOrder || binary.BigEndian.Uint32(b[8:]) == ngOrder {
			return pcapngName
		}
		return ""
	}
	if o, _ := pcapOrder(b); o != nil {
		return pcapName
	}
	return ""
}

// pcapOrder tells the byte order of a pcap file, and nanoseconds in a unit of
// the second half of its times.
func pcapOrder(b []byte) (binary.ByteOrder, int64) {
	for _, o := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch o.Uint32(b) {
		case pcapMicros:
			return o, 1000
		case pcapNanos:
			return o, 1
		}
	}
	return nil, 0
}

// readCapture reads a capture file: the streams of its TCP connections.
func readCapture(format string, b []byte) (r Result, err error) {
	r.Format = format
	c := captureReader{conns: map[flowKey]*connection{}}
	switch format {
	case streamName:
		err = readStream(b, &r)
	case pcapName:
		c.pcap(b)
		err = c.result(&r)
	default:
		c.pcapng(b)
		err = c.result(&r)
	}
	return r, err
}

func (c *captureReader) pcap(b []byte) {
	order, unit := pcapOrder(b)
	link := int(order.Uint32(b[20:]) & 0xffff) // the upper bits tell of checksums after each packet
	for at := pcapHeaderBytes; at < len(b); {
		if len(b)-at < pcapRecordBytes {
			c.fail(at, "the file ends within the header of packet "+strconv.Itoa(c.packets+1))
			return
		}
		r := b[at:]
		t := int64(order.Uint32(r))*second + int64(order.Uint32(r[4:]))*unit
		n, whole := int(order.Uint32(r[8:])), int(order.Uint32(r[12:]))
		if n < 0 || n > len(r)-pcapRecordBytes {
			c.fail(at, "packet "+strconv.Itoa(c.packets+1)+" has "+strconv.Itoa(n)+" bytes, the file only "+strconv.Itoa(len(r)-pcapRecordBytes)+" more")
			n = len(r) - pcapRecordBytes
		}
		c.packet(link, t, r[pcapRecordBytes:pcapRecordBytes+n], whole)
		at += pcapRecordBytes + n
	}
}

// ngLink is an interface of a pcapng file: its link type, and how its times
// count.
type ngLink struct {
	link, snap int
	resolution byte // a power of ten, or of two if the upper bit is set
	offset     int64
}

func (l ngLink) time(high, low uint32) int64 {
	ticks := int64(high)<<32 | int64(low)
	if l.resolution&0x80 != 0 {
		bits := min(uint(l.resolution&0x7f), 62)
		whole, part := ticks>>bits, ticks&(1<<bits-1)
		if bits > 30 { // keeps the product within 64 bits
			part >>= bits - 30
			bits = 30
		}
		return (whole+l.offset)*second + part*second>>bits
	}
	perSecond := int64(1)
	for range min(l.resolution, 18) {
		perSecond *= 10
	}
	whole, part := ticks/perSecond, ticks%perSecond
	if perSecond > second {
		return (whole+l.offset)*second + part/(perSecond/second)
	}
	return (whole+l.offset)*second + part*(second/perSecond)
}

func (c *captureReader) pcapng(b []byte) {
	var order binary.ByteOrder = binary.LittleEndian
	var links []ngLink
	for at := 0; at < len(b); {
		r := b[at:]
		if len(r) < ngMinBlockBytes {
			c.fail(at, "the file ends within the header of a block")
			return
		}
		if binary.BigEndian.Uint32(r) == ngSection { // reads the same in both orders
			order, links = binary.LittleEndian, nil
			if binary.BigEndian.Uint32(r[8:]) == ngOrder {
				order = binary.BigEndian
			}
		}
		kind, n := order.Uint32(r), int(order.Uint32(r[4:]))
		if n < ngMinBlockBytes || n%4 != 0 || n > len(r) {
			c.fail(at, "a block has a length of "+strconv.Itoa(n)+", with "+strconv.Itoa(len(r))+" bytes left in the file")
			if n < ngMinBlockBytes || kind != ngEnhanced {
				return
			}
			n = len(r) + 4 // the last packet is cut: what there is of it
		}
		body := r[8 : n-4]
		switch {
		case kind == ngInterface && len(body) >= 8 && len(links) < maxInterfaces:
			links = append(links, ngInterfaceOf(order, body))
		case kind == ngEnhanced && len(body) >= 20:
			c.ngPacket(order, links, int(order.Uint32(body)), body[4:])
		case kind == ngOldPacket && len(body) >= 20:
			c.ngPacket(order, links, int(order.Uint16(body)), body[4:])
		case kind == ngSimple && len(body) >= 4 && len(links) > 0:
			whole := int(order.Uint32(body))
			have := min(whole, len(body)-4)
			if links[0].snap > 0 {
				have = min(have, links[0].snap)
			}
			c.packet(links[0].link, 0, body[4:4+max(have, 0)], whole)
		}
		at += n
	}
}

func ngInterfaceOf(order binary.ByteOrder, body []byte) ngLink {
	l := ngLink{link: int(order.Uint16(body)), snap: int(order.Uint32(body[4:])), resolution: 6}
	for o := body[8:]; len(o) >= 4; {
		code, n := order.Uint16(o), int(order.Uint16(o[2:]))
		if code == optEnd || 4+n > len(o) {
			break
		}
		switch {
		case code == optResolution && n >= 1:
			l.resolution = o[4]
		case code == optOffset && n >= 8:
			l.offset = int64(order.Uint64(o[4:]))
		}
		o = o[min(4+(n+3)&^3, len(o)):]
	}
	return l
}

// ngPacket reads a packet block from its time on.
func (c *captureReader) ngPacket(order binary.ByteOrder, links []ngLink, link int, b []byte) {
	if link < 0 || link >= len(links) {
		c.skip("of an interface that the file does not describe", 1)
		return
	}
	n, whole := int(order.Uint32(b[8:])), int(order.Uint32(b[12:]))
	n = max(min(n, len(b)-16), 0)
	c.packet(links[link].link, links[link].time(order.Uint32(b), order.Uint32(b[4:])), b[16:16+n], whole)
}
