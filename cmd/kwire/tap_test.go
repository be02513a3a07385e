package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/tap"
	"github.com/kwire-project/kafka/kbroker/brokertest"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/web/host"
)

// output is written by the command while the test reads it.
type output struct {
	mu sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Buffer.Write(p)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.String()
}

// TestTap: the line with its addresses, a client through it, the page, and an
// end in good order.
func TestTap(t *testing.T) {
	upstream := brokertest.Start(t)
	ctx, stop := context.WithCancel(t.Context())
	var out, errOut output
	ended := make(chan error, 1)
	go func() {
		ended <- runTap(ctx, tap.Options{Listen: "127.0.0.1:0", Upstream: upstream}, host.Options{Addr: "127.0.0.1:0"}, false, streams{nil, &out, &errOut})
	}()
	line := regexp.MustCompile(`^kwire tap: clients connect to (127\.0\.0\.1:\d+), which stands for ` + upstream + `; the page is on (http://127\.0\.0\.1:\d+)\n$`)
	require.Eventually(t, func() bool { return line.MatchString(out.text()) }, 10*time.Second, 5*time.Millisecond)
	found := line.FindStringSubmatch(out.text())

	c, err := net.Dial("tcp", found[1])
	require.NoError(t, err)
	defer c.Close()
	m := api.NewMetadataRequest()
	b, err := kwire.AppendRequest(nil, kwire.Header{}, &m, 12)
	require.NoError(t, err)
	_, err = c.Write(b)
	require.NoError(t, err)
	payload, err := kwire.NewFrameReader(c, 0).Next()
	require.NoError(t, err)
	r, err := kwire.DecodeResponse(payload, kwire.Metadata, 12)
	require.NoError(t, err)
	assert.Len(t, r.Body.(*api.MetadataResponse).Brokers, 1)

	for path, want := range map[string]int{"/": 200, "/live": 200, "/nothing": 404} {
		a, err := http.Head(found[2] + path)
		require.NoError(t, err)
		a.Body.Close()
		assert.Equal(t, want, a.StatusCode, path)
	}
	stop()
	require.NoError(t, <-ended)
	_, err = net.Dial("tcp", found[1])
	require.Error(t, err)
}

func TestTapErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	short := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(short, []byte("abc"), 0o600))
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"tap"}, exitUsage, "two addresses, LISTEN and UPSTREAM"},
		{[]string{"tap", "a:1", "b:2", "c:3"}, exitUsage, "two addresses"},
		{[]string{"tap", "-page", "127.0.0.1:0", "127.0.0.1:0", "nowhere"}, exitDamage, "the broker's address"},
		{[]string{"tap", "-page", taken.Addr().String(), "127.0.0.1:0", "b:2"}, exitDamage, "(-page chooses another address)"},
		{[]string{"tap", "-page", ":0", "127.0.0.1:0", "b:2"}, exitDamage, "it needs a token"},
		{[]string{"tap", "-page", ":0", "-token", short, "127.0.0.1:0", "b:2"}, exitDamage, "has 3 characters, and a token needs 16"},
		{[]string{"tap", "-page", "127.0.0.1:0", taken.Addr().String(), "b:2"}, exitDamage, "address already in use"},
		{[]string{"tap", "-h"}, exitOK, "usage: kwire tap"},
	} {
		r := runKwire("", c.args...)
		assert.Equal(t, c.status, r.status, c.args)
		assert.Contains(t, r.err, c.want, c.args)
	}
}
