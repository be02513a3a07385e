package view

import (
	"bytes"
	"errors"
	"unsafe"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
)

// Compressed records: their plain forms, which the page brings, and what is looked for in them.

// Limits of what a session keeps of compressed records.
const (
	maxPlain = 64 << 20 // plain bytes
	maxPacks = 1 << 17  // runs of compressed bytes that are looked into
)

// atAttributes is where a message of an old set says how its value is compressed.
const atAttributes = 17

// plainStore is a records.Decompressor of what the page has decompressed.
type plainStore map[string]unpacked

type unpacked struct {
	plain   []byte
	failure string
}

func (p plainStore) Decompress(dst, src []byte, _ records.Codec, _ int) ([]byte, error) {
	u, ok := p[string(src)]
	switch {
	case !ok:
		return dst, inspect.ErrNotYet
	case u.failure != "":
		return dst, errors.New(u.failure)
	case len(dst) == 0:
		return u.plain, nil
	}
	return append(dst, u.plain...), nil
}

// PlainRoom is how many plain bytes may still come.
func (s *Session) PlainRoom() int { return max(maxPlain-s.kept, 0) }

// Decompressed takes the plain form of compressed bytes that a Doc needs, or
// why there is none. The next Doc shows it. Both slices are kept.
func (s *Session) Decompressed(packed, plain []byte, failure string) {
	key := unsafe.String(unsafe.SliceData(packed), len(packed))
	if _, ok := s.plain[key]; ok || len(plain) > s.PlainRoom() {
		return
	}
	s.kept += len(plain)
	if failure != "" {
		s.kept += len(packed) // or there were no end of these
	}
	s.plain[key] = unpacked{plain, failure}
	s.tree = nil
}

// Drop forgets all plain forms, which makes room for others: what was read of them is Needed again.
func (s *Session) Drop() {
	s.plain, s.kept, s.tree, s.search = plainStore{}, 0, nil, search{}
}

// A search is how far the compressed records of all frames are known.
type search struct {
	packs  []pack // of the frames that were walked, as they come
	walked int    // so many frames
	known  int    // so many packs have their plain form, or are known to have none
	full   bool   // there is no room for more
}

// pack is a run of compressed bytes.
type pack struct {
	frame, codec, off, len int32
	plain                  []byte
}

// Packed is a Doc without frames: it Needs what has to be decompressed before AppendFound knows of more records. If
// it needs nothing, or if what it needed last is told to have no room, that is all.
func (s *Session) Packed(full bool) *Doc {
	d, w := &Doc{Bytes: s.result.Bytes, Select: -1}, &s.search
	for w.full = w.full || full; !w.full; {
		wanted := map[string]bool{}
		for i := w.known; i < len(w.packs) && len(d.Needs) < maxNeeds; i++ {
			p := &w.packs[i]
			packed := s.result.Bytes[p.off : p.off+p.len]
			key := unsafe.String(unsafe.SliceData(packed), len(packed)) // for as long as this call takes
			u, ok := s.plain[key]
			switch {
			case ok && i == w.known:
				p.plain = u.plain
				w.known++
			case !ok && !wanted[key]:
				wanted[key] = true
				d.Needs = append(d.Needs, Need{Codec: int(p.codec), Off: int(p.off), Len: int(p.len)})
			}
		}
		if len(d.Needs) > 0 || w.walked == len(s.frames) {
			break
		}
		for ; w.walked < len(s.frames) && len(w.packs) < w.known+maxNeeds; w.walked++ {
			s.walk(w.walked)
		}
		w.full = len(w.packs) > maxPacks
	}
	return d
}

// walk notes the compressed bytes of a frame.
func (s *Session) walk(frame int) {
	if l, known := s.layoutOf(frame); !known || !holdsRecords(l) {
		return
	}
	t, start, codec := s.outline(frame), s.frames[frame].Start, 0
	add := func(codec, off, size int) {
		if codec != 0 && size > 0 {
			s.search.packs = append(s.search.packs, pack{int32(frame), int32(codec), int32(start + off), int32(size), nil})
		}
	}
	for i := 1; i < t.Len(); i++ {
		switch n := t.At(i); n.Kind() {
		case inspect.CompressedNode:
			add(n.Count(), n.Offset(), n.Size())
		case inspect.BatchNode:
			if codec = 0; n.Count() < 2 { // one message of an old set, which may hold others
				codec = int(n.Bytes()[atAttributes] & 7)
			}
		case inspect.ValueNode:
			if codec != 0 && n.Name() == "Value" {
				add(codec, n.Offset()+n.Prefix(), n.Size()-n.Prefix())
			}
		}
	}
}

// searchAgain begins anew if a frame that was walked is now read as something else.
func (s *Session) searchAgain(frame int, l inspect.Layout) {
	if was, known := s.layoutOf(frame); frame < s.search.walked && (was != l || !known) && (known && holdsRecords(was) || holdsRecords(l)) {
		s.search = search{}
	}
}

// holdsRecords reports whether a message has batches in it, or is one.
func holdsRecords(l inspect.Layout) bool {
	m := l.Schema()
	if m == nil {
		return l.Name == inspect.RecordBatches
	}
	return hold(m.Fields)
}

func hold(fields []*schema.Field) bool {
	for _, f := range fields {
		if f.Type == schema.Records || f.Struct != nil && hold(f.Struct.Fields) {
			return true
		}
	}
	return false
}

// AppendFound appends a byte for each frame: 1 if it has the wanted bytes, as they travel or in its records. One more is
// 1 if there are compressed records that are not known: see Packed.
func (s *Session) AppendFound(dst, want []byte) []byte {
	w := &s.search
	packs := w.packs[:w.known]
	for i, f := range s.frames {
		found := bytes.Contains(s.result.Bytes[f.Start:f.End], want)
		for ; len(packs) > 0 && int(packs[0].frame) == i; packs = packs[1:] {
			found = found || bytes.Contains(packs[0].plain, want)
		}
		dst = append(dst, byte(oneIf(found)))
	}
	return append(dst, byte(oneIf(w.known < len(w.packs) || w.walked < len(s.frames))))
}
