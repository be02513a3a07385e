package group

import (
	"fmt"
	"time"

	"github.com/kwire-project/kafka/kwire/coord"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// maxBatchBytesPlain bounds one decompressed batch of the partition.
const maxBatchBytesPlain = 256 << 20

// Replay takes over one batch of the partition, in the order of the log: later records win. What a transaction
// committed counts from its marker on. When all is replayed, Loaded must be called.
func (s *Shard) Replay(b records.Batch, dec records.Decompressor) error {
	for r, err := range b.Records(dec, maxBatchBytesPlain) {
		if err != nil {
			return fmt.Errorf("batch at offset %d: %w", b.BaseOffset(), err)
		}
		if b.IsControl() {
			err = s.replayControl(b, r)
		} else {
			err = s.replayRecord(b, r)
		}
		if err != nil {
			return fmt.Errorf("record at offset %d: %w", r.Offset, err)
		}
	}
	return nil
}

func (s *Shard) replayControl(b records.Batch, r records.Record) error {
	c, err := records.ParseControl(r)
	if err != nil {
		return err
	}
	if c.Type == records.ControlCommit || c.Type == records.ControlAbort {
		s.endTransaction(b.ProducerID(), c.Type == records.ControlCommit)
	}
	return nil
}

func (s *Shard) replayRecord(b records.Batch, r records.Record) error {
	kind, key, err := split(r.Key)
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	switch kind {
	case typeLegacyOffset, typeOffset:
		return s.replayOffset(b, r, key)
	case typeGroup:
		return s.replayGroup(r, key)
	}
	return nil // somebody else's
}

func (s *Shard) replayOffset(b records.Batch, r records.Record, key []byte) error {
	var k coord.OffsetCommitKey // the legacy key has the same fields
	if _, err := k.DecodeFrom(key, 0, nil); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	at := OffsetKey{k.Topic, k.Partition}
	g := s.groups[k.Group]
	if r.Value == nil {
		if g != nil {
			g.removeOffset(at)
			s.dropIfUnknown(g)
		}
		return nil
	}
	version, value, err := split(r.Value)
	if err != nil {
		return fmt.Errorf("value: %w", err)
	}
	var v coord.OffsetCommitValue
	if _, err := v.DecodeFrom(value, version, nil); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	if g == nil {
		g = s.create(k.Group, time.UnixMilli(r.Timestamp))
	}
	o := Offset{
		Offset: v.Offset, LeaderEpoch: v.LeaderEpoch, Metadata: v.Metadata,
		CommitMs: v.CommitTimestamp, ExpireMs: v.ExpireTimestamp, TopicID: v.TopicID, at: r.Offset,
	}
	if !b.IsTransactional() {
		put(g.offsets, at, o)
		return nil
	}
	put(s.transaction(b.ProducerID(), g), at, o)
	return nil
}

func (s *Shard) replayGroup(r records.Record, key []byte) error {
	var k coord.GroupMetadataKey
	if _, err := k.DecodeFrom(key, 0, nil); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	old := s.groups[k.Group]
	if r.Value == nil {
		if old != nil {
			s.replaceLoaded(old, newGroup(s, k.Group, time.UnixMilli(r.Timestamp)))
		}
		return nil
	}
	version, value, err := split(r.Value)
	if err != nil {
		return fmt.Errorf("value: %w", err)
	}
	var v coord.GroupMetadataValue
	if _, err := v.DecodeFrom(value, version, nil); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	g := newGroup(s, k.Group, time.UnixMilli(r.Timestamp))
	g.load(&v)
	s.replaceLoaded(old, g)
	return nil
}

// replaceLoaded puts a group in the place of what was known of it so far; its offsets have records of their own.
func (s *Shard) replaceLoaded(old, g *Group) {
	if old != nil {
		g.offsets, g.pendingTx = old.offsets, old.pendingTx
	}
	s.groups[g.id] = g
	s.dropIfUnknown(g)
}

// load takes over what a record says.
func (g *Group) load(v *coord.GroupMetadataValue) {
	g.stored = true
	g.generation = v.Generation
	g.stateSinceMs = v.CurrentStateTimestamp
	g.protocolType = wire.Null[string]{V: v.ProtocolType, Valid: v.ProtocolType != ""}
	g.protocol = v.Protocol
	g.leader = v.Leader.V
	for i := range v.Members {
		mm := &v.Members[i]
		if g.members[mm.MemberID] != nil {
			continue
		}
		m := &member{
			id: mm.MemberID, instanceID: mm.GroupInstanceID, clientID: mm.ClientID, clientHost: mm.ClientHost,
			rebalanceTimeoutMs: mm.RebalanceTimeout, sessionTimeoutMs: mm.SessionTimeout,
			protocols:  []protocol{{v.Protocol.V, copyBytes(mm.Subscription)}},
			assignment: copyBytes(mm.Assignment),
		}
		if m.rebalanceTimeoutMs == -1 {
			m.rebalanceTimeoutMs = m.sessionTimeoutMs
		}
		g.add(m, v.ProtocolType, 0)
	}
	if len(g.members) > 0 {
		g.state = Stable
	}
	g.learnTopics()
}

// Loaded starts the sessions of the members that were loaded: they have one session timeout to be heard of. It also
// gives a group with more members than are allowed now the chance to shrink.
func (s *Shard) Loaded(now time.Time) (e Effects) {
	for _, g := range s.groups {
		for _, m := range g.order {
			g.heartbeat(m, now)
		}
		if len(g.members) > s.cfg.maxMembers() {
			g.prepareRebalance(now, &e)
		}
	}
	return e
}
