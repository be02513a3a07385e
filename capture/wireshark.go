package capture

// wireshark reads the dumps that Wireshark and tshark copy: a packet's bytes
// ("as Hex + ASCII Dump", "as Hex Dump", tshark -x), and a followed stream
// shown as hex, in which the answers stand further right than the requests.
//
//	0000   00 00 00 23 00 12 00 04 00 00 00 07 00 09 6b 61   ...#..........ka
//
//	00000000  00 00 00 23 00 12 00 04  00 00 00 07 00 09 6b 61   ...#.... ......ka
//	    00000000  00 00 00 10 00 00 00 07  00 23 00 00 00 01 00 12   ........ .#......
var wireshark = format{
	name:  "Wireshark dump",
	looks: func(text string) bool { return looksLikeDump(text, wiresharkLayout) },
	read:  readWireshark,
}

var wiresharkLayout = layout{split: wiresharkRow}

// readWireshark names the sides when both are there: who spoke first in a
// Kafka connection is the client.
func readWireshark(text string, o *output) {
	readDump(text, o, wiresharkLayout)
	sides := map[Side]bool{}
	for _, c := range o.chunks {
		sides[c.Side] = true
	}
	for i := range o.chunks {
		if len(sides) < 2 {
			o.chunks[i].Side = SideUnknown
		}
	}
}

func wiresharkRow(line string) (row, bool) {
	i := skipSpaces(line, 0)
	n := hexRun(line[i:])
	body := skipSpaces(line, i+n)
	if n != 4 && n != 6 && n != 8 || body-i-n < 2 || body == len(line) {
		return row{}, false
	}
	r := row{off: i, offEnd: i + n, body: body, bodyEnd: bodyUntil(line, body, 3, isByte), side: SideClient}
	if i >= 4 {
		r.side = SideBroker
	}
	return r, r.bodyEnd > body
}
