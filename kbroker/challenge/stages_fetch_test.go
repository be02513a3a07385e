package challenge

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

type fetched struct {
	topic                   uuid
	index                   int32
	err                     int16
	highWatermark, lso, low int64
	records                 []byte
}

func fetchRequest(correlationID int32, ids ...uuid) []byte {
	m := request(fetchKey, fetchVersion, correlationID)
	m.i32(500).i32(1).i32(math.MaxInt32).i8(0) // max wait, min bytes, max bytes, isolation level
	m.i32(0).i32(0)                            // session id and epoch
	m.count(len(ids))
	for _, id := range ids {
		m.uuid(id).count(1).i32(0).i32(-1).i64(0).i32(-1).i64(-1).i32(math.MaxInt32).tags().tags()
	}
	return m.count(0).compact("").tags().frame() // forgotten topics, rack
}

// fetch reads partition 0 of the topics.
func fetch(t *testing.T, s *session, ids ...uuid) (all []fetched) {
	t.Helper()
	id := correlation()
	a := ask(t, s.conn, fetchRequest(id, ids...), fetchKey, fetchVersion, id)
	a.tags("header tags")
	require.Zero(t, a.i32("throttle"))
	require.Zero(t, a.i16("error"))
	a.i32("session id")
	topics := a.each("topics", func(int) {
		f := fetched{topic: a.uuid("topic id")}
		partitions := a.each("partitions", func(int) {
			f.index, f.err = a.i32("index"), a.i16("error")
			f.highWatermark, f.lso, f.low = a.i64("high watermark"), a.i64("last stable offset"), a.i64("log start offset")
			a.each("aborted transactions", func(int) {
				a.i64("producer id")
				a.i64("first offset")
				a.tags("tags of an aborted transaction")
			})
			a.i32("preferred replica")
			f.records = a.compact("records")
			a.tags("tags of a partition")
		})
		require.Equal(t, 1, partitions)
		a.tags("tags of a topic")
		all = append(all, f)
	})
	require.Equal(t, len(ids), topics, "an empty array is not null")
	a.tags("tags")
	require.NoError(t, a.end())
	return all
}

func fetchNothing(t *testing.T, s *session) { require.Empty(t, fetch(t, s)) }

func fetchUnknownTopic(t *testing.T, s *session) {
	unknown := newTopic("").id
	got := fetch(t, s, unknown)[0]
	require.Equal(t, fetched{topic: unknown, err: 100, highWatermark: -1, lso: -1, low: -1, records: got.records}, got)
	require.Empty(t, got.records)
}

func fetchEmptyTopic(t *testing.T, s *session) {
	got := fetch(t, s, s.topics[0].id)[0]
	require.Equal(t, fetched{topic: s.topics[0].id, records: got.records}, got)
	require.Empty(t, got.records)
}

// fetchMessages: all batches of the log in one answer, every byte as it lies on disk.
func fetchMessages(t *testing.T, s *session) {
	topic := s.topics[0]
	n := int64(len(topic.partitions[0]))
	require.Equal(t, fetched{topic: topic.id, highWatermark: n, lso: n, records: partitionLog(topic.partitions[0])}, fetch(t, s, topic.id)[0])
}
