package capture

import "strings"

// tcpdump reads the output of tcpdump -x, -xx, -X and -XX. What it prints are
// whole packets, so the headers are taken off and the payloads of one
// direction that follow each other are joined; packets without payload vanish.
//
//	12:00:00.000001 IP 127.0.0.1.51000 > 127.0.0.1.9092: Flags [P.], length 39
//		0x0000:  4500 005b 1c46 4000 4006 0455 7f00 0001  E..[.F@.@..U....
var tcpdump = format{
	name:  "tcpdump -x",
	mark:  ":",
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
		if last == nil || !ok || s.key != last.key {
			if last != nil {
				o.chunk(start, note, last.key.side())
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
		o.chunk(start, note, last.key.side())
	}
}

// tcpSegment takes the headers off a packet that begins with IP or Ethernet.
func tcpSegment(p []byte) (segment, bool) {
	if ip, why := network(linkEthernet, p); why == "" && len(ip) > 0 && (ip[0]>>4 == 4 || ip[0]>>4 == 6) {
		p = ip
	}
	s, why := transport(p, len(p))
	return s, why == "" && s.cut == 0
}

// side tells who sent a segment by Kafka's usual port.
func (k flowKey) side() Side {
	switch uint16(kafkaPort) {
	case k.toPort:
		return SideClient
	case k.fromPort:
		return SideBroker
	}
	return SideUnknown
}
