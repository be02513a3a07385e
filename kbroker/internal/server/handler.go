package server

import (
	"context"
	"errors"

	"github.com/kwire-project/kafka/kbroker/internal/handle"
)

// Handler answers requests; handle.Dispatcher is the one that brokers use.
type Handler interface {
	// Check is asked about a frame's key and version before its body is read. An error closes the connection.
	Check(key, version int16) error

	// Serve answers one request: frame is what stands behind the size field, and the answer's header and body are
	// appended to dst. Appending nothing means that the request wants no answer. An error closes the connection; if it
	// is a context's error, without a line in the log. The frame is never written to again and may be kept, dst may not.
	//
	// It is called for one request of a connection at a time. ctx ends when the client is gone or the server stops.
	Serve(ctx context.Context, conn *handle.Conn, frame, dst []byte) ([]byte, error)
}

// offsetOf returns the byte of the frame, its size field included, that an error is about, or -1. Handlers count from
// behind the size field, a person with a hex dump from its first byte.
func offsetOf(err error) int64 {
	var at interface{ FrameOffset() int64 }
	if errors.As(err, &at) && at.FrameOffset() >= 0 {
		return at.FrameOffset() + sizeBytes
	}
	return -1
}

// hintOf returns the advice that an error carries for whoever wrote the client, or "".
func hintOf(err error) string {
	var with interface{ Hint() string }
	if errors.As(err, &with) {
		return with.Hint()
	}
	return ""
}
