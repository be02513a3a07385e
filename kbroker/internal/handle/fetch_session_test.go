package handle

import (
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/stretchr/testify/require"
)

var sessionStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func fetchOf(sessionID, epoch int32, indexes ...int32) *api.FetchRequest {
	req := api.NewFetchRequest()
	req.SessionID, req.SessionEpoch = sessionID, epoch
	if len(indexes) > 0 {
		t := api.NewFetchRequestTopic()
		t.Topic = "t"
		for _, i := range indexes {
			p := api.NewFetchRequestPartition()
			p.Partition = i
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	return &req
}

// answersFor makes an answer for each target: high watermark hw, and records for those in full.
func answersFor(c *fetchContext, hw int64, full ...int32) []api.FetchResponsePartitionData {
	out := make([]api.FetchResponsePartitionData, len(c.targets))
	for i, t := range c.targets {
		out[i] = api.NewFetchResponsePartitionData()
		out[i].PartitionIndex, out[i].HighWatermark = t.key.index, hw
		for _, f := range full {
			if f == t.key.index {
				out[i].Records = []byte{1}
			}
		}
	}
	return out
}

func indexes(c *fetchContext) (out []int32) {
	for _, t := range c.targets {
		out = append(out, t.key.index)
	}
	return out
}

func TestFetchSessionTellsOnlyNews(t *testing.T) {
	s := newFetchSessions(10)
	c, code := s.begin(sessionStart, fetchOf(0, newSessionEpoch, 0, 1, 2), false)
	require.Equal(t, errcode.None, code)
	require.NotNil(t, c.session)
	tell, code := s.finish(c, answersFor(c, 5, 0))
	require.Equal(t, errcode.None, code)
	require.Equal(t, []bool{true, true, true}, tell, "a full answer has every partition")

	id := c.session.id
	c, code = s.begin(sessionStart, fetchOf(id, 1), false)
	require.Equal(t, errcode.None, code)
	require.Equal(t, []int32{1, 2, 0}, indexes(c), "what gave records waits behind the others")
	tell, _ = s.finish(c, answersFor(c, 5, 2))
	require.Equal(t, []bool{false, true, false}, tell, "only partition 2 has records, no high watermark moved")

	c, _ = s.begin(sessionStart, fetchOf(id, 2), false)
	tell, _ = s.finish(c, answersFor(c, 6))
	require.Equal(t, []bool{true, true, true}, tell, "the high watermarks moved")

	c, _ = s.begin(sessionStart, fetchOf(id, 3), false)
	answers := answersFor(c, 6)
	answers[0].ErrorCode = errcode.UnknownTopicOrPartition
	tell, _ = s.finish(c, answers)
	require.Equal(t, []bool{true, false, false}, tell, "an error is told")
	c, _ = s.begin(sessionStart, fetchOf(id, 4), false)
	tell, _ = s.finish(c, answersFor(c, 6))
	require.Equal(t, []bool{true, false, false}, tell, "and so is its end")
}

func TestFetchSessionChangesItsPartitions(t *testing.T) {
	s := newFetchSessions(10)
	c, _ := s.begin(sessionStart, fetchOf(0, newSessionEpoch, 0, 1), false)
	id := c.session.id
	req := fetchOf(id, 1, 7)
	req.ForgottenTopicsData = []api.FetchRequestForgottenTopic{{Topic: "t", Partitions: []int32{0, 99}}}
	c, code := s.begin(sessionStart, req, false)
	require.Equal(t, errcode.None, code)
	require.Equal(t, []int32{1, 7}, indexes(c))
	require.Equal(t, 2, s.partitions)
}

func TestFetchSessionFaults(t *testing.T) {
	s := newFetchSessions(10)
	_, code := s.begin(sessionStart, fetchOf(77, 1), false)
	require.Equal(t, errcode.FetchSessionIDNotFound, code)

	c, _ := s.begin(sessionStart, fetchOf(0, newSessionEpoch, 0), false)
	id := c.session.id
	_, code = s.begin(sessionStart, fetchOf(id, 2), false)
	require.Equal(t, errcode.InvalidFetchSessionEpoch, code, "an epoch was left out")
	_, code = s.begin(sessionStart, fetchOf(id, 1), true)
	require.Equal(t, errcode.FetchSessionTopicIDError, code, "ids where the session has names")

	first, _ := s.begin(sessionStart, fetchOf(id, 1), false)
	_, code = s.begin(sessionStart, fetchOf(id, 2), false)
	require.Equal(t, errcode.None, code)
	_, code = s.finish(first, answersFor(first, 0))
	require.Equal(t, errcode.InvalidFetchSessionEpoch, code, "the next request overtook this one")

	c, code = s.begin(sessionStart, fetchOf(id, finalSessionEpoch, 0), false)
	require.Equal(t, errcode.None, code)
	require.Nil(t, c.session)
	require.Empty(t, s.byID, "epoch -1 ends the session")
	require.Zero(t, s.partitions)
}

func TestFetchSessionsAreBounded(t *testing.T) {
	s := newFetchSessions(2)
	for range 2 {
		c, _ := s.begin(sessionStart, fetchOf(0, newSessionEpoch, 0), false)
		require.NotNil(t, c.session)
	}
	c, code := s.begin(sessionStart.Add(time.Second), fetchOf(0, newSessionEpoch, 0), false)
	require.Equal(t, errcode.None, code)
	require.Nil(t, c.session, "no slot is free: the client goes on without a session")
	c, _ = s.begin(sessionStart.Add(fetchSessionIdle), fetchOf(0, newSessionEpoch, 0, 1), false)
	require.NotNil(t, c.session, "an idle session gave way")
	require.Len(t, s.byID, 2)
	require.Equal(t, 3, s.partitions)
}

func TestFetchNamesAPartitionTwice(t *testing.T) {
	s := newFetchSessions(2)
	req := fetchOf(0, newSessionEpoch, 3, 3)
	req.Topics[0].Partitions[1].FetchOffset = 9
	c, _ := s.begin(sessionStart, req, false)
	require.Equal(t, []int32{3}, indexes(c))
	require.EqualValues(t, 9, c.targets[0].offset, "the last mention counts")
}

func TestSessionEpochWraps(t *testing.T) {
	require.EqualValues(t, 1, nextSessionEpoch(1<<31-1))
	require.EqualValues(t, 3, nextSessionEpoch(2))
}

// A log that took another way is news, also when nothing else has changed: the client would ask for ever.
func TestFetchSessionTellsOfDivergence(t *testing.T) {
	s := newFetchSessions(10)
	c, _ := s.begin(sessionStart, fetchOf(0, newSessionEpoch, 0, 1), false)
	_, code := s.finish(c, answersFor(c, 5))
	require.Equal(t, errcode.None, code)
	c, _ = s.begin(sessionStart, fetchOf(c.session.id, 1), false)
	answers := answersFor(c, 5)
	answers[1].DivergingEpoch.Epoch, answers[1].DivergingEpoch.EndOffset = 0, 3
	tell, code := s.finish(c, answers)
	require.Equal(t, errcode.None, code)
	require.Equal(t, []bool{false, true}, tell)
}

// Requests share the memory of their frame. What outlives them must not: a session would keep 100 MB alive for a name.
func TestNothingKeepsTheFrame(t *testing.T) {
	s := newStory(t)
	req := fetchFrom("t", 0, 0)
	req.SessionEpoch = newSessionEpoch
	frame, err := kwire.AppendRequest(nil, kwire.Header{}, req, 11)
	require.NoError(t, err)
	_, err = s.d.Serve(t.Context(), &Conn{}, frame[4:], nil)
	require.NoError(t, err)
	hello, err := kwire.AppendRequest(nil, kwire.Header{}, named(3), 3)
	require.NoError(t, err)
	conn := &Conn{}
	_, err = s.d.Serve(t.Context(), conn, hello[4:], nil)
	require.NoError(t, err)
	for _, b := range [][]byte{frame, hello} {
		for i := range b {
			b[i] = '!'
		}
	}
	require.Equal(t, "kafka-cli", conn.ClientSoftwareName)
	require.Equal(t, "0.1", conn.ClientSoftwareVersion)
	require.Len(t, s.d.broker.fetchSessions.byID, 1)
	for _, session := range s.d.broker.fetchSessions.byID {
		require.Equal(t, "t", session.order[0].topic)
		for key, target := range session.targets {
			require.Equal(t, "t", key.topic)
			require.Equal(t, "t", target.key.topic)
		}
	}
}
