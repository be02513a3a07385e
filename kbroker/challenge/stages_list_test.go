package challenge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// kafkaAuthorizedOperations is what Kafka without an authorizer answers for a topic, known or not.
const kafkaAuthorizedOperations = 0xdf8

type listedPartition struct {
	err                                       int16
	index, leader                             int32
	replicas, isr, elr, lastKnownELR, offline []int32
}

type listedTopic struct {
	err        int16
	name       string
	id         uuid
	internal   int8
	partitions []listedPartition
	operations int32
}

func listRequest(correlationID, limit int32, names ...string) []byte {
	m := request(describePartitionsKey, describePartitionsVer, correlationID).count(len(names))
	for _, name := range names {
		m.compact(name).tags()
	}
	return m.i32(limit).i8(-1).tags().frame()
}

// list asks for topics and reads the whole answer, whose cursor has to be null.
func list(t *testing.T, s *session, limit int, names ...string) (topics []listedTopic) {
	t.Helper()
	id := correlation()
	a := ask(t, s.conn, listRequest(id, int32(limit), names...), describePartitionsKey, describePartitionsVer, id)
	a.tags("header tags")
	require.Zero(t, a.i32("throttle"))
	a.each("topics", func(int) {
		topic := listedTopic{err: a.i16("error"), name: string(a.compact("name")), id: a.uuid("topic id"), internal: a.i8("is internal")}
		a.each("partitions", func(int) {
			p := listedPartition{err: a.i16("error"), index: a.i32("index"), leader: a.i32("leader")}
			// Kafka begins a new epoch at each start, so only its sign is known.
			require.GreaterOrEqual(t, a.i32("leader epoch"), int32(0))
			p.replicas, p.isr = a.i32s("replicas"), a.i32s("isr")
			p.elr, p.lastKnownELR, p.offline = a.i32s("eligible leaders"), a.i32s("last known"), a.i32s("offline")
			topic.partitions = append(topic.partitions, p)
			a.tags("tags of a partition")
		})
		topic.operations = a.i32("authorized operations")
		a.tags("tags of a topic")
		topics = append(topics, topic)
	})
	require.EqualValues(t, -1, a.i8("cursor"))
	a.tags("tags")
	require.NoError(t, a.end())
	return topics
}

func listUnknownTopic(t *testing.T, s *session) {
	name := fmt.Sprintf("UNKNOWN_TOPIC_%d", 1+rand.IntN(99))
	require.Equal(t, []listedTopic{{err: 3, name: name, operations: kafkaAuthorizedOperations}}, list(t, s, 1, name))
}

// listTopics asks for all topics on disk in the order they were made. The limit is exactly the number of partitions,
// and still nothing is left for a next page.
func listTopics(t *testing.T, s *session) {
	limit := 0
	var names []string
	var want []listedTopic
	for _, topic := range s.topics {
		names = append(names, topic.name)
		listed := listedTopic{name: topic.name, id: topic.id, operations: kafkaAuthorizedOperations}
		for p := range topic.partitions {
			listed.partitions = append(listed.partitions, listedPartition{index: int32(p), leader: 1, replicas: []int32{1}, isr: []int32{1}})
			limit++
		}
		want = append(want, listed)
	}
	slices.SortFunc(want, func(a, b listedTopic) int { return strings.Compare(a.name, b.name) })
	require.Equal(t, want, list(t, s, limit, names...))
}
