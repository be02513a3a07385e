package logdir

import (
	"math"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

// The challenge's directories have a log and partition.metadata, nothing else.
func TestChallengeDirectory(t *testing.T) {
	for _, clean := range []bool{true, false} {
		mem := vfs.NewMem()
		if clean {
			put(t, mem, "/logs/"+cleanShutdownFile, []byte(`{"version":0,"brokerEpoch":10}`))
		}
		put(t, mem, "/logs/"+metaFile, []byte("#\n#Sun Nov 22 20:43:11 UTC 2026\ncluster.id=IAAAAAAAQACAAAAAAAAAAQ\ndirectory.id=EAAAAAAAQACAAAAAAAAAAQ==\nnode.id=1\nversion=1\n"))
		var log []byte
		for i, value := range []string{"Hello", "CodeCrafters", "!"} {
			log = append(log, challengeBatch(int64(i), value)...)
		}
		put(t, mem, "/logs/mango-0/partition.metadata", []byte("version: 0\ntopic_id: caWaUYloT4uTfgAAAAAFtQ=="))
		put(t, mem, "/logs/mango-0/00000000000000000000.log", log)
		put(t, mem, "/logs/mango-1/partition.metadata", []byte("version: 0\ntopic_id: caWaUYloT4uTfgAAAAAFtQ=="))
		put(t, mem, "/logs/mango-1/00000000000000000000.log", nil)
		put(t, mem, "/logs/__cluster_metadata-0/partition.metadata", []byte("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ"))
		metadata := append(challengeBatch(1, "one"), challengeBatch(2, "two")...)
		put(t, mem, "/logs/__cluster_metadata-0/00000000000000000000.log", metadata)

		logger, lines := logLines()
		m, err := OpenManager(mem, []string{"/logs"}, logger)
		require.NoError(t, err)
		require.Equal(t, "EAAAAAAAQACAAAAAAAAAAQ", m.Roots()[0].Meta().DirectoryID.String())
		want := map[string][]byte{"mango-0": log, "mango-1": nil, "__cluster_metadata-0": metadata}
		require.Len(t, m.Partitions(), 3)
		for _, p := range m.Partitions() {
			l, err := m.Open(p, DefaultConfig(), testNow)
			require.NoError(t, err)
			require.Equal(t, want[p.String()], everything(t, l), p.Dir)
			// The same producer's sequence 0 again: a new producer to a clean directory without snapshots.
			require.Equal(t, !clean && p.String() == "mango-0", l.producers.byID[0] != nil && p.Topic == "mango")
			if p.String() == "mango-0" {
				newest, ok := firstAtOrAfter(t, l, l.NewestTimestamp())
				require.True(t, ok, "a batch whose records cannot be read answers by its header")
				require.Equal(t, TimedOffset{0, 1726045973899, 0}, newest)
			}
			require.NoError(t, l.Close(true))
		}
		require.Empty(t, lines.String(), "nothing to report")
	}
}

func TestRoll(t *testing.T) {
	small := func(change func(*Config)) Config {
		c := DefaultConfig()
		change(&c)
		return c
	}
	size := int64(len(makeBatch(t, 0, 1, nil)))
	for name, c := range map[string]Config{
		"by size":         small(func(c *Config) { c.SegmentBytes = 3 * size }),
		"by time":         small(func(c *Config) { c.SegmentMs = 2 }), // timestamps count up with the offsets
		"by a full index": small(func(c *Config) { c.IndexIntervalBytes, c.SegmentIndexBytes = 0, 2*offsetEntrySize }),
		"by a full times index": small(func(c *Config) {
			c.IndexIntervalBytes, c.SegmentIndexBytes = 0, 2*timeEntrySize
		}),
	} {
		t.Run(name, func(t *testing.T) {
			mem := vfs.NewMem()
			l := openA(t, mem, LogOptions{Config: c})
			var all []byte
			for range 10 {
				all = append(all, appendRecords(t, l, 1)...)
			}
			require.Equal(t, all, everything(t, l))
			require.Greater(t, len(l.segments), 2)
			for _, s := range l.segments[1:] {
				require.Contains(t, names(t, mem), segmentName(s.base, snapshotSuffix))
			}
			segments := len(l.segments)
			for _, end := range []func(){func() { require.NoError(t, l.Close(true)) }, mem.Kill} {
				end()
				l = openA(t, mem, LogOptions{Config: c})
				require.Len(t, l.segments, segments)
				require.Equal(t, all, everything(t, l))
			}
		})
	}
}

func TestRollJitter(t *testing.T) {
	c := DefaultConfig()
	c.SegmentMs, c.SegmentJitterMs = 1000, 400
	bases := map[int64]bool{}
	for _, dir := range []string{"/logs/a-0", "/logs/b-0", "/logs/c-0", "/logs/d-0"} {
		mem := vfs.NewMem()
		require.NoError(t, vfs.MakeDirDurably(mem, dir))
		l, err := OpenLog(mem, dir, tpA, LogOptions{Config: c})
		require.NoError(t, err)
		for len(l.segments) < 2 {
			appendRecords(t, l, 1) // timestamps count up with the offsets
		}
		base := l.active().base
		require.Greater(t, base, c.SegmentMs-c.SegmentJitterMs)
		require.LessOrEqual(t, base, c.SegmentMs+1)
		bases[base] = true
	}
	require.Greater(t, len(bases), 1, "logs that were begun together do not roll together")
}

func names(t *testing.T, fs vfs.FS) string {
	t.Helper()
	infos, err := fs.ReadDir("/logs/a-0")
	require.NoError(t, err)
	var b strings.Builder
	for _, i := range infos {
		b.WriteString(i.Name + "\n")
	}
	return b.String()
}

func TestRollWhereAnOffsetDoesNotFit(t *testing.T) {
	l := openA(t, vfs.NewMem(), LogOptions{})
	appendRecords(t, l, 1)
	far := makeBatch(t, math.MaxInt32+10, 1, nil)
	_, err := l.Append(far, nil, 0)
	require.NoError(t, err)
	require.Len(t, l.segments, 2)
	s, err := l.Locate(5, 1<<20, true, l.EndOffset())
	require.NoError(t, err)
	b, err := s.Read()
	require.NoError(t, err)
	require.Equal(t, far, b, "offsets that are missing are stepped over")
}

func TestAppendLargerThanSegment(t *testing.T) {
	c := DefaultConfig()
	c.SegmentBytes = 100
	l := openA(t, vfs.NewMem(), LogOptions{Config: c})
	_, err := l.Append(makeBatch(t, 0, 50, nil), nil, 0)
	require.ErrorIs(t, err, errcode.RecordListTooLarge)
	require.Zero(t, l.EndOffset())
}

func TestLocate(t *testing.T) {
	c := DefaultConfig()
	c.IndexIntervalBytes = 200
	l := openA(t, vfs.NewMem(), LogOptions{Config: c})
	var batches [][]byte
	for range 50 {
		batches = append(batches, appendRecords(t, l, 2))
	}
	size := int64(len(batches[10]))
	read := func(offset, maxBytes int64, one bool, limit int64) []byte {
		s, err := l.Locate(offset, maxBytes, one, limit)
		require.NoError(t, err)
		b, err := s.Read()
		require.NoError(t, err)
		return b
	}
	two := append(append([]byte{}, batches[10]...), batches[11]...)
	require.Equal(t, two, read(21, 2*size+10, false, 100), "from the batch that holds the offset, whole batches")
	require.Empty(t, read(20, size-1, false, 100))
	require.Equal(t, batches[10], read(20, 1, true, 100), "at least one")
	require.Equal(t, two, read(20, 1<<20, true, 24), "nothing from the limit on")
	require.Empty(t, read(24, 1<<20, true, 24))
	require.Empty(t, read(100, 1<<20, true, 100))
	for _, offset := range []int64{-1, 101} {
		_, err := l.Locate(offset, 1, true, 100)
		require.ErrorIs(t, err, errcode.OffsetOutOfRange)
	}
	for offset := range int64(100) {
		b, err := records.ReadBatch(read(offset, 1, true, 100))
		require.NoError(t, err)
		require.Equal(t, offset/2*2, b.BaseOffset())
	}
}

func TestRetention(t *testing.T) {
	c := DefaultConfig()
	size := int64(len(makeBatch(t, 0, 1, nil)))
	c.SegmentBytes, c.RetentionMs = 2*size, -1
	mem := vfs.NewMem()
	l := openA(t, mem, LogOptions{Config: c})
	for range 10 {
		appendRecords(t, l, 1)
	}
	require.Len(t, l.segments, 5)
	n, err := l.Retain(math.MaxInt64)
	require.NoError(t, err)
	require.Zero(t, n, "no limits, nothing removed")

	c.RetentionBytes = 6 * size
	l.SetConfig(c)
	n, err = l.Retain(0)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.EqualValues(t, 4, l.StartOffset())
	require.NotContains(t, names(t, mem), segmentName(0, ""))
	require.NotContains(t, names(t, mem), deletedSuffix)

	c.RetentionBytes, c.RetentionMs = -1, 100
	l.SetConfig(c)
	n, err = l.Retain(1000 + 5 + 101) // the record of offset 5 has timestamp 1005
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.EqualValues(t, 6, l.StartOffset())

	require.NoError(t, l.SetStart(9))
	require.EqualValues(t, 9, l.StartOffset())
	require.Len(t, l.segments, 1, "segments below the start go")
	_, err = l.Locate(8, 1, true, 10)
	require.ErrorIs(t, err, errcode.OffsetOutOfRange)

	n, err = l.Retain(math.MaxInt64)
	require.NoError(t, err)
	require.Equal(t, 1, n, "the active segment goes when all of it is old")
	require.EqualValues(t, 10, l.StartOffset())
	require.EqualValues(t, 10, l.EndOffset())
	appendRecords(t, l, 1)
	require.NoError(t, l.Close(true))
	l = openA(t, mem, LogOptions{Config: c, Clean: true})
	require.EqualValues(t, 10, l.StartOffset())
	require.EqualValues(t, 11, l.EndOffset())
}

func TestOpenNeverRemoves(t *testing.T) {
	mem := vfs.NewMem()
	c := DefaultConfig()
	c.SegmentBytes, c.RetentionMs, c.RetentionBytes = 200, 1, 1
	l := openA(t, mem, LogOptions{Config: c})
	for range 10 {
		appendRecords(t, l, 1)
	}
	all := everything(t, l)
	require.NoError(t, l.Close(true))
	l = openA(t, mem, LogOptions{Config: c, Clean: true, NowMs: math.MaxInt64})
	require.Equal(t, all, everything(t, l))
}

func TestStartAboveEnd(t *testing.T) {
	mem := vfs.NewMem()
	l := openA(t, mem, LogOptions{})
	appendRecords(t, l, 5)
	require.NoError(t, l.Close(true))
	l = openA(t, mem, LogOptions{LogStart: 8})
	require.EqualValues(t, 8, l.StartOffset())
	require.EqualValues(t, 8, l.EndOffset())
	b := appendRecords(t, l, 1)
	require.Equal(t, b, everything(t, l))
	require.NoError(t, l.Close(true))
	l = openA(t, mem, LogOptions{LogStart: 8})
	require.Equal(t, b, everything(t, l))
}

func TestInterruptedCompactionIsFinished(t *testing.T) {
	mem := vfs.NewMem()
	dir := "/logs/a-0/"
	swap := makeBatch(t, 3, 1, nil)
	put(t, mem, dir+segmentName(0, logSuffix), makeBatch(t, 0, 2, nil))
	put(t, mem, dir+segmentName(2, logSuffix), makeBatch(t, 2, 2, nil))
	put(t, mem, dir+segmentName(0, logSuffix+swapSuffix), swap)
	put(t, mem, dir+segmentName(0, offsetIndexSuffix+swapSuffix), nil)
	put(t, mem, dir+segmentName(4, logSuffix), makeBatch(t, 4, 1, nil))
	put(t, mem, dir+segmentName(9, logSuffix+cleanedSuffix), []byte("half of something"))
	put(t, mem, dir+segmentName(1, logSuffix+deletedSuffix), []byte("old"))
	put(t, mem, dir+"00000000000000000000-0000000000.checkpoint.deleted", []byte("not ours"))
	l := openA(t, mem, LogOptions{})
	require.Equal(t, append(swap, makeBatch(t, 4, 1, nil)...), everything(t, l))
	list := names(t, mem)
	require.NotContains(t, list, swapSuffix)
	require.NotContains(t, list, cleanedSuffix)
	require.Equal(t, 1, strings.Count(list, deletedSuffix))
}

// Old logs hold entries of magic 0 and 1; they stay what they are.
func TestLegacyEntries(t *testing.T) {
	for _, magic := range []byte{0, 1} {
		mem := vfs.NewMem()
		log := append(legacyEntry(0, magic), legacyEntry(1, magic)...)
		log = append(log, makeBatch(t, 2, 3, nil)...)
		put(t, mem, "/logs/a-0/"+segmentName(0, logSuffix), log)
		l := openA(t, mem, LogOptions{})
		require.EqualValues(t, 5, l.EndOffset())
		require.Equal(t, log, everything(t, l))
	}
}
