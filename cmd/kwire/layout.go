package main

import (
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// wanted is what the flags say about some bytes. What they leave out is found out.
type wanted struct {
	kind    string // a kind of schema, "records", or "" if not given
	api     string // a name or a key, "" if not given
	version int    // −1 if not given
}

// message returns the schema that the flags name, nil if they name none.
func (w wanted) message() (*schema.Message, error) {
	if w.api == "" {
		return nil, nil
	}
	kind, kinded := schema.ParseKind(w.kind)
	if key, err := strconv.ParseInt(w.api, 10, 16); err == nil {
		m := byKey(int16(key), kind, kinded)
		if m == nil {
			return nil, usagef("no %s has key %d", orWord(w.kind, "API"), key)
		}
		return m, nil
	}
	if m := schema.ByName(w.api); m != nil {
		if kinded && m.Kind != kind {
			return nil, usagef("%s is a %s", m.Name, m.Kind)
		}
		return m, nil
	}
	for _, ending := range map[schema.Kind][]string{schema.KindRequest: {"Request"}, schema.KindResponse: {"Response"}, schema.KindMetadata: {"Record"},
		schema.KindCoordinatorKey: {"Key"}, schema.KindCoordinatorValue: {"Value"}}[kind] {
		if m := schema.ByName(w.api + ending); m != nil && m.Kind == kind {
			return m, nil
		}
	}
	return nil, usagef("nothing is called %q: kwire apis lists the APIs", w.api)
}

func byKey(key int16, kind schema.Kind, kinded bool) *schema.Message {
	switch {
	case !kinded || kind == schema.KindRequest:
		return schema.Request(key)
	case kind == schema.KindResponse:
		return schema.Response(key)
	case kind == schema.KindMetadata:
		return schema.Record("__cluster_metadata", kind, key)
	}
	return schema.Record("__consumer_offsets", kind, key)
}

func orWord(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// layouts are the ways to read one frame that fit the flags, best first.
func (w wanted) layouts(src []byte, side capture.Side) ([]inspect.Reading, error) {
	m, err := w.message()
	if err != nil {
		return nil, err
	}
	if w.kind == "records" {
		return []inspect.Reading{{Layout: inspect.Layout{Kind: schema.KindData, Key: -1, HeaderVersion: inspect.NoHeader, Name: inspect.RecordBatches}}}, nil
	}
	kind, kinded := schema.ParseKind(w.kind)
	if w.kind != "" && !kinded {
		return nil, usagef("no type %q", w.kind)
	}
	if m != nil && m.Kind > schema.KindResponse || kinded && kind > schema.KindResponse {
		r, err := w.alone(m, kind, src)
		return []inspect.Reading{r}, err
	}
	h := inspect.Hints{Only: func(l inspect.Layout) bool {
		return (!kinded || l.Kind == kind) && (w.version < 0 || l.Version == int16(w.version)) && (m == nil || l.Key == m.Key && l.Name == "") &&
			(l.Name == "" || w.kind == "")
	}}
	switch {
	case kinded && kind == schema.KindRequest:
		h.Side = inspect.ClientSide
	case kinded && kind == schema.KindResponse:
		h.Side = inspect.BrokerSide
	case side == capture.SideClient:
		h.Side = inspect.ClientSide
	case side == capture.SideBroker:
		h.Side = inspect.BrokerSide
	}
	found := h.Guess(src)
	if len(found) > 0 && found[0].Exact {
		return found, nil
	}
	if body, ok := w.bodyOnly(m, kind, kinded, src); ok {
		return append([]inspect.Reading{body}, found...), nil
	}
	if len(found) == 0 {
		found = w.fallback(m, kind, src)
	}
	return found, nil
}

// bodyOnly takes the bytes for a message without size and header, if they are exactly that.
func (w wanted) bodyOnly(m *schema.Message, kind schema.Kind, kinded bool, src []byte) (inspect.Reading, bool) {
	if m == nil || w.version < 0 {
		return inspect.Reading{}, false
	}
	if kinded && kind == schema.KindResponse {
		m = schema.Response(m.Key)
	}
	l := inspect.Layout{Kind: m.Kind, Key: m.Key, Name: m.Name, Version: int16(w.version), HeaderVersion: inspect.NoHeader}
	return inspect.Reading{Layout: l, Score: 100, Exact: true}, inspect.Message(m, l.Version, src).Err == nil
}

// fallback is the reading whose error tells most: as the flags say, or as a request.
func (w wanted) fallback(m *schema.Message, kind schema.Kind, src []byte) []inspect.Reading {
	l, _ := inspect.RequestLayout(src, true)
	if m == nil {
		return []inspect.Reading{{Layout: l}}
	}
	l.Key = m.Key
	if w.version >= 0 {
		l.Version = int16(w.version)
	}
	if kind == schema.KindResponse || m.Kind == schema.KindResponse {
		if w.version < 0 {
			l.Version = m.Versions.Max()
		}
		l.Kind, l.HeaderVersion = schema.KindResponse, schema.ResponseHeaderVersion(l.Key, l.Version)
		return []inspect.Reading{{Layout: l}}
	}
	l.HeaderVersion = schema.RequestHeaderVersion(l.Key, l.Version)
	return []inspect.Reading{{Layout: l}}
}

// alone is how a message that is neither request nor response is read: without size and header.
// Where the flags do not say its type and version, what Kafka stores before it does.
func (w wanted) alone(m *schema.Message, kind schema.Kind, src []byte) (inspect.Reading, error) {
	if m != nil {
		kind = m.Kind
	}
	l := inspect.Layout{Kind: kind, Key: -1, HeaderVersion: inspect.NoHeader, Version: int16(w.version)}
	stored := func(why string) (inspect.Reading, error) {
		found, ok := inspect.StoredLayout(kind, "", m, src)
		if !ok {
			return inspect.Reading{}, usagef("%s: name the message with -api and -version", why)
		}
		return inspect.Reading{Layout: found, Score: 100, Exact: true}, nil
	}
	switch {
	case m == nil && kind == schema.KindMetadata:
		return stored("the bytes do not start with a frame version and the type and version of a record of __cluster_metadata")
	case m == nil && kind == schema.KindCoordinatorKey:
		return stored("the bytes do not start with the type of a key of __consumer_offsets")
	case m == nil:
		return inspect.Reading{}, usagef("-type %s needs -api NAME", w.kind)
	case w.version < 0 && m.Versions.Min() == m.Versions.Max():
		l.Version = m.Versions.Min()
	case w.version < 0 && (kind == schema.KindCoordinatorValue || kind == schema.KindData):
		return stored("the bytes do not start with a version of " + m.Name)
	case w.version < 0:
		return inspect.Reading{}, usagef("%s needs -version %s", m.Name, m.Versions)
	}
	l.Key, l.Name = m.Key, m.Name
	return inspect.Reading{Layout: l, Score: 100}, nil
}

// typeNames are the values of -type.
func typeNames() string {
	return strings.Join([]string{"request", "response", "header", "data", "metadata", "coordinator-key", "coordinator-value", "records"}, ", ")
}
