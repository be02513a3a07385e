package logdir

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/fixtures"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/stretchr/testify/require"
)

var testNow = time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)

// unpack puts a fixture into a file system in memory, at /logs.
func unpack(t *testing.T, name string) *vfs.Mem {
	t.Helper()
	mem := vfs.NewMem()
	fixtures.Unpack(t, name, mem, nil)
	return mem
}

func put(t testing.TB, fs vfs.FS, name string, b []byte) {
	t.Helper()
	require.NoError(t, fs.MkdirAll(filepath.Dir(name)))
	f, err := fs.Create(name)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(0))
	_, err = f.WriteAt(b, 0)
	require.NoError(t, err)
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
	for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
		require.NoError(t, fs.SyncDir(dir))
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

func read(t testing.TB, fs vfs.FS, name string) []byte {
	t.Helper()
	b, err := fs.ReadFile(name, 1<<30)
	require.NoError(t, err)
	return b
}

// fixtureConfig is that of the broker that wrote the fixtures, as far as it shows in the files.
func fixtureConfig() Config {
	c := DefaultConfig()
	c.IndexIntervalBytes = 64
	return c
}

// beforeExpiry is a time at which no producer of the fixtures has expired.
var beforeExpiry = time.UnixMilli(0)

// fixtureEnds are the log end offsets, as Kafka's own checkpoint has them.
var fixtureEnds = map[string]int64{
	"alpha-0": 50, "alpha-1": 50, "compacted-0": 50, "txn-0": 16,
	"__consumer_offsets-0": 16, "__consumer_offsets-1": 9, "__consumer_offsets-2": 0,
	"__transaction_state-0": 13, "__transaction_state-1": 0, "__transaction_state-2": 0,
}

func openFixture(t *testing.T, mem *vfs.Mem) (*Manager, map[string]*Log) {
	t.Helper()
	m, err := OpenManager(mem, []string{"/logs"}, nil)
	require.NoError(t, err)
	logs := map[string]*Log{}
	for _, p := range m.Partitions() {
		l, err := m.Open(p, fixtureConfig(), beforeExpiry)
		require.NoError(t, err, p.Dir)
		logs[p.String()] = l
	}
	return m, logs
}

func closeFixture(t *testing.T, m *Manager, logs map[string]*Log) {
	t.Helper()
	for _, l := range logs {
		require.NoError(t, l.Close(true))
	}
	require.NoError(t, m.Close(func(*Root) bool { return true }, 1))
}

// files are all files of the partition directories, but those that only Kafka's metadata log has.
func files(t *testing.T, mem *vfs.Mem) map[string][]byte {
	t.Helper()
	content := map[string][]byte{}
	dirs, err := mem.ReadDir("/logs")
	require.NoError(t, err)
	for _, d := range dirs {
		if !d.Dir || strings.HasPrefix(d.Name, MetadataTopic) {
			continue
		}
		infos, err := mem.ReadDir("/logs/" + d.Name)
		require.NoError(t, err)
		for _, f := range infos {
			content[d.Name+"/"+f.Name] = read(t, mem, "/logs/"+d.Name+"/"+f.Name)
		}
	}
	return content
}

func TestFixtureOpensCleanly(t *testing.T) {
	mem := unpack(t, "clean-shutdown")
	before := files(t, mem)
	m, logs := openFixture(t, mem)
	require.True(t, m.Roots()[0].Clean)
	require.EqualValues(t, 22, m.Roots()[0].BrokerEpoch)
	meta := m.Roots()[0].Meta()
	require.Equal(t, "5L6g3nShT-eMCtK--X86sw", meta.ClusterID)
	require.Equal(t, "HUm4ksSnRqK9H3DxPAGOwQ", meta.DirectoryID.String())
	for name, end := range fixtureEnds {
		require.Equal(t, end, logs[name].EndOffset(), name)
		require.Equal(t, end, logs[name].RecoveryPoint(), name)
		require.Equal(t, end, logs[name].StableOffset(), name)
	}
	require.EqualValues(t, 257, logs["__cluster_metadata-0"].EndOffset())
	require.EqualValues(t, 5, logs["alpha-0"].StartOffset())
	closeFixture(t, m, logs)
	require.Equal(t, before, files(t, mem), "opening and closing changes nothing")
}

// What is made from the batches alone must be what Kafka made of them: every index and every snapshot.
func TestFixtureRebuiltFilesAreKafkas(t *testing.T) {
	mem := unpack(t, "clean-shutdown")
	want := files(t, mem)
	count := map[string]int{}
	for name := range want {
		ext := filepath.Ext(name)
		count[ext]++
		if ext == ".index" || ext == ".timeindex" || ext == ".txnindex" || ext == ".snapshot" {
			require.NoError(t, mem.Remove("/logs/"+name))
		}
	}
	require.NoError(t, mem.Remove("/logs/"+cleanShutdownFile))
	require.NoError(t, mem.Remove("/logs/"+recoveryPointFile))
	m, logs := openFixture(t, mem)
	closeFixture(t, m, logs)
	got := files(t, mem)
	compared := 0
	for name, b := range want {
		// Compaction rewrote the first segment of compacted-0: its producers cannot be found again as they
		// were in the middle of the log, and we write a snapshot only where the log was closed.
		if name == "compacted-0/00000000000000000040.snapshot" {
			continue
		}
		require.Equal(t, b, got[name], name)
		compared++
	}
	t.Logf("%d files identical to Kafka's: %v", compared, count)
}

func TestFixtureSnapshotsRewritten(t *testing.T) {
	n := 0
	for _, fixture := range []string{"clean-shutdown", "live"} {
		for name, b := range files(t, unpack(t, fixture)) {
			if !strings.HasSuffix(name, snapshotSuffix) {
				continue
			}
			producers, err := parseSnapshot(b)
			require.NoError(t, err, name)
			require.Equal(t, b, appendSnapshot(nil, producers), name)
			n++
		}
	}
	require.Greater(t, n, 5)
}

// A directory copied from a running Kafka: index files with 10 MiB of zeros, deleted files still there.
func TestFixtureLive(t *testing.T) {
	for _, marked := range []bool{false, true} {
		mem := unpack(t, "live")
		if marked {
			put(t, mem, "/logs/"+cleanShutdownFile, nil)
		}
		m, logs := openFixture(t, mem)
		for name, end := range fixtureEnds {
			require.Equal(t, end, logs[name].EndOffset(), name)
		}
		require.EqualValues(t, 199, logs["__cluster_metadata-0"].EndOffset())
		closeFixture(t, m, logs)
		for name, b := range files(t, mem) {
			require.NotContains(t, name, deletedSuffix)
			require.Less(t, len(b), 2000, name)
		}
	}
}

func TestFixtureAbortedTransactions(t *testing.T) {
	_, logs := openFixture(t, unpack(t, "clean-shutdown"))
	l := logs["txn-0"]
	all, err := l.AbortedIn(0, l.EndOffset())
	require.NoError(t, err)
	require.Len(t, all, 2)
	for _, a := range all {
		inside, err := l.AbortedIn(a.FirstOffset, a.FirstOffset+1)
		require.NoError(t, err)
		require.Equal(t, []AbortedTxn{a}, inside)
		after, err := l.AbortedIn(a.LastOffset+1, l.EndOffset())
		require.NoError(t, err)
		require.NotContains(t, after, a)
	}
}
