package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sized puts a size before a payload.
func sized(payload string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(payload)))) + payload
}

// testStream is a stream of two connections: a frame that is cut, one whose
// bytes come in parts, dropped frames, and a record of a kind of the future.
func testStream() []byte {
	large := sized(strings.Repeat("y", 100_000))
	b := AppendStreamHeader(nil)
	b = AppendStreamFrame(b, &StreamFrame{Side: SideClient, Time: 1000, Connection: 7, Client: "127.0.0.1:50000", Broker: "127.0.0.1:9092", Length: len(large)}, []byte(large))
	b = AppendStreamFrame(b, &StreamFrame{Side: SideClient, Time: 1500, Connection: 1 << 60, Client: "[::1]:50001", Broker: "[::1]:9092", Length: 9}, []byte{0, 0, 0, 5}, []byte("other"))
	b = AppendStreamFrame(b, &StreamFrame{Side: SideBroker, Time: 2000, Connection: 7, Client: "127.0.0.1:50000", Broker: "127.0.0.1:9092", Length: 10}, []byte(sized("answer")))
	b = AppendStreamDropped(b, 2500, 12)
	b = AppendStreamFrame(b, &StreamFrame{Side: SideClient, Time: 3000, Connection: 7, Client: "127.0.0.1:50000", Broker: "127.0.0.1:9092", Length: 8}, []byte(sized("next")))
	return append(b, 0, 0, 0, 3, 99, 1, 2)
}

func TestStream(t *testing.T) {
	r, err := Read(testStream())
	require.NoError(t, err)
	require.Equal(t, "kwire", r.Format)
	require.Nil(t, r.Pos)
	require.Equal(t, []Connection{{Client: "127.0.0.1:50000", Broker: "127.0.0.1:9092"}, {Client: "[::1]:50001", Broker: "[::1]:9092"}}, r.Connections)
	require.Equal(t, []string{
		"12 packets left out: more than whoever watched could take",
		"1 packet left out: of a kind that is not known here",
	}, r.Notes)
	cut := MaxStreamFrameBytes
	require.Equal(t, []Chunk{
		{Start: 0, End: cut + 8, Note: "127.0.0.1:50000 > 127.0.0.1:9092", Side: SideClient, Connection: 1,
			Marks: []Mark{{At: 0, Time: 1000}, {At: cut, Time: 3000, Lost: 100_004 - cut}}},
		{Start: cut + 8, End: cut + 18, Note: "127.0.0.1:9092 > 127.0.0.1:50000", Side: SideBroker, Connection: 1, Marks: []Mark{{At: cut + 8, Time: 2000}}},
		{Start: cut + 18, End: cut + 27, Note: "[::1]:50001 > [::1]:9092", Side: SideClient, Connection: 2, Marks: []Mark{{At: cut + 18, Time: 1500}}},
	}, r.Chunks)
	require.Equal(t, sized("answer")+sized("other"), string(r.Bytes[cut+8:]))

	as, err := ReadAs("kwire", testStream())
	require.NoError(t, err)
	require.Equal(t, r, as)
	_, err = ReadAs("kwire", []byte("0000"))
	require.EqualError(t, err, "kwire: character 1: the first bytes are not those of such a file")
}

// TestStreamOfRing: a stream that has lost its first records is one.
func TestStreamOfRing(t *testing.T) {
	whole := testStream()
	first := streamHeaderBytes + streamLengthBytes + int(binary.BigEndian.Uint32(whole[streamHeaderBytes:]))
	r, err := Read(append(AppendStreamHeader(nil), whole[first:]...))
	require.NoError(t, err)
	require.Len(t, r.Connections, 2)
	require.Equal(t, sized("other")+sized("next")+sized("answer"), string(r.Bytes))
}

// TestStreamCut: a stream cut anywhere gives the records before, and says where it ends.
func TestStreamCut(t *testing.T) {
	whole := testStream()
	ends := map[int]bool{streamHeaderBytes: true}
	for at := streamHeaderBytes; at < len(whole); {
		at += streamLengthBytes + int(binary.BigEndian.Uint32(whole[at:]))
		ends[at] = true
	}
	last := 0
	for n := streamHeaderBytes; n < len(whole); n += 1 + n/300 {
		r, err := Read(whole[:n])
		require.GreaterOrEqual(t, len(r.Bytes), last)
		last = len(r.Bytes)
		if ends[n] && n > streamHeaderBytes {
			require.NoError(t, err, n)
			continue
		}
		var e *Error
		require.True(t, errors.As(err, &e), n)
		require.True(t, ends[e.Pos], "%d: %v", n, err)
	}
}

func TestStreamErrors(t *testing.T) {
	head := string(AppendStreamHeader(nil))
	frame := func(change func(b []byte)) string {
		b := AppendStreamFrame(AppendStreamHeader(nil), &StreamFrame{Side: SideClient, Time: 1, Connection: 1, Client: "c", Broker: "b", Length: 9}, []byte(sized("12345")))
		change(b)
		return string(b)
	}
	for _, c := range []struct{ input, reason string }{
		{head, "character 9: no frames in it"},
		{head[:7] + "\x02", "character 8: version 2 of the format; this program reads version 1"},
		{head + "\x00\x00\x00", "character 9: the stream ends within a record"},
		{head + "\x00\x00\x00\x00\x01", "character 9: a record has a length of 0, it can be 1 to 66069"},
		{head + "\xff\xff\xff\xff\x01", "character 9: a record has a length of 4294967295, it can be 1 to 66069"},
		{head + "\x00\x00\x00\x02\x01", "character 9: the stream ends within a record"},
		{head + "\x00\x00\x00\x02\x01\x00", "character 9: the record of a frame is too short for what stands before the frame"},
		{head + "\x00\x00\x00\x02\x03\x00", "character 9: a record of dropped frames has 6 bytes, not 17"},
		{frame(func(b []byte) { b[8+25] = 11 }), "character 9: the record of a frame is too short for what stands before the frame"},
		{frame(func(b []byte) { b[8+24] = 8 }), "character 9: the record holds 9 bytes of a frame of 8"},
		{frame(func(b []byte) { b[8+21] = 0x80 }), "character 9: the record holds 9 bytes of a frame of 2147483657"},
	} {
		_, err := Read([]byte(c.input))
		require.EqualError(t, err, "kwire: "+c.reason, "%q", c.input)
	}
}

// TestStreamWriter: what is too long is cut, never refused.
func TestStreamWriter(t *testing.T) {
	long := strings.Repeat("a", 300)
	b := AppendStreamFrame(AppendStreamHeader(nil), &StreamFrame{Side: SideBroker, Time: -1, Connection: 1<<64 - 1, Client: long, Broker: long, Length: 1 << 20},
		make([]byte, 40_000), make([]byte, 40_000))
	require.Len(t, b, streamHeaderBytes+streamLengthBytes+maxStreamRecord)
	r, err := Read(b)
	require.NoError(t, err)
	require.Len(t, r.Bytes, MaxStreamFrameBytes)
	require.Equal(t, long[:255], r.Connections[0].Client)
	require.Equal(t, []Mark{{At: 0, Time: -1}, {At: MaxStreamFrameBytes, Time: -1, Lost: 1<<20 - MaxStreamFrameBytes}}, r.Chunks[0].Marks)
}

// FuzzStream: any bytes behind a header are read in bounds; what was read and
// is written again frame by frame reads the same.
func FuzzStream(f *testing.F) {
	f.Add(testStream()[streamHeaderBytes:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, records []byte) {
		in := append(AppendStreamHeader(nil), records...)
		r, err := Read(in)
		require.Equal(t, "kwire", r.Format)
		require.LessOrEqual(t, len(r.Bytes), len(records))
		var e *Error
		require.True(t, err == nil || errors.As(err, &e) && e.Pos <= len(in))
		at := 0
		for _, c := range r.Chunks {
			require.Equal(t, at, c.Start)
			require.Greater(t, c.End, c.Start)
			at = c.End
			for _, m := range c.Marks {
				require.True(t, m.Lost >= 0 && m.At >= c.Start && m.At <= c.End)
			}
		}
		require.Equal(t, len(r.Bytes), at)
		again, err := Read(rewrite(r))
		if len(r.Chunks) == 0 {
			return
		}
		require.NoError(t, err)
		require.True(t, bytes.Equal(r.Bytes, again.Bytes))
	})
}

// rewrite writes what was read as a stream: a frame for each mark.
func rewrite(r Result) []byte {
	b := AppendStreamHeader(nil)
	for _, c := range r.Chunks {
		for i, m := range c.Marks {
			end := c.End
			if i+1 < len(c.Marks) {
				end = c.Marks[i+1].At
			}
			conn := r.Connections[c.Connection-1]
			b = AppendStreamFrame(b, &StreamFrame{Side: c.Side, Time: m.Time, Connection: uint64(c.Connection), Client: conn.Client, Broker: conn.Broker, Length: end - m.At}, r.Bytes[m.At:end])
		}
	}
	return b
}
