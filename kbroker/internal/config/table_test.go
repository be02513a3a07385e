package config

import (
	"bufio"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite kbroker/SETTINGS.md")

// differs lists every default that is not Kafka's, with the reason.
var differs = map[string]string{
	"log.dir":                          "Kafka's is below /tmp, which a reboot empties",
	"node.id":                          "Kafka has none; a start without any file must work",
	"process.roles":                    "Kafka has none; a start without any file must work",
	"controller.listener.names":        "Kafka has none; a start without any file must work",
	"offsets.topic.replication.factor": "3 cannot be reached with one node",
	"transaction.state.log.replication.factor": "3 cannot be reached with one node",
	"transaction.state.log.min.isr":            "2 cannot be reached with one node",
	"queued.max.request.bytes":                 "Kafka's -1 lets clients fill the memory",
	"max.decompressed.message.bytes":           "Kafka's 2 GiB lets a small batch unpack to all of the memory",
}

// kafkaSettings reads the facts about Kafka 4.4.0's settings: kind, name, type, default, update mode.
func kafkaSettings(t *testing.T, kind string) map[string][3]string {
	t.Helper()
	f, err := os.Open("testdata/kafka-4.4-settings.tsv")
	require.NoError(t, err)
	defer f.Close()
	facts := map[string][3]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		cells := strings.Split(lines.Text(), "\t")
		if cells[0] == kind {
			facts[cells[1]] = [3]string{cells[2], cells[3], cells[4]}
		}
	}
	require.NotEmpty(t, facts)
	return facts
}

func TestBrokerTableIsKafkas(t *testing.T) {
	kafka := kafkaSettings(t, "broker")
	assert.Len(t, kafka, len(BrokerKeys()))
	for _, k := range BrokerKeys() {
		fact, ok := kafka[k.Name]
		if !assert.True(t, ok, "%s is not in Kafka's list", k.Name) {
			continue
		}
		deflt, ok := k.Default()
		if !ok {
			deflt = "null"
		}
		if differs[k.Name] == "" {
			assert.Equal(t, fact[1], deflt, "default of %s", k.Name)
		} else {
			assert.NotEqual(t, fact[1], deflt, "%s is listed as different and is not", k.Name)
		}
		assert.Equal(t, fact[0], k.Type.String(), "type of %s", k.Name)
		assert.Equal(t, fact[2], k.Mode.String(), "mode of %s", k.Name)
	}
}

func TestTopicTableIsKafkas(t *testing.T) {
	kafka := kafkaSettings(t, "topic")
	assert.Len(t, kafka, len(TopicKeys()))
	c := mustParse(t, "")
	for i := range TopicKeys() {
		k := &TopicKeys()[i]
		v, synonym := c.TopicDefault(k)
		if differs[synonym.Broker] == "" {
			assert.Equal(t, kafka[k.Name][1], v.Text, "default of %s", k.Name)
		}
		assert.Equal(t, kafka[k.Name][0], k.Type.String(), "type of %s", k.Name)
		found, ok := TopicSetting(k.Name)
		assert.True(t, ok && found == k, "%s is not found by name: is the table sorted?", k.Name)
		for _, s := range k.Synonyms {
			_, ok := BrokerKey(s.Broker)
			assert.True(t, ok, "%s has a synonym without a row: %s", k.Name, s.Broker)
		}
	}
}

// Every row's own default passes its own check, and every sentence is one.
func TestRowsAreSound(t *testing.T) {
	for _, k := range BrokerKeys() {
		if text, ok := k.Default(); ok {
			_, err := k.parse(text)
			assert.NoError(t, err, k.Name)
		}
		assert.Regexp(t, `^[A-Z].*\.$`, k.Doc, k.Name)
	}
	for _, k := range TopicKeys() {
		assert.Regexp(t, `^[A-Z].*\.$`, k.Doc, k.Name)
	}
}

func TestDocumentedSettingsAreTheTable(t *testing.T) {
	const file = "../../SETTINGS.md"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(Document()), 0o644))
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, Document(), string(text), "run go test ./kbroker/internal/config -update")
}
