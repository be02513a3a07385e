package group

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stored is a coordinator on real partitions in memory.
type stored struct {
	*testing.T
	fs    *vfs.Mem
	store *partition.Store
	c     *Coordinator
	parts int32
}

func open(t *testing.T, fs *vfs.Mem, parts int32, change func(*Options)) *stored {
	s := &stored{T: t, fs: fs, parts: parts}
	s.start(change)
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *stored) start(change func(*Options)) {
	var err error
	s.store, err = partition.OpenStore([]string{"/logs"}, partition.Options{FS: s.fs, Now: time.Now, Codec: &compress.All, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(s, err)
	var logs []Log
	for i := range s.parts {
		p, err := s.store.Open(partition.Wanted{Topic: TopicName, Partition: i, TopicID: wire.UUID{7}, Config: partition.DefaultConfig()})
		require.NoError(s, err)
		require.NoError(s, p.Lead(0))
		logs = append(logs, p)
	}
	var ids atomic.Int64
	o := Options{
		Config: testConfig(), Logs: func() []Log { return logs }, Codec: &compress.All,
		ExpireEvery: 10 * time.Minute, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	o.NewID = func() string { return fmt.Sprint("id", ids.Add(1)) }
	if change != nil {
		change(&o)
	}
	s.c = New(o)
}

func (s *stored) stop() {
	if !s.c.closed {
		s.c.Close()
	}
	require.NoError(s, s.store.Close(true, 1))
}

func (s *stored) commit(group, topic string, offset int64) errcode.Code {
	req := api.NewOffsetCommitRequest()
	req.GroupID = group
	req.Topics = []api.OffsetCommitRequestTopic{{Name: topic, Partitions: []api.OffsetCommitRequestPartition{{CommittedOffset: offset, CommitTimestamp: -1}}}}
	r, err := s.c.Commit(s.Context(), 9, &req)
	assert.NoError(s, err)
	return r.Topics[0].Partitions[0].ErrorCode
}

func (s *stored) fetch(group, topic string) (int64, errcode.Code) {
	r := s.c.Fetch(&api.OffsetFetchRequestGroup{GroupID: group, Topics: []api.OffsetFetchRequestTopics{{Name: topic, PartitionIndexes: []int32{0}}}}, false)
	if r.ErrorCode != errcode.None {
		return -1, r.ErrorCode
	}
	return r.Topics[0].Partitions[0].CommittedOffset, errcode.None
}

// member joins and stays in the group until ctx ends; it counts the generations that it gets an assignment for.
func (s *stored) member(ctx context.Context, group string, generations *atomic.Int64) {
	id := ""
	for ctx.Err() == nil {
		r, err := s.c.Join(ctx, Caller{ClientID: "m", Version: 9}, &api.JoinGroupRequest{
			GroupID: group, MemberID: id, SessionTimeoutMs: 6000, RebalanceTimeoutMs: 6000, ProtocolType: "consumer",
			Protocols: []api.JoinGroupRequestProtocol{{Name: "range", Metadata: subscription("t")}},
		})
		if err != nil {
			return
		}
		switch r.ErrorCode {
		case errcode.None, errcode.MemberIDRequired:
			id = r.MemberID
		case errcode.UnknownMemberID:
			id = ""
		}
		if r.ErrorCode != errcode.None {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		sync := &api.SyncGroupRequest{GroupID: group, MemberID: id, GenerationID: r.GenerationID}
		for _, m := range r.Members {
			sync.Assignments = append(sync.Assignments, api.SyncGroupRequestAssignment{MemberID: m.MemberID, Assignment: []byte(m.MemberID)})
		}
		sr, err := s.c.Sync(ctx, sync)
		if err != nil || sr.ErrorCode != errcode.None {
			continue
		}
		assert.Equal(s, id, string(sr.Assignment))
		generations.Add(1)
		for ctx.Err() == nil && s.c.Heartbeat(&api.HeartbeatRequest{GroupID: group, MemberID: id, GenerationID: r.GenerationID}) == errcode.None {
			time.Sleep(time.Second)
		}
	}
	_, _ = s.c.Leave(context.WithoutCancel(ctx), &api.LeaveGroupRequest{GroupID: group, Members: []api.LeaveGroupRequestMemberIdentity{{MemberID: id}}})
}

func TestMembersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, vfs.NewMem(), 3, nil)
		var wg sync.WaitGroup
		var generations atomic.Int64
		run := func(group string, stay time.Duration) {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), stay)
				defer cancel()
				s.member(ctx, group, &generations)
			})
		}
		for g := range 10 {
			for m := range 4 {
				run(fmt.Sprint("g", g), time.Duration(20+10*m)*time.Second)
			}
		}
		time.Sleep(15 * time.Second)
		for g := range 10 {
			d := s.c.Describe(fmt.Sprint("g", g), 5)
			require.Equal(t, "Stable", d.GroupState)
			require.Len(t, d.Members, 4)
		}
		wg.Wait()
		time.Sleep(time.Minute)
		for g := range 10 {
			require.Equal(t, "Empty", s.c.Describe(fmt.Sprint("g", g), 5).GroupState)
		}
		require.EqualValues(t, 10*(4+3+2+1), generations.Load())
		require.Len(t, s.c.List(&api.ListGroupsRequest{}).Groups, 10)
		// Nobody has committed anything: the groups are forgotten at the next look.
		time.Sleep(10 * time.Minute)
		require.Empty(t, s.c.List(&api.ListGroupsRequest{}).Groups)
	})
}

func TestRestartKeepsWhatWasAcknowledged(t *testing.T) {
	for _, codec := range []records.Codec{records.None, records.Zstd} {
		t.Run(codec.String(), func(t *testing.T) {
			compressed := func(o *Options) { o.Compression = codec }
			s := open(t, vfs.NewMem(), 5, compressed)
			s.loaded()
			var wg sync.WaitGroup
			for g := range 20 {
				wg.Go(func() {
					for i := range 50 {
						assert.Equal(t, errcode.None, s.commit(fmt.Sprint("g", g), fmt.Sprint("t", i%7), int64(i)))
					}
				})
			}
			wg.Wait()
			code, err := s.c.Delete(t.Context(), "g0")
			require.NoError(t, err)
			require.Zero(t, code)
			s.c.ForgetTopics("t6")
			s.stop()
			s.start(compressed)
			s.loaded()
			for g := range 20 {
				for i := range 7 {
					got, code := s.fetch(fmt.Sprint("g", g), fmt.Sprint("t", i))
					want := int64(i + 7*((49-i)/7))
					if g == 0 || i == 6 {
						want = -1
					}
					require.Zero(t, code)
					require.Equal(t, want, got, "g%d t%d", g, i)
				}
			}
		})
	}
}

// loaded waits until all partitions are.
func (s *stored) loaded() {
	s.Helper()
	require.Eventually(s, func() bool { return s.c.List(&api.ListGroupsRequest{}).ErrorCode == errcode.None }, 10*time.Second, time.Millisecond)
}

// gate is a log whose reads and appends wait until it is opened.
type gate struct {
	Log
	read, write chan struct{}
	fail        error
	appends     atomic.Int64
}

func (g *gate) Read(o partition.ReadOptions) (partition.ReadResult, error) {
	<-g.read
	return g.Log.Read(o)
}

func (g *gate) Append(b []byte, o partition.AppendOptions) (partition.AppendResult, error) {
	g.appends.Add(1)
	<-g.write
	if g.fail != nil {
		return partition.AppendResult{}, g.fail
	}
	return g.Log.Append(b, o)
}

func opened() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func TestWhileGroupsAreLoaded(t *testing.T) {
	var g *gate
	s := open(t, vfs.NewMem(), 2, func(o *Options) {
		logs := o.Logs()
		g = &gate{Log: logs[0], read: make(chan struct{}), write: opened()}
		o.Logs = func() []Log { return []Log{g, logs[1]} }
	})
	in := func(partition int) string {
		for i := 0; ; i++ {
			if id := fmt.Sprint("g", i); PartitionFor(id, 2) == partition {
				return id
			}
		}
	}
	busy, free := in(0), in(1)
	require.Equal(t, errcode.CoordinatorLoadInProgress, s.commit(busy, "t", 1))
	_, code := s.fetch(busy, "t")
	require.Equal(t, errcode.CoordinatorLoadInProgress, code)
	require.Equal(t, errcode.CoordinatorLoadInProgress, s.c.Describe(busy, 6).ErrorCode)
	require.Equal(t, errcode.CoordinatorLoadInProgress, s.c.List(&api.ListGroupsRequest{}).ErrorCode)
	require.Equal(t, errcode.None, s.c.Heartbeat(&api.HeartbeatRequest{GroupID: busy, MemberID: "m"}), "there is nothing that it could do")
	require.Eventually(t, func() bool { return s.commit(free, "t", 1) == errcode.None }, 10*time.Second, time.Millisecond, "others do not wait")
	close(g.read)
	s.loaded()
	require.Equal(t, errcode.None, s.commit(busy, "t", 1))
}

func TestCommitsThatWaitShareAnAppend(t *testing.T) {
	g := &gate{read: opened(), write: make(chan struct{})}
	s := open(t, vfs.NewMem(), 1, func(o *Options) {
		g.Log = o.Logs()[0]
		o.Logs = func() []Log { return []Log{g} }
	})
	s.loaded()
	release := sync.OnceFunc(func() { close(g.write) })
	t.Cleanup(release)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() { assert.Equal(t, errcode.None, s.commit(fmt.Sprint("g", i), "t", 1)) })
	}
	r := s.c.all()[0]
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.waiting) == 50 && g.appends.Load() == 1
	}, 10*time.Second, time.Millisecond)
	_, code := s.fetch("g1", "t")
	require.Zero(t, code, "reads do not wait for the disk")
	release()
	wg.Wait()
	require.LessOrEqual(t, g.appends.Load(), int64(2))
}

func TestAppendFailures(t *testing.T) {
	g := &gate{read: opened(), write: opened(), fail: errDisk}
	s := open(t, vfs.NewMem(), 1, func(o *Options) {
		g.Log = o.Logs()[0]
		o.Logs = func() []Log { return []Log{g} }
	})
	s.loaded()
	require.Equal(t, errcode.NotCoordinator, s.commit("g", "t", 1))
	require.Equal(t, "Dead", s.c.Describe("g", 5).GroupState, "what was never stored is not there")
}

func TestAGroupTooLargeForARecordDoesNotHarmOthers(t *testing.T) {
	s := open(t, vfs.NewMem(), 1, nil)
	s.loaded()
	r := s.c.all()[0]
	big := records.Record{Key: []byte("k"), Value: make([]byte, 2<<20)}
	small := groupTombstone("g")
	got := r.store([]Write{{Records: []records.Record{small}}, {Records: []records.Record{big}}, {Records: []records.Record{small, small}}})
	require.NoError(t, got[0].Err)
	require.Equal(t, errcode.UnknownServerError, storeCode(got[1].Err))
	require.NoError(t, got[2].Err)
	require.EqualValues(t, 1, got[2].BaseOffset)
}

func TestManyRecordsMakeSeveralBatches(t *testing.T) {
	s := open(t, vfs.NewMem(), 1, nil)
	s.loaded()
	req := api.NewOffsetCommitRequest()
	req.GroupID = "g"
	req.Topics = []api.OffsetCommitRequestTopic{{Name: "t", Partitions: make([]api.OffsetCommitRequestPartition, 20_000)}}
	for i := range req.Topics[0].Partitions {
		req.Topics[0].Partitions[i] = api.OffsetCommitRequestPartition{PartitionIndex: int32(i), CommittedOffset: int64(i), CommitTimestamp: -1,
			CommittedMetadata: wire.Some("some metadata so that it takes more than one batch of the largest size")}
	}
	resp, err := s.c.Commit(t.Context(), 9, &req)
	require.NoError(t, err)
	for _, p := range resp.Topics[0].Partitions {
		require.Zero(t, p.ErrorCode)
	}
	s.stop()
	s.start(nil)
	s.loaded()
	all := s.c.Fetch(&api.OffsetFetchRequestGroup{GroupID: "g"}, false)
	require.Len(t, all.Topics[0].Partitions, 20_000)
	for i, p := range all.Topics[0].Partitions {
		require.EqualValues(t, i, p.CommittedOffset)
	}
}

func TestWithoutTheTopic(t *testing.T) {
	var logs []Log
	s := open(t, vfs.NewMem(), 1, func(o *Options) {
		found := o.Logs()
		o.Logs = func() []Log { return logs }
		logs = nil
		t.Cleanup(func() { logs = found })
	})
	require.Equal(t, errcode.NotCoordinator, s.commit("g", "t", 1))
	require.Empty(t, s.c.List(&api.ListGroupsRequest{}).Groups)
	r, err := s.c.Join(t.Context(), Caller{}, &api.JoinGroupRequest{GroupID: "g", MemberID: "m"})
	require.NoError(t, err)
	require.Equal(t, errcode.NotCoordinator, r.ErrorCode)
	p := s.store.Get(TopicName, 0)
	logs = []Log{p}
	require.Eventually(t, func() bool { return s.commit("g", "t", 1) == errcode.None }, 10*time.Second, time.Millisecond)
}

func TestAClientThatIsGoneIsNotWaitedFor(t *testing.T) {
	s := open(t, vfs.NewMem(), 1, nil)
	s.loaded()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err := s.c.Join(ctx, Caller{Version: 3}, &api.JoinGroupRequest{GroupID: "g", SessionTimeoutMs: 6000, RebalanceTimeoutMs: 6000, ProtocolType: "consumer",
		Protocols: []api.JoinGroupRequestProtocol{{Name: "range"}}})
	require.ErrorIs(t, err, context.Canceled)
	r := s.c.all()[0]
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Empty(t, r.waiting)
}

func TestAfterClose(t *testing.T) {
	s := open(t, vfs.NewMem(), 1, nil)
	s.loaded()
	waiting := make(chan errcode.Code)
	go func() {
		r, err := s.c.Join(t.Context(), Caller{Version: 3}, &api.JoinGroupRequest{GroupID: "g", SessionTimeoutMs: 6000, RebalanceTimeoutMs: 6000,
			ProtocolType: "consumer", Protocols: []api.JoinGroupRequestProtocol{{Name: "range"}}})
		assert.NoError(t, err)
		waiting <- r.ErrorCode
	}()
	require.Eventually(t, func() bool { return s.c.Describe("g", 6).ErrorCode == errcode.None }, 10*time.Second, time.Millisecond)
	s.c.Close()
	require.Equal(t, errcode.CoordinatorNotAvailable, <-waiting)
	require.Equal(t, errcode.CoordinatorNotAvailable, s.commit("g", "t", 1))
}

func TestTheGroupsTopicIsDeleted(t *testing.T) {
	s := open(t, vfs.NewMem(), 2, nil)
	s.loaded()
	require.Zero(t, s.commit("g", "t", 1))
	found := s.c.o.Logs
	s.c.o.Logs = func() []Log { return nil }
	s.c.ForgetTopics(TopicName)
	require.Equal(t, errcode.NotCoordinator, s.commit("g", "t", 2))
	s.c.o.Logs = found // made anew; here with the records of the old one
	s.c.Refresh()
	s.loaded()
	require.Zero(t, s.commit("g", "t", 3))
}

// The groups' topic may be deleted while the broker stops.
func TestClosedTwice(t *testing.T) {
	s := open(t, vfs.NewMem(), 1, nil)
	s.loaded()
	r := s.c.runners[0]
	r.close(errcode.CoordinatorNotAvailable)
	r.close(errcode.NotCoordinator)
	require.Equal(t, errcode.CoordinatorNotAvailable, s.c.Describe("g", 6).ErrorCode)
}
