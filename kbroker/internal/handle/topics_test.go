package handle

import (
	"testing"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCreateTopics(t *testing.T) {
	for version := int16(0); version <= 7; version++ {
		d := topicStory(t)
		req := api.NewCreateTopicsRequest()
		add := func(name string, partitions int32) {
			req.Topics = append(req.Topics, api.CreateTopicsRequestCreatableTopic{Name: name, NumPartitions: partitions, ReplicationFactor: 1,
				Configs: []api.CreateTopicsRequestCreatableTopicConfig{{Name: "retention.ms", Value: wire.Some("5000")}}})
		}
		add("new", 2)
		add("beta", 1)
		add("twice", 1)
		add("twice", 2)
		resp := exchange(t, d, &req, version).(*api.CreateTopicsResponse)
		require.Len(t, resp.Topics, 3)
		made := d.broker.Cluster.Image().Topic("new")
		require.NotNil(t, made)
		_, code := d.broker.Cluster.Partition("new", 1)
		assert.Equal(t, errcode.None, code)
		assert.Nil(t, d.broker.Cluster.Image().Topic("twice"))
		assert.Equal(t, []errcode.Code{errcode.None, errcode.TopicAlreadyExists, errcode.InvalidRequest},
			[]errcode.Code{resp.Topics[0].ErrorCode, resp.Topics[1].ErrorCode, resp.Topics[2].ErrorCode})
		if version >= 1 {
			assert.False(t, resp.Topics[0].ErrorMessage.Valid)
			assert.Equal(t, wire.Some("Topic 'beta' already exists."), resp.Topics[1].ErrorMessage)
		}
		if version >= 5 {
			assert.Equal(t, int32(2), resp.Topics[0].NumPartitions)
			assert.Contains(t, resp.Topics[0].Configs, api.CreateTopicsResponseCreatableTopicConfigs{Name: "retention.ms", Value: wire.Some("5000"), ConfigSource: 1})
			for _, topic := range resp.Topics {
				assert.NotNil(t, topic.Configs, "the Java client fails on null without an error")
			}
		}
		if version >= 7 {
			assert.Equal(t, made.ID, resp.Topics[0].TopicID)
		}
	}
}

func deletionOf(topics ...api.DeleteTopicsRequestDeleteTopicState) *api.DeleteTopicsRequest {
	req := api.NewDeleteTopicsRequest()
	req.Topics = topics
	return &req
}

func byNameOnly(name string) api.DeleteTopicsRequestDeleteTopicState {
	return api.DeleteTopicsRequestDeleteTopicState{Name: wire.Some(name)}
}

func byIDOnly(id wire.UUID) api.DeleteTopicsRequestDeleteTopicState {
	return api.DeleteTopicsRequestDeleteTopicState{TopicID: id}
}

func TestDeleteTopics(t *testing.T) {
	d := topicStory(t)
	c := d.broker.Cluster
	beta := c.Image().Topic("beta").ID
	answers := func(req *api.DeleteTopicsRequest, version int16) (codes []errcode.Code) {
		for _, r := range exchange(t, d, req, version).(*api.DeleteTopicsResponse).Responses {
			codes = append(codes, r.ErrorCode)
		}
		return codes
	}
	both := byNameOnly("beta")
	both.TopicID = beta
	assert.Equal(t, []errcode.Code{errcode.InvalidRequest, errcode.InvalidRequest, errcode.UnknownTopicOrPartition, errcode.UnknownTopicID},
		answers(deletionOf(both, byIDOnly(wire.UUID{}), byNameOnly("nobody"), byIDOnly(wire.UUID{1})), 6))
	assert.Equal(t, []errcode.Code{errcode.InvalidRequest}, answers(deletionOf(byNameOnly("beta"), byIDOnly(beta)), 6), "one topic, named twice")
	assert.Equal(t, []errcode.Code{errcode.InvalidRequest}, answers(deletionOf(byNameOnly("beta"), byNameOnly("beta")), 6))
	assert.Equal(t, []errcode.Code{errcode.InvalidRequest}, answers(deletionOf(byIDOnly(beta), byIDOnly(beta)), 6))
	require.NotNil(t, c.Image().Topic("beta"), "nothing of this deleted it")

	d.broker.Config.DeleteTopicEnable = false
	assert.Equal(t, []errcode.Code{errcode.TopicDeletionDisabled}, answers(deletionOf(byNameOnly("beta")), 6))
	d.broker.Config.DeleteTopicEnable = true

	assert.Equal(t, []errcode.Code{errcode.None}, answers(deletionOf(byIDOnly(beta)), 6))
	assert.Nil(t, c.Image().Topic("beta"))
	_, code := c.Partition("beta", 0)
	assert.Equal(t, errcode.UnknownTopicOrPartition, code)
	for version := int16(0); version <= 5; version++ {
		_, refused := c.AutoCreate("again")
		require.Nil(t, refused)
		req := api.NewDeleteTopicsRequest()
		req.TopicNames = []string{"again", "nobody"}
		assert.Equal(t, []errcode.Code{errcode.None, errcode.UnknownTopicOrPartition}, answers(&req, version))
		assert.Nil(t, c.Image().Topic("again"))
	}
}

func TestCreatePartitions(t *testing.T) {
	d := topicStory(t)
	for version := int16(0); version <= 3; version++ {
		req := api.NewCreatePartitionsRequest()
		for _, topic := range []struct {
			name  string
			count int32
		}{{"beta", 4 + int32(version)}, {"alpha", 1}, {"nobody", 2}, {"twice", 2}, {"twice", 3}} {
			req.Topics = append(req.Topics, api.CreatePartitionsRequestTopic{Name: topic.name, Count: topic.count})
		}
		resp := exchange(t, d, &req, version).(*api.CreatePartitionsResponse)
		require.Len(t, resp.Results, 4)
		for n, want := range []errcode.Code{errcode.None, errcode.InvalidPartitions, errcode.UnknownTopicOrPartition, errcode.InvalidRequest} {
			assert.Equal(t, want, resp.Results[n].ErrorCode)
		}
		assert.False(t, resp.Results[0].ErrorMessage.Valid)
		_, code := d.broker.Cluster.Partition("beta", 3+int32(version))
		assert.Equal(t, errcode.None, code)
	}
}

func describe(t *testing.T, d *Dispatcher, version int16, typ cluster.ResourceType, name string, keys ...string) api.DescribeConfigsResponseResult {
	t.Helper()
	req := api.NewDescribeConfigsRequest()
	req.IncludeSynonyms, req.IncludeDocumentation = version >= 1, version >= 3
	req.Resources = []api.DescribeConfigsRequestResource{{ResourceType: int8(typ), ResourceName: name, ConfigurationKeys: keys}}
	return exchange(t, d, &req, version).(*api.DescribeConfigsResponse).Results[0]
}

func TestDescribeConfigs(t *testing.T) {
	d := topicStory(t)
	change := []cluster.Change{{Name: "retention.ms", Op: cluster.OpSet, Value: wire.Some("5000")}}
	require.Nil(t, d.broker.Cluster.AlterConfigs(cluster.Resource{Type: cluster.TopicResource, Name: "beta"}, change, false))
	for version := int16(0); version <= 4; version++ {
		all := describe(t, d, version, cluster.TopicResource, "beta")
		assert.Greater(t, len(all.Configs), 30)
		some := describe(t, d, version, cluster.TopicResource, "beta", "retention.ms", "segment.bytes", "of.nobody").Configs
		require.Len(t, some, 2)
		retention, segment := some[0], some[1]
		assert.Equal(t, "5000", retention.Value.V)
		assert.Equal(t, "1073741824", segment.Value.V)
		assert.False(t, retention.ReadOnly)
		if version == 0 {
			assert.False(t, retention.IsDefault)
			assert.True(t, segment.IsDefault)
			continue
		}
		assert.Equal(t, int8(topicConfig), retention.ConfigSource)
		assert.Equal(t, int8(defaultConfig), segment.ConfigSource)
		assert.Equal(t, []api.DescribeConfigsResponseSynonym{{Name: "log.segment.bytes", Value: wire.Some("1073741824"), Source: int8(defaultConfig)}}, segment.Synonyms)
		if version >= 3 {
			assert.Equal(t, int8(5), retention.ConfigType)
			assert.NotEmpty(t, retention.Documentation.V)
		}
	}

	broker := describe(t, d, 4, cluster.BrokerResource, "7", "log.dirs", "node.id", "log.retention.hours")
	require.Len(t, broker.Configs, 3)
	for _, s := range broker.Configs {
		assert.True(t, s.ReadOnly, s.Name)
	}
	assert.Equal(t, "/logs", broker.Configs[0].Value.V)
	assert.Equal(t, int8(staticBrokerConfig), broker.Configs[0].ConfigSource)
	everyone := describe(t, d, 4, cluster.BrokerResource, "")
	require.Len(t, everyone.Configs, 1, "what records say for all brokers")
	assert.Equal(t, "min.insync.replicas", everyone.Configs[0].Name)
	assert.Equal(t, int8(dynamicDefaultConfig), everyone.Configs[0].ConfigSource)

	for _, want := range []struct {
		typ  cluster.ResourceType
		name string
		code errcode.Code
	}{
		{cluster.TopicResource, "nobody", errcode.UnknownTopicOrPartition},
		{cluster.TopicResource, "bad name!", errcode.InvalidTopic},
		{cluster.BrokerResource, "8", errcode.InvalidRequest},
		{cluster.BrokerResource, "x", errcode.InvalidRequest},
		{99, "x", errcode.InvalidRequest},
		{cluster.GroupResource, "g", errcode.None},
	} {
		got := describe(t, d, 4, want.typ, want.name)
		assert.Equal(t, want.code, got.ErrorCode, "%d %s", want.typ, want.name)
		assert.Empty(t, got.Configs)
	}
}

// A secret is never shown, not even where else its value could come from.
func TestSecretsAreNotShown(t *testing.T) {
	c := &Context{Broker: topicStory(t).broker}
	shown := c.brokerSynonyms(c.Cluster.Image(), []string{"log.dirs"}, false)
	require.Len(t, shown, 1)
	assert.Equal(t, wire.Some("/logs"), shown[0].value)
	for _, hidden := range c.brokerSynonyms(c.Cluster.Image(), []string{"log.dirs"}, true) {
		assert.False(t, hidden.value.Valid)
	}
}

func TestIncrementalAlterConfigs(t *testing.T) {
	d := topicStory(t)
	req := api.NewIncrementalAlterConfigsRequest()
	add := func(typ cluster.ResourceType, name, key string, op cluster.Op, value string) {
		req.Resources = append(req.Resources, api.IncrementalAlterConfigsRequestAlterConfigsResource{ResourceType: int8(typ), ResourceName: name,
			Configs: []api.IncrementalAlterConfigsRequestAlterableConfig{{Name: key, ConfigOperation: int8(op), Value: wire.Some(value)}}})
	}
	add(cluster.TopicResource, "beta", "cleanup.policy", cluster.OpAppend, "compact")
	add(cluster.TopicResource, "alpha", "retention.ms", cluster.OpSet, "never")
	add(cluster.TopicResource, "nobody", "retention.ms", cluster.OpSet, "1")
	add(cluster.BrokerResource, "", "log.retention.ms", cluster.OpSet, "1000")
	add(cluster.BrokerResource, "7", "num.partitions", cluster.OpSet, "3")
	add(cluster.BrokerResource, "8", "log.retention.ms", cluster.OpSet, "3")
	add(cluster.GroupResource, "g", "x", cluster.OpSet, "3")
	for version := int16(0); version <= 1; version++ {
		resp := exchange(t, d, &req, version).(*api.IncrementalAlterConfigsResponse)
		for n, want := range []errcode.Code{
			errcode.None, errcode.InvalidConfig, errcode.UnknownTopicOrPartition, errcode.None,
			errcode.InvalidRequest, errcode.InvalidRequest, errcode.InvalidRequest,
		} {
			assert.Equal(t, want, resp.Responses[n].ErrorCode, "%d: %v", n, resp.Responses[n].ErrorMessage)
		}
	}
	assert.Equal(t, "delete,compact", describe(t, d, 4, cluster.TopicResource, "beta", "cleanup.policy").Configs[0].Value.V)
	retention := describe(t, d, 4, cluster.TopicResource, "alpha", "retention.ms").Configs[0]
	assert.Equal(t, "1000", retention.Value.V)
	assert.Equal(t, int8(dynamicDefaultConfig), retention.ConfigSource)

	req.Resources = append(req.Resources[:1], req.Resources[0])
	for _, r := range exchange(t, d, &req, 1).(*api.IncrementalAlterConfigsResponse).Responses {
		assert.Equal(t, errcode.InvalidRequest, r.ErrorCode, "named twice")
	}
}

func TestAlterConfigsReplacesAll(t *testing.T) {
	d := topicStory(t)
	set := func(version int16, name, value string) errcode.Code {
		req := api.NewAlterConfigsRequest()
		req.Resources = []api.AlterConfigsRequestResource{{ResourceType: int8(cluster.TopicResource), ResourceName: "beta",
			Configs: []api.AlterConfigsRequestAlterableConfig{{Name: name, Value: wire.Some(value)}}}}
		return exchange(t, d, &req, version).(*api.AlterConfigsResponse).Responses[0].ErrorCode
	}
	for version := int16(0); version <= 2; version++ {
		assert.Equal(t, errcode.None, set(version, "flush.ms", "5"))
		assert.Equal(t, errcode.None, set(version, "retention.ms", "6"))
		assert.Equal(t, map[string]string{"retention.ms": "6"}, d.broker.Cluster.Image().Configs(cluster.Resource{Type: cluster.TopicResource, Name: "beta"}))
		assert.Equal(t, errcode.InvalidConfig, set(version, "of.nobody", "6"))
	}
}
