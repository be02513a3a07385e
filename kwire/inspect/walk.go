package inspect

import (
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// sink receives what the walker finds, in the order of the bytes. Between an enter and its leave
// come the parts of that group; every byte that has been read belongs to exactly one leaf. Events
// are the walker's own: they are good until the next one.
type sink interface {
	enter(e *event)
	leaf(e *event)
	leave(end int)
}

// event is one node as the walker sees it. Offsets count from the start of the walker's source.
type event struct {
	kind   Kind
	field  *schema.Field
	index  int // of an array's element, −1 otherwise
	off    int
	size   int // of a leaf
	prefix int // how many bytes of a leaf are its length, before the value
	null   bool
	flex   bool // read with compact lengths
	count  int  // elements of an array, tags of a section
}

// walker reads one message along its schema and tells a sink. It reads with wire.Reader, so what it
// refuses, and at which byte, is what the typed codec refuses there.
type walker struct {
	r       wire.Reader
	at      int // the offset in src where it reads
	src     []byte
	version int16
	flex    bool
	sink    sink
	event   event // that the sink is told
	path    []step
	done    bool // the sink has seen enough
	bare    bool // elements of arrays end without their TAG_BUFFER, a mistake that is looked for
}

// step is one element of the path to what is being read: a field, or an element if field is nil.
type step struct {
	field *schema.Field
	index int
}

// walk reads a message from the start of src and returns how many bytes it took.
func walk(m *schema.Message, version int16, src []byte, o *wire.DecodeOptions, s sink) (int, *wire.Error) {
	w := walker{src: src, version: version, flex: m.Flexible.Has(version), sink: s}
	opts := wire.DecodeOptions{Alias: true}
	if o != nil {
		opts.Lenient, opts.Limits = o.Lenient, o.Limits
	}
	w.r = wire.NewReader(src, &opts)
	w.fields(m.Fields)
	if err := w.r.Err(); err != nil {
		err.Message, err.Version, err.Path = m.Name, version, pathString(w.path)
		return 0, err
	}
	return w.at, nil
}

// stopped reports whether the walk is over: by a failure, or because the sink has seen enough.
func (w *walker) stopped() bool { return w.done || w.r.Failed() }

func (w *walker) enter(e event) {
	w.event = e
	w.sink.enter(&w.event)
}

func (w *walker) leaf(e event) {
	w.event = e
	w.sink.leaf(&w.event)
}

func (w *walker) push(f *schema.Field, index int) { w.path = append(w.path, step{f, index}) }

// pop leaves a step, unless the walk ended in it: then the path says where.
func (w *walker) pop() {
	if !w.stopped() {
		w.path = w.path[:len(w.path)-1]
	}
}

func (w *walker) fields(fields []*schema.Field) {
	w.plain(fields)
	if w.flex && !w.stopped() {
		w.tags(fields)
	}
}

// plain reads the fields before the tags.
func (w *walker) plain(fields []*schema.Field) {
	for _, f := range fields {
		if !f.Versions.Has(w.version) || f.Tagged.Has(w.version) {
			continue
		}
		if f.Array || f.Struct != nil {
			w.push(f, -1)
			w.field(f, false)
			w.pop()
		} else if w.value(f, -1, w.flex && !f.NeverFlexible, f.Nullable.Has(w.version)); w.stopped() {
			w.push(f, -1)
		}
		if w.stopped() {
			return
		}
	}
}

func (w *walker) field(f *schema.Field, tagged bool) {
	flex := w.flex && !f.NeverFlexible
	null := f.Nullable.Has(w.version)
	switch {
	case f.Array:
		w.array(f, flex, null)
	case f.Struct != nil && null:
		w.nullStruct(f, tagged)
	case f.Struct != nil:
		w.structure(f, -1)
	default:
		w.value(f, -1, flex, null)
	}
}

func (w *walker) array(f *schema.Field, flex, null bool) {
	at, least := w.at, f.ElementMinBytes()
	if w.bare {
		least = 1
	}
	var n int
	if null {
		n, w.at = w.r.NullArrayLen(at, flex, least)
	} else {
		n, w.at = w.r.ArrayLen(at, flex, least)
	}
	if w.stopped() {
		return
	}
	size := w.at - at
	if n <= 0 {
		w.leaf(event{kind: ArrayNode, field: f, index: -1, off: at, size: size, prefix: size, null: n < 0, flex: flex})
		return
	}
	w.enter(event{kind: ArrayNode, field: f, index: -1, off: at, size: size, flex: flex, count: n})
	w.leaf(event{kind: CountNode, field: countField, index: -1, off: at, size: size, flex: flex, count: n})
	if size = f.Type.FixedBytes(); size > 0 && f.Type != schema.Bool && n <= (len(w.r.Input())-w.at)/size {
		w.numbers(f, n, size, flex)
	} else {
		w.elements(f, n, flex)
	}
	if !w.stopped() {
		w.sink.leave(w.at)
	}
}

// numbers reads the elements of an array that are numbers of a fixed size, for all of which there are bytes.
func (w *walker) numbers(f *schema.Field, n, size int, flex bool) {
	w.event = event{kind: ValueNode, field: f, off: w.at, size: size, flex: flex}
	if b, ok := w.sink.(*builder); ok && !w.done && b.numbers(&w.event, n) {
		w.at += n * size
		return
	}
	for i := 0; i < n && !w.done; i++ {
		w.event.index, w.event.off = i, w.at
		w.at += size
		if w.sink.leaf(&w.event); w.done {
			w.push(nil, i)
		}
	}
}

func (w *walker) elements(f *schema.Field, n int, flex bool) {
	for i := 0; i < n && !w.stopped(); i++ {
		w.push(nil, i)
		if f.Struct != nil {
			w.structure(f, i)
		} else {
			w.value(f, i, flex, false)
		}
		w.pop()
	}
}

func (w *walker) structure(f *schema.Field, index int) {
	w.enter(event{kind: StructNode, field: f, index: index, off: w.at, flex: w.flex})
	w.plain(f.Struct.Fields)
	if w.flex && !w.stopped() && !(w.bare && index >= 0) {
		w.tags(f.Struct.Fields)
	}
	if !w.stopped() {
		w.sink.leave(w.at)
	}
}

func (w *walker) nullStruct(f *schema.Field, tagged bool) {
	at := w.at
	var present bool
	if tagged {
		present, w.at = w.r.TaggedPresent(at)
	} else {
		present, w.at = w.r.Present(at)
	}
	if w.stopped() {
		return
	}
	size := w.at - at
	if !present {
		w.leaf(event{kind: StructNode, field: f, index: -1, off: at, size: size, prefix: size, null: true, flex: tagged})
		return
	}
	w.enter(event{kind: StructNode, field: f, index: -1, off: at, flex: w.flex})
	w.leaf(event{kind: MarkerNode, field: markerField, index: -1, off: at, size: size, flex: tagged})
	if w.done {
		return
	}
	w.fields(f.Struct.Fields)
	if !w.stopped() {
		w.sink.leave(w.at)
	}
}

// value reads one value that is neither array nor struct.
func (w *walker) value(f *schema.Field, index int, flex, null bool) {
	at, length, isNull := w.at, -1, false
	switch f.Type {
	case schema.String:
		s := wire.Null[string]{Valid: true}
		if null {
			s, w.at = w.r.NullString(w.at, flex)
		} else {
			s.V, w.at = w.r.String(w.at, flex)
		}
		isNull, length = !s.Valid, len(s.V)
	case schema.Bytes, schema.Records:
		var b []byte
		if null {
			b, w.at = w.r.NullBytes(w.at, flex)
		} else {
			b, w.at = w.r.Bytes(w.at, flex)
		}
		isNull, length = b == nil, len(b)
	default:
		if size := f.Type.FixedBytes(); f.Type != schema.Bool && size <= len(w.r.Input())-at {
			w.at += size
		} else {
			w.fixed(f.Type)
		}
	}
	if w.stopped() {
		return
	}
	w.event = event{kind: ValueNode, field: f, index: index, off: at, size: w.at - at, null: isNull, flex: flex}
	if length >= 0 {
		w.event.prefix = w.at - at - length
	}
	w.sink.leaf(&w.event)
}

func (w *walker) fixed(t schema.Type) {
	switch t {
	case schema.Bool:
		_, w.at = w.r.Bool(w.at)
	case schema.Int8:
		_, w.at = w.r.Int8(w.r.Input(), w.at)
	case schema.Int16, schema.Uint16:
		_, w.at = w.r.Uint16(w.r.Input(), w.at)
	case schema.Int32, schema.Uint32:
		_, w.at = w.r.Uint32(w.r.Input(), w.at)
	case schema.UUID:
		_, w.at = w.r.UUID(w.r.Input(), w.at)
	default:
		_, w.at = w.r.Int64(w.r.Input(), w.at)
	}
}

// tags reads the tagged section at the end of a struct.
func (w *walker) tags(fields []*schema.Field) {
	at := w.at
	if in := w.r.Input(); at < len(in) && in[at] == 0 { // no tags, as nearly always
		w.at++
		if w.leaf(event{kind: TagsNode, field: tagBufferField, index: -1, off: at, size: 1, prefix: 1, flex: true}); w.done {
			w.push(tagBufferField, -1)
		}
		return
	}
	w.push(tagBufferField, -1)
	n, countSize := wire.Uvarint(w.src[at:])
	var t wire.TagReader
	more := t.Next(&w.r, at)
	w.at = t.At
	if !more && !w.r.Failed() { // no tags
		size := w.at - at
		w.leaf(event{kind: TagsNode, field: tagBufferField, index: -1, off: at, size: size, prefix: size, flex: true})
		w.pop()
		return
	}
	if !more && w.r.Err().Offset == at {
		return // the count itself is wrong
	}
	w.enter(event{kind: TagsNode, field: tagBufferField, index: -1, off: at, flex: true, count: int(n)})
	w.leaf(event{kind: CountNode, field: tagCountField, index: -1, off: at, size: countSize, flex: true, count: int(n)})
	var unknown *wire.Tags
	for at += countSize; more && !w.stopped(); more = t.Next(&w.r, w.at) {
		w.at = t.At
		w.tag(&t, at, fields, &unknown)
		if w.stopped() {
			return
		}
		at = w.at
	}
	if w.stopped() {
		return
	}
	w.sink.leave(w.at)
	w.pop()
}

// tag reads the tagged field that t stands at; its tag starts at offset at.
func (w *walker) tag(t *wire.TagReader, at int, fields []*schema.Field, unknown **wire.Tags) {
	data := w.at
	f := schema.FindTag(fields, t.ID, w.version)
	if f == nil {
		w.at = t.Keep(&w.r, unknown)
		if w.stopped() {
			return
		}
	}
	_, idSize := wire.Uvarint(w.src[at:])
	head := event{kind: TagNode, field: unknownTagField, index: int(t.ID), off: at, flex: true}
	if f != nil {
		head.field = f
	}
	w.enter(head)
	w.leaf(event{kind: TagIDNode, field: tagIDField, index: -1, off: at, size: idSize, flex: true})
	w.leaf(event{kind: TagSizeNode, field: tagSizeField, index: -1, off: at + idSize, size: data - at - idSize, flex: true})
	if w.done {
		return
	}
	if f == nil {
		w.leaf(event{kind: UnknownNode, field: tagDataField, index: -1, off: data, size: w.at - data, flex: true})
	} else {
		w.path[len(w.path)-1] = step{f, -1}
		w.field(f, true)
		if w.stopped() {
			return
		}
		w.path[len(w.path)-1] = step{tagBufferField, -1}
	}
	w.sink.leave(w.at)
}

// pathString writes a path as errors do: "Topics[3].Partitions".
func pathString(path []step) string {
	var b []byte
	for _, s := range path {
		switch {
		case s.field == nil:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
		default:
			if len(b) > 0 {
				b = append(b, '.')
			}
			b = append(b, s.field.Name...)
		}
	}
	return string(b)
}
