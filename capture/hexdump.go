package capture

// hexdumpC reads the output of hexdump -C (and hd): bytes in two groups of
// eight, the characters between bars.
//
//	00000000  00 00 00 23 00 12 00 04  00 00 00 07 00 09 6b 61  |...#..........ka|
var hexdumpC = format{
	name: "hexdump -C",
	mark: "|",
	looks: func(text string) bool {
		found := false
		eachLine(text, func(line string, _ int) bool {
			r, ok := hexdumpCRow(line)
			found = ok && r.bodyEnd > r.body
			return !found
		})
		return found
	},
	read: func(text string, o *output) { readDump(text, o, layout{split: hexdumpCRow}) },
}

// hexdumpCRow takes a row with bars, or the last line: an offset alone.
func hexdumpCRow(line string) (row, bool) {
	i := skipSpaces(line, 0)
	n := hexRun(line[i:])
	if n < 7 || n > 8 {
		return row{}, false
	}
	body := skipSpaces(line, i+n)
	if body == len(line) {
		return row{off: i, offEnd: i + n, body: body, bodyEnd: body}, true
	}
	end := bodyUntil(line, body, rowLimitBytes, isByte)
	bar := skipSpaces(line, end)
	if end == body || body-i-n < 2 || bar == len(line) || line[bar] != '|' {
		return row{}, false
	}
	return row{off: i, offEnd: i + n, body: body, bodyEnd: end}, true
}

// hexdumpWords reads the output of hexdump without -C, whose groups are 16-bit
// words as a little-endian machine holds them: the bytes of each are swapped.
//
//	0000000 0000 2300 1200 0400 0000 0700 0900 616b
var hexdumpWords = format{
	name:  "hexdump",
	looks: func(text string) bool { return looksLikeDump(text, wordsLayout) },
	read:  func(text string, o *output) { readDump(text, o, wordsLayout) },
}

var wordsLayout = layout{swapped: true, split: func(line string) (row, bool) { return plainRow(line, 7, isWord) }}

// plainRow takes a row of nothing but an offset and groups (or the offset
// alone, as the last line is).
func plainRow(line string, offDigits int, fits func(int) bool) (row, bool) {
	n := hexRun(line)
	body := skipSpaces(line, n)
	if n < offDigits || n > 8 || body == n && n < len(line) {
		return row{}, false
	}
	r := row{offEnd: n, body: body, bodyEnd: bodyUntil(line, body, rowLimitBytes, fits)}
	return r, skipSpaces(line, r.bodyEnd) == len(line)
}
