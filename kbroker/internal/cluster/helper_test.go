package cluster

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/fixtures"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var testNow = time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)

// world is a disk and what is logged over the lives of a broker on it.
type world struct {
	t    *testing.T
	disk *vfs.Mem
	log  bytes.Buffer
	set  map[string]string // settings of the broker: node 1 with its data in /logs

}

func newWorld(t *testing.T) *world {
	return &world{t: t, disk: vfs.NewMem(), set: map[string]string{
		"node.id": "1", "log.dirs": "/logs", "num.partitions": "2", "offsets.topic.num.partitions": "3",
		"listeners": "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093", "controller.listener.names": "CONTROLLER",
	}}
}

func (w *world) tryStart() (*Cluster, error) {
	cfg, err := config.New("", w.set)
	require.NoError(w.t, err)
	return Open(Options{
		Config: cfg, FS: w.disk, Codec: &compress.All, Now: func() time.Time { return testNow },
		Logger: slog.New(slog.NewTextHandler(&w.log, nil)),
	})
}

func (w *world) start() *Cluster {
	w.t.Helper()
	c, err := w.tryStart()
	require.NoError(w.t, err)
	return c
}

func (w *world) stop(c *Cluster) {
	w.t.Helper()
	require.NoError(w.t, c.Close(true))
}

// kill ends a broker as kill -9 and a power failure would: what was not synced is gone.
func (w *world) kill(c *Cluster) {
	w.t.Helper()
	w.disk.Crash()
	_ = c.Close(false)
}

// put writes a file and makes it durable.
func (w *world) put(name string, content []byte) {
	w.t.Helper()
	require.NoError(w.t, w.disk.MkdirAll(filepath.Dir(name)))
	require.NoError(w.t, vfs.WriteAtomicallyBy(w.disk, name, ".new", content))
	for dir := filepath.Dir(name); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		require.NoError(w.t, w.disk.SyncDir(filepath.Dir(dir)))
	}
}

// create makes one topic, or fails the test.
func create(t *testing.T, c *Cluster, topic NewTopic) *Topic {
	t.Helper()
	r := c.CreateTopics([]NewTopic{topic}, false)[0]
	require.Nil(t, r.Err)
	made := c.Image().Topic(topic.Name)
	require.NotNil(t, made)
	require.Equal(t, r.ID, made.ID)
	return made
}

func named(name string) NewTopic { return NewTopic{Name: name, Partitions: -1, ReplicationFactor: -1} }

// sameImage holds two images equal in all that the log says, which is not the offset that it has reached.
func sameImage(t *testing.T, want, got *Image, ignore ...string) {
	t.Helper()
	assert.Equal(t, texts(t, want, ignore), texts(t, got, ignore))
}

// texts are the records of an image, without those of registrations, which are new at every start.
func texts(t *testing.T, i *Image, ignore []string) []string {
	var all []string
next:
	for _, r := range i.records() {
		name := r.Message.MessageName()
		for _, no := range append([]string{"RegisterBrokerRecord", "RegisterControllerRecord"}, ignore...) {
			if name == no {
				continue next
			}
		}
		b, err := r.encode()
		require.NoError(t, err)
		all = append(all, name+" "+string(b))
	}
	return all
}

// unpack puts a fixture into /logs.
func (w *world) unpack(name string) {
	w.t.Helper()
	fixtures.Unpack(w.t, name, w.disk, nil)
}

// metadataLog are the batches of the log file as they lie on the disk.
func (w *world) metadataLog() []records.Batch {
	w.t.Helper()
	b, err := w.disk.ReadFile("/logs/__cluster_metadata-0/00000000000000000000.log", 1<<30)
	require.NoError(w.t, err)
	var all []records.Batch
	for batch, err := range records.Batches(b) {
		require.NoError(w.t, err)
		require.NoError(w.t, batch.CheckCRC())
		all = append(all, batch)
	}
	return all
}

// bytesLines are the lines of a log at level WARN and above.
func bytesLines(b *bytes.Buffer) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(b.String()) {
			if !strings.Contains(line, "level=INFO") && !yield(line) {
				return
			}
		}
	}
}
