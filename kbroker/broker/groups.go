package broker

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/group"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// startGroups puts the group coordinator on the partitions of its topic, as many as there are, whatever
// offsets.topic.num.partitions says now.
func startGroups(cfg *config.Config, log *slog.Logger, c *cluster.Cluster) *group.Coordinator {
	return group.New(group.Options{
		Config: group.Config{
			MinSessionTimeoutMs:     cfg.GroupMinSessionTimeoutMs,
			MaxSessionTimeoutMs:     cfg.GroupMaxSessionTimeoutMs,
			InitialRebalanceDelayMs: cfg.GroupInitialRebalanceDelayMs,
			MaxSize:                 int(cfg.GroupMaxSize),
			OffsetMetadataMaxBytes:  int(cfg.OffsetMetadataMaxBytes),
			OffsetsRetention:        time.Duration(cfg.OffsetsRetentionMinutes) * time.Minute,
			NewID:                   randomID,
		},
		Logs:        func() []group.Log { return groupLogs(c) },
		Codec:       &compress.All,
		Compression: records.Codec(cfg.OffsetsTopicCompressionCodec),
		ExpireEvery: time.Duration(max(cfg.OffsetsRetentionCheckIntervalMs, minIntervalMs)) * time.Millisecond,
		Now:         time.Now,
		Log:         log,
	})
}

func groupLogs(c *cluster.Cluster) []group.Log {
	topic := c.Image().Topic(group.TopicName)
	if topic == nil {
		return nil
	}
	logs := make([]group.Log, len(topic.Partitions))
	for i, p := range topic.Partitions {
		found, code := c.Partition(topic.Name, p.ID)
		if code != errcode.None {
			return nil
		}
		logs[i] = found
	}
	return logs
}

// randomID returns a random UUID in its usual form, as it stands in the ids of members.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
