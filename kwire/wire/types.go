package wire

import (
	"encoding/base64"
	"errors"
)

// Null is a value that may be null, like sql.Null. The zero value is null.
type Null[T any] struct {
	V     T
	Valid bool // false means null, whatever V holds
}

// Some returns a Null that holds v.
func Some[T any](v T) Null[T] { return Null[T]{V: v, Valid: true} }

// UUID is Kafka's 16-byte id of topics, directories and members. The zero value means "none".
type UUID [16]byte

// String returns Kafka's text form: URL-safe base64 without padding, 22 characters.
func (u UUID) String() string { return base64.RawURLEncoding.EncodeToString(u[:]) }

// IsZero reports whether u is the zero id.
func (u UUID) IsZero() bool { return u == UUID{} }

// ErrUUID is returned by ParseUUID.
var ErrUUID = errors.New("not a Kafka uuid: want 22 characters of URL-safe base64")

// ParseUUID reads Kafka's text form. Padding and the standard base64 alphabet are accepted too,
// because tools write both.
func ParseUUID(s string) (UUID, error) {
	var u UUID
	bits, have, chars := uint32(0), 0, 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c -= 'A'
		case c >= 'a' && c <= 'z':
			c -= 'a' - 26
		case c >= '0' && c <= '9':
			c += 52 - '0'
		case c == '-' || c == '+':
			c = 62
		case c == '_' || c == '/':
			c = 63
		case c == '=':
			continue
		default:
			return UUID{}, ErrUUID
		}
		bits, have = bits<<6|uint32(c), have+6
		if chars++; have >= 8 {
			have -= 8
			if at := (chars*6)/8 - 1; at < len(u) {
				u[at] = byte(bits >> have)
			}
		}
	}
	if chars != 22 {
		return UUID{}, ErrUUID
	}
	return u, nil
}

// Tag is a tagged field that the schema does not know, kept byte for byte.
type Tag struct {
	ID   uint32
	Data []byte // shares the input's memory after a decode
}

// Tags are the unknown tagged fields of one struct, ascending by ID; others cannot be written.
//
// A tag that is unknown at the version that was read may be a field at the version that is written.
// It then goes out as it came in, and is that field to whoever reads it. If the field is set beside it
// the message cannot be written, since a tag stands only once.
//
// A struct has a pointer to its tags, nil for none, because there nearly never are any:
//
//	m.Unknown = &wire.Tags{{ID: 77, Data: data}}
type Tags []Tag

// DecodeOptions change how a message is read. The zero value, and nil, copy strings and are strict.
type DecodeOptions struct {
	// Alias lets strings share the input's memory: faster, but the input must not change while
	// the message is in use.
	Alias bool
	// Lenient accepts what Apache Kafka's own reader accepts although its writer never produces it:
	// bytes after the message, varints longer than needed, booleans other than 0 and 1, tagged
	// fields in any order or with a wrong size, and lengths below −1 as null. It also reads null as
	// empty where the schema has no null, which some other brokers send (Azure Event Hubs).
	Lenient bool
	// Limits bound what one message may cost; zero fields mean the defaults.
	Limits Limits
}

// Limits bound what decoding one message may cost beyond the bytes that it has.
type Limits struct {
	MaxElements   int // elements of all arrays of one message together; 0 means DefaultMaxElements
	MaxTags       int // tagged fields of one struct; 0 means DefaultMaxTags
	MaxAllocBytes int // memory for arrays, nullable structs and tags; 0 means 32 times the input and 4 KiB
}

// Defaults of Limits. Kafka itself refuses arrays of more than 1,000,000 elements and sections of
// more than 10,000 tagged fields (MessageUtil).
const (
	DefaultMaxElements = 4_000_000
	DefaultMaxTags     = 10_000
)

// MaxStringBytes is the longest string the protocol carries, in bytes of UTF-8, also where a
// compact length could say more (Kafka's MessageUtil).
const MaxStringBytes = 0x7fff
