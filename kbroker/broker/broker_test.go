package broker_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kbroker/broker"
	"github.com/kwire-project/kafka/kbroker/brokertest"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// call sends one request on a connection of its own and returns the answer.
func call[T any](t *testing.T, addr string, key kwire.APIKey, version int16, req wire.Message) *T {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 1}, req, version)
	require.NoError(t, err)
	_, err = c.Write(frame)
	require.NoError(t, err)
	var size [4]byte
	_, err = io.ReadFull(c, size[:])
	require.NoError(t, err)
	payload := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err = io.ReadFull(c, payload)
	require.NoError(t, err)
	resp, err := kwire.DecodeResponse(payload, key, version)
	require.NoError(t, err)
	return resp.Body.(any).(*T)
}

// ask sends one ApiVersions request and returns the answer.
func ask(t *testing.T, addr string) *api.ApiVersionsResponse {
	t.Helper()
	req := api.NewApiVersionsRequest()
	return call[api.ApiVersionsResponse](t, addr, kwire.ApiVersions, 0, &req)
}

func properties(dir string) map[string]string {
	return map[string]string{"listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": dir}
}

func TestABrokerInOneLine(t *testing.T) {
	addr := brokertest.Start(t)
	resp := ask(t, addr)
	assert.Equal(t, errcode.None, resp.ErrorCode)
	assert.NotEmpty(t, resp.APIKeys)
}

func TestStartStopStart(t *testing.T) {
	dir := t.TempDir()
	var meta string
	for i := range 3 {
		b, err := broker.Start(t.Context(), broker.Config{Properties: properties(dir)})
		require.NoError(t, err)
		ask(t, b.Addr())
		assert.Equal(t, []string{dir}, b.LogDirs())
		_, err = os.Stat(filepath.Join(dir, ".kafka_cleanshutdown"))
		assert.ErrorIs(t, err, os.ErrNotExist, "the mark must be gone while the broker runs")

		began := time.Now()
		require.NoError(t, b.Close(t.Context()))
		assert.Less(t, time.Since(began), 2*time.Second)
		require.NoError(t, b.Close(t.Context()), "a second close is nothing")
		_, err = os.Stat(filepath.Join(dir, ".kafka_cleanshutdown"))
		assert.NoError(t, err)
		_, err = net.Dial("tcp", b.Addr())
		assert.Error(t, err)

		text, err := os.ReadFile(filepath.Join(dir, "meta.properties"))
		require.NoError(t, err)
		if i > 0 {
			assert.Equal(t, meta, string(text), "a directory is formatted once")
		}
		meta = string(text)
	}
}

func TestADirectoryHasOneBroker(t *testing.T) {
	dir := t.TempDir()
	brokertest.Start(t, "log.dirs", dir)
	_, err := broker.Start(t.Context(), broker.Config{Properties: properties(dir)})
	require.Error(t, err)
	assert.Contains(t, err.Error(), dir)
}

func TestADirectoryBelongsToItsNode(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, brokertest.Run(t, "log.dirs", dir).Close(context.Background()))
	p := properties(dir)
	p["node.id"] = "2"
	_, err := broker.Start(t.Context(), broker.Config{Properties: p})
	assert.ErrorContains(t, err, dir+" belongs to node 1, but node.id is 2")
	// Nothing was damaged by the refusal.
	b, err := broker.Start(t.Context(), broker.Config{Properties: properties(dir)})
	require.NoError(t, err)
	require.NoError(t, b.Close(t.Context()))
}

func TestDirectoriesOfOneBrokerShareTheCluster(t *testing.T) {
	first, second, foreign := t.TempDir(), t.TempDir(), t.TempDir()
	require.NoError(t, brokertest.Run(t, "log.dirs", first).Close(context.Background()))
	require.NoError(t, brokertest.Run(t, "log.dirs", foreign).Close(context.Background()))
	b := brokertest.Run(t, "log.dirs", first+","+second)
	assert.Equal(t, []string{first, second}, b.LogDirs())
	require.NoError(t, b.Close(context.Background()))
	_, err := broker.Start(t.Context(), broker.Config{Properties: properties(first + "," + foreign)})
	assert.ErrorContains(t, err, "belongs to cluster")
}

func TestPropertiesWinOverTheFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "server.properties")
	require.NoError(t, os.WriteFile(file, []byte("node.id=5\nlisteners=PLAINTEXT://:1\nnum.partitions=none\n"), 0o600))
	_, err := broker.Start(t.Context(), broker.Config{File: file, Properties: properties(dir)})
	assert.ErrorContains(t, err, file+`: num.partitions = "none"`)

	p := properties(dir)
	p["num.partitions"] = "3"
	b, err := broker.Start(t.Context(), broker.Config{File: file, Properties: p})
	require.NoError(t, err)
	require.NoError(t, b.Close(t.Context()))
	text, err := os.ReadFile(filepath.Join(dir, "meta.properties"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "node.id=5")
}

func TestAStartCanBeCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	_, err := broker.Start(ctx, broker.Config{Properties: properties(dir)})
	require.ErrorIs(t, err, context.Canceled)
	b, err := broker.Start(t.Context(), broker.Config{Properties: properties(dir)}) // nothing is left locked
	require.NoError(t, err)
	require.NoError(t, b.Close(t.Context()))
}
