package challenge

import (
	"math/rand/v2"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
)

// The APIs and versions that the course speaks, and no others.
const (
	produceKey, produceVersion                   = 0, 11
	fetchKey, fetchVersion                       = 1, 16
	apiVersionsKey, apiVersionsVersion           = 18, 4
	describePartitionsKey, describePartitionsVer = 75, 0
)

// stage is one stage of the course: its slug and title, the topics it finds on disk, and what is sent and checked.
type stage struct {
	slug, title string
	topics      func() []topic
	check       func(t *testing.T, s *session)
}

// session is a stage under way.
type session struct {
	course  course
	program *program
	topics  []topic
	conn    net.Conn
}

// stages in the course's order.
var stages = []stage{
	{"vi6", "bind to a port", nil, bindToPort},
	{"nv3", "send correlation id", nil, sendCorrelationID},
	{"wa6", "parse correlation id", nil, parseCorrelationID},
	{"nc5", "parse api version", nil, parseAPIVersion},
	{"pv1", "handle ApiVersions requests", nil, handleAPIVersions},
	{"nh4", "serial requests", nil, serialRequests},
	{"sk0", "concurrent requests", nil, concurrentRequests},
	{"yk1", "include DescribeTopicPartitions in ApiVersions", nil, advertises(describePartitionsKey)},
	{"vt6", "list for an unknown topic", oneTopic(""), listUnknownTopic},
	{"ea7", "list for a single partition", oneTopic(""), listTopics},
	{"ku4", "list for multiple partitions", partitioned(2), listTopics},
	{"wq2", "list for multiple topics", partitioned(1, 2), listTopics},
	{"gs0", "include Fetch in ApiVersions", nil, advertises(fetchKey)},
	{"dh6", "fetch with no topics", nil, fetchNothing},
	{"hn6", "fetch with an unknown topic", oneTopic(""), fetchUnknownTopic},
	{"cm4", "fetch with an empty topic", partitioned(1), fetchEmptyTopic},
	{"eg2", "fetch single message from disk", oneTopic("Hello World!"), fetchMessages},
	{"fd8", "fetch multiple messages from disk", oneTopic("Hello Kafka!", "Hello Universe!", "Hello Earth!"), fetchMessages},
	{"xz1", "include Produce in ApiVersions", nil, advertises(produceKey)},
	{"zf2", "produce to an invalid topic or partition", oneTopic("Hello CodeCrafters!"), produceInvalid},
	{"gg1", "produce to a valid topic", partitioned(1), produceSingle(1)},
	{"ls8", "produce a single record", partitioned(1), produceSingle(1)},
	{"yd8", "produce multiple records", partitioned(1), produceSingle(3)},
	{"ct4", "produce to multiple partitions", partitioned(3), produceEverywhere},
	{"ov0", "produce to multiple topics", partitioned(2, 1), produceEverywhere},
}

func TestStages(t *testing.T) {
	require.Len(t, stages, 25)
	for _, st := range stages {
		t.Run(st.slug+" "+st.title, func(t *testing.T) {
			s := &session{course: courseAt(t)}
			if st.topics != nil {
				s.topics = st.topics()
			}
			s.course.lay(t, s.topics)
			t.Cleanup(s.course.remove)
			s.program = startProgram(t, nil, s.course.properties)
			s.conn = s.program.dial(t)
			st.check(t, s)
			require.NoError(t, s.conn.Close())
			s.program.stop(t)
		})
	}
}

var fruits = []string{"apple", "orange", "banana", "pear", "grape", "pineapple", "mango", "strawberry", "raspberry", "blueberry"}

func newTopic(name string, partitions ...[]string) topic {
	id := uuid{0x71, 0xa5, 0x9a, 0x51, 0x89, 0x68, 0x4f, 0x8b, 0x93, 0x7e}
	for i := 10; i < 16; i++ {
		id[i] = byte(rand.IntN(256))
	}
	return topic{name: name, id: id, partitions: partitions}
}

// oneTopic has one partition that holds the values.
func oneTopic(values ...string) func() []topic {
	return func() []topic { return []topic{newTopic(fruits[rand.IntN(len(fruits))], values)} }
}

// partitioned has one topic of empty partitions for each count, with names out of order.
func partitioned(counts ...int) func() []topic {
	names := []string{"strawberry", "pineapple"}
	return func() (all []topic) {
		for i, n := range counts {
			all = append(all, newTopic(names[i], make([][]string, n)...))
		}
		return all
	}
}

func correlation() int32 { return rand.Int32N(1<<31 - 2) }

// request starts a request with header version 2.
func request(key, version int16, correlationID int32) *message {
	const clientID = "kafka-tester"
	return new(message).i16(key).i16(version).i32(correlationID).i16(int16(len(clientID))).text(clientID).tags()
}

func apiVersionsRequest(version int16, correlationID int32) []byte {
	return request(apiVersionsKey, version, correlationID).compact("kafka-cli").compact("0.1").tags().frame()
}

// body checks size and correlation id of an answer, reads it a second time with the project's strict codec, and
// returns it after the correlation id.
func body(t *testing.T, got []byte, key, version int16, correlationID int32) *answer {
	t.Helper()
	a := &answer{b: got}
	size := a.i32("size")
	require.NoError(t, a.err)
	require.EqualValues(t, len(got)-4, size, "the size is that of what follows: % x", got)
	require.Equal(t, correlationID, a.i32("correlation id"))
	_, err := kwire.DecodeResponse(got[4:], kwire.APIKey(key), version)
	require.NoError(t, err)
	return a
}

// ask sends one request and returns the body of the answer.
func ask(t *testing.T, conn net.Conn, frame []byte, key, version int16, correlationID int32) *answer {
	t.Helper()
	send(t, conn, frame)
	return body(t, receive(t, conn), key, version, correlationID)
}
