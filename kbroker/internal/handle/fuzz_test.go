package handle

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

// FuzzRequests sends any frames, one after the other, to a broker with one topic in memory. Each is answered, with an
// answer that can be decoded, or refused; the broker goes on working.
func FuzzRequests(f *testing.F) {
	for _, r := range rows() {
		for _, version := range []int16{r.min, r.max} {
			frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 1, ClientID: wire.Some("f")}, kwire.NewRequest(r.key), version)
			if err == nil {
				f.Add(frame)
			}
		}
	}
	w := records.NewWriter(nil, records.Options{})
	w.Append(records.Record{Timestamp: 1, Value: []byte("a")})
	batch, err := w.Finish()
	require.NoError(f, err)
	produce := api.NewProduceRequest()
	produce.Acks = -1
	produce.TopicData = []api.ProduceRequestTopicProduceData{{Name: "t", PartitionData: []api.ProduceRequestPartitionProduceData{{Records: batch}}}}
	fetch := api.NewFetchRequest()
	fetch.MaxBytes = 1000
	fetch.Topics = []api.FetchRequestTopic{{Topic: "t", Partitions: []api.FetchRequestPartition{{PartitionMaxBytes: 1000}}}}
	stream, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 2}, &produce, 9)
	require.NoError(f, err)
	stream, err = kwire.AppendRequest(stream, kwire.Header{CorrelationID: 3}, &fetch, 12)
	require.NoError(f, err)
	f.Add(stream)
	// Whoever waits (a Fetch, a member that joins) is sent away at once: the context is over.
	over, cancel := context.WithCancel(context.Background())
	cancel()
	f.Fuzz(func(t *testing.T, stream []byte) {
		s := newStory(t)
		conn := &Conn{}
		for range 8 { // frames of one input
			if len(stream) < kwire.FrameSizeBytes {
				return
			}
			payload, rest, err := kwire.NextFrame(stream)
			if err != nil {
				payload, rest = stream[kwire.FrameSizeBytes:], nil
			}
			answer, err := s.d.Serve(over, conn, payload, nil)
			if err != nil {
				require.NotContains(t, err.Error(), "internal") // the connection is closed, with a reason in the log
				return
			}
			if len(answer) > 0 {
				key, version := kwire.APIKey(binary.BigEndian.Uint16(payload)), int16(binary.BigEndian.Uint16(payload[2:]))
				if _, err := kwire.DecodeResponse(answer, key, version); err != nil {
					_, err = kwire.DecodeResponse(answer, key, 0) // ApiVersions of a version that nobody has
					require.NoError(t, err)
				}
			}
			stream = rest
		}
	})
}
