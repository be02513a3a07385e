package capture

import (
	"strconv"
	"strings"
)

// tcpdump reads the output of tcpdump -x, -xx, -X and -XX. What it prints are
// whole packets, so the headers are taken off and the payloads of one
// direction that follow each other are joined; packets without payload vanish.
//
//	12:00:00.000001 IP 127.0.0.1.51000 > 127.0.0.1.9092: Flags [P.], length 39
//		0x0000:  4500 005b 1c46 4000 4006 0455 7f00 0001  E..[.F@.@..U....
var tcpdump = format{
	name:  "tcpdump -x",
	looks: func(text string) bool { return len(firstRows(text, tcpdumpLayout)) > 0 },
	read:  readTCPDump,
}

var tcpdumpLayout = layout{split: tcpdumpRow}

func tcpdumpRow(line string) (row, bool) {
	i := skipSpaces(line, 0)
	if !strings.HasPrefix(line[i:], "0x") {
		return row{}, false
	}
	i += len("0x")
	n := hexRun(line[i:])
	if n != 4 && n != 8 || i+n+1 >= len(line) || line[i+n] != ':' {
		return row{}, false
	}
	body := skipSpaces(line, i+n+1)
	end := bodyUntil(line, body, 2, isEven)
	return row{off: i, offEnd: i + n, body: body, bodyEnd: end}, end > body
}

func readTCPDump(text string, o *output) {
	var raw output
	readDump(text, &raw, tcpdumpLayout)
	o.err = raw.err
	var last *segment
	start, note := 0, ""
	for _, c := range raw.chunks {
		s, ok := tcpSegment(raw.bytes[c.Start:c.End])
		if !ok {
			// Not TCP over IP (a dump of something else in tcpdump's layout):
			// the bytes as they are.
			s = segment{payload: raw.bytes[c.Start:c.End]}
		}
		if len(s.payload) == 0 {
			continue
		}
		if last == nil || !ok || s.flow != last.flow {
			if last != nil {
				o.chunk(start, note, last.side)
			}
			start, note = len(o.bytes), c.Note
		}
		from := c.End - len(s.payload) - s.trailer
		for i, b := range s.payload {
			o.put(b, int(raw.pos[from+i]))
		}
		last = &s
	}
	if last != nil {
		o.chunk(start, note, last.side)
	}
}

// A segment is what one packet carries of a TCP stream.
type segment struct {
	flow    string // addresses and ports
	side    Side
	payload []byte
	trailer int // bytes after the payload: padding of the link
}

const (
	etherHeaderBytes = 14
	ipv4MinBytes     = 20
	ipv6Bytes        = 40
	tcpMinBytes      = 20
	protocolTCP      = 6
	kafkaPort        = 9092
)

// tcpSegment takes the headers off a packet that begins with IP or Ethernet.
func tcpSegment(p []byte) (segment, bool) {
	if len(p) > etherHeaderBytes {
		if t := uint16(p[12])<<8 | uint16(p[13]); t == 0x0800 && p[14]>>4 == 4 || t == 0x86dd && p[14]>>4 == 6 {
			p = p[etherHeaderBytes:]
		}
	}
	var tcp, addresses []byte
	total := 0
	switch {
	case len(p) >= ipv4MinBytes && p[0]>>4 == 4 && p[9] == protocolTCP:
		header := int(p[0]&15) * 4
		total = int(p[2])<<8 | int(p[3])
		if total == 0 {
			total = len(p) // segmentation offload: the card fills it in
		}
		if header < ipv4MinBytes || header > total || total > len(p) {
			return segment{}, false
		}
		tcp, addresses = p[header:total], p[12:20]
	case len(p) >= ipv6Bytes && p[0]>>4 == 6 && p[6] == protocolTCP:
		total = ipv6Bytes + (int(p[4])<<8 | int(p[5]))
		if total > len(p) {
			return segment{}, false
		}
		tcp, addresses = p[ipv6Bytes:total], p[8:40]
	default:
		return segment{}, false
	}
	if len(tcp) < tcpMinBytes || int(tcp[12]>>4)*4 < tcpMinBytes || int(tcp[12]>>4)*4 > len(tcp) {
		return segment{}, false
	}
	from, to := int(tcp[0])<<8|int(tcp[1]), int(tcp[2])<<8|int(tcp[3])
	s := segment{
		flow:    string(addresses) + strconv.Itoa(from) + ">" + strconv.Itoa(to),
		payload: tcp[int(tcp[12]>>4)*4:],
		trailer: len(p) - total,
	}
	switch kafkaPort {
	case to:
		s.side = SideClient
	case from:
		s.side = SideBroker
	}
	return s, true
}
