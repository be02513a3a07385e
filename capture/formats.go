package capture

import "encoding/binary"

// A format is one way of writing bytes as text.
type format struct {
	name  string                 // as people call it; shown to them
	mark  string                 // characters of which each such text has one; "" if there are none
	looks func(text string) bool // whether a text is written this way
	read  func(text string, o *output)
}

// formats is the list of what can be read, in the order of trying: what is
// recognised by a mark of its own before what is recognised by having none.
var formats = []format{
	testerLog,
	tcpdump,
	xxd,
	hexdumpC,
	wireshark,
	od,
	hexdumpWords,
	literal,
	escaped,
	command,
	plainHex,
	base64,
}

// Names lists the formats that Read recognises and ReadAs accepts.
func Names() []string {
	names := []string{binaryName, pcapName, pcapngName, streamName}
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// letters are the bytes that occur in a text: what one look at it tells of all formats. Hex digits are
// not always among them.
type letters [256]bool

func lettersOf(text []byte) (l letters) {
	for ; len(text) >= wordBytes; text = text[wordBytes:] {
		if isHex(binary.LittleEndian.Uint64(text)) {
			continue
		}
		for _, c := range text[:wordBytes] {
			l[c] = true
		}
	}
	for _, c := range text {
		l[c] = true
	}
	return l
}

// any reports whether one of some characters occurs.
func (l *letters) any(of string) bool {
	for i := range len(of) {
		if l[of[i]] {
			return true
		}
	}
	return false
}

// readAll reads the whole text as this format.
func (f format) readAll(text string) (Result, error) {
	var o output
	f.read(text, &o)
	return f.result(o)
}

// result is what was read as this format.
func (f format) result(o output) (Result, error) {
	if len(o.bytes) == 0 && o.err == nil {
		o.fail(0, "no bytes found")
	}
	if len(o.chunks) == 0 {
		o.chunk(0, "", SideUnknown)
	}
	r := Result{Format: f.name, Bytes: o.bytes, Pos: o.pos, Chunks: o.chunks}
	if o.err != nil {
		o.err.Format = f.name
		return r, o.err
	}
	return r, nil
}
