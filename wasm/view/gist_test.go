package view

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// TestGist: a list says of each packet which topics, groups and transactions it names, and how many records it has.
func TestGist(t *testing.T) {
	gists := func(input []byte) (out []string) {
		s := Open(input, "")
		s.Doc(nil)
		for i := range s.frames {
			out = append(out, s.gist(s.treeAt(i)))
		}
		return out
	}
	require.Equal(t, []string{"orders, order", "orders, order"}, gists(sample(t, "metadata")))
	require.Equal(t, []string{"orders, 2 records"}, gists(sample(t, "produce-request")))
	require.Contains(t, gists(sample(t, "transaction")), "payments-1, paid")
	require.Contains(t, gists(sample(t, "group-rebalance")), "billing-group, orders")

	// A topic that has only an id is named as an answer before did.
	told, fetch := api.NewMetadataResponse(), api.NewFetchRequest()
	known, wanted := api.NewMetadataResponseTopic(), api.NewFetchRequestTopic()
	known.Name, known.TopicID = wire.Some("orders"), wire.UUID{1}
	told.Topics = append(told.Topics, known)
	wanted.TopicID = wire.UUID{1}
	unknown := wanted
	unknown.TopicID = wire.UUID{2}
	fetch.Topics = append(fetch.Topics, unknown, wanted)
	ask := api.NewMetadataRequest()
	frames, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 1}, &ask, 12)
	require.NoError(t, err)
	frames, err = kwire.AppendResponse(frames, 1, &told, 12)
	require.NoError(t, err)
	frames, err = kwire.AppendRequest(frames, kwire.Header{CorrelationID: 2}, &fetch, 16)
	require.NoError(t, err)
	require.Equal(t, []string{"", "orders", "orders"}, gists(frames))

	long := api.NewMetadataRequest()
	for _, name := range []string{"a", "a", "tab\there", "c", "d", "e"} {
		topic := api.NewMetadataRequestTopic()
		topic.Name = wire.Some(name)
		long.Topics = append(long.Topics, topic)
	}
	frame, err := kwire.AppendRequest(nil, kwire.Header{}, &long, 12)
	require.NoError(t, err)
	require.Equal(t, []string{"a, tab here, c, …"}, gists(frame))
}
