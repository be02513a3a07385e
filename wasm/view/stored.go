package view

import (
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/exchange"
	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
)

// Files of Kafka's log directories: a segment has a frame for each batch, any
// other file is one frame.

// openStored takes the input for a file of a log directory, if it is one or if
// that is its format.
func (s *Session) openStored(format string) bool {
	k := stored.KindNamed(format)
	switch {
	case format == "":
		s.setFile(stored.Recognise(s.name, s.input, int64(len(s.input)), s.plain), s.input)
	case k != stored.Unknown:
		b := s.input
		if r, err := capture.Read(b); err == nil && !k.IsText() && len(r.Connections) == 0 {
			s.result, b = r, r.Bytes // a dump of it
		}
		s.setFile(stored.As(k, s.name, b, s.plain), b)
	}
	return s.file.Kind != stored.Unknown
}

// tellLog tells which of Kafka's own logs a segment is of by a compressed batch, once its records are there.
func (s *Session) tellLog(batch []byte) {
	if s.file.Kind != stored.Segment || s.file.Log != "" {
		return
	}
	if b, err := records.ReadHeader(batch); err != nil || b.Codec() == records.None {
		return
	}
	if log := stored.LogOf(batch, s.plain); log != "" {
		before := s.file.String()
		s.file.Log = log
		s.result.Format = strings.TrimSuffix(s.result.Format, before) + s.file.String()
	}
}

// setFile takes bytes for a file, if it is known what it is.
func (s *Session) setFile(f stored.File, b []byte) {
	if f.Kind == stored.Unknown {
		return
	}
	s.file = f
	if s.result.Pos == nil {
		s.result = capture.Result{Bytes: b}
	} else {
		s.result.Format += ", "
	}
	s.result.Format += f.String()
	s.result.Chunks = []capture.Chunk{{End: len(b)}}
	s.storedFrames()
}

// dumpOfStored looks at the bytes that a text stands for: a dump of a segment is
// one too.
func (s *Session) dumpOfStored() {
	b := s.result.Bytes
	if s.result.Pos == nil || s.err != nil || len(s.result.Chunks) != 1 {
		return
	}
	if f := stored.Recognise("", b, int64(len(b)), nil); f.HasBatches() || f.Kind == stored.ProducerSnapshot {
		s.setFile(f, b)
	}
}

// maxListedBatches is how many frames a segment has at most: where there are more
// batches, a frame holds as many as it takes, one after the other.
const maxListedBatches = 1 << 14

// storedFrames lists the frames of a file. Only the start of each batch is
// looked at, and its checksum.
func (s *Session) storedFrames() {
	b := s.result.Bytes
	whole := exchange.Frame{End: len(b), Layout: s.file.Layout(b), Known: true, Pair: -1}
	s.frames, s.parts = make([]exchange.Frame, 0, s.likelyFrames()), map[int]stored.Part{}
	if !s.file.HasBatches() {
		s.frames = append(s.frames, whole)
		return
	}
	share, last := 1, 0 // batches of a frame, those of the last one
	for scan := stored.NewScanner(stored.InMemory(b)); ; {
		p, ok := scan.Next()
		if !ok {
			return
		}
		good := p.Kind == stored.Batch && p.Err == nil
		if good && last > 0 && last < share {
			s.frames[len(s.frames)-1].End = int(p.End)
			last++
			continue
		}
		if len(s.frames) == maxListedBatches {
			s.joinFrames()
			share *= 2
		}
		if last = 1; !good {
			last = 0
			s.parts[len(s.frames)] = p
		}
		f := whole
		f.Start, f.End = int(p.Start), int(p.End)
		if p.Kind == stored.Unused {
			f.Kind = exchange.Loose
		}
		if len(s.frames) == maxListedBatches { // damage all over: the rest is one frame
			f.End = len(b)
		}
		if s.frames = append(s.frames, f); f.End == len(b) {
			return
		}
	}
}

// likelyFrames is how many there are if all batches are like the first one.
func (s *Session) likelyFrames() int {
	first, err := records.ReadHeader(s.result.Bytes)
	if err != nil {
		return 1
	}
	return min(len(s.result.Bytes)/first.Size()+1, maxListedBatches)
}

// joinFrames makes one frame of every two neighbours that hold good batches.
func (s *Session) joinFrames() {
	parts, n, alone := map[int]stored.Part{}, 0, false
	for i, f := range s.frames {
		p, bad := s.parts[i]
		if bad {
			parts[n] = p
		}
		if alone && !bad {
			s.frames[n-1].End, alone = f.End, false
			continue
		}
		s.frames[n], alone = f, !bad
		n++
	}
	s.frames, s.parts = s.frames[:n], parts
}

// storedPart says in the list what is known of a part of a segment: what it
// holds, when it was written, and what is wrong with it.
func (b *builder) storedPart(f *Frame) {
	if !b.s.file.HasBatches() || f.Flags&FrameChosen != 0 {
		return
	}
	p, bad := b.s.parts[b.index]
	if bad && p.Err != nil && f.Err.Text == "" {
		f.Err = Problem{Text: (&stopped{path: p.Err.Path, text: causeText(p.Err)}).sentence(), Off: f.Off + p.Err.Offset - int(p.Start)}
		f.ErrPath = p.Err.Path
		f.Flags &^= FrameExact
	}
	switch {
	case bad && p.Kind == stored.Damaged:
		f.Title = "bytes that are no batch"
	case bad && p.Kind == stored.CutOff:
		f.Title = "the start of a batch"
	default:
		b.batches(f)
	}
}

// batches says what the batches of a frame hold, and when the first was written.
func (b *builder) batches(f *Frame) {
	raw := b.s.result.Bytes[f.Off : f.Off+f.Len]
	first, err := records.ReadHeader(raw)
	if err != nil {
		return
	}
	if ms := first.MaxTimestamp(); ms > 0 && ms < maxTimeMs {
		f.Time = ms * nsPerMs
	}
	if first.Size() >= len(raw) {
		f.Note = contents(first)
		return
	}
	last, n := first, 0
	for v, err := range records.Batches(raw) {
		if err == nil {
			last = v
			n++
		}
	}
	f.Title = offsets("batches", first.BaseOffset(), last.LastOffset())
	f.Note = strconv.Itoa(n) + " batches"
}

const (
	nsPerMs   = 1_000_000
	maxTimeMs = 1 << 43 // 2248; in nanoseconds it fits 64 bits
)

// contents is "50 records, gzip" of a batch.
func contents(b records.Batch) string {
	var parts []string
	if n := b.Count(); n >= 0 {
		parts = append(parts, plural(int(n), "record"))
	}
	for _, is := range [...]struct {
		so   bool
		name string
	}{{b.Codec() != records.None, b.Codec().String()}, {b.IsTransactional(), "transactional"}, {b.IsControl(), "control"}} {
		if is.so {
			parts = append(parts, is.name)
		}
	}
	return strings.Join(parts, ", ")
}

// Replay is a Doc of one frame: the state that the metadata log amounts to after
// the record of an offset. Its rows lie where the bytes are that say so.
func (s *Session) Replay(upTo int64) (*Doc, string) {
	if s.file.Log != inspect.MetadataLog {
		return nil, "only the metadata log has a state to be replayed"
	}
	state := stored.NewState()
	for i, f := range s.frames {
		if p, bad := s.parts[i]; bad && p.Kind != stored.Batch {
			continue
		}
		for batch, err := range records.Batches(s.result.Bytes[f.Start:f.End]) {
			if err != nil || !state.Apply(batch.Bytes(), f.Start+batch.Position(), upTo) {
				break
			}
		}
	}
	d := &Doc{Bytes: s.result.Bytes, Select: -1}
	d.items(state.Items(), 0, -1)
	title := "state after offset " + strconv.FormatInt(state.Last, 10)
	if n := state.Pending(); n > 0 {
		title += "; " + plural(n, "record") + " of a transaction that has not ended are not in it"
	}
	if n := state.Unread; n > 0 {
		title += "; " + plural(n, "record") + " could not be read"
	}
	if state.First > 0 {
		title += "; the file begins at offset " + strconv.FormatInt(state.First, 10)
	}
	d.Frames = []Frame{{Len: len(d.Bytes), Title: title, Side: SideFile, Key: -1, Pair: -1, NodeCount: len(d.Nodes), Flags: FrameExact}}
	return d, ""
}

// items appends the rows of a state.
func (d *Doc) items(items []stored.Item, depth, parent int) {
	for _, it := range items {
		i := len(d.Nodes)
		n := Node{Text: d.text(Texts{Name: it.Name, Value: it.Text}), Off: int32(it.At), Len: int32(it.Size), Depth: uint16(depth), Parent: int32(parent), PlainOff: -1}
		if len(it.Below) > 0 {
			n.Flags = NodeBranch
			if it.Text != "" {
				n.Flags |= NodeClosed
			}
		}
		d.Nodes = append(d.Nodes, n)
		d.items(it.Below, depth+1, i)
		d.Nodes[i].End = int32(len(d.Nodes))
	}
}
