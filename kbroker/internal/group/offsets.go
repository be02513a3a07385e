package group

import (
	"time"

	"github.com/kwire-project/kafka/kwire/wire"
)

// OffsetKey is what an offset is committed for, within a group.
type OffsetKey struct {
	Topic     string
	Partition int32
}

// Offset is one committed offset.
type Offset struct {
	Offset      int64
	LeaderEpoch int32 // −1: not told
	Metadata    string
	CommitMs    int64
	ExpireMs    int64     // −1: by the retention of all offsets
	TopicID     wire.UUID // zero: not told
	at          int64     // where its record is in the partition
}

func (g *Group) offset(topic string, partition int32) (Offset, bool) {
	o, ok := g.offsets[topic][partition]
	return o, ok
}

func put(to map[string]map[int32]Offset, key OffsetKey, o Offset) {
	byPartition := to[key.Topic]
	if byPartition == nil {
		byPartition = map[int32]Offset{}
		to[key.Topic] = byPartition
	}
	byPartition[key.Partition] = o
}

func take(from map[string]map[int32]Offset, key OffsetKey) {
	if delete(from[key.Topic], key.Partition); len(from[key.Topic]) == 0 {
		delete(from, key.Topic)
	}
}

// removeOffset forgets an offset, also what open transactions have of it.
func (g *Group) removeOffset(key OffsetKey) {
	take(g.offsets, key)
	for _, pending := range g.pendingTx {
		take(pending, key)
	}
}

// unstable reports whether an open transaction may still change an offset.
func (g *Group) unstable(topic string, partition int32) bool {
	for _, pending := range g.pendingTx {
		if _, ok := pending[topic][partition]; ok {
			return true
		}
	}
	return false
}

// keys returns everything that an offset is known for, or about to be: tombstones of all of them leave nothing.
func (g *Group) keys() []OffsetKey {
	var keys []OffsetKey
	seen := map[OffsetKey]bool{}
	add := func(k OffsetKey) {
		if !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	addAll := func(m map[string]map[int32]Offset) {
		for topic, byPartition := range m {
			for partition := range byPartition {
				add(OffsetKey{topic, partition})
			}
		}
	}
	addAll(g.offsets)
	for _, pending := range g.pendingTx {
		addAll(pending)
	}
	for k := range g.inFlight {
		add(k)
	}
	return keys
}

// transaction returns the offsets that an open transaction has of a group.
func (s *Shard) transaction(producerID int64, g *Group) map[string]map[int32]Offset {
	if s.openTx[producerID] == nil {
		s.openTx[producerID] = map[string]bool{}
	}
	s.openTx[producerID][g.id] = true
	if g.pendingTx == nil {
		g.pendingTx = map[int64]map[string]map[int32]Offset{}
	}
	if g.pendingTx[producerID] == nil {
		g.pendingTx[producerID] = map[string]map[int32]Offset{}
	}
	return g.pendingTx[producerID]
}

// endTransaction makes the offsets of a transaction visible, or forgets them. An ordinary commit whose record is
// later stays: that is the order of the log, also after compaction.
func (s *Shard) endTransaction(producerID int64, commit bool) {
	for id := range s.openTx[producerID] {
		g := s.groups[id]
		if g == nil {
			continue
		}
		pending := g.pendingTx[producerID]
		delete(g.pendingTx, producerID)
		for topic, byPartition := range pending {
			for partition, o := range byPartition {
				if old, ok := g.offset(topic, partition); commit && (!ok || o.at > old.at) {
					put(g.offsets, OffsetKey{topic, partition}, o)
				}
			}
		}
		s.dropIfUnknown(g)
	}
	delete(s.openTx, producerID)
}

// dropIfUnknown forgets a group of which there was nothing but offsets, when the last one is gone. Others are deleted
// by Expire, which takes back their record.
func (s *Shard) dropIfUnknown(g *Group) {
	if !g.stored && len(g.members) == 0 && len(g.pendingJoin) == 0 {
		s.dropIfUnused(g)
	}
}

// Expire removes offsets that nobody has needed for the retention time, and groups that nothing is left of. As in
// Kafka a group that is in use keeps the offsets of the topics that it uses, and all of them if the coordinator
// cannot tell which those are.
func (s *Shard) Expire(now time.Time) (e Effects) {
	for _, g := range s.groups {
		g.expireOffsets(now, &e)
	}
	return e
}

func (g *Group) expireOffsets(now time.Time, e *Effects) {
	sinceState := false
	switch {
	case g.state == Dead:
		return
	case !g.protocolType.Valid: // only a place for offsets
	case g.state == Empty:
		sinceState = g.stateSinceMs != -1
	case g.state != Stable || !g.isConsumer() || !g.knowsTopics:
		return
	}
	var old []OffsetKey
	kept := len(g.inFlight) + len(g.pendingTx)
	for topic, byPartition := range g.offsets {
		for partition, o := range byPartition {
			key := OffsetKey{topic, partition}
			since := o.CommitMs
			if sinceState {
				since = g.stateSinceMs
			}
			over := now.UnixMilli()-since >= g.shard.cfg.OffsetsRetention.Milliseconds()
			if o.ExpireMs != -1 {
				over = now.UnixMilli() >= o.ExpireMs
			}
			if over && !g.uses(topic) && g.inFlight[key] == 0 && !g.unstable(topic, partition) {
				old = append(old, key)
			} else {
				kept++
			}
		}
	}
	if kept == 0 && g.state == Empty && len(g.pendingJoin) == 0 {
		g.delete(e, nil)
	} else if len(old) > 0 {
		g.deleteOffsets(old, e, nil)
	}
}
