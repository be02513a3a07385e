package config

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
)

// TopicKey is one row of the topics' table.
type TopicKey struct {
	Name     string
	Type     Type
	allowed  check
	Synonyms []Synonym // the broker settings that give the default, the first that has a value wins
	deflt    string    // the default of a setting without synonyms
	Doc      string
	field    func(*Topic) any
}

// Synonym is a broker setting that stands for a topic setting, perhaps in another unit.
type Synonym struct {
	Broker string
	Times  int64 // what the broker's value is multiplied with
}

// Allowed says in words which values may be given; "" when the type says it all.
func (k *TopicKey) Allowed() string { return k.allowed.text }

// Topic is the settings of one topic, complete.
type Topic struct {
	CleanupPolicy               []string // delete, compact, both or neither
	CompressionType             string   // producer, uncompressed or a codec
	FlushMessages               int64
	FlushMs                     int64
	IndexIntervalBytes          int32
	MaxCompactionLagMs          int64
	MaxDecompressedMessageBytes int32
	MaxMessageBytes             int32
	MessageTimestampAfterMaxMs  int64
	MessageTimestampBeforeMaxMs int64
	MessageTimestampType        string // CreateTime or LogAppendTime
	MinCompactionLagMs          int64
	RetentionBytes              int64 // -1: no limit
	RetentionMs                 int64 // -1: for ever
	SegmentBytes                int32
	SegmentIndexBytes           int32
	SegmentJitterMs             int64
	SegmentMs                   int64
}

var throttled = "a list of partition:broker, or *"

// topicKeys is the topics' table, in the order of names.
var topicKeys = []TopicKey{
	{"cleanup.policy", List, oneOf("compact", "delete"), same("log.cleanup.policy"), null,
		"What happens to old segments: delete removes them by age and size. With compact alone, or nothing, they all stay: logs are not compacted.",
		func(t *Topic) any { return &t.CleanupPolicy }},
	{"compression.gzip.level", Int, gzipLevel, same("compression.gzip.level"), null,
		"Accepted and not used: where the broker compresses, the codec's default level is in force.", nil},
	{"compression.lz4.level", Int, between(1, 17), same("compression.lz4.level"), null,
		"Accepted and not used: where the broker compresses, the codec's default level is in force.", nil},
	{"compression.type", String, oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"), same("compression.type"), null,
		"The codec in which records are stored; producer keeps them as they came.",
		func(t *Topic) any { return &t.CompressionType }},
	{"compression.zstd.level", Int, between(-131072, 22), same("compression.zstd.level"), null,
		"Accepted and not used: where the broker compresses, the codec's default level is in force.", nil},
	{"delete.retention.ms", Long, atLeast(0), same("log.cleaner.delete.retention.ms"), null,
		"Accepted and not used: logs are not compacted.", nil},
	{"errors.deadletterqueue.group.enable", Bool, anyValue, nil, "false",
		"Accepted and not used: there are no share groups.", nil},
	{"file.delete.delay.ms", Long, atLeast(0), same("log.segment.delete.delay.ms"), null,
		"Accepted and not used: the files of a deleted segment go at once, and readers that still used it look again.", nil},
	{"flush.messages", Long, atLeast(1), same("log.flush.interval.messages"), null,
		"How many records are appended before the log is synced to the disk.",
		func(t *Topic) any { return &t.FlushMessages }},
	{"flush.ms", Long, atLeast(0), []Synonym{{"log.flush.interval.ms", 1}, {"log.flush.scheduler.interval.ms", 1}}, null,
		"How long a record may wait before the log is synced to the disk.",
		func(t *Topic) any { return &t.FlushMs }},
	{"follower.replication.throttled.replicas", List, check{throttled, anyValue.ok}, nil, "",
		"Accepted and not used: there are no followers.", nil},
	{"index.interval.bytes", Int, atLeast(0), same("log.index.interval.bytes"), null,
		"How many bytes of log lie between two entries of an index.",
		func(t *Topic) any { return &t.IndexIntervalBytes }},
	{"leader.replication.throttled.replicas", List, check{throttled, anyValue.ok}, nil, "",
		"Accepted and not used: there are no followers.", nil},
	{"local.retention.bytes", Long, atLeast(-2), same("log.local.retention.bytes"), null,
		"Accepted and not used: there is no tiered storage.", nil},
	{"local.retention.ms", Long, atLeast(-2), same("log.local.retention.ms"), null,
		"Accepted and not used: there is no tiered storage.", nil},
	{"max.compaction.lag.ms", Long, atLeast(1), same("log.cleaner.max.compaction.lag.ms"), null,
		"Accepted and not used: logs are not compacted.",
		func(t *Topic) any { return &t.MaxCompactionLagMs }},
	{"max.decompressed.message.bytes", Int, between(1, 2147483639), same("max.decompressed.message.bytes"), null,
		"The largest record, key and value, of a compressed batch when it is unpacked; a batch as a whole may unpack to that, or to 100 MiB if that is more.",
		func(t *Topic) any { return &t.MaxDecompressedMessageBytes }},
	{"max.message.bytes", Int, atLeast(0), same("message.max.bytes"), null,
		"The largest record batch, as sent.",
		func(t *Topic) any { return &t.MaxMessageBytes }},
	{"message.timestamp.after.max.ms", Long, atLeast(0), same("log.message.timestamp.after.max.ms"), null,
		"How far ahead of the broker's clock a producer's timestamp may lie.",
		func(t *Topic) any { return &t.MessageTimestampAfterMaxMs }},
	{"message.timestamp.before.max.ms", Long, atLeast(0), same("log.message.timestamp.before.max.ms"), null,
		"How far behind the broker's clock a producer's timestamp may lie.",
		func(t *Topic) any { return &t.MessageTimestampBeforeMaxMs }},
	{"message.timestamp.type", String, oneOf("CreateTime", "LogAppendTime"), same("log.message.timestamp.type"), null,
		"Whether a record's timestamp is the producer's or the time of the append.",
		func(t *Topic) any { return &t.MessageTimestampType }},
	{"min.cleanable.dirty.ratio", Double, ratio(0, 1), same("log.cleaner.min.cleanable.ratio"), null,
		"Accepted and not used: logs are not compacted.", nil},
	{"min.compaction.lag.ms", Long, atLeast(0), same("log.cleaner.min.compaction.lag.ms"), null,
		"Accepted and not used: logs are not compacted.",
		func(t *Topic) any { return &t.MinCompactionLagMs }},
	{"min.insync.replicas", Int, atLeast(1), same("min.insync.replicas"), null,
		"Accepted and not used: never more replicas have to hold a record than its topic has, and that is one.", nil},
	{"preallocate", Bool, anyValue, same("log.preallocate"), null,
		"Accepted and not used: a segment takes the space that it fills.", nil},
	{"remote.copy.lag.bytes", Long, atLeast(-1), same("log.remote.copy.lag.bytes"), null,
		"Accepted and not used: there is no tiered storage.", nil},
	{"remote.copy.lag.ms", Long, atLeast(-1), same("log.remote.copy.lag.ms"), null,
		"Accepted and not used: there is no tiered storage.", nil},
	{"remote.log.copy.disable", Bool, anyValue, nil, "false",
		"Accepted and not used: there is no tiered storage.", nil},
	{"remote.log.delete.on.disable", Bool, anyValue, nil, "false",
		"Accepted and not used: there is no tiered storage.", nil},
	{"remote.storage.enable", Bool, only("false", "this broker has no tiered storage"), nil, "false",
		"Whether old segments go to tiered storage; must be false.", nil},
	{"retention.bytes", Long, atLeast(-1), same("log.retention.bytes"), null,
		"The size above which the oldest segments of a partition are deleted; -1 means no limit.",
		func(t *Topic) any { return &t.RetentionBytes }},
	{"retention.ms", Long, atLeast(-1), []Synonym{{"log.retention.ms", 1}, {"log.retention.minutes", 60_000}, {"log.retention.hours", 3_600_000}}, null,
		"How long records are kept; -1 means for ever.",
		func(t *Topic) any { return &t.RetentionMs }},
	{"segment.bytes", Int, atLeast(1048576), same("log.segment.bytes"), null,
		"The size at which a new segment is begun.",
		func(t *Topic) any { return &t.SegmentBytes }},
	{"segment.index.bytes", Int, atLeast(4), same("log.index.size.max.bytes"), null,
		"The largest index of one segment.",
		func(t *Topic) any { return &t.SegmentIndexBytes }},
	{"segment.jitter.ms", Long, atLeast(0), []Synonym{{"log.roll.jitter.ms", 1}, {"log.roll.jitter.hours", 3_600_000}}, null,
		"At most this much is taken off segment.ms, so that logs do not roll together.",
		func(t *Topic) any { return &t.SegmentJitterMs }},
	{"segment.ms", Long, atLeast(1), []Synonym{{"log.roll.ms", 1}, {"log.roll.hours", 3_600_000}}, null,
		"The age at which a new segment is begun.",
		func(t *Topic) any { return &t.SegmentMs }},
	{"unclean.leader.election.enable", Bool, anyValue, same("unclean.leader.election.enable"), null,
		"Accepted and not used: there are no other replicas.", nil},
}

func same(broker string) []Synonym { return []Synonym{{broker, 1}} }

// TopicKeys returns the rows of the topics' table, sorted by name.
func TopicKeys() []TopicKey { return topicKeys }

// TopicSetting returns the row of one topic setting.
func TopicSetting(name string) (*TopicKey, bool) {
	i := sort.Search(len(topicKeys), func(i int) bool { return topicKeys[i].Name >= name })
	if i == len(topicKeys) || topicKeys[i].Name != name {
		return nil, false
	}
	return &topicKeys[i], true
}

// ErrUnknownTopicSetting is wrapped by the verdict on a name that no topic has.
var ErrUnknownTopicSetting = errors.New("not a setting of a topic")

// CheckTopicValue says whether an override of a topic would be accepted.
func CheckTopicValue(name, text string) error {
	_, err := parseTopicValue(name, text)
	return err
}

func parseTopicValue(name, text string) (Value, error) {
	k, ok := TopicSetting(name)
	if !ok {
		return Value{}, fmt.Errorf("%s: %w", quote(name), ErrUnknownTopicSetting)
	}
	v, err := parseValue(k.Type, k.allowed, text)
	if err != nil {
		err = fmt.Errorf("%s = %s: %w", name, quote(text), err)
	}
	return v, err
}

// TopicDefault returns what a topic setting is without an override, and the synonym that decided it, if any.
func (c *Config) TopicDefault(k *TopicKey) (Value, Synonym) {
	for _, s := range k.Synonyms {
		v := c.values[s.Broker]
		if v.Null {
			continue
		}
		if s.Times != 1 {
			v.Int = scale(v.Int, s.Times)
			v.Text = fmt.Sprint(v.Int)
		}
		return v, s
	}
	v, err := k.Type.parse(k.deflt)
	if err != nil {
		panic("config: internal: default of " + k.Name + ": " + err.Error())
	}
	return v, Synonym{}
}

// scale converts hours or minutes; -1 stays "for ever" and nothing overflows.
func scale(n, times int64) int64 {
	switch {
	case n < 0:
		return n
	case n > math.MaxInt64/times:
		return math.MaxInt64
	}
	return n * times
}

// Topic returns the settings of a topic with the given overrides. All wrong values are reported in one error.
func (c *Config) Topic(overrides map[string]string) (Topic, error) {
	var t Topic
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		if _, ok := TopicSetting(name); !ok {
			wrong = append(wrong, CheckTopicValue(name, ""))
		}
	}
	for i := range topicKeys {
		k := &topicKeys[i]
		v, _ := c.TopicDefault(k)
		if text, ok := overrides[k.Name]; ok {
			given, err := parseTopicValue(k.Name, text)
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			v = given
		}
		if k.field != nil {
			fill(k.field(&t), v)
		}
	}
	if len(wrong) == 0 && t.MinCompactionLagMs > t.MaxCompactionLagMs {
		wrong = append(wrong, fmt.Errorf("min.compaction.lag.ms = %d: more than max.compaction.lag.ms (%d)", t.MinCompactionLagMs, t.MaxCompactionLagMs))
	}
	return t, errors.Join(wrong...)
}
