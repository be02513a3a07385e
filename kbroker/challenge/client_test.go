package challenge

import (
	"encoding/binary"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// client is one connection that speaks typed messages. Answers are decoded strictly: a byte left over fails the test.
type client struct {
	t    *testing.T
	conn net.Conn
	sent int32 // correlation id of the last request
	read int32 // and of the last answer
}

const answerTimeout = 10 * time.Second

func (b *broker) client(t *testing.T) *client {
	t.Helper()
	return dialClient(t, b.address)
}

func dialClient(t *testing.T, address string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &client{t: t, conn: conn}
}

// askFor sends a request and returns its answer.
func askFor[R wire.Message](c *client, version int16, req wire.Message) R {
	c.t.Helper()
	c.send(version, req)
	return await[R](c, req.MessageKey(), version)
}

func (c *client) send(version int16, req wire.Message) {
	c.t.Helper()
	c.sent++
	_, err := c.conn.Write(c.frame(version, req))
	require.NoError(c.t, err)
}

func (c *client) frame(version int16, req wire.Message) []byte {
	c.t.Helper()
	frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: c.sent, ClientID: wire.Some("beyond")}, req, version)
	require.NoError(c.t, err)
	return frame
}

// await reads the next answer. Answers come in the order of the requests.
func await[R wire.Message](c *client, key, version int16) R {
	c.t.Helper()
	c.read++
	payload, err := c.payload()
	require.NoError(c.t, err, "no answer to %s v%d", kwire.APIKey(key), version)
	resp, err := kwire.DecodeResponse(payload, kwire.APIKey(key), version)
	require.NoError(c.t, err)
	require.Equal(c.t, c.read, resp.CorrelationID)
	body, ok := resp.Body.(R)
	require.True(c.t, ok, "%s", resp.Body.MessageName())
	return body
}

// payload reads one frame. io.EOF means that the broker has closed the connection.
func (c *client) payload() ([]byte, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(answerTimeout)); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(c.conn, size[:]); err != nil {
		return nil, err
	}
	payload := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(c.conn, payload)
	return payload, err
}

// wantClosed holds the broker to closing the connection without another byte.
func (c *client) wantClosed(msg string) {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(answerTimeout)))
	got, err := io.ReadAll(c.conn)
	require.NoError(c.t, err, msg)
	require.Empty(c.t, got, msg)
}

// create makes a topic and returns its id. Settings are name and value by turns.
func (c *client) create(name string, partitions int32, settings ...string) wire.UUID {
	c.t.Helper()
	topic := api.CreateTopicsRequestCreatableTopic{Name: name, NumPartitions: partitions, ReplicationFactor: 1}
	for i := 0; i < len(settings); i += 2 {
		topic.Configs = append(topic.Configs, api.CreateTopicsRequestCreatableTopicConfig{Name: settings[i], Value: wire.Some(settings[i+1])})
	}
	req := api.NewCreateTopicsRequest()
	req.Topics = append(req.Topics, topic)
	resp := askFor[*api.CreateTopicsResponse](c, 7, &req)
	require.Len(c.t, resp.Topics, 1)
	require.Zero(c.t, resp.Topics[0].ErrorCode, "create %s: %s", name, resp.Topics[0].ErrorMessage.V)
	return resp.Topics[0].TopicID
}

// topicRef names a topic for versions that use names and for those that use ids.
type topicRef struct {
	name string
	id   wire.UUID
}

// at is one partition and what to do there: a batch to write, or an offset to read from.
type at struct {
	topic     topicRef
	partition int32
	batch     []byte
	offset    int64
	maxBytes  int32 // 0 for no limit
}

func produceTyped(acks int16, all ...at) *api.ProduceRequest {
	req := api.NewProduceRequest()
	req.Acks, req.TimeoutMs = acks, 5000
	for _, a := range all {
		n := len(req.TopicData)
		if n == 0 || req.TopicData[n-1].Name != a.topic.name {
			req.TopicData = append(req.TopicData, api.ProduceRequestTopicProduceData{Name: a.topic.name, TopicID: a.topic.id})
			n++
		}
		data := &req.TopicData[n-1].PartitionData
		*data = append(*data, api.ProduceRequestPartitionProduceData{Index: a.partition, Records: a.batch})
	}
	return &req
}

// produceAll sends one request and returns the answers of the partitions in the request's order.
func (c *client) produceAll(version int16, all ...at) []api.ProduceResponsePartitionProduce {
	c.t.Helper()
	resp := askFor[*api.ProduceResponse](c, version, produceTyped(-1, all...))
	var got []api.ProduceResponsePartitionProduce
	for _, a := range all {
		found := false
		for _, topic := range resp.Responses {
			for _, p := range topic.PartitionResponses {
				if p.Index == a.partition && (version >= 13 && topic.TopicID == a.topic.id || version < 13 && topic.Name == a.topic.name) {
					got, found = append(got, p), true
				}
			}
		}
		require.True(c.t, found, "no answer for %s-%d", a.topic.name, a.partition)
	}
	return got
}

const currentProduce, currentFetch = 13, 18

// produceOne writes a batch and returns the answer for its partition.
func (c *client) produceOne(a at) api.ProduceResponsePartitionProduce {
	c.t.Helper()
	return c.produceAll(currentProduce, a)[0]
}

// stored writes a batch, wants it accepted, and returns its offset.
func (c *client) stored(a at) int64 {
	c.t.Helper()
	got := c.produceOne(a)
	require.Equal(c.t, errcode.None, got.ErrorCode, "%s", got.ErrorMessage.V)
	return got.BaseOffset
}

// fetchTyped asks for a full fetch without a session that waits for nothing.
func fetchTyped(all ...at) *api.FetchRequest {
	req := api.NewFetchRequest()
	req.MaxWaitMs, req.MinBytes = 0, 1
	for _, a := range all {
		n := len(req.Topics)
		if n == 0 || req.Topics[n-1].Topic != a.topic.name {
			req.Topics = append(req.Topics, api.FetchRequestTopic{Topic: a.topic.name, TopicID: a.topic.id})
			n++
		}
		p := api.NewFetchRequestPartition()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes = a.partition, a.offset, a.maxBytes
		if a.maxBytes == 0 {
			p.PartitionMaxBytes = math.MaxInt32
		}
		req.Topics[n-1].Partitions = append(req.Topics[n-1].Partitions, p)
	}
	return &req
}

// fetchPartitions returns the partitions of an answer without their topics.
func fetchPartitions(resp *api.FetchResponse) (all []api.FetchResponsePartitionData) {
	for _, topic := range resp.Responses {
		all = append(all, topic.Partitions...)
	}
	return all
}

// fetchOne reads one partition.
func (c *client) fetchOne(version int16, a at) api.FetchResponsePartitionData {
	c.t.Helper()
	got := fetchPartitions(askFor[*api.FetchResponse](c, version, fetchTyped(a)))
	require.Len(c.t, got, 1)
	return got[0]
}

// values reads a partition from an offset to its high watermark. One answer may end earlier: with its segment, say.
func (c *client) values(a at) (all []string) {
	c.t.Helper()
	for {
		got := c.fetchOne(currentFetch, a)
		require.Equal(c.t, errcode.None, got.ErrorCode)
		more := valuesOf(c.t, got.Records, a.offset)
		if len(more) == 0 {
			require.Equal(c.t, got.HighWatermark, a.offset, "nothing to read below the high watermark")
			return all
		}
		all = append(all, more...)
		a.offset += int64(len(more))
	}
}

// valuesOf returns the values of records at or after an offset, and holds their offsets to be without a gap.
func valuesOf(t *testing.T, b []byte, from int64) (all []string) {
	t.Helper()
	next := int64(-1)
	for batch, err := range records.Batches(b) {
		require.NoError(t, err)
		require.NoError(t, batch.CheckCRC())
		for r, err := range batch.RecordsWith(records.ReadOptions{Decompressor: compress.All, Lenient: true}) {
			require.NoError(t, err)
			if next >= 0 {
				require.Equal(t, next, r.Offset)
			}
			next = r.Offset + 1
			if r.Offset >= from {
				all = append(all, string(r.Value))
			}
		}
	}
	return all
}

// writeBatch builds a batch of today's records.
func writeBatch(t *testing.T, o records.Options, values ...string) []byte {
	t.Helper()
	o.Compressor = compress.All
	o.PartitionLeaderEpoch = -1 // as producers do
	w := records.NewWriter(nil, o)
	for i, v := range values {
		w.Append(records.Record{Timestamp: time.Now().UnixMilli() + int64(i), Key: []byte("k" + v), Value: []byte(v)})
	}
	b, err := w.Finish()
	require.NoError(t, err)
	return b
}
