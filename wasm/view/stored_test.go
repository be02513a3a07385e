package view

import (
	"encoding/hex"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/capture/stored/fixtures"
	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
)

// Every file of Kafka's log directories is listed and read to its last byte, is written again as it is, and every row
// has a name and a place.
func TestStoredFiles(t *testing.T) {
	for _, dir := range fixtures.Directories {
		files := fixtures.Files(t, dir)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			b := files[name]
			if len(b) > 1<<20 && testing.Short() {
				continue // room set aside in indexes
			}
			s := Open(b, path.Base(name))
			d := s.Doc(nil)
			requireSound(t, readOf(d))
			if len(b) == 0 {
				continue
			}
			require.Equal(t, s.file.String(), d.Format, name)
			require.NotEmpty(t, d.Format, name)
			require.Empty(t, d.Input.Text, name)
			at := 0
			for i, f := range d.Frames {
				require.Equal(t, at, f.Off, name)
				at += f.Len
				require.Empty(t, f.Err.Text, "%s: %s", name, f.Title)
				one := s.Frame(i, nil)
				requireSound(t, one)
				if !s.file.HasBatches() {
					require.Equal(t, SideFile, one.Frames[0].Side)
					continue
				}
				require.Regexp(t, `^batch of offsets \d+ to \d+$`, f.Title, name)
				require.Regexp(t, `^\d+ records?(, (gzip|snappy|lz4|zstd|transactional|control))*$`, f.Note, name)
				require.NotZero(t, f.Time, name)
				require.Equal(t, f.Title, one.Frames[0].Title)
				require.Equal(t, -1, s.RoundTrip(i), "%s: %s", name, f.Title)
			}
			require.Equal(t, len(b), at, name)
		}
	}
}

// readOf is a Doc without the frames that are only listed.
func readOf(d *Doc) *Doc {
	read := *d
	read.Frames = slices.DeleteFunc(slices.Clone(d.Frames), func(f Frame) bool { return f.Flags&FrameFolded != 0 })
	return &read
}

// A record of the metadata log is changed like any field: its lengths, those of the batch and the checksum follow.
func TestEditStored(t *testing.T) {
	s := Open(fixtures.Files(t, "clean-shutdown")["__cluster_metadata-0/00000000000000000000.log"], "00000000000000000000.log")
	d := s.Frame(1, nil)
	row := slices.IndexFunc(d.Rows(), func(n Row) bool { return n.Value == `"group.version"` })
	require.Positive(t, row)
	e := s.Edit(1, EditSet, row, 0, []byte("a.much.longer.name"), nil)
	require.Empty(t, e.Refused)
	e = s.Frame(1, nil)
	require.Empty(t, e.Frames[0].Err.Text)
	require.True(t, slices.ContainsFunc(e.Rows(), func(n Row) bool { return n.Value == `"a.much.longer.name"` }))
	require.Equal(t, -1, s.RoundTrip(1))
	state, reason := s.Replay(11)
	require.Empty(t, reason)
	require.Contains(t, rowsOfState(state), " a.much.longer.name 1")
}

func rowsOfState(d *Doc) (rows []string) {
	for _, n := range d.Rows() {
		rows = append(rows, strings.Repeat(" ", n.Depth)+n.Name+" "+n.Value)
	}
	return rows
}

func TestReplayState(t *testing.T) {
	files := fixtures.Files(t, "clean-shutdown")
	b := files["__cluster_metadata-0/00000000000000000000.log"]
	s := Open(b, "")
	require.Equal(t, "log segment of __cluster_metadata", s.Doc(nil).Format)
	d, reason := s.Replay(10)
	require.Empty(t, reason)
	require.Equal(t, "state after offset 10; 7 records of a transaction that has not ended are not in it", d.Frames[0].Title)
	d, _ = s.Replay(math.MaxInt64)
	require.Equal(t, "state after offset 256", d.Frames[0].Title)
	require.Subset(t, rowsOfState(d), []string{"Topics ", " alpha ", "  0 ", "   Replicas [1]"})
	for _, n := range d.Rows() {
		if n.Name == "featureLevel" {
			require.Equal(t, byte(33), b[n.Off+n.Len-1])
		}
	}
	_, reason = Open(files["alpha-0/00000000000000000000.log"], "").Replay(1)
	require.NotEmpty(t, reason)
}

// Damage is listed where it is; what follows is found again. A dump of a segment is taken apart like the segment.
func TestDamagedSegment(t *testing.T) {
	var b []byte
	for i := range 4 {
		w := records.NewWriter(b, records.Options{BaseOffset: int64(i)})
		w.Append(records.Record{Value: []byte("value")})
		var err error
		b, err = w.Finish()
		require.NoError(t, err)
	}
	size := len(b) / 4
	b = slices.Concat(b[:size], []byte("garbage"), b[size:], make([]byte, 100))
	b[2*size+7+70] ^= 1
	titles := func(d *Doc) (all []string) {
		for _, f := range d.Frames {
			all = append(all, f.Title)
		}
		return all
	}
	want := []string{"batch of offsets 0 to 0", "bytes that are no batch", "batch of offsets 1 to 1", "batch of offsets 2 to 2",
		"batch of offsets 3 to 3", "zeros, room not used"}
	s := Open(b, "")
	d := s.Doc(nil)
	requireSound(t, readOf(d))
	require.Equal(t, want, titles(d))
	require.Equal(t, "log segment", d.Format)
	require.NotEmpty(t, d.Frames[1].Err.Text)
	require.Contains(t, d.Frames[3].Err.Text, "checksum does not match")
	require.Equal(t, d.Frames[3].Off+17, d.Frames[3].Err.Off)

	dump := Open([]byte(hex.EncodeToString(b)), "").Doc(nil)
	require.Equal(t, want, titles(dump))
	require.Equal(t, "hex, log segment", dump.Format)
	require.True(t, dump.Placed)

	chosen := s.Doc([]Choice{{Frame: 2, Side: SideRequest, Key: 18, Version: 0}})
	require.Contains(t, chosen.Frames[2].Title, "ApiVersions request")
	require.Equal(t, want[3], chosen.Frames[3].Title)
	raw := OpenAs("binary", b, "00000000000000000000.log").Doc(nil)
	require.Equal(t, "binary", raw.Format, "who knows better says so")
}

// Each format that the page lists can be asked for.
func TestAskedKinds(t *testing.T) {
	list := string(AppendLists(nil))
	for _, k := range stored.Kinds() {
		require.Contains(t, list, "\n"+k.String()+"\n")
		for _, in := range []string{"", "x", "0012", "0\n1\nx 0 1\n"} {
			d := OpenAs(k.String(), []byte(in), "").Doc(nil)
			requireSound(t, d)
			require.Contains(t, d.Format, k.String())
		}
	}
}

// Where there are more batches than a list takes, frames hold several; damage stays a frame of its own.
func TestManyBatches(t *testing.T) {
	one := segmentOf(t, 1, 300)
	b := slices.Repeat(one, 50_000)
	at := 30_001 * len(one)
	b = slices.Concat(b[:at], []byte("damage"), b[at:])
	s := Open(b, "")
	d := s.Doc(nil)
	require.LessOrEqual(t, len(d.Frames), maxListedBatches)
	require.Greater(t, len(d.Frames), maxListedBatches/2)
	require.Equal(t, "batches of offsets 0 to 0", d.Frames[0].Title)
	require.Equal(t, "4 batches", d.Frames[0].Note)
	end, damaged := 0, 0
	for _, f := range d.Frames {
		require.Equal(t, end, f.Off)
		end += f.Len
		if f.Err.Text != "" {
			damaged++
			require.Equal(t, "bytes that are no batch", f.Title)
			require.Equal(t, at, f.Off)
		}
	}
	require.Equal(t, len(b), end)
	require.Equal(t, 1, damaged)
	one4 := s.Frame(1, nil)
	requireSound(t, one4)
	require.Empty(t, one4.Frames[0].Err.Text)

	all := Open(slices.Repeat([]byte{1}, 100), "00000000000000000000.log").Doc(nil)
	require.Len(t, all.Frames, 1)
}

// TestCompressedOffsets: whose log a segment is of is told as well where its batches are compressed; what is cut off at its end
// is shown up to there.
func TestCompressedOffsets(t *testing.T) {
	plain := fixtures.Files(t, "clean-shutdown")["__consumer_offsets-0/00000000000000000000.log"]
	var log []byte
	for b, err := range records.Batches(plain) {
		require.NoError(t, err)
		if b.IsControl() || b.Count() == 0 {
			continue
		}
		w := records.NewWriter(log, records.Options{BaseOffset: b.BaseOffset(), Codec: records.Gzip, Compressor: compress.All})
		for r, err := range b.Records(nil, 0) {
			require.NoError(t, err)
			w.Append(r)
		}
		log, err = w.Finish()
		require.NoError(t, err)
	}
	e := &editor{t: t, s: Open(log[:len(log)-10], "00000000000000000000.log")}
	e.d = e.s.Doc(nil)
	require.Equal(t, "log segment", e.d.Format)
	e.unpack()
	require.Equal(t, "log segment of __consumer_offsets", e.d.Format)
	names := func() (names []string) {
		for _, n := range e.d.Rows() {
			names = append(names, n.Name)
		}
		return names
	}
	require.Subset(t, names(), []string{"SubscribedTopicNames", "commitTimestamp"})
	e.d = e.s.Frame(len(e.s.frames)-1, nil)
	require.Subset(t, names(), []string{"PartialBatch", "BaseOffset", "RecordCount", "NotDecoded"})
}
