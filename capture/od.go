package capture

// od reads the output of od -tx1, with offsets in any base (-A) and with the
// characters that -tx1z adds.
//
//	0000000 00 00 00 23 00 12 00 04 00 00 00 07 00 09 6b 61  >...#..........ka<
var od = format{
	name:  "od -tx1",
	looks: func(text string) bool { return looksLikeDump(text, odLayout) },
	read:  func(text string, o *output) { readDump(text, o, odLayout) },
}

var odLayout = layout{radix: 8, split: odRow}

func odRow(line string) (row, bool) {
	n := hexRun(line)
	body := skipSpaces(line, n)
	if n < 6 || n > 8 || body == n && n < len(line) {
		return row{}, false
	}
	end := bodyUntil(line, body, rowLimitBytes, isByte)
	rest := skipSpaces(line, end)
	ok := rest == len(line) || end > body && line[rest] == '>'
	return row{offEnd: n, body: body, bodyEnd: end}, ok
}
