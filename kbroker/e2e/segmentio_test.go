package e2e

import (
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
)

// segmentio is github.com/segmentio/kafka-go. It speaks old versions of most APIs.
type segmentio struct{}

var segmentioCodecs = map[string]kafka.Compression{
	"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

func (segmentio) fit(all []message) []message { return all }

func (segmentio) dial(t *testing.T, address string) *kafka.Conn {
	t.Helper()
	conn, err := kafka.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (s segmentio) create(t *testing.T, address, topic string, partitions int) {
	t.Helper()
	require.NoError(t, s.dial(t, address).CreateTopics(kafka.TopicConfig{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}))
}

func (segmentio) produce(t *testing.T, address, topic, codec string, all []message) {
	t.Helper()
	// The default transport would keep the topics of an address for seconds and not see a new one.
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{
		Transport: transport,
		Addr:      kafka.TCP(address), Topic: topic, Balancer: &kafka.Hash{}, RequiredAcks: kafka.RequireAll,
		BatchSize: 1000, BatchTimeout: 10 * time.Millisecond, Compression: segmentioCodecs[codec],
	}
	batch := make([]kafka.Message, len(all))
	for i, m := range all {
		batch[i] = kafka.Message{Key: []byte(m.key), Value: []byte(m.value)}
		for _, h := range m.headers {
			batch[i].Headers = append(batch[i].Headers, kafka.Header{Key: h.key, Value: []byte(h.value)})
		}
	}
	require.NoError(t, w.WriteMessages(deadline(t), batch...))
	require.NoError(t, w.Close())
}

func (s segmentio) consume(t *testing.T, address, topic string, n int) (all []message) {
	t.Helper()
	for p, o := range s.offsets(t, address, topic) {
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{address}, Topic: topic, Partition: int(p), MaxWait: 100 * time.Millisecond})
		all = append(all, segmentioRead(t, r, int(o[1]-o[0]), false)...)
		require.NoError(t, r.Close())
	}
	require.Len(t, all, n)
	return all
}

func (segmentio) member(t *testing.T, address, topic, group string, n int) []message {
	t.Helper()
	r := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{address}, GroupTopics: []string{topic}, GroupID: group, StartOffset: kafka.FirstOffset, MaxWait: 100 * time.Millisecond,
	})
	all := segmentioRead(t, r, n, true)
	require.NoError(t, r.Close())
	return all
}

func segmentioRead(t *testing.T, r *kafka.Reader, n int, commit bool) (all []message) {
	t.Helper()
	ctx := deadline(t)
	var read []kafka.Message
	for range n {
		m, err := r.FetchMessage(ctx)
		require.NoError(t, err, "after %d of %d records", len(all), n)
		read = append(read, m)
		one := message{key: string(m.Key), value: string(m.Value), partition: int32(m.Partition), offset: m.Offset}
		for _, h := range m.Headers {
			one.headers = append(one.headers, header{h.Key, string(h.Value)})
		}
		all = append(all, one)
	}
	if commit {
		require.NoError(t, r.CommitMessages(ctx, read...))
	}
	return all
}

func (s segmentio) offsets(t *testing.T, address, topic string) map[int32][2]int64 {
	t.Helper()
	all := map[int32][2]int64{}
	for p := range s.leaders(t, address, topic) {
		conn, err := kafka.DialLeader(deadline(t), "tcp", address, topic, int(p))
		require.NoError(t, err)
		first, last, err := conn.ReadOffsets()
		require.NoError(t, err)
		all[p] = [2]int64{first, last}
		require.NoError(t, conn.Close())
	}
	return all
}

func (s segmentio) leaders(t *testing.T, address, topic string) map[int32]int32 {
	t.Helper()
	partitions, err := s.dial(t, address).ReadPartitions()
	require.NoError(t, err)
	all := map[int32]int32{}
	for _, p := range partitions {
		if p.Topic == topic {
			all[int32(p.ID)] = int32(p.Leader.ID)
		}
	}
	return all
}

func (s segmentio) remove(t *testing.T, address, topic string) {
	t.Helper()
	require.NoError(t, s.dial(t, address).DeleteTopics(topic))
}
