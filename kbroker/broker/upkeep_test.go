package broker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kbroker/brokertest"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Only upkeep syncs here, and only for the topic that has a flush.ms.
func TestFlushMsMovesTheRecoveryPoint(t *testing.T) {
	dir := t.TempDir()
	addr := brokertest.Start(t, "log.dirs", dir, "replica.high.watermark.checkpoint.interval.ms", "100")
	create := api.NewCreateTopicsRequest()
	create.Topics = []api.CreateTopicsRequestCreatableTopic{
		{Name: "hurried", NumPartitions: 1, ReplicationFactor: 1, Configs: []api.CreateTopicsRequestCreatableTopicConfig{{Name: "flush.ms", Value: wire.Some("0")}}},
		{Name: "patient", NumPartitions: 1, ReplicationFactor: 1},
	}
	for _, topic := range call[api.CreateTopicsResponse](t, addr, kwire.CreateTopics, 7, &create).Topics {
		require.Equal(t, errcode.None, topic.ErrorCode)
	}
	produce := api.NewProduceRequest()
	produce.Acks = 1
	for _, topic := range create.Topics {
		w := records.NewWriter(nil, records.Options{})
		w.Append(records.Record{Timestamp: time.Now().UnixMilli()})
		b, err := w.Finish()
		require.NoError(t, err)
		produce.TopicData = append(produce.TopicData, api.ProduceRequestTopicProduceData{Name: topic.Name, PartitionData: []api.ProduceRequestPartitionProduceData{{Records: b}}})
	}
	for _, topic := range call[api.ProduceResponse](t, addr, kwire.Produce, 9, &produce).Responses {
		require.Equal(t, errcode.None, topic.PartitionResponses[0].ErrorCode)
	}
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "recovery-point-offset-checkpoint"))
		return err == nil && strings.Contains(string(text), "\nhurried 0 1\n") && strings.Contains(string(text), "\npatient 0 0\n")
	}, 10*time.Second, 20*time.Millisecond)
}
