package tap

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

const inside = "broker-7.inside"

// withAddresses are answers with one address each, and one that belongs to nobody where there can be.
func withAddresses() []wire.Message {
	metadata := api.NewMetadataResponse()
	metadata.Brokers = []api.MetadataResponseBroker{{NodeID: 7, Host: inside, Port: 9092}}
	future := metadata
	future.Unknown = &wire.Tags{{ID: 99, Data: []byte("from the future")}}
	topic := api.NewMetadataResponseTopic()
	topic.Name, topic.Partitions = wire.Some("t"), []api.MetadataResponsePartition{{LeaderID: 7}}
	future.Topics = []api.MetadataResponseTopic{topic}
	return []wire.Message{
		&metadata,
		&future,
		&api.FindCoordinatorResponse{NodeID: 7, Host: inside, Port: 9092},
		&api.FindCoordinatorResponse{Coordinators: []api.FindCoordinatorResponseCoordinator{{Key: "g", NodeID: 7, Host: inside, Port: 9092}, {Key: "h", NodeID: -1, Port: -1, ErrorCode: 15}}},
		&api.DescribeClusterResponse{ClusterID: "c", Brokers: []api.DescribeClusterResponseBroker{{BrokerID: 7, Host: inside, Port: 9092}}},
		&api.ProduceResponse{NodeEndpoints: []api.ProduceResponseNodeEndpoint{{NodeID: 7, Host: inside, Port: 9092}}},
		&api.FetchResponse{NodeEndpoints: []api.FetchResponseNodeEndpoint{{NodeID: 7, Host: inside, Port: 9092}},
			Responses: []api.FetchResponseFetchableTopic{{Partitions: []api.FetchResponsePartitionData{{Records: []byte("not read")}}}}},
		&api.ShareFetchResponse{NodeEndpoints: []api.ShareFetchResponseNodeEndpoint{{NodeID: 7, Host: inside, Port: 9092}}},
		&api.ShareAcknowledgeResponse{NodeEndpoints: []api.ShareAcknowledgeResponseNodeEndpoint{{NodeID: 7, Host: inside, Port: 9092}}},
	}
}

// TestRewrite: at every version the address is another one, and nothing else.
func TestRewrite(t *testing.T) {
	local := func(host string, port int32) (string, int32) {
		require.Equal(t, inside, host)
		require.Equal(t, int32(9092), port)
		return "127.0.0.1", 19093
	}
	seen := map[kwire.APIKey]int{}
	for _, m := range withAddresses() {
		key := kwire.APIKey(m.MessageKey())
		low, high := key.Versions()
		for v := low; v <= high; v++ {
			before, err := kwire.AppendResponse(nil, 5, m, v)
			if err != nil || !bytes.Contains(before, []byte(inside)) {
				continue // this version has no place for it
			}
			a := asked{key: key, version: v, correlation: 5}
			require.True(t, a.hasAddresses(), "%v v%d", key, v)
			frame, err := rewrite(a, before[sizeBytes:], local)
			require.NoError(t, err)
			require.NotContains(t, string(frame), inside)
			seen[key]++

			// Written back the answer is the one from before, byte for byte.
			back, err := rewrite(a, frame[sizeBytes:], func(string, int32) (string, int32) { return inside, 9092 })
			require.NoError(t, err)
			require.Equal(t, before, back, "%v v%d", key, v)

			same, err := rewrite(a, before[sizeBytes:], func(h string, p int32) (string, int32) { return h, p })
			require.NoError(t, err)
			require.Nil(t, same, "an address that stays changes nothing")
			for n := range before[sizeBytes:] {
				_, err := rewrite(a, before[sizeBytes:sizeBytes+n], local)
				require.Error(t, err, "%v v%d cut at %d", key, v, n)
			}
		}
	}
	require.Len(t, seen, 7)
	require.Equal(t, 14+5, seen[kwire.Metadata], "all versions, and those from 9 on with a tag that nobody knows")
}

// TestNoAddresses: what has none is left alone, and errors have none.
func TestNoAddresses(t *testing.T) {
	none := func(string, int32) (string, int32) { t.Fatal("there is no address"); return "", 0 }
	metadata := api.NewMetadataResponse()
	for _, c := range []struct {
		m       wire.Message
		version int16
	}{{&metadata, 13}, {&api.FindCoordinatorResponse{NodeID: -1, Port: -1, ErrorCode: 15}, 3}, {&api.ProduceResponse{}, 13}} {
		b, err := kwire.AppendResponse(nil, 5, c.m, c.version)
		require.NoError(t, err)
		frame, err := rewrite(asked{key: kwire.APIKey(c.m.MessageKey()), version: c.version}, b[sizeBytes:], none)
		require.NoError(t, err)
		require.Nil(t, frame)
	}
	require.False(t, asked{key: kwire.Fetch, version: 15}.hasAddresses())
	require.False(t, asked{key: kwire.Metadata, version: 3, unknown: true}.hasAddresses())
}

// elsewhere are answers with a host and a port that clients do not connect to because of them.
var elsewhere = map[string]string{
	"DescribeQuorumResponse":        "listeners of controllers, to be shown",
	"StreamsGroupDescribeResponse":  "endpoints of applications",
	"StreamsGroupHeartbeatResponse": "endpoints of applications",
	"VoteResponse":                  "between controllers",
	"BeginQuorumEpochResponse":      "between controllers",
	"EndQuorumEpochResponse":        "between controllers",
	"FetchSnapshotResponse":         "between controllers",
	"UpdateRaftVoterResponse":       "between controllers",
}

// TestNothingForgotten: an answer of a coming release that has a host and a port must be looked at.
func TestNothingForgotten(t *testing.T) {
	for _, key := range kwire.APIKeys() {
		m := schema.Response(int16(key))
		if m == nil {
			continue
		}
		var find func(fields []*schema.Field) bool
		find = func(fields []*schema.Field) bool {
			names := map[string]bool{}
			for _, f := range fields {
				names[strings.ToLower(f.Name)] = true
				if f.Struct != nil && find(f.Struct.Fields) {
					return true
				}
			}
			return names["host"] && names["port"]
		}
		if find(m.Fields) && elsewhere[m.Name] == "" {
			_, high := key.Versions()
			require.True(t, asked{key: key, version: high}.hasAddresses(), m.Name)
		}
	}
}
