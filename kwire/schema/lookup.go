package schema

import (
	"iter"
	"sync/atomic"
)

// parsed holds the messages that have been asked for, by row.
var parsed [len(rows)]atomic.Pointer[Message]

func at(i int) *Message {
	if m := parsed[i].Load(); m != nil {
		return m
	}
	parsed[i].CompareAndSwap(nil, rows[i].parse())
	return parsed[i].Load()
}

// ByName returns the message with that full name, "FetchRequest", or nil. Names that a message had
// in another release are known too.
func ByName(name string) *Message {
	lo, hi := 0, len(rows)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if rows[mid].name() < name {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(rows) && rows[lo].name() == name {
		return at(lo)
	}
	if name == "" {
		return nil
	}
	for i := range rows {
		if rows[i].head()[7] == name {
			return at(i)
		}
	}
	return nil
}

// Request returns the request of an API, or nil.
func Request(key int16) *Message { return byAPI(requestRows[:], key) }

// Response returns the response of an API, or nil.
func Response(key int16) *Message { return byAPI(responseRows[:], key) }

func byAPI(index []uint16, key int16) *Message {
	if key < 0 || int(key) >= len(index) || index[key] == noRow {
		return nil
	}
	return at(int(index[key]))
}

// noRow stands in requestRows and responseRows for a key that no message has.
const noRow = 1<<16 - 1

// Record returns the record with that type in a log, or nil: ("__cluster_metadata", KindMetadata, 2)
// is TopicRecord. A type is unique only within its log.
func Record(log string, kind Kind, key int16) *Message {
	if recordRows.Load() == nil {
		var found []recordRow
		for i := range rows {
			if head := rows[i].head(); head[3] != "" {
				k, _ := ParseKind(head[1])
				found = append(found, recordRow{head[3], k, int16(parseNumber(head[2])), i})
			}
		}
		recordRows.CompareAndSwap(nil, &found)
	}
	for _, r := range *recordRows.Load() {
		if r.key == key && r.kind == kind && r.log == log {
			return at(r.row)
		}
	}
	return nil
}

// recordRows are the rows of records of logs, once one has been asked for.
var recordRows atomic.Pointer[[]recordRow]

type recordRow struct {
	log  string
	kind Kind
	key  int16
	row  int
}

// All yields every message, ordered by name.
func All() iter.Seq[*Message] {
	return func(yield func(*Message) bool) {
		for i := range rows {
			if !yield(at(i)) {
				return
			}
		}
	}
}

// APIs yields the requests ordered by API key.
func APIs() iter.Seq[*Message] {
	return func(yield func(*Message) bool) {
		for key := range requestRows {
			if m := Request(int16(key)); m != nil && !yield(m) {
				return
			}
		}
	}
}

// APIName returns the name of an API, "Fetch", or "" for a key that no API has.
func APIName(key int16) string {
	if key < 0 || int(key) >= len(requestRows) || requestRows[key] == noRow {
		return ""
	}
	name := rows[requestRows[key]].name()
	return name[:len(name)-len("Request")]
}

// APIKey finds an API by its name, "Fetch" or "FetchRequest" or "FetchResponse".
func APIKey(name string) (key int16, ok bool) {
	for _, ending := range [...]string{"Request", "", "Response"} {
		if m := ByName(name + ending); m != nil && m.Kind <= KindResponse {
			return m.Key, true
		}
	}
	return 0, false
}

const (
	keyControlledShutdown = 7
	keyAPIVersions        = 18
)

// RequestHeaderVersion returns the version of the RequestHeader that stands before a request, −1
// for an unknown API. Versions outside the known ones have an answer too: a broker must be able to
// read the header of any request, to say which versions it knows.
func RequestHeaderVersion(key, version int16) int16 {
	m := Request(key)
	switch {
	case m == nil:
		return -1
	case key == keyControlledShutdown && version == 0:
		return 0 // from before requests had a client id
	case !m.Flexible.Empty() && version >= m.Flexible.Min():
		return 2
	}
	return 1
}

// ResponseHeaderVersion returns the version of the ResponseHeader that stands before a response, −1
// for an unknown API.
func ResponseHeaderVersion(key, version int16) int16 {
	m := Response(key)
	switch {
	case m == nil:
		return -1
	case key == keyAPIVersions:
		return 0 // a client must be able to read it before it knows what the broker speaks (KIP-511)
	case !m.Flexible.Empty() && version >= m.Flexible.Min():
		return 1
	}
	return 0
}
