package compose_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/compose"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// What Kafka's converters print composes to the bytes that Kafka's own classes wrote, but for what
// the print does not have: record batches and unknown tagged fields.
func TestComposesKafkasBytes(t *testing.T) {
	file, err := os.Open("../testdata/sample.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines, withRecords := 0, 0
	s := bufio.NewScanner(z)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var l struct {
			Name        string
			Version     int16
			Hex         string
			JSON        json.RawMessage
			UnknownTags json.RawMessage
		}
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		got, err := compose.Message(nil, schema.ByName(l.Name), l.Version, l.JSON)
		switch {
		case bytes.Contains(l.JSON, []byte("ecordsSizeInBytes\"")):
			if !errors.Is(err, compose.ErrUnknownField) {
				t.Errorf("%s v%d: %v, want to be told that the batches are missing", l.Name, l.Version, err)
			}
			withRecords++
		case l.UnknownTags != nil, l.Name == "ListClientMetricsResourcesResponse": // 4.4 has other names for its fields
		case err != nil:
			t.Errorf("%s v%d: %v", l.Name, l.Version, err)
		case hex.EncodeToString(got) != l.Hex:
			t.Errorf("%s v%d %s\nhave %x\nwant %s", l.Name, l.Version, l.JSON, got, l.Hex)
		default:
			lines++
		}
	}
	t.Logf("%d messages composed to Kafka's bytes, %d whose record batches the JSON does not have", lines, withRecords)
	if lines < 500 {
		t.Errorf("only %d messages", lines)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		version int16
		json    string
		cause   error
		text    string
	}{
		{"MetadataRequest", 1, `{"topics":[{"name":"a"},{"nmae":"b"}]}`, compose.ErrUnknownField, "topics[1].nmae: no such field"},
		{"MetadataRequest", 0, `{"topics":null}`, wire.ErrNull, "topics: null where the schema has no null"},
		{"MetadataRequest", 1, `{"topics":[null]}`, wire.ErrNull, "topics[0]: null"},
		{"MetadataRequest", 1, `{"topics":{}}`, compose.ErrType, "topics: want an array, have an object"},
		{"MetadataRequest", 3, `{"allowAutoTopicCreation":false}`, wire.ErrUnsupportedField, "it is in versions 4-13"},
		{"MetadataRequest", 99, `{}`, wire.ErrUnsupportedVersion, "it has versions 0-13"},
		{"HeartbeatRequest", 0, `{"generationId":2147483648}`, wire.ErrValue, "generationId: 2147483648 is no int32"},
		{"HeartbeatRequest", 0, `{"generationId":1.5}`, wire.ErrValue, "1.5 is no int32"},
		{"HeartbeatRequest", 0, `{"groupId":7}`, compose.ErrType, "groupId: want a string, have a number"},
		{"HeartbeatRequest", 0, `{"groupId":"` + strings.Repeat("x", 40000) + `"}`, wire.ErrTooLong, "string of 40000 bytes"},
		{"FetchRequest", 13, `{"topics":[{"topicId":"short"}]}`, wire.ErrValue, `topics[0].topicId: "short" is not a Kafka uuid`},
		{"ProduceRequest", 3, `{"topicData":[{"partitionData":[{"records":"?"}]}]}`, wire.ErrValue, "topicData[0].partitionData[0].records: bytes are written in base64"},
		{"ProduceRequest", 3, `{"topicData":[{"partitionData":[{"recordsSizeInBytes":9}]}]}`, compose.ErrUnknownField, "give them as records in base64"},
		{"MetadataRequest", 4, `{"allowAutoTopicCreation":"yes"}`, compose.ErrType, "allowAutoTopicCreation: want true or false, have a string"},
		{"HeartbeatRequest", 0, `{"generationId":true}`, compose.ErrType, "generationId: want a number, have a bool"},
		{"HeartbeatRequest", 0, `{"generationId":[]}`, compose.ErrType, "want a number, have an array"},
		{"HeartbeatRequest", 0, `7`, compose.ErrType, "want an object, have a number"},
		{"HeartbeatRequest", 0, `null`, compose.ErrType, "want an object, have null"},
		{"MetadataRequest", 1, `{"topics":["a"]}`, compose.ErrType, "topics[0]: want an object, have a string"},
		{"FetchRequest", 15, `{"replicaState":{"replicaId":"x"}}`, compose.ErrType, "replicaState.replicaId: want a number"},
		{"AlterClientQuotasRequest", 0, `{"entries":[{"ops":[{"value":"much"}]}]}`, compose.ErrType, "entries[0].ops[0].value: want a number, have a string"},
		{"AlterClientQuotasRequest", 0, `{"entries":[{"ops":[{"value":1e999}]}]}`, wire.ErrValue, "value: 1e999"},
	} {
		dst := []byte("kept")
		out, err := compose.Message(dst, schema.ByName(c.name), c.version, []byte(c.json))
		if !errors.Is(err, c.cause) || !strings.Contains(err.Error(), c.text) || string(out) != "kept" {
			t.Errorf("%s %s: %v, want %q", c.name, c.json, err, c.text)
		}
	}
	for _, text := range []string{``, `{`, `{} {}`, `nil`} {
		if _, err := compose.Message(nil, schema.ByName("MetadataRequest"), 1, []byte(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// What is left out has Kafka's default, which is not always zero, and a tagged field at its default
// is not written.
func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		version int16
		json    string
		want    string
	}{
		{"MetadataRequest", 4, `{}`, "00000000 01"},
		{"FetchRequest", 0, `{}`, "ffffffff 00000000 00000000 00000000"},
		{"FetchRequest", 12, `{"clusterId":null}`, "ffffffff 00000000 00000000 7fffffff 00 00000000 ffffffff 01 01 01 00"},
		{"FetchRequest", 12, `{"clusterId":"c"}`, "ffffffff 00000000 00000000 7fffffff 00 00000000 ffffffff 01 01 01 01 00 02 02 63"},
		{"RequestHeader", 2, `{"requestApiKey":18,"requestApiVersion":4,"correlationId":7,"clientId":null}`, "0012 0004 00000007 ffff 00"},
		{"ConsumerGroupHeartbeatResponse", 0, `{"assignment":null}`, "00000000 0000 00 00 00000000 00000000 ff 00"},
		{"AlterClientQuotasRequest", 0, `{"entries":[{"ops":[{"key":"k","value":1.5},{"value":"NaN"},{"value":"Infinity"},{"value":"-Infinity"},{}]}]}`, "00000001 00000000 00000005" +
			"0001 6b 3ff8000000000000 00" + "0000 7ff8000000000001 00" + "0000 7ff0000000000000 00" + "0000 fff0000000000000 00" + "0000 0000000000000000 00" + "00"},
		{"CreateTopicsRequest", 0, `{"topics":[{"assignments":[{"brokerIds":[1,-1]}]}]}`, "00000001 0000 00000000 0000 00000001 00000000 00000002 00000001 ffffffff 00000000 0000ea60"},
		{"SaslAuthenticateRequest", 0, `{}`, "00000000"},
		{"SaslAuthenticateResponse", 0, `{"errorMessage":null}`, "0000 ffff 00000000"},
		{"ProduceRequest", 3, `{"topicData":[{"partitionData":[{"records":null}]}]}`, "ffff 0000 00000000 00000001 0000 00000001 00000000 ffffffff"},
		{"ConsumerGroupHeartbeatResponse", 0, `{"assignment":{}}`, "00000000 0000 00 00 00000000 00000000 01 01 00 00"},
	} {
		got, err := compose.Message(nil, schema.ByName(c.name), c.version, []byte(c.json))
		if want := strings.ReplaceAll(c.want, " ", ""); err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s v%d %s: %x, %v, want %s", c.name, c.version, c.json, got, err, want)
		}
	}
}
