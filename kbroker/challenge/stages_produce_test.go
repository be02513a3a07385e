package challenge

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

type produced struct {
	topic                                 string
	index                                 int32
	err                                   int16
	baseOffset, logAppendTime, startsFrom int64
}

// produceTo is one batch for one partition.
type produceTo struct {
	topic string
	index int32
	batch []byte
}

// courseBatch is n records as the course produces them: producer 0, sequence 0, an old timestamp.
func courseBatch(topic string, partition, n int) []byte {
	b := batch{timestampMs: recordTimeMs}
	for i := range n {
		b.records = append(b.records, record{value: fmt.Appendf(nil, "Hello %d of %s-%d!", i, topic, partition)})
	}
	return b.bytes()
}

func produceRequest(correlationID int32, all ...produceTo) []byte {
	var order []string
	byTopic := map[string][]produceTo{}
	for _, p := range all {
		if byTopic[p.topic] == nil {
			order = append(order, p.topic)
		}
		byTopic[p.topic] = append(byTopic[p.topic], p)
	}
	m := request(produceKey, produceVersion, correlationID).raw(0).i16(-1).i32(30000).count(len(order))
	for _, topic := range order {
		m.compact(topic).count(len(byTopic[topic]))
		for _, p := range byTopic[topic] {
			m.i32(p.index).count(len(p.batch)).raw(p.batch...).tags()
		}
		m.tags()
	}
	return m.tags().frame()
}

func produce(t *testing.T, s *session, batches ...produceTo) (all []produced) {
	t.Helper()
	id := correlation()
	a := ask(t, s.conn, produceRequest(id, batches...), produceKey, produceVersion, id)
	a.tags("header tags")
	a.each("topics", func(int) {
		name := a.compact("name")
		require.NotNil(t, name)
		a.each("partitions", func(int) {
			all = append(all, produced{
				topic: string(name), index: a.i32("index"), err: a.i16("error"), baseOffset: a.i64("base offset"),
				logAppendTime: a.i64("log append time"), startsFrom: a.i64("log start offset"),
			})
			a.each("record errors", func(int) {
				a.i32("index in batch")
				a.compact("message")
				a.tags("tags of a record error")
			})
			a.compact("error message")
			a.tags("tags of a partition")
		})
		a.tags("tags of a topic")
	})
	require.Zero(t, a.i32("throttle"))
	a.tags("tags")
	require.NoError(t, a.end())
	return all
}

// produceInvalid: an unknown partition and an unknown topic, on one connection.
func produceInvalid(t *testing.T, s *session) {
	known := s.topics[0].name
	for _, to := range []produceTo{{topic: known, index: 100}, {topic: known + "-unknown", index: 0}} {
		to.batch = courseBatch(to.topic, 0, 1)
		want := produced{topic: to.topic, index: to.index, err: 3, baseOffset: -1, logAppendTime: -1, startsFrom: -1}
		require.Equal(t, []produced{want}, produce(t, s, to))
	}
}

// produceSingle writes one batch of n records to the one partition there is.
func produceSingle(n int) func(*testing.T, *session) {
	return func(t *testing.T, s *session) {
		topic := s.topics[0].name
		produceAndLook(t, s, produceTo{topic: topic, batch: courseBatch(topic, 0, n)})
	}
}

// produceEverywhere writes one batch of 2 or 3 records to each partition of each topic, in one request.
func produceEverywhere(t *testing.T, s *session) {
	var all []produceTo
	for _, topic := range s.topics {
		for p := range topic.partitions {
			all = append(all, produceTo{topic: topic.name, index: int32(p), batch: courseBatch(topic.name, p, 2+p%2)})
		}
	}
	produceAndLook(t, s, all...)
}

// produceAndLook wants offset 0 everywhere, and the batches on disk as soon as they are acknowledged.
func produceAndLook(t *testing.T, s *session, all ...produceTo) {
	t.Helper()
	var want []produced
	for _, to := range all {
		want = append(want, produced{topic: to.topic, index: to.index, logAppendTime: -1})
	}
	require.ElementsMatch(t, want, produce(t, s, all...))
	for _, to := range all {
		log, err := os.ReadFile(filepath.Join(s.course.logDir, fmt.Sprintf("%s-%d", to.topic, to.index), firstSegment))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(log), len(to.batch))
		stored, err := splitBatches(log[:len(to.batch)])
		require.NoError(t, err)
		require.Len(t, stored, 1)
		require.Equal(t, to.batch[16:], stored[0][16:], "from the format on nothing may change")
	}
}
