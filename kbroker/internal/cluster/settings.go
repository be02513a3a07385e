package cluster

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

func configRecord(r Resource, name string, value wire.Null[string]) *meta.ConfigRecord {
	return &meta.ConfigRecord{ResourceType: int8(r.Type), ResourceName: r.Name, Name: name, Value: value}
}

// BrokerOverride returns the value that records in the log give a broker setting: for this broker, or for all.
func (i *Image) BrokerOverride(node int32, name string) (value string, r Resource, ok bool) {
	for _, r := range []Resource{{BrokerResource, strconv.Itoa(int(node))}, {BrokerResource, ""}} {
		if value, ok := i.configs[r][name]; ok {
			return value, r, true
		}
	}
	return "", Resource{}, false
}

// TopicBrokerOverride returns what records that give the broker settings make the default of a topic setting.
func (c *Cluster) TopicBrokerOverride(i *Image, k *config.TopicKey) (string, bool) {
	for _, s := range k.Synonyms {
		if value, _, ok := i.BrokerOverride(c.NodeID(), s.Broker); ok {
			return scaled(value, s.Times), true
		}
	}
	return "", false
}

// TopicSettings are a topic's settings: its own, then those that records give the broker, then the file's.
func (c *Cluster) TopicSettings(i *Image, topic string) config.Topic {
	overrides := map[string]string{}
	keys := config.TopicKeys()
	for n := range keys {
		if value, ok := c.TopicBrokerOverride(i, &keys[n]); ok {
			overrides[keys[n].Name] = value
		}
	}
	for name, value := range i.Configs(Resource{TopicResource, topic}) {
		overrides[name] = value
	}
	// The log may hold what this broker would not have taken: from a newer release, or from a time when the allowed
	// values were others. Such a value is as if it were not there.
	for name, value := range overrides {
		if config.CheckTopicValue(name, value) != nil {
			delete(overrides, name)
		}
	}
	t, err := c.o.Config.Topic(overrides)
	if err != nil {
		c.o.Logger.Warn("settings of the topic contradict each other; the defaults are in force", "topic", topic, "err", err)
		t, _ = c.o.Config.Topic(nil)
	}
	return t
}

// scaled converts a broker's value, in minutes or hours, to the topic's unit.
func scaled(value string, times int64) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if times == 1 || err != nil || n < 0 {
		return value
	}
	return fmt.Sprint(n * times)
}

// partitionConfig is what the storage has to know of a topic's settings.
func (c *Cluster) partitionConfig(i *Image, t *Topic) partition.Config {
	s := c.TopicSettings(i, t.Name)
	p := partition.Config{
		Config: logdir.Config{
			SegmentBytes: int64(s.SegmentBytes), SegmentMs: s.SegmentMs, SegmentJitterMs: s.SegmentJitterMs,
			SegmentIndexBytes: int(s.SegmentIndexBytes), IndexIntervalBytes: int(s.IndexIntervalBytes),
			RetentionBytes: -1, RetentionMs: -1, FlushMessages: s.FlushMessages,
		},
		FlushMs:              s.FlushMs,
		MaxMessageBytes:      int(s.MaxMessageBytes),
		MaxDecompressedBytes: int(s.MaxDecompressedMessageBytes),
		TimestampType:        records.CreateTime,
		TimestampBeforeMaxMs: s.MessageTimestampBeforeMaxMs,
		TimestampAfterMaxMs:  s.MessageTimestampAfterMaxMs,
		Compression:          codecNamed(s.CompressionType),
		Compacted:            slices.Contains(s.CleanupPolicy, "compact"),
	}
	if slices.Contains(s.CleanupPolicy, "delete") {
		p.RetentionBytes, p.RetentionMs = s.RetentionBytes, s.RetentionMs
	}
	if s.MessageTimestampType == "LogAppendTime" {
		p.TimestampType = records.LogAppendTime
	}
	return p
}

// codecNamed is the codec of a compression.type; nil is "producer", the codec in which records come.
func codecNamed(name string) *records.Codec {
	codec := records.None
	switch name {
	case "uncompressed":
	case "gzip":
		codec = records.Gzip
	case "snappy":
		codec = records.Snappy
	case "lz4":
		codec = records.Lz4
	case "zstd":
		codec = records.Zstd
	default:
		return nil
	}
	return &codec
}
