package inspect

import (
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// PathAt returns the path of the field that owns the byte at offset of a message, as
// "Topics[3].Partitions", or "" when none does: the typed codecs call it to complete an error. It
// builds no tree. Tagged sections themselves have the name TAG_BUFFER.
//
// The input is damaged, as a rule: the walk accepts everything that a lenient reader accepts, and
// ends where it meets the offset or cannot go on.
func PathAt(message string, version int16, src []byte, offset int) string {
	m := schema.ByName(message)
	if m == nil || !m.Versions.Has(version) || offset < 0 {
		return ""
	}
	w := walker{src: src, version: version, flex: m.Flexible.Has(version)}
	w.sink = &pathSink{w: &w, offset: offset}
	w.r = wire.NewReader(src, &wire.DecodeOptions{Alias: true, Lenient: true})
	w.fields(m.Fields)
	if !w.stopped() {
		return "" // past the message
	}
	return pathString(w.path)
}

// pathSink ends the walk at the leaf that owns an offset.
type pathSink struct {
	w      *walker
	offset int
}

func (s *pathSink) enter(event) {}
func (s *pathSink) leave(int)   {}

func (s *pathSink) leaf(e event) {
	if s.offset < e.off+e.size {
		s.w.done = true
	}
}
