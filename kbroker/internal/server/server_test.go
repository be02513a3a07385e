package server

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kbroker/internal/handle"
)

func TestAnswersInOrderOfTenThousandPipelinedRequests(t *testing.T) {
	w := start(t, nil, nil)
	close(w.fake.release)
	c := w.dial()
	const requests = 10_000
	random := rand.New(rand.NewPCG(1, 2))
	body := make([]byte, 20_000) // both kinds of budget, every growth of a buffer
	for i := range body {
		body[i] = byte(random.Uint32())
	}
	kinds := make([]int16, requests)
	sizes := make([]int, requests)
	for i := range kinds {
		kinds[i] = []int16{keyEcho, keyQuiet, keyWait}[random.IntN(3)]
		sizes[i] = random.IntN(300)
		if i%100 == 0 {
			sizes[i] = random.IntN(len(body))
		}
	}
	go func() {
		var batch []byte
		for i := range kinds {
			batch = append(batch, request(kinds[i], int32(i), body[:sizes[i]])...)
			if len(batch) > 50_000 || i == requests-1 {
				if _, err := c.Write(batch); err != nil {
					t.Errorf("write: %v", err)
					return
				}
				batch = batch[:0]
			}
		}
	}()
	for i := range kinds {
		if kinds[i] != keyQuiet {
			c.wantAnswer(int32(i), body[:sizes[i]])
		}
	}
	assert.Empty(t, w.logged())
}

func TestAWaitingRequestDelaysItsOwnConnectionOnly(t *testing.T) {
	w := start(t, nil, nil)
	waits, other := w.dial(), w.dial()
	waits.send(request(keyEcho, 1, nil))
	waits.wantAnswer(1, nil)
	waits.send(append(request(keyWait, 2, nil), request(keyEcho, 3, nil)...))
	<-w.fake.waiting
	other.send(request(keyEcho, 4, []byte("x")))
	other.wantAnswer(4, []byte("x"))
	close(w.fake.release)
	waits.wantAnswer(2, nil)
	waits.wantAnswer(3, nil)
}

func TestReadAheadIsBounded(t *testing.T) {
	w := start(t, nil, func(l *limits) { l.queuedRequests = 4 })
	c := w.dial()
	c.send(request(keyWait, 0, nil))
	<-w.fake.waiting
	// Far more than the queue and the kernel's buffers take: the client has to be held up.
	require.NoError(t, c.SetWriteDeadline(time.Now().Add(500*time.Millisecond)))
	var err error
	sent := 0
	for i := 1; err == nil && sent < 64<<20; i++ {
		var n int
		n, err = c.Write(request(keyEcho, int32(i), make([]byte, 4096)))
		sent += n
	}
	assert.Error(t, err, "%d bytes went through", sent)
	w.small.mu.Lock()
	assert.LessOrEqual(t, w.small.used, int64(6*(4096+headBytes)))
	w.small.mu.Unlock()
	close(w.fake.release)
	c.wantAnswer(0, nil)
	c.wantAnswer(1, make([]byte, 4096))
}

func TestBadFramesCloseTheirConnectionWithOneLine(t *testing.T) {
	good := request(keyEcho, 1, nil)
	for _, row := range []struct {
		name string
		send []byte
		want []string // pieces of the one line
	}{
		{"more than the limit", []byte{0x06, 0x40, 0x00, 0x01}, []string{"byte=0", "06 40 00 01", "104857601 bytes, more than socket.request.max.bytes (104857600)"}},
		{"negative", []byte{0xff, 0xff, 0xff, 0xff}, []string{"byte=0", "-1 bytes, which is negative"}},
		{"too short for a header", []byte{0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}, []string{"7 bytes, and no request is shorter than 8"}},
		{"text of the challenge", []byte("Placeholder request"), []string{`the bytes are the text \"Plac\"`, "1349280099"}},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), []string{"an HTTP client has dialled a Kafka port"}},
		{"TLS", []byte{0x16, 0x03, 0x01, 0x02, 0x00, 0x01}, []string{"this is how TLS begins"}},
		{"unserved key", request(keyNone, 1, []byte("abc")), []string{"byte=4", "api key 99 is not served", "ask ApiVersions first"}},
		{"undecodable body", request(keyRefuse, 1, nil), []string{"byte=24", "9 bytes in 5"}},
		{"size too small", append(request(keyRefuse, 1, []byte("kafka")), "-cli\x0450.1"...), []string{"the size field says 13, and 9 more bytes had come with the frame", "the size must be 22"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := start(t, nil, nil)
			c := w.dial()
			c.send(append(append([]byte{}, good...), row.send...))
			c.wantAnswer(1, nil)
			c.wantClosed()
			line := w.wantLines(1)[0]
			for _, piece := range append(row.want, "connection closed", "client="+c.LocalAddr().String(), "frame=2", "frame_begins_at=12") {
				assert.Contains(t, line, piece)
			}
			w.dial().send(good) // the server lives
		})
	}
}

func TestAnEndInsideAFrameIsExplained(t *testing.T) {
	full := request(keyEcho, 1, make([]byte, 30_000))
	for _, cutAt := range []int{1, 3, 4, 11, 12, 100, 4099, 20_000, len(full) - 1} {
		w := start(t, nil, nil)
		c := w.dial()
		c.send(full[:cutAt])
		require.NoError(t, c.CloseWrite())
		c.wantClosed()
		line := w.wantLines(1)[0]
		assert.Contains(t, line, "the client ended the connection")
		assert.Regexp(t, `byte=\d+`, line)
	}
	w := start(t, nil, nil)
	c := w.dial()
	c.send(full[:20_000])
	require.NoError(t, c.CloseWrite())
	c.wantClosed()
	assert.Contains(t, w.wantLines(1)[0], "after 19996 of the 30008 bytes that the size field declares")
}

func TestAClientThatEndsItsSideStillGetsItsAnswers(t *testing.T) {
	w := start(t, nil, func(l *limits) { l.halfClosed = 50 * time.Millisecond })
	c := w.dial()
	c.send(append(request(keyEcho, 1, nil), request(keyWait, 2, nil)...))
	require.NoError(t, c.CloseWrite())
	c.wantAnswer(1, nil)
	c.wantAnswer(2, nil) // nobody releases it: it is told that the client is gone
	c.wantClosed()
	assert.Empty(t, w.logged())
}

func TestAResetEndsWhatWaits(t *testing.T) {
	w := start(t, nil, nil)
	c := w.dial()
	c.send(request(keyWait, 1, nil))
	<-w.fake.waiting
	require.NoError(t, c.SetLinger(0))
	c.Close()
	require.Eventually(t, func() bool { return w.connections() == 0 }, 20*time.Second, 5*time.Millisecond)
	assert.Empty(t, w.logged())
}

func (w *world) connections() int {
	w.Server.mu.Lock()
	defer w.Server.mu.Unlock()
	return len(w.conns)
}

func TestAPanicCostsOneConnection(t *testing.T) {
	w := start(t, nil, nil)
	other := w.dial()
	c := w.dial()
	c.send(append(request(keyEcho, 1, nil), request(keyPanic, 2, nil)...))
	c.wantAnswer(1, nil)
	c.wantClosed()
	line := w.wantLines(1)[0]
	assert.Contains(t, line, "a fault of ours")
	assert.Contains(t, line, "fake).Serve") // the stack
	other.send(request(keyEcho, 3, nil))
	other.wantAnswer(3, nil)
}

func TestAPeerThatNeverReadsIsClosed(t *testing.T) {
	w := start(t, nil, func(l *limits) { l.write = 200 * time.Millisecond })
	c := w.dial()
	c.send(request(keyBig, 1, binary.BigEndian.AppendUint32(nil, 16<<20)))
	line := w.wantLines(1)[0]
	assert.Contains(t, line, "of the 16777220 bytes of its answer and then none for 200ms")
	require.Eventually(t, func() bool { return w.connections() == 0 }, 20*time.Second, 5*time.Millisecond)
}

func TestASlowReaderGetsItsAnswer(t *testing.T) {
	w := start(t, nil, func(l *limits) { l.write = 2 * time.Second; l.writeChunk = 16 << 10 })
	c := w.dial()
	const size = 4 << 20
	c.send(request(keyBig, 1, binary.BigEndian.AppendUint32(nil, size)))
	got, buf := 0, make([]byte, 64<<10)
	for began := time.Now(); got < size+4; {
		n, err := c.Read(buf)
		require.NoError(t, err)
		got += n
		if time.Since(began) < 3*time.Second {
			time.Sleep(60 * time.Millisecond) // longer in all than one deadline
		}
	}
	assert.Empty(t, w.logged())
}

func TestSlowloris(t *testing.T) {
	w := start(t, nil, func(l *limits) { l.stall = 2 * time.Second })
	slow, stuck := w.dial(), w.dial()
	frame := request(keyEcho, 7, make([]byte, 40))
	stuck.send(frame[:20])
	for _, b := range frame { // takes longer in all than a stall may last
		slow.send([]byte{b})
		time.Sleep(45 * time.Millisecond)
	}
	slow.wantAnswer(7, make([]byte, 40))
	stuck.wantClosed()
	assert.Contains(t, w.wantLines(1)[0], "nothing more came for 2s after 16 of the 48 bytes")
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	w := start(t, map[string]string{"connections.max.idle.ms": "500"}, nil)
	idle, busy := w.dial(), w.dial()
	busy.send(request(keyWait, 1, nil))
	<-w.fake.waiting
	idle.wantClosed()
	close(w.fake.release) // waiting for an answer is not idling
	busy.wantAnswer(1, nil)
	assert.Empty(t, w.logged())
}

// 256 connections that declare 100 MiB and send 14 bytes hold almost nothing, and nobody else notices.
func TestDeclaredSizesReserveNothing(t *testing.T) {
	w := start(t, nil, nil)
	before := heap()
	lie := binary.BigEndian.AppendUint32(nil, 100<<20)
	lie = append(lie, request(keyEcho, 1, nil)[4:]...)
	lie = append(lie, 0, 0)
	for range 256 {
		w.dial().send(lie)
	}
	require.Eventually(t, func() bool { return w.connections() == 256 }, 20*time.Second, 5*time.Millisecond)
	canary := w.dial()
	for i := range int32(100) {
		began := time.Now()
		canary.send(request(keyEcho, i, []byte("canary")))
		canary.wantAnswer(i, []byte("canary"))
		assert.Less(t, time.Since(began), 5*time.Second)
	}
	assert.Less(t, heap()-before, int64(16<<20))
	w.bulk.mu.Lock()
	assert.LessOrEqual(t, w.bulk.used, int64(256*w.limits.firstChunk))
	w.bulk.mu.Unlock()
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Together the clients send sixteen times what the budget holds. Every one gets through, and the budget is kept but
// for the one frame that may exceed it.
func TestMemoryOfRequestsIsBounded(t *testing.T) {
	const clients, size = 16, 1 << 20
	w := start(t, map[string]string{"queued.max.request.bytes": "1048576"}, nil)
	close(w.fake.release)
	var all sync.WaitGroup
	var most int64
	for i := range int32(clients) {
		c := w.dial()
		all.Go(func() {
			body := make([]byte, size)
			if _, err := c.Write(request(keyWait, i, body)); err != nil {
				t.Errorf("client %d: %v", i, err)
				return
			}
			var field [4]byte
			if _, err := io.ReadFull(c, field[:]); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
			w.bulk.mu.Lock()
			most = max(most, w.bulk.used)
			w.bulk.mu.Unlock()
			runtime.Gosched()
		}
	}
	assert.LessOrEqual(t, most, int64(1<<20+size+headBytes))
	assert.Positive(t, most)
	require.Eventually(t, func() bool {
		w.bulk.mu.Lock()
		defer w.bulk.mu.Unlock()
		return w.bulk.used == 0 && w.bulk.over == nil
	}, 20*time.Second, 5*time.Millisecond, "all memory is given back")
}

func TestGracefulStop(t *testing.T) {
	w := start(t, nil, nil)
	idle, busy, half := w.dial(), w.dial(), w.dial()
	busy.send(append(request(keyWait, 1, nil), request(keyEcho, 2, nil)...))
	half.send(request(keyEcho, 3, make([]byte, 100))[:50])
	<-w.fake.waiting
	require.Eventually(t, func() bool { return w.connections() == 3 }, 20*time.Second, 5*time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	began := time.Now()
	require.NoError(t, w.Shutdown(ctx))
	assert.Less(t, time.Since(began), 10*time.Second)
	busy.wantAnswer(1, nil)
	busy.wantAnswer(2, nil)
	busy.wantClosed()
	idle.wantClosed()
	half.wantClosed()
	_, err := net.Dial("tcp", w.listeners[0].Addr().String())
	assert.Error(t, err)
	assert.Empty(t, w.logged())
}

// stubborn ignores its context.
type stubborn struct{ *fake }

func (s stubborn) Serve(_ context.Context, conn *handle.Conn, frame, dst []byte) ([]byte, error) {
	return s.fake.Serve(context.Background(), conn, frame, dst)
}

func TestStopHasADeadline(t *testing.T) {
	w := start(t, nil, nil)
	w.handler = stubborn{w.fake}
	c := w.dial()
	c.send(request(keyWait, 1, nil))
	<-w.fake.waiting
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := w.Shutdown(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Contains(t, err.Error(), "1 connections still had requests")
	close(w.fake.release)
}

func TestConnectionsPerAddress(t *testing.T) {
	w := start(t, map[string]string{"max.connections.per.ip": "2"}, nil)
	first, second := w.dial(), w.dial()
	for _, c := range []*client{first, second} {
		c.send(request(keyEcho, 1, nil))
		c.wantAnswer(1, nil)
	}
	w.dial().wantClosed()
	assert.Contains(t, w.wantLines(1)[0], "max.connections.per.ip")
	first.Close()
	require.Eventually(t, func() bool { return w.connections() == 1 }, 20*time.Second, 5*time.Millisecond)
	third := w.dial()
	third.send(request(keyEcho, 1, nil))
	third.wantAnswer(1, nil)
}

func TestMoreConnectionsThanAllowedWait(t *testing.T) {
	w := start(t, map[string]string{"max.connections": "2"}, nil)
	first, second, third := w.dial(), w.dial(), w.dial()
	for _, c := range []*client{first, second} {
		c.send(request(keyEcho, 1, nil))
		c.wantAnswer(1, nil)
	}
	third.send(request(keyEcho, 1, nil))
	require.NoError(t, third.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
	_, err := third.Read(make([]byte, 1))
	require.Error(t, err)
	require.NoError(t, third.SetReadDeadline(time.Now().Add(10*time.Second)))
	first.Close()
	third.wantAnswer(1, nil)
	assert.Contains(t, w.wantLines(1)[0], "no room for more connections")
}

func TestFileDescriptorsAreKeptForTheLogs(t *testing.T) {
	assert.Equal(t, 192, connectionsFor(1<<31-1, 256))
	assert.Equal(t, 10, connectionsFor(10, 256))
	assert.Equal(t, 1<<31-1, connectionsFor(1<<31-1, 0))
	assert.Equal(t, 1, connectionsFor(5, 1))

	// What the logs may keep open, beside them, and something must be left.
	for _, files := range []int{256, 1024, 20_000} {
		assert.Greater(t, filesForLogs(files), files/8)
		assert.LessOrEqual(t, connectionsFor(1<<31-1, files)+filesForLogs(files), files-files/16)
	}
	assert.Equal(t, 1, filesForLogs(1))
	assert.Positive(t, filesForLogs(0), "the limit is not known")
}

func TestAdvertisedAddress(t *testing.T) {
	w := start(t, nil, nil)
	l := w.listeners[0]
	port := int32(w.listeners[0].Addr().(*net.TCPAddr).Port)
	for _, row := range []struct {
		host    string
		port    int
		reached string
		want    string
		wantAt  int32
	}{
		{"", 0, "192.0.2.7", "192.0.2.7", port},
		{"", 0, "::ffff:192.0.2.7", "192.0.2.7", port},
		{"", 0, "127.0.0.1", "127.0.0.1", port},
		{"", 0, "::1", "localhost", port},
		{"", 0, "2001:db8::1", "2001:db8::1", port},
		{"kafka.example", 0, "127.0.0.1", "kafka.example", port},
		{"kafka.example", 29092, "127.0.0.1", "kafka.example", 29092},
	} {
		l.config.AdvertisedHost, l.config.AdvertisedPort = row.host, row.port
		host, at := l.advertised(&net.TCPAddr{IP: net.ParseIP(row.reached)})
		assert.Equal(t, row.want, host)
		assert.Equal(t, row.wantAt, at)
	}
}

func TestHandlersSeeTheConnection(t *testing.T) {
	w := start(t, nil, nil)
	seen := make(chan handle.Conn, 2)
	w.fake.seen = func(c *handle.Conn) { seen <- *c }
	c := w.dial()
	c.send(request(keyEcho, 1, nil))
	c.wantAnswer(1, nil)
	conn := <-seen
	assert.Equal(t, c.LocalAddr().String(), conn.ClientAddr)
	assert.Equal(t, "127.0.0.1", conn.ClientHost)
	assert.Equal(t, "PLAINTEXT", conn.Listener)
	assert.Equal(t, "127.0.0.1", conn.AdvertisedHost)
	assert.Equal(t, int32(w.listeners[0].Addr().(*net.TCPAddr).Port), conn.AdvertisedPort)
	assert.Positive(t, conn.ID)
}

func TestLinesAreLimitedAndTextIsQuotedAndCut(t *testing.T) {
	w := start(t, nil, func(l *limits) { l.logBurst = 3; l.logPerSecond = 0 })
	for range 10 {
		c := w.dial()
		c.send([]byte("\x1b[31m"))
		c.wantClosed()
	}
	w.wantLines(3)
	assert.NotContains(t, w.logged(), "\x1b")
	w.events.mu.Lock()
	assert.Equal(t, 7, w.events.leftOut)
	w.events.tokens = 1
	w.events.mu.Unlock()
	w.events.warn("one more", "text", cut(strings.Repeat("x", 10_000)))
	assert.Contains(t, w.logged(), "similar_lines_left_out=7")
	assert.Less(t, len(w.logged()), 3000)
}

func TestListenErrorsNameTheListener(t *testing.T) {
	w := start(t, nil, nil)
	cfg := *w.cfg
	cfg.Listeners = append(cfg.Listeners[:1:1], cfg.Listeners[0])
	cfg.Listeners[1].Name = "SECOND"
	cfg.Listeners[1].Port = w.listeners[0].Addr().(*net.TCPAddr).Port
	_, err := Listen(&cfg, w.Server.log, nil)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "listener SECOND: ")
	var op *net.OpError
	assert.True(t, errors.As(err, &op))
}
