package view

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/exchange"
	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
)

// How much of an input is read at once. The frames beyond it are listed, and
// read when a person opens them.
const (
	eagerFrames = 200
	eagerBytes  = 1 << 20
	maxHinted   = 20 // frames whose damage is explained
	// Batches are many; of them only what one looks at first is read at once.
	eagerBatchBytes = 16 << 10
)

// A Session is an input that a person looks at: the text is read and the frames
// are found once; trees are built of what is looked at.
type Session struct {
	input  []byte
	result capture.Result
	err    *capture.Error
	frames []exchange.Frame
	pos    []int32 // Result.Pos in UTF-16 units
	errPos int

	// Room is for the rows of the next Doc, which takes it: those of a Doc that is no longer needed.
	Room []Node

	plain  plainStore // what was compressed, in
	kept   int        // so many bytes
	search search
	topics map[string]string // names by id, as messages have told

	file  stored.File         // what the input is, if it is a file of a log directory
	parts map[int]stored.Part // frames of it that are no good batches

	name    string           // of the file, "" if it is none
	choices []Choice         // of the last Doc or Frame
	read    map[int]*reading // how frames were read last
	tree    *inspect.Tree    // of the frame treeOf if it is not nil, kept for the next question
	treeOf  int
}

// reading is how a frame was read.
type reading struct {
	layout inspect.Layout
	how    int  // Frame… flags
	edited bool // it is to be read so again
}

// Open reads an input, text or bytes; name is that of the file it came in, or "". It never fails.
func Open(input []byte, name string) *Session { return OpenAs("", input, name) }

// OpenAs reads an input as a format that capture names; "" has it recognised.
func OpenAs(format string, input []byte, name string) *Session {
	s := &Session{input: input, name: name, read: map[int]*reading{}, plain: plainStore{}, topics: map[string]string{}}
	if s.openStored(format) {
		s.utf16Positions()
		return s
	}
	var err error
	if format == "" {
		s.result, err = capture.Read(input)
	} else {
		s.result, err = capture.ReadAs(format, input)
	}
	if e, ok := err.(*capture.Error); ok && len(input) > 0 {
		s.err, s.errPos = e, e.Pos
	}
	if s.dumpOfStored(); s.file.Kind == stored.Unknown {
		s.frames = exchange.Frames(s.result)
	}
	s.utf16Positions()
	return s
}

// Bytes are those that offsets count in: the input, or what its text stands for.
func (s *Session) Bytes() []byte { return s.result.Bytes }

// Doc is what there is to draw: all frames, and the trees of the first ones.
func (s *Session) Doc(choices []Choice) *Doc { return s.doc(choices, -1) }

// doc is Doc with the tree of a frame that is wanted, wherever it stands.
func (s *Session) doc(choices []Choice, wanted int) *Doc {
	b := s.builder(choices, wanted)
	d := b.d
	d.Placed = s.pos != nil
	d.Notes = strings.Join(s.result.Notes, "\n")
	if s.err != nil {
		d.Input = Problem{Text: s.err.Reason, Off: s.errPos}
	}
	d.Frames = make([]Frame, 0, len(s.frames))
	left := eagerBytes
	if s.file.HasBatches() {
		left = eagerBatchBytes
	}
	for i := range s.frames {
		f := s.frames[i]
		n := f.End - f.Start
		b.index = i
		if i == wanted || i == 0 && !f.Known || i < eagerFrames && left > 0 && n <= left {
			b.frame(f)
		} else {
			b.folded(i)
		}
		left -= n
	}
	d.Format = s.result.Format // which a compressed batch may have told more of
	return d
}

// Frame is a Doc of one frame alone, whose offsets are those of the whole.
func (s *Session) Frame(i int, choices []Choice) *Doc {
	b := s.builder(choices, i)
	if i < 0 || i >= len(s.frames) {
		return b.d
	}
	b.index = i
	b.frame(s.frames[i])
	return b.d
}

// builder makes a Doc, and keeps the tree of the frame that is wanted.
func (s *Session) builder(choices []Choice, wanted int) *builder {
	s.choices, s.tree, s.treeOf = choices, nil, wanted
	room := s.Room
	s.Room = nil
	return &builder{s: s, d: &Doc{Bytes: s.result.Bytes, Nodes: room[:0], Select: -1}, choices: choices, asked: map[int32]asked{}}
}

// builder makes the frames of a Doc.
type builder struct {
	s       *Session
	d       *Doc
	choices []Choice
	index   int             // of the frame at hand
	asked   map[int32]asked // requests by correlation id
	guesses int
	last    readTree
	hinted  int
}

// asked is a request that has not been answered yet.
type asked struct {
	frame  int
	layout inspect.Layout
}

// paired links the frame at hand with the request before it that it answers,
// and reports whether they have the same correlation id. Those of a capture
// file are linked already, by their connections.
func (b *builder) paired(f *Frame) (same bool) {
	if f.Connection != 0 {
		return true
	}
	q, same := b.asked[int32(f.CorrelationID)]
	ok := same
	if !same {
		q, ok = b.waiting()
	}
	if !ok || q.frame >= len(b.d.Frames) {
		return true
	}
	f.Pair = q.frame
	if request := &b.d.Frames[q.frame]; request.Pair < 0 {
		request.Pair = b.index
	}
	return same
}

// mistaken says that a sound answer has not the correlation id of its request.
func (b *builder) mistaken(f *Frame) {
	if f.Err.Text != "" || f.Flags&FrameSized == 0 {
		return
	}
	want := b.d.Frames[f.Pair].CorrelationID
	text := "request " + strconv.Itoa(f.Pair+1) + " has " + strconv.Itoa(want) + ", and its answer must bring that back"
	f.Flags &^= FrameExact
	f.ErrPath = "CorrelationId"
	f.Err = Problem{Text: f.ErrPath + ": " + text, Off: f.Off + sizeBytes}
	for i := f.FirstNode; i < f.FirstNode+f.NodeCount; i++ {
		if n := &b.d.Nodes[i]; int(n.Off) == f.Err.Off && n.Text >= 0 && b.d.Texts[n.Text].Name == f.ErrPath {
			n.Flags |= NodeError
			b.d.Texts[n.Text].Meaning = text
			break
		}
	}
	f.FirstHint, f.HintCount = len(b.d.Hints), 1
	b.d.Hints = append(b.d.Hints, Hint{Text: "the correlation id is not that of the request: write " + strconv.Itoa(want), As: Reading{Side: f.Side, Key: f.Key, Version: f.Version, Exact: true},
		Edit: true, Off: f.Err.Off, Delete: 4, Insert: binary.BigEndian.AppendUint32(nil, uint32(want)), Size: -1})
}

// readTree is a frame's tree.
type readTree struct {
	index  int
	layout inspect.Layout
	tree   *inspect.Tree
}

// maxAsked bounds how many requests wait for their answers.
const maxAsked = 1 << 16

// frame reads one frame.
func (b *builder) frame(x exchange.Frame) {
	raw := b.s.result.Bytes[x.Start:x.End]
	f := b.listed(x)
	if x.Kind != exchange.Message {
		f.Title, f.Flags = b.noMessage(x)
		f.FirstNode, f.NodeCount = len(b.d.Nodes), 1
		b.d.Nodes = append(b.d.Nodes, Node{Text: b.d.text(Texts{Name: f.Title, Type: plural(f.Len, "byte")}), Off: int32(f.Off), Len: int32(f.Len), Parent: -1,
			End: int32(len(b.d.Nodes) + 1), Flags: NodeOpaque, PlainOff: -1})
		b.d.Frames = append(b.d.Frames, f)
		return
	}
	b.s.tellLog(raw)
	l, ranked, how := b.layout(raw, x)
	f.Flags |= how
	var t *inspect.Tree
	if how&FrameChosen != 0 {
		t = b.s.options().Frame(raw, l)
	} else {
		t = b.tree(raw, l)
		l = t.Layout
	}
	b.s.searchAgain(b.index, l)
	if r := b.s.read[b.index]; r == nil || !r.edited {
		b.s.read[b.index] = &reading{layout: l, how: how & FramePaired}
	} else {
		r.layout = l
	}
	if b.s.treeOf == b.index {
		b.s.tree = t
	}
	b.describe(&f, t, l)
	b.list(&f, ranked)
	b.hints(&f, t)
	f.FirstNode, f.NodeCount = b.d.appendTree(t, x.Start, b.s.plain)
	if l.Kind == schema.KindRequest && len(b.asked) < maxAsked {
		b.asked[int32(f.CorrelationID)] = asked{b.index, l}
		f.Client = exchange.ClientID(raw, l.Sized)
	}
	if f.Flags&FramePaired != 0 && !b.paired(&f) {
		b.mistaken(&f)
	}
	b.storedPart(&f)
	b.d.Frames = append(b.d.Frames, f)
}

// listed is what is known of a frame before it is read.
func (b *builder) listed(x exchange.Frame) Frame {
	return Frame{Off: x.Start, Len: x.End - x.Start, Note: b.s.result.Chunks[x.Chunk].Note, Kind: int(x.Kind), Connection: x.Connection, Pair: x.Pair,
		Time: x.Time, Latency: x.Latency, Lost: x.Lost}
}

// folded lists a frame that is not read: what its header tells, or its request.
func (b *builder) folded(i int) {
	x := &b.s.frames[i]
	raw := b.s.result.Bytes[x.Start:x.End]
	f := b.listed(*x)
	if x.Kind != exchange.Message {
		f.Title, f.Flags = b.noMessage(*x)
		f.Flags |= FrameFolded
		b.d.Frames = append(b.d.Frames, f)
		return
	}
	if !x.Known && x.Connection == 0 {
		b.recognise(x, raw)
	}
	f.Flags |= FrameFolded
	if x.Sized {
		f.Flags |= FrameSized
	}
	f.Side, f.CorrelationID = SideResponse, int(x.CorrelationID)
	switch {
	case x.Known:
		l := x.Layout
		f.Title, f.Side = title(l, raw), sideOf(l)
		f.Key, f.Version, f.HeaderVersion = int(l.Key), int(l.Version), int(l.HeaderVersion)
		switch l.Kind {
		case schema.KindRequest:
			f.Client = exchange.ClientID(raw, x.Sized)
			if x.Connection == 0 && len(b.asked) < maxAsked {
				b.asked[x.CorrelationID] = asked{i, l}
			}
		case schema.KindResponse:
			f.Flags |= FramePaired
			b.paired(&f)
		}
	default:
		f.Title, f.Flags = "not recognised yet", f.Flags|FrameUnknown
		if x.Side == capture.SideClient {
			f.Side = SideRequest
		}
	}
	b.storedPart(&f)
	b.d.Frames = append(b.d.Frames, f)
}

// recognise tells what a frame of a dump is by its header, or by the request
// before it with the same correlation id.
func (b *builder) recognise(x *exchange.Frame, raw []byte) {
	if x.Side != capture.SideBroker {
		if l, correlation, ok := exchange.Request(raw, x.Sized); ok && l.Key != 0 {
			x.Layout, x.CorrelationID, x.Known = l, correlation, true
			return
		}
	}
	if x.Sized && len(raw) >= sizeBytes+minFrameBytes {
		x.CorrelationID = int32(binary.BigEndian.Uint32(raw[sizeBytes:]))
		if q, ok := b.asked[x.CorrelationID]; ok {
			x.Layout, x.Known = exchange.Answer(q.layout), true
		}
	}
}

// noMessage names bytes that are none.
func (b *builder) noMessage(x exchange.Frame) (string, int) {
	switch {
	case b.s.file.HasBatches():
		return "zeros, room not used", FrameUnknown
	case x.Kind == exchange.TLS:
		return "looks like TLS: encrypted, cannot be decoded", FrameUnknown
	}
	return "bytes whose start is not in the capture", FrameUnknown
}

// title names a frame; batches of a log are told apart by their offsets.
func title(l inspect.Layout, raw []byte) string {
	if l.Name == inspect.RecordBatches && len(raw) >= records.HeaderSize && raw[16] == 2 {
		base := int64(binary.BigEndian.Uint64(raw))
		last := base + int64(int32(binary.BigEndian.Uint32(raw[23:])))
		if int(int32(binary.BigEndian.Uint32(raw[8:]))) == len(raw)-records.LengthEnd {
			return offsets("batch", base, last)
		}
	}
	return l.String()
}

func offsets(what string, base, last int64) string {
	return what + " of offsets " + strconv.FormatInt(base, 10) + " to " + strconv.FormatInt(last, 10)
}

// hints adds the likely causes of a frame's error.
func (b *builder) hints(f *Frame, t *inspect.Tree) {
	f.FirstHint = len(b.d.Hints)
	if t.Err == nil || b.hinted >= maxHinted {
		return
	}
	b.hinted++
	for _, h := range (inspect.Options{}).Hints(t) {
		size := -1
		if h.Size != 0 {
			size = h.Size
		}
		b.d.Hints = append(b.d.Hints, Hint{Text: h.Text, As: Reading{Side: sideOf(h.Layout), Key: int(h.Layout.Key), Version: int(h.Layout.Version), Exact: true},
			Edit: h.Edit, Off: f.Off + h.Offset, Delete: h.Delete, Insert: h.Insert, Size: size})
	}
	f.HintCount = len(b.d.Hints) - f.FirstHint
}
