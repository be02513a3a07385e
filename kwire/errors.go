package kwire

import "github.com/kwire-project/kafka/kwire/wire"

// Error says where a message could not be read or written, and why: see wire.Error.
type Error = wire.Error

// DecodeOptions change how a message is read: see wire.DecodeOptions.
type DecodeOptions = wire.DecodeOptions

// Causes of an Error, for errors.Is: see package wire. Input that ends too early, or a length that overruns it,
// has the cause io.ErrUnexpectedEOF.
var (
	ErrVarint             = wire.ErrVarint
	ErrNull               = wire.ErrNull
	ErrTag                = wire.ErrTag
	ErrValue              = wire.ErrValue
	ErrTrailing           = wire.ErrTrailing
	ErrTooLong            = wire.ErrTooLong
	ErrLimit              = wire.ErrLimit
	ErrUnsupportedVersion = wire.ErrUnsupportedVersion
	ErrUnsupportedField   = wire.ErrUnsupportedField
)
