package challenge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// The course starts a program once. A directory as bare as the course's has to outlive many starts.
func TestBeyondRestartBareDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	on := newTopic("mango", []string{"old"}, nil)
	copy(on.id[10:], []byte{0xff, 0xff, 0xfb, 0xef, 0xbe, 0xff}) // its base64 as the course writes it holds + and /
	layDirectory(t, dir, []topic{on})
	topic := topicRef{name: on.name, id: wire.UUID(on.id)}
	b := startBrokerAt(t, dir)
	want := []string{"old"}
	for i := range 3 {
		c := b.client(t)
		require.Equal(t, want, c.values(at{topic: topic}))
		require.EqualValues(t, len(want), c.stored(at{topic: topic, batch: writeBatch(t, records.Options{}, fmt.Sprint("new", i))}))
		want = append(want, fmt.Sprint("new", i))
		if i == 1 {
			b.kill()
			b.start(t)
		} else {
			b.restart(t)
		}
	}
	c := b.client(t)
	require.Equal(t, want, c.values(at{topic: topic}))
	c.create("grape", 2)
	b.restart(t)
	topics, _ := describe(b.client(t), 100, "", "mango", "grape")
	require.Equal(t, []string{"grape[0 1]", "mango[0 1]"}, topics)
	// The course's padded form of the directory's id is not lost when the file is written again.
	meta, err := os.ReadFile(filepath.Join(dir, "meta.properties"))
	require.NoError(t, err)
	require.Contains(t, string(meta), strings.TrimRight(directoryID, "="))
	require.Contains(t, string(meta), clusterID)
}

// The course says that a partition exists only if its record names the directory's own id. Kafka assigns such a partition
// anew and goes on; what lies in the directory is never hidden.
func TestBeyondForeignDirectoryID(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	on := newTopic("mango", []string{"old"})
	layDirectory(t, dir, []topic{on})
	log := bytes.ReplaceAll(metadataLog([]topic{on}), directoryUUID[:], bytes.Repeat([]byte{0x44}, 16))
	for b := log; len(b) > 0; {
		end := 12 + int(binary.BigEndian.Uint32(b[8:]))
		binary.BigEndian.PutUint32(b[17:], crc32c(b[21:end]))
		b = b[end:]
	}
	write(t, filepath.Join(dir, metadataDirectory, firstSegment), string(log))
	topic := topicRef{name: on.name, id: wire.UUID(on.id)}
	b := startBrokerAt(t, dir)
	require.EqualValues(t, 1, b.client(t).stored(at{topic: topic, batch: writeBatch(t, records.Options{}, "new")}))
	b.restart(t)
	require.Equal(t, []string{"old", "new"}, b.client(t).values(at{topic: topic}))
}

// load writes with several producers until it is stopped by the broker's end, and notes what was acknowledged.
type load struct {
	wait  sync.WaitGroup
	mu    sync.Mutex
	acked map[int32]map[int64]string // partition -> offset -> value
}

func startLoad(t *testing.T, b *broker, topic topicRef, partitions int32, round string) *load {
	t.Helper()
	l := &load{acked: map[int32]map[int64]string{}}
	for p := range partitions {
		l.acked[p] = map[int64]string{}
		c := b.client(t)
		l.wait.Go(func() { l.write(t, c, topic, p, round) })
	}
	return l
}

func (l *load) write(t *testing.T, c *client, topic topicRef, p int32, round string) {
	for i := 0; ; i++ {
		value := fmt.Sprintf("%s-%d-%d", round, p, i)
		w := records.NewWriter(nil, records.Options{PartitionLeaderEpoch: -1})
		w.Append(records.Record{Timestamp: time.Now().UnixMilli(), Value: []byte(value)})
		batch, err := w.Finish()
		if err != nil {
			t.Error(err)
			return
		}
		c.sent++
		frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: c.sent}, produceTyped(-1, at{topic: topic, partition: p, batch: batch}), currentProduce)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := c.conn.Write(frame); err != nil {
			return // the broker is gone, which is the point
		}
		payload, err := c.payload()
		if err != nil {
			return
		}
		resp, err := kwire.DecodeResponse(payload, kwire.Produce, currentProduce)
		if err != nil {
			t.Error(err)
			return
		}
		got := resp.Body.(*api.ProduceResponse).Responses[0].PartitionResponses[0]
		if got.ErrorCode != errcode.None {
			return // it is shutting down
		}
		l.mu.Lock()
		l.acked[p][got.BaseOffset] = value
		l.mu.Unlock()
	}
}

// count is how many writes were acknowledged.
func (l *load) count() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, acked := range l.acked {
		n += len(acked)
	}
	return n
}

// check finds every acknowledged value at its offset.
func (l *load) check(t *testing.T, c *client, topic topicRef) {
	t.Helper()
	for p, acked := range l.acked {
		values := c.values(at{topic: topic, partition: p})
		for offset, value := range acked {
			require.Less(t, offset, int64(len(values)), "partition %d lost offset %d", p, offset)
			require.Equal(t, value, values[offset], "partition %d, offset %d", p, offset)
		}
	}
}

// Whatever was acknowledged is there after a crash and after an orderly stop, both under load.
func TestBeyondRestartKeepsAcknowledged(t *testing.T) {
	b := startBroker(t)
	topic := topicRef{name: "kept", id: b.client(t).create("kept", 3)}
	var loads []*load
	for round, end := range map[string]func(){"crash": b.kill, "stop": func() { b.stop(t) }, "second crash": b.kill} {
		l := startLoad(t, b, topic, 3, round)
		loads = append(loads, l)
		require.Eventually(t, func() bool { return l.count() > 300 }, answerTimeout, time.Millisecond)
		end()
		l.wait.Wait()
		require.Equal(t, round == "stop", exists(filepath.Join(b.logDir, ".kafka_cleanshutdown")), "the mark of an orderly stop")
		b.start(t)
		require.False(t, exists(filepath.Join(b.logDir, ".kafka_cleanshutdown")), "the mark goes at the start")
		c := b.client(t)
		for _, l := range loads {
			l.check(t, c, topic)
		}
		t.Logf("%s: %d acknowledged", round, l.count())
	}
}

// After a crash the end of a log may be anything. The part that is whole stays, and appends go on behind it.
func TestBeyondRestartTornTail(t *testing.T) {
	whole := writeBatch(t, records.Options{}, "torn")
	for name, tail := range map[string][]byte{
		"zeros":           make([]byte, 100),
		"half a batch":    whole[:len(whole)/2],
		"a length's half": whole[:10],
		"garbage":         []byte(strings.Repeat("garbage", 40)),
		"a bad checksum":  append(append([]byte{0, 0, 0, 0, 0, 0, 0, 2}, whole[8:len(whole)-1]...), whole[len(whole)-1]^1),
	} {
		t.Run(name, func(t *testing.T) {
			b, c, topic := newWriterTopic(t, 1)
			c.stored(at{topic: topic, batch: writeBatch(t, records.Options{}, "one", "two")})
			b.kill()
			f, err := os.OpenFile(b.segment("written-0"), os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.Write(tail)
			require.NoError(t, err)
			require.NoError(t, f.Close())

			b.start(t)
			c = b.client(t)
			require.Equal(t, []string{"one", "two"}, c.values(at{topic: topic}))
			require.EqualValues(t, 2, c.stored(at{topic: topic, batch: writeBatch(t, records.Options{}, "three")}))
			b.restart(t)
			require.Equal(t, []string{"one", "two", "three"}, b.client(t).values(at{topic: topic}))
		})
	}
}

// SIGTERM ends what waits, answers what is under way, and does not take long.
func TestBeyondGracefulStop(t *testing.T) {
	b := startBroker(t)
	c := b.client(t)
	topic, _ := words(t, c)
	req := fetchTyped(at{topic: topic, offset: 10})
	req.MaxWaitMs = 60_000
	c.send(currentFetch, req)
	idle := b.client(t)
	time.Sleep(50 * time.Millisecond) // the fetch has begun to wait
	start := time.Now()
	b.stop(t)
	require.Less(t, time.Since(start), stopGrace)
	idle.wantClosed("an idle connection ends with the broker")
	b.start(t)
	require.Len(t, b.client(t).values(at{topic: topic}), 10)
}

// Two brokers must not write to one directory.
func TestBeyondDirectoryIsLocked(t *testing.T) {
	b := startBroker(t)
	other := *b
	other.address = freeAddress(t)
	other.properties = filepath.Join(t.TempDir(), "server.properties")
	write(t, other.properties, "listeners=PLAINTEXT://"+other.address+"\nlog.dirs="+b.logDir)
	text := runToEnd(t, other.properties)
	require.Contains(t, text, b.logDir)
	b.client(t).create("still", 1)
}
