package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// franz is github.com/twmb/franz-go. Its producer is idempotent by default.
type franz struct{}

const clientTimeout = 60 * time.Second

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), clientTimeout)
	t.Cleanup(cancel)
	return ctx
}

func franzClient(t *testing.T, address string, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(address)}, options...)...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

var franzCodecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func (franz) fit(all []message) []message { return all }

func (franz) create(t *testing.T, address, topic string, partitions int) {
	t.Helper()
	_, err := kadm.NewClient(franzClient(t, address)).CreateTopic(deadline(t), int32(partitions), 1, nil, topic)
	require.NoError(t, err)
}

func (franz) produce(t *testing.T, address, topic, codec string, all []message) {
	t.Helper()
	client := franzClient(t, address, kgo.ProducerBatchCompression(franzCodecs[codec]))
	records := make([]*kgo.Record, len(all))
	for i, m := range all {
		records[i] = &kgo.Record{Topic: topic, Key: []byte(m.key), Value: []byte(m.value)}
		for _, h := range m.headers {
			records[i].Headers = append(records[i].Headers, kgo.RecordHeader{Key: h.key, Value: []byte(h.value)})
		}
	}
	require.NoError(t, client.ProduceSync(deadline(t), records...).FirstErr())
	client.Close()
}

func (franz) consume(t *testing.T, address, topic string, n int) []message {
	t.Helper()
	client := franzClient(t, address, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	return franzRead(t, client, n)
}

func (franz) member(t *testing.T, address, topic, group string, n int) []message {
	t.Helper()
	client := franzClient(t, address, kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	all := franzRead(t, client, n)
	require.NoError(t, client.CommitUncommittedOffsets(deadline(t)))
	client.Close() // leaves the group
	return all
}

// franzRead reads exactly n records.
func franzRead(t *testing.T, client *kgo.Client, n int) (all []message) {
	t.Helper()
	for ctx := deadline(t); len(all) < n; {
		fetches := client.PollRecords(ctx, n-len(all))
		require.NoError(t, fetches.Err(), "after %d of %d records", len(all), n)
		fetches.EachRecord(func(r *kgo.Record) { all = append(all, fromFranz(r)) })
	}
	return all
}

func fromFranz(r *kgo.Record) message {
	m := message{key: string(r.Key), value: string(r.Value), partition: r.Partition, offset: r.Offset}
	for _, h := range r.Headers {
		m.headers = append(m.headers, header{h.Key, string(h.Value)})
	}
	return m
}

func (franz) offsets(t *testing.T, address, topic string) map[int32][2]int64 {
	t.Helper()
	admin := kadm.NewClient(franzClient(t, address))
	first, err := admin.ListStartOffsets(deadline(t), topic)
	require.NoError(t, err)
	require.NoError(t, first.Error())
	last, err := admin.ListEndOffsets(deadline(t), topic)
	require.NoError(t, err)
	require.NoError(t, last.Error())
	all := map[int32][2]int64{}
	last.Each(func(o kadm.ListedOffset) {
		f, _ := first.Lookup(topic, o.Partition)
		all[o.Partition] = [2]int64{f.Offset, o.Offset}
	})
	return all
}

func (franz) leaders(t *testing.T, address, topic string) map[int32]int32 {
	t.Helper()
	topics, err := kadm.NewClient(franzClient(t, address)).ListTopics(deadline(t))
	require.NoError(t, err)
	all := map[int32]int32{}
	for _, p := range topics[topic].Partitions {
		require.NoError(t, p.Err)
		all[p.Partition] = p.Leader
	}
	return all
}

func (franz) remove(t *testing.T, address, topic string) {
	t.Helper()
	_, err := kadm.NewClient(franzClient(t, address)).DeleteTopic(deadline(t), topic)
	require.NoError(t, err)
}

// short is for what is expected not to come.
func short(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	t.Cleanup(cancel)
	return ctx
}
