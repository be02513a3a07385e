package batches

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

func FuzzDecompressGzip(f *testing.F)   { fuzzDecompress(f, records.Gzip) }
func FuzzDecompressSnappy(f *testing.F) { fuzzDecompress(f, records.Snappy) }
func FuzzDecompressLz4(f *testing.F)    { fuzzDecompress(f, records.Lz4) }
func FuzzDecompressZstd(f *testing.F)   { fuzzDecompress(f, records.Zstd) }

// fuzzDecompress holds any bytes to the contract of a Decompressor: the limit is exact, a failure
// leaves dst as it was, and what comes out can be compressed and comes out the same.
func fuzzDecompress(f *testing.F, c records.Codec) {
	for _, plain := range []string{"", "a", strings.Repeat("some text, ", 30), "\x0c\x00\x00\x00\x01\x01\x00"} {
		b, err := compress.All.Compress(nil, []byte(plain), c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint16(len(plain)))
	}
	f.Add([]byte("\x04\x22\x4d\x18\x60\x40\x1a\x00\x00\x00\x00"), uint16(9))
	f.Add([]byte("\x05\x10hello"), uint16(5))
	f.Fuzz(func(t *testing.T, b []byte, limit uint16) {
		out, err := compress.All.Decompress([]byte("dst"), b, c, int(limit))
		if err != nil {
			require.Equal(t, "dst", string(out))
			return
		}
		require.Equal(t, "dst", string(out[:3]))
		plain := out[3:]
		require.LessOrEqual(t, len(plain), int(limit))
		exact, err := compress.All.Decompress(nil, b, c, len(plain))
		require.NoError(t, err)
		require.Equal(t, string(plain), string(exact))
		if len(plain) > 0 {
			_, err = compress.All.Decompress(nil, b, c, len(plain)-1)
			require.ErrorIs(t, err, wire.ErrLimit)
		}
		packed, err := compress.All.Compress(nil, plain, c)
		require.NoError(t, err)
		again, err := compress.All.Decompress(nil, packed, c, len(plain))
		require.NoError(t, err)
		require.Equal(t, string(plain), string(again))
	})
}
