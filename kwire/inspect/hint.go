package inspect

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// A Hint is a likely cause of damage, with what to do about it: another Layout,
// or an edit of the bytes. With it every byte is read; that was tried.
type Hint struct {
	Text string
	// Layout is how to read the frame instead, if the bytes stay as they are.
	Layout Layout
	// Edit says that bytes change: those of [Offset, Offset+Delete) become
	// Insert, and where Size is not 0, the frame's size becomes that.
	Edit           bool
	Offset, Delete int
	Insert         []byte
	Size           int
}

// Limits of the search for causes: larger frames are only tried in the few ways
// that cost one reading each.
const (
	maxHints         = 4
	maxHintTries     = 300
	maxHintFrame     = 64 << 10
	hintReachBytes   = 256
	maxHintSizeFrame = 4 << 20
)

// Hints looks for likely causes of a tree's error, best first. There are none
// for a tree without one.
func (o Options) Hints(t *Tree) []Hint {
	if t.Err == nil || t.Layout.Kind > schema.KindResponse || t.Layout.HeaderVersion == NoHeader || len(t.Bytes()) > maxHintSizeFrame {
		return nil
	}
	o.Records, o.Decompressor = RecordsOpaque, nil
	h := hinter{o: o, t: t, raw: t.Bytes(), l: t.Layout}
	h.size()
	h.responseHeader()
	h.lastTagBuffer()
	h.versions()
	if len(h.raw) <= maxHintFrame {
		h.tagBuffers()
		h.elementTagBuffers()
		h.compactLengths()
	}
	h.trailing()
	if len(h.found) == 0 && len(h.raw) <= maxHintFrame {
		h.fields()
	}
	return h.found
}

type hinter struct {
	o     Options
	t     *Tree
	raw   []byte
	l     Layout
	tries int
	found []Hint
}

// fits reports whether bytes are read to the end.
func (h *hinter) fits(raw []byte, l Layout) bool {
	h.tries++
	return h.o.Frame(raw, l).Err == nil
}

func (h *hinter) full() bool { return len(h.found) >= maxHints || h.tries >= maxHintTries }

// edit tries bytes with a change and a size that is right.
func (h *hinter) edit(text string, off, del int, insert ...byte) bool {
	if h.full() || off+del > len(h.raw) {
		return false
	}
	raw := append(append(append([]byte(nil), h.raw[:off]...), insert...), h.raw[off+del:]...)
	e := Hint{Text: text, Layout: h.l, Edit: true, Offset: off, Delete: del, Insert: insert}
	if h.l.Sized && len(raw) >= 4 {
		if n := len(raw) - 4; n != int(int32(binary.BigEndian.Uint32(raw))) {
			e.Size = n
			binary.BigEndian.PutUint32(raw, uint32(n))
		}
	}
	if !h.fits(raw, h.l) {
		return false
	}
	h.found = append(h.found, e)
	return true
}

// size: everything fits but the four bytes at the start.
func (h *hinter) size() {
	if !h.l.Sized || len(h.raw) < 8 {
		return
	}
	says, have := int(int32(binary.BigEndian.Uint32(h.raw))), len(h.raw)-4
	if says == have {
		return
	}
	by := "too small: it says " + strconv.Itoa(says) + ", and " + strconv.Itoa(have) + " bytes follow"
	n := have - says
	if n < 0 {
		n, by = -n, "too large: it says "+strconv.Itoa(says)+", and "+strconv.Itoa(have)+" bytes follow"
	}
	if says == len(h.raw) {
		by += "; it must not count itself"
	}
	if h.edit("the size is "+strconv.Itoa(n)+" "+by, 0, 0) || h.full() {
		return
	}
	h.edit("the size is missing: insert it", 0, 0, 0, 0, 0, 0)
}

// responseHeader: v1 has a TAG_BUFFER after the correlation id, v0 has none.
func (h *hinter) responseHeader() {
	if h.l.Kind != schema.KindResponse {
		return
	}
	at := 4
	if h.l.Sized {
		at = 8
	}
	if h.l.HeaderVersion >= 1 {
		h.edit("the header is v0, and this response has header v1: insert the TAG_BUFFER 00 after the correlation id", at, 0, 0)
	} else if len(h.raw) > at && h.raw[at] == 0 {
		h.edit("the header is v1, and this response has header v0: there is no TAG_BUFFER after its correlation id, delete the 00", at, 1)
	}
}

// lastTagBuffer: what people forget most.
func (h *hinter) lastTagBuffer() {
	if m := h.l.Schema(); m != nil && m.Flexible.Has(h.l.Version) && errors.Is(h.t.Err, io.ErrUnexpectedEOF) {
		h.edit("the last TAG_BUFFER is missing: append 00", len(h.raw), 0, 0)
	}
}

// versions: the bytes are those of another version of the same API.
func (h *hinter) versions() {
	m := h.l.Schema()
	if m == nil || h.l.Sized && len(h.raw) >= 4 && int(int32(binary.BigEndian.Uint32(h.raw))) != len(h.raw)-4 {
		return
	}
	for v := m.Versions.Max(); v >= m.Versions.Min() && !h.full(); v-- {
		if v == h.l.Version {
			continue
		}
		l := h.l
		l.Version = v
		if l.Kind == schema.KindResponse {
			l.HeaderVersion = schema.ResponseHeaderVersion(l.Key, v)
		} else {
			l.HeaderVersion = schema.RequestHeaderVersion(l.Key, v)
		}
		if h.fits(h.raw, l) {
			h.found = append(h.found, Hint{Text: "every byte fits v" + strconv.Itoa(int(v)), Layout: l})
		}
	}
}

// tagBuffers: one is missing somewhere before the place where reading stopped.
func (h *hinter) tagBuffers() {
	m := h.l.Schema()
	if m == nil || !m.Flexible.Has(h.l.Version) {
		return
	}
	for at := min(h.t.Err.Offset, len(h.raw)-1); at > 8 && at > h.t.Err.Offset-hintReachBytes && !h.full(); at-- {
		raw := append(append(append([]byte(nil), h.raw[:at]...), 0), h.raw[at:]...)
		if h.l.Sized {
			binary.BigEndian.PutUint32(raw, uint32(len(raw)-4))
		}
		h.tries++
		t := h.o.Frame(raw, h.l)
		if t.Err != nil {
			continue
		}
		if n, ok := t.LeafAt(at); !ok || n.Kind() != TagsNode && n.Kind() != CountNode || n.Size() != 1 {
			continue
		}
		h.edit("a TAG_BUFFER is missing before byte "+strconv.Itoa(at)+": insert 00", at, 0, 0)
		return
	}
}

// compactLengths: one is the length itself, where it is one more; or it is one
// more than that.
func (h *hinter) compactLengths() {
	for i := h.t.Len() - 1; i > 0 && !h.full(); i-- {
		n := h.t.At(i)
		if n.Buffer() != 0 || !n.IsFlexible() || n.Offset() > h.t.Err.Offset {
			continue
		}
		empty := n.Kind() == ArrayNode && n.IsLeaf()
		switch {
		case (n.Kind() == CountNode || empty) && n.Size() == 1:
		case n.Kind() == ValueNode && n.Prefix() == 1:
		default:
			continue
		}
		c := h.raw[n.Offset()]
		if c >= 0x7f { // one more would take two bytes
			continue
		}
		name := n.Path()
		if p, ok := n.Parent(); n.Kind() == CountNode && ok {
			name = p.Path()
		}
		fixed := func(by int) bool {
			return h.edit("the compact length of "+name+" is "+strconv.Itoa(int(c))+", which stands for "+strconv.Itoa(int(c)-1)+": make it "+strconv.Itoa(int(c)+by)+
				", one more than what it counts", n.Offset(), 1, byte(int(c)+by))
		}
		if fixed(1) || c > 0 && fixed(-1) {
			return
		}
	}
}

// trailing: the message is whole, and bytes follow.
func (h *hinter) trailing() {
	if !errors.Is(h.t.Err, wire.ErrTrailing) || h.t.Err.Offset <= 4 {
		return
	}
	at := h.t.Err.Offset
	h.edit("the message ends before byte "+strconv.Itoa(at)+": delete the "+wire.CountBytes(len(h.raw)-at)+" after it", at, len(h.raw)-at)
}
