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

// topicStory is a broker, number 7, with the topics of most stories: alpha with one partition and beta with three.
func topicStory(t *testing.T) *Dispatcher {
	t.Helper()
	d := New(testBroker(t))
	for _, topic := range []cluster.NewTopic{{Name: "beta", Partitions: 3, ReplicationFactor: 1}, {Name: "alpha", Partitions: 1, ReplicationFactor: 1}} {
		require.Nil(t, d.broker.Cluster.CreateTopics([]cluster.NewTopic{topic}, false)[0].Err)
	}
	return d
}

func asking(names ...string) *api.MetadataRequest {
	req := api.NewMetadataRequest()
	req.Topics = []api.MetadataRequestTopic{}
	for _, name := range names {
		req.Topics = append(req.Topics, api.MetadataRequestTopic{Name: wire.Some(name)})
	}
	return &req
}

// codes are the error codes of an answer by name.
func codes(resp wire.Message) map[string]errcode.Code {
	all := map[string]errcode.Code{}
	for _, topic := range resp.(*api.MetadataResponse).Topics {
		all[topic.Name.V] = topic.ErrorCode
	}
	return all
}

func TestMetadataOfAllTopics(t *testing.T) {
	d := topicStory(t)
	for version := int16(0); version <= 13; version++ {
		req := api.NewMetadataRequest()
		req.Topics = nil
		if version == 0 {
			req.Topics = []api.MetadataRequestTopic{} // which only then means all
		}
		resp := exchange(t, d, &req, version).(*api.MetadataResponse)
		require.Len(t, resp.Topics, 2)
		alpha, beta := resp.Topics[0], resp.Topics[1]
		assert.Equal(t, "alpha", alpha.Name.V)
		require.Len(t, beta.Partitions, 3)
		for n, p := range beta.Partitions {
			assert.Equal(t, errcode.None, p.ErrorCode)
			assert.Equal(t, int32(n), p.PartitionIndex)
			assert.Equal(t, int32(7), p.LeaderID)
			assert.Equal(t, []int32{7}, p.ISRNodes)
			assert.Empty(t, p.OfflineReplicas)
		}
		if version >= 10 {
			assert.Equal(t, d.broker.Cluster.Image().Topic("beta").ID, beta.TopicID)
		}
		if version >= 2 {
			assert.Equal(t, wire.Some(d.broker.Cluster.ID()), resp.ClusterID)
		}
		if version >= 1 {
			assert.Equal(t, int32(7), resp.ControllerID)
			none := exchange(t, d, asking(), version).(*api.MetadataResponse)
			assert.Empty(t, none.Topics)
			assert.Len(t, none.Brokers, 1)
		}
	}
}

func TestMetadataCreatesWhatIsMissing(t *testing.T) {
	d := topicStory(t)
	forbidden := asking("new", "alpha", "bad name!")
	forbidden.AllowAutoTopicCreation = false
	assert.Equal(t, map[string]errcode.Code{"new": errcode.UnknownTopicOrPartition, "alpha": errcode.None, "bad name!": errcode.InvalidTopic},
		codes(exchange(t, d, forbidden, 12)))
	assert.Nil(t, d.broker.Cluster.Image().Topic("new"))

	resp := exchange(t, d, asking("new", "alpha", "bad name!", "new"), 1).(*api.MetadataResponse)
	assert.Len(t, resp.Topics, 3, "a name that is given twice is answered once")
	assert.Equal(t, map[string]errcode.Code{"new": errcode.None, "alpha": errcode.None, "bad name!": errcode.InvalidTopic}, codes(resp))
	_, code := d.broker.Cluster.Partition("new", 0)
	assert.Equal(t, errcode.None, code, "it takes records as soon as the answer says so")

	resp = exchange(t, d, asking(cluster.OffsetsTopic), 12).(*api.MetadataResponse)
	assert.True(t, resp.Topics[0].IsInternal)
	assert.Len(t, resp.Topics[0].Partitions, 50)
	d.broker.Config.AutoCreateTopicsEnable = false
	assert.Equal(t, errcode.UnknownTopicOrPartition, codes(exchange(t, d, asking("another"), 12))["another"])
}

func TestMetadataByID(t *testing.T) {
	d := topicStory(t)
	beta := d.broker.Cluster.Image().Topic("beta").ID
	req := asking("alpha")
	req.Topics = append(req.Topics, api.MetadataRequestTopic{TopicID: wire.UUID{1}}, api.MetadataRequestTopic{TopicID: beta}, api.MetadataRequestTopic{TopicID: beta})
	req.IncludeTopicAuthorizedOperations = true
	resp := exchange(t, d, req, 12).(*api.MetadataResponse)
	require.Len(t, resp.Topics, 2, "names beside ids are not looked at")
	assert.Equal(t, errcode.UnknownTopicID, resp.Topics[0].ErrorCode)
	assert.False(t, resp.Topics[0].Name.Valid)
	assert.Equal(t, "beta", resp.Topics[1].Name.V)
	assert.Equal(t, int32(0x0df8), resp.Topics[1].TopicAuthorizedOperations)

	req = asking("beta")
	req.Topics[0].TopicID = beta
	assert.Equal(t, errcode.InvalidRequest, codes(exchange(t, d, req, 11))["beta"], "v11 has the field and does not know what to do with it")
}

func described(d *Dispatcher, t *testing.T, limit int32, cursor *api.DescribeTopicPartitionsRequestCursor, names ...string) *api.DescribeTopicPartitionsResponse {
	t.Helper()
	req := api.NewDescribeTopicPartitionsRequest()
	req.ResponsePartitionLimit, req.Cursor = limit, cursor
	for _, name := range names {
		req.Topics = append(req.Topics, api.DescribeTopicPartitionsRequestTopic{Name: name})
	}
	return exchange(t, d, &req, 0).(*api.DescribeTopicPartitionsResponse)
}

// sizes are the topics of an answer with the numbers of their partitions.
func sizes(resp *api.DescribeTopicPartitionsResponse) (names []string, partitions []int) {
	for _, topic := range resp.Topics {
		names, partitions = append(names, topic.Name.V), append(partitions, len(topic.Partitions))
	}
	return names, partitions
}

func TestDescribeTopicPartitions(t *testing.T) {
	d := topicStory(t)
	resp := described(d, t, 4, nil, "beta", "nobody", "alpha", "beta")
	names, partitions := sizes(resp)
	assert.Equal(t, []string{"alpha", "beta"}, names, "sorted, and each once")
	assert.Equal(t, []int{1, 3}, partitions)
	assert.Equal(t, "nobody", resp.NextCursor.TopicName, "the limit was reached before it")
	assert.Nil(t, described(d, t, 4, nil, "alpha", "beta").NextCursor, "nothing is left, so there is no cursor")
	for _, p := range resp.Topics[1].Partitions {
		assert.NotNil(t, p.EligibleLeaderReplicas, "the Java client fails on null")
		assert.NotNil(t, p.LastKnownELR)
		assert.NotNil(t, p.OfflineReplicas)
	}
	unknown := described(d, t, 1, nil, "nobody").Topics[0]
	assert.Equal(t, errcode.UnknownTopicOrPartition, unknown.ErrorCode)
	assert.True(t, unknown.TopicID.IsZero())
	assert.Equal(t, int32(0x0df8), unknown.TopicAuthorizedOperations)
	assert.Equal(t, errcode.InvalidTopic, described(d, t, 1, nil, "bad name!").Topics[0].ErrorCode)
}

// Page after page, whatever its size, gives every partition once.
func TestDescribeTopicPartitionsInPages(t *testing.T) {
	d := topicStory(t)
	for limit := int32(1); limit <= 5; limit++ {
		for _, names := range [][]string{{"alpha", "beta"}, nil} {
			var got []string
			var cursor *api.DescribeTopicPartitionsRequestCursor
			for pages := 0; ; pages++ {
				require.Less(t, pages, 5)
				resp := described(d, t, limit, cursor, names...)
				for _, topic := range resp.Topics {
					for _, p := range topic.Partitions {
						got = append(got, topic.Name.V+string(rune('0'+p.PartitionIndex)))
					}
				}
				if resp.NextCursor == nil {
					break
				}
				cursor = &api.DescribeTopicPartitionsRequestCursor{TopicName: resp.NextCursor.TopicName, PartitionIndex: resp.NextCursor.PartitionIndex}
			}
			assert.Equal(t, []string{"alpha0", "beta0", "beta1", "beta2"}, got, "limit %d", limit)
		}
	}
	_, partitions := sizes(described(d, t, 9, &api.DescribeTopicPartitionsRequestCursor{TopicName: "beta", PartitionIndex: 99}, "beta"))
	assert.Equal(t, []int{0}, partitions, "a cursor behind the last partition")
	for _, cursor := range []api.DescribeTopicPartitionsRequestCursor{{TopicName: "between"}, {TopicName: "beta", PartitionIndex: -1}} {
		assert.Equal(t, errcode.InvalidRequest, described(d, t, 9, &cursor, "alpha", "beta").Topics[0].ErrorCode)
	}
}

func TestDescribeCluster(t *testing.T) {
	d := topicStory(t)
	for version := int16(0); version <= 2; version++ {
		req := api.NewDescribeClusterRequest()
		req.IncludeClusterAuthorizedOperations = true
		resp := exchange(t, d, &req, version).(*api.DescribeClusterResponse)
		assert.Equal(t, errcode.None, resp.ErrorCode)
		assert.Equal(t, d.broker.Cluster.ID(), resp.ClusterID)
		assert.Equal(t, int32(7), resp.Brokers[0].BrokerID)
		assert.Equal(t, int32(0x1fa0), resp.ClusterAuthorizedOperations)
	}
	req := api.NewDescribeClusterRequest()
	req.EndpointType = controllerEndpoints
	assert.Equal(t, errcode.MismatchedEndpointType, exchange(t, d, &req, 1).(*api.DescribeClusterResponse).ErrorCode)
}

func TestProducerIDsAreNeverGivenTwice(t *testing.T) {
	d := topicStory(t)
	seen := map[int64]bool{}
	for version := int16(0); version <= 5; version++ {
		for range 400 {
			req := api.NewInitProducerIdRequest()
			req.TransactionalID = wire.Null[string]{}
			resp := exchange(t, d, &req, version).(*api.InitProducerIdResponse)
			require.Equal(t, errcode.None, resp.ErrorCode)
			require.False(t, seen[resp.ProducerID])
			require.Zero(t, resp.ProducerEpoch)
			seen[resp.ProducerID] = true
		}
	}
	req := api.NewInitProducerIdRequest()
	req.TransactionalID = wire.Some("tx")
	resp := exchange(t, d, &req, 5).(*api.InitProducerIdResponse)
	assert.Equal(t, errcode.TransactionalIDAuthorizationFailed, resp.ErrorCode)
	assert.Equal(t, int64(-1), resp.ProducerID)
}
