// Package fail completes the errors of the generated codecs: which message, which field.
package fail

import (
	"strconv"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Decode names the message and finds the path of the field that failed, by walking the input again
// along the schema: a decoder that succeeds pays nothing for it.
func Decode(message string, version int16, src []byte, err *wire.Error) error {
	err.Message, err.Version = message, version
	err.Path = inspect.PathAt(message, version, src, err.Offset)
	return err
}

// Encode names the message of a failure to write it.
func Encode(message string, version int16, err *wire.Error) error {
	err.Message, err.Version = message, version
	return err
}

// Version is the error of a version that the message does not have.
func Version(message string, version int16) error {
	return &wire.Error{Message: message, Version: version, Offset: -1, Err: wire.ErrUnsupportedVersion,
		Detail: "version " + strconv.Itoa(int(version))}
}
