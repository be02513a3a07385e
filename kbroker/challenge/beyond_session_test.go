package challenge

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// sessionFetch is a fetch within a session: epoch 0 begins one, -1 ends it, and then each fetch adds one.
func sessionFetch(id, epoch int32, all ...at) *api.FetchRequest {
	req := fetchTyped(all...)
	req.SessionID, req.SessionEpoch = id, epoch
	return req
}

// An incremental session (KIP-227): the broker remembers the partitions and answers only those with news.
func TestBeyondFetchSession(t *testing.T) {
	b := startBroker(t)
	c, writer := b.client(t), b.client(t)
	topic, _ := words(t, c)

	first := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(0, 0, at{topic: topic, offset: 10}, at{topic: topic, partition: 1, offset: 1}))
	require.NotZero(t, first.SessionID)
	require.Len(t, fetchPartitions(first), 2, "a full fetch answers every partition")

	idle := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(first.SessionID, 1))
	require.Equal(t, errcode.None, idle.ErrorCode)
	require.Equal(t, first.SessionID, idle.SessionID)
	require.Empty(t, idle.Responses, "nothing happened")

	writer.stored(at{topic: topic, partition: 1, batch: writeBatch(t, records.Options{}, "news")})
	news := fetchPartitions(askFor[*api.FetchResponse](c, currentFetch, sessionFetch(first.SessionID, 2)))
	require.Len(t, news, 1)
	require.EqualValues(t, 1, news[0].PartitionIndex)
	require.Equal(t, []string{"news"}, valuesOf(t, news[0].Records, 1))

	// Forget partition 1, move partition 0 back.
	req := sessionFetch(first.SessionID, 3, at{topic: topic, offset: 9})
	req.ForgottenTopicsData = []api.FetchRequestForgottenTopic{{Topic: topic.name, TopicID: topic.id, Partitions: []int32{1}}}
	back := fetchPartitions(askFor[*api.FetchResponse](c, currentFetch, req))
	require.Len(t, back, 1)
	require.Zero(t, back[0].PartitionIndex)
	require.Equal(t, []string{"b4"}, valuesOf(t, back[0].Records, 9))
	writer.stored(at{topic: topic, partition: 1, batch: writeBatch(t, records.Options{}, "unheard")})
	rest := fetchPartitions(askFor[*api.FetchResponse](c, currentFetch, sessionFetch(first.SessionID, 4, at{topic: topic, offset: 10})))
	for _, p := range rest {
		require.Zero(t, p.PartitionIndex, "partition 1 was forgotten")
	}

	// The last epoch closes the session.
	bye := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(first.SessionID, -1))
	require.Equal(t, errcode.None, bye.ErrorCode)
	require.Zero(t, bye.SessionID)
	gone := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(first.SessionID, 5))
	require.Equal(t, errcode.FetchSessionIDNotFound, gone.ErrorCode)
}

func TestBeyondFetchSessionErrors(t *testing.T) {
	b := startBroker(t)
	c := b.client(t)
	topic, _ := words(t, c)
	unknown := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(123456, 7, at{topic: topic}))
	require.Equal(t, errcode.FetchSessionIDNotFound, unknown.ErrorCode)
	require.Empty(t, unknown.Responses)

	first := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(0, 0, at{topic: topic, offset: 10}))
	for _, epoch := range []int32{2, 7, 3} {
		skipped := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(first.SessionID, epoch))
		require.Equal(t, errcode.InvalidFetchSessionEpoch, skipped.ErrorCode, "epoch %d after 0", epoch)
		require.Empty(t, skipped.Responses)
	}
	require.Equal(t, errcode.None, askFor[*api.FetchResponse](c, currentFetch, sessionFetch(first.SessionID, 1)).ErrorCode)

	// A session outlives its connection, and a fetch with epoch -1 has none.
	again := b.client(t)
	require.Equal(t, errcode.None, askFor[*api.FetchResponse](again, currentFetch, sessionFetch(first.SessionID, 2)).ErrorCode)
	require.Zero(t, askFor[*api.FetchResponse](again, currentFetch, sessionFetch(0, -1, at{topic: topic})).SessionID)
}

// A topic that is deleted under a session is reported in it.
func TestBeyondFetchSessionDeletedTopic(t *testing.T) {
	c := startBroker(t).client(t)
	topic, _ := words(t, c)
	first := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(0, 0, at{topic: topic, offset: 10}))
	require.NotZero(t, first.SessionID)
	req := api.NewDeleteTopicsRequest()
	req.TimeoutMs = 5000
	req.Topics = []api.DeleteTopicsRequestDeleteTopicState{{Name: wire.Some(topic.name)}}
	require.Equal(t, errcode.None, askFor[*api.DeleteTopicsResponse](c, 6, &req).Responses[0].ErrorCode)
	resp := askFor[*api.FetchResponse](c, currentFetch, sessionFetch(first.SessionID, 1))
	require.Equal(t, errcode.None, resp.ErrorCode)
	parts := fetchPartitions(resp)
	require.Len(t, parts, 1)
	require.Contains(t, []errcode.Code{errcode.UnknownTopicID, errcode.UnknownTopicOrPartition}, parts[0].ErrorCode)
}
