package exchange

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// request is ApiVersions v0 with a client id; answer is some response.
func request(correlation int32, client string) []byte {
	b := []byte{0, 0, 0, 0, 0, 18, 0, 0}
	b = binary.BigEndian.AppendUint32(b, uint32(correlation))
	b = binary.BigEndian.AppendUint16(b, uint16(len(client)))
	return sized(append(b, client...))
}

func answer(correlation int32, n int) []byte {
	return sized(append(binary.BigEndian.AppendUint32(make([]byte, 4, 8), uint32(correlation)), make([]byte, n)...))
}

func sized(b []byte) []byte {
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// talk is a connection: each side's bytes, and marks as offsets in them.
func talk(client, broker []byte, guessed bool, marks ...[]capture.Mark) capture.Result {
	r := capture.Result{Format: "pcap", Bytes: append(append([]byte{}, client...), broker...), Connections: []capture.Connection{{Guessed: guessed}}}
	r.Chunks = []capture.Chunk{{End: len(client), Side: capture.SideClient, Connection: 1}, {Start: len(client), End: len(r.Bytes), Side: capture.SideBroker, Connection: 1}}
	for i, m := range marks {
		for _, m := range m {
			m.At += r.Chunks[i].Start
			r.Chunks[i].Marks = append(r.Chunks[i].Marks, m)
		}
	}
	return r
}

func TestConversation(t *testing.T) {
	q1, q2, a1, a2 := request(1, "app"), request(2, "app"), answer(1, 30), answer(2, 10)
	r := talk(append(append([]byte{}, q1...), q2...), append(append([]byte{}, a1...), a2...), false,
		[]capture.Mark{{At: 0, Time: 1000}, {At: 10, Time: 1500}, {At: len(q1), Time: 3000}},
		[]capture.Mark{{At: 0, Time: 2000}, {At: 20, Time: 2200}, {At: len(a1), Time: 9000}})
	frames := Frames(r)
	require.Len(t, frames, 4)
	for i, want := range []struct {
		side    capture.Side
		id      int32
		time    int64
		pair    int
		latency int64
	}{{capture.SideClient, 1, 1000, 1, 500}, {capture.SideBroker, 1, 2000, 0, 500}, {capture.SideClient, 2, 3000, 3, 6000}, {capture.SideBroker, 2, 9000, 2, 6000}} {
		f := frames[i]
		require.Equal(t, want.side, f.Side, i)
		require.Equal(t, want.id, f.CorrelationID, i)
		require.Equal(t, want.time, f.Time, i)
		require.Equal(t, want.pair, f.Pair, i)
		require.Equal(t, want.latency, f.Latency, i)
		require.True(t, f.Known)
	}
	require.Equal(t, inspect.Layout{Kind: schema.KindResponse, Key: 18, Sized: true}, frames[1].Layout)
	require.Equal(t, "app", ClientID(r.Bytes[frames[0].Start:frames[0].End], true))
}

// TestStream: a frame of a .kwire stream that is cut does not hide the next one,
// nor its own answer.
func TestStream(t *testing.T) {
	long := request(1, strings.Repeat("c", 30_000))
	long = sized(append(long, make([]byte, 2*capture.MaxStreamFrameBytes)...))
	at := int64(0)
	b := capture.AppendStreamHeader(nil)
	add := func(side capture.Side, frame []byte) {
		at += 1000
		b = capture.AppendStreamFrame(b, &capture.StreamFrame{Side: side, Time: at, Connection: 5, Client: "c:1", Broker: "b:2", Length: len(frame)}, frame)
	}
	add(capture.SideClient, long)
	add(capture.SideBroker, answer(1, 10))
	add(capture.SideClient, request(2, "app"))
	add(capture.SideClient, long)
	add(capture.SideBroker, answer(2, 10))
	r, err := capture.Read(b)
	require.NoError(t, err)
	frames := Frames(r)
	require.Len(t, frames, 5)
	missing := len(long) - capture.MaxStreamFrameBytes
	for i, want := range []struct {
		id, pair, lost int
		latency        int64
	}{{1, 1, missing, 1000}, {1, 0, 0, 1000}, {2, 4, 0, 2000}, {1, -1, missing, 0}, {2, 2, 0, 2000}} {
		f := frames[i]
		require.Equal(t, want.id, int(f.CorrelationID), i)
		require.Equal(t, want.pair, f.Pair, i)
		require.Equal(t, want.lost, f.Lost, i)
		require.Equal(t, want.latency, f.Latency, i)
		require.True(t, f.Known, i)
		require.Equal(t, Message, f.Kind, i)
	}
}

// TestGuessedSides: the ports told the wrong way round; the requests tell.
func TestGuessedSides(t *testing.T) {
	r := talk(answer(7, 5), request(7, "x"), true)
	frames := Frames(r)
	require.Len(t, frames, 2)
	require.Equal(t, capture.SideClient, frames[0].Side)
	require.Equal(t, 1, frames[0].Pair)
}

// TestMiddleOfAConnection: the first frame's start is not there.
func TestMiddleOfAConnection(t *testing.T) {
	q := append([]byte("the rest of something"), request(3, "app")...)
	frames := Frames(talk(append(q, request(4, "app")...), append(make([]byte, 9), answer(3, 4)...), true))
	require.Len(t, frames, 5)
	kinds := map[Kind]int{}
	for _, f := range frames {
		kinds[f.Kind]++
	}
	require.Equal(t, map[Kind]int{Message: 3, Loose: 2}, kinds)
}

// TestLostBytes cuts bytes out of a stream of requests: no frame that is whole
// is missed, whatever is cut.
func TestLostBytes(t *testing.T) {
	var stream []byte
	var starts []int
	for i := range 10 {
		starts = append(starts, len(stream))
		stream = append(stream, request(int32(i), "client of some length")...)
	}
	for from := range stream {
		for _, n := range []int{1, 5, 30, 60, 100} {
			if from == 0 || from+n > len(stream) {
				continue
			}
			cut := append(append([]byte{}, stream[:from]...), stream[from+n:]...)
			marks := []capture.Mark{{At: 0}, {At: from, Lost: n}}
			if from+n == len(stream) {
				marks = marks[:1]
			}
			r := talk(cut, answer(0, 1), false, marks)
			found := map[int]bool{}
			at := 0
			for _, f := range Frames(r) {
				if f.Side == capture.SideBroker {
					continue
				}
				require.Equal(t, at, f.Start)
				at = f.End
				found[f.Start] = f.Kind == Message && f.Known
			}
			require.Equal(t, len(cut), at)
			for i, s := range starts {
				end := s + len(request(0, "client of some length"))
				switch {
				case end <= from:
					require.True(t, found[s], "request %d, %d bytes lost from %d", i, n, from)
				case s >= from+n:
					require.True(t, found[s-n], "request %d, %d bytes lost from %d", i, n, from)
				}
			}
		}
	}
}

func TestTLS(t *testing.T) {
	hello := append([]byte{22, 3, 1, 0, 3, 1, 2, 3}, 23, 3, 3, 0, 1, 9)
	frames := Frames(talk(hello, hello[:8], false))
	require.Len(t, frames, 2)
	require.Equal(t, TLS, frames[0].Kind)
	require.Equal(t, TLS, frames[1].Kind)
	require.False(t, isTLS(request(1, "a")))
	require.False(t, isTLS(nil))
}

func TestDump(t *testing.T) {
	one, two := request(1, "a"), request(2, "b")
	dump := func(b []byte) (lengths []int) {
		for _, f := range Frames(capture.Result{Bytes: b, Chunks: []capture.Chunk{{End: len(b)}}}) {
			lengths = append(lengths, f.End-f.Start)
		}
		return lengths
	}
	both := append(append([]byte{}, one...), two...)
	require.Equal(t, []int{len(one), len(two)}, dump(both))
	require.Equal(t, []int{len(one), 9}, dump(both[:len(one)+9]), "cut off")
	require.Equal(t, []int{len(one) + 2}, dump(append(append([]byte{}, one...), 0xff, 0xff)), "bytes too many")
	require.Equal(t, []int{len(one) - 4}, dump(one[4:]), "without a size")
}

// TestManyFrames: the cost is linear.
func TestManyFrames(t *testing.T) {
	took := func(n int) time.Duration {
		var q, a []byte
		var marks [2][]capture.Mark
		for i := range n {
			marks[0] = append(marks[0], capture.Mark{At: len(q), Time: int64(i) * 10})
			marks[1] = append(marks[1], capture.Mark{At: len(a), Time: int64(i)*10 + 5})
			q, a = append(q, request(int32(i), "app")...), append(a, answer(int32(i), 20)...)
		}
		r := talk(q, a, false, marks[:]...)
		start := time.Now()
		frames := Frames(r)
		require.Len(t, frames, 2*n)
		require.Equal(t, n*2-1, frames[n*2-2].Pair)
		return time.Since(start)
	}
	small, large := took(10_000), took(100_000)
	t.Logf("20,000 frames %v, 200,000 frames %v", small, large)
	require.Less(t, large, 60*small+time.Second)
}

func FuzzFrames(f *testing.F) {
	f.Add(append(request(1, "a"), request(2, "b")...), answer(1, 3), uint64(1), true)
	f.Add([]byte{22, 3, 1, 0, 3, 1, 2, 3}, []byte{}, uint64(9), false)
	f.Fuzz(func(t *testing.T, client, broker []byte, seed uint64, guessed bool) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var marks [2][]capture.Mark
		for i, b := range [][]byte{client, broker} {
			for at := 0; at < len(b); at += 1 + rnd.IntN(40) {
				marks[i] = append(marks[i], capture.Mark{At: at, Time: int64(rnd.IntN(1000)), Lost: max(0, rnd.IntN(60)-40)})
			}
		}
		r := talk(client, broker, guessed, marks[:]...)
		seen := make([]int, len(r.Bytes))
		frames := Frames(r)
		for i, f := range frames {
			require.Less(t, f.Start, f.End)
			for k := f.Start; k < f.End; k++ {
				seen[k]++
			}
			if f.Pair >= 0 {
				require.Equal(t, i, frames[f.Pair].Pair)
				require.NotEqual(t, f.Side, frames[f.Pair].Side)
			}
		}
		for i, n := range seen {
			require.Equal(t, 1, n, "byte %d", i)
		}
	})
}
