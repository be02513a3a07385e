package group

import (
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// DeleteGroup removes a group without members, with its offsets. The answer is a DeleteGroups response with one
// result.
func (s *Shard) DeleteGroup(id string, t Ticket) (e Effects) {
	answer := func(code errcode.Code, e *Effects) {
		r := api.NewDeleteGroupsResponse()
		r.Results = []api.DeleteGroupsResponseDeletableGroupResult{{GroupID: id, ErrorCode: code}}
		e.reply(t, &r)
	}
	g := s.groups[id]
	switch {
	case g == nil, g.state == Dead:
		answer(errcode.GroupIDNotFound, &e)
	case g.state != Empty:
		answer(errcode.NonEmptyGroup, &e)
	default:
		g.delete(&e, func(err error, e *Effects) {
			code := errcode.None
			if err != nil {
				code = storeCode(err)
			}
			answer(code, e)
		})
	}
	return e
}

// delete writes tombstones for all that we have stored of an empty group. Until that is done the group is Dead, so
// nobody can join it. What Kafka keeps of a group of another kind under the same name stays.
func (g *Group) delete(e *Effects, then func(err error, e *Effects)) {
	var rs []records.Record
	for _, key := range g.keys() {
		rs = append(rs, offsetTombstone(g.id, key))
	}
	if g.stored {
		rs = append(rs, groupTombstone(g.id))
	}
	if len(rs) == 0 {
		g.shard.drop(g)
		if then != nil {
			then(nil, e)
		}
		return
	}
	g.state = Dead
	e.write(func(_ time.Time, w Written, e *Effects) {
		if w.Err != nil {
			g.state = Empty
		} else {
			g.shard.drop(g)
		}
		if then != nil {
			then(w.Err, e)
		}
	}, rs...)
}

// deleteOffsets leaves the group there even if it had nothing else, as Kafka does: whoever deletes its offsets often
// deletes the group next and wants to be told that it worked. Expire clears it away.
func (g *Group) deleteOffsets(keys []OffsetKey, e *Effects, then func(err error, e *Effects)) {
	rs := make([]records.Record, len(keys))
	for i, key := range keys {
		rs[i] = offsetTombstone(g.id, key)
	}
	e.write(func(_ time.Time, w Written, e *Effects) {
		if w.Err == nil {
			for _, key := range keys {
				g.removeOffset(key)
			}
		}
		if then != nil {
			then(w.Err, e)
		}
	}, rs...)
}

// DeleteOffsets is an OffsetDelete request whose topics are known to exist. Offsets of topics that members use stay.
func (s *Shard) DeleteOffsets(req *api.OffsetDeleteRequest, t Ticket) (e Effects) {
	r := api.NewOffsetDeleteResponse()
	g := s.groups[req.GroupID]
	switch {
	case g == nil, g.state == Dead:
		r.ErrorCode = errcode.GroupIDNotFound
	case g.state != Empty && !g.isConsumer():
		r.ErrorCode = errcode.NonEmptyGroup
	}
	if r.ErrorCode != errcode.None {
		e.reply(t, &r)
		return e
	}
	var keys []OffsetKey
	for i := range req.Topics {
		name, used := req.Topics[i].Name, g.uses(req.Topics[i].Name)
		to := api.OffsetDeleteResponseTopic{Name: name}
		for _, p := range req.Topics[i].Partitions {
			key := OffsetKey{name, p.PartitionIndex}
			code := errcode.None
			_, known := g.offset(name, p.PartitionIndex)
			if used {
				code = errcode.GroupSubscribedToTopic
			} else if known || g.inFlight[key] > 0 || g.unstable(name, p.PartitionIndex) {
				keys = append(keys, key)
			}
			to.Partitions = append(to.Partitions, api.OffsetDeleteResponsePartition{PartitionIndex: p.PartitionIndex, ErrorCode: code})
		}
		r.Topics = append(r.Topics, to)
	}
	if len(keys) == 0 {
		e.reply(t, &r)
		return e
	}
	g.deleteOffsets(keys, &e, func(err error, e *Effects) {
		if err != nil {
			r = api.NewOffsetDeleteResponse()
			r.ErrorCode = storeCode(err)
		}
		e.reply(t, &r)
	})
	return e
}

// ForgetTopics removes the offsets of topics that were deleted.
func (s *Shard) ForgetTopics(deleted map[string]bool) (e Effects) {
	for _, g := range s.groups {
		if g.state == Dead {
			continue
		}
		var keys []OffsetKey
		for _, key := range g.keys() {
			if deleted[key.Topic] {
				keys = append(keys, key)
			}
		}
		if len(keys) > 0 {
			g.deleteOffsets(keys, &e, nil)
		}
	}
	return e
}
