package cluster

import (
	"errors"
	"fmt"

	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Record is a metadata record: a message, and the version at which it is written.
type Record struct {
	Version int16
	Message wire.Message
}

// frameVersion is the only version of the frame around a metadata record.
//
//	uvarint  frame version, 1
//	uvarint  record type (apiKey)
//	uvarint  version of the record
//	bytes    the record
const frameVersion = 1

// errUnknownRecord is a record whose type or version belongs to a release that we do not know.
var errUnknownRecord = errors.New("unknown record")

// newMessage returns an empty message of a record type, or nil.
func newMessage(key int16) wire.Message {
	switch key {
	case 0:
		return new(meta.RegisterBrokerRecord)
	case 1:
		return new(meta.UnregisterBrokerRecord)
	case 2:
		return new(meta.TopicRecord)
	case 3:
		return new(meta.PartitionRecord)
	case 4:
		return new(meta.ConfigRecord)
	case 5:
		return new(meta.PartitionChangeRecord)
	case 7:
		return new(meta.FenceBrokerRecord)
	case 8:
		return new(meta.UnfenceBrokerRecord)
	case 9:
		return new(meta.RemoveTopicRecord)
	case 10:
		return new(meta.DelegationTokenRecord)
	case 11:
		return new(meta.UserScramCredentialRecord)
	case 12:
		return new(meta.FeatureLevelRecord)
	case 14:
		return new(meta.ClientQuotaRecord)
	case 15:
		return new(meta.ProducerIdsRecord)
	case 17:
		return new(meta.BrokerRegistrationChangeRecord)
	case 18:
		return new(meta.AccessControlEntryRecord)
	case 19:
		return new(meta.RemoveAccessControlEntryRecord)
	case 20:
		return new(meta.NoOpRecord)
	case 21:
		return new(meta.ZkMigrationStateRecord)
	case 22:
		return new(meta.RemoveUserScramCredentialRecord)
	case 23:
		return new(meta.BeginTransactionRecord)
	case 24:
		return new(meta.EndTransactionRecord)
	case 25:
		return new(meta.AbortTransactionRecord)
	case 26:
		return new(meta.RemoveDelegationTokenRecord)
	case 27:
		return new(meta.RegisterControllerRecord)
	case 28:
		return new(meta.ClearElrRecord)
	case 29:
		return new(meta.UnregisterControllerRecord)
	}
	return nil
}

// decodeRecord reads the value of a record of the metadata log. A type or version of another release gives
// errUnknownRecord beside the type.
func decodeRecord(value []byte) (r Record, key int16, err error) {
	head := wire.NewReader(value, nil)
	frame, at := head.Uvarint(0)
	typ, at := head.Uvarint(at)
	version, at := head.Uvarint(at)
	if err := head.Err(); err != nil {
		return Record{}, 0, fmt.Errorf("metadata record's frame: %w", err)
	}
	if frame != frameVersion {
		return Record{}, 0, fmt.Errorf("metadata record with frame version %d, want %d", frame, frameVersion)
	}
	if typ > 1<<15-1 || version > 1<<15-1 {
		return Record{}, 0, fmt.Errorf("metadata record of type %d version %d", typ, version)
	}
	m := newMessage(int16(typ))
	if m == nil || !m.HasVersion(int16(version)) {
		return Record{}, int16(typ), fmt.Errorf("%w: type %d version %d", errUnknownRecord, typ, version)
	}
	if _, err := m.DecodeFrom(value[at:], int16(version), nil); err != nil {
		return Record{}, int16(typ), err
	}
	return Record{int16(version), m}, int16(typ), nil
}

// encode returns the value for a record of the metadata log.
func (r Record) encode() ([]byte, error) {
	b := make([]byte, 0, 3+r.Message.Size(r.Version))
	b = wire.AppendUvarint(b, frameVersion)
	b = wire.AppendUvarint(b, uint32(r.Message.MessageKey()))
	b = wire.AppendUvarint(b, uint32(r.Version))
	return r.Message.AppendTo(b, r.Version)
}
