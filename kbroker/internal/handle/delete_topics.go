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
	d := deletion{image: c.Cluster.Image(), names: map[string]int{}, ids: map[wire.UUID]int{}}
	for _, t := range asked {
		if t.Name.Valid {
			d.names[t.Name.V]++
		} else {
			d.ids[t.TopicID]++
		}
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
	var gone []string
	for n, err := range c.Cluster.DeleteTopics(ids) {
		if err != nil {
			r := &resp.Responses[at[n]]
			r.ErrorCode, r.ErrorMessage = err.Code, wire.Some(err.Message)
		} else if topic := d.image.TopicByID(ids[n]); topic != nil {
			gone = append(gone, topic.Name)
		}
	}
	c.Groups.ForgetTopics(gone...)
	return &resp, nil
}

// deletion sorts out what a request means.
type deletion struct {
	image *cluster.Image
	names map[string]int    // how often a name is given; 0 once its duplicates are answered
	ids   map[wire.UUID]int // the same for ids
}

// plan returns the answer for one entry, and the id of the topic to delete if it is to be. What is given twice is
// answered once: for later entries there is no answer.
func (d *deletion) plan(t api.DeleteTopicsRequestDeleteTopicState) (*api.DeleteTopicsResponseDeletableTopicResult, wire.UUID) {
	var found *cluster.Topic
	switch {
	case t.Name.Valid && !t.TopicID.IsZero():
		return refuseDeletion(t, errcode.InvalidRequest, "You may not specify both topic name and topic id."), wire.UUID{}
	case t.Name.Valid:
		uses := d.names[t.Name.V]
		if found = d.image.Topic(t.Name.V); uses == 1 && found == nil {
			return refuseDeletion(t, errcode.UnknownTopicOrPartition, "This server does not host this topic-partition."), wire.UUID{}
		}
		if uses != 1 {
			d.names[t.Name.V] = 0
			return duplicateDeletion(t, uses, "Duplicate topic name."), wire.UUID{}
		}
		if d.ids[found.ID] > 0 {
			t.TopicID = found.ID
			return refuseDeletion(t, errcode.InvalidRequest, "The provided topic name maps to an ID that was already supplied."), wire.UUID{}
		}
	case t.TopicID.IsZero():
		return refuseDeletion(t, errcode.InvalidRequest, "Neither topic name nor id were specified."), wire.UUID{}
	default:
		uses := d.ids[t.TopicID]
		if found = d.image.TopicByID(t.TopicID); uses == 1 && found == nil {
			return refuseDeletion(t, errcode.UnknownTopicID, "This server does not host this topic ID."), wire.UUID{}
		}
		if uses != 1 {
			d.ids[t.TopicID] = 0
			return duplicateDeletion(t, uses, "Duplicate topic id."), wire.UUID{}
		}
		if d.names[found.Name] > 0 {
			return nil, wire.UUID{} // answered where it is named
		}
	}
	result := api.NewDeleteTopicsResponseDeletableTopicResult()
	result.Name, result.TopicID, result.ErrorMessage = wire.Some(found.Name), found.ID, wire.Null[string]{}
	return &result, found.ID
}

func duplicateDeletion(t api.DeleteTopicsRequestDeleteTopicState, uses int, message string) *api.DeleteTopicsResponseDeletableTopicResult {
	if uses == 0 {
		return nil
	}
	return refuseDeletion(t, errcode.InvalidRequest, message)
}

func refuseDeletion(t api.DeleteTopicsRequestDeleteTopicState, code errcode.Code, message string) *api.DeleteTopicsResponseDeletableTopicResult {
	result := api.NewDeleteTopicsResponseDeletableTopicResult()
	result.Name, result.TopicID, result.ErrorCode, result.ErrorMessage = t.Name, t.TopicID, code, wire.Some(message)
	return &result
}
