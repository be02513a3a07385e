package handle

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// testRows is a table of our own, so that these tests hold whatever is served: ApiVersions, an API that wants no
// answer, one that fails, and Produce, whose first version is advertised differently.
func testRows() []row {
	return []row{
		{kwire.Produce, 3, 13, answer(func(c *Context, req *api.ProduceRequest) (*api.ProduceResponse, error) {
			if req.Acks == 0 {
				return nil, nil
			}
			resp := api.NewProduceResponse()
			return &resp, nil
		})},
		{kwire.ApiVersions, 0, 5, answer(apiVersions)},
		{kwire.DescribeCluster, 0, 2, answer(func(c *Context, req *api.DescribeClusterRequest) (*api.DescribeClusterResponse, error) {
			return nil, context.Canceled
		})},
	}
}

// testBroker is a broker that was just formatted, in memory, with the number 7.
func testBroker(t *testing.T) *Broker {
	t.Helper()
	cfg, err := config.New("", map[string]string{"node.id": "7", "log.dirs": "/logs"})
	require.NoError(t, err)
	now := func() time.Time { return time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC) }
	c, err := cluster.Open(cluster.Options{Config: cfg, FS: vfs.NewMem(), Codec: &compress.All, Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close(true)) })
	return &Broker{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: now, Cluster: c, Groups: testGroups(t, c)}
}

func testDispatcher(t *testing.T) *Dispatcher {
	t.Helper()
	return newDispatcher(testBroker(t), testRows())
}

// exchange sends one message and decodes the answer by the version that the answer should have.
func exchange(t *testing.T, d *Dispatcher, req wire.Message, version int16) wire.Message {
	t.Helper()
	frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 9, ClientID: wire.Some("test")}, req, version)
	require.NoError(t, err)
	answer, err := d.Serve(context.Background(), &Conn{}, frame[4:], []byte("kept"))
	require.NoError(t, err)
	require.Equal(t, "kept", string(answer[:4]))
	resp, err := kwire.DecodeResponse(answer[4:], kwire.APIKey(req.MessageKey()), version)
	require.NoError(t, err)
	require.Equal(t, int32(9), resp.CorrelationID)
	return resp.Body
}

func named(version int16) *api.ApiVersionsRequest {
	req := api.NewApiVersionsRequest()
	if version >= 3 {
		req.ClientSoftwareName, req.ClientSoftwareVersion = "kafka-cli", "0.1"
	}
	return &req
}

// Q22: Produce is advertised from version 0 on, although 3 is the first that is served. Q23: features that can be at
// level 0 are shown from version 4 on.
func TestQ22Q23ApiVersionsListsTheTable(t *testing.T) {
	d := testDispatcher(t)
	for version := int16(0); version <= 5; version++ {
		resp := exchange(t, d, named(version), version).(*api.ApiVersionsResponse)
		assert.Equal(t, errcode.None, resp.ErrorCode)
		assert.Equal(t, []api.ApiVersionsResponseAPIVersion{
			{APIKey: 0, MinVersion: 0, MaxVersion: 13}, // not 3: see produceMinAdvertised
			{APIKey: 18, MinVersion: 0, MaxVersion: 5},
			{APIKey: 60, MinVersion: 0, MaxVersion: 2},
		}, resp.APIKeys)
		if version < 3 {
			assert.Empty(t, resp.SupportedFeatures)
			continue
		}
		assert.Equal(t, d.broker.Cluster.Image().Offset(), resp.FinalizedFeaturesEpoch)
		assert.Contains(t, resp.FinalizedFeatures, api.ApiVersionsResponseFinalizedFeatureKey{Name: "metadata.version", MinVersionLevel: 33, MaxVersionLevel: 33})
		if version == 3 {
			assert.Len(t, resp.SupportedFeatures, 1, "features that can be at level 0 are left out")
		} else {
			assert.Len(t, resp.SupportedFeatures, 7)
		}
	}
}

// What the table serves is what ApiVersions names, and every row can be read and written by the codec.
func TestEveryRowIsServed(t *testing.T) {
	d := New(testDispatcher(t).broker)
	for _, r := range d.rows {
		for version := r.min; version <= r.max; version++ {
			assert.NoError(t, d.Check(int16(r.key), version))
			assert.True(t, r.key.HasVersion(version), "%s v%d is not in the codec", r.key, version)
		}
		if r.key != kwire.ApiVersions {
			assert.Error(t, d.Check(int16(r.key), r.max+1))
			assert.Error(t, d.Check(int16(r.key), r.min-1))
		}
	}
}

func TestUnknownApiVersionsGetsErrorInVersion0(t *testing.T) {
	d := testDispatcher(t)
	for _, row := range []struct{ request, want string }{
		{"0012 0063 00000007 0003666f6f 00", "00000007 0023 00000001 0012 0000 0005"},             // 99, header v2
		{"0012 07cf 00000007 0003666f6f 00 0101 00", "00000007 0023 00000001 0012 0000 0005"},     // 1999, any body
		{"0012 ffff 00000007 0003666f6f", "00000007 0023 00000001 0012 0000 0005"},                // -1, header v1
		{"0012 0003 00000009 0003666f6f 00 01 02 31 00", "00000009 002a 01 00000000 00"},          // empty name
		{"0012 0003 00000009 0003666f6f 00 02 2d 02 31 00", "00000009 002a 01 00000000 00"},       // "-"
		{"0012 0005 00000009 ffff 00 0261 0231 0262 ffffffff 00", "00000009 002a 01 00000000 00"}, // cluster without node
		{"0012 0005 00000009 ffff 00 0261 0231 0262 00000007 00", "00000009 0081 01 00000000 00"}, // another cluster
	} {
		answer, err := d.Serve(context.Background(), &Conn{}, unhex(t, row.request), nil)
		require.NoError(t, err, row.request)
		assert.Equal(t, hex.EncodeToString(unhex(t, row.want)), hex.EncodeToString(answer), row.request)
	}
}

func TestTheRightClusterAndNodeAreAccepted(t *testing.T) {
	d := testDispatcher(t)
	req := named(5)
	req.ClusterID, req.NodeID = wire.Some(d.broker.Cluster.ID()), 7
	assert.Equal(t, errcode.None, exchange(t, d, req, 5).(*api.ApiVersionsResponse).ErrorCode)
	req.NodeID = 8
	assert.Equal(t, errcode.RebootstrapRequired, exchange(t, d, req, 5).(*api.ApiVersionsResponse).ErrorCode)
}

func TestSoftwareIsRemembered(t *testing.T) {
	d := testDispatcher(t)
	frame, err := kwire.AppendRequest(nil, kwire.Header{}, named(4), 4)
	require.NoError(t, err)
	var conn Conn
	_, err = d.Serve(context.Background(), &conn, frame[4:], nil)
	require.NoError(t, err)
	assert.Equal(t, "kafka-cli", conn.ClientSoftwareName)
	assert.Equal(t, "0.1", conn.ClientSoftwareVersion)
}

func TestSoftwareNames(t *testing.T) {
	for name, want := range map[string]bool{"": false, "a": true, "a-b.c": true, "-a": false, "a-": false, "a b": false, "ä": false, ".": false, "1.0.0": true} {
		assert.Equal(t, want, isSoftwareName(name), name)
	}
}

func TestRefusalsSayWhere(t *testing.T) {
	d := testDispatcher(t)
	for _, row := range []struct {
		request string
		offset  int
		want    string
	}{
		{"03e7 0000 00000001 ffff", 0, "there is no api key 999"},
		{"0004 0000 00000001 ffff", 0, "api key 4 (LeaderAndIsr) is not served"},
		{"0000 0002 00000001 ffff", 2, "version 2 of Produce is not served, 3 to 13 are"},
		{"0000 000e 00000001 ffff", 2, "version 14 of Produce is not served, 3 to 13 are"},
		{"0012 0000 000000", 4, "RequestHeader v1 cannot be read: CorrelationId: "},
		{"0012 0000", 4, "RequestHeader v1"},
		{"0012", 2, "a frame of 2 bytes has no request header"},
		// The challenge's sample whose size is 9 too small: the name is cut after 5 of its 9 letters.
		{"0012 0004 67890abc 0009 6b61666b612d636c69 00 0a 6b61666b61", 20, "ApiVersionsRequest v4 cannot be read: ClientSoftwareName: "},
	} {
		answer, err := d.Serve(context.Background(), &Conn{}, unhex(t, row.request), []byte("kept"))
		assert.Equal(t, "kept", string(answer), row.request)
		var refusal *Refusal
		require.ErrorAs(t, err, &refusal, row.request)
		assert.Contains(t, err.Error(), row.want)
		assert.Equal(t, int64(row.offset), refusal.FrameOffset(), err.Error())
	}
}

// No prefix of a good request is answered, and each says that it is too short.
func TestEveryPrefixIsRefused(t *testing.T) {
	d := testDispatcher(t)
	frame, err := kwire.AppendRequest(nil, kwire.Header{ClientID: wire.Some("x")}, named(4), 4)
	require.NoError(t, err)
	for i := range frame[4:] {
		_, err := d.Serve(context.Background(), &Conn{}, frame[4:4+i], nil)
		require.Error(t, err, "prefix of %d", i)
		if i >= 4 {
			assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		}
	}
}

func TestAcks0WantsNoAnswer(t *testing.T) {
	d := testDispatcher(t)
	req := api.NewProduceRequest()
	frame, err := kwire.AppendRequest(nil, kwire.Header{}, &req, 9)
	require.NoError(t, err)
	answer, err := d.Serve(context.Background(), &Conn{}, frame[4:], []byte("kept"))
	require.NoError(t, err)
	assert.Equal(t, "kept", string(answer))
	req.Acks = -1
	exchange(t, d, &req, 9)
}

func TestAHandlersErrorIsHandedUp(t *testing.T) {
	d := testDispatcher(t)
	req := api.NewDescribeClusterRequest()
	frame, err := kwire.AppendRequest(nil, kwire.Header{}, &req, 0)
	require.NoError(t, err)
	_, err = d.Serve(context.Background(), &Conn{}, frame[4:], nil)
	assert.True(t, errors.Is(err, context.Canceled))
}

// As Kafka does, the broker passes over what stands behind a message.
func TestBytesBehindTheBodyAreIgnored(t *testing.T) {
	d := testDispatcher(t)
	_, err := d.Serve(context.Background(), &Conn{}, unhex(t, "0012 0000 00000001 ffff 010203"), nil)
	assert.NoError(t, err)
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	var digits []byte
	for _, c := range []byte(text) {
		if c != ' ' {
			digits = append(digits, c)
		}
	}
	b, err := hex.DecodeString(string(digits))
	require.NoError(t, err)
	return b
}

func TestElementsOfARequestAreBounded(t *testing.T) {
	d := New(testBroker(t))
	req := api.NewFindCoordinatorRequest()
	req.CoordinatorKeys = make([]string, maxRequestElements+1)
	frame, err := kwire.AppendRequest(nil, kwire.Header{}, &req, 4)
	require.NoError(t, err)
	_, err = d.Serve(context.Background(), &Conn{}, frame[4:], nil)
	var refusal *Refusal
	require.ErrorAs(t, err, &refusal)
	assert.ErrorIs(t, err, wire.ErrLimit)
}
