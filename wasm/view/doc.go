package view

import (
	"encoding/binary"
)

// A Doc is what the page draws for one input: the bytes, the frames found in
// them, and each frame's fields.
type Doc struct {
	Format   string // how the input was written
	Bytes    []byte
	Pos      []int32 // for each byte its place in the text, in UTF-16 units; nil: no text
	Input    Problem // what was wrong with the text itself
	Frames   []Frame
	Nodes    []Node // of all frames, each in preorder
	Readings []Reading
}

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
}

// Flags of a Frame.
const (
	FrameSized   = 1 << iota // has a size prefix
	FrameChosen              // the reading was chosen by the person, not guessed
	FramePaired              // a response read by the request before it
	FrameExact               // every byte was read
	FrameUnknown             // no api fits
)

// A Reading is one way to read a frame, best first.
type Reading struct {
	Side, Key, Version int
	Score              int // 0 to 100
	Exact              bool
}

// A Node is a field, or a part of one that has bytes of its own.
type Node struct {
	Name, Type     string
	Value, Meaning string
	About          string
	Off, Len       int
	Depth          int
	End            int // index after the last node below this one
	Flags          int
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
)

// The block that crosses into JavaScript is little-endian int32s: a head, then
// the sections that the head points to. Strings are numbers into a table; -1
// is no string. protocol.js reads it; the two change together.
const (
	blockVersion = 1
	headInts     = 20
	frameInts    = 17
	nodeInts     = 10
	readingInts  = 5
)

// AppendBlock appends the block to dst.
func (d *Doc) AppendBlock(dst []byte) []byte {
	s := &stringTable{ids: map[string]int{}}
	var frames, nodes, readings []int32
	put := func(to *[]int32, values ...int) { // one place that grows a slice: this program is counted in bytes
		for _, v := range values {
			*to = append(*to, int32(v))
		}
	}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		put(&nodes, s.id(n.Name), s.id(n.Type), s.id(n.Value), s.id(n.Meaning), s.id(n.About), n.Off, n.Len, n.Depth, n.End, n.Flags)
	}
	for i := range d.Frames {
		f := &d.Frames[i]
		put(&frames, f.Off, f.Len, s.id(f.Title), s.id(f.Note), f.Side, f.Key, f.Version, f.HeaderVersion, f.CorrelationID,
			f.FirstNode, f.NodeCount, f.FirstReading, f.ReadingCount, f.Flags, s.id(f.Err.Text), f.Err.Off, s.id(f.ErrPath))
	}
	for _, r := range d.Readings {
		exact := 0
		if r.Exact {
			exact = 1
		}
		put(&readings, r.Side, r.Key, r.Version, r.Score, exact)
	}
	head := [headInts]int32{blockVersion}
	head[1], head[2] = int32(s.id(d.Format)), int32(s.id(d.Input.Text))
	head[3] = int32(d.Input.Off)

	start := len(dst)
	dst = append(dst, make([]byte, headInts*4)...)
	section := func(slot int, ints []int32) {
		head[slot], head[slot+1] = int32(len(dst)-start), int32(len(ints))
		dst = appendInts(dst, ints)
	}
	section(4, frames)
	section(6, nodes)
	section(8, readings)
	section(10, d.Pos)
	section(12, s.ends)
	head[14], head[15] = int32(len(dst)-start), int32(len(s.text))
	dst = append(dst, s.text...)
	head[16], head[17] = int32(len(dst)-start), int32(len(d.Bytes))
	dst = append(dst, d.Bytes...)
	for i, v := range head {
		binary.LittleEndian.PutUint32(dst[start+i*4:], uint32(v))
	}
	return dst
}

// appendInts appends int32s as they lie in the memory of a little-endian
// machine, which WebAssembly is.
func appendInts(dst []byte, ints []int32) []byte {
	for _, v := range ints {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(v))
	}
	return dst
}

// stringTable holds each string once; ends[i] is where string i ends in text.
type stringTable struct {
	ids  map[string]int
	text []byte
	ends []int32
}

func (t *stringTable) id(s string) int {
	if s == "" {
		return -1
	}
	if id, ok := t.ids[s]; ok {
		return id
	}
	id := len(t.ends)
	t.ids[s] = id
	t.text = append(t.text, s...)
	t.ends = append(t.ends, int32(len(t.text)))
	return id
}
