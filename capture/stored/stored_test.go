package stored_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/capture/stored/fixtures"
	"github.com/kwire-project/kafka/kwire/inspect"
)

// kindOf is what a file of the fixtures is.
func kindOf(name string) stored.Kind {
	base := path.Base(strings.TrimSuffix(name, ".deleted"))
	switch ext := path.Ext(base); {
	case base == ".lock":
		return stored.Unknown
	case base == "leader-epoch-checkpoint":
		return stored.EpochCheckpoint
	case strings.HasSuffix(base, "-offset-checkpoint"):
		return stored.OffsetCheckpoint
	case base == "partition.metadata":
		return stored.PartitionMetadata
	case base == "meta.properties":
		return stored.MetaProperties
	case base == "quorum-state":
		return stored.QuorumState
	case base == ".kafka_cleanshutdown":
		return stored.CleanShutdown
	default:
		return map[string]stored.Kind{".log": stored.Segment, ".index": stored.OffsetIndex, ".timeindex": stored.TimeIndex, ".txnindex": stored.TransactionIndex,
			".snapshot": stored.ProducerSnapshot, ".checkpoint": stored.MetadataSnapshot}[ext]
	}
}

func logOf(name string) string {
	for _, log := range []string{inspect.MetadataLog, inspect.GroupLog, inspect.TransactionLog} {
		if strings.HasPrefix(name, log) {
			return log
		}
	}
	return ""
}

// Every file of Kafka's directories is recognised by its path, and most by their bytes alone; each reads well.
func TestFixtures(t *testing.T) {
	for _, dir := range fixtures.Directories {
		files := fixtures.Files(t, dir)
		seen := map[stored.Kind]int{}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			b := files[name]
			want := kindOf(name)
			head := b[:min(len(b), stored.HeadBytes)]
			f := stored.Recognise("logs/"+name, head, int64(len(b)), nil)
			require.Equal(t, want, f.Kind, name)
			seen[want]++
			if want == stored.Unknown {
				continue
			}
			if f.HasBatches() {
				require.Equal(t, logOf(name), f.Log, name)
			}
			checkContent(t, name, b, f)
			alone := stored.Recognise("", head, int64(len(b)), nil)
			switch want {
			case stored.OffsetIndex, stored.TimeIndex: // those of a closed small segment are nearly empty
				if len(b) < 1<<20 {
					continue
				}
			case stored.MetadataSnapshot:
				want = stored.Segment
			}
			if len(b) == 0 || string(b) == "0\n0\n" {
				continue
			}
			require.Equal(t, want, alone.Kind, name)
			if f.HasBatches() {
				require.Equal(t, f.Log, alone.Log, name)
			}
		}
		require.GreaterOrEqual(t, len(seen), 12, "%v", seen)
		t.Logf("%s: %v", dir, seen)
	}
}

func checkContent(t *testing.T, name string, b []byte, f stored.File) {
	t.Helper()
	if !f.HasBatches() {
		tree := f.Options(inspect.Options{}).Frame(b, f.Layout(b))
		require.Nil(t, tree.First(), "%s: %v", name, tree.First())
		return
	}
	at := int64(0)
	for s := stored.NewScanner(stored.InMemory(b)); ; {
		p, ok := s.Next()
		if !ok {
			break
		}
		require.Equal(t, at, p.Start)
		require.Equal(t, stored.Batch, p.Kind, "%s: %v", name, p)
		require.Nil(t, p.Err, "%s: %v", name, p.Err)
		at = p.End
		tree := f.Options(inspect.Options{}).Frame(b[p.Start:p.End], f.Layout(nil))
		require.Nil(t, tree.First(), "%s at %d: %v", name, p.Start, tree.First())
		for n := range tree.All() { // in Kafka's own logs, no value is left as bytes
			if n.Kind() == inspect.VarBytesNode && f.Log != "" && !n.IsNull() {
				t.Errorf("%s at %d: %s is not read: %s", name, p.Start, n.Path(), n.Value())
			}
		}
	}
	require.EqualValues(t, len(b), at, name)
}
