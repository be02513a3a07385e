package view

import (
	"encoding/hex"
	"strconv"
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// BenchmarkTyped is what the engine does at each key while a text is typed that is a request and its response: for a
// large response it answers that there is one, and then its fields.
func BenchmarkTyped(b *testing.B) {
	for _, kind := range []struct {
		name string
		text func(b *testing.B, size int) []byte
	}{{"Fetch", fetchText}, {"Metadata", metadataText}} {
		for _, size := range []int{100, 4 << 10, 64 << 10, 1 << 20} {
			text := kind.text(b, size)
			b.Run(kind.name+" of "+strconv.Itoa(size), func(b *testing.B) {
				b.ReportAllocs()
				var answer []byte
				for b.Loop() {
					s := Open(text, "")
					answer = s.Doc(nil).AppendBlock(answer[:0])
					if size >= 1<<20 {
						answer = s.Frame(1, nil).AppendBlock(answer[:0])
					}
				}
			})
		}
	}
}

func metadataText(b *testing.B, size int) []byte {
	answer := api.NewMetadataResponse()
	for n := 0; n < size; n += 250 {
		topic := api.NewMetadataResponseTopic()
		topic.Name = wire.Some("topic-" + strconv.Itoa(n))
		for i := range int32(4) {
			p := api.NewMetadataResponsePartition()
			p.PartitionIndex, p.ReplicaNodes, p.ISRNodes = i, []int32{1, 2, 3, 4}, []int32{1, 2, 3, 4}
			topic.Partitions = append(topic.Partitions, p)
		}
		answer.Topics = append(answer.Topics, topic)
	}
	ask := api.NewMetadataRequest()
	return exchanged(b, &ask, &answer, 12)
}

func fetchText(b *testing.B, size int) []byte {
	w := records.NewWriter(nil, records.Options{})
	for n := 0; n < size; n += 128 {
		w.Append(records.Record{Timestamp: 1_700_000_000_000 + int64(n), Key: []byte("key"), Value: make([]byte, 100)})
	}
	batch, err := w.Finish()
	if err != nil {
		b.Fatal(err)
	}
	answer := api.NewFetchResponse()
	answer.Responses = []api.FetchResponseFetchableTopic{{Topic: "orders", Partitions: []api.FetchResponsePartitionData{{Records: batch}}}}
	ask := api.NewFetchRequest()
	return exchanged(b, &ask, &answer, 12)
}

// exchanged is the hex of a request and its response.
func exchanged(b *testing.B, ask, answer wire.Message, version int16) []byte {
	frames, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 7, ClientID: wire.Some("typing")}, ask, version)
	if err == nil {
		frames, err = kwire.AppendResponse(frames, 7, answer, version)
	}
	if err != nil {
		b.Fatal(err)
	}
	return hex.AppendEncode(nil, frames)
}
