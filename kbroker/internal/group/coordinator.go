package group

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Log is one partition of __consumer_offsets: a *partition.Partition.
type Log interface {
	Append(b []byte, o partition.AppendOptions) (partition.AppendResult, error)
	Read(o partition.ReadOptions) (partition.ReadResult, error)
}

// Codec compresses and decompresses records; compress.All is one.
type Codec interface {
	records.Compressor
	records.Decompressor
}

// Options are what a Coordinator needs from the broker.
type Options struct {
	Config
	// Logs returns the partitions of __consumer_offsets in their order, nil while the topic does not exist.
	Logs        func() []Log
	Codec       Codec
	Compression records.Codec // offsets.topic.compression.codec
	ExpireEvery time.Duration // offsets.retention.check.interval.ms
	Now         func() time.Time
	Log         *slog.Logger
}

// maxLoaders bounds the partitions that are loaded at the same time.
const maxLoaders = 4

// Coordinator serves the groups of all partitions. Its methods may be called by several goroutines.
type Coordinator struct {
	o       Options
	loaders chan struct{}
	running sync.WaitGroup

	mu      sync.RWMutex
	runners []*runner // nil until the topic exists
	expiry  *time.Timer
	closed  bool
}

// New returns a coordinator. It begins to load at once what is there; Refresh does so when the topic has been
// created.
func New(o Options) *Coordinator {
	c := &Coordinator{o: o, loaders: make(chan struct{}, maxLoaders)}
	c.expiry = time.AfterFunc(o.ExpireEvery, c.expire)
	c.Refresh()
	return c
}

// Refresh looks whether __consumer_offsets has come into being.
func (c *Coordinator) Refresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runners != nil || c.closed {
		return
	}
	for i, log := range c.o.Logs() {
		r := newRunner(c, int32(i), log)
		c.runners = append(c.runners, r)
		c.running.Go(r.load)
	}
}

// Close stops the timers, answers the requests that wait for other members, and waits until what has begun to be
// stored is stored.
func (c *Coordinator) Close() {
	c.mu.Lock()
	c.closed = true
	c.expiry.Stop()
	runners := c.runners
	c.mu.Unlock()
	for _, r := range runners {
		r.close(errcode.CoordinatorNotAvailable)
	}
	c.running.Wait()
}

func (c *Coordinator) all() []*runner {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.runners
}

// expire is called by the timer.
func (c *Coordinator) expire() {
	for _, r := range c.all() {
		_ = r.do(func(now time.Time, s *Shard) Effects { return s.Expire(now) }) // not before it is loaded
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.expiry.Reset(c.o.ExpireEvery)
	}
}

// runner finds who serves a group. NotCoordinator sends clients to FindCoordinator, which creates the topic.
func (c *Coordinator) runner(groupID string) (*runner, errcode.Code) {
	runners := c.all()
	if len(runners) == 0 {
		c.Refresh()
		if runners = c.all(); len(runners) == 0 {
			return nil, errcode.NotCoordinator
		}
	}
	return runners[PartitionFor(groupID, len(runners))], errcode.None
}

// call runs an event that has an answer, and waits for it. The code is why there is none; the error is the context's.
func (c *Coordinator) call(ctx context.Context, groupID string, f func(now time.Time, s *Shard, t Ticket) Effects) (wire.Message, errcode.Code, error) {
	r, code := c.runner(groupID)
	if code != errcode.None {
		return nil, code, nil
	}
	return r.call(ctx, f)
}

// look runs a read.
func (c *Coordinator) look(groupID string, f func(s *Shard)) errcode.Code {
	r, code := c.runner(groupID)
	if code == errcode.None {
		code = r.do(func(_ time.Time, s *Shard) Effects { f(s); return Effects{} })
	}
	return code
}

// Join serves JoinGroup.
func (c *Coordinator) Join(ctx context.Context, by Caller, req *api.JoinGroupRequest) (*api.JoinGroupResponse, error) {
	if req.GroupID == "" {
		return joinError(req.MemberID, errcode.InvalidGroupID), nil
	}
	m, code, err := c.call(ctx, req.GroupID, func(now time.Time, s *Shard, t Ticket) Effects { return s.Join(now, by, req, t) })
	if m == nil {
		return joinError(req.MemberID, code), err
	}
	return m.(*api.JoinGroupResponse), nil
}

// Sync serves SyncGroup.
func (c *Coordinator) Sync(ctx context.Context, req *api.SyncGroupRequest) (*api.SyncGroupResponse, error) {
	if req.GroupID == "" {
		return syncError(errcode.InvalidGroupID), nil
	}
	m, code, err := c.call(ctx, req.GroupID, func(now time.Time, s *Shard, t Ticket) Effects { return s.Sync(now, req, t) })
	if m == nil {
		return syncError(code), err
	}
	return m.(*api.SyncGroupResponse), nil
}

// Heartbeat serves Heartbeat. While the groups are being loaded every member is told that all is well: it can do
// nothing about it.
func (c *Coordinator) Heartbeat(req *api.HeartbeatRequest) errcode.Code {
	if req.GroupID == "" {
		return errcode.InvalidGroupID
	}
	r, code := c.runner(req.GroupID)
	if code != errcode.None {
		return code
	}
	var answer errcode.Code
	code = r.do(func(now time.Time, s *Shard) Effects {
		answer = s.Heartbeat(now, req)
		return Effects{}
	})
	switch code {
	case errcode.None:
		return answer
	case errcode.CoordinatorLoadInProgress:
		return errcode.None
	}
	return code
}

// Leave serves LeaveGroup; versions before 3 have their member id in Members too.
func (c *Coordinator) Leave(ctx context.Context, req *api.LeaveGroupRequest) (*api.LeaveGroupResponse, error) {
	if req.GroupID == "" {
		return &api.LeaveGroupResponse{ErrorCode: errcode.InvalidGroupID}, nil
	}
	m, code, err := c.call(ctx, req.GroupID, func(now time.Time, s *Shard, t Ticket) Effects { return s.Leave(now, req, t) })
	if m == nil {
		return &api.LeaveGroupResponse{ErrorCode: code}, err
	}
	return m.(*api.LeaveGroupResponse), nil
}

// Commit serves OffsetCommit for topics that exist.
func (c *Coordinator) Commit(ctx context.Context, version int16, req *api.OffsetCommitRequest) (*api.OffsetCommitResponse, error) {
	m, code, err := c.call(ctx, req.GroupID, func(now time.Time, s *Shard, t Ticket) Effects { return s.Commit(now, version, req, t) })
	if m == nil {
		return commitError(req, code), err
	}
	return m.(*api.OffsetCommitResponse), nil
}

// Fetch serves one group of OffsetFetch.
func (c *Coordinator) Fetch(req *api.OffsetFetchRequestGroup, requireStable bool) api.OffsetFetchResponseGroup {
	var r api.OffsetFetchResponseGroup
	code := c.look(req.GroupID, func(s *Shard) { r = s.Fetch(req, requireStable) })
	if code != errcode.None {
		r = api.OffsetFetchResponseGroup{GroupID: req.GroupID, ErrorCode: code}
	}
	return r
}

// Describe serves one group of DescribeGroups.
func (c *Coordinator) Describe(id string, version int16) api.DescribeGroupsResponseDescribedGroup {
	var r api.DescribeGroupsResponseDescribedGroup
	code := c.look(id, func(s *Shard) { r = s.Describe(id, version) })
	if code != errcode.None {
		r = api.NewDescribeGroupsResponseDescribedGroup()
		r.GroupID, r.ErrorCode = id, code
	}
	return r
}

// List serves ListGroups. While one partition is being loaded there is no complete answer.
func (c *Coordinator) List(req *api.ListGroupsRequest) *api.ListGroupsResponse {
	resp := api.NewListGroupsResponse()
	resp.Groups = []api.ListGroupsResponseListedGroup{}
	c.Refresh()
	for _, r := range c.all() {
		code := r.do(func(_ time.Time, s *Shard) Effects {
			resp.Groups = s.List(resp.Groups, req)
			return Effects{}
		})
		if code != errcode.None && code != errcode.NotCoordinator {
			resp.ErrorCode, resp.Groups = code, nil
			break
		}
	}
	return &resp
}

// Delete serves one group of DeleteGroups.
func (c *Coordinator) Delete(ctx context.Context, id string) (errcode.Code, error) {
	m, code, err := c.call(ctx, id, func(_ time.Time, s *Shard, t Ticket) Effects { return s.DeleteGroup(id, t) })
	if m == nil {
		return code, err
	}
	return m.(*api.DeleteGroupsResponse).Results[0].ErrorCode, nil
}

// DeleteOffsets serves OffsetDelete for topics that exist.
func (c *Coordinator) DeleteOffsets(ctx context.Context, req *api.OffsetDeleteRequest) (*api.OffsetDeleteResponse, error) {
	if req.GroupID == "" {
		return &api.OffsetDeleteResponse{ErrorCode: errcode.InvalidGroupID}, nil
	}
	m, code, err := c.call(ctx, req.GroupID, func(_ time.Time, s *Shard, t Ticket) Effects { return s.DeleteOffsets(req, t) })
	if m == nil {
		return &api.OffsetDeleteResponse{ErrorCode: code}, err
	}
	return m.(*api.OffsetDeleteResponse), nil
}

// ForgetTopics removes the offsets of topics that were deleted. It does not wait for it. When the groups' own topic is
// deleted they are all gone; members start again when it has been created anew.
func (c *Coordinator) ForgetTopics(names ...string) {
	deleted := map[string]bool{}
	for _, name := range names {
		deleted[name] = true
	}
	if deleted[TopicName] {
		c.mu.Lock()
		runners := c.runners
		c.runners = nil
		c.mu.Unlock()
		for _, r := range runners {
			r.close(errcode.NotCoordinator)
		}
	}
	for _, r := range c.all() {
		_ = r.do(func(_ time.Time, s *Shard) Effects { return s.ForgetTopics(deleted) }) // what is not loaded expires
	}
}
