package tap

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder collects what a scanner says. It holds every frame whose size is odd.
type recorder struct {
	out    []byte
	frames []string
	sizes  []int
	size   int
	head   []byte
}

func (r *recorder) begin(size int, head []byte) plan {
	r.size, r.head = size, append([]byte(nil), head...)
	if size%2 == 1 {
		return plan{keep: size, hold: true}
	}
	return plan{keep: 20}
}

func (r *recorder) pass(b []byte) { r.out = append(r.out, b...) }

func (r *recorder) end(payload []byte, missing int) {
	r.frames, r.sizes = append(r.frames, string(payload)), append(r.sizes, len(payload)+missing)
	if r.size%2 == 1 {
		r.out = append(binary.BigEndian.AppendUint32(r.out, uint32(len(payload))), payload...)
	}
}

func sized(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }

func TestScanner(t *testing.T) {
	payloads := [][]byte{[]byte("a frame of some length"), {}, {7}, []byte("ten bytes."), []byte("eleven byte"), make([]byte, 1000), make([]byte, 1001), []byte("last")}
	var stream []byte
	for _, p := range payloads {
		stream = append(stream, sized(p)...)
	}
	for _, step := range []int{1, 2, 3, 5, 7, 11, 100, len(stream)} {
		r := &recorder{}
		s := scanner{sink: r}
		for at := 0; at < len(stream); at += step {
			s.feed(stream[at:min(at+step, len(stream))])
			require.Equal(t, stream[:min(at+step, len(stream))], append(append([]byte(nil), r.out...), s.rest()...), "nothing waits but what is held")
		}
		require.Equal(t, stream, r.out)
		require.Len(t, r.frames, len(payloads))
		for i, p := range payloads {
			want := p
			if len(p)%2 == 0 {
				want = p[:min(len(p), 20)]
			}
			require.Equal(t, string(want), r.frames[i])
			require.Equal(t, len(p), r.sizes[i])
		}
	}
}

// TestScannerGivesUp: a size that cannot be one ends the search, not the stream.
func TestScannerGivesUp(t *testing.T) {
	stream := append(sized([]byte("good")), "\xff\xff\xff\xffand on and on"...)
	for step := 1; step <= len(stream); step++ {
		r := &recorder{}
		s := scanner{sink: r}
		for at := 0; at < len(stream); at += step {
			s.feed(stream[at:min(at+step, len(stream))])
		}
		require.True(t, s.blind)
		require.Equal(t, stream, r.out)
		require.Equal(t, []string{"good"}, r.frames)
	}
}

// FuzzPass: whatever bytes come, in whatever pieces, the same bytes leave.
func FuzzPass(f *testing.F) {
	f.Add(append(sized([]byte("a request")), sized([]byte("another one"))...), uint64(1))
	f.Add([]byte("\x16\x03\x01\x00\x05hello"), uint64(2))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		r := &recorder{}
		s := scanner{sink: r}
		for at := 0; at < len(stream); {
			n := min(1+rnd.IntN(30), len(stream)-at)
			s.feed(stream[at : at+n])
			at += n
			require.Equal(t, stream[:at], append(append([]byte(nil), r.out...), s.rest()...))
		}
		once := &recorder{}
		(&scanner{sink: once}).feed(stream)
		require.Equal(t, once.frames, r.frames)
	})
}
