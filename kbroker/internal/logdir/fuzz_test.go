package logdir

import (
	"testing"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

// FuzzSegment opens any bytes as a partition's files, after a clean stop or a crash. Either the log is refused, or
// every batch of it can be read; a batch can be appended, and after a clean stop the log opens with all of it.
func FuzzSegment(f *testing.F) {
	var log []byte
	for i := range 3 {
		log = append(log, makeBatch(f, int64(2*i), 2, nil)...)
	}
	log = append(log, makeBatch(f, 6, 2, &records.Producer{ID: 7, Epoch: 1})...)
	f.Add(log, []byte{0, 0, 0, 2, 0, 0, 0, 73}, []byte{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2}, []byte("0\n1\n0 0\n"), true)
	f.Add(log[:100], []byte{}, []byte{}, []byte("0\n0\n"), false)
	f.Add(legacyEntry(0, 1), []byte{0, 0}, []byte{0}, []byte("x"), false)
	f.Fuzz(func(t *testing.T, log, index, timeIndex, epochs []byte, clean bool) {
		mem := vfs.NewMem()
		require.NoError(t, vfs.MakeDirDurably(mem, "/logs/a-0"))
		for name, content := range map[string][]byte{
			segmentName(0, logSuffix): log, segmentName(0, offsetIndexSuffix): index, segmentName(0, timeIndexSuffix): timeIndex,
			leaderEpochFile: epochs,
		} {
			put(t, mem, "/logs/a-0/"+name, content)
		}
		o := LogOptions{Config: DefaultConfig(), Clean: clean}
		l, err := OpenLog(mem, "/logs/a-0", tpA, o)
		if err != nil {
			return
		}
		if !readable(l) {
			return // after a clean stop the bytes are believed until they are read
		}
		end := l.EndOffset()
		if end > 1<<60 || l.LatestEpoch() > 0 {
			return // nothing can be appended there, or not at the epoch that the helper uses
		}
		appendRecords(t, l, 1)
		require.Equal(t, end+1, l.EndOffset())
		require.NoError(t, l.Close(true))
		again, err := OpenLog(mem, "/logs/a-0", tpA, LogOptions{Config: DefaultConfig(), Clean: true})
		require.NoError(t, err)
		require.Equal(t, end+1, again.EndOffset())
		require.NoError(t, again.Close(true))
	})
}

// readable reads a log as consumers do, and reports whether it could be read to its end.
func readable(l *Log) bool {
	for offset := l.StartOffset(); offset < l.EndOffset(); {
		s, err := l.Locate(offset, 1<<20, true, l.EndOffset())
		if err != nil {
			return false
		}
		b, err := s.Read()
		if err != nil || len(b) == 0 {
			return false
		}
		for batch, err := range records.Batches(b) {
			if err != nil || batch.NextOffset() <= offset {
				return false
			}
			offset = batch.NextOffset()
		}
	}
	return true
}

// FuzzFiles reads any bytes as each of the small files of a log directory. What is read can be written, and read again.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("0\n2\na 0 5\nb 1 6\n"))
	f.Add([]byte("0\n1\n0 0\n"))
	f.Add([]byte("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ"))
	f.Add([]byte("version=1\ncluster.id=x\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\n"))
	f.Add(appendSnapshot(nil, map[int64]*producer{}))
	f.Add(appendAbortedTxn(nil, AbortedTxn{ProducerID: 1, FirstOffset: 2, LastOffset: 3}))
	f.Fuzz(func(t *testing.T, content []byte) {
		mem := vfs.NewMem()
		require.NoError(t, vfs.MakeDirDurably(mem, "/d"))
		put(t, mem, "/d/offsets", content)
		if offsets, err := readOffsets(mem, "/d/offsets"); err == nil {
			put(t, mem, "/d/offsets", offsetsText(offsets))
			again, err := readOffsets(mem, "/d/offsets")
			require.NoError(t, err)
			require.Equal(t, len(offsets), len(again))
		}
		put(t, mem, "/d/"+leaderEpochFile, content)
		if epochs, err := readEpochs(mem, "/d"); err == nil {
			require.NoError(t, writeEpochs(mem, "/d", epochs))
			again, err := readEpochs(mem, "/d")
			require.NoError(t, err)
			require.Equal(t, epochs, again)
		}
		if producers, err := parseSnapshot(content); err == nil {
			again, err := parseSnapshot(appendSnapshot(nil, producers))
			require.NoError(t, err)
			require.Equal(t, producers, again)
		}
		if aborted, err := parseTxnIndex(content, 0); err == nil {
			var out []byte
			for _, a := range aborted {
				out = appendAbortedTxn(out, a)
			}
			require.LessOrEqual(t, len(out), len(content))
		}
		_, _ = parseMeta(content)
		_, _ = parseTopicID(string(content))
	})
}
