package challenge

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The course's fixed facts.
const (
	clusterID          = "IAAAAAAAQACAAAAAAAAAAQ"
	directoryID        = "EAAAAAAAQACAAAAAAAAAAQ==" // with padding, unlike what Kafka writes
	featureTimeMs      = 1726045943832
	topicTimeMs        = 1726045957397
	recordTimeMs       = 1726045973899
	metadataDirectory  = "__cluster_metadata-0"
	firstSegment       = "00000000000000000000.log"
	courseProperties   = "/tmp/server.properties"
	courseLogDirectory = "/tmp/kraft-combined-logs"
)

var directoryUUID = uuid{0x10, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1}

// topic is what a stage finds on disk: for each partition the values of its messages, one batch each.
type topic struct {
	name       string
	id         uuid
	partitions [][]string
}

// course is the two places that a stage writes to.
type course struct{ properties, logDir string }

// courseAt returns the course's own places, or others if something of somebody else lies there.
func courseAt(t *testing.T) course {
	c := course{properties: courseProperties, logDir: courseLogDirectory}
	if meta, err := os.ReadFile(filepath.Join(c.logDir, "meta.properties")); err == nil && !strings.Contains(string(meta), clusterID) {
		t.Logf("%s belongs to another cluster and is left alone", c.logDir)
		c.logDir = filepath.Join(t.TempDir(), "kraft-combined-logs")
	} else if _, dirErr := os.Stat(c.logDir); err != nil && dirErr == nil {
		t.Logf("%s was not made by this course and is left alone", c.logDir)
		c.logDir = filepath.Join(t.TempDir(), "kraft-combined-logs")
	}
	if old, err := os.ReadFile(c.properties); err == nil && string(old) != c.text() {
		t.Logf("%s has another content and is left alone", c.properties)
		c.properties = filepath.Join(t.TempDir(), "server.properties")
	}
	return c
}

// text is server.properties: no newline at its end.
func (c course) text() string {
	return strings.Join([]string{
		"process.roles=broker,controller",
		"node.id=1",
		"controller.quorum.voters=1@localhost:9093",
		"listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
		"controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
		"log.dirs=" + c.logDir,
	}, "\n")
}

// lay writes everything of a stage. Without topics there is no metadata log at all.
func (c course) lay(t *testing.T, topics []topic) {
	t.Helper()
	require.NoError(t, os.RemoveAll(c.logDir))
	write(t, c.properties, c.text())
	layDirectory(t, c.logDir, topics)
}

// remove takes the stage's files away, so that nobody takes them for a broker's data.
func (c course) remove() {
	_ = os.RemoveAll(c.logDir)
	_ = os.Remove(c.properties)
}

func layDirectory(t *testing.T, dir string, topics []topic) {
	t.Helper()
	write(t, filepath.Join(dir, "meta.properties"),
		"#\n#Sun Nov 22 20:43:11 UTC 2026\ncluster.id="+clusterID+"\ndirectory.id="+directoryID+"\nnode.id=1\nversion=1\n")
	write(t, filepath.Join(dir, ".kafka_cleanshutdown"), `{"version":0,"brokerEpoch":10}`)
	if len(topics) == 0 {
		return
	}
	write(t, filepath.Join(dir, metadataDirectory, "partition.metadata"), "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ")
	write(t, filepath.Join(dir, metadataDirectory, firstSegment), string(metadataLog(topics)))
	for _, topic := range topics {
		for p, values := range topic.partitions {
			partition := filepath.Join(dir, fmt.Sprintf("%s-%d", topic.name, p))
			write(t, filepath.Join(partition, "partition.metadata"),
				"version: 0\ntopic_id: "+base64.StdEncoding.EncodeToString(topic.id[:]))
			write(t, filepath.Join(partition, firstSegment), string(partitionLog(values)))
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// metadataLog starts at offset 1 although its file is named 0: the course's does.
func metadataLog(topics []topic) []byte {
	var feature message
	feature.raw(0x01, 0x0c, 0x00).compact("metadata.version").i16(20).tags()
	log := batch{baseOffset: 1, leaderEpoch: 1, timestampMs: featureTimeMs, producerID: -1, records: []record{{value: feature.b}}}.bytes()
	next := int64(2)
	for _, topic := range topics {
		b := batch{baseOffset: next, leaderEpoch: 1, timestampMs: topicTimeMs, producerID: -1}
		var m message
		b.records = append(b.records, record{value: m.raw(0x01, 0x02, 0x00).compact(topic.name).uuid(topic.id).tags().b})
		for p := range topic.partitions {
			b.records = append(b.records, record{value: partitionRecord(int32(p), topic.id)})
		}
		log = append(log, b.bytes()...)
		next += int64(len(b.records))
	}
	return log
}

func partitionRecord(partition int32, topicID uuid) []byte {
	var m message
	m.raw(0x01, 0x03, 0x01).i32(partition).uuid(topicID)
	m.count(1).i32(1) // replicas
	m.count(1).i32(1) // in-sync replicas
	m.count(0)        // being removed
	m.count(0)        // being added
	m.i32(1)          // leader
	m.i32(0)          // leader epoch
	m.i32(0)          // partition epoch
	m.count(1).uuid(directoryUUID)
	return m.tags().b
}

// partitionLog has one batch per message, each of producer 0 and sequence 0, each with a header count of -1.
func partitionLog(values []string) (log []byte) {
	for i, v := range values {
		log = append(log, batch{
			baseOffset: int64(i), timestampMs: recordTimeMs,
			records: []record{{value: []byte(v), headers: -1}},
		}.bytes()...)
	}
	return log
}
