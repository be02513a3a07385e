//go:build !js

package live

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
)

// TestWhoMayWatch: this machine without a token, anybody with it, and never the
// page of another origin.
func TestWhoMayWatch(t *testing.T) {
	const token = "a token of some length"
	for _, c := range []struct {
		why    string
		token  string
		host   string
		peer   string
		header [][2]string
		status int
	}{
		{"a program on this machine", "", "127.0.0.1:9080", "127.0.0.1:5000", nil, 200},
		{"by name", "", "localhost:9080", "[::1]:5000", nil, 200},
		{"by IPv6 address", "", "[::1]:9080", "[::1]:5000", nil, 200},
		{"its own page", "", "localhost:9080", "127.0.0.1:5000", [][2]string{{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://localhost:9080"}}, 200},
		{"the address line", "", "localhost:9080", "127.0.0.1:5000", [][2]string{{"Sec-Fetch-Site", "none"}}, 200},
		{"a page of another port", "", "localhost:9080", "127.0.0.1:5000", [][2]string{{"Sec-Fetch-Site", "same-site"}}, 403},
		{"a page of another host", "", "localhost:9080", "127.0.0.1:5000", [][2]string{{"Sec-Fetch-Site", "cross-site"}}, 403},
		{"the same in an old browser", "", "localhost:9080", "127.0.0.1:5000", [][2]string{{"Origin", "http://evil.example"}}, 403},
		{"a file", "", "localhost:9080", "127.0.0.1:5000", [][2]string{{"Origin", "null"}}, 403},
		{"a name that was made to point here", "", "evil.example:9080", "127.0.0.1:5000", [][2]string{{"Sec-Fetch-Site", "same-origin"}}, 403},
		{"a name that looks like an address", "", "127.0.0.1.evil.example", "127.0.0.1:5000", nil, 403},
		{"no host", "", "", "127.0.0.1:5000", nil, 403},
		{"another machine", "", "192.0.2.1:9080", "192.0.2.7:5000", nil, 403},
		{"another machine with the token", token, "broker.example:9080", "192.0.2.7:5000", [][2]string{{"Authorization", "Bearer " + token}}, 200},
		{"without it", token, "broker.example:9080", "192.0.2.7:5000", nil, 401},
		{"on this machine without it", token, "localhost:9080", "127.0.0.1:5000", nil, 401},
		{"with another one", token, "broker.example:9080", "192.0.2.7:5000", [][2]string{{"Authorization", "Bearer a token of some lengtH"}}, 401},
		{"with a part of it", token, "broker.example:9080", "192.0.2.7:5000", [][2]string{{"Authorization", "Bearer a token"}}, 401},
		{"with the token from another page", token, "broker.example:9080", "192.0.2.7:5000", [][2]string{{"Authorization", "Bearer " + token}, {"Sec-Fetch-Site", "cross-site"}}, 403},
	} {
		r := httptest.NewRequest("HEAD", "/live", nil)
		r.Host, r.RemoteAddr = c.host, c.peer
		for _, h := range c.header {
			r.Header.Set(h[0], h[1])
		}
		w := httptest.NewRecorder()
		Handler(NewHub(time.Now), c.token).ServeHTTP(w, r)
		require.Equal(t, c.status, w.Code, c.why)
		require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
		require.Equal(t, "same-origin", w.Header().Get("Cross-Origin-Resource-Policy"))
		require.NotContains(t, w.Body.String(), token)
	}
	w := httptest.NewRecorder()
	Handler(NewHub(time.Now), "").ServeHTTP(w, httptest.NewRequest("POST", "http://localhost/live", nil))
	require.Equal(t, 405, w.Code)
}

// TestStreamOverHTTP: frames arrive while the stream is open, and the hub knows
// when the watcher has left.
func TestStreamOverHTTP(t *testing.T) {
	h := NewHub(time.Now)
	s := httptest.NewServer(Handler(h, ""))
	t.Cleanup(s.Close)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	body := get(t, ctx, s.URL)
	head := make([]byte, 8)
	_, err := io.ReadFull(body, head)
	require.NoError(t, err, "the head comes before any frame")
	require.True(t, h.Watched())

	f := &Frame{Side: capture.SideClient, Time: time.Unix(9, 9), Connection: 3, Client: "c", Broker: "b", Payload: []byte("hello")}
	h.Publish(f)
	record := capture.AppendStreamFrame(nil, &capture.StreamFrame{Side: f.Side, Time: f.Time.UnixNano(), Connection: 3, Client: "c", Broker: "b", Length: 9}, []byte{0, 0, 0, 5}, f.Payload)
	got := make([]byte, len(record))
	_, err = io.ReadFull(body, got)
	require.NoError(t, err)
	require.Equal(t, record, got)

	leave()
	require.Eventually(t, func() bool { return !h.Watched() }, 5*time.Second, 10*time.Millisecond)
}

func get(t *testing.T, ctx context.Context, url string) io.Reader {
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	require.NoError(t, err)
	a, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.Equal(t, 200, a.StatusCode)
	t.Cleanup(func() { a.Body.Close() })
	return a.Body
}

// TestTooManyWatchers: one more than there may be is told so.
func TestTooManyWatchers(t *testing.T) {
	h := NewHub(time.Now)
	s := httptest.NewServer(Handler(h, ""))
	t.Cleanup(s.Close)
	for range MaxWatchers {
		get(t, t.Context(), s.URL)
	}
	a, err := http.Get(s.URL)
	require.NoError(t, err)
	a.Body.Close()
	require.Equal(t, 503, a.StatusCode)
}

// TestSlowReader: a watcher that takes nothing costs the publisher nothing, and
// is told later how much it has missed.
func TestSlowReader(t *testing.T) {
	h := NewHub(time.Now)
	s := httptest.NewServer(Handler(h, ""))
	t.Cleanup(s.Close)
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET /live HTTP/1.0\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, h.Watched, 5*time.Second, time.Millisecond)

	f := &Frame{Side: capture.SideClient, Connection: 1, Payload: make([]byte, capture.MaxStreamFrameBytes)}
	const count = 2000 // 128 MB
	worst := time.Duration(0)
	for i := range count {
		f.Time = time.Unix(0, int64(i+1))
		start := time.Now()
		h.Publish(f)
		worst = max(worst, time.Since(start))
		time.Sleep(50 * time.Microsecond)
	}
	require.Less(t, worst, time.Second)
	t.Logf("%d frames to one who does not read; the slowest took %v to publish", count, worst)

	require.NoError(t, c.SetReadDeadline(time.Now().Add(3*time.Second)))
	b, _ := io.ReadAll(c)
	for i := range b {
		if b[i] == 0x89 {
			b = b[i:]
			break
		}
	}
	r, err := capture.Read(b)
	if err != nil {
		require.Contains(t, err.Error(), "the stream") // the deadline has cut a record
	}
	got := len(r.Bytes) / (capture.MaxStreamFrameBytes)
	require.Less(t, got, count/2)
	require.Len(t, r.Notes, 1)
	require.Contains(t, r.Notes[0], "packets left out: more than whoever watched could take")
}
