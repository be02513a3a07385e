package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// configOf is the Config of a file with that text.
func configOf(file, text string) (*Config, error) {
	settings, err := parse(file, []byte(text))
	if err != nil {
		return nil, err
	}
	return New(file, settings)
}

func mustParse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := configOf("server.properties", text)
	require.NoError(t, err)
	return c
}

// The file that the Kafka challenge writes, which is also close to what Kafka ships.
const challengeFile = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs=/tmp/kraft-combined-logs`

func TestChallengeFile(t *testing.T) {
	c := mustParse(t, challengeFile)
	assert.Empty(t, c.Warnings)
	assert.Equal(t, int32(1), c.NodeID)
	assert.Equal(t, []string{"/tmp/kraft-combined-logs"}, c.LogDirs)
	assert.Equal(t, "/tmp/kraft-combined-logs", c.MetadataLogDir)
	assert.Equal(t, []Listener{
		{Name: "PLAINTEXT", Port: 9092},
		{Name: "CONTROLLER", Port: 9093, Controller: true},
	}, c.Listeners)
	assert.Equal(t, []Listener{{Name: "PLAINTEXT", Port: 9092}}, c.BrokerListeners())
}

// Every key of the example file that Kafka 4 ships is known, so that a newcomer who brings it sees no warning.
func TestKafkasExampleFileGivesNoWarning(t *testing.T) {
	c := mustParse(t, challengeFile+`
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092
`)
	assert.Empty(t, c.Warnings)
	assert.Equal(t, "localhost", c.Listeners[0].AdvertisedHost)
	assert.Equal(t, 9092, c.Listeners[0].AdvertisedPort)
}

func TestDefaultsWorkWithoutAFile(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/somewhere/data")
	c, err := New("", nil)
	require.NoError(t, err)
	assert.Equal(t, []Listener{{Name: "PLAINTEXT", Port: 9092}}, c.Listeners)
	assert.Equal(t, int32(100<<20), c.SocketRequestMaxBytes)
	assert.Equal(t, int32(50), c.OffsetsTopicNumPartitions)
	assert.True(t, c.AutoCreateTopicsEnable)
	require.Len(t, c.LogDirs, 1)
	assert.True(t, strings.HasSuffix(c.LogDirs[0], "kwire"), c.LogDirs[0])
}

func TestDataDirectorySurvivesAReboot(t *testing.T) {
	home := func() (string, error) { return "/home/ada", nil }
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for _, row := range []struct {
		goos string
		env  func(string) string
		want string
	}{
		{"linux", env(), "/home/ada/.local/share/kwire"},
		{"linux", env("XDG_DATA_HOME", "/data"), "/data/kwire"},
		{"linux", env("XDG_DATA_HOME", "relative/is/ignored"), "/home/ada/.local/share/kwire"},
		{"darwin", env("XDG_DATA_HOME", "/data"), "/home/ada/Library/Application Support/kwire"},
		{"windows", env("LocalAppData", "/c/local"), "/c/local/kwire"},
	} {
		dir, err := dataDirOn(row.goos, row.env, home)
		require.NoError(t, err)
		assert.Equal(t, row.want, filepath.ToSlash(dir))
	}
	_, err := dataDirOn("linux", env(), func() (string, error) { return "", errors.New("$HOME is not defined") })
	assert.Error(t, err)
}

func TestWrongValuesNameFileKeyValueAndWhatIsAllowed(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"num.partitions=zero", `server.properties: num.partitions = "zero": not a whole number of 32 bits (allowed: int, at least 1)`},
		{"num.partitions=0", `server.properties: num.partitions = "0": not allowed (allowed: int, at least 1)`},
		{"num.partitions=2147483648", `not a whole number of 32 bits`},
		{"auto.create.topics.enable=yes", `neither true nor false (allowed: boolean)`},
		{"log.cleanup.policy=delete,shrink", `not allowed (allowed: list, compact, delete)`},
		{"log.cleaner.min.cleanable.ratio=1.5", `(allowed: double, 0 to 1)`},
		{"log.cleaner.min.cleanable.ratio=NaN", `not a number`},
		{"compression.gzip.level=0", `1 to 9, or -1`},
		{"log.message.timestamp.type=createtime", `(allowed: string, CreateTime, LogAppendTime)`},
		{"broker.id=2\nnode.id=1", `broker.id = "2": differs from node.id (1)`},
		{"process.roles=controller", `this program is a broker`},
		{"controller.quorum.voters=1@a:9093,2@b:9093", `names a node other than this one`},
		{"node.id=4\ncontroller.quorum.voters=1@a:9093", `names a node other than this one`},
		{"controller.quorum.bootstrap.servers=a:1,b:1", `names several nodes`},
		{"log.dirs=/a,,/b", `holds an empty name`},
		{"log.dirs=/a,/a", `names /a twice`},
		{"group.min.session.timeout.ms=10\ngroup.max.session.timeout.ms=9", `more than group.max.session.timeout.ms (9)`},
		{"log.cleaner.min.compaction.lag.ms=10\nlog.cleaner.max.compaction.lag.ms=9", `more than max.compaction.lag.ms (9)`},
		{"authorizer.class.name=org.example.Acls", `this broker does not check ACLs`},
		{"advertised.listeners=PLAINTEXT://0.0.0.0:9092", `has no host that a client could dial`},
		{"advertised.listeners=PLAINTEXT://h:0", `port "0" of PLAINTEXT (allowed: 1 to 65535)`},
		{"advertised.listeners=OTHER://h:1", `OTHER is not one of listeners`},
		{"listeners=PLAINTEXT//:1", `is not an address (allowed: NAME://host:port`},
		{"listeners=PLAINTEXT://:65536", `(allowed: 0 to 65535)`},
		{"listeners=PLAINTEXT://::1:9092", `an IPv6 address is written in brackets`},
		{"listeners=PLAINTEXT://[nonsense]:9092", `"nonsense" is not an IPv6 address`},
		{"listeners=PLAINTEXT://a b:9092", `"a b" is not a host`},
		{"listeners=PLAINTEXT://:1,PLAINTEXT://:2", `names PLAINTEXT twice`},
		{"listeners=INTERNAL://:1", `no security protocol for INTERNAL`},
		{"listeners=SSL://:9093", `SSL asks for SSL, which this broker does not speak yet (allowed: PLAINTEXT)`},
		{"listeners=SASL_PLAINTEXT://:9093", `asks for SASL_PLAINTEXT`},
		{"listeners=CONTROLLER://:9093", `no listener is left for clients`},
		{"listeners=", `no listener is left for clients`},
		{"listener.security.protocol.map=PLAINTEXT:PLAIN", `NAME:PROTOCOL`},
		{"inter.broker.listener.name=INTERNAL", `not the name of a listener for clients`},
		{`x=\u12`, `server.properties:`},
	} {
		_, err := configOf("server.properties", row.text)
		if assert.Error(t, err, row.text) {
			assert.Contains(t, err.Error(), row.want, row.text)
			assert.Contains(t, err.Error(), "server.properties: ", row.text)
		}
	}
}

func TestAllWrongValuesAreReportedTogether(t *testing.T) {
	_, err := configOf("f", "num.partitions=a\nfetch.max.bytes=1\nlisteners=SSL://:1")
	require.Error(t, err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 3, err.Error())
}

func TestUnknownKeysWarnAndNeverFail(t *testing.T) {
	c := mustParse(t, "num.partition=3\nnum-partitions=3\nzookeeper.connect=localhost:2181")
	assert.Equal(t, []string{
		`"num-partitions" is not known to this broker and is ignored (did you mean num.partitions?)`,
		`"num.partition" is not known to this broker and is ignored (did you mean num.partitions?)`,
		`"zookeeper.connect" is not known to this broker and is ignored`,
	}, c.Warnings)

	var many strings.Builder
	for i := range 50 {
		fmt.Fprintf(&many, "x.%02d=1\n", i)
	}
	c = mustParse(t, many.String())
	require.Len(t, c.Warnings, maxUnknownWarnings+1)
	assert.Equal(t, "30 more settings are not known to this broker and are ignored", c.Warnings[maxUnknownWarnings])
}

func TestReplicationIsOneOnOneNode(t *testing.T) {
	c := mustParse(t, "offsets.topic.replication.factor=3\ndefault.replication.factor=40000")
	assert.Equal(t, int16(1), c.OffsetsTopicReplicationFactor)
	assert.Equal(t, int16(1), c.DefaultReplicationFactor)
	assert.Len(t, c.Warnings, 2)
}

func TestNothingIsExpanded(t *testing.T) {
	t.Setenv("SECRET", "leaked")
	c := mustParse(t, "broker.rack=${env:SECRET}${SECRET}")
	assert.Equal(t, "${env:SECRET}${SECRET}", c.BrokerRack)
}

func TestListeners(t *testing.T) {
	for _, row := range []struct {
		text string
		want []Listener
	}{
		{"listeners=PLAINTEXT://0.0.0.0:9092", []Listener{{Name: "PLAINTEXT", Port: 9092}}},
		{"listeners=PLAINTEXT://[::]:9092", []Listener{{Name: "PLAINTEXT", Port: 9092}}},
		{"listeners=plaintext://:0", []Listener{{Name: "PLAINTEXT"}}},
		{"listeners=PLAINTEXT://[::1]:9092", []Listener{{Name: "PLAINTEXT", Host: "::1", Port: 9092, AdvertisedHost: "::1"}}},
		{"listeners=PLAINTEXT://kafka.example:9092", []Listener{{Name: "PLAINTEXT", Host: "kafka.example", Port: 9092, AdvertisedHost: "kafka.example"}}},
		{"listeners=A://:1, B://127.0.0.1:2\nlistener.security.protocol.map=a:PLAINTEXT,B:plaintext\nadvertised.listeners=A://x:9\ninter.broker.listener.name=B",
			[]Listener{{Name: "A", Port: 1, AdvertisedHost: "x", AdvertisedPort: 9}, {Name: "B", Host: "127.0.0.1", Port: 2, AdvertisedHost: "127.0.0.1"}}},
	} {
		c := mustParse(t, row.text)
		assert.Equal(t, row.want, c.Listeners, row.text)
	}
}

func TestReadFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.properties")
	require.NoError(t, os.WriteFile(file, []byte("node.id=7\n"), 0o600))
	settings, err := ReadFile(file)
	require.NoError(t, err)
	c, err := New(file, settings)
	require.NoError(t, err)
	assert.Equal(t, int32(7), c.NodeID)
	v, given, ok := c.Value("node.id")
	assert.Equal(t, Value{Text: "7", Int: 7}, v)
	assert.True(t, given && ok)
	_, given, ok = c.Value("num.partitions")
	assert.True(t, !given && ok)
	_, _, ok = c.Value("no.such.key")
	assert.False(t, ok)

	require.NoError(t, os.Truncate(file, maxFileBytes+1))
	_, err = ReadFile(file)
	assert.ErrorContains(t, err, "too many for a properties file")
	_, err = ReadFile(file + ".missing")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestTopicTakesTheBrokersSettings(t *testing.T) {
	c := mustParse(t, "log.retention.hours=2\nlog.roll.hours=3\nlog.segment.bytes=1048577\nlog.cleanup.policy=compact, delete")
	topic, err := c.Topic(nil)
	require.NoError(t, err)
	assert.Equal(t, int64(2*3600*1000), topic.RetentionMs)
	assert.Equal(t, int64(3*3600*1000), topic.SegmentMs)
	assert.Equal(t, int32(1048577), topic.SegmentBytes)
	assert.Equal(t, []string{"compact", "delete"}, topic.CleanupPolicy)

	c = mustParse(t, "log.retention.hours=2\nlog.retention.minutes=1")
	topic, err = c.Topic(nil)
	require.NoError(t, err)
	assert.Equal(t, int64(60_000), topic.RetentionMs)

	topic, err = c.Topic(map[string]string{"retention.ms": "5", "cleanup.policy": "compact"})
	require.NoError(t, err)
	assert.Equal(t, int64(5), topic.RetentionMs)
	assert.Equal(t, []string{"compact"}, topic.CleanupPolicy)

	for _, forever := range []string{"log.retention.hours=-1", "log.retention.minutes=-1", "log.retention.ms=-1"} {
		topic, err = mustParse(t, forever).Topic(nil)
		require.NoError(t, err)
		assert.Equal(t, int64(-1), topic.RetentionMs, forever)
	}
}

func TestTopicOverridesAreChecked(t *testing.T) {
	c := mustParse(t, "")
	_, err := c.Topic(map[string]string{"retention.ms": "soon", "no.such": "1", "segment.bytes": "1"})
	require.Error(t, err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 3)
	assert.ErrorIs(t, err, ErrUnknownTopicSetting)
	assert.NoError(t, CheckTopicValue("cleanup.policy", "delete,compact"))
	assert.ErrorContains(t, CheckTopicValue("cleanup.policy", "shred"), `cleanup.policy = "shred": not allowed (allowed: list, compact, delete)`)
	assert.ErrorContains(t, CheckTopicValue("remote.storage.enable", "true"), "no tiered storage")
	_, err = c.Topic(map[string]string{"min.compaction.lag.ms": "9", "max.compaction.lag.ms": "8"})
	assert.Error(t, err)
}
