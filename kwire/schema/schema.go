package schema

import "math/bits"

// Kind says what a message is for.
type Kind uint8

// The kinds of messages Kafka defines.
const (
	KindRequest Kind = iota
	KindResponse
	KindHeader           // RequestHeader, ResponseHeader
	KindData             // a structure inside another message, a control record or a file
	KindMetadata         // a record of __cluster_metadata or __remote_log_metadata
	KindCoordinatorKey   // the key of a record of a coordinator's log
	KindCoordinatorValue // its value
)

var kindNames = [...]string{"request", "response", "header", "data", "metadata", "coordinator-key", "coordinator-value"}

// String returns Kafka's word: "request", "coordinator-key".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind?"
}

// ParseKind is the inverse of String.
func ParseKind(s string) (Kind, bool) {
	for i, name := range kindNames {
		if name == s {
			return Kind(i), true
		}
	}
	return 0, false
}

// Versions is a set of message versions 0 to 63, one bit each.
type Versions uint64

// Has reports whether v is in the set.
func (vs Versions) Has(v int16) bool { return v >= 0 && v < 64 && vs>>uint(v)&1 != 0 }

// Empty reports whether the set has no version.
func (vs Versions) Empty() bool { return vs == 0 }

// Min returns the lowest version, −1 if there is none.
func (vs Versions) Min() int16 {
	if vs == 0 {
		return -1
	}
	return int16(bits.TrailingZeros64(uint64(vs)))
}

// Max returns the highest version, −1 if there is none.
func (vs Versions) Max() int16 { return int16(bits.Len64(uint64(vs))) - 1 }

// String returns the set as Kafka's definitions write it: "0-3", "5", "0,7", "none".
func (vs Versions) String() string {
	if vs == 0 {
		return "none"
	}
	var b []byte
	for v := vs.Min(); v <= vs.Max(); v++ {
		if !vs.Has(v) {
			continue
		}
		first := v
		for vs.Has(v + 1) {
			v++
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = appendInt(b, first)
		if v > first {
			b = appendInt(append(b, '-'), v)
		}
	}
	return string(b)
}

func appendInt(b []byte, v int16) []byte {
	if v >= 10 {
		b = append(b, byte('0'+v/10))
	}
	return append(b, byte('0'+v%10))
}

// Message is one request, response, header or record: all its versions together.
type Message struct {
	Name     string // Kafka's full name: "FetchRequest", "TopicRecord"
	Kind     Kind
	Key      int16    // API key, or type of a record; −1 when the kind has none
	Log      string   // for records of a log, the topic that holds them: "__cluster_metadata"
	Aliases  []string // names that other releases give the same message
	Versions Versions
	Flexible Versions // versions with compact lengths and tagged fields
	Unstable Versions // versions that Kafka has not declared stable
	Fields   []*Field // in wire order; tagged fields among them
}

// API returns the name of a request's or response's API, "Fetch"; for other kinds the full name.
func (m *Message) API() string {
	switch m.Kind {
	case KindRequest:
		return m.Name[:len(m.Name)-len("Request")]
	case KindResponse:
		return m.Name[:len(m.Name)-len("Response")]
	}
	return m.Name
}

// Type is the type of a field, or of the elements of an array field.
type Type uint8

// The types of Kafka's schema language.
const (
	Bool Type = iota
	Int8
	Int16
	Uint16
	Int32
	Uint32
	Int64
	Float64
	UUID
	String
	Bytes
	Records // record batches, framed like bytes
	StructType
)

var typeNames = [...]string{"bool", "int8", "int16", "uint16", "int32", "uint32", "int64", "float64", "uuid", "string", "bytes", "records", "struct"}

// String returns the word of Kafka's definitions: "int32".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "type?"
}

// fixedBytes are the sizes of the types that always take the same space.
var fixedBytes = [...]int8{Bool: 1, Int8: 1, Int16: 2, Uint16: 2, Int32: 4, Uint32: 4, Int64: 8, Float64: 8, UUID: 16}

// FixedBytes returns the size of a type that always takes the same space, 0 for the others.
func (t Type) FixedBytes() int {
	if int(t) < len(fixedBytes) {
		return int(fixedBytes[t])
	}
	return 0
}

// Field is one field of a message or struct.
type Field struct {
	Name      string // as Kafka writes it: "TopicId", "validateOnly"
	JSONName  string // the first letter lower-cased: "topicId"
	Type      Type
	Array     bool     // an array of Type
	Struct    *Struct  // set when Type is StructType
	Versions  Versions // where the field exists
	Nullable  Versions // where null is allowed
	Tagged    Versions // where it travels in the tagged section
	Tag       int32    // tag number, −1 when it is never tagged
	Default   string   // "" for the type's default; "null"; otherwise a decimal number or a bool
	Ignorable bool     // may be left out silently where the version cannot carry it
	MapKey    bool     // part of the key of its struct, by which Kafka indexes the array
	// NeverFlexible marks the one field that keeps the int16 length in flexible versions:
	// RequestHeader.ClientId.
	NeverFlexible bool

	elementMin int32
}

// Struct is a group of fields that fields of one message refer to.
type Struct struct {
	Name     string // unique within its message
	Versions Versions
	Fields   []*Field
	minBytes []int32 // by version
}

// ElementMinBytes returns the least number of bytes that one element of an array field takes, over
// all versions: a count that would need more than what remains of the input cannot be true. The
// typed codec holds counts against the same number, so both refuse an input at the same byte.
func (f *Field) ElementMinBytes() int { return int(f.elementMin) }

func minBytes(t Type, flexible bool) int {
	switch n := t.FixedBytes(); {
	case n > 0:
		return n
	case flexible:
		return 1
	case t == String:
		return 2
	default:
		return 4
	}
}

// FindTag returns the field that travels under a tag at a version, nil if the schema knows none.
func FindTag(fields []*Field, tag uint32, version int16) *Field {
	for _, f := range fields {
		if f.Tag >= 0 && uint32(f.Tag) == tag && f.Tagged.Has(version) {
			return f
		}
	}
	return nil
}

// TypeName returns the type of the field's values without saying how they travel: "int32",
// "string", "[]FetchTopic".
func (f *Field) TypeName() string {
	name := f.Type.String()
	if f.Struct != nil {
		name = f.Struct.Name
	}
	if f.Array {
		return "[]" + name
	}
	return name
}
