package logdir

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

// threeBatches is the content of a small log, and where its batches end.
func threeBatches(t *testing.T) (log []byte, ends []int) {
	for i := range 3 {
		log = append(log, makeBatch(t, int64(2*i), 2, nil)...)
		ends = append(ends, len(log))
	}
	return log, ends
}

// wholeUpTo is how much of the log lies in batches that end at or before n.
func wholeUpTo(ends []int, n int) (bytes int, offset int64) {
	for i, end := range ends {
		if end <= n {
			bytes, offset = end, int64(2*i+2)
		}
	}
	return bytes, offset
}

// A log that is cut anywhere opens with the whole batches before the cut, and can be appended to.
func TestCutAtEveryByte(t *testing.T) {
	log, ends := threeBatches(t)
	for _, clean := range []bool{false, true} {
		for cut := range len(log) + 1 {
			mem := vfs.NewMem()
			put(t, mem, "/logs/a-0/"+segmentName(0, logSuffix), log[:cut])
			logger, lines := logLines()
			l := openA(t, mem, LogOptions{Clean: clean, Logger: logger})
			want, end := wholeUpTo(ends, cut)
			require.Equal(t, end, l.EndOffset())
			require.Equal(t, log[:want], append([]byte{}, everything(t, l)...))
			reports := 1
			if want == cut {
				reports = 0
			}
			require.Equal(t, reports, strings.Count(lines.String(), "\n"), lines)
			next := appendRecords(t, l, 1)
			require.Equal(t, append(slices.Clone(log[:want]), next...), everything(t, l))
			require.NoError(t, l.Close(true))
		}
	}
}

// After an unclean stop a flipped bit anywhere gives the batches before it, and never changed bytes: but for
// the leader epoch and offset, which no checksum covers.
func TestFlipEveryBit(t *testing.T) {
	log, ends := threeBatches(t)
	for i := range log {
		for bit := range 8 {
			flipped := slices.Clone(log)
			flipped[i] ^= 1 << bit
			mem := vfs.NewMem()
			put(t, mem, "/logs/a-0/"+segmentName(0, logSuffix), flipped)
			l := openA(t, mem, LogOptions{})
			got := everything(t, l)
			start, _ := wholeUpTo(ends, i)
			if in := i - start; in < 8 || in >= 12 && in < 16 {
				require.True(t, bytes.HasPrefix(flipped, got))
				continue
			}
			require.Equal(t, log[:start], append([]byte{}, got...), "byte %d bit %d", i, bit)
		}
	}
}

func TestZeroTail(t *testing.T) {
	log, _ := threeBatches(t)
	mem := vfs.NewMem()
	put(t, mem, "/logs/a-0/"+segmentName(0, logSuffix), append(slices.Clone(log), make([]byte, 5000)...))
	l := openA(t, mem, LogOptions{})
	require.Equal(t, log, everything(t, l))
}

// indexed makes a log of several segments with many index entries, aborted transactions and producers.
func indexed(t *testing.T, mem *vfs.Mem) (Config, []byte, []AbortedTxn) {
	c := DefaultConfig()
	c.SegmentBytes, c.IndexIntervalBytes = 2000, 0
	l := openA(t, mem, LogOptions{Config: c})
	for i := range 20 {
		appendRecords(t, l, 2)
		producer := records.Producer{ID: int64(i % 3), BaseSequence: int32(i / 3)}
		appendTransactional(t, l, producer)
		appendMarker(t, l, producer, i%2 == 0)
	}
	require.Greater(t, len(l.segments), 2)
	all := everything(t, l)
	aborted, err := l.AbortedIn(0, l.EndOffset())
	require.NoError(t, err)
	require.Len(t, aborted, 10)
	require.NoError(t, l.Close(true))
	return c, all, aborted
}

func appendTransactional(t *testing.T, l *Log, p records.Producer) {
	t.Helper()
	w := records.NewWriter(nil, records.Options{BaseOffset: l.EndOffset(), Producer: &p, Transactional: true})
	w.Append(records.Record{Timestamp: 2000, Value: []byte("in a transaction")})
	b, err := w.Finish()
	require.NoError(t, err)
	appendPrepared(t, l, b, OriginClient)
}

func appendMarker(t *testing.T, l *Log, p records.Producer, abort bool) {
	t.Helper()
	kind := records.ControlCommit
	if abort {
		kind = records.ControlAbort
	}
	p.BaseSequence = records.NoSequence
	b, err := records.AppendEndTxnMarker(nil, records.Options{BaseOffset: l.EndOffset(), Producer: &p}, kind, 1, 2001)
	require.NoError(t, err)
	appendPrepared(t, l, b, OriginCoordinator)
}

func appendPrepared(t *testing.T, l *Log, raw []byte, origin Origin) {
	t.Helper()
	b, err := records.ReadBatch(raw)
	require.NoError(t, err)
	p, dup, err := l.Prepare(b, origin)
	require.NoError(t, err)
	require.Nil(t, dup)
	_, err = l.Append(raw, []Prepared{p}, 0)
	require.NoError(t, err)
}

// What is not the log itself may be lost or damaged in any way: it is made anew. Only a missing .txnindex
// cannot be told from none after a clean stop.
func TestDamagedBesideTheLog(t *testing.T) {
	damages := map[string]func([]byte) []byte{
		"removed":   nil,
		"emptied":   func([]byte) []byte { return nil },
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
		"cut short": func(b []byte) []byte { return b[:max(len(b)-1, 0)] },
		"zeroed":    func(b []byte) []byte { return make([]byte, len(b)) },
		"garbage":   func(b []byte) []byte { return bytes.Repeat([]byte{0xa5, 0x17, 3}, len(b)/3+1)[:len(b)] },
	}
	for _, clean := range []bool{true, false} {
		for _, suffix := range []string{offsetIndexSuffix, timeIndexSuffix, txnIndexSuffix, snapshotSuffix, leaderEpochFile} {
			for name, damage := range damages {
				undetectable := clean && suffix == txnIndexSuffix && (name == "removed" || name == "emptied" || name == "truncated")
				if undetectable {
					continue
				}
				t.Run(strings.Join([]string{suffix, name, map[bool]string{true: "clean", false: "killed"}[clean]}, " "), func(t *testing.T) {
					mem := vfs.NewMem()
					c, all, aborted := indexed(t, mem)
					damageFiles(t, mem, suffix, damage)
					l := openA(t, mem, LogOptions{Config: c, Clean: clean})
					require.Equal(t, all, everything(t, l))
					got, err := l.AbortedIn(0, l.EndOffset())
					require.NoError(t, err)
					require.Equal(t, aborted, got)
					for offset := range l.EndOffset() {
						s, err := l.Locate(offset, 1, true, l.EndOffset())
						require.NoError(t, err)
						b, err := s.Read()
						require.NoError(t, err)
						batch, err := records.ReadBatch(b)
						require.NoError(t, err)
						require.True(t, batch.BaseOffset() <= offset && offset <= batch.LastOffset())
					}
					found, ok := firstAtOrAfter(t, l, 1000+20)
					require.True(t, ok)
					require.EqualValues(t, 2, found.Offset, "the first transaction has time 2000")
					require.EqualValues(t, 0, l.EpochAt(5))
					if suffix != snapshotSuffix || !clean || name != "removed" {
						require.Len(t, l.producers.byID, 3)
					}
					appendRecords(t, l, 1)
					require.NoError(t, l.Close(true))
				})
			}
		}
	}
}

func damageFiles(t *testing.T, mem *vfs.Mem, suffix string, damage func([]byte) []byte) {
	t.Helper()
	infos, err := mem.ReadDir("/logs/a-0")
	require.NoError(t, err)
	damaged := 0
	for _, i := range infos {
		if !strings.HasSuffix(i.Name, suffix) {
			continue
		}
		damaged++
		name := "/logs/a-0/" + i.Name
		if damage == nil {
			require.NoError(t, mem.Remove(name))
			continue
		}
		put(t, mem, name, damage(read(t, mem, name)))
	}
	require.NotZero(t, damaged)
}

// Segments after a damaged one leave the log, since offsets would be missing between; their bytes stay.
func TestDamageInTheMiddle(t *testing.T) {
	mem := vfs.NewMem()
	c, all, _ := indexed(t, mem)
	first := read(t, mem, "/logs/a-0/"+segmentName(0, logSuffix))
	broken := slices.Clone(first)
	broken[len(broken)-1] ^= 1
	put(t, mem, "/logs/a-0/"+segmentName(0, logSuffix), broken)

	l := openA(t, mem, LogOptions{Config: c, Clean: true})
	require.EqualValues(t, 80, l.EndOffset(), "after a clean stop nothing is read again")
	mem.Kill()

	logger, lines := logLines()
	l = openA(t, mem, LogOptions{Config: c, RecoveryPoint: l.EndOffset(), Logger: logger})
	require.EqualValues(t, 80, l.EndOffset(), "below the recovery point neither")
	require.Empty(t, lines)
	mem.Kill()

	l = openA(t, mem, LogOptions{Config: c, Logger: logger})
	got := everything(t, l)
	require.True(t, bytes.HasPrefix(all, got))
	require.Less(t, len(got), len(first))
	require.Contains(t, lines.String(), "log cut at the first bad batch")
	require.Contains(t, names(t, mem), logSuffix+cutSuffix)
	next := appendRecords(t, l, 1)
	require.True(t, bytes.HasSuffix(everything(t, l), next))
}

func TestDamagedRootFiles(t *testing.T) {
	prepare := func() *vfs.Mem {
		mem := vfs.NewMem()
		m, err := OpenManager(mem, []string{"/logs"}, nil)
		require.NoError(t, err)
		require.NoError(t, m.Roots()[0].Format(Meta{"some:cluster=", 3, NewUUID()}, testNow))
		l, found, err := m.Create(tpA, NewUUID(), DefaultConfig(), testNow)
		require.NoError(t, err)
		appendRecords(t, l, 5)
		require.NoError(t, l.SetStart(2))
		require.NoError(t, l.Close(true))
		require.NoError(t, m.Checkpoint([]Position{l.Position(found.Root, 5)}))
		require.NoError(t, m.Close(func(*Root) bool { return true }, 9))
		return mem
	}
	open := func(mem *vfs.Mem) (*Manager, *Log, string) {
		logger, lines := logLines()
		m, err := OpenManager(mem, []string{"/logs"}, logger)
		require.NoError(t, err)
		require.Len(t, m.Partitions(), 1)
		l, err := m.Open(m.Partitions()[0], DefaultConfig(), testNow)
		require.NoError(t, err)
		return m, l, lines.String()
	}
	m, l, lines := open(prepare())
	require.Empty(t, lines)
	require.EqualValues(t, 2, l.StartOffset())
	require.EqualValues(t, 5, l.RecoveryPoint())
	require.Equal(t, "some:cluster=", m.Roots()[0].Meta().ClusterID)
	require.EqualValues(t, 9, m.Roots()[0].BrokerEpoch)

	for _, file := range []string{recoveryPointFile, logStartFile, highWatermarkFile} {
		for _, content := range []string{"", "garbage", "0\n", "0\n7\na 0 5\n", "0\n1\na 0 -5\n", "0\n1\na x 5\n", "1\n0\n", "0\n-1\n", "\x00\x00\x00"} {
			mem := prepare()
			put(t, mem, "/logs/"+file, []byte(content))
			_, l, lines := open(mem)
			require.EqualValues(t, 5, l.EndOffset(), "%s %q", file, content)
			require.Equal(t, file != highWatermarkFile, strings.Contains(lines, file), "%s %q: %s", file, content, lines)
			if file != logStartFile {
				require.EqualValues(t, 2, l.StartOffset())
			}
		}
	}
	for _, content := range []string{"", "garbage", "version=0\nbroker.id=1", "version=1\ncluster.id=x\nnode.id=-1", "version=1\ncluster.id=x\nnode.id=1\ndirectory.id=short"} {
		mem := prepare()
		put(t, mem, "/logs/"+metaFile, []byte(content))
		_, err := OpenManager(mem, []string{"/logs"}, nil)
		require.ErrorContains(t, err, metaFile)
		_, err = OpenManager(mem, []string{"/logs"}, nil)
		require.ErrorContains(t, err, metaFile, "the lock is free again")
	}
	mem := prepare()
	put(t, mem, "/logs/a-0/"+partitionMetaFile, []byte("topic_id: nonsense"))
	m, _, lines = open(mem)
	require.Contains(t, lines, "topic id is not known")
	require.True(t, m.Partitions()[0].TopicID.IsZero())
}
