package group

import (
	"strings"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// Commit is an OffsetCommit request whose topics are known to exist: the names are set, and the ids if there are any.
// It is answered when the offsets are stored.
func (s *Shard) Commit(now time.Time, version int16, req *api.OffsetCommitRequest, t Ticket) (e Effects) {
	g := s.groups[req.GroupID]
	if g == nil {
		code := errcode.None
		switch {
		case req.GenerationIDOrMemberEpoch >= 0 && version >= 9:
			code = errcode.GroupIDNotFound
		case req.GenerationIDOrMemberEpoch >= 0:
			code = errcode.IllegalGeneration
		case len(s.groups) >= MaxGroups:
			code = errcode.PolicyViolation
		}
		if code != errcode.None {
			e.reply(t, commitError(req, code))
			return e
		}
		// A consumer that assigns partitions to itself, or an operator: the group is only a place for offsets.
		g = s.create(strings.Clone(req.GroupID), now)
	}
	if code := g.checkCommit(req); code != errcode.None {
		e.reply(t, commitError(req, code))
		return e
	}
	if m := g.members[req.MemberID]; m != nil && (g.state == Stable || g.state == PreparingRebalance) {
		g.heartbeat(m, now)
	}
	g.commit(now, req, t, &e)
	return e
}

func (g *Group) checkCommit(req *api.OffsetCommitRequest) errcode.Code {
	generation := req.GenerationIDOrMemberEpoch
	switch {
	case g.state == Dead:
		return errcode.CoordinatorNotAvailable
	case generation < 0 && g.state == Empty:
		return errcode.None
	case generation >= 0 || req.MemberID != "" || req.GroupInstanceID.Valid:
		if code := g.checkMember(req.MemberID, req.GroupInstanceID); code != errcode.None {
			return code
		}
		if generation != g.generation {
			return errcode.IllegalGeneration
		}
	case g.state != Empty:
		return errcode.UnknownMemberID
	}
	if g.state == CompletingRebalance {
		// The member has seen the new generation but not what it is to do in it.
		return errcode.RebalanceInProgress
	}
	return errcode.None
}

func (g *Group) commit(now time.Time, req *api.OffsetCommitRequest, t Ticket, e *Effects) {
	type pair struct {
		key OffsetKey
		o   Offset
	}
	resp := commitError(req, errcode.None)
	var pairs []pair
	var rs []records.Record
	for i := range req.Topics {
		topic := strings.Clone(req.Topics[i].Name)
		for j := range req.Topics[i].Partitions {
			p := &req.Topics[i].Partitions[j]
			if len(p.CommittedMetadata.V) > g.shard.cfg.OffsetMetadataMaxBytes {
				resp.Topics[i].Partitions[j].ErrorCode = errcode.OffsetMetadataTooLarge
				continue
			}
			o := Offset{
				Offset: p.CommittedOffset, LeaderEpoch: p.CommittedLeaderEpoch, Metadata: strings.Clone(p.CommittedMetadata.V),
				CommitMs: now.UnixMilli(), ExpireMs: -1, TopicID: req.Topics[i].TopicID,
			}
			if p.CommitTimestamp != -1 {
				o.CommitMs = p.CommitTimestamp
			}
			if req.RetentionTimeMs != -1 {
				o.ExpireMs = now.UnixMilli() + req.RetentionTimeMs
			}
			key := OffsetKey{topic, p.PartitionIndex}
			pairs = append(pairs, pair{key, o})
			rs = append(rs, offsetRecord(g.id, key, o))
			g.inFlight[key]++
		}
	}
	if len(pairs) == 0 {
		e.reply(t, resp)
		g.shard.dropIfUnknown(g)
		return
	}
	e.write(func(_ time.Time, w Written, e *Effects) {
		for i, p := range pairs {
			if g.inFlight[p.key]--; g.inFlight[p.key] == 0 {
				delete(g.inFlight, p.key)
			}
			if w.Err == nil {
				p.o.at = w.BaseOffset + int64(i)
				put(g.offsets, p.key, p.o)
			}
		}
		if w.Err != nil {
			resp = commitError(req, storeCode(w.Err))
			g.shard.dropIfUnknown(g)
		}
		e.reply(t, resp)
	}, rs...)
}

// commitError is an answer with the same code for every partition.
func commitError(req *api.OffsetCommitRequest, code errcode.Code) *api.OffsetCommitResponse {
	r := api.NewOffsetCommitResponse()
	r.Topics = make([]api.OffsetCommitResponseTopic, len(req.Topics))
	for i := range req.Topics {
		from, to := &req.Topics[i], &r.Topics[i]
		to.Name, to.TopicID = from.Name, from.TopicID
		to.Partitions = make([]api.OffsetCommitResponsePartition, len(from.Partitions))
		for j := range from.Partitions {
			to.Partitions[j] = api.OffsetCommitResponsePartition{PartitionIndex: from.Partitions[j].PartitionIndex, ErrorCode: code}
		}
	}
	return &r
}
