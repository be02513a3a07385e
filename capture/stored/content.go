package stored

import (
	"encoding/binary"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
)

// certain recognises what carries a checksum, or is text that nothing else has.
func certain(head []byte, size int64) Kind {
	whole := size == int64(len(head))
	switch b, err := records.ReadBatch(head); {
	case err == nil && b.CheckCRC() == nil:
		return Segment
	case len(head) >= 10 && whole && head[0] == 0 && head[1] == 1 && fits(ProducerSnapshot, head):
		return ProducerSnapshot
	}
	text := string(head[:min(len(head), 1<<12)])
	switch {
	case strings.HasPrefix(text, "0\n") && whole:
		for _, k := range [...]Kind{EpochCheckpoint, OffsetCheckpoint} {
			if text != "0\n0\n" && fits(k, head) {
				return k
			}
		}
	case strings.HasPrefix(text, "version: ") && strings.Contains(text, "\ntopic_id: "):
		return PartitionMetadata
	case strings.HasPrefix(text, "{") && strings.Contains(text, `"leaderEpoch":`) && strings.Contains(text, `"data_version":`):
		return QuorumState
	case strings.HasPrefix(text, `{"version":`) && strings.Contains(text, `"brokerEpoch":`):
		return CleanShutdown
	case strings.Contains(text, "cluster.id=") && strings.Contains(text, "version="):
		return MetaProperties
	}
	return Unknown
}

// fits reports whether a file reads well as a kind.
func fits(k Kind, b []byte) bool {
	return inspect.Options{MaxNodes: 1 << 16}.Frame(b, File{Kind: k}.Layout(b)).First() == nil
}

// leastEntries is how many entries of an index must ascend in both columns before its bytes alone tell that it is one.
const leastEntries = 8

// likely recognises indexes, by their size and by entries that ascend.
func likely(head []byte, size int64) Kind {
	zeros := strings.Trim(string(head[:min(len(head), 1<<12)]), "\x00") == ""
	switch {
	case size == 0:
	case zeros && size >= 1<<12 && size%12 == 0: // made large at once, nothing in it; Kafka rounds to whole entries
		return TimeIndex
	case zeros && size >= 1<<12 && size%8 == 0:
		return OffsetIndex
	case size%34 == 0 && head[0] == 0 && ascending(TransactionIndex, head, 34, 1) && binary.BigEndian.Uint16(head) == 0:
		return TransactionIndex
	case size%8 == 0 && ascending(OffsetIndex, head, 8, leastEntries):
		return OffsetIndex
	case size%12 == 0 && ascending(TimeIndex, head, 12, 2):
		return TimeIndex
	}
	return Unknown
}

// ascending reports whether the first entries of an index are such.
func ascending(k Kind, head []byte, size, least int) bool {
	n := min(len(head)/size, 100)
	t := inspect.Options{}.Frame(head[:n*size], File{Kind: k}.Layout(nil))
	entries := 0
	for e := range t.Root().Children() {
		if e.Kind() != inspect.StructNode {
			continue
		}
		entries++
		for v := range e.Children() {
			if n, ok := v.Int(); !ok || n < 0 || v.Name() == "Timestamp" && (n < firstTimeMs || n > lastTimeMs) {
				return false
			}
		}
	}
	return t.First() == nil && entries >= least
}

// Times that make sense in a log: 2001 to 2128.
const (
	firstTimeMs = 1_000_000_000_000
	lastTimeMs  = 5_000_000_000_000
)

// maxTellingBatches is how many batches are looked at to find out whose log it is.
const maxTellingBatches = 20

// logOf tells by its records which of Kafka's own logs a segment is of: all of the first ones must read well as records
// of that log. It is "" for any other.
func logOf(head []byte, d records.Decompressor) string {
	var possible [len(logs)]bool
	seen := 0
	for b, err := range records.Batches(head) {
		if err != nil || seen == maxTellingBatches {
			break
		}
		if b.IsControl() || b.Magic() < 2 || b.Count() == 0 {
			continue
		}
		seen++
		for i, log := range logs {
			if seen == 1 || possible[i] {
				possible[i] = holds(b, log, d)
			}
		}
	}
	for i, log := range logs {
		if possible[i] {
			return log
		}
	}
	return ""
}

// holds reports whether every record of a batch reads well as one of a log.
func holds(b records.Batch, log string, d records.Decompressor) bool {
	t := inspect.Options{Log: log, Decompressor: d}.Frame(b.Bytes(), File{Kind: Segment}.Layout(nil))
	if t.First() != nil {
		return false
	}
	parts := 2 // of a record that are messages, or null
	if strings.HasSuffix(log, "_metadata") {
		parts = 1
	}
	missing := 0
	for n := range t.All() {
		switch {
		case n.Kind() == inspect.RecordNode:
			missing += parts
		case n.Kind() == inspect.MessageNode, n.IsNull() && n.Name() == "Value":
			missing--
		case n.Kind() == inspect.CompressedNode && n.IsLeaf():
			return false
		}
	}
	return missing == 0
}
