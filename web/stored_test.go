package web

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/stored/fixtures"
)

// TestSegment drops segments and snapshots of Kafka's: a packet for each batch, with its records when it is opened.
func TestSegment(t *testing.T) {
	files := fixtures.Files(t, "clean-shutdown")
	p := open(t, withFile(files["alpha-0/00000000000000000000.log"]))
	p.answered()
	p.drop("00000000000000000000.log")
	require.Equal(t, "log segment · 1,195 bytes", p.text(format))
	require.Equal(t, "5", p.text(packetCount))
	require.Equal(t, strings.TrimSpace(`
1 0.000000 · batches batch of offsets 0 to 9 340 B 10 records
2 1.628000 · batches batch of offsets 10 to 19 189 B 10 records, gzip
3 2.793000 · batches batch of offsets 20 to 29 242 B 10 records, snappy
4 3.336000 · batches batch of offsets 30 to 39 228 B 10 records, lz4
5 4.075000 · batches batch of offsets 40 to 49 196 B 10 records, zstd`), p.packets())
	p.click(p.box(`document.getElementById("f4")`)) // zstd
	p.answered()
	p.wait(`document.getElementById("tree").textContent.includes("zstd")`)
	p.shoot("segment")

	p = open(t, withFile(files["__cluster_metadata-0/00000000000000000000.log"]))
	p.answered()
	p.drop("00000000000000000000.log")
	require.Equal(t, "log segment of __cluster_metadata · 18,243 bytes", p.text(format))
	p.wait(`document.querySelector("#trip").innerText`) // the list has been looked over, and no row is replaced while it is clicked
	p.click(p.box(`document.getElementById("f1")`))
	p.answered()
	p.press("t", "*", "PageDown", "PageDown")
	p.wait(`document.getElementById("tree").textContent.includes("BeginTransactionRecord")`)
	p.shoot("segment-metadata")

	// The state of the cluster after a batch, and back.
	p.click(p.box(`document.getElementById("replay")`))
	p.wait(`document.getElementById("fields-name").textContent === "State after offset 11"`)
	p.wait(`/metadata\.version\s+33/.test(document.getElementById("tree").textContent)`)
	p.shoot("segment-replay")
	p.click(p.box(`document.getElementById("replay")`))
	p.wait(`document.getElementById("fields-name").textContent === "Fields" && document.getElementById("tree").textContent.includes("Batch")`)
}

// TestStoredFiles drops the other files of a log directory: each is named and read to its last byte.
func TestStoredFiles(t *testing.T) {
	files := fixtures.Files(t, "clean-shutdown")
	for name, c := range map[string]struct{ format, row string }{
		"txn-0/00000000000000000000.index":     {"offset index", "RelativeOffset"},
		"txn-0/00000000000000000000.timeindex": {"time index", "Timestamp"},
		"txn-0/00000000000000000000.txnindex":  {"index of aborted transactions", "LastStableOffset"},
		"txn-0/00000000000000000016.snapshot":  {"snapshot of producers", "ProducerEntries"},
		"txn-0/leader-epoch-checkpoint":        {"checkpoint of leader epochs", "StartOffset"},
		"txn-0/partition.metadata":             {"partition.metadata", "topic_id"},
		"replication-offset-checkpoint":        {"checkpoint of offsets", "Partition"},
		"meta.properties":                      {"meta.properties", "cluster.id"},
		"__cluster_metadata-0/quorum-state":    {"quorum-state", "votedDirectoryId"},
	} {
		p := open(t, withFile(files[name]))
		p.answered()
		p.drop(path.Base(name))
		require.True(t, strings.HasPrefix(p.text(format), c.format+" · "), "%s: %s", name, p.text(format))
		require.Equal(t, "✓ every byte read", p.text(`document.getElementById("verdict").textContent`), name)
		p.press("t", "*")
		p.wait(`document.getElementById("tree").textContent.includes("` + c.row + `")`)
		if name == "meta.properties" || strings.HasSuffix(name, ".index") {
			p.shoot(strings.ReplaceAll(path.Base(name), ".", "-"))
		}
	}
}
