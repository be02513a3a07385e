package e2e

import (
	"context"
	"sync"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
)

// saramaLibrary is github.com/IBM/sarama.
type saramaLibrary struct{}

var saramaCodecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
	"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

func saramaConfig() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Return.Successes = true
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Offsets.AutoCommit.Enable = false
	c.Net.MaxOpenRequests = 1 // keeps the order of a partition when something is sent again
	return c
}

func saramaClient(t *testing.T, address string, c *sarama.Config) sarama.Client {
	t.Helper()
	client, err := sarama.NewClient([]string{address}, c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() }) // closed already where an admin or a group owns it
	return client
}

func saramaAdmin(t *testing.T, address string) sarama.ClusterAdmin {
	t.Helper()
	admin, err := sarama.NewClusterAdmin([]string{address}, saramaConfig())
	require.NoError(t, err)
	t.Cleanup(func() { _ = admin.Close() })
	return admin
}

func (saramaLibrary) fit(all []message) []message { return all }

func (saramaLibrary) create(t *testing.T, address, topic string, partitions int) {
	t.Helper()
	require.NoError(t, saramaAdmin(t, address).CreateTopic(topic, &sarama.TopicDetail{NumPartitions: int32(partitions), ReplicationFactor: 1}, false))
}

func (saramaLibrary) produce(t *testing.T, address, topic, codec string, all []message) {
	t.Helper()
	c := saramaConfig()
	c.Producer.Compression = saramaCodecs[codec]
	p, err := sarama.NewSyncProducer([]string{address}, c)
	require.NoError(t, err)
	defer p.Close()
	batch := make([]*sarama.ProducerMessage, len(all))
	for i, m := range all {
		batch[i] = &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(m.key), Value: sarama.StringEncoder(m.value)}
		for _, h := range m.headers {
			batch[i].Headers = append(batch[i].Headers, sarama.RecordHeader{Key: []byte(h.key), Value: []byte(h.value)})
		}
	}
	require.NoError(t, p.SendMessages(batch))
}

func fromSarama(m *sarama.ConsumerMessage) message {
	one := message{key: string(m.Key), value: string(m.Value), partition: m.Partition, offset: m.Offset}
	for _, h := range m.Headers {
		one.headers = append(one.headers, header{string(h.Key), string(h.Value)})
	}
	return one
}

func (s saramaLibrary) consume(t *testing.T, address, topic string, n int) (all []message) {
	t.Helper()
	consumer, err := sarama.NewConsumerFromClient(saramaClient(t, address, saramaConfig()))
	require.NoError(t, err)
	defer consumer.Close()
	ctx := deadline(t)
	for p, o := range s.offsets(t, address, topic) {
		part, err := consumer.ConsumePartition(topic, p, o[0])
		require.NoError(t, err)
		for range o[1] - o[0] {
			select {
			case m := <-part.Messages():
				all = append(all, fromSarama(m))
			case <-ctx.Done():
				require.Fail(t, "timeout", "after %d of %d records", len(all), n)
			}
		}
		require.NoError(t, part.Close())
	}
	require.Len(t, all, n)
	return all
}

// saramaMember collects n records from all its partitions and then ends the session.
type saramaMember struct {
	mu   sync.Mutex
	left int
	all  []message
	stop context.CancelFunc
}

func (*saramaMember) Setup(sarama.ConsumerGroupSession) error { return nil }

func (*saramaMember) Cleanup(s sarama.ConsumerGroupSession) error {
	s.Commit()
	return nil
}

func (m *saramaMember) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case one, ok := <-claim.Messages():
			if !ok || !m.take(s, one) {
				return nil
			}
		case <-s.Context().Done():
			return nil
		}
	}
}

func (m *saramaMember) take(s sarama.ConsumerGroupSession, one *sarama.ConsumerMessage) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == 0 {
		return false
	}
	m.left--
	m.all = append(m.all, fromSarama(one))
	s.MarkMessage(one, "")
	if m.left == 0 {
		m.stop()
	}
	return true
}

func (saramaLibrary) member(t *testing.T, address, topic, group string, n int) []message {
	t.Helper()
	g, err := sarama.NewConsumerGroup([]string{address}, group, saramaConfig())
	require.NoError(t, err)
	ctx, stop := context.WithCancel(deadline(t))
	defer stop()
	m := &saramaMember{left: n, stop: stop}
	for ctx.Err() == nil {
		if err := g.Consume(ctx, []string{topic}, m); err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	require.NoError(t, g.Close())
	require.Len(t, m.all, n)
	return m.all
}

func (s saramaLibrary) offsets(t *testing.T, address, topic string) map[int32][2]int64 {
	t.Helper()
	client := saramaClient(t, address, saramaConfig())
	partitions, err := client.Partitions(topic)
	require.NoError(t, err)
	all := map[int32][2]int64{}
	for _, p := range partitions {
		first, err := client.GetOffset(topic, p, sarama.OffsetOldest)
		require.NoError(t, err)
		last, err := client.GetOffset(topic, p, sarama.OffsetNewest)
		require.NoError(t, err)
		all[p] = [2]int64{first, last}
	}
	return all
}

func (saramaLibrary) leaders(t *testing.T, address, topic string) map[int32]int32 {
	t.Helper()
	topics, err := saramaAdmin(t, address).ListTopics()
	require.NoError(t, err)
	if _, ok := topics[topic]; !ok {
		return nil
	}
	described, err := saramaAdmin(t, address).DescribeTopics([]string{topic})
	require.NoError(t, err)
	all := map[int32]int32{}
	for _, p := range described[0].Partitions {
		all[p.ID] = p.Leader
	}
	return all
}

func (saramaLibrary) remove(t *testing.T, address, topic string) {
	t.Helper()
	require.NoError(t, saramaAdmin(t, address).DeleteTopic(topic))
}
