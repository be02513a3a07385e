package deflate

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unpacked is what compress/gzip reads, which holds codes to be complete and
// the checksum and the length to be right.
func unpacked(t *testing.T, packed []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	return b
}

func roundTrip(t *testing.T, b []byte) (size int) {
	t.Helper()
	packed := Gzip(b)
	require.True(t, bytes.Equal(b, unpacked(t, packed)), "%d bytes", len(b))
	return len(packed)
}

func TestRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(n, kinds int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.IntN(kinds))
		}
		return b
	}
	for n := range 300 {
		roundTrip(t, make([]byte, n))
		roundTrip(t, noise(n, 256))
		roundTrip(t, noise(n, 2))
	}
	every := make([]byte, 256) // each byte once: a code as flat as it can be
	for i := range every {
		every[i] = byte(i)
	}
	roundTrip(t, every)
	roundTrip(t, every[1:])
	far := noise(windowBytes+maxCopyBytes, 256)
	for _, gap := range []int{windowBytes - 2, windowBytes - 1, windowBytes, windowBytes + 1} { // around the farthest copy
		roundTrip(t, append(far[:gap:gap], far[:maxCopyBytes]...))
	}
	require.Less(t, roundTrip(t, make([]byte, 1<<20)), 1200)
	require.Less(t, roundTrip(t, append(noise(1<<16, 4), noise(1<<16, 256)...)), 1<<14+1<<16+2000, "two stretches, two codes")
	require.Less(t, roundTrip(t, noise(1<<16, 256)), 1<<16+1000)
}

// TestSmaller: against the best level of compress/gzip, on a program.
func TestSmaller(t *testing.T) {
	file, err := os.Executable()
	require.NoError(t, err)
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	b = b[:min(len(b), 1<<20)]
	var usual bytes.Buffer
	z, err := gzip.NewWriterLevel(&usual, gzip.BestCompression)
	require.NoError(t, err)
	_, err = z.Write(b)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	size := roundTrip(t, b)
	t.Logf("%d bytes: compress/gzip %d, here %d", len(b), usual.Len(), size)
	require.Less(t, size*100, usual.Len()*97)
	require.Equal(t, Gzip(b), Gzip(b))
}

// TestCodeLengths: no code is longer than the limit, each is complete, and
// where the limit does not matter it costs what Huffman's costs.
func TestCodeLengths(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		counts := make([]int, 1+random.IntN(40))
		for i := range counts {
			if random.IntN(4) > 0 {
				counts[i] = 1 << random.IntN(24) // steep: the limit bites
			}
		}
		for _, limit := range []int{7, 15, 30} {
			lengths := codeLengths(counts, limit)
			room, used, cost := 1<<limit, 0, 0
			for s, n := range lengths {
				require.Equal(t, counts[s] > 0, n > 0)
				require.LessOrEqual(t, int(n), limit)
				if n > 0 {
					used++
					room -= 1 << (limit - int(n))
					cost += int(n) * counts[s]
				}
			}
			if used > 1 {
				require.Zero(t, room, "%v %v", counts, lengths)
			}
			if used > 1 && limit == 30 {
				require.Equal(t, huffmanCost(counts), cost, "%v", counts)
			}
		}
	}
}

// huffmanCost joins the two lightest until one is left.
func huffmanCost(counts []int) (cost int) {
	var weights []int
	for _, n := range counts {
		if n > 0 {
			weights = append(weights, n)
		}
	}
	for len(weights) > 1 {
		for k := range 2 {
			for i := k + 1; i < len(weights); i++ {
				if weights[i] < weights[k] {
					weights[k], weights[i] = weights[i], weights[k]
				}
			}
		}
		weights[1] += weights[0]
		weights = weights[1:]
		cost += weights[0]
	}
	return cost
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte(strings.Repeat("abcabd", 50)))
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, b) })
}
