// Package capture takes bytes from wherever people have them: a hex dump
// copied from a terminal, lines of a test log, a literal from a source file,
// base64 from a web page, a capture file of tcpdump or Wireshark, a stream that
// a broker or a proxy wrote, or the bytes themselves.
//
// Read recognises the format and returns the bytes, the format's name, and for
// each byte the place in the input that it came from, so that a page can mark
// the text when the byte is pointed at:
//
//	r, err := capture.Read([]byte("00000000: 0000 0023 0012 0004"))
//	r.Format  // "xxd"
//	r.Bytes   // 00 00 00 23 00 12 00 04
//	r.Pos     // 10 12 15 17 20 22 25 27
//	r.Chunks  // one dump, bytes 0 to 8
//
// A text may hold several dumps (a test log shows what was sent and what was
// received; a literal may be one of two arrays). Each is a Chunk, with the
// words that stood before it and, where the format tells, who sent it.
//
// Bad input is an *Error that names the character, and the bytes read before
// it are still returned: someone who is typing wants to see what is there.
//
// Each format is a file of this package and a line in the list in formats.go.
// A format only says how it looks and how it is read; it knows nothing about
// Kafka. Splitting the bytes into frames is the work of the reader.
//
// The package links into the page's engine, so it imports nothing heavy: no
// fmt, no reflection, no files.
package capture

import (
	"slices"
	"strconv"
)

// MaxInputBytes and MaxOutputBytes bound what Read accepts and what a few
// characters of input can grow to ("*" in a dump stands for any number of
// equal rows).
const (
	MaxInputBytes  = 256 << 20
	MaxOutputBytes = 64 << 20
)

// Side says who sent the bytes of a chunk, as far as the format tells.
type Side uint8

// The sides of a connection.
const (
	SideUnknown Side = iota
	SideClient       // sent by the client: requests
	SideBroker       // sent by the broker: responses
)

// A Chunk is one dump within an input: Bytes[Start:End] of its Result.
type Chunk struct {
	Start, End int
	Note       string // the line that announced it, "" if none
	Side       Side
	// Connection is the number, from 1, of the Connection whose bytes these
	// are, and Marks tell when they were captured; 0 and nil outside of capture
	// files.
	Connection int
	Marks      []Mark
}

// A Result is what was read from an input.
type Result struct {
	Format string
	Bytes  []byte
	// Pos holds, for each byte of Bytes, the offset in the input of the first
	// character that wrote it. It is nil when Bytes is the input itself, or
	// comes from a capture file.
	Pos    []int32
	Chunks []Chunk
	// Connections are those of a capture file: of each come the bytes that the
	// client sent, then those that the broker sent. Notes say what was left out.
	Connections []Connection
	Notes       []string
}

// An Error says what was wrong with an input, and where.
type Error struct {
	Format string // the format the input was read as
	Pos    int    // offset in the input, in bytes
	Reason string
}

// Error says the format, the place and the reason.
func (e *Error) Error() string {
	return e.Format + ": character " + strconv.Itoa(e.Pos+1) + ": " + e.Reason
}

// Read recognises the format of input and reads it. On an error the Result
// holds the bytes before it.
func Read(input []byte) (Result, error) {
	if len(input) > MaxInputBytes {
		return Result{}, tooLarge(input)
	}
	if n := oneRun(input); n > 0 {
		var o output
		readOneRun(string(input), n, &o)
		return plainHex.result(o)
	}
	if format := isCapture(input); format != "" {
		return readCapture(format, input)
	}
	if isBinary(input) {
		return readBinary(input), nil
	}
	has := lettersOf(input)
	text := plainText(input, &has)
	for _, f := range formats {
		if (f.mark == "" || has.any(f.mark)) && f.looks(text) {
			return f.readAll(text)
		}
	}
	// Nothing fits. Most inputs are hex, so say where this one is not.
	return plainHex.readAll(text)
}

// ReadAs reads input as the named format, one of Names.
func ReadAs(name string, input []byte) (Result, error) {
	if len(input) > MaxInputBytes {
		return Result{}, tooLarge(input)
	}
	switch name {
	case binaryName:
		return readBinary(input), nil
	case pcapName, pcapngName, streamName:
		if isCapture(input) != name {
			return Result{Format: name}, &Error{Format: name, Reason: "the first bytes are not those of such a file"}
		}
		return readCapture(name, input)
	}
	has := lettersOf(input)
	text := plainText(input, &has)
	for _, f := range formats {
		if f.name == name {
			return f.readAll(text)
		}
	}
	return Result{}, &Error{Format: name, Reason: "no format has this name"}
}

func tooLarge(input []byte) error {
	return &Error{Format: binaryName, Pos: MaxInputBytes,
		Reason: strconv.Itoa(len(input)) + " bytes are more than the limit of " + strconv.Itoa(MaxInputBytes)}
}

// output collects bytes with the places they came from.
type output struct {
	bytes  []byte
	pos    []int32
	chunks []Chunk
	err    *Error
}

// room makes place for n more bytes.
func (o *output) room(n int) {
	n = min(n, MaxOutputBytes-len(o.bytes))
	o.bytes = slices.Grow(o.bytes, n)
	o.pos = slices.Grow(o.pos, n)
}

// put appends one byte that was written at offset pos of the input.
func (o *output) put(b byte, pos int) {
	if len(o.bytes) >= MaxOutputBytes {
		o.fail(pos, "more than "+strconv.Itoa(MaxOutputBytes)+" bytes")
		return
	}
	o.bytes = append(o.bytes, b)
	o.pos = append(o.pos, int32(pos))
}

// fail keeps the first error.
//
//go:noinline
func (o *output) fail(pos int, reason string) {
	if o.err == nil {
		o.err = &Error{Pos: pos, Reason: reason}
	}
}

// chunk closes a chunk that began at byte start; an empty one is dropped.
func (o *output) chunk(start int, note string, side Side) {
	if start < len(o.bytes) {
		o.chunks = append(o.chunks, Chunk{Start: start, End: len(o.bytes), Note: note, Side: side})
	}
}
