package view

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"
)

// A Doc is what the page draws for one input: the bytes, the frames found in
// them, and each frame's fields.
type Doc struct {
	Format   string // how the input was written
	Bytes    []byte
	Placed   bool    // the bytes have places in a text: AppendPlaces
	Input    Problem // what was wrong with the text itself
	Frames   []Frame
	Nodes    []Node // of all frames, each in preorder
	Texts    []Texts
	Readings []Reading
	Hints    []Hint
	Needs    []Need
	Plain    []byte // records that were decompressed, one after the other
	Notes    string // what the input holds that is not shown, a line each
	// Refused is the reason why an edit was not made; Select is the node to look
	// at after one, from its frame's first, −1 for none.
	Refused string
	Select  int
}

// A Hint is a likely cause of a frame's error. It is mended by reading the frame
// as the Reading says or, with Edit, by replacing the Delete bytes at Off by
// Insert and, where Size is not −1, by writing that into the frame's first four
// bytes.
type Hint struct {
	Text        string
	As          Reading
	Edit        bool
	Off, Delete int
	Insert      []byte
	Size        int
}

// A Need is a run of compressed bytes that the page is asked to decompress
// and hand back to Session.Decompressed.
type Need struct{ Codec, Off, Len int }

// A Problem is an error at an offset; Text is empty when there is none.
type Problem struct {
	Text string
	Off  int
}

// A Frame is one message: its size prefix, header and body.
type Frame struct {
	Off, Len      int
	Title         string // as the list of frames shows it
	Note          string // the words that announced it in the input
	Side          int    // Side…
	Key, Version  int
	HeaderVersion int
	CorrelationID int
	FirstNode     int
	NodeCount     int
	FirstReading  int
	ReadingCount  int
	Flags         int // Frame… flags
	Err           Problem
	ErrPath       string
	Kind          int   // exchange.Message, TLS or Loose
	Connection    int   // its number in a capture file, from 1; 0 outside of one
	Pair          int   // index of the request or answer that belongs to it, −1 if there is none
	Time          int64 // nanoseconds since 1970, 0 if not known
	Latency       int64 // nanoseconds from the request to the answer
	Lost          int   // bytes that the capture has lost in it
	Client        string
	FirstHint     int
	HintCount     int
}

// Flags of a Frame.
const (
	FrameSized   = 1 << iota // has a size prefix
	FrameChosen              // the reading was chosen by the person, not guessed
	FramePaired              // a response read by the request before it
	FrameExact               // every byte was read
	FrameUnknown             // no api fits
	FrameFolded              // not read yet: its fields come when it is opened
)

// A Reading is one way to read a frame, best first.
type Reading struct {
	Side, Key, Version int
	Score              int // 0 to 100
	Exact              bool
}

// A Node is a field, or a part of one that has bytes of its own. There are many:
// it is as small as it is in the block, and has no pointer to follow.
type Node struct {
	Text     int32 // index in Doc.Texts, −1 if it is bare
	Off, Len int32
	Parent   int32 // index of the node above, −1 if there is none
	End      int32 // index after the last node below this one
	Flags    uint16
	Depth    uint16
	// PlainOff and PlainLen are a place in Doc.Plain, where the node is of
	// records that were compressed; Off and Len are then those of the
	// compressed bytes. PlainOff is −1 for all others.
	PlainOff, PlainLen int32
}

// Texts are what a row says.
type Texts struct {
	Name, Type     string
	Value, Meaning string
	About          string
}

// Flags of a Node, which choose its colour.
const (
	NodeStructure = 1 << iota // a length, count, size or tag: it shapes the message
	NodeText                  // characters
	NodeOpaque                // bytes that mean nothing to Kafka
	NodeError                 // where reading stopped
	NodeUnread                // bytes that belong to no field
	NodeBranch                // has nodes below it
	NodeClosed                // starts folded
	NodePlain                 // of records that were decompressed: see PlainOff
	NodeBare                  // has texts, which are not here: see AppendTexts
	NodeWarned                // an error code that is not 0
)

// The block that crosses into JavaScript is little-endian int32s: a head, then
// the sections that the head points to. Strings are numbers into a table; -1
// is no string. Bytes are not in it, only their number: they are taken from the
// engine's memory, once for an input. protocol.js reads it; the two change
// together.
const (
	blockVersion = 4
	headInts     = 28
	frameInts    = 28
	nodeInts     = 8
	textInts     = 5
	hintInts     = 9
	needInts     = 3
	readingInts  = 5
)

// AppendBlock appends the block to dst.
func (d *Doc) AppendBlock(dst []byte) []byte {
	s := newStringTable(2*len(d.Texts) + len(d.Frames))
	var readings, hints, needs []int32
	put := func(to *[]int32, values ...int) { // one place that grows a slice: this program is counted in bytes
		for _, v := range values {
			*to = append(*to, int32(v))
		}
	}
	frames := make([]int32, 0, len(d.Frames)*frameInts)
	for i := range d.Frames {
		f := &d.Frames[i]
		put(&frames, f.Off, f.Len, s.id(f.Title), s.id(f.Note), f.Side, f.Key, f.Version, f.HeaderVersion, f.CorrelationID,
			f.FirstNode, f.NodeCount, f.FirstReading, f.ReadingCount, f.Flags, s.id(f.Err.Text), f.Err.Off, s.id(f.ErrPath),
			f.Kind, f.Connection, f.Pair, int(int32(f.Time)), int(f.Time>>32), int(int32(f.Latency)), int(f.Latency>>32), f.Lost, s.id(f.Client), f.FirstHint, f.HintCount)
	}
	texts := make([]int32, 0, len(d.Texts)*textInts)
	for i := range d.Texts {
		t := &d.Texts[i]
		put(&texts, s.id(t.Name), s.id(t.Type), s.id(t.Value), s.id(t.Meaning), s.id(t.About))
	}
	for _, r := range d.Readings {
		put(&readings, r.Side, r.Key, r.Version, r.Score, oneIf(r.Exact))
	}
	for _, h := range d.Hints {
		put(&hints, s.id(h.Text), h.As.Side, h.As.Key, h.As.Version, oneIf(h.Edit), h.Off, h.Delete, s.id(hexText(h.Insert)), h.Size)
	}
	for _, n := range d.Needs {
		put(&needs, n.Codec, n.Off, n.Len)
	}
	head := [headInts]int32{blockVersion}
	head[1], head[2] = int32(s.id(d.Format)), int32(s.id(d.Input.Text))
	head[3] = int32(d.Input.Off)
	head[16] = int32(oneIf(d.Placed))
	head[17], head[19] = int32(len(d.Bytes)), int32(s.id(d.Notes))
	head[26], head[27] = int32(s.id(d.Refused)), int32(d.Select)

	start := len(dst)
	nodes := headInts * 4
	dst = append(slices.Grow(dst, nodes+4*(nodeInts*len(d.Nodes)+len(frames))), make([]byte, nodes)...)
	head[6], head[7] = int32(nodes), int32(nodeInts*len(d.Nodes))
	dst = append(dst, d.rows()...)
	section := func(slot int, ints []int32) {
		head[slot], head[slot+1] = int32(len(dst)-start), int32(len(ints))
		dst = appendInts(dst, ints)
	}
	section(4, frames)
	section(8, readings)
	section(10, texts)
	section(12, s.ends)
	section(20, hints)
	section(22, needs)
	raw := func(slot int, b []byte) {
		head[slot], head[slot+1] = int32(len(dst)-start), int32(len(b))
		dst = append(dst, b...)
	}
	raw(14, s.text)
	raw(24, d.Plain)
	for i, v := range head {
		binary.LittleEndian.PutUint32(dst[start+i*4:], uint32(v))
	}
	return dst
}

// rows are the nodes as they lie in the memory of a little-endian machine, which
// WebAssembly is: that is their form in the block.
func (d *Doc) rows() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(d.Nodes))), 4*nodeInts*len(d.Nodes))
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// hexText writes bytes as two digits each: "" for none.
func hexText(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

// appendInts appends int32s as they lie in the memory of a little-endian
// machine, which WebAssembly is.
//
//go:noinline
func appendInts(dst []byte, ints []int32) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, 4*len(ints))...)
	for i, v := range ints {
		binary.LittleEndian.PutUint32(dst[at+4*i:], uint32(v))
	}
	return dst
}

// stringTable holds each string once, nearly always; ends[i] is where string i ends in text.
type stringTable struct {
	text  []byte
	ends  []int32
	slots []int32 // 1 + the number of a string at its hash, or behind it; a power of two, less than half of them used
}

func newStringTable(likely int) *stringTable {
	t := &stringTable{ends: make([]int32, 0, likely), text: make([]byte, 0, likely*likelyText)}
	t.slots = make([]int32, 1<<bits.Len(uint(2*likely+minSlots)))
	return t
}

const (
	minSlots   = 64
	maxProbes  = 32
	likelyText = 32
)

func (t *stringTable) id(s string) int {
	if s == "" {
		return -1
	}
	slot := t.slot(s)
	if slot >= 0 && t.slots[slot] > 0 {
		return int(t.slots[slot]) - 1
	}
	id := len(t.ends)
	t.text = append(t.text, s...)
	t.ends = append(t.ends, int32(len(t.text)))
	t.put(slot, id)
	if 2*id >= len(t.slots) {
		t.slots = make([]int32, 4*len(t.slots))
		for i := range t.ends {
			t.put(t.slot(string(t.bytes(i))), i)
		}
	}
	return id
}

func (t *stringTable) put(slot, id int) {
	if slot >= 0 {
		t.slots[slot] = int32(id + 1)
	}
}

func (t *stringTable) bytes(i int) []byte {
	start := int32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.text[start:t.ends[i]]
}

// slot is where a string is, or where it is to be put; -1 if it has no place, as there are many of its hash, which may be
// on purpose: then it is held more than once.
func (t *stringTable) slot(s string) int {
	mask := len(t.slots) - 1
	i := hash(s) & mask
	for range maxProbes {
		if t.slots[i] == 0 || string(t.bytes(int(t.slots[i])-1)) == s {
			return i
		}
		i = (i + 1) & mask
	}
	return -1
}

// hash is like FNV, of eight bytes at a time.
func hash(s string) int {
	const prime = 0x9e3779b97f4a7c15
	h := uint64(len(s))
	for ; len(s) >= 8; s = s[8:] {
		h ^= uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		h *= prime
		h ^= h >> 32
	}
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return int(h >> 33)
}
