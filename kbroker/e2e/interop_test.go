package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// shared is where the workshop's tools and data lie when they lie beside the checkout.
func shared(elements ...string) string {
	return filepath.Join(append([]string{repository, "..", "shared"}, elements...)...)
}

// needKafka returns the script that starts Apache Kafka. Without the script there is nothing to hold anybody to; with
// it, a machine that has CI set has to have Java and Maven too.
func needKafka(t *testing.T) string {
	t.Helper()
	script := shared("tools", "kafka", "kafka-up.sh")
	if _, err := os.Stat(script); err != nil {
		skip(t, "there is no ../shared/tools/kafka/kafka-up.sh beside the checkout")
	}
	for _, tool := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			skipUnlessCI(t, tool+" is not on PATH")
		}
	}
	return script
}

// apacheKafka is a real Kafka on a directory.
type apacheKafka struct {
	address string
	process *os.Process
}

// startKafka opens a directory with Apache Kafka. It listens on two neighbouring ports.
func startKafka(t *testing.T, script, logDir string) *apacheKafka {
	t.Helper()
	port := neighbours(t)
	cmd := exec.Command("bash", script, strconv.Itoa(port), logDir)
	cmd.Env = append(os.Environ(), "KXMX=400m")
	var complaints bytes.Buffer // Maven's words too, the first time on a machine
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	require.NoError(t, err, "Apache Kafka does not start: %s%s", out, &complaints)
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(t, err, "%s", out)
	process, err := os.FindProcess(pid)
	require.NoError(t, err)
	k := &apacheKafka{address: fmt.Sprint("127.0.0.1:", port), process: process}
	t.Cleanup(func() { k.end(syscall.SIGKILL) })
	return k
}

// neighbours finds a port whose next one is free too.
func neighbours(t *testing.T) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		port := l.Addr().(*net.TCPAddr).Port
		next, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port+1))
		l.Close()
		if err == nil {
			next.Close()
			return port
		}
	}
	require.Fail(t, "no two free ports side by side")
	return 0
}

func (k *apacheKafka) stop(t *testing.T) {
	t.Helper()
	require.True(t, k.end(syscall.SIGTERM), "Apache Kafka does not stop")
}

// end signals the process, which is not our child, and waits until it is gone.
func (k *apacheKafka) end(signal syscall.Signal) bool {
	_ = k.process.Signal(signal) // it may be gone already
	for range 600 {
		if err := k.process.Signal(syscall.Signal(0)); err != nil {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// state is what has to be the same whoever opens a directory.
type state struct {
	ids       map[string]kadm.TopicID
	records   map[string][]message
	committed map[string]map[int32]int64 // of the group "readers", by topic
}

const (
	interopGroup   = "readers"
	interopRecords = 500
)

// look reads everything from whoever serves the directory.
func look(t *testing.T, address string, counts map[string]int) state {
	t.Helper()
	admin := kadm.NewClient(franzClient(t, address))
	s := state{ids: map[string]kadm.TopicID{}, records: map[string][]message{}, committed: map[string]map[int32]int64{}}
	topics, err := admin.ListTopics(deadline(t))
	require.NoError(t, err)
	for topic, n := range counts {
		require.NoError(t, topics[topic].Err)
		s.ids[topic] = topics[topic].ID
		s.records[topic] = franz{}.consume(t, address, topic, n)
	}
	var offsets kadm.OffsetResponses
	require.Eventually(t, func() bool { // a coordinator loads its groups after the start
		offsets, err = admin.FetchOffsets(deadline(t), interopGroup)
		return err == nil
	}, startTimeout, 100*time.Millisecond, "%v", err)
	offsets.Each(func(o kadm.OffsetResponse) {
		if s.committed[o.Topic] == nil {
			s.committed[o.Topic] = map[int32]int64{}
		}
		s.committed[o.Topic][o.Partition] = o.At
	})
	return s
}

// same compares with what another broker showed. Records are compared per partition: how partitions mix is up to the
// client.
func (s state) same(t *testing.T, other state) {
	t.Helper()
	require.Equal(t, s.ids, other.ids, "topic ids")
	require.Equal(t, s.committed, other.committed, "committed offsets")
	require.Equal(t, byPartition(s.records), byPartition(other.records), "records")
}

func byPartition(all map[string][]message) map[string][]message {
	m := map[string][]message{}
	for topic, records := range all {
		for _, r := range records {
			key := fmt.Sprint(topic, "-", r.partition)
			m[key] = append(m[key], r)
		}
	}
	return m
}

// round writes to every topic in its codec and moves the group on by n records in each.
func round(t *testing.T, address string, counts map[string]int, n int) {
	t.Helper()
	for _, codec := range codecs {
		topic := "interop-" + codec
		franz{}.produce(t, address, topic, codec, messages(interopRecords))
		counts[topic] += interopRecords
	}
	franz{}.member(t, address, "interop-none", interopGroup, n)
}

// TestInterop hands one directory from this broker to Apache Kafka and back, after a stop and after a crash of ours.
func TestInterop(t *testing.T) {
	script := needKafka(t)
	for name, end := range map[string]func(*broker, *testing.T){
		"stop": func(b *broker, t *testing.T) { b.stop(t) },
		"kill": func(b *broker, _ *testing.T) { b.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			ours := startBroker(t)
			counts := map[string]int{}
			for _, codec := range codecs {
				franz{}.create(t, ours.address, "interop-"+codec, topicPartitions)
			}
			round(t, ours.address, counts, 300)
			before := look(t, ours.address, counts)
			require.NotEmpty(t, before.committed["interop-none"])
			end(ours, t)

			copied := filepath.Join(t.TempDir(), "kafka")
			require.NoError(t, os.CopyFS(copied, os.DirFS(ours.logDir)))
			kafka := startKafka(t, script, copied)
			before.same(t, look(t, kafka.address, counts))
			contented(t, copied+".log")
			round(t, kafka.address, counts, 600)
			appended := look(t, kafka.address, counts)
			kafka.stop(t)

			ours = startBrokerAt(t, copied)
			appended.same(t, look(t, ours.address, counts))
			require.NotRegexp(t, "WARN|ERROR", ours.output(), "an orderly directory is nothing to warn of")
			round(t, ours.address, counts, 600)
			// The group has now read all 1,500 records of the three rounds, each once: another member finds none.
			client := franzClient(t, ours.address, kgo.ConsumeTopics("interop-none"), kgo.ConsumerGroup(interopGroup), kgo.FetchMaxWait(100*time.Millisecond))
			require.Zero(t, client.PollFetches(short(t)).NumRecords())
			last := look(t, ours.address, counts)
			ours.stop(t)
			ours.start(t)
			last.same(t, look(t, ours.address, counts))
		})
	}
}

// contented holds Kafka's own log to be free of complaints from those who read the directory's files. Others may complain of a
// slow machine.
func contented(t *testing.T, log string) {
	t.Helper()
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	readers := regexp.MustCompile(`\((kafka\.log|kafka\.raft|org\.apache\.kafka\.(storage|raft|image|metadata))\.[^)]*\)$`)
	for line := range strings.Lines(string(text)) {
		if readers.MatchString(strings.TrimSpace(line)) {
			require.NotRegexp(t, `\] (WARN|ERROR|FATAL) `, line)
		}
	}
}

// part is one partition of a fixture.
type part struct {
	topic     string
	partition int32
}

// fixtures are directories that Apache Kafka 4.4.0 left behind, after a stop and while it ran, and how many records
// Kafka itself serves from them: uncommitted ones too, and committed ones only.
var fixtures = map[string]map[part][2]int{
	"logdir-4.4.0-clean-shutdown": {{"alpha", 0}: {45, 45}, {"alpha", 1}: {50, 50}, {"compacted", 0}: {13, 13}, {"txn", 0}: {12, 6}},
	"logdir-4.4.0-live":           {{"alpha", 0}: {50, 50}, {"alpha", 1}: {50, 50}, {"compacted", 0}: {13, 13}, {"txn", 0}: {12, 6}},
}

// unpack returns a fixture's directory, which may be written to.
func unpack(t *testing.T, name string) string {
	t.Helper()
	archive := shared("fixtures", name+".tar.gz")
	if _, err := os.Stat(archive); errors.Is(err, fs.ErrNotExist) {
		skip(t, "there is no ../shared/fixtures beside the checkout")
	}
	dir := t.TempDir()
	out, err := exec.Command("tar", "-C", dir, "--strip-components=1", "-xzf", archive).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Chmod(path, 0o600)
		}
		return err
	}))
	return dir
}

// TestFixtures reads them, starts again, reads them again and appends.
func TestFixtures(t *testing.T) {
	for name, want := range fixtures {
		t.Run(name, func(t *testing.T) {
			b := startBrokerAt(t, unpack(t, name))
			wantParts(t, b.address, want)
			b.stop(t)
			b.start(t)
			wantParts(t, b.address, want)
			franz{}.produce(t, b.address, "alpha", "zstd", messages(10))
			var total int64
			for _, o := range (franz{}).offsets(t, b.address, "alpha") {
				total += o[1]
			}
			require.EqualValues(t, 110, total)
		})
	}
}

// TestInteropFixtures gives Kafka its own directories back after this broker wrote to them.
func TestInteropFixtures(t *testing.T) {
	script := needKafka(t)
	for name, want := range fixtures {
		t.Run(name, func(t *testing.T) {
			dir := unpack(t, name)
			b := startBrokerAt(t, dir)
			client := franzClient(t, b.address, kgo.RecordPartitioner(kgo.ManualPartitioner()))
			more := maps.Clone(want)
			for p, n := range want {
				for i := range 10 {
					r := &kgo.Record{Topic: p.topic, Partition: p.partition, Key: fmt.Append(nil, i), Value: []byte("more")}
					require.NoError(t, client.ProduceSync(deadline(t), r).FirstErr())
				}
				more[p] = [2]int{n[0] + 10, n[1] + 10}
			}
			wantParts(t, b.address, more)
			b.stop(t)
			kafka := startKafka(t, script, dir)
			contented(t, dir+".log")
			wantParts(t, kafka.address, more)
			kafka.stop(t)
		})
	}
}

// wantParts counts the records of each partition at both isolation levels.
func wantParts(t *testing.T, address string, want map[part][2]int) {
	t.Helper()
	for i, level := range []kgo.IsolationLevel{kgo.ReadUncommitted(), kgo.ReadCommitted()} {
		got := map[part]int{}
		count(t, address, level, func(r *kgo.Record) { got[part{r.Topic, r.Partition}]++ })
		for p, n := range want {
			require.Equal(t, n[i], got[p], "%v, isolation level %d", p, i)
		}
	}
}

// count reads the fixtures' topics from beginning to end.
func count(t *testing.T, address string, level kgo.IsolationLevel, each func(*kgo.Record)) {
	t.Helper()
	topics := []string{"alpha", "compacted", "txn"}
	ends, err := kadm.NewClient(franzClient(t, address)).ListEndOffsets(deadline(t), topics...)
	require.NoError(t, err)
	client := franzClient(t, address, kgo.ConsumeTopics(topics...), kgo.FetchIsolationLevel(level), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.KeepControlRecords(), kgo.FetchMaxWait(100*time.Millisecond))
	left := 0
	ends.Each(func(kadm.ListedOffset) { left++ })
	for ctx := deadline(t); left > 0; {
		fetches := client.PollFetches(ctx)
		require.NoError(t, fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				each(r)
			}
			if end, _ := ends.Lookup(r.Topic, r.Partition); r.Offset == end.Offset-1 {
				left--
			}
		})
	}
}
