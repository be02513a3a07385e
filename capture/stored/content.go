package stored

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
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
	case strings.Contains(text, "=") && strings.Contains(text, "cluster.id=") && strings.Contains(text, "version="):
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
	zeros := len(bytes.Trim(head[:min(len(head), 1<<12)], "\x00")) == 0
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

// ascending reports whether the first entries of an index are such. Of most inputs the first two are not.
func ascending(k Kind, head []byte, size, least int) bool {
	return ascend(k, head, size, 2, 0) && ascend(k, head, size, 100, least)
}

func ascend(k Kind, head []byte, size, most, least int) bool {
	n := min(len(head)/size, most)
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

// maxTellingRecords is how many records are looked at to find out whose log it is.
const maxTellingRecords = 50

// LogOf tells by its records which of Kafka's own logs a segment is of: all of the first ones must read well as records
// of that log. It is "" for any other. d may be nil; batches that it has not yet are passed over.
func LogOf(head []byte, d records.Decompressor) string {
	possible := logs
	seen := 0
	for b, err := range records.Batches(head[:min(len(head), HeadBytes)]) {
		if err != nil || seen >= maxTellingRecords {
			break
		}
		if b.IsControl() || b.Magic() < 2 || b.Count() == 0 {
			continue
		}
		for r, err := range b.RecordsWith(records.ReadOptions{Decompressor: d}) {
			if errors.Is(err, inspect.ErrNotYet) {
				break
			}
			left := false
			for i, log := range possible {
				if err != nil || log != "" && !holds(log, r) {
					possible[i] = ""
				}
				left = left || possible[i] != ""
			}
			if seen++; !left || seen >= maxTellingRecords {
				break
			}
		}
	}
	for _, log := range possible {
		if log != "" && seen > 0 {
			return log
		}
	}
	return ""
}

// holds reports whether a record reads well as one of a log.
func holds(log string, r records.Record) bool {
	if strings.HasSuffix(log, "_metadata") {
		_, ok := message(log, schema.KindMetadata, nil, r.Value)
		return ok
	}
	key, ok := message(log, schema.KindCoordinatorKey, nil, r.Key)
	if !ok || r.Value == nil {
		return ok
	}
	_, ok = message(log, schema.KindCoordinatorValue, schema.Record(log, schema.KindCoordinatorValue, key), r.Value)
	return ok
}

// message reports whether bytes are a message as a log has it, and its type.
func message(log string, kind schema.Kind, m *schema.Message, src []byte) (typ int16, ok bool) {
	l, ok := inspect.StoredLayout(kind, log, m, src)
	return l.Key, ok && inspect.Options{}.Frame(src, l).Err == nil
}
