package challenge

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// words is a topic of two partitions: the first holds five batches of two records, the second one batch.
func words(t *testing.T, c *client) (topic topicRef, batches [][]byte) {
	t.Helper()
	topic = topicRef{name: "words", id: c.create("words", 2)}
	for i := range 5 {
		b := writeBatch(t, records.Options{}, fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i))
		require.EqualValues(t, 2*i, c.stored(at{topic: topic, batch: b}))
		batches = append(batches, b)
	}
	require.Zero(t, c.stored(at{topic: topic, partition: 1, batch: writeBatch(t, records.Options{}, "other")}))
	return topic, batches
}

// sizeFrom is the size of the batches from number i on.
func sizeFrom(batches [][]byte, i int) (n int) {
	for _, b := range batches[i:] {
		n += len(b)
	}
	return n
}

// The course sends version 16 only.
func TestBeyondFetchVersions(t *testing.T) {
	c := startBroker(t).client(t)
	topic, _ := words(t, c)
	for v := int16(4); v <= 18; v++ {
		got := c.fetchOne(v, at{topic: topic})
		require.Equal(t, errcode.None, got.ErrorCode, "version %d", v)
		require.Equal(t, []string{"a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4"}, valuesOf(t, got.Records, 0), "version %d", v)
		require.EqualValues(t, 10, got.HighWatermark, "version %d", v)
		require.EqualValues(t, 10, got.LastStableOffset, "version %d", v)
		if v >= 5 {
			require.Zero(t, got.LogStartOffset, "version %d", v)
		}
	}
}

// The answer begins with the batch that holds the offset, whole, and goes on to the end.
func TestBeyondFetchFromOffset(t *testing.T) {
	c := startBroker(t).client(t)
	topic, batches := words(t, c)
	for offset := int64(0); offset < 10; offset++ {
		got := c.fetchOne(currentFetch, at{topic: topic, offset: offset})
		require.Equal(t, errcode.None, got.ErrorCode)
		require.Len(t, got.Records, sizeFrom(batches, int(offset)/2), "from offset %d", offset)
		require.Len(t, valuesOf(t, got.Records, offset), int(10-offset))
	}
	got := c.fetchOne(currentFetch, at{topic: topic, offset: 10})
	require.Equal(t, errcode.None, got.ErrorCode, "the end is a good place to wait at")
	require.Empty(t, got.Records)
}

func TestBeyondFetchErrors(t *testing.T) {
	c := startBroker(t).client(t)
	topic, _ := words(t, c)
	nobody := topicRef{name: "nobody", id: wire.UUID{1, 2, 3}}
	for _, x := range []struct {
		name    string
		version int16
		at      at
		want    errcode.Code
	}{
		{"behind the end", currentFetch, at{topic: topic, offset: 11}, errcode.OffsetOutOfRange},
		{"before the start", currentFetch, at{topic: topic, offset: -1}, errcode.OffsetOutOfRange},
		{"unknown partition", currentFetch, at{topic: topic, partition: 2}, errcode.UnknownTopicOrPartition},
		{"unknown partition", 12, at{topic: topic, partition: 2}, errcode.UnknownTopicOrPartition},
		{"unknown topic", 12, at{topic: nobody}, errcode.UnknownTopicOrPartition},
		{"unknown topic id", 13, at{topic: nobody}, errcode.UnknownTopicID},
	} {
		got := c.fetchOne(x.version, x.at)
		require.Equal(t, x.want, got.ErrorCode, "%s, version %d", x.name, x.version)
		require.Empty(t, got.Records, x.name)
		require.EqualValues(t, -1, got.HighWatermark, x.name)
	}
}

// A leader epoch that is not the broker's: the client's metadata is old, or newer than the broker's own.
func TestBeyondFetchLeaderEpoch(t *testing.T) {
	c := startBroker(t).client(t)
	topic, _ := words(t, c)
	req := fetchTyped(at{topic: topic})
	req.Topics[0].Partitions[0].CurrentLeaderEpoch = 1000
	require.Equal(t, errcode.UnknownLeaderEpoch, fetchPartitions(askFor[*api.FetchResponse](c, currentFetch, req))[0].ErrorCode)
}

// Limits hold, but for the first batch: without it a client whose limit is too small would never get on.
func TestBeyondFetchMaxBytes(t *testing.T) {
	c := startBroker(t).client(t)
	topic, batches := words(t, c)

	got := c.fetchOne(currentFetch, at{topic: topic, maxBytes: 1})
	require.Len(t, got.Records, len(batches[0]), "the partition's limit")

	limit := int32(len(batches[0]) + len(batches[1]))
	got = c.fetchOne(currentFetch, at{topic: topic, maxBytes: limit})
	require.Len(t, got.Records, int(limit))

	req := fetchTyped(at{topic: topic}, at{topic: topic, partition: 1})
	req.MaxBytes = 1
	parts := fetchPartitions(askFor[*api.FetchResponse](c, currentFetch, req))
	require.Len(t, parts, 2)
	require.Len(t, parts[0].Records, len(batches[0]), "the request's limit")
	require.Empty(t, parts[1].Records, "only the first batch of the whole answer may be above it")
	require.EqualValues(t, 1, parts[1].HighWatermark)
}

func TestBeyondFetchSeveralTopics(t *testing.T) {
	c := startBroker(t).client(t)
	topic, batches := words(t, c)
	second := topicRef{name: "second", id: c.create("second", 1)}
	c.stored(at{topic: second, batch: writeBatch(t, records.Options{}, "there")})
	resp := askFor[*api.FetchResponse](c, currentFetch, fetchTyped(
		at{topic: topic, offset: 8}, at{topic: topic, partition: 1}, at{topic: topic, partition: 7}, at{topic: second}))
	require.Len(t, fetchPartitions(resp), 4)
	find := func(topic topicRef, partition int32) (found api.FetchResponsePartitionData) {
		for _, r := range resp.Responses { // Kafka may give a topic in two pieces
			for _, p := range r.Partitions {
				if r.TopicID == topic.id && p.PartitionIndex == partition {
					found = p
				}
			}
		}
		return found
	}
	require.Len(t, find(topic, 0).Records, len(batches[4]))
	require.Equal(t, []string{"other"}, valuesOf(t, find(topic, 1).Records, 0))
	require.Equal(t, errcode.UnknownTopicOrPartition, find(topic, 7).ErrorCode)
	require.Equal(t, []string{"there"}, valuesOf(t, find(second, 0).Records, 0))
}

// With nothing to read the answer comes when max_wait has passed, and not before.
func TestBeyondFetchMaxWait(t *testing.T) {
	c := startBroker(t).client(t)
	topic, _ := words(t, c)
	req := fetchTyped(at{topic: topic, offset: 10})
	req.MaxWaitMs = 300
	start := time.Now()
	got := fetchPartitions(askFor[*api.FetchResponse](c, currentFetch, req))[0]
	took := time.Since(start)
	require.Equal(t, errcode.None, got.ErrorCode)
	require.Empty(t, got.Records)
	require.EqualValues(t, 10, got.HighWatermark)
	require.GreaterOrEqual(t, took, 280*time.Millisecond)
	require.Less(t, took, 2*time.Second)

	// An error is never waited over.
	req.Topics[0].Partitions[0].FetchOffset = 99
	start = time.Now()
	require.Equal(t, errcode.OffsetOutOfRange, fetchPartitions(askFor[*api.FetchResponse](c, currentFetch, req))[0].ErrorCode)
	require.Less(t, time.Since(start), 250*time.Millisecond)
}

// A fetch that waits is answered as soon as somebody writes enough.
func TestBeyondFetchMinBytes(t *testing.T) {
	b := startBroker(t)
	c, writer := b.client(t), b.client(t)
	topic, batches := words(t, c)
	small := writeBatch(t, records.Options{}, "c0", "d0")
	req := fetchTyped(at{topic: topic, offset: 10})
	req.MaxWaitMs, req.MinBytes = 8000, int32(2*len(small))

	start := time.Now()
	c.send(currentFetch, req)
	writer.stored(at{topic: topic, batch: small})
	require.NoError(t, c.conn.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	n, err := c.conn.Read(make([]byte, 1))
	require.Error(t, err, "half of min_bytes is not enough")
	require.Zero(t, n)
	writer.stored(at{topic: topic, batch: small})
	got := fetchPartitions(await[*api.FetchResponse](c, 1, currentFetch))[0]
	require.Less(t, time.Since(start), 4*time.Second)
	require.Len(t, got.Records, 2*len(small))

	// What is there already counts.
	req.Topics[0].Partitions[0].FetchOffset = 0
	req.MinBytes = int32(sizeFrom(batches, 0))
	start = time.Now()
	askFor[*api.FetchResponse](c, currentFetch, req)
	require.Less(t, time.Since(start), 4*time.Second)
}

// Waiting on one connection holds up nobody on another.
func TestBeyondFetchWaitsAlone(t *testing.T) {
	b := startBroker(t)
	c := b.client(t)
	topic, _ := words(t, c)
	req := fetchTyped(at{topic: topic, offset: 10})
	req.MaxWaitMs = 1000
	c.send(currentFetch, req)
	start := time.Now()
	b.client(t).values(at{topic: topic})
	require.Less(t, time.Since(start), 500*time.Millisecond)
	await[*api.FetchResponse](c, 1, currentFetch)
}

// The course's logs hold records that Kafka's own record reader refuses (a header count of -1). They are served as they
// are at any offset.
func TestBeyondFetchBareDirectory(t *testing.T) {
	dir := t.TempDir()
	on := newTopic("banana", []string{"one", "two", "three"})
	layDirectory(t, dir, []topic{on})
	c := startBrokerAt(t, dir).client(t)
	topic := topicRef{name: on.name, id: wire.UUID(on.id)}
	for offset, want := range [][]string{{"one", "two", "three"}, {"two", "three"}, {"three"}, nil} {
		require.Equal(t, want, c.values(at{topic: topic, offset: int64(offset)}))
	}
	for _, x := range []struct{ timestamp, offset int64 }{{-2, 0}, {-1, 3}} {
		req := api.NewListOffsetsRequest()
		req.ReplicaID = -1
		p := api.NewListOffsetsRequestPartition()
		p.Timestamp = x.timestamp
		req.Topics = []api.ListOffsetsRequestTopic{{Name: on.name, Partitions: []api.ListOffsetsRequestPartition{p}}}
		got := askFor[*api.ListOffsetsResponse](c, 8, &req).Topics[0].Partitions[0]
		require.Equal(t, errcode.None, got.ErrorCode, "%d", x.timestamp)
		require.Equal(t, x.offset, got.Offset, "%d", x.timestamp)
	}
}
