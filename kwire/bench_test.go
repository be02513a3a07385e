package kwire_test

import (
	"fmt"
	"testing"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// metadata is an answer about 100 topics of 10 partitions, at version 12.
func metadata(b *testing.B) []byte {
	m := api.NewMetadataResponse()
	for i := range int32(3) {
		m.Brokers = append(m.Brokers, api.MetadataResponseBroker{NodeID: i, Host: "broker.example.com", Port: 9092})
	}
	for i := range 100 {
		t := api.NewMetadataResponseTopic()
		t.Name, t.TopicID = wire.Some(fmt.Sprintf("topic-name-%d", i)), wire.UUID{byte(i), 1}
		for j := range int32(10) {
			t.Partitions = append(t.Partitions, api.MetadataResponsePartition{
				PartitionIndex: j, ReplicaNodes: []int32{1, 2, 3}, ISRNodes: []int32{1, 2, 3}})
		}
		m.Topics = append(m.Topics, t)
	}
	src, err := m.AppendTo(nil, 12)
	if err != nil {
		b.Fatal(err)
	}
	return src
}

func BenchmarkMetadata(b *testing.B) {
	src := metadata(b)
	b.Run("decode/fresh", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		for b.Loop() {
			var m api.MetadataResponse
			if _, err := m.DecodeFrom(src, 12, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode/reused", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		var m api.MetadataResponse
		o := &wire.DecodeOptions{Alias: true}
		for b.Loop() {
			if _, err := m.DecodeFrom(src, 12, o); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode/reused", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		var m api.MetadataResponse
		if _, err := m.DecodeFrom(src, 12, nil); err != nil {
			b.Fatal(err)
		}
		var dst []byte
		for b.Loop() {
			var err error
			if dst, err = m.AppendTo(dst[:0], 12); err != nil {
				b.Fatal(err)
			}
		}
	})
}
