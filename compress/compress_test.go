package compress_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

var codecs = []records.Codec{records.None, records.Gzip, records.Snappy, records.Lz4, records.Zstd}

func forEachCodec(t *testing.T, f func(t *testing.T, c records.Codec)) {
	for _, c := range codecs {
		t.Run(c.String(), func(t *testing.T) { f(t, c) })
	}
}

// inputs are plain bytes of every temper: none, one, text, noise, and around the sizes of chunks.
func inputs() [][]byte {
	noise := make([]byte, 200<<10)
	for i := range noise {
		noise[i] = byte(rand.Int())
	}
	text := bytes.Repeat([]byte("the same words over and over, and again; "), 10_000)
	in := [][]byte{{}, {7}, text, noise, make([]byte, 1<<20), append(noise[:70<<10:70<<10], text...)}
	for _, n := range []int{32 << 10, 64 << 10, 128 << 10} {
		in = append(in, text[:n-1], text[:n], text[:n+1], noise[:n-1], noise[:n], noise[:n+1])
	}
	return in
}

func TestRoundTrip(t *testing.T) {
	forEachCodec(t, func(t *testing.T, c records.Codec) {
		for i, in := range inputs() {
			out, err := compress.All.Compress([]byte("before"), in, c)
			require.NoError(t, err)
			require.True(t, bytes.HasPrefix(out, []byte("before")))
			out = out[len("before"):]
			back, err := compress.All.Decompress([]byte("first"), out, c, len(in))
			require.NoError(t, err, "input %d of %d bytes", i, len(in))
			require.True(t, bytes.Equal(append([]byte("first"), in...), back), "input %d of %d bytes", i, len(in))
		}
	})
}

// TestCompressTheEndOfDst is what the Writer does: the plain bytes are the end of dst.
func TestCompressTheEndOfDst(t *testing.T) {
	forEachCodec(t, func(t *testing.T, c records.Codec) {
		for _, spare := range []int{0, 1 << 20} {
			buf := append(make([]byte, 0, 5100+spare), bytes.Repeat([]byte("plain"), 1000)...)
			out, err := compress.All.Compress(buf, buf[10:], c)
			require.NoError(t, err)
			require.Equal(t, buf, out[:len(buf)])
			back, err := compress.All.Decompress(nil, out[len(buf):], c, 5000)
			require.NoError(t, err)
			require.Equal(t, buf[10:], back)
		}
	})
}

func TestLimit(t *testing.T) {
	forEachCodec(t, func(t *testing.T, c records.Codec) {
		for _, in := range inputs()[1:] {
			out, err := compress.All.Compress(nil, in, c)
			require.NoError(t, err)
			for _, limit := range []int{0, len(in) / 3, len(in) - 1} {
				got, err := compress.All.Decompress([]byte("as it was"), out, c, limit)
				require.ErrorIs(t, err, wire.ErrLimit)
				require.Equal(t, "as it was", string(got))
			}
			_, err = compress.All.Decompress(nil, out, c, len(in))
			require.NoError(t, err)
		}
	})
}

// TestBombs decompresses 64 MiB of zeros, which the limit stops at 1 MiB.
func TestBombs(t *testing.T) {
	const limit = 1 << 20
	zeros := make([]byte, 64<<20)
	forEachCodec(t, func(t *testing.T, c records.Codec) {
		if c == records.None {
			t.Skip("cannot hide anything")
		}
		bomb, err := compress.All.Compress(nil, zeros, c)
		require.NoError(t, err)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = compress.All.Decompress(nil, bomb, c, limit)
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, wire.ErrLimit)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*limit))
	})
}

// TestLiars are short inputs that claim to hold much, or to be long.
func TestLiars(t *testing.T) {
	xerial := "\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
	lz4Head := "\x04\x22\x4d\x18\x60\x70\x73"
	for _, liar := range []struct {
		codec records.Codec
		bytes string
		text  string
	}{
		{records.Snappy, "\xff\xff\xff\x0f", "damaged block"},
		{records.Snappy, xerial + "\xff\xff\xff\xff", "chunk of 4294967295 bytes"},
		{records.Snappy, xerial + "\x00\x00\x00\x05\xff\xff\xff\x0f\x00", "damaged block"},
		{records.Snappy, xerial + "\x00\x00", "unexpected EOF"},
		{records.Snappy, xerial[:15] + "\x02", "version 2"},
		{records.Snappy, "\x82SNAPPY\x00\x00", "unexpected EOF"},
		{records.Lz4, "", "unexpected EOF"},
		{records.Lz4, "\x04\x22\x4d\x18\x60\x40\x83", "header checksum"},
		{records.Lz4, "\x04\x22\x4d\x18\x20\x40\x82", "version 0"},
		{records.Lz4, "\x04\x22\x4d\x18\x40\x40\xc0", "depend"},
		{records.Lz4, "\x04\x22\x4d\x18\x61\x40\xc0", "reserved"},
		{records.Lz4, "\x04\x22\x4d\x18\x60\x30\xc0", "block size 3"},
		{records.Lz4, "\x05\x22\x4d\x18\x60\x40\x82", "not an lz4 frame"},
		{records.Lz4, lz4Head, "unexpected EOF"},
		{records.Lz4, lz4Head + "\xff\xff\xff\x7f", "block of 2147483647 bytes"},
		{records.Lz4, lz4Head + "\x00\x00\x10\x00", "unexpected EOF"},
		{records.Lz4, lz4Head + "\x02\x00\x00\x00\xff\xff", "damaged block"},
		{records.Gzip, "", "unexpected EOF"},
		{records.Gzip, "\x1f\x8b\x08", "unexpected EOF"},
		{records.Zstd, "", "unexpected EOF"},
		{records.Zstd, "\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x00", "over a limit"},
		{records.Zstd, "\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x08\x00", "says that it holds"},
		{records.Codec(7), "x", "codec 7"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := compress.All.Decompress(nil, []byte(liar.bytes), liar.codec, 1<<30)
		runtime.ReadMemStats(&after)
		if assert.Error(t, err, "%v %q", liar.codec, liar.bytes) {
			assert.Contains(t, err.Error(), liar.text, "%v %q", liar.codec, liar.bytes)
		}
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), "%v %q", liar.codec, liar.bytes)
	}
}

// TestDamage flips, cuts and doubles bytes: an error or other bytes may come of it, no panic, and
// never more than the limit.
func TestDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	plain := []byte(strings.Repeat("some text to damage; ", 300))
	forEachCodec(t, func(t *testing.T, c records.Codec) {
		good, err := compress.All.Compress(nil, plain, c)
		require.NoError(t, err)
		for range 3000 {
			bad := bytes.Clone(good)
			for range 1 + r.IntN(4) {
				bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
			}
			bad = bad[:1+r.IntN(len(bad))]
			out, err := compress.All.Decompress(nil, bad, c, 10_000)
			require.LessOrEqual(t, len(out), 10_000)
			if err != nil {
				require.Empty(t, out)
			}
		}
	})
}

func TestPrefixesFail(t *testing.T) {
	forEachCodec(t, func(t *testing.T, c records.Codec) {
		if c == records.None || c == records.Snappy {
			t.Skip("has no end of its own")
		}
		good, err := compress.All.Compress(nil, []byte("a few words"), c)
		require.NoError(t, err)
		for i := range good {
			_, err := compress.All.Decompress(nil, good[:i], c, 100)
			require.Error(t, err, "%d of %d bytes", i, len(good))
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range 40 {
				c := codecs[(g+i)%len(codecs)]
				in := bytes.Repeat(fmt.Appendf(nil, "%d says %d; ", g, i), 1+i*100)
				out, err := compress.All.Compress(nil, in, c)
				assert.NoError(t, err)
				back, err := compress.All.Decompress(nil, out, c, len(in))
				assert.NoError(t, err)
				assert.True(t, bytes.Equal(in, back), "%v", c)
			}
		}()
	}
	wait.Wait()
}

// TestLz4Frames reads frames with every option that Kafka's reader knows, as another library
// writes them, and finds that library content with ours.
func TestLz4Frames(t *testing.T) {
	plain := []byte(strings.Repeat("frames and blocks, ", 20_000))
	for _, o := range [][]lz4.Option{
		{lz4.BlockSizeOption(lz4.Block64Kb), lz4.ChecksumOption(false)},
		{lz4.BlockSizeOption(lz4.Block4Mb), lz4.ChecksumOption(true)},
		{lz4.BlockChecksumOption(true), lz4.SizeOption(uint64(len(plain)))},
	} {
		var frame bytes.Buffer
		w := lz4.NewWriter(&frame)
		require.NoError(t, w.Apply(o...))
		_, err := w.Write(plain)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		back, err := compress.All.Decompress(nil, frame.Bytes(), records.Lz4, len(plain))
		require.NoError(t, err)
		require.True(t, bytes.Equal(plain, back))
	}
	frame, err := compress.All.Compress(nil, plain, records.Lz4)
	require.NoError(t, err)
	var back bytes.Buffer
	_, err = lz4.NewReader(bytes.NewReader(frame)).WriteTo(&back)
	require.NoError(t, err)
	require.True(t, bytes.Equal(plain, back.Bytes()))
}

func TestLz4BlockChecksum(t *testing.T) {
	var frame bytes.Buffer
	w := lz4.NewWriter(&frame)
	require.NoError(t, w.Apply(lz4.BlockChecksumOption(true)))
	_, err := w.Write([]byte("a block with a checksum"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	frame.Bytes()[15] ^= 1
	_, err = compress.All.Decompress(nil, frame.Bytes(), records.Lz4, 100)
	require.ErrorContains(t, err, "block checksum")
}

// TestLz4OfTheFirstMessages accepts the header checksum that Kafka wrote with magic 0.
func TestLz4OfTheFirstMessages(t *testing.T) {
	frame, err := compress.All.Compress(nil, []byte("old"), records.Lz4)
	require.NoError(t, err)
	require.Equal(t, byte(0x82), frame[6])
	frame[6] = 0x1a
	back, err := compress.All.Decompress(nil, frame, records.Lz4, 3)
	require.NoError(t, err)
	require.Equal(t, "old", string(back))
}

// TestSnappyOfOthers reads what is not framed, as some clients send it.
func TestSnappyOfOthers(t *testing.T) {
	framed, err := compress.All.Compress(nil, []byte("snappy snappy snappy"), records.Snappy)
	require.NoError(t, err)
	block := framed[20:]
	require.Len(t, block, int(binary.BigEndian.Uint32(framed[16:])))
	back, err := compress.All.Decompress(nil, block, records.Snappy, 20)
	require.NoError(t, err)
	require.Equal(t, "snappy snappy snappy", string(back))
}

func BenchmarkDecompress(b *testing.B) {
	plain := bytes.Repeat([]byte(`{"id":17,"user":"someone","amount":12.50,"currency":"EUR"}`), 2000)
	for _, c := range codecs[1:] {
		b.Run(c.String(), func(b *testing.B) {
			in, err := compress.All.Compress(nil, plain, c)
			require.NoError(b, err)
			buf := make([]byte, 0, 2*len(plain))
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := compress.All.Decompress(buf, in, c, len(plain)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompress(b *testing.B) {
	plain := bytes.Repeat([]byte(`{"id":17,"user":"someone","amount":12.50,"currency":"EUR"}`), 2000)
	for _, c := range codecs[1:] {
		b.Run(c.String(), func(b *testing.B) {
			buf := make([]byte, 0, 2*len(plain))
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := compress.All.Compress(buf, plain, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
