package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
)

// TestKafkaReadsOurBatches writes every compressed batch and message set of the corpus again, and has Apache Kafka's
// own classes read both: they must say the same.
func TestKafkaReadsOurBatches(t *testing.T) {
	script := needKafka(t)
	libs := filepath.Join(os.Getenv("KAFKA_HOME"), "libs")
	if os.Getenv("KAFKA_HOME") == "" {
		home, err := os.UserHomeDir()
		require.NoError(t, err)
		libs = filepath.Join(home, ".cache", "kafka-4.4.0", "libs")
	}
	if _, err := os.Stat(libs); err != nil {
		startKafka(t, script, filepath.Join(t.TempDir(), "logs")) // the script fetches Kafka's jars
	}
	theirs, ours := filepath.Join(t.TempDir(), "theirs"), filepath.Join(t.TempDir(), "ours")
	n := writeCompressed(t, theirs, ours)
	want, have := readByKafka(t, libs, theirs), readByKafka(t, libs, ours)
	require.Len(t, want, n)
	require.Len(t, have, n)
	kinds := map[string]int{}
	for i := range want {
		require.Equal(t, want[i], have[i], "batch %d", i)
		kinds[strings.Join(strings.Fields(want[i])[:2], " ")]++
	}
	require.Len(t, kinds, 10, "three codecs for magic 0 and 1, four for magic 2: %v", kinds)
}

// writeCompressed writes the corpus's compressed batches to one file, and ours to the other, as lines of hex.
func writeCompressed(t *testing.T, theirs, ours string) (n int) {
	f, err := os.Open(shared("corpus", "batches.jsonl.gz"))
	if err != nil {
		skipUnlessCI(t, "there is no ../shared/corpus beside the checkout")
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var a, b bytes.Buffer
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Hex     string
			Batches []struct{}
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
		raw, err := hex.DecodeString(line.Hex)
		require.NoError(t, err)
		whole := 0
		for batch, err := range records.Batches(raw) {
			if whole == len(line.Batches) {
				break // a last batch that is cut off
			}
			require.NoError(t, err)
			whole++
			if batch.Codec() == records.None {
				continue
			}
			fmt.Fprintf(&a, "%x\n", batch.Bytes())
			fmt.Fprintf(&b, "%x\n", rewrite(t, batch))
			n++
		}
	}
	require.NoError(t, lines.Err())
	require.NoError(t, os.WriteFile(theirs, a.Bytes(), 0o600))
	require.NoError(t, os.WriteFile(ours, b.Bytes(), 0o600))
	return n
}

// rewrite makes a batch, or a legacy entry, like b.
func rewrite(t *testing.T, b records.Batch) []byte {
	var rs []records.Record
	for r, err := range b.RecordsWith(records.ReadOptions{Decompressor: compress.All, CreateTimes: true}) {
		require.NoError(t, err)
		rs = append(rs, r)
	}
	if b.Magic() < 2 {
		out, err := records.AppendMessageSet(nil, b.Magic(), b.Codec(), compress.All, rs)
		require.NoError(t, err)
		return out
	}
	o := records.OptionsOf(b)
	o.Compressor = compress.All
	w := records.NewWriter(nil, o)
	for _, r := range rs {
		w.AppendAt(r)
	}
	w.SetLastOffset(b.LastOffset())
	out, err := w.Finish()
	require.NoError(t, err)
	return out
}

func readByKafka(t *testing.T, libs, file string) []string {
	cmd := exec.Command("java", "-cp", filepath.Join(libs, "*"), filepath.Join("testdata", "ReadBatches.java"), file)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	require.NoError(t, err, "%s", &complaints)
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}
