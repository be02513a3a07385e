package inspect_test

import (
	"errors"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// The quirks of Kafka's schemas that live in the tables and in the JSON, by their numbers.

func asJSON(t *testing.T, o inspect.Options, name string, version int16, hex string) string {
	t.Helper()
	out, _, err := o.AppendJSON(nil, schema.ByName(name), version, unhex(t, hex))
	if err != nil {
		return err.Error()
	}
	return string(out)
}

type jsonCase struct {
	name    string
	version int16
	hex     string
	want    string
}

func checkJSON(t *testing.T, o inspect.Options, cases []jsonCase) {
	t.Helper()
	for _, c := range cases {
		if got := asJSON(t, o, c.name, c.version, c.hex); got != c.want {
			t.Errorf("%s v%d %s\nhave %s\nwant %s", c.name, c.version, c.hex, got, c.want)
		}
	}
}

// A tagged field whose default is an empty array or a fresh struct is written when it is null, and
// left out when it is empty (JSON null as the default, not the word).
func TestQ05DefaultsOfTaggedFields(t *testing.T) {
	checkJSON(t, inspect.Options{}, []jsonCase{
		{"ConsumerGroupCurrentMemberAssignmentValue", 0, "00000001 00000001 00 02" + strings.Repeat("00", 16) + "01 01 00 01 00 01 00",
			`{"memberEpoch":1,"previousMemberEpoch":1,"state":0,"assignedPartitions":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAA","partitions":[],"assignmentEpochs":null}],"partitionsPendingRevocation":[]}`},
		{"ConsumerGroupCurrentMemberAssignmentValue", 0, "00000001 00000001 00 02" + strings.Repeat("00", 16) + "01 01 00 01 01 01 00",
			`{"memberEpoch":1,"previousMemberEpoch":1,"state":0,"assignedPartitions":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAA","partitions":[]}],"partitionsPendingRevocation":[]}`},
	})
}

// Null arrays, strings and bytes; Metadata v0 means "all topics" by an empty array, later versions by null.
func TestQ07Q24Nulls(t *testing.T) {
	checkJSON(t, inspect.Options{}, []jsonCase{
		{"MetadataRequest", 1, "ffffffff", `{"topics":null}`},
		{"MetadataRequest", 1, "00000000", `{"topics":[]}`},
		{"MetadataRequest", 0, "ffffffff", "kwire: MetadataRequest v0: Topics: offset 0: null where the schema has no null"},
		{"ProduceRequest", 3, "ffff 0001 00000000 00000001 0001 61 00000001 00000000 ffffffff",
			`{"transactionalId":null,"acks":1,"timeoutMs":0,"topicData":[{"name":"a","partitionData":[{"index":0,"records":null}]}]}`},
	})
	checkJSON(t, inspect.Options{Lenient: true}, []jsonCase{{"MetadataRequest", 1, "fffffffe", `{"topics":null}`}})
}

func TestQ08Q09NullableStructs(t *testing.T) {
	const head = "00000000 0000 00 00 00000000 00000000 "
	checkJSON(t, inspect.Options{}, []jsonCase{
		{"ConsumerGroupHeartbeatResponse", 0, head + "ff 00", `{"throttleTimeMs":0,"errorCode":0,"errorMessage":null,"memberId":null,"memberEpoch":0,"heartbeatIntervalMs":0,"assignment":null}`},
		{"ConsumerGroupHeartbeatResponse", 0, head + "05 01 00 00", "kwire: ConsumerGroupHeartbeatResponse v0: Assignment: offset 16: null marker 5: value out of range"},
	})
	checkJSON(t, inspect.Options{Lenient: true}, []jsonCase{
		{"ConsumerGroupHeartbeatResponse", 0, head + "05 01 00 00", `{"throttleTimeMs":0,"errorCode":0,"errorMessage":null,"memberId":null,"memberEpoch":0,"heartbeatIntervalMs":0,"assignment":{"topicPartitions":[]}}`},
	})
}

// Tagged fields at their default are not shown, though they were there; what Kafka's reader does
// with tags out of order, repeated or of a wrong size is what lenient reading does.
func TestQ10Q11TaggedFields(t *testing.T) {
	const v3 = "0000 01 00000000 "
	const shown = `{"errorCode":0,"apiKeys":[],"throttleTimeMs":0`
	checkJSON(t, inspect.Options{}, []jsonCase{
		{"ApiVersionsResponse", 3, v3 + "01 01 08 ffffffffffffffff", shown + "}"},
		{"ApiVersionsResponse", 3, v3 + "01 01 08 0000000000000000", shown + `,"finalizedFeaturesEpoch":0}`},
		{"ApiVersionsResponse", 3, v3 + "01 09 02 abcd", shown + "}"},
		{"ApiVersionsResponse", 3, v3 + "01 01 09 000000000000000000", "kwire: ApiVersionsResponse v3: TAG_BUFFER: offset 18: tag 1 announces 1 byte more than its value has: bad tagged field"},
	})
	checkJSON(t, inspect.Options{Lenient: true}, []jsonCase{
		{"ApiVersionsResponse", 3, v3 + "01 01 09 0000000000000000 ff", shown + `,"finalizedFeaturesEpoch":0}`},
		{"ApiVersionsResponse", 3, v3 + "01 01 01 0000000000000005", shown + `,"finalizedFeaturesEpoch":5}`},
		{"ApiVersionsResponse", 3, v3 + "02 01 08 0000000000000005 01 08 0000000000000006", shown + `,"finalizedFeaturesEpoch":6}`},
		{"ApiVersionsResponse", 3, v3 + "03 01 08 0000000000000005 03 01 01 01 08 ffffffffffffffff", shown + `,"zkMigrationReady":true}`},
		{"ApiVersionsResponse", 3, v3 + "02 03 01 01 01 08 0000000000000005", shown + `,"zkMigrationReady":true,"finalizedFeaturesEpoch":5}`},
		{"ApiVersionsResponse", 3, v3 + "02 09 01 01 08 01 01", "kwire: ApiVersionsResponse v3: TAG_BUFFER: offset 11: unknown tag 8 after tag 9: bad tagged field"},
	})
}

func TestQ12NumbersThatAreNotCanonical(t *testing.T) {
	checkJSON(t, inspect.Options{Lenient: true}, []jsonCase{
		{"ApiVersionsResponse", 3, "0000 8100 00000000 00", `{"errorCode":0,"apiKeys":[],"throttleTimeMs":0}`},
		{"MetadataRequest", 4, "00000000 02", `{"topics":[],"allowAutoTopicCreation":true}`},
		{"SaslHandshakeRequest", 0, "0002 c328", "{\"mechanism\":\"\ufffd(\"}"},
		{"ApiVersionsResponse", 0, "0000 00000000 aabb", `{"errorCode":0,"apiKeys":[]}`},
	})
	checkJSON(t, inspect.Options{}, []jsonCase{
		{"ApiVersionsResponse", 3, "0000 8100 00000000 00", "kwire: ApiVersionsResponse v3: ApiKeys: offset 2: 2 bytes where fewer hold the value: bad varint"},
		{"ApiVersionsResponse", 3, "0000 8080808080 00", "kwire: ApiVersionsResponse v3: ApiKeys: offset 2: more than 5 bytes: bad varint"},
		{"ApiVersionsResponse", 0, "0000 00000000 aabb", "kwire: ApiVersionsResponse v0: offset 6: 2 bytes after the message: bytes left over"},
		{"ApiVersionsResponse", 9, "0000", "kwire: ApiVersionsResponse v9: offset 0: it has versions 0-5: unsupported version"},
		{"ApiVersionsResponse", 0, "0000 7fffffff", "kwire: ApiVersionsResponse v0: ApiKeys: offset 2: 2147483647 elements in 0 bytes: unexpected EOF"},
	})
}

// Q16: floats, uuids; Q28: names begin with a small letter, whatever Kafka's definitions write.
func TestQ16Q28ValuesAndNames(t *testing.T) {
	u := "00112233445566778899aabbccddeeff"
	checkJSON(t, inspect.Options{}, []jsonCase{
		{"ClientQuotaRecord", 0, "01 02 6b 7ff8000000000000 00 00", `{"entity":[],"key":"k","value":"NaN","remove":false}`},
		{"ClientQuotaRecord", 0, "01 02 6b 4415af1d78b58c40 00 00", `{"entity":[],"key":"k","value":1.0E20,"remove":false}`},
		{"ClientQuotaRecord", 0, "01 02 6b 8000000000000000 01 00", `{"entity":[],"key":"k","value":-0.0,"remove":true}`},
		{"TopicRecord", 0, "02 61" + u + "00", `{"name":"a","topicId":"ABEiM0RVZneImaq7zN3u_w"}`},
		{"KRaftVersionRecord", 0, "0000 0001 00", `{"version":0,"kRaftVersion":1}`},
	})
}

// Q17: the client id of a request keeps its two-byte length in flexible headers.
func TestQ17ClientID(t *testing.T) {
	tree := inspect.Request(unhex(t, "0000000e 0003 000c 00000007 0001 61 00 00 01"))
	header, ok := tree.Header()
	if !ok {
		t.Fatal("no header")
	}
	for n := range header.Children() {
		if n.Name() == "ClientId" && (n.Type() != "NULLABLE_STRING" || n.Prefix() != 2 || n.Value() != `"a"`) {
			t.Errorf("%s %d %s", n.Type(), n.Prefix(), n.Value())
		}
	}
}

// Q19: a broker answers an ApiVersions request of an unknown version in v0, with error 35.
func TestQ19ApiVersionsFallsBack(t *testing.T) {
	tree := inspect.Response(unhex(t, "00000010 00000007 0023 00000001 0012 0000 0005"), 18, 5)
	if tree.Err != nil || tree.Layout.Version != 0 {
		t.Errorf("%v, read as v%d", tree.Err, tree.Layout.Version)
	}
}

// Q21: APIs and versions that do not exist are errors at the bytes that name them.
func TestQ21UnknownAPIsAndVersions(t *testing.T) {
	for _, c := range []struct {
		frame  string
		path   string
		offset int
		cause  error
	}{
		{"0000000a 03e7 0000 00000007 ffff", "RequestApiKey", 4, wire.ErrValue},
		{"0000000b 0003 0063 00000007 ffff 00", "RequestApiVersion", 6, wire.ErrUnsupportedVersion},
		{"0000000a 0003", "RequestApiVersion", 6, io.ErrUnexpectedEOF},
		{"000000", "Size", 0, io.ErrUnexpectedEOF},
		{"ffffffff 0003 0000 00000007 ffff 00000000", "Size", 0, wire.ErrValue},
		{"0000000e 0003 0000 00000007 ffff 00000000 00", "Size", 18, wire.ErrTrailing},
		{"0000000f 0003 0000 00000007 ffff 00000000", "Size", 0, io.ErrUnexpectedEOF},
		{"0000000f 0003 0000 00000007 ffff 00000000 00", "", 18, wire.ErrTrailing},
	} {
		tree := inspect.Request(unhex(t, c.frame))
		checkOwned(t, tree)
		if tree.Err == nil || tree.Err.Path != c.path || tree.Err.Offset != c.offset || !errors.Is(tree.Err, c.cause) {
			t.Errorf("%s: %v, want %v at %s, offset %d", c.frame, tree.Err, c.cause, c.path, c.offset)
		}
	}
}

// Q25, Q26, Q27: what Kafka stores before a message.
func TestQ25Q26Q27StoredMessages(t *testing.T) {
	for _, c := range []struct {
		kind schema.Kind
		log  string
		name string
		hex  string
		want string
	}{
		{schema.KindMetadata, "", "", "01 02 00 02 61 00000000000000000000000000000001 00", "TopicRecord v0"},
		{schema.KindMetadata, "", "", "01 14 00 00", "NoOpRecord v0"},
		{schema.KindMetadata, "__remote_log_metadata", "", "01 02 00", "RemotePartitionDeleteMetadataRecord v0"},
		{schema.KindCoordinatorKey, "", "", "0001 0001 67 0001 74 00000000", "OffsetCommitKey v0"},
		{schema.KindCoordinatorKey, "__transaction_state", "", "0000 0001 74", "TransactionLogKey v0"},
		{schema.KindCoordinatorValue, "", "OffsetCommitValue", "0003 0000000000000005 ffffffff 0000 0000000000000000", "OffsetCommitValue v3"},
		{schema.KindData, "", "ConsumerProtocolAssignment", "0000 00000000 ffffffff", "ConsumerProtocolAssignment v0"},
	} {
		src := unhex(t, c.hex)
		l, ok := inspect.StoredLayout(c.kind, c.log, schema.ByName(c.name), src)
		if !ok || l.String() != c.want {
			t.Errorf("%s: %v, %t, want %s", c.hex, l, ok, c.want)
			continue
		}
		tree := inspect.Options{}.Frame(src, l)
		checkOwned(t, tree)
		if tree.Err != nil && !strings.HasPrefix(c.want, "Remote") {
			t.Errorf("%s: %v", c.hex, tree.Err)
		}
		for i := range src {
			tree := inspect.Options{}.Frame(src[:i], l)
			checkOwned(t, tree)
			if !errors.Is(tree.Err, io.ErrUnexpectedEOF) {
				t.Errorf("%s, %d bytes: %v", c.hex, i, tree.Err)
			}
		}
	}
	if _, ok := inspect.StoredLayout(schema.KindMetadata, "", nil, unhex(t, "01 06 00")); ok {
		t.Error("type 6 is a gap")
	}
	tree := inspect.Options{}.Frame(unhex(t, "00 14 00 00"), inspect.Layout{Kind: schema.KindMetadata, Name: "NoOpRecord", HeaderVersion: inspect.NoHeader, Stored: true})
	if !errors.Is(tree.First(), wire.ErrUnsupportedVersion) {
		t.Errorf("frame version 0: %v", tree.Err)
	}
}

// Q30: record batches are shown by their size, or with their contents on demand.
func TestQ30RecordsInJSON(t *testing.T) {
	const head, tail = "ffff 0001 00000000 00000001 0001 61 00000001 00000000 00000003", "010203"
	checkJSON(t, inspect.Options{}, []jsonCase{{"ProduceRequest", 3, head + tail,
		`{"transactionalId":null,"acks":1,"timeoutMs":0,"topicData":[{"name":"a","partitionData":[{"index":0,"recordsSizeInBytes":3}]}]}`}})
	if got := asJSON(t, inspect.Options{JSONRecords: true}, "ProduceRequest", 3, head+tail); !strings.Contains(got, `"records":[{"error":"`) {
		t.Error(got)
	}
}

// Q32: a batch that is cut off is no error, and has its node.
func TestQ32PartialBatch(t *testing.T) {
	body := unhex(t, "ffff 0001 00000000 00000001 0001 61 00000001 00000000 00000014 0000000000000005 00001000 00000000 02 000000")
	tree := inspect.Message(schema.ByName("ProduceRequest"), 3, body)
	checkOwned(t, tree)
	cut, _ := find(tree, "TopicData[0].PartitionData[0].Records.PartialBatch")
	if tree.First() != nil || cut.Kind() != inspect.PartialNode || cut.Meaning() != "a batch of 4108 bytes, cut off" || cut.Size() != 20 {
		t.Errorf("%v, %v %q", tree.First(), cut.Kind(), cut.Meaning())
	}
}

// A tree that is full still owns every byte, and reading goes on to the end.
func TestFullTree(t *testing.T) {
	readLines(t, samplePath, func(l corpusLine) {
		src := unhex(t, l.Hex)
		for _, most := range []int{1, 2, 7, 40} {
			tree := inspect.Options{MaxNodes: most}.Message(schema.ByName(l.Name), l.Version, src)
			if tree.Err != nil {
				t.Fatalf("%s v%d, %d nodes: %v", l.Name, l.Version, most, tree.Err)
			}
			checkOwned(t, tree)
			checkTexts(tree)
			if tree.Len() > most+20 {
				t.Fatalf("%s v%d: %d nodes, %d allowed", l.Name, l.Version, tree.Len(), most)
			}
		}
	})
}

// The web page links this package: nothing heavy may creep in.
func TestImportsNothingHeavy(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("no processes here")
	}
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		switch name {
		case "fmt", "os", "time", "net", "encoding/json", "text/template", "compress/flate", "regexp":
			t.Errorf("%s is linked", name)
		}
	}
}
