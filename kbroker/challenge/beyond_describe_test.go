package challenge

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// describe asks for topics and returns what came, one string for each topic, as "alpha[0 1]" or "name:ERROR", and the
// cursor as "alpha/2".
func describe(c *client, limit int32, cursor string, names ...string) (topics []string, next string) {
	c.t.Helper()
	req := api.NewDescribeTopicPartitionsRequest()
	req.ResponsePartitionLimit = limit
	for _, name := range names {
		req.Topics = append(req.Topics, api.DescribeTopicPartitionsRequestTopic{Name: name})
	}
	if cursor != "" {
		req.Cursor = &api.DescribeTopicPartitionsRequestCursor{}
		_, err := fmt.Sscanf(cursor, "%5s/%d", &req.Cursor.TopicName, &req.Cursor.PartitionIndex)
		require.NoError(c.t, err)
	}
	resp := askFor[*api.DescribeTopicPartitionsResponse](c, 0, &req)
	for _, topic := range resp.Topics {
		if topic.ErrorCode != errcode.None {
			topics = append(topics, topic.Name.V+":"+topic.ErrorCode.String())
			continue
		}
		indexes := []int32{}
		for _, p := range topic.Partitions {
			require.Zero(c.t, p.ErrorCode)
			indexes = append(indexes, p.PartitionIndex)
		}
		topics = append(topics, topic.Name.V+fmt.Sprint(indexes))
	}
	if resp.NextCursor != nil {
		next = fmt.Sprintf("%s/%d", resp.NextCursor.TopicName, resp.NextCursor.PartitionIndex)
	}
	return topics, next
}

// threeTopics lays a directory like the course's and starts a broker on it: alpha has 3 partitions, betas 2, gamma 1.
func threeTopics(t *testing.T) *broker {
	dir := filepath.Join(t.TempDir(), "data")
	layDirectory(t, dir, []topic{
		newTopic("gamma", make([][]string, 1)...), newTopic("alpha", make([][]string, 3)...), newTopic("betas", make([][]string, 2)...),
	})
	return startBrokerAt(t, dir)
}

func TestBeyondDescribePages(t *testing.T) {
	c := threeTopics(t).client(t)
	all := []string{"gamma", "betas", "alpha"}
	for _, page := range []struct {
		limit  int32
		cursor string
		want   []string
		next   string
	}{
		{6, "", []string{"alpha[0 1 2]", "betas[0 1]", "gamma[0]"}, ""},
		{2, "", []string{"alpha[0 1]"}, "alpha/2"},
		{2, "alpha/2", []string{"alpha[2]", "betas[0]"}, "betas/1"},
		{2, "betas/1", []string{"betas[1]", "gamma[0]"}, ""},
		{3, "", []string{"alpha[0 1 2]"}, "betas/0"}, // the page is full, and the cursor is at the next topic
		{1, "gamma/0", []string{"gamma[0]"}, ""},
		{0, "", []string{"alpha[0]"}, "alpha/1"}, // at least one partition, or no client would ever come to the end
		{-5, "", []string{"alpha[0]"}, "alpha/1"},
	} {
		topics, next := describe(c, page.limit, page.cursor, all...)
		require.Equal(t, page.want, topics, "limit %d from %q", page.limit, page.cursor)
		require.Equal(t, page.next, next, "limit %d from %q", page.limit, page.cursor)
	}
	// No names means all topics, paged alike.
	topics, next := describe(c, 4, "")
	require.Equal(t, []string{"alpha[0 1 2]", "betas[0]"}, topics)
	require.Equal(t, "betas/1", next)
	topics, next = describe(c, 100, next)
	require.Equal(t, []string{"betas[1]", "gamma[0]"}, topics)
	require.Empty(t, next)
}

// A broker may set a limit of its own on the page.
func TestBeyondDescribeBrokerLimit(t *testing.T) {
	c := startBroker(t, "max.request.partition.size.limit=2").client(t)
	c.create("alpha", 3)
	topics, next := describe(c, 2000, "", "alpha")
	require.Equal(t, []string{"alpha[0 1]"}, topics)
	require.Equal(t, "alpha/2", next)
}

func TestBeyondDescribeMixedNames(t *testing.T) {
	c := threeTopics(t).client(t)
	topics, next := describe(c, 100, "", "zeta", "gamma", "delta", "gamma", "alpha", "bad name!", "zeta")
	require.Equal(t, []string{
		"alpha[0 1 2]", "bad name!:INVALID_TOPIC_EXCEPTION", "delta:UNKNOWN_TOPIC_OR_PARTITION", "gamma[0]", "zeta:UNKNOWN_TOPIC_OR_PARTITION",
	}, topics, "sorted, and each once")
	require.Empty(t, next)
}

// A cursor has to be at a topic that is asked for, and at a partition that can exist.
func TestBeyondDescribeBadCursor(t *testing.T) {
	c := threeTopics(t).client(t)
	for _, cursor := range []string{"betas/0", "alpha/-1"} {
		topics, next := describe(c, 100, cursor, "alpha", "gamma")
		require.Equal(t, []string{"alpha:INVALID_REQUEST", "gamma:INVALID_REQUEST"}, topics, cursor)
		require.Empty(t, next)
	}
}

// Every field of the answer, for a topic that exists and for one that does not.
func TestBeyondDescribeFields(t *testing.T) {
	b := startBroker(t)
	c := b.client(t)
	id := c.create("alpha", 1)
	req := api.NewDescribeTopicPartitionsRequest()
	req.Topics = []api.DescribeTopicPartitionsRequestTopic{{Name: "alpha"}, {Name: "nobody"}}
	resp := askFor[*api.DescribeTopicPartitionsResponse](c, 0, &req)
	require.Zero(t, resp.ThrottleTimeMs)
	require.Nil(t, resp.NextCursor)
	require.Len(t, resp.Topics, 2)

	known, unknown := resp.Topics[0], resp.Topics[1]
	require.Equal(t, id, known.TopicID)
	require.False(t, known.IsInternal)
	require.EqualValues(t, kafkaAuthorizedOperations, known.TopicAuthorizedOperations)
	require.Len(t, known.Partitions, 1)
	p := known.Partitions[0]
	require.EqualValues(t, 1, p.LeaderID)
	require.GreaterOrEqual(t, p.LeaderEpoch, int32(0))
	require.Equal(t, []int32{1}, p.ReplicaNodes)
	require.Equal(t, []int32{1}, p.ISRNodes)
	// Kafka's admin client needs arrays here: null would be allowed and breaks it.
	require.NotNil(t, p.EligibleLeaderReplicas)
	require.NotNil(t, p.LastKnownELR)
	require.Empty(t, p.OfflineReplicas)

	require.Equal(t, wire.Some("nobody"), unknown.Name)
	require.True(t, unknown.TopicID.IsZero())
	require.EqualValues(t, kafkaAuthorizedOperations, unknown.TopicAuthorizedOperations)
}

// __consumer_offsets is internal, and says so.
func TestBeyondDescribeInternalTopic(t *testing.T) {
	c := startBroker(t, "offsets.topic.num.partitions=2").client(t)
	find := api.NewFindCoordinatorRequest()
	find.CoordinatorKeys = []string{"anybody"}
	require.Eventually(t, func() bool {
		return askFor[*api.FindCoordinatorResponse](c, 4, &find).Coordinators[0].ErrorCode == errcode.None
	}, answerTimeout, dialEvery)
	req := api.NewDescribeTopicPartitionsRequest()
	req.Topics = []api.DescribeTopicPartitionsRequestTopic{{Name: "__consumer_offsets"}}
	resp := askFor[*api.DescribeTopicPartitionsResponse](c, 0, &req)
	require.Equal(t, errcode.None, resp.Topics[0].ErrorCode)
	require.True(t, resp.Topics[0].IsInternal)
	require.Len(t, resp.Topics[0].Partitions, 2)
}
