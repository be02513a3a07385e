package challenge

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func bindToPort(t *testing.T, s *session) {
	require.NotNil(t, s.conn, "a connection is all that is asked for")
}

func sendCorrelationID(t *testing.T, s *session) {
	send(t, s.conn, apiVersionsRequest(apiVersionsVersion, 7))
	checkAPIVersions(t, body(t, receive(t, s.conn), apiVersionsKey, apiVersionsVersion, 7), apiVersionsKey)
}

func parseCorrelationID(t *testing.T, s *session) {
	id := correlation()
	checkAPIVersions(t, ask(t, s.conn, apiVersionsRequest(apiVersionsVersion, id), apiVersionsKey, apiVersionsVersion, id), apiVersionsKey)
}

// parseAPIVersion: an unknown version gets error 35. The course reads no further; Kafka answers in the layout of
// version 0, with the one entry that a client needs to try again.
func parseAPIVersion(t *testing.T, s *session) {
	id, version := correlation(), int16(1000+rand.IntN(1000))
	send(t, s.conn, apiVersionsRequest(version, id))
	got := receive(t, s.conn)
	require.GreaterOrEqual(t, len(got), 10)
	require.Equal(t, uint32(id), binary.BigEndian.Uint32(got[4:]))
	require.EqualValues(t, 35, binary.BigEndian.Uint16(got[8:]))

	a := body(t, got, apiVersionsKey, version, id)
	a.i16("error")
	require.EqualValues(t, 1, a.i32("number of APIs"))
	require.EqualValues(t, apiVersionsKey, a.i16("key"))
	require.EqualValues(t, 0, a.i16("min"))
	require.GreaterOrEqual(t, a.i16("max"), int16(apiVersionsVersion))
	require.NoError(t, a.end())
}

func handleAPIVersions(t *testing.T, s *session) {
	askAPIVersions(t, s.conn, correlation(), apiVersionsKey)
}

func serialRequests(t *testing.T, s *session) {
	id := correlation()
	for range 4 {
		askAPIVersions(t, s.conn, id, apiVersionsKey)
	}
}

// concurrentRequests: all connect first, then all ask in order, then the answers are read in reverse.
func concurrentRequests(t *testing.T, s *session) {
	conns := []net.Conn{s.conn, s.program.dial(t), s.program.dial(t)}
	ids := make([]int32, len(conns))
	for i, conn := range conns {
		ids[i] = correlation()
		send(t, conn, apiVersionsRequest(apiVersionsVersion, ids[i]))
	}
	for i := len(conns) - 1; i >= 0; i-- {
		checkAPIVersions(t, body(t, receive(t, conns[i]), apiVersionsKey, apiVersionsVersion, ids[i]), apiVersionsKey)
	}
}

func advertises(key int16) func(*testing.T, *session) {
	return func(t *testing.T, s *session) { askAPIVersions(t, s.conn, correlation(), apiVersionsKey, key) }
}

func askAPIVersions(t *testing.T, conn net.Conn, correlationID int32, want ...int16) {
	t.Helper()
	checkAPIVersions(t, ask(t, conn, apiVersionsRequest(apiVersionsVersion, correlationID), apiVersionsKey, apiVersionsVersion, correlationID), want...)
}

// What the course wants of an advertised range: min <= entry.min <= max <= entry.max.
var courseRanges = map[int16]struct{ min, max int16 }{
	apiVersionsKey:        {0, apiVersionsVersion},
	describePartitionsKey: {0, describePartitionsVer},
	fetchKey:              {0, fetchVersion},
	produceKey:            {0, produceVersion},
}

// checkAPIVersions reads the layout of version 4. The header of this answer never has a tag buffer.
func checkAPIVersions(t *testing.T, a *answer, want ...int16) {
	t.Helper()
	require.Zero(t, a.i16("error"))
	seen := map[int16][2]int16{}
	a.each("APIs", func(int) {
		key := a.i16("key")
		_, twice := seen[key]
		require.False(t, twice, "key %d is listed twice", key)
		seen[key] = [2]int16{a.i16("min"), a.i16("max")}
		a.tags("tags of an API")
	})
	require.Zero(t, a.i32("throttle"))
	a.tags("tags")
	require.NoError(t, a.end())
	for _, key := range want {
		require.Contains(t, seen, key)
		got, course := seen[key], courseRanges[key]
		require.True(t, course.min <= got[0] && got[0] <= course.max && course.max <= got[1], "key %d: %v", key, got)
	}
}
