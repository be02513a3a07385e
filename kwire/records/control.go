package records

import (
	"encoding/binary"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// ControlType says what a control record tells.
type ControlType int16

// Kafka's control records. Abort and Commit end a transaction; the others belong to KRaft.
const (
	ControlUnknown        ControlType = -1
	ControlAbort          ControlType = 0
	ControlCommit         ControlType = 1
	ControlLeaderChange   ControlType = 2 // value: LeaderChangeMessage
	ControlSnapshotHeader ControlType = 3 // value: SnapshotHeaderRecord
	ControlSnapshotFooter ControlType = 4 // value: SnapshotFooterRecord
	ControlKRaftVersion   ControlType = 5 // value: KRaftVersionRecord
	ControlKRaftVoters    ControlType = 6 // value: VotersRecord
)

// String returns Kafka's name of the type.
func (t ControlType) String() string {
	switch t {
	case ControlAbort:
		return "ABORT"
	case ControlCommit:
		return "COMMIT"
	case ControlLeaderChange:
		return "LEADER_CHANGE"
	case ControlSnapshotHeader:
		return "SNAPSHOT_HEADER"
	case ControlSnapshotFooter:
		return "SNAPSHOT_FOOTER"
	case ControlKRaftVersion:
		return "KRAFT_VERSION"
	case ControlKRaftVoters:
		return "KRAFT_VOTERS"
	}
	return "UNKNOWN"
}

// Control is a control record: a record of a batch with IsControl.
type Control struct {
	Version int16       // version of the key
	Type    ControlType // as written, also when it is none of the constants
	Value   []byte      // the encoded message of the type
}

// ParseControl reads the key of a control record. Its value is left as it is: EndTxn reads the two
// markers, and the generated messages the others.
func ParseControl(r Record) (Control, error) {
	if len(r.Key) < 4 {
		return Control{}, controlError("Key", io.ErrUnexpectedEOF, "4 bytes wanted, "+strconv.Itoa(len(r.Key))+" left")
	}
	c := Control{
		Version: int16(binary.BigEndian.Uint16(r.Key)),
		Type:    ControlType(binary.BigEndian.Uint16(r.Key[2:])),
		Value:   r.Value,
	}
	if c.Version < 0 {
		return Control{}, controlError("Key", wire.ErrUnsupportedVersion, "version "+strconv.Itoa(int(c.Version)))
	}
	return c, nil
}

// EndTxn is the value of an Abort or Commit record.
type EndTxn struct {
	Version          int16
	CoordinatorEpoch int32
}

// EndTxn reads the value of an Abort or Commit record. Later versions may only add to it.
func (c Control) EndTxn() (EndTxn, error) {
	if c.Type != ControlAbort && c.Type != ControlCommit {
		return EndTxn{}, controlError("Key", wire.ErrValue, c.Type.String()+" does not end a transaction")
	}
	if len(c.Value) < 6 {
		return EndTxn{}, controlError("Value", io.ErrUnexpectedEOF, "6 bytes wanted, "+strconv.Itoa(len(c.Value))+" left")
	}
	m := EndTxn{int16(binary.BigEndian.Uint16(c.Value)), int32(binary.BigEndian.Uint32(c.Value[2:]))}
	if m.Version < 0 {
		return EndTxn{}, controlError("Value", wire.ErrUnsupportedVersion, "version "+strconv.Itoa(int(m.Version)))
	}
	return m, nil
}

func controlError(path string, cause error, detail string) error {
	return &wire.Error{Message: "ControlRecord", Path: path, Err: cause, Detail: detail}
}

// Record returns c as a record for a Writer with Options.Control.
func (c Control) Record(timestampMs int64) Record {
	key := wire.AppendInt16(wire.AppendInt16(nil, c.Version), int16(c.Type))
	return Record{Timestamp: timestampMs, Key: key, Value: c.Value}
}

// AppendEndTxnMarker appends the batch that ends a producer's transaction: ControlCommit or
// ControlAbort. o gives the base offset, the leader epoch and the producer; the rest follows from it.
func AppendEndTxnMarker(dst []byte, o Options, t ControlType, coordinatorEpoch int32, timestampMs int64) ([]byte, error) {
	if t != ControlCommit && t != ControlAbort {
		return dst, controlError("Key", wire.ErrValue, t.String()+" does not end a transaction")
	}
	o.Transactional = true
	value := wire.AppendInt32(wire.AppendInt16(nil, 0), coordinatorEpoch)
	return AppendControl(dst, o, timestampMs, Control{Type: t, Value: value})
}

// AppendControl appends a batch of control records, as KRaft writes them: a leader change, or what
// starts and ends a snapshot. Kafka puts records that belong together into one batch.
func AppendControl(dst []byte, o Options, timestampMs int64, cs ...Control) ([]byte, error) {
	o.Control = true
	w := NewWriter(dst, o)
	for _, c := range cs {
		w.Append(c.Record(timestampMs))
	}
	return w.Finish()
}
