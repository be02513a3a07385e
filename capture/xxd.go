package capture

// xxd reads the output of xxd: an offset and a colon, groups of two bytes (or
// as many as -g says), two blanks, the characters.
//
//	00000000: 0000 0023 0012 0004 0000 0007 0009 6b61  ...#..........ka
var xxd = format{
	name:  "xxd",
	mark:  ":",
	looks: func(text string) bool { return len(firstRows(text, xxdLayout)) > 0 },
	read:  func(text string, o *output) { readDump(text, o, xxdLayout) },
}

var xxdLayout = layout{split: xxdRow}

func xxdRow(line string) (row, bool) {
	i := skipSpaces(line, 0)
	n := hexRun(line[i:])
	if n < 6 || n > 16 || i+n+1 >= len(line) || line[i+n] != ':' || line[i+n+1] != ' ' {
		return row{}, false
	}
	body := skipSpaces(line, i+n+1)
	return row{off: i, offEnd: i + n, body: body, bodyEnd: bodyUntil(line, body, 2, isEven)}, true
}
