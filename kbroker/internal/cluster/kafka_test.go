package cluster

import (
	"fmt"
	"testing"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Directories that Apache Kafka 4.4.0 wrote, stopped and killed: topics, ids, settings, offsets and ids of producers
// are its own, and every partition is led under a new epoch where Kafka had given up the leadership.
func TestKafkasDirectories(t *testing.T) {
	for name, epoch := range map[string]int32{"clean-shutdown": 2, "live": 0} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.unpack(name)
			c := w.start()
			i := c.Image()
			assert.Equal(t, "5L6g3nShT-eMCtK--X86sw", c.ID())
			assert.Equal(t, int32(2), c.epoch)
			var names []string
			for _, topic := range i.Topics() {
				names = append(names, topic.Name)
			}
			assert.Equal(t, []string{"__consumer_offsets", "__transaction_state", "alpha", "compacted", "txn"}, names)
			assert.Equal(t, "tQilQU0aTkedj7YqVZ8HQA", i.Topic("alpha").ID.String())
			assert.Equal(t, map[string]string{"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "1000"},
				i.Configs(Resource{TopicResource, "compacted"}))
			for topic, end := range map[string]int64{"alpha": 50, "compacted": 50, "txn": 16} {
				p, code := c.Partition(topic, 0)
				require.Equal(t, errcode.None, code)
				assert.Equal(t, end, p.Offsets().HighWatermark)
				assert.Equal(t, epoch, p.LeaderEpoch())
				m := i.Topic(topic).Partition(0)
				assert.Equal(t, epoch, m.LeaderEpoch)
				assert.Equal(t, []int32{1}, m.ISR)
				assert.Empty(t, m.EligibleLeaderReplicas)
			}
			id, refused := c.NextProducerID()
			require.Nil(t, refused)
			assert.Equal(t, int64(1000), id, "Kafka gave the first block out")
			assert.Equal(t, int16(1), i.raft.version)
			state, err := w.disk.ReadFile("/logs/__cluster_metadata-0/quorum-state", 1<<10)
			require.NoError(t, err)
			assert.Equal(t, `{"leaderId":1,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}`, string(state))
			create(t, c, named("ours"))
			before := c.Image()
			w.kill(c)
			c = w.start()
			sameImage(t, before, c.Image())
			w.stop(c)
		})
	}
}

// A snapshot and the log after it must amount to the same as the whole log.
func TestKafkasSnapshotsAgreeWithItsLog(t *testing.T) {
	w := newWorld(t)
	w.unpack("clean-shutdown")
	dir := "/logs/__cluster_metadata-0"
	ids, err := listSnapshots(w.disk, dir)
	require.NoError(t, err)
	require.Len(t, ids, 9)
	skip := func(key int16, err error) { t.Errorf("record %d: %v", key, err) }
	var want *Image
	for n := len(ids) - 1; n >= 0; n-- {
		b, err := readSnapshot(w.disk, dir, ids[n], skip)
		require.NoError(t, err)
		r := newReplay(b.image(), skip)
		for _, batch := range w.metadataLog() {
			if batch.LastOffset() > r.b.offset {
				require.NoError(t, r.batch(batch))
			}
		}
		got := r.b.image()
		if want == nil {
			want = got // from the snapshot that is older than the log
		}
		sameImage(t, want, got)
		assert.Equal(t, want.offset, got.offset)
	}
	assert.True(t, want.Broker(1).Fenced)
	assert.Equal(t, int32(noLeader), want.Topic("alpha").Partition(0).Leader)
	assert.Equal(t, []int32{1}, want.Topic("alpha").Partition(0).EligibleLeaderReplicas)
}

// bare lays down what the challenge does: no snapshot, no quorum-state, no indexes, and a log that begins at offset 1.
func (w *world) bare(topics map[string]int32) map[string]wire.UUID {
	w.put("/logs/meta.properties", []byte("#\n#Sun Nov 22 20:43:11 UTC 2026\ncluster.id=IAAAAAAAQACAAAAAAAAAAQ\ndirectory.id=EAAAAAAAQACAAAAAAAAAAQ==\nnode.id=1\nversion=1\n"))
	w.put("/logs/.kafka_cleanshutdown", []byte(`{"version":0,"brokerEpoch":10}`))
	ids := map[string]wire.UUID{}
	if topics == nil {
		return ids
	}
	directory := []wire.UUID{{0: 0x10, 6: 0x40, 8: 0x80, 15: 1}}
	o := records.Options{BaseOffset: 1, PartitionLeaderEpoch: 1}
	log, err := appendBatch(nil, o, []Record{{0, &meta.FeatureLevelRecord{Name: "metadata.version", FeatureLevel: 20}}}, 1726045943832)
	require.NoError(w.t, err)
	o.BaseOffset++
	for name, partitions := range topics {
		id := wire.UUID{0: 0x71, 15: byte(len(ids))}
		ids[name] = id
		rs := []Record{{0, &meta.TopicRecord{Name: name, TopicID: id}}}
		for n := range partitions {
			rs = append(rs, Record{1, &meta.PartitionRecord{PartitionID: n, TopicID: id, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1, Directories: directory}})
			dir := fmt.Sprintf("/logs/%s-%d/", name, n)
			w.put(dir+"partition.metadata", []byte("version: 0\ntopic_id: "+id.String()+"=="))
			w.put(dir+"00000000000000000000.log", nil)
		}
		log, err = appendBatch(log, o, rs, 1726045957397)
		require.NoError(w.t, err)
		o.BaseOffset += int64(len(rs))
	}
	w.put("/logs/__cluster_metadata-0/partition.metadata", []byte("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ"))
	w.put("/logs/__cluster_metadata-0/00000000000000000000.log", log)
	return ids
}

func TestTheChallengesDirectories(t *testing.T) {
	w := newWorld(t)
	w.bare(nil)
	c := w.start()
	assert.Equal(t, "IAAAAAAAQACAAAAAAAAAAQ", c.ID())
	assert.Empty(t, c.Image().Topics())
	assert.Empty(t, w.warnings())
	w.stop(c)

	w = newWorld(t)
	ids := w.bare(map[string]int32{"mango": 1, "banana": 3})
	c = w.start()
	assert.Empty(t, w.warnings())
	assert.Equal(t, ids["mango"], c.Image().Topic("mango").ID)
	for n := range int32(3) {
		_, p, code := c.PartitionByID(ids["banana"], n)
		require.Equal(t, errcode.None, code)
		assert.Zero(t, p.LeaderEpoch(), "nothing changed hands, so no epoch began")
	}
	// What is written from here on follows the metadata.version that the log has.
	assert.Equal(t, int16(3), c.Image().registerBrokerVersion())
	grown := create(t, c, named("kiwi"))
	before := c.Image()
	w.kill(c)
	c = w.start()
	sameImage(t, before, c.Image())
	assert.Equal(t, grown.ID, c.Image().Topic("kiwi").ID)
	w.stop(c)
}
