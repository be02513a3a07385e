//go:build !js

package tap_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/exchange"
	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/capture/tap"
	"github.com/kwire-project/kafka/kbroker/brokertest"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// setup is a proxy under test, and who watches it.
type setup struct {
	*tap.Proxy
	t   *testing.T
	hub *live.Hub

	mu     sync.Mutex
	notes  []string
	stream []byte
}

func start(t *testing.T, upstream string) *setup {
	s := &setup{t: t, hub: live.NewHub(time.Now)}
	p, err := tap.Start(tap.Options{Listen: "127.0.0.1:0", Upstream: upstream, Hub: s.hub, Note: func(text string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.notes = append(s.notes, text)
	}})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	s.Proxy = p
	return s
}

// watch collects the live view.
func (s *setup) watch() {
	server := httptest.NewServer(live.Handler(s.hub, ""))
	ctx, leave := context.WithCancel(context.Background())
	s.t.Cleanup(func() { leave(); server.Close() })
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(s.t, err)
	context.AfterFunc(ctx, func() { c.Close() })
	_, err = io.WriteString(c, "GET /live HTTP/1.0\r\nHost: localhost\r\n\r\n")
	require.NoError(s.t, err)
	go func() {
		part := make([]byte, 64<<10)
		for {
			n, err := c.Read(part)
			s.mu.Lock()
			s.stream = append(s.stream, part[:n]...)
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	require.Eventually(s.t, s.hub.Watched, 5*time.Second, time.Millisecond)
}

func (s *setup) seen() (capture.Result, []exchange.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := bytes.IndexByte(s.stream, capture.AppendStreamHeader(nil)[0])
	if at < 0 {
		return capture.Result{}, nil
	}
	r, _ := capture.Read(bytes.Clone(s.stream[at:])) // perhaps cut within a record
	return r, exchange.Frames(r)
}

func (s *setup) noted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.notes...)
}

// client asks on one connection.
type client struct {
	*net.TCPConn
	t  *testing.T
	id int32
}

func dial(t *testing.T, addr string) *client {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(60*time.Second)))
	return &client{TCPConn: c.(*net.TCPConn), t: t}
}

func (c *client) frame(req wire.Message, version int16) []byte {
	c.id++
	b, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: c.id, ClientID: wire.Some("app")}, req, version)
	require.NoError(c.t, err)
	return b
}

func (c *client) send(b []byte) {
	c.t.Helper()
	_, err := c.Write(b)
	require.NoError(c.t, err)
}

func (c *client) payload() []byte {
	c.t.Helper()
	p, err := kwire.NewFrameReader(c, 1<<30).Next()
	require.NoError(c.t, err)
	return p
}

func (c *client) ask(req wire.Message, version int16) wire.Message {
	c.t.Helper()
	c.send(c.frame(req, version))
	a, err := kwire.DecodeResponse(c.payload(), kwire.APIKey(req.MessageKey()), version)
	require.NoError(c.t, err)
	return a.Body
}

// batch is a record batch with one value.
func batch(value []byte) []byte {
	w := records.NewWriter(nil, records.Options{})
	w.Append(records.Record{Timestamp: time.Now().UnixMilli(), Value: value})
	b, _ := w.Finish()
	return b
}

func produce(topic string, acks int16, value []byte) *api.ProduceRequest {
	m := api.NewProduceRequest()
	m.Acks, m.TimeoutMs = acks, 1000
	m.TopicData = []api.ProduceRequestTopicProduceData{{Name: topic, PartitionData: []api.ProduceRequestPartitionProduceData{{Records: batch(value)}}}}
	return &m
}

// TestThroughTheProxy: a client finds its way by the addresses that it is told,
// and each of its requests and answers is seen.
func TestThroughTheProxy(t *testing.T) {
	broker := brokertest.Start(t)
	s := start(t, broker)
	s.watch()
	first := dial(t, s.Addr())
	create := api.NewCreateTopicsRequest()
	create.Topics = []api.CreateTopicsRequestCreatableTopic{{Name: "t", NumPartitions: 1, ReplicationFactor: 1}}
	first.ask(&create, 7)
	metadata := api.NewMetadataRequest()
	told := first.ask(&metadata, 12).(*api.MetadataResponse).Brokers[0]
	require.Equal(t, s.Addr(), net.JoinHostPort(told.Host, strconv.Itoa(int(told.Port))), "the broker advertises the address that the proxy was given")

	c := dial(t, s.Addr())
	c.send(c.frame(produce("t", 0, []byte("no answer wanted")), 9)) // and none comes
	value := bytes.Repeat([]byte("0123456789abcdef"), 600_000/16)
	require.Equal(t, errcode.None, c.ask(produce("t", 1, value), 9).(*api.ProduceResponse).Responses[0].PartitionResponses[0].ErrorCode)
	fetch := api.NewFetchRequest()
	fetch.MaxWaitMs, fetch.MinBytes = 100, 1
	fetch.Topics = []api.FetchRequestTopic{{Topic: "t", Partitions: []api.FetchRequestPartition{{PartitionMaxBytes: 10 << 20}}}}
	got := c.ask(&fetch, 12).(*api.FetchResponse).Responses[0].Partitions[0]
	require.Equal(t, int64(2), got.HighWatermark)
	require.Contains(t, string(got.Records), string(value))

	require.Eventually(t, func() bool { _, frames := s.seen(); return len(frames) == 9 }, 5*time.Second, 10*time.Millisecond)
	r, frames := s.seen()
	titles := map[string]int{}
	for _, f := range frames {
		require.True(t, f.Known)
		titles[f.Layout.String()]++
	}
	require.Equal(t, map[string]int{"CreateTopics request v7": 1, "CreateTopics response v7": 1, "Metadata request v12": 1, "Metadata response v12": 1,
		"Produce request v9": 2, "Produce response v9": 1, "Fetch request v12": 1, "Fetch response v12": 1}, titles)
	require.Len(t, r.Connections, 2)
	require.Equal(t, broker, r.Connections[1].Broker)
	require.Equal(t, c.LocalAddr().String(), r.Connections[1].Client)
	require.Empty(t, s.noted())
}

// TestOtherBrokers: each broker that an answer names gets a listener, and the
// same one each time; a client of it reaches that broker.
func TestOtherBrokers(t *testing.T) {
	one, two := fake(t), fake(t)
	for _, f := range []*fakeBroker{one, two} {
		f.brokers = []string{one.addr, two.addr}
	}
	s := start(t, one.addr)
	c := dial(t, s.Addr())
	metadata := api.NewMetadataRequest()
	var addresses []string
	for range 3 {
		addresses = nil
		for _, b := range c.ask(&metadata, 5).(*api.MetadataResponse).Brokers {
			addresses = append(addresses, net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))))
		}
		require.Equal(t, s.Addr(), addresses[0])
		require.NotEqual(t, addresses[0], addresses[1])
		require.NotEqual(t, two.addr, addresses[1])
	}
	require.Equal(t, one.addr, string(dial(t, addresses[0]).ask(&api.SaslAuthenticateRequest{}, 0).(*api.SaslAuthenticateResponse).AuthBytes))
	require.Equal(t, two.addr, string(dial(t, addresses[1]).ask(&api.SaslAuthenticateRequest{}, 0).(*api.SaslAuthenticateResponse).AuthBytes))
}

// TestTokensWithoutHeaders: SASL as it was before SaslAuthenticate. Nothing of
// the tokens is shown, and what comes after them is followed again.
func TestTokensWithoutHeaders(t *testing.T) {
	const password = "hunter2-do-not-show"
	for mechanism, tokens := range map[string][]string{
		"PLAIN":         {"\x00me\x00" + password},
		"SCRAM-SHA-256": {"n,,n=me,r=" + password, "c=biws,r=" + password + ",p=x"},
		"GSSAPI":        {"\x60" + password, "", "\x01", password},
	} {
		b := fake(t)
		b.brokers = []string{b.addr}
		s := start(t, b.addr)
		s.watch()
		c := dial(t, s.Addr())
		c.ask(&api.SaslHandshakeRequest{Mechanism: mechanism}, 0)
		for _, token := range tokens {
			c.send(sized(token))
			require.Equal(t, "answer to "+token, string(c.payload()))
		}
		metadata := api.NewMetadataRequest()
		told := c.ask(&metadata, 5).(*api.MetadataResponse).Brokers[0]
		require.Equal(t, s.Addr(), net.JoinHostPort(told.Host, strconv.Itoa(int(told.Port))), mechanism)
		want := 4 + 2*len(tokens)
		require.Eventually(t, func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return bytes.Contains(s.stream, []byte("fake-cluster"))
		}, 5*time.Second, 10*time.Millisecond)
		s.mu.Lock()
		require.NotContains(t, string(s.stream), password, mechanism)
		require.Contains(t, string(s.stream), mechanism)
		s.mu.Unlock()
		r, _ := s.seen()
		marks := 0
		for _, c := range r.Chunks {
			marks += len(c.Marks)
		}
		require.Equal(t, want, marks, mechanism)
	}
}

// TestNotKafka: what is no Kafka passes both ways, and is said to.
func TestNotKafka(t *testing.T) {
	for _, hello := range []string{"\x16\x03\x01\x02\x00 a client's hello", "\xff\xff\xff\xff negative", "GET / HTTP/1.0\r\n\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		go func() { // an echo
			c, err := l.Accept()
			if err == nil {
				_, _ = io.Copy(c, c)
				c.Close()
			}
		}()
		s := start(t, l.Addr().String())
		s.watch()
		c := dial(t, s.Addr())
		c.send([]byte(hello))
		got := make([]byte, len(hello))
		_, err = io.ReadFull(c, got)
		require.NoError(t, err)
		require.Equal(t, hello, string(got))
		require.NoError(t, c.CloseWrite(), "the half that is left still ends")
		rest, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Empty(t, rest)
		require.NotEmpty(t, s.noted())
		require.Contains(t, s.noted()[0], "do not speak plain Kafka")
	}
}

// TestHalfClosed: a client that ends its side still gets its answers.
func TestHalfClosed(t *testing.T) {
	s := start(t, brokertest.Start(t))
	c := dial(t, s.Addr())
	versions := api.NewApiVersionsRequest()
	c.send(c.frame(&versions, 0))
	require.NoError(t, c.CloseWrite())
	_, err := kwire.DecodeResponse(c.payload(), kwire.ApiVersions, 0)
	require.NoError(t, err)
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// TestAnswerCut: the start of an answer that never becomes whole is passed on
// before the end.
func TestAnswerCut(t *testing.T) {
	b := fake(t)
	b.cut = true
	s := start(t, b.addr)
	c := dial(t, s.Addr())
	metadata := api.NewMetadataRequest()
	c.send(c.frame(&metadata, 5))
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 100, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, got)
}

// TestUnreadableAnswer: an answer that is not what it should be passes unchanged,
// and the next one is followed.
func TestUnreadableAnswer(t *testing.T) {
	b := fake(t)
	b.brokers, b.nonsense = []string{b.addr}, 1
	s := start(t, b.addr)
	c := dial(t, s.Addr())
	metadata := api.NewMetadataRequest()
	c.send(c.frame(&metadata, 5))
	require.Equal(t, "\x00\x00\x00\x01nonsense", string(c.payload()))
	told := c.ask(&metadata, 5).(*api.MetadataResponse).Brokers[0]
	require.Equal(t, s.Addr(), net.JoinHostPort(told.Host, strconv.Itoa(int(told.Port))))
	require.Contains(t, s.noted()[0], "stay as they are: kwire: MetadataResponse v5: ")
}

// TestLargeFrames: frames of any size pass as they come, in bounded memory.
func TestLargeFrames(t *testing.T) {
	const size = 90 << 20
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() { // answers one request by as many bytes
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		head := make([]byte, 12)
		_, _ = io.ReadFull(c, head)
		_, _ = c.Write(append(head[:4:4], head[8:]...)) // size, correlation id
		_, _ = io.CopyN(c, c, size-8)
		_, _ = c.Write(make([]byte, 4))
	}()
	s := start(t, l.Addr().String())
	s.watch()
	c := dial(t, s.Addr())
	require.NoError(t, c.SetDeadline(time.Now().Add(2*time.Minute)))
	stop := make(chan struct{})
	peak := make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
	}()
	head := c.frame(produce("t", 1, nil), 9)
	binary.BigEndian.PutUint32(head, size)
	go func() {
		_, _ = c.Write(head)
		part := make([]byte, 1<<20)
		for sent := len(head) - 4; sent < size; sent += len(part) {
			part = part[:min(len(part), size-sent)]
			_, _ = c.Write(part)
		}
	}()
	n, err := io.CopyN(io.Discard, c, 4+size)
	require.NoError(t, err)
	require.Equal(t, int64(4+size), n)
	close(stop)
	most := <-peak
	t.Logf("two frames of %d MB passed; the heap had %d MB at most", size>>20, most>>20)
	require.Less(t, most, uint64(32<<20))
	require.Eventually(t, func() bool {
		_, frames := s.seen()
		return len(frames) == 2 && frames[0].Lost == 4+size-capture.MaxStreamFrameBytes && frames[1].Lost == frames[0].Lost
	}, 5*time.Second, 10*time.Millisecond)
}

// TestNobodyThere: a client whose broker cannot be reached is told by the end of
// its connection.
func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Close()
	s := start(t, l.Addr().String())
	c := dial(t, s.Addr())
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err)
	require.Eventually(t, func() bool { return len(s.noted()) == 1 }, 5*time.Second, time.Millisecond)
	require.Contains(t, s.noted()[0], "a client cannot be connected: dial tcp "+l.Addr().String())

	_, err = tap.Start(tap.Options{Listen: "127.0.0.1:0", Upstream: "no port"})
	require.ErrorContains(t, err, "the broker's address")
}

func sized(payload string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)
}

// fakeBroker answers what a real one would not.
type fakeBroker struct {
	addr     string
	brokers  []string // what it tells of the cluster
	cut      bool     // ends the connection within an answer
	nonsense int      // how many answers are none
}

func fake(t *testing.T) *fakeBroker {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	f := &fakeBroker{addr: l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	return f
}

func (f *fakeBroker) serve(c net.Conn) {
	defer c.Close()
	r := kwire.NewFrameReader(c, 1<<30)
	tokens := false
	for {
		payload, err := r.Next()
		if err != nil {
			return
		}
		req, err := kwire.DecodeRequest(payload)
		switch {
		case err != nil && tokens:
			_, _ = c.Write(sized("answer to " + string(payload)))
			continue
		case err != nil:
			return
		case f.cut:
			_, _ = c.Write([]byte{0, 0, 0, 100, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9})
			return
		case f.nonsense > 0:
			f.nonsense--
			_, _ = c.Write(sized("\x00\x00\x00\x01nonsense"))
			continue
		}
		var answer wire.Message
		switch req.Body.(type) {
		case *api.SaslHandshakeRequest:
			tokens = true
			answer = &api.SaslHandshakeResponse{}
		case *api.SaslAuthenticateRequest: // says who it is
			answer = &api.SaslAuthenticateResponse{AuthBytes: []byte(f.addr)}
		default:
			m := api.NewMetadataResponse()
			m.ClusterID = wire.Some("fake-cluster")
			for i, b := range f.brokers {
				host, port, _ := net.SplitHostPort(b)
				n, _ := strconv.Atoi(port)
				m.Brokers = append(m.Brokers, api.MetadataResponseBroker{NodeID: int32(i), Host: host, Port: int32(n)})
			}
			answer = &m
		}
		b, err := kwire.AppendResponse(nil, req.Header.CorrelationID, answer, req.Header.APIVersion)
		if err != nil {
			return
		}
		_, _ = c.Write(b)
	}
}
