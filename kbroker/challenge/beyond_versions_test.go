package challenge

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

func softwareRequest() *api.ApiVersionsRequest {
	req := api.NewApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "kafka-cli", "0.1"
	return &req
}

// The course tests version 4 only and says that 0 to 4 have no error.
func TestBeyondApiVersionsVersions(t *testing.T) {
	c := startBroker(t).client(t)
	first := askFor[*api.ApiVersionsResponse](c, 0, softwareRequest()).APIKeys
	require.NotEmpty(t, first)
	for v := int16(0); v <= 5; v++ {
		got := askFor[*api.ApiVersionsResponse](c, v, softwareRequest())
		require.Equal(t, errcode.None, got.ErrorCode, "version %d", v)
		require.Equal(t, first, got.APIKeys, "version %d", v)
	}
}

// Kafka answers a version that it does not know in the layout of version 0, and names the versions it has.
func TestBeyondApiVersionsUnknownVersion(t *testing.T) {
	b := startBroker(t)
	for _, v := range []int16{-1, 6, 99, 26442} {
		c := b.client(t)
		frame := request(apiVersionsKey, v, 1).compact("kafka-cli").compact("0.1").tags().frame()
		_, err := c.conn.Write(frame)
		require.NoError(t, err)
		c.sent++
		got := await[*api.ApiVersionsResponse](c, apiVersionsKey, 0)
		require.Equal(t, errcode.UnsupportedVersion, got.ErrorCode)
		require.Equal(t, []api.ApiVersionsResponseAPIVersion{{APIKey: apiVersionsKey, MaxVersion: 5}}, got.APIKeys)
		// The connection lives on: this is how a newer client finds a common version.
		require.Equal(t, errcode.None, askFor[*api.ApiVersionsResponse](c, 4, softwareRequest()).ErrorCode)
	}
}

// Names of client software have to be of letters, digits, dots and dashes (KIP-511).
func TestBeyondApiVersionsSoftwareName(t *testing.T) {
	c := startBroker(t).client(t)
	for _, name := range []string{"", "-kafka", "kafka cli", "kafka\n"} {
		req := softwareRequest()
		req.ClientSoftwareName = name
		got := askFor[*api.ApiVersionsResponse](c, 3, req)
		require.Equal(t, errcode.InvalidRequest, got.ErrorCode, "%q", name)
		require.Empty(t, got.APIKeys)
	}
}

// What Kafka does not serve ends the connection: there is no layout in which to answer.
func TestBeyondUnknownRequestsClose(t *testing.T) {
	b := startBroker(t)
	for name, frame := range map[string][]byte{
		"unknown key":               request(999, 0, 1).frame(),
		"negative key":              request(-1, 0, 1).frame(),
		"Metadata v99":              request(3, 99, 1).frame(),
		"garbage after the header":  request(apiVersionsKey, 3, 1).raw(0xff, 0xff, 0xff, 0xff, 0xff, 0xff).frame(),
		"request between brokers":   request(int16(kwire.LeaderAndIsr), 0, 1).frame(),
		"a header without its end":  new(message).i16(apiVersionsKey).i16(0).i32(1).i16(100).frame(),
		"an API of a later release": request(int16(kwire.UnregisterController)+1, 0, 1).frame(),
	} {
		t.Run(name, func(t *testing.T) {
			before := len(b.log.lines())
			c := b.client(t)
			_, err := c.conn.Write(frame)
			require.NoError(t, err)
			c.wantClosed(name)
			b.wantOneLine(t, before)
		})
	}
}

// Whatever is advertised is served: every API at every version gets an answer that decodes to its last byte, even to a
// request that says nothing.
func TestBeyondAdvertisedIsServed(t *testing.T) {
	b := startBroker(t)
	c := b.client(t)
	keys := askFor[*api.ApiVersionsResponse](c, 4, softwareRequest()).APIKeys
	total := 0
	for _, k := range keys {
		key := kwire.APIKey(k.APIKey)
		for v := k.MinVersion; v <= k.MaxVersion; v++ {
			if key == kwire.Produce && v < 3 {
				continue // advertised for the sake of old clients and refused, as Kafka does (KAFKA-18659)
			}
			t.Run(fmt.Sprintf("%s v%d", key, v), func(t *testing.T) {
				c := b.client(t)
				req := leastRequest(key, v)
				require.True(t, req.HasVersion(v))
				askFor[wire.Message](c, v, req)
				total++
			})
		}
	}
	t.Logf("%d APIs, %d versions", len(keys), total)
}

// leastRequest says nothing but what the version insists on.
func leastRequest(key kwire.APIKey, version int16) wire.Message {
	switch key {
	case kwire.Produce:
		return &api.ProduceRequest{Acks: -1}
	case kwire.Fetch:
		req := api.NewFetchRequest()
		return &req
	case kwire.OffsetFetch:
		if version < 8 {
			return &api.OffsetFetchRequest{Topics: []api.OffsetFetchRequestTopic{}}
		}
		req := api.NewOffsetFetchRequest()
		return &req
	case kwire.Metadata:
		req := api.NewMetadataRequest()
		return &req
	case kwire.InitProducerId:
		req := api.NewInitProducerIdRequest()
		return &req
	case kwire.DescribeCluster:
		req := api.NewDescribeClusterRequest()
		return &req
	}
	return kwire.NewRequest(key)
}

// The size field counts what follows it, to the byte, in every answer; several answers in a row prove it.
func TestBeyondNothingAfterTheAnswer(t *testing.T) {
	c := startBroker(t).client(t)
	for v := int16(0); v <= 5; v++ {
		c.send(v, softwareRequest())
	}
	for range 6 {
		payload, err := c.payload()
		require.NoError(t, err)
		c.read++
		require.EqualValues(t, c.read, binary.BigEndian.Uint32(payload))
	}
}
