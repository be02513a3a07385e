// Package spec is the model of our spec files: what Kafka's messages look like, as facts only.
//
// A spec file is a text of one or more messages. The importer writes them from Apache Kafka's own
// definitions; the generator reads them and nothing else. A file reads like this:
//
//	request FetchRequest key=1 versions=0-18 flexible=12-18
//		ClusterId string 12-18 null=12-18 default=null tag=0@12-18 ignorable
//		Topics []FetchTopic 0-18
//			Topic string 0-12 ignorable
//
// Indentation by tabs nests the fields of a struct. A struct is written out once, at its first
// use; later uses name it and have no nested lines. The folder of a file is the room that the
// generated code goes to: api, meta or coord.
package spec

// Kind says what a message is for.
type Kind string

// The kinds of messages Kafka defines.
const (
	Request          Kind = "request"
	Response         Kind = "response"
	Header           Kind = "header"
	Data             Kind = "data"
	Metadata         Kind = "metadata"
	CoordinatorKey   Kind = "coordinator-key"
	CoordinatorValue Kind = "coordinator-value"
)

// Range is an inclusive range of versions.
type Range struct{ Min, Max int16 }

// Versions is a set of versions: ascending, disjoint, not adjacent ranges. Empty means none.
type Versions []Range

// Has reports whether v is in the set.
func (vs Versions) Has(v int16) bool {
	for _, r := range vs {
		if v >= r.Min && v <= r.Max {
			return true
		}
	}
	return false
}

// All returns every version of the set, ascending.
func (vs Versions) All() []int16 {
	var out []int16
	for _, r := range vs {
		for v := int(r.Min); v <= int(r.Max); v++ {
			out = append(out, int16(v))
		}
	}
	return out
}

// Of builds the set that holds exactly the versions for which has is true, out of within.
func Of(within Versions, has func(v int16) bool) Versions {
	var out Versions
	for _, v := range within.All() {
		if !has(v) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Max == v-1 {
			out[n-1].Max = v
		} else {
			out = append(out, Range{v, v})
		}
	}
	return out
}

// Message is one request, response, header or record.
type Message struct {
	Name     string // Kafka's full name: FetchRequest, TopicRecord
	Kind     Kind
	Key      int16    // API key, record type or coordinator record type; -1 when the kind has none
	Room     string   // package of the generated code: api, meta or coord
	File     string   // base name of its spec file without extension: "fetch"
	Aliases  []string // names that other releases give the same message
	Versions Versions
	Flexible Versions // versions with compact lengths and tagged fields
	Unstable Versions // versions that Kafka has not declared stable yet
	Fields   []*Field
}

// Field is one field of a message or struct.
type Field struct {
	Name      string   // Kafka's name as written there (TopicId, validateOnly)
	Type      string   // bool int8 int16 uint16 int32 uint32 int64 float64 string bytes records uuid struct
	Array     bool     // an array of Type
	Struct    *Struct  // set when Type is "struct"
	Versions  Versions // where the field exists, clipped to its parents' versions
	Nullable  Versions // where null is allowed
	Tagged    Versions // where it travels as a tagged field
	Tag       int      // tag number, -1 when never tagged
	Default   string   // "" means the type's default; "null"; otherwise a decimal number, bool or string
	Ignorable bool     // may be dropped silently where the version cannot carry it
	MapKey    bool     // part of the key by which Kafka's classes index the array
	// NeverFlexible marks the one field that keeps its old length form in flexible versions:
	// RequestHeader.ClientId.
	NeverFlexible bool
}

// Struct is a group of fields that a field refers to.
type Struct struct {
	Name     string // unique within its message
	Versions Versions
	Fields   []*Field
}
