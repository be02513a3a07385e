package handle

import (
	"slices"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// fetch: v4-18
//
// Reads stored batches as they are; a batch that holds the offset asked for is returned whole, so the first records
// may lie before it. If there are fewer than MinBytes to read it waits, up to MaxWaitMs, for an append.
//
//	v7   fetch sessions (KIP-227)
//	v9   the leader epoch that the client believes in is checked
//	v10  topics whose compression.type is zstd may be read (KIP-110)
//	v12  the epoch of the last record it has is checked: a log that took another way gives DivergingEpoch
//	v13  topics are named by id
//
// Versions 0 to 3 carry message sets of older formats, which we do not convert to. Requests of followers
// are refused: there is one replica of everything.
func fetch(c *Context, req *api.FetchRequest) (*api.FetchResponse, error) {
	resp := api.NewFetchResponse()
	f, code := c.fetchSessions.begin(c.Now(), req, c.Version >= firstVersionWithTopicIDs)
	if code != errcode.None {
		resp.ErrorCode, resp.SessionID = code, req.SessionID
		return &resp, nil
	}
	answers := c.readEnough(req, f)
	tell, code := c.fetchSessions.finish(f, answers)
	if f.session != nil {
		resp.SessionID = f.session.id
	}
	if code != errcode.None {
		resp.ErrorCode = code
		return &resp, nil
	}
	for i, t := range f.targets {
		if tell[i] {
			resp.Responses = appendFetched(resp.Responses, t.key, answers[i])
		}
	}
	return &resp, nil
}

// appendFetched puts a partition's answer with its topic, which is the last one or a new one.
func appendFetched(topics []api.FetchResponseFetchableTopic, key fetchKey, p api.FetchResponsePartitionData) []api.FetchResponseFetchableTopic {
	if n := len(topics); n == 0 || topics[n-1].Topic != key.topic || topics[n-1].TopicID != key.id {
		topics = append(topics, api.FetchResponseFetchableTopic{Topic: key.topic, TopicID: key.id})
	}
	last := &topics[len(topics)-1]
	last.Partitions = append(last.Partitions, p)
	return topics
}

// readEnough reads the targets, and again after appends until there is enough or the time is up.
func (c *Context) readEnough(req *api.FetchRequest, f *fetchContext) []api.FetchResponsePartitionData {
	r := reader{c: c, req: req, targets: f.targets}
	r.read()
	if r.enough() || req.MaxWaitMs <= 0 || len(f.targets) == 0 {
		return r.answers
	}
	timer := time.NewTimer(time.Duration(req.MaxWaitMs) * time.Millisecond)
	defer timer.Stop()
	wake := make(chan struct{}, 1)
	watched := r.partitions
	for _, p := range watched {
		if p != nil {
			defer p.Watch(wake)()
		}
	}
	// A topic that was deleted and made anew has partitions that are not watched: then it is the client's turn.
	for r.read(); !r.enough() && slices.Equal(r.partitions, watched); {
		select {
		case <-wake:
			if r.mayBeEnough() {
				r.read()
			}
		case <-timer.C:
			r.read() // what is there now, even if it is less than MinBytes
			return r.answers
		case <-c.Done():
			return r.answers
		}
	}
	return r.answers
}

// reader reads all partitions of one request once, within its limit of bytes.
type reader struct {
	c       *Context
	req     *api.FetchRequest
	targets []fetchTarget

	answers    []api.FetchResponsePartitionData
	partitions []*partition.Partition // beside targets; nil where there is none
	bytes      int64                  // of records found
	sizeBytes  int64                  // of all logs at the time of reading
	failed     bool                   // a partition has an error: the client wants to know at once
}

func (r *reader) isolation() partition.Isolation {
	if r.req.IsolationLevel == int8(partition.ReadCommitted) {
		return partition.ReadCommitted
	}
	return partition.ReadUncommitted
}

func (r *reader) enough() bool { return r.failed || r.bytes >= int64(r.req.MinBytes) }

// mayBeEnough tells from the growth of the logs whether reading again is worth it. What a reader of
// committed records may see does not grow with the log, so it always reads. A partition that stopped, or
// that another has taken the place of, is an answer in itself.
func (r *reader) mayBeEnough() bool {
	if r.isolation() == partition.ReadCommitted {
		return true
	}
	for i, p := range r.partitions {
		key := r.targets[i].key
		if now, _ := r.c.partition(key.topic, key.id, key.index); now != p {
			return true
		}
	}
	grown := r.logSizes() - r.sizeBytes
	return grown < 0 || r.bytes+grown >= int64(r.req.MinBytes)
}

func (r *reader) logSizes() (n int64) {
	for _, p := range r.partitions {
		if p != nil {
			n += p.Offsets().SizeBytes
		}
	}
	return n
}

func (r *reader) read() {
	r.answers = make([]api.FetchResponsePartitionData, len(r.targets))
	r.partitions = make([]*partition.Partition, len(r.targets))
	r.bytes, r.failed = 0, false
	for i, t := range r.targets {
		r.partitions[i], _ = r.c.partition(t.key.topic, t.key.id, t.key.index)
	}
	r.sizeBytes = r.logSizes() // before the reading: what is appended during it counts as growth
	left := int64(min(r.req.MaxBytes, r.c.Config.FetchMaxBytes))
	for i, t := range r.targets {
		a := r.one(t, max(left, 0))
		n := int64(len(a.Records))
		left -= n
		r.bytes += n
		r.failed = r.failed || a.ErrorCode != errcode.None || a.DivergingEpoch.EndOffset >= 0
		r.answers[i] = a
	}
}

// one reads a partition. The first batch of the whole answer may be larger than any limit, so that a client
// can always get ahead.
func (r *reader) one(t fetchTarget, left int64) api.FetchResponsePartitionData {
	a := api.NewFetchResponsePartitionData()
	a.PartitionIndex = t.key.index
	a.HighWatermark = -1
	a.Records = []byte{}
	if r.req.ReplicaID >= 0 || r.req.ReplicaState.ReplicaID >= 0 {
		a.ErrorCode = errcode.ClusterAuthorizationFailed
		return a
	}
	p, code := r.c.partition(t.key.topic, t.key.id, t.key.index)
	if code == errcode.None {
		a.AbortedTransactions = nil // the list is for readers of committed records only
		code = checkLeaderEpoch(p, t.currentLeaderEpoch)
	}
	if code == errcode.None && r.c.Version < firstFetchWithZstd && storesZstd(p) {
		code = errcode.UnsupportedCompressionType
	}
	if code != errcode.None {
		a.ErrorCode = code
		return a
	}
	if t.lastFetchedEpoch >= 0 {
		if diverged, code := divergence(p, t); code != errcode.None || diverged != nil {
			a.ErrorCode = code
			if diverged != nil {
				o := p.Offsets()
				a.DivergingEpoch, a.HighWatermark, a.LastStableOffset, a.LogStartOffset = *diverged, o.HighWatermark, o.LastStable, o.LogStart
			}
			return a
		}
	}
	result, err := p.Read(partition.ReadOptions{
		Offset: t.offset, MaxBytes: min(left, int64(max(t.maxBytes, 0))), AtLeastOne: r.bytes == 0, Isolation: r.isolation(),
	})
	if err != nil {
		a.ErrorCode = partition.Code(err)
		if a.ErrorCode == errcode.KafkaStorageError {
			r.c.Log.Error("fetch", "partition", p.Topic(), "index", p.Index(), "offset", t.offset, "error", err)
		}
		return a
	}
	a.HighWatermark, a.LastStableOffset, a.LogStartOffset = result.HighWatermark, result.LastStable, result.LogStartOffset
	if result.Records != nil {
		a.Records = result.Records
	}
	if r.isolation() == partition.ReadCommitted {
		a.AbortedTransactions = []api.FetchResponseAbortedTransaction{}
		for _, t := range result.Aborted {
			a.AbortedTransactions = append(a.AbortedTransactions, api.FetchResponseAbortedTransaction{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset})
		}
	}
	return a
}

// firstFetchWithZstd is the first version of Fetch whose clients may be expected to know zstd.
const firstFetchWithZstd = 10

// storesZstd reports whether everything that a topic stores is compressed with zstd.
func storesZstd(p *partition.Partition) bool {
	codec := p.Config().Compression
	return codec != nil && *codec == records.Zstd
}

// divergence compares the epoch of the client's last record with the log (KIP-595).
func divergence(p *partition.Partition, t fetchTarget) (*api.FetchResponseEpochEndOffset, errcode.Code) {
	epoch, end := p.EndOffsetForEpoch(t.lastFetchedEpoch)
	switch {
	case epoch < 0 || end < 0:
		return nil, errcode.OffsetOutOfRange
	case epoch < t.lastFetchedEpoch || end < t.offset:
		d := api.NewFetchResponseEpochEndOffset()
		d.Epoch, d.EndOffset = epoch, end
		return &d, errcode.None
	}
	return nil, errcode.None
}

// checkLeaderEpoch holds the epoch that a client believes in against the partition's; −1 is not checked.
func checkLeaderEpoch(p *partition.Partition, epoch int32) errcode.Code {
	current := p.LeaderEpoch()
	switch {
	case epoch < 0 || epoch == current:
		return errcode.None
	case epoch < current:
		return errcode.FencedLeaderEpoch
	}
	return errcode.UnknownLeaderEpoch
}
