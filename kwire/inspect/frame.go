package inspect

import (
	"encoding/binary"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Options change how bytes are read. The zero value is strict and shows everything but compressed
// records.
type Options struct {
	// Lenient accepts what Kafka's own reader accepts: see wire.DecodeOptions.
	Lenient bool
	// Limits bound what one message may cost: see wire.DecodeOptions.
	Limits wire.Limits
	// MaxNodes bounds the tree; 0 means DefaultMaxNodes. What has no place is in MoreNodes.
	MaxNodes int
	// Records says how far record batches are taken apart.
	Records RecordsDepth
	// JSONRecords writes record batches with their contents into JSON, where Kafka's converters only
	// write how many bytes they have.
	JSONRecords bool
	// Decompressor restores compressed records. Without one they are a single node.
	Decompressor records.Decompressor
	// MaxDecompressedBytes bounds what all batches of one tree may grow to; 0 means
	// DefaultMaxDecompressedBytes.
	MaxDecompressedBytes int
	// Log is the topic whose records batches hold, if it is one of Kafka's own
	// ("__cluster_metadata", "__consumer_offsets", …): keys and values are then read as what Kafka
	// stores there.
	Log string
	// BaseOffset is the offset that an index counts from: the name of its file.
	BaseOffset int64
}

// DefaultMaxDecompressedBytes is how much decompressed records of one tree may take.
const DefaultMaxDecompressedBytes = 64 << 20

// RecordsDepth says how far record batches are taken apart.
type RecordsDepth uint8

// Depths.
const (
	RecordsAll     RecordsDepth = iota // batches and their records
	RecordsBatches                     // batches only; their records are one node
	RecordsOpaque                      // not at all: a field of records is one node
)

func (o *Options) decodeOptions() *wire.DecodeOptions {
	return &wire.DecodeOptions{Lenient: o.Lenient, Limits: o.Limits}
}

// Layout says what some bytes are, so that they can be read.
type Layout struct {
	Kind          schema.Kind // KindRequest or KindResponse; other kinds have no header and no size
	Key           int16       // API key; for other kinds see Name
	Version       int16
	HeaderVersion int16  // of the request or response header; NoHeader if the body comes first
	Sized         bool   // four bytes that hold the size come first, as on the wire
	Stored        bool   // what Kafka stores before a record comes first, and no size: see StoredLayout
	Name          string // of the message, where kind and key do not say it; or RecordBatches
}

// NoHeader is the HeaderVersion of a body without a header before it.
const NoHeader int16 = -1

// Schema returns the message of the body, nil if there is none.
func (l Layout) Schema() *schema.Message {
	switch {
	case l.Name == RecordBatches || fileLayoutOf(l.Name) != nil:
		return nil
	case l.Name != "":
		return schema.ByName(l.Name)
	case l.Kind == schema.KindRequest:
		return schema.Request(l.Key)
	case l.Kind == schema.KindResponse:
		return schema.Response(l.Key)
	}
	return nil
}

// String names the layout: "Fetch request v12", "RequestHeader v2".
func (l Layout) String() string {
	if f := fileLayoutOf(l.Name); f != nil {
		return f.title
	}
	name := l.Name
	if m := l.Schema(); m != nil {
		name = m.Name
		if m.Kind <= schema.KindResponse {
			name = m.API() + " " + m.Kind.String()
		}
	}
	switch name {
	case RecordBatches:
		return "record batches"
	case ProducerSnapshot:
		return "snapshot of producers"
	case "":
		name = "API " + strconv.Itoa(int(l.Key)) + " " + l.Kind.String()
	}
	return name + " v" + strconv.Itoa(int(l.Version))
}

// Request reads a request as it is on the wire, size first. It never fails: the tree has what could
// be read, and its Err says why it ends where it does.
func Request(frame []byte) *Tree { return Options{}.Request(frame) }

// Response reads a response as it is on the wire, size first. A response does not say what it
// answers, so the API and version of its request must be known.
func Response(frame []byte, key, version int16) *Tree { return Options{}.Response(frame, key, version) }

// Message reads one message without size and header.
func Message(m *schema.Message, version int16, body []byte) *Tree {
	return Options{}.Message(m, version, body)
}

// Request is the function Request with options.
func (o Options) Request(frame []byte) *Tree {
	l, _ := RequestLayout(frame, true)
	return o.Frame(frame, l)
}

// RequestLayout reads from a request's first bytes what it is. It is not ok if the bytes end before
// the API version, or no such API exists; the layout then has the header that all requests begin with.
func RequestLayout(frame []byte, sized bool) (l Layout, ok bool) {
	l = Layout{Kind: schema.KindRequest, Key: -1, Version: -1, HeaderVersion: 1, Sized: sized}
	if sized {
		frame = frame[min(4, len(frame)):]
	}
	if len(frame) < 4 {
		return l, false
	}
	l.Key, l.Version = int16(binary.BigEndian.Uint16(frame)), int16(binary.BigEndian.Uint16(frame[2:]))
	if hv := schema.RequestHeaderVersion(l.Key, l.Version); hv >= 0 {
		l.HeaderVersion = hv
		return l, true
	}
	return l, false
}

// Response is the function Response with options.
func (o Options) Response(frame []byte, key, version int16) *Tree {
	l := Layout{Kind: schema.KindResponse, Key: key, Version: version, HeaderVersion: max(0, schema.ResponseHeaderVersion(key, version)), Sized: true}
	t := o.Frame(frame, l)
	if t.Err != nil && key == keyAPIVersions && version > 0 && len(frame) >= 10 && binary.BigEndian.Uint16(frame[8:]) == uint16(errcode.UnsupportedVersion) {
		// A broker that does not know the request's version answers in v0 with this error (KIP-511).
		l.Version = 0
		if t0 := o.Frame(frame, l); t0.Err == nil || !t.Layout.Schema().Versions.Has(version) {
			return t0
		}
	}
	return t
}

const keyAPIVersions = 18

// Message is the function Message with options.
func (o Options) Message(m *schema.Message, version int16, body []byte) *Tree {
	return o.Frame(body, Layout{Kind: m.Kind, Key: m.Key, Name: m.Name, Version: version, HeaderVersion: NoHeader})
}

// Frame reads bytes as the layout says.
func (o Options) Frame(src []byte, l Layout) *Tree {
	b := newBuilder(src, &o)
	b.t.Layout = l
	root := b.add(&event{kind: FrameNode, field: frameField, index: -1})
	b.open = append(b.open, root)
	if len(src) > maxSourceBytes {
		b.failed(&wire.Error{Err: wire.ErrLimit, Detail: strconv.Itoa(len(src)) + " bytes, " + strconv.Itoa(maxSourceBytes) + " allowed"})
		src = src[:maxSourceBytes]
		b.t.buffers[0] = src
	}
	if l.Name == RecordBatches {
		b.batches(len(src))
		b.close(root, len(src))
		return b.t
	}
	if f := fileLayoutOf(l.Name); f != nil {
		switch {
		case l.Name == JSONFile:
			b.members(src)
		case f.grows != "":
			b.entries(f, src)
		default:
			b.lines(f, src)
		}
		b.close(root, len(src))
		return b.t
	}
	pos, end, sizeErr := 0, len(src), (*wire.Error)(nil)
	switch {
	case l.Sized:
		pos, end, sizeErr = b.size(src)
	case l.Stored:
		pos = b.stored(l.Kind, src)
	}
	if b.t.Err == nil {
		pos = b.headerAndBody(l, pos, end)
	}
	if l.Name == ProducerSnapshot && l.Stored {
		b.snapshotCRC(src)
	}
	switch {
	case b.t.Err == nil && sizeErr != nil:
		b.t.Err = sizeErr
		if pos > 0 && end == len(src) {
			b.t.nodes[1].flags |= flagBad
		}
	case b.t.Err == nil && pos < end && !o.Lenient:
		b.t.Err = b.trailing(l, pos, end)
	}
	b.rest(pos, end)
	b.rest(end, len(src))
	b.close(root, len(src))
	return b.t
}

// maxSourceBytes is the longest input: offsets in nodes are 32-bit numbers.
const maxSourceBytes = 1<<31 - 1

// leastFrame is what any message has: a correlation id.
const leastFrame = 4

// size reads the four bytes before a frame: the message lies at src[pos:end].
func (b *builder) size(src []byte) (pos, end int, err *wire.Error) {
	if len(src) < 4 {
		b.failed(&wire.Error{Path: sizeField.Name, Err: io.ErrUnexpectedEOF, Detail: "4 bytes wanted, " + strconv.Itoa(len(src)) + " left"})
		return 0, len(src), nil
	}
	b.leaf(&event{kind: SizeNode, field: sizeField, index: -1, size: 4})
	n, have := int(int32(binary.BigEndian.Uint32(src))), len(src)-4
	switch {
	case n < 0:
		return 4, len(src), &wire.Error{Path: sizeField.Name, Err: wire.ErrValue, Detail: "size " + strconv.Itoa(n)}
	case n > have:
		return 4, len(src), &wire.Error{Path: sizeField.Name, Err: io.ErrUnexpectedEOF, Detail: "size " + strconv.Itoa(n) + ", " + strconv.Itoa(have) + " bytes follow"}
	case n < leastFrame && have >= leastFrame: // a mistake of beginners: what follows can be read all the same
		return 4, len(src), &wire.Error{Path: sizeField.Name, Err: wire.ErrValue, Detail: "size " + strconv.Itoa(n) + ", " + strconv.Itoa(have) + " bytes follow"}
	case n < have:
		return 4, 4 + n, &wire.Error{Path: sizeField.Name, Offset: 4 + n, Err: wire.ErrTrailing, Detail: strconv.Itoa(have-n) + " bytes after a frame of size " + strconv.Itoa(n)}
	}
	return 4, len(src), nil
}

// headerAndBody reads the messages of the layout and returns where they ended.
func (b *builder) headerAndBody(l Layout, pos, end int) int {
	start := pos
	if l.HeaderVersion >= 0 && l.Kind <= schema.KindResponse {
		name := "ResponseHeader"
		if l.Kind == schema.KindRequest {
			name = "RequestHeader"
		}
		h := schema.ByName(name)
		if !h.Versions.Has(l.HeaderVersion) {
			b.failed(&wire.Error{Message: name, Version: l.HeaderVersion, Offset: pos, Err: wire.ErrUnsupportedVersion, Detail: "it has versions " + h.Versions.String()})
			return pos
		}
		if pos = b.message(headerField, h, l.HeaderVersion, pos, end); b.t.Err != nil {
			return pos
		}
	}
	m := l.Schema()
	switch {
	case m == nil && l.Kind == schema.KindRequest:
		b.failed(&wire.Error{Message: "RequestHeader", Version: l.HeaderVersion, Path: "RequestApiKey", Offset: start, Err: wire.ErrValue, Detail: "no API has key " + strconv.Itoa(int(l.Key))})
		return pos
	case m == nil:
		b.failed(&wire.Error{Message: l.String(), Version: l.Version, Offset: pos, Err: wire.ErrValue, Detail: "no such message"})
		return pos
	case !m.Versions.Has(l.Version):
		at, path := pos, ""
		if l.Kind == schema.KindRequest && l.HeaderVersion >= 0 {
			at, path = start+2, "RequestApiVersion"
		}
		b.failed(&wire.Error{Message: m.Name, Version: l.Version, Path: path, Offset: at, Err: wire.ErrUnsupportedVersion, Detail: "it has versions " + m.Versions.String()})
		return pos
	}
	return b.message(bodyField, m, l.Version, pos, end)
}

// trailing is the error of bytes after the message that nothing announced.
func (b *builder) trailing(l Layout, pos, end int) *wire.Error {
	e := &wire.Error{Version: l.Version, Offset: pos, Err: wire.ErrTrailing, Detail: wire.CountBytes(end-pos) + " after the message"}
	if m := l.Schema(); m != nil {
		e.Message = m.Name
	}
	return e
}
