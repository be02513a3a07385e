package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/capture/stored/fixtures"
	"github.com/kwire-project/kafka/kwire/records"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// unpack writes a log directory of Kafka to disk, without the room that files set aside.
func unpack(t testing.TB, directory string) string {
	t.Helper()
	root := t.TempDir()
	for name, b := range fixtures.Files(t, directory) {
		name = filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, b, 0o600))
	}
	return root
}

// The text of one of each kind of file.
func TestDumpGolden(t *testing.T) {
	root := unpack(t, "clean-shutdown")
	t.Chdir(root)
	for golden, args := range map[string][]string{
		"dump-txn.txt":      {"-records", "txn-0"},
		"dump-groups.txt":   {"-records", "__consumer_offsets-0"},
		"dump-txnstate.txt": {"-records", "__transaction_state-0"},
		"dump-snapshot.txt": {"-records", "__cluster_metadata-0/00000000000000000092-0000000001.checkpoint", "__cluster_metadata-0/quorum-state"},
		"dump-root.txt": {"cleaner-offset-checkpoint", "log-start-offset-checkpoint", "meta.properties", "recovery-point-offset-checkpoint", ".kafka_cleanshutdown",
			"alpha-0/00000000000000000000.log"},
		"dump-json.txt": {"-json", "-records", "txn-0/00000000000000000000.txnindex", "txn-0/00000000000000000016.snapshot", "txn-0/00000000000000000000.index",
			"meta.properties", "compacted-0/00000000000000000000.log", "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"},
	} {
		got := runKwire("", append([]string{"dump"}, args...)...)
		require.Equal(t, exitOK, got.status, got.err)
		require.Empty(t, got.err)
		compareGolden(t, golden, got.out)
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join(home, "testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, name)
}

// home is the directory of this package.
var home = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()

// line is any line of dump -json.
type line struct {
	File           string
	Kind           string
	At             int64
	SizeInBytes    int64
	Error          string
	BaseOffset     *int64
	LastOffset     int64
	MaxTimestamp   int64
	ProducerID     int64
	Control        bool
	CRCOk          bool
	Offset         *int64
	Position       *int64
	Timestamp      int64
	FirstOffset    int64
	CurrentTxn     int64 `json:"currentTxnFirstOffset"`
	Topic          string
	Partition      int
	Epoch          *int32
	StartOffset    int64
	LastSequence   int32
	Records        []jsonRecord
	PartitionEpoch int32 `json:"partitionLeaderEpoch"`
}

func dumpLines(t *testing.T, args ...string) (lines []line) {
	t.Helper()
	got := runKwire("", append([]string{"dump", "-json", "-records"}, args...)...)
	require.Equal(t, exitOK, got.status, got.err)
	for text := range strings.Lines(got.out) {
		var l line
		require.NoError(t, json.Unmarshal([]byte(text), &l), text)
		lines = append(lines, l)
	}
	return lines
}

// What the files of a directory say of each other is so: Kafka wrote them.
func TestDumpAgreesWithItself(t *testing.T) {
	for _, directory := range fixtures.Directories {
		root := unpack(t, directory)
		byFile := map[string][]line{}
		for _, l := range dumpLines(t, root) {
			name, err := filepath.Rel(root, l.File)
			require.NoError(t, err)
			byFile[filepath.ToSlash(name)] = append(byFile[filepath.ToSlash(name)], l)
		}
		facts := 0
		for name, lines := range byFile {
			base := strings.TrimSuffix(name, path.Ext(name))
			batches := byFile[base+".log"]
			switch path.Ext(name) {
			case ".log", ".deleted":
				continue
			case ".index", ".timeindex":
				for _, e := range lines[1:] {
					if e.Offset == nil {
						continue // room not used
					}
					i := slices.IndexFunc(batches, func(b line) bool { return b.BaseOffset != nil && b.LastOffset >= *e.Offset })
					require.GreaterOrEqual(t, i, 0, "%s: %v", name, e)
					if e.Position != nil {
						require.Equal(t, *e.Position, batches[i].At, name)
						require.Equal(t, *e.Offset, batches[i].LastOffset, name)
					} else {
						require.LessOrEqual(t, e.Timestamp, batches[i].MaxTimestamp, name)
					}
					facts++
				}
			case ".snapshot":
				facts += checkProducers(t, name, lines, byFile)
			case ".txnindex":
				for _, e := range lines[1:] {
					i := slices.IndexFunc(batches, func(b line) bool { return b.BaseOffset != nil && *b.BaseOffset == e.LastOffset })
					require.GreaterOrEqual(t, i, 0)
					require.Equal(t, "ABORT", batches[i].Records[0].Control.Type)
					require.Equal(t, e.ProducerID, batches[i].ProducerID)
					facts++
				}
			}
		}
		for _, e := range byFile["replication-offset-checkpoint"][3:] {
			end := int64(0)
			for name, lines := range byFile {
				if path.Dir(name) == fmt.Sprintf("%s-%d", e.Topic, e.Partition) && path.Ext(name) == ".log" {
					end = max(end, endOf(lines))
				}
			}
			require.Equal(t, end, *e.Offset, "%s-%d", e.Topic, e.Partition)
			facts++
		}
		t.Logf("%s: %d files, %d facts", directory, len(byFile), facts)
		require.Greater(t, facts, 15)
	}
}

func endOf(lines []line) (end int64) {
	for _, b := range lines {
		if b.BaseOffset != nil {
			end = b.LastOffset + 1
		}
	}
	return end
}

// checkProducers holds a snapshot against the batches before its offset.
func checkProducers(t *testing.T, name string, lines []line, byFile map[string][]line) (facts int) {
	at, err := strconv.ParseInt(strings.TrimSuffix(path.Base(name), ".snapshot"), 10, 64)
	require.NoError(t, err)
	for _, e := range lines[3:] { // after the head, the version and the CRC
		var last line
		for _, file := range slices.Sorted(maps.Keys(byFile)) {
			if path.Dir(file) != path.Dir(name) || path.Ext(file) != ".log" {
				continue
			}
			for _, b := range byFile[file] {
				if b.BaseOffset != nil && b.LastOffset < at && b.ProducerID == e.ProducerID && !b.Control {
					last = b
				}
			}
		}
		if e.LastOffset < 0 || last.BaseOffset == nil { // none, or compaction has removed it
			continue
		}
		require.Equal(t, e.LastOffset, last.LastOffset, "%s: %v", name, e)
		require.Equal(t, e.LastSequence, last.LastSequence, "%s: %v", name, e)
		facts++
	}
	return facts
}

func TestDumpOfDamage(t *testing.T) {
	dir := t.TempDir()
	var b []byte
	for i := range 3 {
		w := records.NewWriter(b, records.Options{BaseOffset: int64(i)})
		w.Append(records.Record{Value: []byte("value")})
		var err error
		b, err = w.Finish()
		require.NoError(t, err)
	}
	size := len(b) / 3
	file := filepath.Join(dir, "00000000000000000000.log")
	write := func(b []byte) { require.NoError(t, os.WriteFile(file, b, 0o600)) }

	damaged := slices.Clone(b)
	damaged[size+70] ^= 1
	write(damaged[:3*size-5])
	got := runKwire("", "dump", file)
	require.Equal(t, exitDamage, got.status)
	require.Equal(t, file+`: log segment, 214 bytes
         0  offset 0, 1 record, 73 bytes, epoch 0, 1970-01-01T00:00:00.000Z, CRC ok
        73  offset 1, 1 record, 73 bytes, epoch 0, 1970-01-01T00:00:00.000Z, CRC wrong
        73  DAMAGED, 73 bytes: CRC: checksum does not match (0x18e3df1b where the bytes have 0xbda24d65)
       146  DAMAGED, 68 bytes: BatchLength: unexpected EOF (73 bytes wanted, 68 left)
`, got.out)
	require.Equal(t, "kwire dump: "+file+": at byte 73: CRC: checksum does not match (0x18e3df1b where the bytes have 0xbda24d65) (2 places are damaged, this is the first)\n", got.err)

	write(append(append(slices.Clone(b[:size]), "garbage"...), b[size:]...))
	got = runKwire("", "dump", "-json", file)
	require.Equal(t, exitDamage, got.status)
	require.Contains(t, got.out, `"at":73,"sizeInBytes":7,"error":`)
	require.Contains(t, got.out, `"at":80,`, "found again")

	write(append(slices.Clone(b), make([]byte, 100)...))
	got = runKwire("", "dump", file)
	require.Equal(t, exitOK, got.status, "room not used is no damage")
	require.Contains(t, got.out, "       219  100 bytes of zeros: room not used\n")

	other := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(other, []byte("hello"), 0o600))
	got = runKwire("", "dump", other)
	require.Equal(t, exitDamage, got.status)
	require.Contains(t, got.err, "not a file of a log directory")
	got = runKwire("", "dump", dir)
	require.Equal(t, exitOK, got.status)
	require.Contains(t, got.err, "notes.txt: skipped")

	require.Equal(t, exitUsage, runKwire("", "dump").status)
	require.Equal(t, exitDamage, runKwire("", "dump", filepath.Join(dir, "missing")).status)
}

// Every prefix of each small file is dumped without a panic, and what is missing within an entry or batch is damage.
func TestDumpOfEveryPrefix(t *testing.T) {
	dir := t.TempDir()
	files := fixtures.Files(t, "clean-shutdown")
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b := files[name]
		kind := strings.TrimLeft(path.Base(name), "0123456789")
		if len(b) == 0 || len(b) > 800 || seen[kind] {
			continue
		}
		seen[kind] = true
		file := filepath.Join(dir, path.Base(name))
		for n := range b {
			require.NoError(t, os.WriteFile(file, b[:n], 0o600))
			got := runKwire("", "dump", "-records", "-json", file)
			require.NotEqual(t, exitUsage, got.status, got.err)
			for text := range strings.Lines(got.out) {
				require.True(t, json.Valid([]byte(text)), text)
			}
		}
	}
	require.GreaterOrEqual(t, len(seen), 12, "%v", seen)
}

// A large segment goes through a small buffer.
func TestDumpStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 64 MiB")
	}
	w := records.NewWriter(nil, records.Options{})
	w.Append(records.Record{Value: make([]byte, 10_000)})
	batch, err := w.Finish()
	require.NoError(t, err)
	const n = 6400
	in := &fileBytes{r: bytes.NewReader(bytes.Repeat(batch, n)), progress: newProgress(nil, nil)}
	in.size = int64(n * len(batch))
	seen := 0
	for s := stored.NewScanner(in); ; seen++ {
		p, ok := s.Next()
		if !ok {
			break
		}
		require.Nil(t, p.Err)
	}
	require.Equal(t, n, seen)
	require.LessOrEqual(t, cap(in.buf), 2*readAheadBytes)
}

func TestProgress(t *testing.T) {
	now := time.Unix(1000, 0)
	var out bytes.Buffer
	p := &progress{out: &out, now: func() time.Time { return now }}
	p.start("a.log", 100<<20)
	p.at(1 << 20)
	require.Empty(t, out.String(), "in the first second nothing is written")
	now = now.Add(1100 * time.Millisecond)
	p.at(50 << 20)
	now = now.Add(100 * time.Millisecond)
	p.at(51 << 20)
	assert.Equal(t, "\r\x1b[Ka.log: 50 of 100 MB, 50 %, 1 s", out.String())
	p.stop()
	assert.True(t, strings.HasSuffix(out.String(), "\r\x1b[K"), "the line is taken away")
}
