package inspect_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// What values mean, asked of the field at a path in a message.
func TestMeaning(t *testing.T) {
	for _, c := range []struct {
		message string
		version int16
		body    string
		path    string
		value   string
		meaning string
	}{
		{"ApiVersionsResponse", 0, "0023 00000001 0012 0000 0004", "ErrorCode", "35", "UNSUPPORTED_VERSION"},
		{"ApiVersionsResponse", 0, "0023 00000001 0012 0000 0004", "ApiKeys[0].ApiKey", "18", "ApiVersions"},
		{"ApiVersionsResponse", 1, "0000 00000000 00000000", "ThrottleTimeMs", "0", "not throttled"},
		{"ListOffsetsRequest", 1, "ffffffff 00000001 0001 61 00000001 00000000 fffffffffffffffe", "Topics[0].Partitions[0].Timestamp", "-2", "earliest"},
		{"ListOffsetsRequest", 1, "ffffffff 00000001 0001 61 00000001 00000000 0000018bcfe56800", "Topics[0].Partitions[0].Timestamp", "1700000000000", "2023-11-14T22:13:20Z"},
		{"ListOffsetsRequest", 1, "ffffffff 00000000", "ReplicaId", "-1", "a consumer"},
		{"ProduceRequest", 3, "ffff ffff 000005dc 00000000", "Acks", "-1", "all replicas in sync"},
		{"ProduceRequest", 3, "ffff ffff 000005dc 00000000", "TransactionalId", "null", ""},
		{"DescribeConfigsRequest", 1, "00000001 04 0001 31 ffffffff 00", "Resources[0].ResourceType", "4", "BROKER"},
		{"DescribeAclsRequest", 1, "04 ffff 03 ffff ffff 0b 03", "ResourceTypeFilter", "4", "CLUSTER"},
		{"DescribeAclsRequest", 1, "04 ffff 03 ffff ffff 0b 03", "Operation", "11", "ALTER_CONFIGS"},
		{"DescribeAclsRequest", 1, "04 ffff 03 ffff ffff 0b 03", "PatternTypeFilter", "3", "LITERAL"},
		{"InitProducerIdResponse", 0, "00000000 0000 ffffffffffffffff ffff", "ProducerId", "-1", "none"},
		{"DescribeClusterResponse", 0, "00000000 0000 00 02 63 00000001 01 00000100 00", "ClusterAuthorizedOperations", "256", "DESCRIBE"},
		{"DescribeClusterResponse", 0, "00000000 0000 00 02 63 00000001 01 80000000 00", "ClusterAuthorizedOperations", "-2147483648", "not asked for"},
	} {
		tree := inspect.Message(schema.ByName(c.message), c.version, unhex(t, c.body))
		if tree.Err != nil {
			t.Errorf("%v", tree.Err)
			continue
		}
		n, ok := tree.Find(c.path)
		if !ok || n.Value() != c.value || n.Meaning() != c.meaning {
			t.Errorf("%s %s: %q, %q, want %q, %q", c.message, c.path, n.Value(), n.Meaning(), c.value, c.meaning)
		}
	}
}

// Times are those of package time, without its weight.
func TestTimes(t *testing.T) {
	const dayMs = 24 * 3600 * 1000
	list := []int64{1, 999, 1000, -2, 951_782_400_000, 951_868_799_999, 4_102_444_800_000, -62_135_596_800_000, 253_402_300_799_999}
	for day := int64(-719160); day < 2932896; day += 997 {
		list = append(list, day*dayMs+day%dayMs+1)
	}
	m := schema.ByName("TransactionLogValue")
	for _, ms := range list {
		body := unhex(t, "0000000000000001 0000 00000000 00 00000000 0000000000000000 0000000000000000")
		binary.BigEndian.PutUint64(body[len(body)-8:], uint64(ms))
		n, _ := inspect.Message(m, 0, body).Find("TransactionStartTimestampMs")
		want := time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
		want = trimZeroMs(want)
		if got := n.Meaning(); got != want {
			t.Errorf("%d ms: %q, want %q", ms, got, want)
		}
	}
}

func trimZeroMs(s string) string {
	const zero = ".000Z"
	if len(s) > len(zero) && s[len(s)-len(zero):] == zero {
		return s[:len(s)-len(zero)] + "Z"
	}
	return s
}

// A record says its own time and offset; its batch sums itself up.
func TestMeaningOfRecords(t *testing.T) {
	needShared(t)
	var line batchLine
	readLines(t, sharedDir+"/corpus/batches.jsonl.gz", func(l batchLine) {
		if l.Kind == "control-commit" && line.Hex == "" {
			line = l
		}
	})
	tree := inspect.Options{}.Frame(unhex(t, line.Hex), inspect.Layout{Name: inspect.RecordBatches})
	got := map[string]string{}
	for n := range tree.All() {
		got[n.Path()] = n.Meaning()
	}
	for path, want := range map[string]string{
		"Records[0]":                        "offset 9831, 1 record, transactional, control",
		"Records[0].Attributes":             "none, CreateTime, transactional, control",
		"Records[0].Crc":                    "correct",
		"Records[0].MaxTimestamp":           "2023-11-14T22:14:08.954Z",
		"Records[0].BaseSequence":           "none",
		"Records[0].Records[0].OffsetDelta": "offset 9831",
		"Records[0].Records[0].Key.Type":    "COMMIT",
	} {
		if got[path] != want {
			t.Errorf("%s: %q, want %q", path, got[path], want)
		}
	}
}
