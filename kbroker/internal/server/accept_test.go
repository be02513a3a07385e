package server

import (
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// failing is a listener whose Accept fails as when no file descriptor is left, while full is set.
type failing struct {
	net.Listener
	full  atomic.Bool
	calls atomic.Int64
}

func (f *failing) Accept() (net.Conn, error) {
	f.calls.Add(1)
	if f.full.Load() {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

// Without a file descriptor the broker neither spins nor stops: it tries again, ever more slowly, and goes on when
// there is one.
func TestAcceptBacksOffAndRecovers(t *testing.T) {
	w := start(t, nil, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &failing{Listener: l}
	f.full.Store(true)
	w.listeners = append(w.listeners, &listener{Listener: f, config: w.listeners[0].config})
	w.accepting.Add(1)
	go w.accept(w.listeners[1])

	time.Sleep(300 * time.Millisecond)
	assert.Less(t, f.calls.Load(), int64(20))
	assert.Contains(t, w.logged(), "cannot accept connections")
	assert.Contains(t, w.logged(), "too many open files")

	f.full.Store(false)
	nc, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer nc.Close()
	c := &client{nc.(*net.TCPConn), t}
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	c.send(request(keyEcho, 1, nil))
	c.wantAnswer(1, nil)
}

func BenchmarkOneByOne(b *testing.B) {
	c := benchClient(b)
	frame, answer := request(keyEcho, 1, make([]byte, 100)), make([]byte, 108)
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, c, frame, answer)
	}
}

func BenchmarkPipelined(b *testing.B) {
	c := benchClient(b)
	const depth = 32
	var frames []byte
	for range depth {
		frames = append(frames, request(keyEcho, 1, make([]byte, 100))...)
	}
	answers := make([]byte, depth*108)
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, c, frames, answers)
	}
	b.ReportMetric(float64(b.N)*depth/b.Elapsed().Seconds(), "requests/s")
}

func BenchmarkMegabyte(b *testing.B) {
	c := benchClient(b)
	frame, answer := request(keyEcho, 1, make([]byte, 1<<20)), make([]byte, 1<<20+8)
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, c, frame, answer)
	}
}
