package logdir

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

func TestParseDir(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 2)
	for name, want := range map[string]struct {
		tp   TopicPartition
		kind DirKind
	}{
		"a-0":                               {TopicPartition{"a", 0}, DirLive},
		"with-dash-and.dot-12":              {TopicPartition{"with-dash-and.dot", 12}, DirLive},
		"x-delete-3":                        {TopicPartition{"x-delete", 3}, DirLive},
		"a-7." + id + "-delete":             {TopicPartition{"a", 7}, DirDelete},
		"a.b-7." + id + "-stray":            {TopicPartition{"a.b", 7}, DirStray},
		"a-7." + id + "-future":             {TopicPartition{"a", 7}, DirFuture},
		"cut-in-the-mid." + id + "-delete":  {TopicPartition{"cut-in-the-mid", 0}, DirDelete},
		"cut-before-the-." + id + "-delete": {TopicPartition{"cut-before-the-", 0}, DirDelete},
	} {
		tp, kind, err := ParseDir(name)
		require.NoError(t, err, name)
		require.Equal(t, want.tp, tp, name)
		require.Equal(t, want.kind, kind, name)
	}
	for _, name := range []string{"", "a", "a-", "-1", "a-x", "a-99999999999", "lost+found", ".git", "a-x." + id + "-stray"} {
		_, _, err := ParseDir(name)
		require.Error(t, err, name)
	}
}

func TestSuffixedDir(t *testing.T) {
	tp := TopicPartition{strings.Repeat("t", 249), 123456}
	for _, kind := range []DirKind{DirDelete, DirStray} {
		name := suffixedDir(tp, kind)
		require.LessOrEqual(t, len(name), maxNameBytes)
	}
	got, kind, err := ParseDir(suffixedDir(tpA, DirStray))
	require.NoError(t, err)
	require.Equal(t, DirStray, kind)
	require.Equal(t, tpA, got)
}

func TestRootFilesAsKafkaWritesThem(t *testing.T) {
	mem := vfs.NewMem()
	id, err := wire.ParseUUID("HUm4ksSnRqK9H3DxPAGOwQ")
	require.NoError(t, err)
	require.NoError(t, mem.MkdirAll("/logs/a-0"))
	at := time.Date(2026, 11, 22, 20, 45, 26, 0, time.UTC)
	require.NoError(t, writeMeta(mem, "/logs", Meta{"5L6g3nShT-eMCtK--X86sw", 1, id}, at))
	require.NoError(t, writeCleanShutdown(mem, "/logs", 22))
	require.NoError(t, vfs.WriteAtomically(mem, "/logs/"+recoveryPointFile, offsetsText(map[TopicPartition]int64{{"b", 10}: 1, {"b", 9}: 2, {"a", 0}: 3})))
	require.NoError(t, writeTopicID(mem, "/logs/a-0", id))
	require.NoError(t, writeEpochs(mem, "/logs/a-0", Epochs{{0, 0}, {4, 17}}))
	for name, want := range map[string]string{
		metaFile:                   "#\n#Sun Nov 22 20:45:26 UTC 2026\nnode.id=1\ndirectory.id=HUm4ksSnRqK9H3DxPAGOwQ\nversion=1\ncluster.id=5L6g3nShT-eMCtK--X86sw\n",
		cleanShutdownFile:          `{"version":0,"brokerEpoch":22}`,
		recoveryPointFile:          "0\n3\na 0 3\nb 9 2\nb 10 1\n",
		"a-0/" + partitionMetaFile: "version: 0\ntopic_id: HUm4ksSnRqK9H3DxPAGOwQ",
		"a-0/" + leaderEpochFile:   "0\n2\n0 0\n4 17\n",
	} {
		require.Equal(t, want, string(read(t, mem, "/logs/"+name)), name)
	}
	for range 200 {
		require.NotEqual(t, byte('-'), NewUUID().String()[0])
	}
}

func TestEpochs(t *testing.T) {
	var e Epochs
	assign := func(epoch int32, offset int64, want Epochs) {
		t.Helper()
		e, _ = e.assign(epoch, offset)
		require.Equal(t, want, e)
	}
	assign(-1, 0, nil)
	assign(0, 0, Epochs{{0, 0}})
	assign(0, 5, Epochs{{0, 0}})
	assign(2, 10, Epochs{{0, 0}, {2, 10}})
	assign(1, 20, Epochs{{0, 0}, {2, 10}}) // an older epoch after a newer one tells nothing
	assign(5, 30, Epochs{{0, 0}, {2, 10}, {5, 30}})
	assign(6, 30, Epochs{{0, 0}, {2, 10}, {6, 30}}) // epoch 5 wrote nothing
	require.Equal(t, Epochs{{0, 0}, {2, 10}}, e.truncateEnd(29))
	require.Equal(t, Epochs{{2, 15}, {6, 30}}, e.truncateStart(15))
	require.Equal(t, Epochs{{2, 10}, {6, 30}}, e.truncateStart(10))
	require.Equal(t, Epochs{{6, 99}}, e.truncateStart(99))
	require.EqualValues(t, 2, e.at(29))
	require.EqualValues(t, -1, Epochs{{3, 7}}.at(6))
}

func TestManyProducersAreBounded(t *testing.T) {
	s := newProducers(0)
	p := newProducer(5)
	p.txnFirstOffset = 1
	s.commit(p, nil)
	for id := range int64(maxProducers + 100) {
		s.commit(newProducer(1000+id), nil)
	}
	require.Len(t, s.byID, maxProducers)
	require.NotNil(t, s.byID[5], "one with an open transaction stays")
	require.NotNil(t, s.byID[1000+maxProducers+99], "and so does the newest")
}

func TestCheckpointsAreWrittenWhenTheyChange(t *testing.T) {
	mem := vfs.NewMem()
	m, err := OpenManager(mem, []string{"/logs"}, nil)
	require.NoError(t, err)
	l, found, err := m.Create(tpA, NewUUID(), DefaultConfig(), testNow)
	require.NoError(t, err)
	checkpoint := func() (calls int) {
		calls = mem.Calls()
		require.NoError(t, m.Checkpoint([]Position{l.Position(found.Root, l.EndOffset())}))
		return mem.Calls() - calls
	}
	require.Positive(t, checkpoint())
	require.Zero(t, checkpoint(), "nothing is new")
	appendRecords(t, l, 5)
	mem.FailAt(1, fs.ErrInvalid)
	require.Error(t, m.Checkpoint([]Position{l.Position(found.Root, l.EndOffset())}))
	require.Positive(t, checkpoint(), "what was not written has to be")
	require.Contains(t, string(read(t, mem, "/logs/"+highWatermarkFile)), "\na 0 5\n")
}
