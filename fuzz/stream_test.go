package fuzz

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
)

// FuzzFrameStream reads any bytes as a stream of frames in three ways, at once and in pieces: all find the same
// frames, and stop at the same byte for the same reason.
func FuzzFrameStream(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x03abc\x00\x00\x00\x00\x00\x00\x00\x01d"), uint64(1))
	f.Add([]byte("\x00\x00\x00\x03abc\x00\x00\x00\x09d"), uint64(2))
	f.Add([]byte("\x00\x00\x00\x03abc\xff\xff\xff\xff"), uint64(3))
	f.Add([]byte("\x00\x00\x00\x03abc\x00\x10\x00\x00"), uint64(4))
	const most = 1 << 10
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		// At once.
		var want [][]byte
		rest := stream
		var end error
		for end == nil {
			payload, after, err := kwire.NextFrame(rest)
			if err == nil && len(payload) <= most {
				want, rest = append(want, payload), after
			} else if end = err; err == nil {
				end = kwire.ErrLimit
			}
		}
		at := len(stream) - len(rest)

		// From a reader that gives what it likes.
		random := rand.New(rand.NewPCG(seed, 0))
		frames := kwire.NewFrameReader(shortReader{bytes.NewReader(stream), random}, most)
		var got [][]byte
		payload, err := frames.Next()
		for ; err == nil; payload, err = frames.Next() {
			got = append(got, bytes.Clone(payload))
		}
		sameFrames(t, want, got)
		if bad := badSize(end); bad || end == io.EOF { // a size over the limit is told before the bytes that are missing
			require.Equal(t, bad, badSize(err), "%v and %v", end, err)
		}
		require.Equal(t, int64(at), frames.Offset())

		// In pieces.
		s := kwire.Splitter{MaxFrameBytes: most}
		got = nil
		for left := stream; len(left) > 0; {
			n := 1 + random.IntN(len(left))
			s.Feed(left[:n])
			left = left[n:]
			for s.More() {
				got = append(got, bytes.Clone(s.Frame()[kwire.FrameSizeBytes:]))
			}
		}
		sameFrames(t, want, got)
		require.Equal(t, int64(at), s.Offset())
		if s.Err() == nil {
			require.Equal(t, len(stream)-at, s.Pending())
		} else {
			require.True(t, badSize(s.Err()), s.Err())
			require.True(t, badSize(err), "%v and %v", s.Err(), err)
		}
	})
}

func badSize(err error) bool { return errors.Is(err, kwire.ErrValue) || errors.Is(err, kwire.ErrLimit) }

func sameFrames(t *testing.T, want, got [][]byte) {
	t.Helper()
	require.Equal(t, len(want), len(got))
	for i := range want {
		require.True(t, bytes.Equal(want[i], got[i]), "frame %d", i)
	}
}

// shortReader reads less than it is asked for, as connections do.
type shortReader struct {
	r      io.Reader
	random *rand.Rand
}

func (s shortReader) Read(b []byte) (int, error) {
	if len(b) > 1 {
		b = b[:1+s.random.IntN(len(b))]
	}
	return s.r.Read(b)
}
