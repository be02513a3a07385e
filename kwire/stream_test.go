package kwire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/kwire-project/kafka/kwire"
)

// frames is a stream of frames of the given sizes, and the payloads.
func frames(sizes ...int) (stream []byte, payloads [][]byte) {
	for i, n := range sizes {
		p := bytes.Repeat([]byte{byte(i + 1)}, n)
		stream = append(binary.BigEndian.AppendUint32(stream, uint32(n)), p...)
		payloads = append(payloads, p)
	}
	return stream, payloads
}

func TestFrameReaderReadsFramesAndStops(t *testing.T) {
	stream, want := frames(3, 0, 200_000, 1)
	for name, r := range map[string]io.Reader{"whole": bytes.NewReader(stream), "byte by byte": iotest.OneByteReader(bytes.NewReader(stream))} {
		f := kwire.NewFrameReader(r, 0)
		for i, w := range want {
			got, err := f.Next()
			if err != nil || !bytes.Equal(got, w) {
				t.Fatalf("%s: frame %d: %d bytes, %v", name, i, len(got), err)
			}
		}
		if _, err := f.Next(); err != io.EOF || f.Offset() != int64(len(stream)) {
			t.Errorf("%s: at the end: %v at %d", name, err, f.Offset())
		}
	}
}

func TestFrameReaderTellsWhereAStreamBreaks(t *testing.T) {
	stream, _ := frames(3, 5)
	for cut := 1; cut < len(stream); cut++ {
		f := kwire.NewFrameReader(bytes.NewReader(stream[:cut]), 0)
		var err error
		for err == nil {
			_, err = f.Next()
		}
		var e *kwire.Error
		switch {
		case cut == 7: // between the frames
			if err != io.EOF {
				t.Errorf("cut at %d: %v", cut, err)
			}
		case !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &e) || e.Offset != min(cut/7*7, 7):
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	for name, c := range map[string]struct {
		size uint32
		want error
		text string
	}{
		"negative": {math.MaxUint32, kwire.ErrValue, "kwire: size: offset 7: frame of -1 bytes: value out of range"},
		"too long": {1001, kwire.ErrLimit, "kwire: size: offset 7: frame of 1001 bytes, 1000 allowed: over a limit"},
	} {
		bad := binary.BigEndian.AppendUint32(append([]byte{}, stream[:7]...), c.size)
		f := kwire.NewFrameReader(bytes.NewReader(bad), 1000)
		if _, err := f.Next(); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Next(); !errors.Is(err, c.want) || err.Error() != c.text {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := errors.New("broken")
	for _, start := range []string{"", "\x00\x00", "\x00\x00\x00\x05ab"} {
		r := io.MultiReader(strings.NewReader(start), iotest.ErrReader(broken))
		if _, err := kwire.NewFrameReader(r, 0).Next(); err != broken {
			t.Errorf("after %q the reader's own error became %v", start, err)
		}
	}
}

// A size buys no memory that its bytes do not follow.
func TestFrameReaderBelievesBytesNotSizes(t *testing.T) {
	stream := binary.BigEndian.AppendUint32(nil, 100<<20)
	stream = append(stream, make([]byte, 1000)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := kwire.NewFrameReader(bytes.NewReader(stream), 0).Next()
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated for 1,000", n)
	}
}

func TestFrameReaderReusesItsBuffer(t *testing.T) {
	stream, _ := frames(1000)
	r := bytes.NewReader(stream)
	f := kwire.NewFrameReader(r, 0)
	if n := testing.AllocsPerRun(100, func() {
		r.Reset(stream)
		if _, err := f.Next(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%.0f allocations", n)
	}
}

// In pieces is as at once: the frames of a stream do not depend on how it is cut.
func TestSplitterInPiecesIsAsAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		sizes := make([]int, r.IntN(6))
		for i := range sizes {
			sizes[i] = r.IntN(40)
		}
		stream, want := frames(sizes...)
		stream = append(stream, make([]byte, r.IntN(4))...) // the start of another
		var s kwire.Splitter
		var got [][]byte
		for rest := stream; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			s.Feed(rest[:n])
			rest = rest[n:]
			if r.IntN(4) == 0 {
				continue // feeding on before the frames are taken is allowed
			}
			for s.More() {
				got = append(got, bytes.Clone(s.Frame()))
			}
		}
		for s.More() {
			got = append(got, bytes.Clone(s.Frame()))
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%d frames of %d", len(got), len(want))
		}
		at := 0
		for i := range want {
			if !bytes.Equal(got[i][kwire.FrameSizeBytes:], want[i]) {
				t.Fatalf("frame %d is %x", i, got[i])
			}
			at += len(got[i])
		}
		if s.Offset() != int64(at) || s.Pending() != len(stream)-at {
			t.Fatalf("at %d with %d pending, of %d", s.Offset(), s.Pending(), len(stream))
		}
	}
}

func TestSplitterStopsAtABadSize(t *testing.T) {
	stream, _ := frames(3)
	s := kwire.Splitter{MaxFrameBytes: 10}
	s.Feed(append(stream, 0, 0, 0, 11, 1, 2))
	if !s.More() || s.More() {
		t.Fatal("one frame is whole")
	}
	var e *kwire.Error
	if !errors.As(s.Err(), &e) || !errors.Is(e, kwire.ErrLimit) || e.Offset != 7 {
		t.Error(s.Err())
	}
	s.Feed(stream)
	if s.More() {
		t.Error("it went on behind a bad size")
	}
}

// What arrives whole is not copied.
func TestSplitterCopiesOnlyWhatIsCut(t *testing.T) {
	stream, _ := frames(100, 100)
	var s kwire.Splitter
	if n := testing.AllocsPerRun(100, func() {
		s.Feed(stream)
		for s.More() {
		}
	}); n != 0 {
		t.Errorf("%.0f allocations", n)
	}
}
