package capture

import (
	"strconv"
	"strings"
)

// A dump is text of rows, each an offset, some bytes, and often the same bytes
// as characters. What differs between the tools is a layout.
type layout struct {
	// split finds the offset and the bytes of a line: line[off:offEnd] and
	// line[body:bodyEnd]. It says false for a line that is no row.
	split func(line string) (row, bool)
	// radix is the base of the offsets where two rows do not tell; 0 is 16.
	radix int
	// swapped: groups are 16-bit words of a little-endian machine.
	swapped bool
	// noteOf takes the words out of a line that is no row; nil keeps the line.
	noteOf func(line string) string
	// side tells who sent a chunk from the words before it.
	side func(note string) Side
}

// A row is a line of a dump, as offsets into the line.
type row struct {
	off, offEnd   int
	body, bodyEnd int
	side          Side // known from the row itself (an indented row, for example)
}

// offsetBits is the largest offset, so that it fits an int everywhere.
const offsetBits = 31

// rowLimitBytes bounds one row; the longest that a tool writes is 256 (xxd -c 256).
const rowLimitBytes = 4096

// looksLikeDump reports whether the first row of a text begins at offset zero,
// or agrees with the second about its length. This keeps plain hex, which may
// begin with a group as long as an offset, from being read as a dump.
func looksLikeDump(text string, l layout) bool {
	rows := firstRows(text, l)
	if len(rows) == 0 || rows[0].bytes == 0 {
		return false
	}
	first, err := strconv.ParseUint(rows[0].offset, 16, offsetBits)
	return err == nil && first == 0 || agreeingRadix(rows) != 0
}

// A rowStart is what tells the base of the offsets: an offset as written, and
// the number of bytes that follow it.
type rowStart struct {
	offset string
	bytes  int
}

// maxRowChars is longer than a row of any dump: xxd has at most 256 columns.
const maxRowChars = 4096

// firstRows returns the first two rows.
//
//go:noinline
func firstRows(text string, l layout) (rows []rowStart) {
	eachLine(text, func(line string, _ int) bool {
		if len(line) > maxRowChars {
			return true
		}
		if r, ok := l.split(line); ok {
			rows = append(rows, rowStart{line[r.off:r.offEnd], rowLen(line, r)})
		}
		return len(rows) < 2
	})
	return rows
}

// agreeingRadix is the base in which the second offset is the first plus the
// first row's length: od counts in octal, and od -A d in decimal. 0 if none.
func agreeingRadix(rows []rowStart) int {
	if len(rows) < 2 {
		return 0
	}
	for _, radix := range []int{16, 8, 10} {
		a, err1 := strconv.ParseUint(rows[0].offset, radix, offsetBits)
		b, err2 := strconv.ParseUint(rows[1].offset, radix, offsetBits)
		if err1 == nil && err2 == nil && int(a)+rows[0].bytes == int(b) {
			return radix
		}
	}
	return 0
}

// rowLen is the number of bytes that a row shows.
func rowLen(line string, r row) int {
	digits := 0
	for i := r.body; i < r.bodyEnd; i++ {
		if hexDigit(line[i]) >= 0 {
			digits++
		}
	}
	return digits / 2
}

// dumpReader reads rows one after the other.
type dumpReader struct {
	layout
	out     *output
	start   int    // first byte of the open chunk, -1 before the first
	base    int    // the offset that its first row named
	opened  string // the words before it
	openBy  Side
	note    string // the last words seen
	lastRow int    // first byte of the last row
	star    bool   // the line before was "*"
}

func readDump(text string, o *output, l layout) {
	if radix := agreeingRadix(firstRows(text, l)); radix != 0 {
		l.radix = radix
	} else if l.radix == 0 {
		l.radix = 16
	}
	d := &dumpReader{layout: l, out: o, start: -1}
	eachLine(text, func(line string, at int) bool {
		r, ok := l.split(line)
		switch {
		case ok:
			d.row(line, at, r)
		case strings.TrimSpace(line) == "*":
			d.star = true
		default:
			d.announce(line)
		}
		return o.err == nil
	})
	d.close()
}

// announce keeps the words of a line that is no row, for the chunk that follows.
func (d *dumpReader) announce(line string) {
	if d.noteOf != nil {
		line = d.noteOf(line)
	}
	if s := strings.TrimSpace(line); s != "" {
		d.note = s
	}
}

// row takes one row: it holds the offset against the bytes read so far, fills
// in what "*" left out, and appends the row's bytes.
func (d *dumpReader) row(line string, at int, r row) {
	off64, err := strconv.ParseUint(line[r.off:r.offEnd], d.radix, offsetBits)
	if err != nil {
		d.out.fail(at+r.off, "the offset is no number in base "+strconv.Itoa(d.radix)+", or too large")
		return
	}
	off := int(off64)
	if d.start < 0 || off == 0 || r.side != d.openBy {
		d.open(off, r.side)
	}
	read := len(d.out.bytes) - d.start
	excess := d.base + read - off
	switch {
	case excess < 0 && d.star:
		d.repeat(-excess, at+r.off)
	case excess > 0 && len(d.out.bytes)-excess > d.lastRow:
		// The row before held more than its bytes: characters that read as
		// hex, or the padding of a last word.
		d.out.bytes = d.out.bytes[:len(d.out.bytes)-excess]
		d.out.pos = d.out.pos[:len(d.out.bytes)]
	case excess != 0:
		d.out.fail(at+r.off, "the offset is "+line[r.off:r.offEnd]+", but "+strconv.Itoa(read)+" bytes stand before it")
	}
	d.star = false
	if d.out.err == nil {
		d.lastRow = len(d.out.bytes)
		d.groups(line, at, r)
	}
}

// open starts a chunk whose first row has the given offset.
func (d *dumpReader) open(off int, side Side) {
	d.close()
	d.start, d.base, d.lastRow = len(d.out.bytes), off, len(d.out.bytes)
	d.opened, d.note, d.openBy = d.note, "", side
}

func (d *dumpReader) close() {
	if d.start < 0 {
		return
	}
	side := d.openBy
	if side == SideUnknown && d.side != nil {
		side = d.side(d.opened)
	}
	d.out.chunk(d.start, d.opened, side)
}

// repeat writes n bytes of the row before again.
func (d *dumpReader) repeat(n, pos int) {
	period := append([]byte(nil), d.out.bytes[d.lastRow:]...)
	if len(period) == 0 || n > MaxOutputBytes {
		d.out.fail(pos, "\"*\" stands for "+strconv.Itoa(n)+" bytes")
		return
	}
	for i := 0; i < n; i++ {
		d.out.put(period[i%len(period)], pos)
	}
}

// groups appends the bytes of a row: runs of hex digits, two digits a byte.
func (d *dumpReader) groups(line string, at int, r row) {
	for i := r.body; i < r.bodyEnd; {
		n := hexRun(line[i:r.bodyEnd])
		if n == 0 {
			i++
			continue
		}
		if n%2 != 0 || len(d.out.bytes)-d.lastRow > rowLimitBytes {
			d.out.fail(at+i, strconv.Itoa(n)+" hex digits make no whole bytes")
			return
		}
		for k := 0; k < n; k += 2 {
			p := i + k
			if d.swapped {
				p = i + n - 2 - k
			}
			d.out.put(byte(hexDigit(line[p])<<4|hexDigit(line[p+1])), at+p)
		}
		i += n
	}
}

// bodyUntil returns where the bytes of a row end: groups of hex digits of the
// given lengths, until one of another length, or a gap of at least maxGap
// blanks, or anything else.
func bodyUntil(line string, from, maxGap int, fits func(digits int) bool) int {
	end := from
	for i := from; i < len(line); {
		n := hexRun(line[i:])
		if n == 0 || !fits(n) && n%2 == 0 { // half a byte is part of the row: it is reported
			return end
		}
		i += n
		if i < len(line) && line[i] != ' ' && line[i] != '\t' {
			return end
		}
		end = i
		next := skipSpaces(line, i)
		if next-i >= maxGap {
			return end
		}
		i = next
	}
	return end
}

func isByte(digits int) bool { return digits == 2 }
func isWord(digits int) bool { return digits == 4 }
func isEven(digits int) bool { return digits%2 == 0 && digits <= 2*rowLimitBytes }
