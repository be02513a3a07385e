package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/magiconair/properties"
)

const (
	// maxFileBytes bounds what is read as a properties file; Kafka's own example is 6 KiB.
	maxFileBytes = 1 << 20
	// maxUnknownWarnings is how many unknown keys get a line each; the rest share one.
	maxUnknownWarnings = 20
	// maxShownBytes cuts a value from the file where it is repeated in an error.
	maxShownBytes = 120
)

// Config is a broker's settings, checked and complete. It is not changed after loading, so it may be shared.
type Config struct {
	File     string   // where it came from; "" for defaults and settings given by a program
	Warnings []string // one line each, without the file's name

	ProcessRoles []string
	NodeID       int32
	BrokerRack   string

	Listeners []Listener // in the order of the file, those of the controller included

	SocketRequestMaxBytes    int32
	SocketSendBufferBytes    int32
	SocketReceiveBufferBytes int32
	ConnectionsMaxIdleMs     int64
	MaxConnections           int32
	MaxConnectionsPerIP      int32
	QueuedMaxRequestBytes    int64

	FetchMaxBytes                        int32
	MaxIncrementalFetchSessionCacheSlots int32
	MaxRequestPartitionSizeLimit         int32

	AutoCreateTopicsEnable   bool
	DeleteTopicEnable        bool
	NumPartitions            int32
	DefaultReplicationFactor int16

	LogDirs                                  []string
	MetadataLogDir                           string // the first of LogDirs unless it is set
	LogRetentionCheckIntervalMs              int64
	LogInitialTaskDelayMs                    int64
	LogFlushSchedulerIntervalMs              int64
	LogFlushOffsetCheckpointIntervalMs       int32
	LogFlushStartOffsetCheckpointIntervalMs  int32
	ReplicaHighWatermarkCheckpointIntervalMs int64
	MetadataLogSegmentBytes                  int32
	MetadataLogSegmentMs                     int64

	GroupMinSessionTimeoutMs        int32
	GroupMaxSessionTimeoutMs        int32
	GroupInitialRebalanceDelayMs    int32
	GroupMaxSize                    int32
	OffsetMetadataMaxBytes          int32
	OffsetsRetentionMinutes         int32
	OffsetsRetentionCheckIntervalMs int64
	OffsetsTopicNumPartitions       int32
	OffsetsTopicReplicationFactor   int16
	OffsetsTopicSegmentBytes        int32
	OffsetsTopicCompressionCodec    int32

	ProducerIDExpirationMs               int32
	ProducerIDExpirationCheckIntervalMs  int32
	TransactionStateLogNumPartitions     int32
	TransactionStateLogReplicationFactor int16
	TransactionStateLogMinISR            int16
	TransactionStateLogSegmentBytes      int32

	values map[string]Value // every key of the table
	given  map[string]bool  // those that the file sets
}

// ReadFile returns the settings of a properties file by name, unchecked.
func ReadFile(file string) (map[string]string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("%s: %d bytes are too many for a properties file (at most %d)", file, info.Size(), maxFileBytes)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parse(file, text)
}

func parse(file string, text []byte) (map[string]string, error) {
	loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
	p, err := loader.LoadBytes(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p.Map(), nil
}

// New makes a Config from settings by name. All that is wrong is reported in one error, a line for each.
func New(file string, settings map[string]string) (*Config, error) {
	c := &Config{File: file, values: map[string]Value{}, given: map[string]bool{}}
	var wrong []error
	for _, k := range brokerTable {
		v := k.defaultValue()
		if text, ok := settings[k.Name]; ok {
			given, err := k.parse(text)
			if err != nil {
				wrong = append(wrong, c.wrong(k.Name, text, err))
				given = v
			}
			c.given[k.Name] = true
			v = given
		}
		c.values[k.Name] = v
		if k.field != nil && !v.Null {
			fill(k.field(c), v)
		}
	}
	c.warnUnknown(settings)
	wrong = append(wrong, c.complete()...)
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return c, nil
}

// fill stores a parsed value in a field of Config.
func fill(field any, v Value) {
	switch p := field.(type) {
	case *bool:
		*p = v.Bool
	case *int16:
		*p = int16(min(v.Int, 1<<15-1))
	case *int32:
		*p = int32(v.Int)
	case *int64:
		*p = v.Int
	case *string:
		*p = v.Text
	case *[]string:
		*p = v.List
	default:
		panic(fmt.Sprintf("config: internal: a field of type %T", field))
	}
}

// complete derives what depends on several settings and checks them against each other.
func (c *Config) complete() (wrong []error) {
	check := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	check(c.completeIdentity())
	check(c.completeListeners())
	check(c.completeLogDirs())
	if c.GroupMinSessionTimeoutMs > c.GroupMaxSessionTimeoutMs {
		check(c.wrong("group.min.session.timeout.ms", c.values["group.min.session.timeout.ms"].Text,
			fmt.Errorf("more than group.max.session.timeout.ms (%d)", c.GroupMaxSessionTimeoutMs)))
	}
	c.oneNode("default.replication.factor", &c.DefaultReplicationFactor)
	c.oneNode("offsets.topic.replication.factor", &c.OffsetsTopicReplicationFactor)
	c.oneNode("transaction.state.log.replication.factor", &c.TransactionStateLogReplicationFactor)
	c.oneNode("transaction.state.log.min.isr", &c.TransactionStateLogMinISR)
	if _, err := c.Topic(nil); err != nil {
		check(fmt.Errorf("%sthe defaults of topics: %w", c.where(), err))
	}
	return wrong
}

// completeIdentity settles node.id against its older name and against the quorum that the file describes.
func (c *Config) completeIdentity() error {
	if old := c.values["broker.id"].Int; old >= 0 {
		if c.given["node.id"] && int32(old) != c.NodeID {
			return c.wrong("broker.id", c.values["broker.id"].Text, fmt.Errorf("differs from node.id (%d)", c.NodeID))
		}
		c.NodeID = int32(old)
	}
	if !slices.Contains(c.ProcessRoles, "broker") {
		return c.wrong("process.roles", c.values["process.roles"].Text, errors.New("this program is a broker (allowed: broker,controller)"))
	}
	self := fmt.Sprint(c.NodeID)
	for _, voter := range c.values["controller.quorum.voters"].List {
		id, _, ok := strings.Cut(voter, "@")
		if !ok || id != self {
			return c.wrong("controller.quorum.voters", c.values["controller.quorum.voters"].Text,
				fmt.Errorf("names a node other than this one (allowed: %s@host:port only, since this broker keeps its own metadata and cannot join a quorum)", self))
		}
	}
	if servers := c.values["controller.quorum.bootstrap.servers"]; len(servers.List) > 1 {
		return c.wrong("controller.quorum.bootstrap.servers", servers.Text,
			errors.New("names several nodes (allowed: one, since this broker keeps its own metadata and cannot join a quorum)"))
	}
	return nil
}

// completeLogDirs applies Kafka's precedence: log.dirs, then log.dir, then the default.
func (c *Config) completeLogDirs() error {
	for _, name := range []string{"log.dirs", "log.dir"} {
		v := c.values[name]
		if v.Null || v.Text == "" {
			continue
		}
		for _, dir := range splitList(v.Text) {
			if dir == "" {
				return c.wrong(name, v.Text, errors.New("holds an empty name (allowed: directories separated by commas)"))
			}
			if slices.Contains(c.LogDirs, dir) {
				return c.wrong(name, v.Text, fmt.Errorf("names %s twice", dir))
			}
			c.LogDirs = append(c.LogDirs, dir)
		}
		break
	}
	if c.LogDirs == nil {
		dir, err := dataDir()
		if err != nil {
			return fmt.Errorf("no data directory: %w (set log.dirs)", err)
		}
		c.LogDirs = []string{dir}
	}
	if c.MetadataLogDir == "" {
		c.MetadataLogDir = c.LogDirs[0]
	}
	return nil
}

// oneNode takes a count of replicas above 1 as 1. Kafka with a single node would refuse to create the topic, which
// helps nobody who brings the file of a larger cluster.
func (c *Config) oneNode(name string, field *int16) {
	if *field > 1 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s = %d is taken as 1: there is one node", name, *field))
		*field = 1
	}
}

func (c *Config) warnUnknown(settings map[string]string) {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if _, ok := brokerByName[name]; !ok {
			unknown = append(unknown, name)
		}
	}
	for i, name := range unknown {
		if i == maxUnknownWarnings {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%d more settings are not known to this broker and are ignored", len(unknown)-i))
			return
		}
		hint := ""
		if near := nearest(name); near != "" {
			hint = " (did you mean " + near + "?)"
		}
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s is not known to this broker and is ignored%s", quote(name), hint))
	}
}

// wrong is the error for one setting: file, key, value, and what err says of it.
func (c *Config) wrong(name, text string, err error) error {
	shown := quote(text)
	if k := brokerByName[name]; k != nil && k.Sensitive() {
		shown = "(hidden)"
	}
	return fmt.Errorf("%s%s = %s: %w", c.where(), name, shown, err)
}

// where is the beginning of an error's text: the file, when there is one.
func (c *Config) where() string {
	if c.File == "" {
		return ""
	}
	return c.File + ": "
}

// quote makes text from a file fit for one line of a terminal.
func quote(text string) string {
	if len(text) > maxShownBytes {
		return fmt.Sprintf("%.*q…", maxShownBytes, text)
	}
	return fmt.Sprintf("%q", text)
}

// Value returns a setting of the broker as it is in force, and whether it was set by the file rather than left at its
// default. The last result is false for a name that is not in the table.
func (c *Config) Value(name string) (v Value, given, ok bool) {
	v, ok = c.values[name]
	return v, c.given[name], ok
}
