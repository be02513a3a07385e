package group

import (
	"errors"
	"time"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Ticket names a request that waits for its answer. 0 is none.
type Ticket uint64

// Caller is what a coordinator wants to know of the client besides the request.
type Caller struct {
	ClientID   string
	ClientHost string // as DescribeGroups shows it
	Version    int16  // of the request
}

// Reply is the answer to one request.
type Reply struct {
	To      Ticket
	Message wire.Message
}

// Write is records that belong together, in the order of the log.
type Write struct {
	Records []records.Record
	// Done must be called once with the outcome, in the order of the writes. It may be nil.
	Done func(now time.Time, w Written, e *Effects)
}

// Written is the outcome of a Write.
type Written struct {
	BaseOffset int64 // of the first record
	Err        error // if not nil, nothing was stored
}

// Effects are what a call of the state machine asks for.
type Effects struct {
	Replies []Reply
	Writes  []Write
}

func (e *Effects) reply(to Ticket, m wire.Message) {
	if to != 0 {
		e.Replies = append(e.Replies, Reply{To: to, Message: m})
	}
}

func (e *Effects) write(done func(now time.Time, w Written, e *Effects), rs ...records.Record) {
	e.Writes = append(e.Writes, Write{Records: rs, Done: done})
}

// storeCode is what clients are told when storing failed. As in Kafka they look for the coordinator and try again,
// unless it would fail again.
func storeCode(err error) errcode.Code {
	var code errcode.Code
	switch errors.As(err, &code); code {
	case errcode.MessageTooLarge, errcode.RecordListTooLarge, errcode.InvalidRecord:
		return errcode.UnknownServerError
	case errcode.KafkaStorageError, errcode.NotLeaderOrFollower:
		return errcode.NotCoordinator
	}
	return errcode.CoordinatorNotAvailable
}
