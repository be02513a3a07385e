package inspect

import (
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// elementTagBuffers: they are missing at the end of every element, of all arrays.
func (h *hinter) elementTagBuffers() {
	m := h.l.Schema()
	body, ok := h.t.Body()
	if m == nil || !ok || !m.Flexible.Has(h.l.Version) || h.full() {
		return
	}
	var ends elementEnds
	src := h.raw[body.Offset():]
	w := walker{r: wire.NewReader(src, &wire.DecodeOptions{Alias: true}), src: src, version: h.l.Version, flex: true, sink: &ends, bare: true}
	w.fields(m.Fields)
	h.tries++
	if w.r.Failed() || w.at < len(src) || len(ends.at) == 0 {
		return
	}
	first, last := ends.at[0], ends.at[len(ends.at)-1]
	var insert []byte
	from := first
	for _, at := range ends.at {
		insert = append(append(insert, src[from:at]...), 0)
		from = at
	}
	where := "all " + strconv.Itoa(len(ends.at)) + " elements"
	if len(ends.at) == 1 {
		where = "the element"
	}
	h.edit("a TAG_BUFFER is missing at the end of "+where+": insert 00", body.Offset()+first, last-first, insert...)
}

// elementEnds is a sink that notes where the elements of arrays end.
type elementEnds struct {
	at   []int
	open []bool // whether a group that is read is an element
}

func (e *elementEnds) enter(ev *event) {
	e.open = append(e.open, ev.kind == StructNode && ev.index >= 0)
}

func (e *elementEnds) leaf(*event) {}

func (e *elementEnds) leave(end int) {
	last := len(e.open) - 1
	if e.open[last] {
		e.at = append(e.at, end)
	}
	e.open = e.open[:last]
}

// fields: one is missing, or there are bytes of one too many. The last place before the error that fits is told.
func (h *hinter) fields() {
	body, ok := h.t.Body()
	if !ok || h.here() {
		return
	}
	for _, missing := range [...]bool{true, false} {
		for i := h.t.Len() - 1; i > body.Index() && !h.full(); i-- {
			n := h.t.At(i)
			width := n.Size()
			if n.Kind() != ValueNode || n.Buffer() != 0 || n.Prefix() > 0 || width < 2 || width > 8 || n.Offset() > h.t.Err.Offset {
				continue
			}
			bytes, at := strconv.Itoa(width)+" bytes ", n.Offset()
			if missing && h.edit(bytes+"are missing before byte "+strconv.Itoa(at)+", perhaps "+n.Path()+": insert zeros", at, 0, make([]byte, width)...) ||
				!missing && h.edit(bytes+"too many at byte "+strconv.Itoa(at)+", where "+n.Path()+" should be: delete them", at, width) {
				return
			}
		}
	}
}

// here: the field where reading stopped is missing.
func (h *hinter) here() bool {
	name, at := h.t.Err.Path, h.t.Err.Offset
	if name == "" {
		return false
	}
	for _, width := range [...]int{4, 2, 8, 16} {
		if h.edit(name+" is missing: insert zeros", at, 0, make([]byte, width)...) {
			return true
		}
	}
	return h.edit(name+" is missing: insert 01, an empty array", at, 0, 1) || h.edit(name+" is missing: insert ff, which is null", at, 0, 0xff)
}
