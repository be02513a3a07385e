package cluster

import (
	"testing"

	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

// Whatever a log holds, replaying it ends in an error or in an image; and what an image amounts to, written down and
// replayed, is that image.
func FuzzReplay(f *testing.F) {
	for _, rs := range fuzzSeeds() {
		b, err := appendBatch(nil, records.Options{}, rs, 1)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		skip := func(int16, error) {}
		r := newReplay(newImage(), skip)
		for batch, err := range records.Batches(log) {
			if err != nil || r.batch(batch) != nil {
				return
			}
		}
		want := r.b.image()
		again := newReplay(newImage(), skip)
		for _, record := range want.records() {
			value, err := record.encode()
			if err != nil {
				return // what was read at one version need not fit the version that is in force
			}
			require.NoError(t, again.record(records.Record{Value: value}))
		}
		got := again.b.image()
		require.Equal(t, len(want.byName), len(got.byName))
		require.Equal(t, want.configs, got.configs)
		require.Equal(t, want.features, got.features)
		for n, topic := range want.byName {
			require.Equal(t, topic.ID, got.byName[n].ID)
			require.Equal(t, len(topic.Partitions), len(got.byName[n].Partitions))
			require.Same(t, got.byName[n], got.TopicByID(topic.ID))
		}
	})
}

func fuzzSeeds() [][]Record {
	topic := []Record{
		{0, &meta.FeatureLevelRecord{Name: metadataVersion, FeatureLevel: 33}},
		{0, &meta.TopicRecord{Name: "t", TopicID: wire.UUID{1}}},
		{2, &meta.PartitionRecord{PartitionID: 0, TopicID: wire.UUID{1}, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1, Directories: []wire.UUID{{2}}}},
		{0, configRecord(Resource{TopicResource, "t"}, "retention.ms", wire.Some("1"))},
	}
	change := meta.NewPartitionChangeRecord()
	change.TopicID, change.PartitionID, change.Leader, change.ISR = wire.UUID{1}, 0, noLeader, []int32{}
	change.EligibleLeaderReplicas = []int32{1}
	return [][]Record{
		topic,
		append(topic[:4:4], Record{2, &change}, Record{0, &meta.RemoveTopicRecord{TopicID: wire.UUID{1}}}),
		append(topic[:4:4], Record{2, &change}, Record{0, &meta.ClearElrRecord{}}),
		append([]Record{{0, &meta.BeginTransactionRecord{}}}, append(topic[:4:4], Record{0, &meta.EndTransactionRecord{}})...),
		{{4, &meta.RegisterBrokerRecord{BrokerID: 1, BrokerEpoch: 3, Fenced: true}}, {3, &meta.BrokerRegistrationChangeRecord{BrokerID: 1, BrokerEpoch: 3, Fenced: -1}}},
		{{0, &meta.ProducerIdsRecord{NextProducerID: 1000}}, {0, &meta.NoOpRecord{}}, {0, &meta.AccessControlEntryRecord{ID: wire.UUID{3}}}},
	}
}
