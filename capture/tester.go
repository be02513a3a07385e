package capture

import "strings"

// testerLog reads what the tester of the CodeCrafters challenge prints, with
// or without the mark of the stage, and whether one dump or the whole log was
// copied. What was sent and what was received become chunks with a side.
//
//	[tester::#PV1] Hexdump of sent "ApiVersions" request:
//	[tester::#PV1] Idx  | Hex                                             | ASCII
//	[tester::#PV1] -----+-------------------------------------------------+-----------------
//	[tester::#PV1] 0000 | 00 00 00 23 00 12 00 04 7a 0a 3b 9f 00 0c 6b 61 | ...#....z.;...ka
var testerLog = format{
	name:  "tester log",
	mark:  "|",
	looks: func(text string) bool { return len(firstRows(text, testerLayout)) > 0 },
	read:  func(text string, o *output) { readDump(text, o, testerLayout) },
}

var testerLayout = layout{split: testerRow, noteOf: testerNote, side: testerSide}

func testerRow(line string) (row, bool) {
	i := skipSpaces(line, 0)
	if strings.HasPrefix(line[i:], "remote:") { // as git push shows what the course's server prints
		i = skipSpaces(line, i+len("remote:"))
	}
	for i < len(line) && line[i] == '[' { // [tester::#PV1] [client]
		end := strings.IndexByte(line[i:], ']')
		if end < 0 {
			return row{}, false
		}
		i = skipSpaces(line, i+end+1)
	}
	n := hexRun(line[i:])
	bar := skipSpaces(line, i+n)
	if n < 4 || n > 8 || bar+1 >= len(line) || line[bar] != '|' {
		return row{}, false
	}
	body := skipSpaces(line, bar+1)
	end := bodyUntil(line, body, 8, isByte)
	rest := skipSpaces(line, end)
	if end == body || rest < len(line) && line[rest] != '|' && hexDigit(line[rest]) < 0 {
		return row{}, false
	}
	return row{off: i, offEnd: i + n, body: body, bodyEnd: end}, true
}

// testerNote keeps the line that announces a dump; the head of its table and
// the rest of the log stand between.
func testerNote(line string) string {
	lower := strings.ToLower(line)
	if i := strings.Index(lower, "hexdump of "); i >= 0 {
		return strings.TrimRight(line[i:], ": ")
	}
	return ""
}

func testerSide(note string) Side {
	lower := strings.ToLower(note)
	switch {
	case strings.HasPrefix(lower, "hexdump of sent"):
		return SideClient
	case strings.HasPrefix(lower, "hexdump of received"):
		return SideBroker
	}
	return SideUnknown
}
