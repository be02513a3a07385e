package handle

import (
	"slices"
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// createTopics: v0-7
//
// Creates topics, or says whether it would. When the answer is out the partitions take records. The request's timeout
// plays no part: nothing is waited for but our own disk.
//
//	v1  checking only; messages beside error codes
//	v5  the settings and the numbers of a new topic; the settings are never null, which the Java client would stumble over
//	v7  topic ids
func createTopics(c *Context, req *api.CreateTopicsRequest) (*api.CreateTopicsResponse, error) {
	resp := api.NewCreateTopicsResponse()
	count := map[string]int{}
	for _, t := range req.Topics {
		count[t.Name]++
	}
	var topics []cluster.NewTopic
	for _, t := range req.Topics {
		if count[t.Name] == 1 {
			topics = append(topics, newTopic(t))
		}
	}
	for _, created := range c.Cluster.CreateTopics(topics, req.ValidateOnly) {
		resp.Topics = append(resp.Topics, c.createdTopic(created))
	}
	for _, t := range req.Topics {
		if count[t.Name] > 1 {
			count[t.Name] = 0
			resp.Topics = append(resp.Topics, refusedTopic(t.Name, errcode.InvalidRequest, "Duplicate topic name."))
		}
	}
	return &resp, nil
}

func newTopic(t api.CreateTopicsRequestCreatableTopic) cluster.NewTopic {
	topic := cluster.NewTopic{Name: t.Name, Partitions: t.NumPartitions, ReplicationFactor: t.ReplicationFactor}
	for _, a := range t.Assignments {
		topic.Assignments = append(topic.Assignments, cluster.Assignment{Partition: a.PartitionIndex, Brokers: a.BrokerIDs})
	}
	for _, s := range t.Configs {
		topic.Configs = append(topic.Configs, cluster.Setting{Name: s.Name, Value: s.Value})
	}
	return topic
}

func refusedTopic(name string, code errcode.Code, message string) api.CreateTopicsResponseCreatableTopicResult {
	m := api.NewCreateTopicsResponseCreatableTopicResult()
	m.Name, m.ErrorCode, m.ErrorMessage = name, code, wire.Some(message)
	m.Configs = []api.CreateTopicsResponseCreatableTopicConfigs{}
	return m
}

func (c *Context) createdTopic(t cluster.CreatedTopic) api.CreateTopicsResponseCreatableTopicResult {
	if t.Err != nil {
		return refusedTopic(t.Name, t.Err.Code, t.Err.Message)
	}
	m := api.NewCreateTopicsResponseCreatableTopicResult()
	m.Name, m.TopicID, m.ErrorMessage = t.Name, t.ID, wire.Null[string]{}
	m.NumPartitions, m.ReplicationFactor = int32(t.Partitions), 1
	m.Configs = []api.CreateTopicsResponseCreatableTopicConfigs{}
	for _, s := range c.topicSettings(t.Configs) {
		m.Configs = append(m.Configs, api.CreateTopicsResponseCreatableTopicConfigs{
			Name: s.name, Value: s.value, ConfigSource: int8(s.source()),
		})
	}
	slices.SortFunc(m.Configs, func(a, b api.CreateTopicsResponseCreatableTopicConfigs) int { return strings.Compare(a.Name, b.Name) })
	return m
}
