package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/handle"
)

// The keys that the fake handler knows.
const (
	keyEcho   = 0  // answers the correlation id and the body
	keyQuiet  = 1  // wants no answer
	keyWait   = 2  // waits until released or told to end, then answers
	keyPanic  = 3  // panics
	keyRefuse = 4  // an error with offset and hint, as of a body that cannot be decoded
	keyBig    = 5  // answers with as many bytes as the body says
	keyNone   = 99 // not served
)

// fake is a Handler whose answers can be foretold.
type fake struct {
	release chan struct{} // closed: those who wait answer
	waiting chan struct{} // gets one for each that begins to wait
	seen    func(conn *handle.Conn)
}

func newFake() *fake {
	return &fake{release: make(chan struct{}), waiting: make(chan struct{}, 1<<16)}
}

type unserved struct{}

func (unserved) Error() string { return "api key 99 is not served" }
func (unserved) Hint() string  { return "ask ApiVersions first" }

type undecodable struct{}

func (undecodable) Error() string      { return "FakeRequest v0: Name: 9 bytes in 5: unexpected EOF" }
func (undecodable) FrameOffset() int64 { return 20 }

func (f *fake) Check(key, _ int16) error {
	if key == keyNone {
		return unserved{}
	}
	return nil
}

func (f *fake) Serve(ctx context.Context, conn *handle.Conn, frame, dst []byte) ([]byte, error) {
	if f.seen != nil {
		f.seen(conn)
	}
	answer := append(dst, frame[4:]...)
	switch binary.BigEndian.Uint16(frame) {
	case keyQuiet:
		return dst, nil
	case keyWait:
		f.waiting <- struct{}{}
		select {
		case <-f.release:
		case <-ctx.Done():
		}
	case keyPanic:
		panic("a fault of ours")
	case keyRefuse:
		return dst, undecodable{}
	case keyBig:
		return append(dst, make([]byte, binary.BigEndian.Uint32(frame[headBytes:]))...), nil
	}
	return answer, nil
}

// world is a server under test with what it logged.
type world struct {
	*Server
	t    *testing.T
	fake *fake

	mu  sync.Mutex
	log bytes.Buffer
}

// Write takes what the server logs.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// start runs a server on a free port with the given settings; change adjusts its limits.
func start(t *testing.T, settings map[string]string, change func(*limits)) *world {
	t.Helper()
	all := map[string]string{"listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": t.TempDir()}
	for name, text := range settings {
		all[name] = text
	}
	cfg, err := config.New("", all)
	require.NoError(t, err)
	l := defaultLimits()
	l.linger = 50 * time.Millisecond
	if change != nil {
		change(&l)
	}
	w := &world{t: t, fake: newFake()}
	w.Server, err = listen(cfg, slog.New(slog.NewTextHandler(w, nil)), l)
	require.NoError(t, err)
	w.Serve(w.fake)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, w.Shutdown(ctx))
	})
	return w
}

// wantLines waits until the log has n lines and returns them.
func (w *world) wantLines(n int) []string {
	w.t.Helper()
	var lines []string
	require.Eventually(w.t, func() bool {
		lines = strings.Split(strings.TrimSuffix(w.logged(), "\n"), "\n")
		return len(lines) >= n && lines[0] != ""
	}, 20*time.Second, 5*time.Millisecond, "log: %s", w.logged())
	require.Len(w.t, lines, n)
	return lines
}

// client is one connection to the server under test.
type client struct {
	*net.TCPConn
	t *testing.T
}

func (w *world) dial() *client {
	w.t.Helper()
	nc, err := net.Dial("tcp", w.listeners[0].Addr().String())
	require.NoError(w.t, err)
	w.t.Cleanup(func() { nc.Close() })
	require.NoError(w.t, nc.SetDeadline(time.Now().Add(60*time.Second)))
	return &client{nc.(*net.TCPConn), w.t}
}

// request builds a frame: size, key, version, correlation id, body.
func request(key int16, correlationID int32, body []byte) []byte {
	frame := binary.BigEndian.AppendUint32(nil, uint32(headBytes+len(body)))
	frame = binary.BigEndian.AppendUint16(frame, uint16(key))
	frame = binary.BigEndian.AppendUint16(frame, 0)
	frame = binary.BigEndian.AppendUint32(frame, uint32(correlationID))
	return append(frame, body...)
}

func (c *client) send(p []byte) {
	c.t.Helper()
	_, err := c.Write(p)
	require.NoError(c.t, err)
}

// wantAnswer reads one answer and holds its correlation id and body against the expected.
func (c *client) wantAnswer(correlationID int32, body []byte) {
	c.t.Helper()
	var field [4]byte
	_, err := io.ReadFull(c, field[:])
	require.NoError(c.t, err)
	answer := make([]byte, binary.BigEndian.Uint32(field[:]))
	_, err = io.ReadFull(c, answer)
	require.NoError(c.t, err)
	require.Equal(c.t, uint32(correlationID), binary.BigEndian.Uint32(answer))
	require.True(c.t, bytes.Equal(body, answer[4:]), "the body of answer %d", correlationID)
}

// wantClosed expects the end of the connection and nothing before it.
func (c *client) wantClosed() {
	c.t.Helper()
	rest, err := io.ReadAll(c)
	require.Empty(c.t, rest)
	var timeout net.Error
	if errors.As(err, &timeout) {
		require.False(c.t, timeout.Timeout(), "the connection is still open")
	}
}

// benchClient is a connection to a server under measurement.
func benchClient(b *testing.B) net.Conn {
	b.Helper()
	cfg, err := config.New("", map[string]string{"listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": b.TempDir()})
	require.NoError(b, err)
	s, err := Listen(cfg, slog.New(slog.DiscardHandler), nil)
	require.NoError(b, err)
	s.Serve(newFake())
	c, err := net.Dial("tcp", s.listeners[0].Addr().String())
	require.NoError(b, err)
	b.Cleanup(func() {
		c.Close()
		require.NoError(b, s.Shutdown(context.Background()))
	})
	return c
}

// exchange writes and reads at the same time, since neither side's buffers hold everything.
func exchange(b *testing.B, c net.Conn, frames, answers []byte) {
	wrote := make(chan error, 1)
	go func() { _, err := c.Write(frames); wrote <- err }()
	if _, err := io.ReadFull(c, answers); err != nil {
		b.Fatal(err)
	}
	if err := <-wrote; err != nil {
		b.Fatal(err)
	}
}
