package group

import (
	"encoding/binary"
	"fmt"

	"github.com/kwire-project/kafka/kwire/coord"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// A record of __consumer_offsets: the key is its type (int16) and a key message at version 0, the value its version
// (int16) and a value message. A null value is a tombstone.
//
//	type  key                     value
//	0     LegacyOffsetCommitKey   as of type 1 (read only)
//	1     OffsetCommitKey         OffsetCommitValue: v4; v1 if the client set a retention time
//	2     GroupMetadataKey        GroupMetadataValue: v3
//	3…    KIP-848 and share groups: not ours
const (
	typeLegacyOffset = 0
	typeOffset       = 1
	typeGroup        = 2

	offsetValueVersion        = 4
	offsetValueVersionExpires = 1 // the only one with a field for it
	groupValueVersion         = 3
)

// mustAppend encodes what cannot fail: all strings came in by fields of the same kind.
func mustAppend(prefix int16, m wire.Message, version int16) []byte {
	b := make([]byte, 0, 2+m.Size(version))
	b, err := m.AppendTo(wire.AppendInt16(b, prefix), version)
	if err != nil {
		panic(fmt.Sprintf("group: internal: %v", err))
	}
	return b
}

func offsetTombstone(group string, key OffsetKey) records.Record {
	k := coord.OffsetCommitKey{Group: group, Topic: key.Topic, Partition: key.Partition}
	return records.Record{Key: mustAppend(typeOffset, &k, 0)}
}

func offsetRecord(group string, key OffsetKey, o Offset) records.Record {
	r := offsetTombstone(group, key)
	v := coord.NewOffsetCommitValue()
	v.Offset, v.LeaderEpoch, v.Metadata = o.Offset, o.LeaderEpoch, o.Metadata
	v.CommitTimestamp, v.ExpireTimestamp, v.TopicID = o.CommitMs, o.ExpireMs, o.TopicID
	version := int16(offsetValueVersion)
	if o.ExpireMs != -1 {
		version = offsetValueVersionExpires
	}
	r.Value = mustAppend(version, &v, version)
	return r
}

func groupTombstone(id string) records.Record {
	k := coord.GroupMetadataKey{Group: id}
	return records.Record{Key: mustAppend(typeGroup, &k, 0)}
}

// emptyRecord is the record of a group that nobody has joined yet.
func (g *Group) emptyRecord() records.Record {
	r := groupTombstone(g.id)
	v := coord.NewGroupMetadataValue()
	v.CurrentStateTimestamp = g.stateSinceMs
	r.Value = mustAppend(groupValueVersion, &v, groupValueVersion)
	return r
}

// metadataRecord is the record of the current generation, to be stored now. assigned replaces the members' assignments
// if it is not nil.
func (g *Group) metadataRecord(assigned map[string][]byte) records.Record {
	g.stored = true
	r := groupTombstone(g.id)
	v := coord.NewGroupMetadataValue()
	v.ProtocolType, v.Generation, v.Protocol = g.protocolType.V, g.generation, g.protocol
	v.Leader = wire.Null[string]{V: g.leader, Valid: g.leader != ""}
	v.CurrentStateTimestamp = g.stateSinceMs
	for _, m := range g.order {
		mm := coord.NewGroupMetadataValueMemberMetadata()
		mm.MemberID, mm.GroupInstanceID, mm.ClientID, mm.ClientHost = m.id, m.instanceID, m.clientID, m.clientHost
		mm.RebalanceTimeout, mm.SessionTimeout = m.rebalanceTimeoutMs, m.sessionTimeoutMs
		mm.Subscription, _ = m.metadata(g.protocol.V)
		mm.Assignment = m.assignment
		if assigned != nil {
			mm.Assignment = assigned[m.id]
		}
		v.Members = append(v.Members, mm)
	}
	r.Value = mustAppend(groupValueVersion, &v, groupValueVersion)
	return r
}

// split returns the number that begins a key or value, and the rest.
func split(b []byte) (int16, []byte, error) {
	if len(b) < 2 {
		return 0, nil, fmt.Errorf("%d bytes, want at least 2", len(b))
	}
	return int16(binary.BigEndian.Uint16(b)), b[2:], nil
}
