package broker_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/exchange"
	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/kbroker/broker"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// watched is a broker whose live view is served over HTTP.
func watched(t *testing.T) (addr, url string) {
	hub := live.NewHub(time.Now)
	p := properties(t.TempDir())
	p["group.initial.rebalance.delay.ms"] = "0"
	b, err := broker.Start(t.Context(), broker.Config{Properties: p, Live: hub})
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close(context.Background()) })
	s := httptest.NewServer(live.Handler(hub, ""))
	t.Cleanup(s.Close)
	return b.Addr(), s.Listener.Addr().String()
}

// watcher reads a live view, as a plain HTTP client without the framing of HTTP/1.1.
type watcher struct {
	net.Conn
	mu     sync.Mutex
	stream []byte
}

func watch(t *testing.T, addr string) *watcher {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, "GET /live HTTP/1.0\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	head := make([]byte, 1)
	for head[0] != capture.AppendStreamHeader(nil)[0] { // the headers of HTTP
		_, err = io.ReadFull(c, head)
		require.NoError(t, err)
	}
	return &watcher{Conn: c, stream: head}
}

// read collects what comes, in the background.
func (w *watcher) read() {
	part := make([]byte, 64<<10)
	for {
		n, err := w.Read(part)
		w.mu.Lock()
		w.stream = append(w.stream, part[:n]...)
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// frames are those that have come whole.
func (w *watcher) frames() (capture.Result, []exchange.Frame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, _ := capture.Read(append([]byte(nil), w.stream...)) // perhaps cut within a record
	return r, exchange.Frames(r)
}

// dialogue asks on one connection.
type dialogue struct {
	net.Conn
	t  *testing.T
	id int32
}

func dial(t *testing.T, addr string) *dialogue {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(30*time.Second)))
	return &dialogue{Conn: c, t: t}
}

func (d *dialogue) ask(req wire.Message, version int16) wire.Message {
	d.t.Helper()
	d.id++
	key := kwire.APIKey(req.MessageKey())
	frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: d.id, ClientID: wire.Some("story")}, req, version)
	require.NoError(d.t, err)
	_, err = d.Write(frame)
	require.NoError(d.t, err)
	payload, err := kwire.NewFrameReader(d, 0).Next()
	require.NoError(d.t, err)
	a, err := kwire.DecodeResponse(payload, key, version)
	require.NoError(d.t, err)
	return a.Body
}

func (d *dialogue) create(topic string) {
	create := api.NewCreateTopicsRequest()
	create.Topics = []api.CreateTopicsRequestCreatableTopic{{Name: topic, NumPartitions: 1, ReplicationFactor: 1}}
	d.ask(&create, 7)
}

func produce(topic, value string) *api.ProduceRequest {
	w := records.NewWriter(nil, records.Options{})
	w.Append(records.Record{Timestamp: time.Now().UnixMilli(), Value: []byte(value)})
	b, _ := w.Finish()
	m := api.NewProduceRequest()
	m.Acks, m.TimeoutMs = 1, 1000
	m.TopicData = []api.ProduceRequestTopicProduceData{{Name: topic, PartitionData: []api.ProduceRequestPartitionProduceData{{Records: b}}}}
	return &m
}

// A produce and the life of a group are seen as they happen, each request with its answer, and every byte decodes.
func TestLiveStory(t *testing.T) {
	addr, page := watched(t)
	w := watch(t, page)
	go w.read()

	c := dial(t, addr)
	c.create("seen")
	began := time.Now()
	require.Equal(t, errcode.None, c.ask(produce("seen", "look at me"), 9).(*api.ProduceResponse).Responses[0].PartitionResponses[0].ErrorCode)

	find := api.NewFindCoordinatorRequest()
	find.CoordinatorKeys = []string{"watched-group"}
	c.ask(&find, 4)
	join := api.NewJoinGroupRequest()
	join.GroupID, join.ProtocolType, join.SessionTimeoutMs, join.RebalanceTimeoutMs = "watched-group", "consumer", 10_000, 10_000
	join.Protocols = []api.JoinGroupRequestProtocol{{Name: "range", Metadata: []byte{0, 1}}}
	member := c.ask(&join, 9).(*api.JoinGroupResponse).MemberID
	join.MemberID = member
	joined := c.ask(&join, 9).(*api.JoinGroupResponse)
	require.Equal(t, errcode.None, joined.ErrorCode)
	sync := api.NewSyncGroupRequest()
	sync.GroupID, sync.GenerationID, sync.MemberID = join.GroupID, joined.GenerationID, member
	sync.ProtocolType, sync.ProtocolName = wire.Some("consumer"), wire.Some("range")
	require.Equal(t, errcode.None, c.ask(&sync, 5).(*api.SyncGroupResponse).ErrorCode)
	leave := api.NewLeaveGroupRequest()
	leave.GroupID, leave.Members = join.GroupID, []api.LeaveGroupRequestMemberIdentity{{MemberID: member}}
	c.ask(&leave, 5)

	want := []string{"CreateTopics request v7", "CreateTopics response v7", "Produce request v9", "Produce response v9",
		"FindCoordinator request v4", "FindCoordinator response v4", "JoinGroup request v9", "JoinGroup response v9", "JoinGroup request v9", "JoinGroup response v9",
		"SyncGroup request v5", "SyncGroup response v5", "LeaveGroup request v5", "LeaveGroup response v5"}
	var r capture.Result
	var frames []exchange.Frame
	require.Eventually(t, func() bool { r, frames = w.frames(); return len(frames) == len(want) }, 5*time.Second, 5*time.Millisecond)
	for i, f := range frames {
		require.True(t, f.Known, i)
		assert.Equal(t, want[i], f.Layout.String())
		assert.Equal(t, i^1, f.Pair, "a request, then its answer")
		assert.Zero(t, f.Lost)
		assert.WithinRange(t, time.Unix(0, f.Time), began.Add(-5*time.Second), time.Now())
		tree := inspect.Options{}.Frame(r.Bytes[f.Start:f.End], f.Layout)
		assert.Nil(t, tree.First(), want[i])
	}
	require.Len(t, r.Connections, 1)
	assert.Equal(t, c.LocalAddr().String(), r.Connections[0].Client)
	assert.Equal(t, addr, r.Connections[0].Broker)
	assert.Equal(t, "story", exchange.ClientID(r.Bytes[frames[2].Start:frames[2].End], true))
	assert.Contains(t, string(r.Bytes[frames[2].Start:frames[2].End]), "look at me")
}

// A watcher that does not read misses frames; the broker's clients notice nothing.
func TestLiveNeverHoldsUpTheBroker(t *testing.T) {
	addr, page := watched(t)
	w := watch(t, page) // and does not read
	c := dial(t, addr)
	c.create("busy")
	large := produce("busy", string(make([]byte, 500_000)))
	worst := time.Duration(0)
	for range 400 { // their first 64 KiB are 26 MB
		began := time.Now()
		require.Equal(t, errcode.None, c.ask(large, 9).(*api.ProduceResponse).Responses[0].PartitionResponses[0].ErrorCode)
		worst = max(worst, time.Since(began))
	}
	t.Logf("the slowest of 400 produce requests took %v", worst)
	assert.Less(t, worst, 10*time.Second, "writing to the watcher is given up after 15 s")

	go w.read()
	require.Eventually(t, func() bool {
		r, _ := w.frames()
		return len(r.Notes) == 1
	}, 10*time.Second, 20*time.Millisecond, "the drops are told")
	r, frames := w.frames()
	assert.Contains(t, r.Notes[0], "packets left out: more than whoever watched could take")
	assert.Less(t, len(frames), 800)
	for _, f := range frames {
		if f.Side == capture.SideClient && f.Known {
			n := int(binary.BigEndian.Uint32(r.Bytes[f.Start:])) + 4
			assert.Equal(t, n, f.End-f.Start+f.Lost, "a frame that was cut says by how much")
		}
	}
}
