package view

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/kwire/schema"
)

const samplesDir = "../../web/samples"

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(samplesDir, name+".txt"))
	require.NoError(t, err)
	return b
}

// requireSound checks what the page relies on: nodes nest, lie in preorder and
// own every byte of their frame exactly once.
func requireSound(t *testing.T, d *Doc) {
	t.Helper()
	rows := d.Rows()
	for _, f := range d.Frames {
		require.LessOrEqual(t, f.Off+f.Len, len(d.Bytes))
		owned := make([]int, f.Len)
		for i := f.FirstNode; i < f.FirstNode+f.NodeCount; i++ {
			n := rows[i]
			require.Greater(t, n.End, i)
			require.LessOrEqual(t, n.End, f.FirstNode+f.NodeCount)
			require.GreaterOrEqual(t, n.Off, f.Off, "%+v", n)
			require.LessOrEqual(t, n.Off+n.Len, f.Off+f.Len, "%+v", n)
			require.Equal(t, n.End > i+1, n.Flags&NodeBranch != 0, "%+v", n)
			for k := i + 1; k < n.End; k = rows[k].End {
				require.Equal(t, n.Depth+1, rows[k].Depth)
				require.Equal(t, i, rows[k].Parent)
				require.LessOrEqual(t, rows[k].End, n.End)
			}
			if n.End == i+1 {
				for b := n.Off - f.Off; b < n.Off-f.Off+n.Len; b++ {
					owned[b]++
				}
			}
		}
		for b, times := range owned {
			require.Equal(t, 1, times, "byte %d of %s", b, f.Title)
		}
	}
}

// step is how far apart the bytes are at which a test cuts or damages an
// input: go test -short, for runs that are slow, as under GOOS=js, takes fewer.
func step() int {
	if testing.Short() {
		return 17
	}
	return 1
}

// guessStep is a step for long inputs whose readings are guessed, which takes milliseconds.
func guessStep(bytes int) int { return step() + bytes/100 }

// TestTruncated cuts every frame of every example at every byte: what is left
// is a partial tree that owns all of its bytes, and an error that lies in it.
func TestTruncated(t *testing.T) {
	files, err := filepath.Glob(samplesDir + "/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all := Build(text, nil)
		for _, f := range all.Frames {
			whole := all.Bytes[f.Off : f.Off+f.Len]
			kind := f.Title + strconv.Itoa(len(whole)) // many examples have the same question
			if seen[kind] {
				continue
			}
			seen[kind] = true
			for n := 1; n < len(whole); n += step() {
				// As the page shows it when the reading is known: an error, always.
				d := Build(append([]byte{}, whole[:n]...), []Choice{{0, f.Side, f.Key, f.Version}})
				requireSound(t, d)
				require.NotEmpty(t, d.Frames)
				if isBinaryInput(whole[:n]) {
					require.NotEmpty(t, d.Frames[0].Err.Text, "%s cut at %d", f.Title, n)
				}
				if (n-1)%guessStep(len(whole)) != 0 {
					continue
				}
				d = Build(append([]byte{}, whole[:n]...), nil)
				requireSound(t, d)
				for _, g := range d.Frames {
					if g.Err.Text != "" {
						require.LessOrEqual(t, g.Err.Off, n)
					}
				}
			}
		}
	}
}

// isBinaryInput: a few bytes may by chance be text.
func isBinaryInput(b []byte) bool {
	r, _ := capture.Read(b)
	return r.Format == "binary"
}

// TestDamaged flips each byte of each short example, and some of the longer ones.
func TestDamaged(t *testing.T) {
	files, _ := filepath.Glob(samplesDir + "/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		d := Build(text, nil)
		for i := 0; i < len(d.Bytes); i += guessStep(len(d.Bytes)) {
			bad := append([]byte{}, d.Bytes...)
			bad[i] ^= []byte{0xff, 0x80, 0x01}[i%3]
			requireSound(t, Build(bad, nil))
		}
	}
}

// TestWrongValue: the error of a value that was read is on the value's row.
func TestWrongValue(t *testing.T) {
	for _, c := range []struct {
		key, version               int
		input, row, value, meaning string
	}{
		{18, 1482, string(sample(t, "unsupported-version")), "RequestApiVersion", "1482", "unsupported version (it has versions 0-5)"},
		{999, 0, "0000000a 03e7 0000 00000007 ffff", "RequestApiKey", "999", "value out of range (no API has key 999)"},
		{18, 0, "00000020 0012 0000 00000007 ffff", "Size", "32", "the message ends before this field does (size 32, 10 bytes follow)"},
	} {
		d := Build([]byte(c.input), []Choice{{0, SideRequest, c.key, c.version}})
		f := d.Frames[0]
		require.NotEmpty(t, f.Err.Text)
		var bad []Row
		for _, n := range d.Rows()[f.FirstNode : f.FirstNode+f.NodeCount] {
			if n.Flags&NodeError != 0 {
				bad = append(bad, n)
			}
		}
		require.Len(t, bad, 1, "%v", bad)
		require.Equal(t, c.row+" "+c.value+" "+c.meaning, bad[0].Name+" "+bad[0].Value+" "+bad[0].Meaning)
		requireSound(t, d)
	}
}

// TestSameCorrelationID: a request of Produce v4 starts as a response with the
// correlation id 4 does; it is read as what all of its bytes say.
func TestSameCorrelationID(t *testing.T) {
	d := Build([]byte("0000000a 0012 0000 00000004 ffff  00000016 0000 0004 00000005 ffff ffff ffff 00001388 00000000"), nil)
	require.Len(t, d.Frames, 2)
	require.Equal(t, "Produce request v4", d.Frames[1].Title)
	require.Empty(t, d.Frames[1].Err.Text)
}

// TestPairs: requests and answers of a dump are linked, listed or read.
func TestPairs(t *testing.T) {
	s := Open([]byte(strings.Repeat(string(sample(t, "metadata"))+"\n", 200)), "")
	for range 2 { // the second time all is known
		d := s.Doc(nil)
		require.Len(t, d.Frames, 400)
		require.NotZero(t, d.Frames[399].Flags&FrameFolded)
		for i, f := range d.Frames {
			require.Equal(t, i^1, f.Pair, i)
		}
	}
}

// TestCutRequest: without its size and its end, a request is still one.
func TestCutRequest(t *testing.T) {
	d := Build([]byte("001200040000000700026d650003676f02"), nil)
	require.Equal(t, "ApiVersions request v4", d.Frames[0].Title)
	require.Equal(t, "ClientSoftwareVersion: the message ends before this field does (1 byte announced, 0 left)", d.Frames[0].Err.Text)
}

func TestChoice(t *testing.T) {
	d := Build(sample(t, "api-versions-response"), []Choice{{1, SideResponse, 18, 3}})
	require.Equal(t, "ApiVersions response v3", d.Frames[1].Title)
	require.NotZero(t, d.Frames[1].Flags&FrameChosen)
	require.Empty(t, d.Frames[1].Err.Text) // v3 and v4 have the same layout
	d = Build(sample(t, "api-versions-response"), []Choice{{0, SideResponse, 3, 12}})
	require.NotEmpty(t, d.Frames[0].Err.Text)
	require.NotZero(t, d.Frames[0].ReadingCount)
	requireSound(t, d)
	d = Build(sample(t, "api-versions-response"), []Choice{{0, SideBatches, 0, 0}})
	requireSound(t, d)
	d = Build(sample(t, "api-versions-response"), []Choice{{0, SideRequest, 999, -7}})
	requireSound(t, d)
	require.NotZero(t, d.Frames[0].Flags&FrameUnknown)
}

// TestPositions: places in the text count as JavaScript does.
func TestPositions(t *testing.T) {
	s := Open([]byte("00 00 // é😀\n00 01 zz"), "")
	d := s.Doc(nil)
	require.True(t, d.Placed)
	for _, c := range [][5]int32{{0, 2, 0, 3, 13}, {1, 4, 3, 16, -1}, {2, 3, 13, 13, 16}} {
		places, reason := s.AppendPlaces(nil, int(c[0]), int(c[1]))
		require.Empty(t, reason)
		require.Equal(t, appendInts(nil, c[2:]), places)
	}
	for _, c := range [][2]int{{-1, 1}, {0, 5}, {2, 2}} {
		_, reason := s.AppendPlaces(nil, c[0], c[1])
		require.NotEmpty(t, reason)
	}
	require.Equal(t, Problem{"'z' is no hex digit", 19}, d.Input)
}

// TestManyFrames: those beyond the first are listed, and read when they are opened.
func TestManyFrames(t *testing.T) {
	s := Open([]byte(strings.Repeat("0000 | 00 00 00 0e 00 12 00 00 00 00 00 07 00 04 74 65 73 74 |\n", 3000)), "")
	d := s.Doc(nil)
	require.Len(t, d.Frames, 3000)
	for i, f := range d.Frames {
		require.Equal(t, "ApiVersions request v0", f.Title)
		require.Equal(t, "test", f.Client)
		require.Equal(t, i >= eagerFrames, f.NodeCount == 0)
		require.Equal(t, i >= eagerFrames, f.Flags&FrameFolded != 0)
	}
	one := s.Frame(2999, nil)
	require.Len(t, one.Frames, 1)
	require.Equal(t, 2999*18, one.Frames[0].Off)
	require.NotZero(t, one.Frames[0].NodeCount)
	require.Zero(t, one.Frames[0].Flags&FrameFolded)
	require.NotZero(t, s.Frame(2999, []Choice{{2999, SideRequest, 3, 0}}).Frames[0].Flags&FrameChosen)
	require.Empty(t, s.Frame(3000, nil).Frames)
}

func TestAPIs(t *testing.T) {
	lists := strings.Split(string(AppendLists(nil)), "\n\n")
	require.Len(t, lists, 3)
	require.Contains(t, strings.Split(lists[1], "\n"), "pcapng")
	codes := strings.Split(strings.TrimSuffix(lists[2], "\n"), "\n")
	require.Equal(t, "-1\tUNKNOWN_SERVER_ERROR", codes[0])
	require.Contains(t, codes, "35\tUNSUPPORTED_VERSION")
	lines := strings.Split(lists[0], "\n")
	n := 0
	for range schema.APIs() {
		n++
	}
	require.Len(t, lines, n)
	require.Equal(t, "0\tProduce\t0\t13", lines[0])
}

// TestBlock reads the block back as JavaScript does.
func TestBlock(t *testing.T) {
	d := Build(sample(t, "missing-tag-buffer"), nil)
	b := d.AppendBlock([]byte{1, 2, 3, 4})[4:]
	at := func(i int) int { return int(int32(binary.LittleEndian.Uint32(b[4*i:]))) }
	ints := func(slot int) (v []int) {
		for i := range at(slot + 1) {
			v = append(v, at(at(slot)/4+i))
		}
		return v
	}
	ends, text := ints(12), b[at(14):at(14)+at(15)]
	str := func(id int) string {
		if id < 0 {
			return ""
		}
		start := 0
		if id > 0 {
			start = ends[id-1]
		}
		return string(text[start:ends[id]])
	}
	require.Equal(t, blockVersion, at(0))
	require.Equal(t, "tester log", str(at(1)))
	require.Equal(t, len(d.Bytes), at(17))
	require.Len(t, ints(4), frameInts*len(d.Frames))
	require.Len(t, ints(8), readingInts*len(d.Readings))
	nodes, texts := ints(6), ints(10)
	require.Len(t, nodes, nodeInts*len(d.Nodes))
	require.Equal(t, 1, at(16))
	for i, n := range d.Rows() {
		v := nodes[i*nodeInts:]
		have := Row{Off: v[1], Len: v[2], Depth: v[5] >> 16, Parent: v[3], End: v[4], Flags: v[5] & 0xffff, PlainOff: v[6], PlainLen: v[7]}
		if v[0] >= 0 {
			x := texts[v[0]*textInts:]
			have.Texts = Texts{str(x[0]), str(x[1]), str(x[2]), str(x[3]), str(x[4])}
		}
		require.Equal(t, n, have)
	}
}

// TestMistakenID: an answer that brings back another correlation id than its request has is read all the same, and told.
func TestMistakenID(t *testing.T) {
	const ask, answer = "00000014 0012 0004 %08x 0002 6d65 00 03 6b63 03 302e 00\n", "00000013 00000007 0000 02 0012 0000 0004 00 00000000 00"
	d := Build(fmt.Appendf(nil, ask+answer, 41), nil)
	require.Len(t, d.Frames, 2)
	f := d.Frames[1]
	require.Equal(t, "ApiVersions response v4", f.Title)
	require.Equal(t, Problem{"CorrelationId: request 1 has 41, and its answer must bring that back", f.Off + 4}, f.Err)
	require.Equal(t, []int{0, 1}, []int{f.Pair, d.Frames[0].Pair})
	require.Zero(t, f.Flags&FrameExact)
	require.Equal(t, 1, f.HintCount)
	h := d.Hints[f.FirstHint]
	require.Equal(t, Hint{"the correlation id is not that of the request: write 41", Reading{SideResponse, 18, 4, 0, true}, true, f.Off + 4, 4, []byte{0, 0, 0, 41}, -1}, h)

	// Without a request it is only a response, and with the right id nothing is told.
	require.Empty(t, Build([]byte(answer), nil).Frames[0].Err.Text)
	require.Empty(t, Build(fmt.Appendf(nil, ask+answer, 7), nil).Frames[1].Err.Text)
}
