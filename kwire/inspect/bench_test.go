package inspect_test

import (
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// bigMetadata is a Metadata response v12 of 1000 topics with 10 partitions each.
func bigMetadata(b *testing.B) []byte {
	m := api.NewMetadataResponse()
	for range 1000 {
		topic := api.NewMetadataResponseTopic()
		topic.Name = wire.Some("a-topic-of-usual-length")
		for i := range int32(10) {
			p := api.NewMetadataResponsePartition()
			p.PartitionIndex, p.ReplicaNodes, p.ISRNodes = i, []int32{1, 2, 3}, []int32{1, 2, 3}
			topic.Partitions = append(topic.Partitions, p)
		}
		m.Topics = append(m.Topics, topic)
	}
	out, err := m.AppendTo(nil, 12)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func BenchmarkTree(b *testing.B) {
	src, m := bigMetadata(b), schema.Response(int16(kwire.Metadata))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	nodes := 0
	for b.Loop() {
		nodes = inspect.Message(m, 12, src).Len()
	}
	b.ReportMetric(float64(nodes), "nodes")
}

func BenchmarkJSON(b *testing.B) {
	src, m := bigMetadata(b), schema.Response(int16(kwire.Metadata))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out, _ = inspect.AppendJSON(out[:0], m, 12, src)
	}
}

func BenchmarkPathAt(b *testing.B) {
	src := bigMetadata(b)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		inspect.PathAt("MetadataResponse", 12, src, len(src)-1)
	}
}

func BenchmarkGuess(b *testing.B) {
	frame := wire.AppendInt32(nil, 0)
	frame = append(append(frame, 0, 0, 0, 7, 0), bigMetadata(b)...)
	wire.AppendInt32(frame[:0], int32(len(frame)-4))
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		inspect.Guess(frame)
	}
}
