package view

import (
	"encoding/binary"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// readings ranks the layouts that a frame may have, as kwire decode does.
func readings(raw []byte, sized framing, side capture.Side) []inspect.Reading {
	h := inspect.Hints{Limit: maxReadings}
	if sized == framingSized {
		h.Size = inspect.WithSize
	}
	switch side {
	case capture.SideClient:
		h.Side = inspect.ClientSide
	case capture.SideBroker:
		h.Side = inspect.BrokerSide
	}
	return h.Guess(raw)
}

// layout decides how frame number i is read.
func (b *builder) layout(i int, raw []byte, sized framing, side capture.Side, ranked []inspect.Reading) (inspect.Layout, int) {
	if l, ok := b.chosen(i, raw, ranked); ok {
		return l, FrameChosen
	}
	if l, ok := b.answer(raw, sized, side, ranked); ok {
		return l, FramePaired
	}
	if len(ranked) > 0 && (ranked[0].Exact || side == capture.SideBroker) {
		return ranked[0].Layout, 0
	}
	// A request names its API and version itself: if its header can be read it
	// is shown as what it says, also when there is no such version.
	hasSize := sized == framingSized || sizeAt(raw) == len(raw)-sizeBytes
	l, ok := inspect.RequestLayout(raw, hasSize)
	if ok && (side == capture.SideClient || plausibleHeader(raw, l)) || len(ranked) == 0 {
		return l, 0
	}
	return ranked[0].Layout, 0
}

// chosen is the layout that the person wants.
func (b *builder) chosen(i int, raw []byte, ranked []inspect.Reading) (inspect.Layout, bool) {
	for _, c := range b.choices {
		if c.Frame != i {
			continue
		}
		if c.Side == SideBatches {
			return inspect.Layout{Kind: schema.KindData, Key: -1, HeaderVersion: inspect.NoHeader, Name: inspect.RecordBatches}, true
		}
		l := inspect.Layout{Key: int16(c.Key), Version: int16(c.Version), Sized: true}
		if len(ranked) > 0 && ranked[0].Layout.Name == "" {
			l.Sized = ranked[0].Layout.Sized
		}
		if c.Side == SideResponse {
			l.Kind, l.HeaderVersion = schema.KindResponse, schema.ResponseHeaderVersion(l.Key, l.Version)
		} else {
			l.Kind, l.HeaderVersion = schema.KindRequest, schema.RequestHeaderVersion(l.Key, l.Version)
		}
		return l, true
	}
	return inspect.Layout{}, false
}

// answer reads a response by the request that it answers: the one before it
// with the same correlation id.
func (b *builder) answer(raw []byte, sized framing, side capture.Side, ranked []inspect.Reading) (inspect.Layout, bool) {
	at := sizeBytes
	if sized != framingSized || len(raw) < at+4 || side == capture.SideClient {
		return inspect.Layout{}, false
	}
	request, ok := b.asked[int(int32(binary.BigEndian.Uint32(raw[at:])))]
	if !ok || side == capture.SideUnknown && len(ranked) > 0 && ranked[0].Exact && ranked[0].Layout.Kind == schema.KindRequest {
		return inspect.Layout{}, false
	}
	return inspect.Response(raw, request.Key, request.Version).Layout, true
}

// plausibleHeader reports whether a request's header can be read, with a
// client id of printable characters.
func plausibleHeader(raw []byte, l inspect.Layout) bool {
	h, ok := inspect.Options{}.Frame(raw, l).Header()
	if !ok || l.Key == 0 { // key 0 is also the start of a small correlation id
		return false
	}
	for c := range h.Children() {
		if c.Field().Name != "ClientId" {
			continue
		}
		if c.IsNull() {
			return true
		}
		text := c.Bytes()[c.Prefix():]
		for _, ch := range text {
			if ch < ' ' || ch >= 0x7f {
				return false
			}
		}
		return len(text) > 0
	}
	return false
}

// list puts the ranked layouts of a frame into the document.
func (b *builder) list(f *Frame, ranked []inspect.Reading) {
	f.FirstReading, f.ReadingCount = len(b.d.Readings), len(ranked)
	for _, r := range ranked {
		b.d.Readings = append(b.d.Readings, Reading{Side: sideOf(r.Layout), Key: int(r.Layout.Key), Version: int(r.Layout.Version), Score: r.Score, Exact: r.Exact})
	}
}

func sideOf(l inspect.Layout) int {
	switch l.Kind {
	case schema.KindRequest:
		return SideRequest
	case schema.KindResponse:
		return SideResponse
	}
	return SideBatches
}
