package main

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Every record of Kafka's own logs that Kafka's classes wrote, with what a log has before it, says what Kafka says.
func TestStoredMessagesOfTheCorpus(t *testing.T) {
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "corpus", "messages-4.x.jsonl.gz"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI must have the corpus: ", err)
		}
		t.Skip("SKIPPED, NOT TESTED: no corpus: ", err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	require.NoError(t, err)
	lines := bufio.NewReaderSize(z, 1<<16)
	seen := map[string]int{}
	for {
		text, err := readLine(lines)
		if err != nil {
			break
		}
		var l struct {
			Name, Type, Hex string
			Version         int16
			JSON            json.RawMessage
		}
		require.NoError(t, json.Unmarshal(text, &l))
		kind, _ := schema.ParseKind(l.Type)
		m := schema.ByName(l.Name)
		if kind < schema.KindMetadata || m.Log == "" {
			continue
		}
		body, err := hex.DecodeString(l.Hex)
		require.NoError(t, err)
		var head []byte
		switch kind {
		case schema.KindMetadata:
			head = wire.AppendUvarint(wire.AppendUvarint([]byte{1}, uint32(m.Key)), uint32(l.Version))
		case schema.KindCoordinatorKey:
			head = wire.AppendInt16(nil, m.Key)
		default:
			head = wire.AppendInt16(nil, l.Version)
		}
		if kind == schema.KindCoordinatorKey && l.Version != 0 {
			continue // 3.9 has its types as versions
		}
		got, _, err := storedMessage(kind, m.Log, m, append(head, body...))
		require.NoError(t, err, "%s v%d %s", l.Name, l.Version, l.Hex)
		require.Equal(t, l.Name, got.Type)
		require.JSONEq(t, string(l.JSON), string(got.Data), "%s v%d", l.Name, l.Version)
		seen[m.Log]++
	}
	t.Log(seen)
	require.Len(t, seen, 5, "logs of Kafka's own")
}

// What is no record of its log, or a damaged one, is said to be so and shown as bytes.
func TestStoredMessagesThatAreNone(t *testing.T) {
	w := records.NewWriter(nil, records.Options{})
	w.Append(records.Record{Key: []byte{0, 99}, Value: []byte("x")})
	w.Append(records.Record{Key: []byte{0}, Value: nil})
	w.Append(records.Record{Key: []byte("\x00\x02\x00\x01g"), Value: []byte{0, 99}})
	raw, err := w.Finish()
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "__consumer_offsets-7")
	require.NoError(t, os.Mkdir(dir, 0o700))
	file := filepath.Join(dir, "00000000000000000000.log")
	require.NoError(t, os.WriteFile(file, raw, 0o600))
	got := runKwire("", "dump", "-records", dir)
	require.Equal(t, exitDamage, got.status)
	for _, want := range []string{"0  1970-01-01T00:00:00.000Z  key 0x0063  value \"x\"", "the record of offset 0: no coordinator-key of __consumer_offsets that is known begins so",
		"key 0x00  value null", `GroupMetadataKey v0 {"group":"g"}  value 0x0063`, "the record of offset 2: no coordinator-value"} {
		require.Contains(t, got.out, want)
	}
	control, err := records.AppendControl(nil, records.Options{}, 0, records.Control{Type: 99, Value: []byte("x")}, records.Control{Type: records.ControlCommit, Value: []byte{0}},
		records.Control{Type: records.ControlLeaderChange, Value: []byte{0}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, control, 0o600))
	for _, args := range [][]string{{"dump", "-records", file}, {"dump", "-records", "-json", file}} {
		got = runKwire("", args...)
		require.Equal(t, exitDamage, got.status)
		require.Contains(t, got.out, "EndTxnMarker of 1 bytes")
		require.Contains(t, got.out, "UNKNOWN")
	}
}
