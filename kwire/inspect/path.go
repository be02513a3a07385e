package inspect

import (
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// PathAt returns the path of the field at an offset of a message, as "Topics[3].Partitions", or ""
// where there is none: the typed codecs call it to complete an error. It builds no tree. Tagged
// sections themselves have the name TAG_BUFFER.
//
// If reading the message fails at that offset, strictly or leniently, the path is that of the field
// that fails; otherwise it is that of the field that owns the byte.
func PathAt(message string, version int16, src []byte, offset int) string {
	m := schema.ByName(message)
	if m == nil || !m.Versions.Has(version) || offset < 0 {
		return ""
	}
	w := walker{src: src, version: version, flex: m.Flexible.Has(version)}
	w.sink = &pathSink{w: &w, offset: -1}
	for _, lenient := range [...]bool{false, true} {
		w.r = wire.NewReader(src, &wire.DecodeOptions{Alias: true, Lenient: lenient})
		w.path, w.at = w.path[:0], 0
		if w.fields(m.Fields); w.r.Failed() && w.r.Err().Offset == offset {
			return pathString(w.path)
		}
	}
	w.sink = &pathSink{w: &w, offset: offset}
	w.r = wire.NewReader(src, &wire.DecodeOptions{Alias: true, Lenient: true})
	w.path, w.at = w.path[:0], 0
	if w.fields(m.Fields); !w.stopped() {
		return "" // after the message
	}
	return pathString(w.path)
}

// pathSink ends the walk at the leaf that owns an offset; −1 is owned by none.
type pathSink struct {
	w      *walker
	offset int
}

func (s *pathSink) enter(*event) {}
func (s *pathSink) leave(int)    {}

func (s *pathSink) leaf(e *event) {
	if s.offset >= 0 && s.offset < e.off+e.size {
		s.w.done = true
	}
}
