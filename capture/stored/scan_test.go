package stored_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// segment is n batches of two records, or legacy entries, and where each starts.
func segment(t testing.TB, magic int8, n int) (b []byte, starts []int) {
	t.Helper()
	for i := range n {
		starts = append(starts, len(b))
		value := []byte(strings.Repeat("value ", i+1))
		var err error
		if magic < 2 {
			b, err = records.AppendMessage(b, magic, records.Record{Offset: int64(i), Timestamp: 1_700_000_000_000, Value: value})
		} else {
			w := records.NewWriter(b, records.Options{BaseOffset: int64(2 * i)})
			w.Append(records.Record{Timestamp: 1_700_000_000_000, Value: value})
			w.Append(records.Record{Timestamp: 1_700_000_000_000, Key: value})
			b, err = w.Finish()
		}
		require.NoError(t, err)
	}
	return b, append(starts, len(b))
}

// parts scans and checks that no byte is left out.
func parts(t testing.TB, b []byte) (all []stored.Part) {
	t.Helper()
	at := int64(0)
	for s := stored.NewScanner(stored.InMemory(b)); ; {
		p, ok := s.Next()
		if !ok {
			require.EqualValues(t, len(b), at)
			return all
		}
		require.Equal(t, at, p.Start)
		require.Greater(t, p.End, p.Start)
		require.Equal(t, p.Kind == stored.Damaged || p.Kind == stored.CutOff, p.Err != nil && p.Kind != stored.Batch)
		if p.Err != nil {
			require.GreaterOrEqual(t, p.Err.Offset, int(p.Start))
			require.LessOrEqual(t, p.Err.Offset, int(p.End))
		}
		at = p.End
		all = append(all, p)
	}
}

// text is one letter for each part: b for a batch, c for one with a wrong CRC, D for damage, / for a start, 0 for zeros.
func text(all []stored.Part) string {
	var s []byte
	for _, p := range all {
		c := "bD/0"[p.Kind]
		if c == 'b' && p.Err != nil {
			c = 'c'
		}
		s = append(s, c)
	}
	return string(s)
}

func TestEveryTruncationOfASegment(t *testing.T) {
	for magic := range int8(3) {
		b, starts := segment(t, magic, 4)
		for n := range b {
			i, whole := slices.BinarySearch(starts, n)
			want := strings.Repeat("b", i)
			if !whole {
				want = strings.Repeat("b", i-1) + "/"
			}
			all := parts(t, b[:n])
			require.Equal(t, want, text(all), "magic %d, %d bytes", magic, n)
			if !whole {
				require.ErrorIs(t, all[len(all)-1].Err, io.ErrUnexpectedEOF)
			}
		}
	}
}

// Whatever byte of a batch is changed, the batches before and after it are found.
func TestEveryChangedByteOfASegment(t *testing.T) {
	for magic := range int8(3) {
		b, starts := segment(t, magic, 4)
		for at := starts[1]; at < starts[2]; at++ {
			for _, c := range []byte{0, 1, 0x7f, 0x80, 0xff, b[at] ^ 1} {
				d := slices.Clone(b)
				if d[at] == c {
					continue
				}
				d[at] = c
				all := parts(t, d)
				switch got := text(all); got {
				case "bcbb", "bDbb", "bbbb": // the CRC does not cover the offset and the epoch
				default:
					t.Fatalf("magic %d, byte %d is %#x: %s", magic, at-starts[1], c, got)
				}
				require.EqualValues(t, starts[2], all[2].Start)
			}
		}
	}
}

func TestDamageInSegments(t *testing.T) {
	b, starts := segment(t, 2, 4)
	cut := func(from, to int) []byte { return slices.Concat(b[:from], b[to:]) }
	put := func(at int, x ...byte) []byte {
		d := slices.Clone(b)
		copy(d[at:], x)
		return d
	}
	for _, c := range []struct {
		what  string
		b     []byte
		want  string
		at    int
		cause error
	}{
		{"garbage between batches", slices.Concat(b[:starts[2]], []byte("garbage that is no batch"), b[starts[2]:]), "bbDbb", starts[2] + 16, wire.ErrUnsupportedVersion},
		{"zeros between batches", slices.Concat(b[:starts[2]], make([]byte, 5000), b[starts[2]:]), "bbDbb", starts[2] + 8, wire.ErrValue},
		{"a byte is missing", cut(starts[1]+70, starts[1]+71), "bDbb", starts[1] + 17, records.ErrCRC},
		{"a length too large", put(starts[1]+8, 0, 0, 0xff), "bDbb", starts[1] + 8, io.ErrUnexpectedEOF},
		{"a length that no batch has", put(starts[1]+8, 0x7f, 0xff, 0xff, 0xff), "bDbb", starts[1] + 8, wire.ErrValue},
		{"a length within the file", put(starts[1]+8, 0, 0, 0, 200), "bDbb", starts[1] + 17, records.ErrCRC},
		{"no batch at the start", b[7:], "Dbbb", 8, io.ErrUnexpectedEOF},
		{"the last batch", put(starts[3]+80, 'x'), "bbbc", starts[3] + 17, records.ErrCRC},
		{"a wrong batch, then the start of one", put(starts[2]+80, 'x')[:starts[3]+20], "bbc/", starts[2] + 17, records.ErrCRC},
		{"a magic that does not exist", put(starts[2]+16, 3), "bbDb", starts[2] + 16, wire.ErrUnsupportedVersion},
	} {
		all := parts(t, c.b)
		require.Equal(t, c.want, text(all), c.what)
		i := strings.IndexAny(c.want, "cD")
		require.ErrorIs(t, all[i].Err, c.cause, c.what)
		require.Equal(t, c.at, all[i].Err.Offset, "%s: %v", c.what, all[i].Err)
	}
	require.Equal(t, "bbbb0", text(parts(t, append(slices.Clone(b), make([]byte, 300_000)...))), "preallocated")
	require.Equal(t, "0", text(parts(t, make([]byte, 100))))
}

// A batch is found again at every place relative to the steps in which it is looked for.
func TestFoundAgainFarAway(t *testing.T) {
	b, _ := segment(t, 2, 2)
	junk := make([]byte, 600_000)
	for i := range junk {
		junk[i] = byte(rand.Uint32())
	}
	for _, n := range []int{1, 16, 17, 61, 262_100, 262_127, 262_128, 262_129, 262_144, 300_000, 524_288 - 17, 600_000} {
		all := parts(t, slices.Concat(junk[:n], b))
		require.Equal(t, "Dbb", text(all), "%d bytes", n)
		require.EqualValues(t, n, all[0].End)
	}
}

// Bytes of which every one may start a large batch take no more time than others.
func TestSearchIsBounded(t *testing.T) {
	b := make([]byte, 4<<20)
	for i := 0; i+17 < len(b); i += 17 {
		binary.BigEndian.PutUint32(b[i+8:], uint32(len(b)-i-12))
		b[i+16] = 2
	}
	start := time.Now()
	all := parts(t, b)
	took := time.Since(start)
	require.Len(t, all, 1)
	t.Logf("%v for %d bytes", took, len(b))
	require.Less(t, took, time.Duration(len(b))*time.Microsecond)
}

func TestUnknownBytes(t *testing.T) {
	for _, in := range []string{"", "0", "0\n", "00 12 00 04", "hello", "{}", "version: x", strings.Repeat("\x00", 40), "\x00\x00\x00\x23\x00\x12\x00\x04\x00\x00\x00\x07"} {
		require.Equal(t, stored.File{}, stored.Recognise("", []byte(in), int64(len(in)), nil), "%q", in)
	}
	require.Equal(t, "log segment of __consumer_offsets", fmt.Sprint(stored.Named("x/__consumer_offsets-12/00000000000000000007.log")))
	require.Equal(t, stored.File{Kind: stored.Segment, Base: 7}, stored.Named(`C:\logs\a-b-12\00000000000000000007.log.swap`))
	require.Equal(t, stored.File{}, stored.Named("kafka.log"))
}
