package wire

import (
	"errors"
	"strconv"
)

// Causes of an Error, for errors.Is. Input that ends too early, or a length that overruns it, has
// the cause io.ErrUnexpectedEOF instead.
var (
	ErrVarint             = errors.New("bad varint")                        // longer than 32 bits, or than needed
	ErrNull               = errors.New("null where the schema has no null") // read or to be written
	ErrTag                = errors.New("bad tagged field")                  // out of order, twice, or of another size
	ErrValue              = errors.New("value out of range")                // a bool of 2, a length of -5
	ErrTrailing           = errors.New("bytes left over")                   // after the message
	ErrTooLong            = errors.New("too long for the protocol")         // a string of 40,000 bytes to be written
	ErrLimit              = errors.New("over a limit")                      // of Limits, or of a maximum size
	ErrUnsupportedVersion = errors.New("unsupported version")               // the message has others
	ErrUnsupportedField   = errors.New("field is not in this version")      // it is set, and would be lost
)

// Error says where decoding or encoding failed, and why.
type Error struct {
	Message string // Kafka's name of the message: "FetchRequest"; "" when not known
	Version int16  // version being read or written
	Path    string // the field, from the message: "Topics[3].Partitions"; "" for the message itself
	Offset  int    // byte offset in the input where the faulty value starts; -1 when encoding
	Detail  string // what was found: "70000 elements in 12 bytes"
	Err     error  // the cause, one of this package's or io.ErrUnexpectedEOF
}

// Error returns what is known, with colons between: the message with its version, the field, the offset,
// what was found, the cause.
func (e *Error) Error() string {
	b := make([]byte, 0, 128)
	b = append(b, "kwire: "...)
	if e.Message != "" {
		b = append(b, e.Message...)
		b = append(b, " v"...)
		b = strconv.AppendInt(b, int64(e.Version), 10)
		b = append(b, ": "...)
	}
	if e.Path != "" {
		b = append(b, e.Path...)
		b = append(b, ": "...)
	}
	if e.Offset >= 0 {
		b = append(b, "offset "...)
		b = strconv.AppendInt(b, int64(e.Offset), 10)
		b = append(b, ": "...)
	}
	if e.Detail != "" {
		b = append(b, e.Detail...)
		b = append(b, ": "...)
	}
	return string(append(b, e.Err.Error()...))
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
