package wire

// Message is what every generated message, header and record is: data that can be read and written
// at any version it has.
type Message interface {
	// MessageName returns Kafka's name, "FetchRequest".
	MessageName() string
	// MessageKey returns the API key of a request or response, the type of an internal record, or −1.
	MessageKey() int16
	// HasVersion reports whether the message can be read and written at version v.
	HasVersion(v int16) bool
	// IsFlexible reports whether version v has compact lengths and tagged fields (KIP-482).
	IsFlexible(v int16) bool
	// Size returns the exact number of bytes that AppendTo adds.
	Size(version int16) int
	// AppendTo appends the message to dst. The error is an *Error; dst is then unchanged up to its length.
	AppendTo(dst []byte, version int16) ([]byte, error)
	// DecodeFrom reads the message from src and returns how many bytes it took. Every field is set:
	// those that the version lacks get their default. Memory that the message holds is reused.
	// The error is an *Error.
	DecodeFrom(src []byte, version int16, o *DecodeOptions) (int, error)
}

// Ref returns a pointer to v.
func Ref[T any](v T) *T { return &v }
