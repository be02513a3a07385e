package handle

import (
	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// deleteTopics: v0-6
//
// Deletes topics with their records. A topic that is named twice, by whatever means, is not deleted: what was meant is
// not clear.
//
//	v5  messages beside error codes
//	v6  topics by id, too
func deleteTopics(c *Context, req *api.DeleteTopicsRequest) (*api.DeleteTopicsResponse, error) {
	resp := api.NewDeleteTopicsResponse()
	asked := req.Topics
	if c.Version < 6 {
		asked = nil
		for _, name := range req.TopicNames {
			asked = append(asked, api.DeleteTopicsRequestDeleteTopicState{Name: wire.Some(name)})
		}
	}
	d := deletion{image: c.Cluster.Image(), uses: map[wire.UUID]int{}, names: map[string]int{}}
	for _, t := range asked {
		d.count(t)
	}
	var ids []wire.UUID
	var at []int
	for _, t := range asked {
		result, id := d.plan(t)
		if !c.Config.DeleteTopicEnable {
			result, id = refuseDeletion(t, errcode.TopicDeletionDisabled, "Topic deletion is disabled."), wire.UUID{}
			if c.Version < 3 {
				result.ErrorCode = errcode.InvalidRequest
			}
		}
		if result == nil {
			continue
		}
		if !id.IsZero() {
			ids, at = append(ids, id), append(at, len(resp.Responses))
		}
		resp.Responses = append(resp.Responses, *result)
	}
	for n, err := range c.Cluster.DeleteTopics(ids) {
		if err != nil {
			r := &resp.Responses[at[n]]
			r.ErrorCode, r.ErrorMessage = err.Code, wire.Some(err.Message)
		}
	}
	return &resp, nil
}

// deletion sorts out what a request means.
type deletion struct {
	image *cluster.Image
	uses  map[wire.UUID]int // how often a topic was meant
	names map[string]int    // how often a name that no topic has was given
}

func (d *deletion) find(t api.DeleteTopicsRequestDeleteTopicState) *cluster.Topic {
	if t.Name.Valid {
		return d.image.Topic(t.Name.V)
	}
	return d.image.TopicByID(t.TopicID)
}

func (d *deletion) count(t api.DeleteTopicsRequestDeleteTopicState) {
	if t.Name.Valid != t.TopicID.IsZero() {
		return // refused anyway
	}
	switch found := d.find(t); {
	case found != nil:
		d.uses[found.ID]++
	case t.Name.Valid:
		d.names[t.Name.V]++
	default:
		d.uses[t.TopicID]++
	}
}

// plan returns the answer for one entry, and the id of the topic to delete if it is to be. A duplicate is answered once:
// for the later entries there is no result.
func (d *deletion) plan(t api.DeleteTopicsRequestDeleteTopicState) (*api.DeleteTopicsResponseDeletableTopicResult, wire.UUID) {
	switch {
	case t.Name.Valid && !t.TopicID.IsZero():
		return refuseDeletion(t, errcode.InvalidRequest, "You may not specify both topic name and topic id."), wire.UUID{}
	case !t.Name.Valid && t.TopicID.IsZero():
		return refuseDeletion(t, errcode.InvalidRequest, "Neither topic name nor id were specified."), wire.UUID{}
	}
	found := d.find(t)
	id := t.TopicID
	uses := d.names[t.Name.V]
	if found != nil {
		id = found.ID
	}
	if found != nil || !t.Name.Valid {
		uses = d.uses[id]
		d.uses[id] = min(uses, 0)
	} else {
		d.names[t.Name.V] = 0
	}
	switch {
	case uses == 0:
		return nil, wire.UUID{}
	case uses > 1 && t.Name.Valid:
		return refuseDeletion(t, errcode.InvalidRequest, "Duplicate topic name."), wire.UUID{}
	case uses > 1:
		return refuseDeletion(t, errcode.InvalidRequest, "Duplicate topic id."), wire.UUID{}
	case found == nil && t.Name.Valid:
		return refuseDeletion(t, errcode.UnknownTopicOrPartition, "This server does not host this topic-partition."), wire.UUID{}
	case found == nil:
		return refuseDeletion(t, errcode.UnknownTopicID, "This server does not host this topic ID."), wire.UUID{}
	}
	result := api.NewDeleteTopicsResponseDeletableTopicResult()
	result.Name, result.TopicID = wire.Some(found.Name), found.ID
	return &result, found.ID
}

func refuseDeletion(t api.DeleteTopicsRequestDeleteTopicState, code errcode.Code, message string) *api.DeleteTopicsResponseDeletableTopicResult {
	result := api.NewDeleteTopicsResponseDeletableTopicResult()
	result.Name, result.TopicID, result.ErrorCode, result.ErrorMessage = t.Name, t.TopicID, code, wire.Some(message)
	return &result
}
