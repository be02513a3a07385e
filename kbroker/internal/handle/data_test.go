package handle

import (
	"context"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

// story is a broker with one topic, "t" of two partitions, and a client that talks to its dispatcher.
type story struct {
	t  *testing.T
	d  *Dispatcher
	id wire.UUID // of topic t
}

func newStory(t *testing.T) *story {
	s := &story{t: t, d: New(testBroker(t))}
	made := s.d.broker.Cluster.CreateTopics([]cluster.NewTopic{{Name: "t", Partitions: 2, ReplicationFactor: 1}}, false)
	require.Nil(t, made[0].Err)
	s.id = made[0].ID
	return s
}

// batch is one record batch with the values as records, timestamped now and up by one ms each.
func (s *story) batch(o records.Options, values ...string) []byte {
	s.t.Helper()
	o.PartitionLeaderEpoch = -1
	w := records.NewWriter(nil, o)
	for i, v := range values {
		w.Append(records.Record{Timestamp: s.d.broker.Now().UnixMilli() + int64(i), Key: []byte("k"), Value: []byte(v)})
	}
	b, err := w.Finish()
	require.NoError(s.t, err)
	return b
}

func produceTo(topic string, index int32, b []byte) *api.ProduceRequest {
	req := api.NewProduceRequest()
	req.Acks = -1
	req.TopicData = []api.ProduceRequestTopicProduceData{{Name: topic, PartitionData: []api.ProduceRequestPartitionProduceData{{Index: index, Records: b}}}}
	return &req
}

// produce sends a batch at a version and returns the only answer in the response.
func (s *story) produce(version int16, req *api.ProduceRequest) api.ProduceResponsePartitionProduce {
	s.t.Helper()
	resp := exchange(s.t, s.d, req, version).(*api.ProduceResponse)
	require.Len(s.t, resp.Responses, 1)
	require.Len(s.t, resp.Responses[0].PartitionResponses, 1)
	require.Equal(s.t, req.TopicData[0].Name, resp.Responses[0].Name)
	return resp.Responses[0].PartitionResponses[0]
}

func fetchFrom(topic string, index int32, offset int64) *api.FetchRequest {
	req := api.NewFetchRequest()
	req.MinBytes = 1
	p := api.NewFetchRequestPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes = index, offset, 1<<20
	req.Topics = []api.FetchRequestTopic{{Topic: topic, Partitions: []api.FetchRequestPartition{p}}}
	return &req
}

func (s *story) fetch(version int16, req *api.FetchRequest) api.FetchResponsePartitionData {
	s.t.Helper()
	resp := exchange(s.t, s.d, req, version).(*api.FetchResponse)
	require.Equal(s.t, errcode.None, resp.ErrorCode)
	require.Len(s.t, resp.Responses, 1)
	require.Len(s.t, resp.Responses[0].Partitions, 1)
	return resp.Responses[0].Partitions[0]
}

func (s *story) list(version int16, timestamp int64) api.ListOffsetsResponsePartition {
	s.t.Helper()
	req := api.NewListOffsetsRequest()
	q := api.NewListOffsetsRequestPartition()
	q.Timestamp = timestamp
	req.Topics = []api.ListOffsetsRequestTopic{{Name: "t", Partitions: []api.ListOffsetsRequestPartition{q}}}
	resp := exchange(s.t, s.d, &req, version).(*api.ListOffsetsResponse)
	require.Len(s.t, resp.Topics, 1)
	require.Len(s.t, resp.Topics[0].Partitions, 1)
	return resp.Topics[0].Partitions[0]
}

func values(t *testing.T, b []byte) (out []string) {
	t.Helper()
	for batch, err := range records.Batches(b) {
		require.NoError(t, err)
		require.NoError(t, batch.CheckCRC())
		for r, err := range batch.Records(nil, 0) {
			require.NoError(t, err)
			out = append(out, string(r.Value))
		}
	}
	return out
}

func TestProduceAndFetchAtEveryVersion(t *testing.T) {
	s := newStory(t)
	var want []string
	for version := int16(3); version <= 13; version++ {
		value := string(rune('a' + version))
		req := produceTo("t", 0, s.batch(records.Options{}, value))
		if version >= 13 {
			req.TopicData[0].Name, req.TopicData[0].TopicID = "", s.id
		}
		a := s.produce(version, req)
		require.Equal(t, errcode.None, a.ErrorCode)
		require.EqualValues(t, len(want), a.BaseOffset, "offsets count up")
		require.EqualValues(t, -1, a.LogAppendTimeMs)
		want = append(want, value)
	}
	for version := int16(4); version <= 18; version++ {
		req := fetchFrom("t", 0, 0)
		if version >= 13 {
			req.Topics[0].Topic, req.Topics[0].TopicID = "", s.id
		}
		a := s.fetch(version, req)
		require.Equal(t, errcode.None, a.ErrorCode)
		require.Equal(t, want, values(t, a.Records), "version %d", version)
		require.EqualValues(t, len(want), a.HighWatermark)
		require.EqualValues(t, len(want), a.LastStableOffset)
		require.Nil(t, a.AbortedTransactions, "a reader of uncommitted records gets no list")
	}
}

func TestProduceFaults(t *testing.T) {
	s := newStory(t)
	broken := s.batch(records.Options{}, "v")
	broken[len(broken)-1] ^= 1
	for what, c := range map[string]struct {
		req  *api.ProduceRequest
		want errcode.Code
	}{
		"unknown topic":     {produceTo("nope", 0, s.batch(records.Options{}, "v")), errcode.UnknownTopicOrPartition},
		"unknown partition": {produceTo("t", 2, s.batch(records.Options{}, "v")), errcode.UnknownTopicOrPartition},
		"bad checksum":      {produceTo("t", 0, broken), errcode.CorruptMessage},
		"no batch":          {produceTo("t", 0, nil), errcode.InvalidRecord},
		"two batches":       {produceTo("t", 0, append(s.batch(records.Options{}, "v"), s.batch(records.Options{}, "w")...)), errcode.InvalidRecord},
		"transactional": {produceTo("t", 0, s.batch(records.Options{Transactional: true, Producer: &records.Producer{ID: 1}}, "v")),
			errcode.InvalidTxnState},
	} {
		a := s.produce(9, c.req)
		require.Equal(t, c.want, a.ErrorCode, what)
		require.Equal(t, []int64{-1, -1, -1}, []int64{a.BaseOffset, a.LogAppendTimeMs, a.LogStartOffset}, what)
	}
	req := produceTo("t", 0, s.batch(records.Options{}, "v"))
	req.Acks = 2
	require.Equal(t, errcode.InvalidRequiredAcks, s.produce(9, req).ErrorCode)
	require.Zero(t, s.list(7, partition.LatestTimestamp).Offset, "nothing was stored")
}

func TestProduceWithoutAcks(t *testing.T) {
	s := newStory(t)
	send := func(req *api.ProduceRequest) ([]byte, error) {
		req.Acks = 0
		body, err := req.AppendTo(nil, 9)
		require.NoError(t, err)
		c := &Context{Context: context.Background(), Broker: s.d.broker, Version: 9}
		return answer(produce)(c, body, nil)
	}
	out, err := send(produceTo("t", 0, s.batch(records.Options{}, "v")))
	require.NoError(t, err)
	require.Empty(t, out, "there is no answer")
	require.EqualValues(t, 1, s.list(7, partition.LatestTimestamp).Offset)
	_, err = send(produceTo("nope", 0, s.batch(records.Options{}, "v")))
	require.ErrorIs(t, err, errcode.UnknownTopicOrPartition, "the connection ends: the client learns of it no other way")
}

func TestIdempotentProducer(t *testing.T) {
	s := newStory(t)
	batch := func(sequence int32) []byte {
		return s.batch(records.Options{Producer: &records.Producer{ID: 5, Epoch: 0, BaseSequence: sequence}}, "a", "b")
	}
	require.EqualValues(t, 0, s.produce(9, produceTo("t", 0, batch(0))).BaseOffset)
	require.EqualValues(t, 2, s.produce(9, produceTo("t", 0, batch(2))).BaseOffset)
	again := s.produce(9, produceTo("t", 0, batch(2)))
	require.Equal(t, errcode.None, again.ErrorCode)
	require.EqualValues(t, 2, again.BaseOffset, "sent twice, stored once")
	require.Equal(t, errcode.OutOfOrderSequenceNumber, s.produce(9, produceTo("t", 0, batch(6))).ErrorCode)
	require.EqualValues(t, 4, s.list(7, partition.LatestTimestamp).Offset)
}

func TestInternalTopicsAreNotForClients(t *testing.T) {
	s := newStory(t)
	_, refused := s.d.broker.Cluster.AutoCreate(cluster.OffsetsTopic)
	require.Nil(t, refused)
	a := s.produce(9, produceTo(cluster.OffsetsTopic, 0, s.batch(records.Options{}, "v")))
	require.Equal(t, errcode.InvalidTopic, a.ErrorCode)
}

func TestFetchFaults(t *testing.T) {
	s := newStory(t)
	s.produce(9, produceTo("t", 0, s.batch(records.Options{}, "v")))
	require.Equal(t, errcode.OffsetOutOfRange, s.fetch(11, fetchFrom("t", 0, 2)).ErrorCode)
	require.Equal(t, errcode.OffsetOutOfRange, s.fetch(11, fetchFrom("t", 0, -1)).ErrorCode)
	require.Equal(t, errcode.UnknownTopicOrPartition, s.fetch(11, fetchFrom("t", 9, 0)).ErrorCode)
	require.Equal(t, errcode.UnknownTopicOrPartition, s.fetch(11, fetchFrom("nope", 0, 0)).ErrorCode)
	byID := fetchFrom("", 0, 0)
	byID.Topics[0].TopicID = wire.UUID{1, 2, 3}
	require.Equal(t, errcode.UnknownTopicID, s.fetch(16, byID).ErrorCode)
	follower := fetchFrom("t", 0, 0)
	follower.ReplicaID = 2
	require.Equal(t, errcode.ClusterAuthorizationFailed, s.fetch(11, follower).ErrorCode)
	ahead := fetchFrom("t", 0, 0)
	ahead.Topics[0].Partitions[0].CurrentLeaderEpoch = 99
	require.Equal(t, errcode.UnknownLeaderEpoch, s.fetch(11, ahead).ErrorCode)
}

func TestFetchLimits(t *testing.T) {
	s := newStory(t)
	for _, v := range []string{"a", "b", "c"} {
		s.produce(9, produceTo("t", 0, s.batch(records.Options{}, v)))
		s.produce(9, produceTo("t", 1, s.batch(records.Options{}, v)))
	}
	req := fetchFrom("t", 0, 1)
	req.Topics[0].Partitions[0].PartitionMaxBytes = 1
	require.Equal(t, []string{"b"}, values(t, s.fetch(11, req).Records), "one batch comes, however small the limit")
	req = fetchFrom("t", 0, 0)
	req.Topics = append(req.Topics, fetchFrom("t", 1, 0).Topics...)
	req.MaxBytes = 1
	resp := exchange(t, s.d, req, 11).(*api.FetchResponse)
	require.Len(t, values(t, resp.Responses[0].Partitions[0].Records), 1)
	require.Empty(t, resp.Responses[0].Partitions[1].Records, "the limit is for the whole answer")
}

func TestFetchWaitsForRecords(t *testing.T) {
	s := newStory(t)
	req := fetchFrom("t", 0, 0)
	req.MaxWaitMs = 60_000
	got := make(chan api.FetchResponsePartitionData)
	go func() { got <- s.fetch(11, req) }()
	select {
	case <-got:
		t.Fatal("the answer did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	s.produce(9, produceTo("t", 1, s.batch(records.Options{}, "other")))
	s.produce(9, produceTo("t", 0, s.batch(records.Options{}, "v")))
	require.Equal(t, []string{"v"}, values(t, (<-got).Records))

	late := fetchFrom("t", 0, 1)
	late.MaxWaitMs = 10
	start := time.Now()
	require.Empty(t, s.fetch(11, late).Records)
	require.GreaterOrEqual(t, time.Since(start), 10*time.Millisecond)
}

func TestFetchWaitsForEnough(t *testing.T) {
	s := newStory(t)
	one := s.batch(records.Options{}, "v")
	req := fetchFrom("t", 0, 0)
	req.MaxWaitMs, req.MinBytes = 60_000, int32(3*len(one))
	got := make(chan api.FetchResponsePartitionData)
	go func() { got <- s.fetch(11, req) }()
	for range 3 {
		s.produce(9, produceTo("t", 0, s.batch(records.Options{}, "v")))
	}
	require.Len(t, (<-got).Records, 3*len(one))
}

// Whoever waits for records of a topic that is deleted, or made anew, learns it at once.
func TestFetchWaitsForATopicThatGoes(t *testing.T) {
	for _, again := range []bool{false, true} {
		s := newStory(t)
		req := fetchFrom("t", 0, 0)
		req.MaxWaitMs = 60_000
		got := make(chan api.FetchResponsePartitionData, 1)
		go func() { got <- s.fetch(11, req) }()
		time.Sleep(20 * time.Millisecond)
		require.Nil(t, s.d.broker.Cluster.DeleteTopics([]wire.UUID{s.id})[0])
		if again {
			made := s.d.broker.Cluster.CreateTopics([]cluster.NewTopic{{Name: "t", Partitions: 2, ReplicationFactor: 1}}, false)
			require.Nil(t, made[0].Err)
			s.produce(9, produceTo("t", 0, s.batch(records.Options{}, "v")))
		}
		select {
		case a := <-got:
			if !again {
				require.Equal(t, errcode.UnknownTopicOrPartition, a.ErrorCode)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the fetch still waits")
		}
	}
}

func TestFetchEndsWithTheClient(t *testing.T) {
	s := newStory(t)
	req := fetchFrom("t", 0, 0)
	req.MaxWaitMs = 60_000
	ctx, cancel := context.WithCancel(context.Background())
	c := &Context{Context: ctx, Broker: s.d.broker, Version: 11}
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err := fetch(c, req)
	require.NoError(t, err)
}

func TestFetchSessionOverTheWire(t *testing.T) {
	s := newStory(t)
	req := fetchFrom("t", 0, 0)
	req.SessionEpoch = newSessionEpoch
	first := exchange(t, s.d, req, 11).(*api.FetchResponse)
	require.NotZero(t, first.SessionID)
	again := api.NewFetchRequest()
	again.SessionID, again.SessionEpoch, again.MinBytes = first.SessionID, 1, 1
	resp := exchange(t, s.d, &again, 11).(*api.FetchResponse)
	require.Equal(t, errcode.None, resp.ErrorCode)
	require.Empty(t, resp.Responses, "nothing is new")
	s.produce(9, produceTo("t", 0, s.batch(records.Options{}, "v")))
	again.SessionEpoch = 2
	resp = exchange(t, s.d, &again, 11).(*api.FetchResponse)
	require.Equal(t, []string{"v"}, values(t, resp.Responses[0].Partitions[0].Records))
	resp = exchange(t, s.d, &again, 11).(*api.FetchResponse)
	require.Equal(t, errcode.InvalidFetchSessionEpoch, resp.ErrorCode)
}

func TestListOffsetsAtEveryVersion(t *testing.T) {
	s := newStory(t)
	now := s.d.broker.Now().UnixMilli()
	s.produce(9, produceTo("t", 0, s.batch(records.Options{}, "a", "b", "c")))
	require.Equal(t, []int64{3}, s.list(0, partition.LatestTimestamp).OldStyleOffsets)
	for version := int16(1); version <= 11; version++ {
		require.EqualValues(t, 3, s.list(version, partition.LatestTimestamp).Offset)
		require.EqualValues(t, 0, s.list(version, partition.EarliestTimestamp).Offset)
		at := s.list(version, now+1)
		require.Equal(t, []int64{1, now + 1}, []int64{at.Offset, at.Timestamp})
		require.EqualValues(t, -1, s.list(version, now+3).Offset, "nothing is that new")
		newest := s.list(version, partition.MaxTimestamp)
		if version < 7 {
			require.Equal(t, errcode.UnsupportedVersion, newest.ErrorCode)
		} else {
			require.Equal(t, []int64{2, now + 2}, []int64{newest.Offset, newest.Timestamp})
		}
	}
}
