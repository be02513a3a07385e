package group

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

var errDisk = fmt.Errorf("write: %w: no space left", errcode.KafkaStorageError)

// story tells what happens to a shard, and holds its answers and its log.
type story struct {
	*testing.T
	s       *Shard
	now     time.Time
	last    Ticket
	answers map[Ticket]wire.Message
	open    map[Ticket]bool // without an answer
	log     []records.Record
	fail    error   // what appends end with
	hold    bool    // appends wait for store
	held    []Write // those that wait
	version int16   // of the requests
}

func testConfig() Config {
	ids := 0
	return Config{
		MinSessionTimeoutMs: 6000, MaxSessionTimeoutMs: 1_800_000, InitialRebalanceDelayMs: 3000,
		MaxSize: 1 << 30, OffsetMetadataMaxBytes: 4096, OffsetsRetention: 7 * 24 * time.Hour,
		NewID: func() string { ids++; return fmt.Sprintf("id%d", ids) },
	}
}

func begin(t *testing.T) *story {
	return &story{T: t, s: NewShard(testConfig()), now: time.UnixMilli(1_700_000_000_000), answers: map[Ticket]wire.Message{}, open: map[Ticket]bool{}, version: 9}
}

func (s *story) do(e Effects) {
	for _, r := range e.Replies {
		require.NotContains(s, s.answers, r.To, "a request is answered twice")
		s.answers[r.To] = r.Message
		delete(s.open, r.To)
	}
	for _, w := range e.Writes {
		require.NotEmpty(s, w.Records)
		s.held = append(s.held, w)
	}
	if !s.hold {
		s.store()
	}
}

// store ends the appends that wait.
func (s *story) store() {
	for len(s.held) > 0 {
		w := s.held[0]
		s.held = s.held[1:]
		out := Written{BaseOffset: int64(len(s.log)), Err: s.fail}
		if s.fail == nil {
			s.log = append(s.log, w.Records...)
		}
		var e Effects
		if w.Done != nil {
			w.Done(s.now, out, &e)
		}
		s.do(e)
	}
}

func (s *story) ticket() Ticket {
	s.last++
	s.open[s.last] = true
	return s.last
}

// pass lets time pass, waking the shard when it wants to be.
func (s *story) pass(d time.Duration) {
	end := s.now.Add(d)
	for n := 0; ; n++ {
		require.Less(s, n, 1_000_000, "the shard wants to be woken without end")
		wake := s.s.Wake()
		if wake.IsZero() || wake.After(end) {
			break
		}
		if wake.After(s.now) {
			s.now = wake
		}
		s.do(s.s.Tick(s.now))
	}
	s.now = end
}

type client struct {
	name       string // client id
	id         string
	instance   string
	generation int32
	topics     []string
	protocols  []string // default range
	sessionMs  int32    // default 10 s
	patienceMs int32    // rebalance timeout, default 60 s
}

func subscription(topics ...string) []byte {
	b := wire.AppendInt32(wire.AppendInt16(nil, 1), int32(len(topics)))
	for _, t := range topics {
		b = wire.AppendString(b, t, false)
	}
	return wire.AppendInt32(wire.AppendInt32(b, -1), 0)
}

func (c *client) instanceID() wire.Null[string] {
	return wire.Null[string]{V: c.instance, Valid: c.instance != ""}
}

func (s *story) join(c *client) Ticket {
	req := &api.JoinGroupRequest{
		GroupID: "g", SessionTimeoutMs: 10_000, RebalanceTimeoutMs: 60_000, MemberID: c.id, GroupInstanceID: c.instanceID(), ProtocolType: "consumer",
	}
	if c.sessionMs != 0 {
		req.SessionTimeoutMs = c.sessionMs
	}
	if c.patienceMs != 0 {
		req.RebalanceTimeoutMs = c.patienceMs
	}
	if c.protocols == nil {
		c.protocols = []string{"range"}
	}
	for _, p := range c.protocols {
		req.Protocols = append(req.Protocols, api.JoinGroupRequestProtocol{Name: p, Metadata: subscription(c.topics...)})
	}
	t := s.ticket()
	s.do(s.s.Join(s.now, Caller{ClientID: c.name, ClientHost: "/127.0.0.1", Version: s.version}, req, t))
	return t
}

// newcomer sends the first join, which only brings a member id, and then the second.
func (s *story) newcomer(c *client) Ticket {
	c.id = s.joined(errcode.MemberIDRequired, s.join(c)).MemberID
	require.NotEmpty(s, c.id)
	return s.join(c)
}

func (s *story) waits(ts ...Ticket) {
	s.Helper()
	for _, t := range ts {
		require.NotContains(s, s.answers, t)
	}
}

func (s *story) joined(want errcode.Code, t Ticket) *api.JoinGroupResponse {
	s.Helper()
	r, ok := s.answers[t].(*api.JoinGroupResponse)
	require.True(s, ok, "no answer to the join")
	require.Equal(s, want, r.ErrorCode)
	if s.version >= 7 { // below, the handler fills in what may not be null there
		_, err := r.AppendTo(nil, s.version)
		require.NoError(s, err)
	}
	return r
}

// enter takes the generation from the answer to a join.
func (s *story) enter(c *client, t Ticket) *api.JoinGroupResponse {
	s.Helper()
	r := s.joined(errcode.None, t)
	c.id, c.generation = r.MemberID, r.GenerationID
	return r
}

func (s *story) sync(c *client, assignments ...string) Ticket {
	req := &api.SyncGroupRequest{GroupID: "g", GenerationID: c.generation, MemberID: c.id, GroupInstanceID: c.instanceID(),
		ProtocolType: wire.Some("consumer"), ProtocolName: wire.Some(c.protocols[0])}
	for i := 0; i+1 < len(assignments); i += 2 {
		req.Assignments = append(req.Assignments, api.SyncGroupRequestAssignment{MemberID: assignments[i], Assignment: []byte(assignments[i+1])})
	}
	t := s.ticket()
	s.do(s.s.Sync(s.now, req, t))
	return t
}

func (s *story) synced(want errcode.Code, t Ticket) string {
	s.Helper()
	r, ok := s.answers[t].(*api.SyncGroupResponse)
	require.True(s, ok, "no answer to the sync")
	require.Equal(s, want, r.ErrorCode)
	return string(r.Assignment)
}

func (s *story) heartbeat(want errcode.Code, c *client) {
	s.Helper()
	req := &api.HeartbeatRequest{GroupID: "g", GenerationID: c.generation, MemberID: c.id, GroupInstanceID: c.instanceID()}
	require.Equal(s, want, s.s.Heartbeat(s.now, req))
}

func (s *story) leave(want errcode.Code, c *client) {
	s.Helper()
	t := s.ticket()
	s.do(s.s.Leave(s.now, &api.LeaveGroupRequest{GroupID: "g", Members: []api.LeaveGroupRequestMemberIdentity{{MemberID: c.id, GroupInstanceID: c.instanceID()}}}, t))
	r := s.answers[t].(*api.LeaveGroupResponse)
	require.Equal(s, []api.LeaveGroupResponseMember{{MemberID: c.id, GroupInstanceID: c.instanceID(), ErrorCode: want}}, r.Members)
}

func (s *story) commit(c *client, topic string, offset int64, metadata string) Ticket {
	req := api.NewOffsetCommitRequest()
	req.GroupID, req.GenerationIDOrMemberEpoch = "g", -1
	if c != nil {
		req.GenerationIDOrMemberEpoch, req.MemberID, req.GroupInstanceID = c.generation, c.id, c.instanceID()
	}
	req.Topics = []api.OffsetCommitRequestTopic{{Name: topic, Partitions: []api.OffsetCommitRequestPartition{
		{PartitionIndex: 0, CommittedOffset: offset, CommittedLeaderEpoch: 5, CommitTimestamp: -1, CommittedMetadata: wire.Some(metadata)}}}}
	t := s.ticket()
	s.do(s.s.Commit(s.now, s.version, &req, t))
	return t
}

func (s *story) committed(want errcode.Code, t Ticket) {
	s.Helper()
	r, ok := s.answers[t].(*api.OffsetCommitResponse)
	require.True(s, ok, "no answer to the commit")
	require.Equal(s, want, r.Topics[0].Partitions[0].ErrorCode)
}

// offset returns what is committed for partition 0 of a topic, −1 for nothing.
func (s *story) offset(topic string) int64 {
	r := s.s.Fetch(&api.OffsetFetchRequestGroup{GroupID: "g", Topics: []api.OffsetFetchRequestTopics{{Name: topic, PartitionIndexes: []int32{0}}}}, false)
	require.Zero(s, r.ErrorCode)
	return r.Topics[0].Partitions[0].CommittedOffset
}

func (s *story) state(want State) {
	s.Helper()
	require.Equal(s, want.String(), s.s.Describe("g", 5).GroupState)
}

// stable brings clients into a stable group, all new; the first leads.
func (s *story) stable(cs ...*client) {
	s.Helper()
	var ts []Ticket
	for _, c := range cs {
		if c.instance != "" {
			ts = append(ts, s.join(c))
		} else {
			ts = append(ts, s.newcomer(c))
		}
	}
	for s.answers[ts[0]] == nil {
		s.pass(time.Second)
	}
	var assignments []string
	for i, c := range cs {
		s.enter(c, ts[i])
		assignments = append(assignments, c.id, "work of "+c.name)
	}
	for _, c := range cs[1:] {
		s.sync(c)
	}
	s.synced(errcode.None, s.sync(cs[0], assignments...))
	s.state(Stable)
}

// restart loads a new shard from the log, as after a crash of the broker.
func (s *story) restart() {
	s.Helper()
	s.s, s.held = NewShard(s.s.cfg), nil
	for i, r := range s.log {
		w := records.NewWriter(nil, records.Options{BaseOffset: int64(i)})
		w.Append(r)
		raw, err := w.Finish()
		require.NoError(s, err)
		b, err := records.ReadBatch(raw)
		require.NoError(s, err)
		require.NoError(s, s.s.Replay(b, nil))
	}
	s.do(s.s.Loaded(s.now))
}

func TestStoreCode(t *testing.T) {
	require.Equal(t, errcode.NotCoordinator, storeCode(errDisk))
	require.Equal(t, errcode.UnknownServerError, storeCode(fmt.Errorf("x: %w", errcode.MessageTooLarge)))
	require.Equal(t, errcode.CoordinatorNotAvailable, storeCode(errors.New("?")))
}
