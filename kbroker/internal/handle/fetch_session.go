package handle

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Fetch sessions (KIP-227): a client that fetches many partitions sends only what changed since its last
// request, and gets only partitions that have something new.
//
// Session epochs: 0 asks for a new session, −1 for none (and ends the session named beside it), and a positive epoch is the next
// request of a session, which must follow the last one by one.
const (
	newSessionEpoch   = 0
	finalSessionEpoch = -1

	// fetchSessionIdle is how long a session must have been unused before a new one may take its place.
	fetchSessionIdle = 2 * time.Minute
	// maxSessionPartitions bounds the partitions that all sessions remember together.
	maxSessionPartitions = 1 << 20
)

// fetchKey names a partition as the request named its topic: by id from Fetch v13 on, by name before.
type fetchKey struct {
	id    wire.UUID
	topic string
	index int32
}

// fetchTarget is a partition to read, with what the client said about it.
type fetchTarget struct {
	key                fetchKey
	currentLeaderEpoch int32
	offset             int64
	lastFetchedEpoch   int32
	maxBytes           int32
}

// sentState is what the client knows of a partition from our last answer.
type sentState struct {
	highWatermark  int64
	logStartOffset int64
}

// fetchSession remembers the partitions of one fetcher.
type fetchSession struct {
	id       int32
	usesIDs  bool
	lastUsed time.Time
	epoch    int32 // expected in the next request
	order    []fetchKey
	targets  map[fetchKey]*sessionTarget
}

type sessionTarget struct {
	fetchTarget
	sent sentState
}

// fetchSessions are the sessions of this broker. One lock is held while a session's list of partitions is
// changed or copied, never while anything is read.
type fetchSessions struct {
	slots int

	mu         sync.Mutex
	byID       map[int32]*fetchSession
	partitions int // remembered by all sessions together
}

func newFetchSessions(slots int) *fetchSessions {
	return &fetchSessions{slots: slots, byID: map[int32]*fetchSession{}}
}

// fetchContext is how one request is answered: which partitions are read, and which of them are told.
type fetchContext struct {
	targets     []fetchTarget
	session     *fetchSession // nil for a request outside of sessions
	incremental bool
	epoch       int32 // of the session after this request
}

// begin finds or makes the session of a request. An error code is the answer to the whole request.
func (s *fetchSessions) begin(now time.Time, req *api.FetchRequest, usesIDs bool) (*fetchContext, errcode.Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	targets := requestTargets(req)
	session := s.byID[req.SessionID]
	if req.SessionEpoch == newSessionEpoch || req.SessionEpoch == finalSessionEpoch {
		if session != nil {
			s.drop(session)
		}
		c := &fetchContext{targets: targets}
		if req.SessionEpoch == newSessionEpoch {
			c.session = s.create(now, targets, usesIDs)
			c.epoch = 1
		}
		return c, errcode.None
	}
	switch {
	case session == nil:
		return nil, errcode.FetchSessionIDNotFound
	case session.epoch != req.SessionEpoch:
		return nil, errcode.InvalidFetchSessionEpoch
	case session.usesIDs != usesIDs:
		return nil, errcode.FetchSessionTopicIDError
	case s.partitions+len(targets) > maxSessionPartitions:
		s.drop(session) // the client begins anew, and then without a session
		return nil, errcode.FetchSessionIDNotFound
	}
	session.lastUsed = now
	s.partitions -= len(session.targets)
	session.forget(req)
	for _, t := range targets {
		session.put(t)
	}
	s.partitions += len(session.targets)
	session.epoch = nextSessionEpoch(session.epoch)
	c := &fetchContext{session: session, incremental: true, epoch: session.epoch, targets: make([]fetchTarget, len(session.order))}
	for i, key := range session.order {
		c.targets[i] = session.targets[key].fetchTarget
	}
	return c, errcode.None
}

// finish says for each of the context's partitions whether it belongs into the answer, and notes what the
// client knows from now on. An error code replaces the answer: another request has used the session meanwhile.
func (s *fetchSessions) finish(c *fetchContext, answers []api.FetchResponsePartitionData) ([]bool, errcode.Code) {
	tell := make([]bool, len(answers))
	for i := range tell {
		tell[i] = true
	}
	if c.session == nil {
		return tell, errcode.None
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.session.epoch != c.epoch {
		return nil, errcode.InvalidFetchSessionEpoch
	}
	// Partitions that gave records go behind the others, so that those get their turn.
	var waiting, served []fetchKey
	for i, t := range c.targets {
		known := c.session.targets[t.key]
		if known == nil {
			continue
		}
		a := &answers[i]
		now := sentState{a.HighWatermark, a.LogStartOffset}
		if c.incremental {
			tell[i] = len(a.Records) > 0 || a.ErrorCode != errcode.None || a.DivergingEpoch.EndOffset >= 0 || now != known.sent
		}
		if a.ErrorCode != errcode.None {
			now = unknownState // what follows the error is news
		}
		known.sent = now
		if len(a.Records) > 0 {
			served = append(served, known.key)
		} else {
			waiting = append(waiting, known.key)
		}
	}
	c.session.order = append(waiting, served...)
	return tell, errcode.None
}

var unknownState = sentState{-1, -1}

func (f *fetchSession) put(t fetchTarget) {
	known := f.targets[t.key]
	if known == nil {
		t.key.topic = strings.Clone(t.key.topic) // it is a part of the frame, which the session must not keep
		known = &sessionTarget{fetchTarget: t, sent: unknownState}
		f.targets[t.key] = known
		f.order = append(f.order, t.key)
	}
	t.key = known.key
	known.fetchTarget = t
}

func (f *fetchSession) forget(req *api.FetchRequest) {
	gone := 0
	for i := range req.ForgottenTopicsData {
		t := &req.ForgottenTopicsData[i]
		for _, index := range t.Partitions {
			key := fetchKey{t.TopicID, t.Topic, index}
			if f.targets[key] != nil {
				delete(f.targets, key)
				gone++
			}
		}
	}
	if gone > 0 {
		f.order = slices.DeleteFunc(f.order, func(k fetchKey) bool { return f.targets[k] == nil })
	}
}

// nextSessionEpoch counts up and wraps to 1.
func nextSessionEpoch(e int32) int32 { return max(e+1, 1) }

// requestTargets lists the partitions of a request; of one that is named twice the last mention counts.
func requestTargets(req *api.FetchRequest) []fetchTarget {
	var out []fetchTarget
	at := map[fetchKey]int{}
	for i := range req.Topics {
		t := &req.Topics[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			target := fetchTarget{
				key:                fetchKey{t.TopicID, t.Topic, p.Partition},
				currentLeaderEpoch: p.CurrentLeaderEpoch,
				offset:             p.FetchOffset,
				lastFetchedEpoch:   p.LastFetchedEpoch,
				maxBytes:           p.PartitionMaxBytes,
			}
			if i, again := at[target.key]; again {
				out[i] = target
				continue
			}
			at[target.key] = len(out)
			out = append(out, target)
		}
	}
	return out
}

// create returns a new session, or nil where there is no room for one: the client then goes on without.
func (s *fetchSessions) create(now time.Time, targets []fetchTarget, usesIDs bool) *fetchSession {
	if len(s.byID) >= s.slots && !s.evict(now) || s.partitions+len(targets) > maxSessionPartitions {
		return nil
	}
	session := &fetchSession{usesIDs: usesIDs, lastUsed: now, epoch: 1, targets: map[fetchKey]*sessionTarget{}}
	for session.id == 0 || s.byID[session.id] != nil {
		session.id = rand.Int32()
	}
	for _, t := range targets {
		session.put(t)
	}
	s.byID[session.id] = session
	s.partitions += len(session.targets)
	return session
}

// evict makes room by ending the session that was unused for longest, if that was long enough.
func (s *fetchSessions) evict(now time.Time) bool {
	var oldest *fetchSession
	for _, session := range s.byID {
		if oldest == nil || session.lastUsed.Before(oldest.lastUsed) {
			oldest = session
		}
	}
	if oldest == nil || now.Sub(oldest.lastUsed) < fetchSessionIdle {
		return false
	}
	s.drop(oldest)
	return true
}

func (s *fetchSessions) drop(session *fetchSession) {
	delete(s.byID, session.id)
	s.partitions -= len(session.targets)
}
