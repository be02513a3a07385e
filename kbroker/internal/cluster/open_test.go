package cluster

import (
	"encoding/json"
	"testing"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// messages are the names of the records that a log holds, batch by batch.
func (w *world) messages() (all [][]string) {
	for _, batch := range w.metadataLog() {
		var names []string
		for r, err := range batch.Records(nil, 0) {
			require.NoError(w.t, err)
			if batch.IsControl() {
				c, err := records.ParseControl(r)
				require.NoError(w.t, err)
				names = append(names, c.Type.String())
				continue
			}
			decoded, _, err := decodeRecord(r.Value)
			require.NoError(w.t, err)
			names = append(names, decoded.Message.MessageName())
		}
		all = append(all, names)
	}
	return all
}

// The layout is what Apache Kafka 4.4.0 leaves after formatting an empty directory and its first start.
func TestAnEmptyDirectoryIsFormattedAsKafkaDoes(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	assert.Equal(t, [][]string{
		{"LEADER_CHANGE"},
		{
			"BeginTransactionRecord", "FeatureLevelRecord", "FeatureLevelRecord", "FeatureLevelRecord", "FeatureLevelRecord",
			"FeatureLevelRecord", "FeatureLevelRecord", "ConfigRecord", "EndTransactionRecord",
		},
		{"RegisterControllerRecord", "RegisterBrokerRecord", "BrokerRegistrationChangeRecord"},
	}, w.messages())
	for _, batch := range w.metadataLog() {
		assert.Equal(t, int32(1), batch.PartitionLeaderEpoch())
		assert.Equal(t, records.NoProducerID, batch.ProducerID())
	}

	i := c.Image()
	assert.Empty(t, i.Topics())
	for name, level := range map[string]int16{
		"metadata.version": 33, "eligible.leader.replicas.version": 1, "group.version": 1,
		"share.version": 2, "streams.version": 1, "transaction.version": 2,
	} {
		assert.Equal(t, level, i.Feature(name), name)
	}
	assert.Equal(t, map[string]string{"min.insync.replicas": "1"}, i.Configs(Resource{BrokerResource, ""}))
	broker := i.Broker(1)
	require.NotNil(t, broker)
	assert.False(t, broker.Fenced)
	assert.Equal(t, []meta.RegisterBrokerRecordBrokerEndpoint{{Name: "PLAINTEXT", Host: "127.0.0.1", Port: 9092}}, broker.EndPoints)
	controller := i.kept[keptKey{27, "1"}].Message.(*meta.RegisterControllerRecord)
	assert.Equal(t, []meta.RegisterControllerRecordControllerEndpoint{{Name: "CONTROLLER", Host: "127.0.0.1", Port: 9093}}, controller.EndPoints)
	assert.Equal(t, int64(11), broker.BrokerEpoch, "the offset of its record")
	assert.Equal(t, c.BrokerEpoch(), broker.BrokerEpoch)
	assert.Equal(t, []wire.UUID{c.Store().Roots()[0].Meta().DirectoryID}, broker.LogDirs)

	state, err := w.disk.ReadFile("/logs/__cluster_metadata-0/quorum-state", 1<<10)
	require.NoError(t, err)
	assert.Equal(t, `{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}`, string(state))
	id, err := w.disk.ReadFile("/logs/__cluster_metadata-0/partition.metadata", 1<<10)
	require.NoError(t, err)
	assert.Equal(t, "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ", string(id))
	snapshot, err := readSnapshot(w.disk, "/logs/__cluster_metadata-0", snapshotID{}, nil)
	require.NoError(t, err)
	assert.Equal(t, int16(33), snapshot.image().Feature("metadata.version"))
	w.stop(c)
	assert.Empty(t, w.warnings())
}

// warnings are the lines of the log that ask for attention.
func (w *world) warnings() (lines []string) {
	for line := range bytesLines(&w.log) {
		lines = append(lines, line)
	}
	return lines
}

func TestWhatWasAcknowledgedSurvivesAPowerFailure(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	id := c.ID()
	created := create(t, c, NewTopic{Name: "orders", Partitions: 3, ReplicationFactor: 1, Configs: []Setting{{"retention.ms", wire.Some("1000")}}})
	gone := create(t, c, named("gone"))
	require.Equal(t, []*Error{nil}, c.DeleteTopics([]wire.UUID{gone.ID}))
	require.Nil(t, c.CreatePartitions("orders", 5, nil, false))
	first, refused := c.NextProducerID()
	require.Nil(t, refused)
	before := c.Image()
	w.kill(c)

	c = w.start()
	assert.Equal(t, id, c.ID())
	assert.Equal(t, int32(2), c.epoch, "every leader has an epoch of its own")
	sameImage(t, before, c.Image())
	orders := c.Image().Topic("orders")
	require.NotNil(t, orders)
	assert.Equal(t, created.ID, orders.ID)
	require.Len(t, orders.Partitions, 5)
	for n := range int32(5) {
		p, code := c.Partition("orders", n)
		require.Equal(t, errcode.None, code)
		assert.Equal(t, int64(1000), p.Config().RetentionMs)
	}
	second, refused := c.NextProducerID()
	require.Nil(t, refused)
	assert.GreaterOrEqual(t, second, first+producerIDBlock, "ids of a block that was given out are never given again")
	w.stop(c)
}

// A clean stop fences the registration, so that Kafka does not wait for a session that nobody renews.
func TestACleanStopFencesTheBroker(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	w.stop(c)
	assert.True(t, c.Image().Broker(1).Fenced)
	mark, err := w.disk.ReadFile("/logs/.kafka_cleanshutdown", 1<<10)
	require.NoError(t, err)
	assert.JSONEq(t, `{"version":0,"brokerEpoch":11}`, string(mark))
	c = w.start()
	assert.False(t, c.Image().Broker(1).Fenced)
	assert.Greater(t, c.BrokerEpoch(), int64(11))
	w.stop(c)
}

// The epoch goes on from whichever of the two is greater: quorum-state, or the log.
func TestTheEpochOnlyGrows(t *testing.T) {
	for _, state := range []string{
		`{"leaderId":-1,"leaderEpoch":41,"votedId":1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}`,
		`{"clusterId":"","leaderId":1,"leaderEpoch":41,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}`,
	} {
		w := newWorld(t)
		w.stop(w.start())
		w.put("/logs/__cluster_metadata-0/quorum-state", []byte(state))
		c := w.start()
		assert.Equal(t, int32(42), c.epoch)
		w.stop(c)
		require.NoError(t, w.disk.Remove("/logs/__cluster_metadata-0/quorum-state"))
		c = w.start()
		assert.Equal(t, int32(43), c.epoch, "without quorum-state the log tells")
		w.stop(c)
		w.put("/logs/__cluster_metadata-0/quorum-state", []byte("not JSON"))
		c = w.start()
		assert.Equal(t, int32(44), c.epoch)
		w.stop(c)
	}
}

func TestQuorumStateFollowsTheKraftVersion(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.disk.MkdirAll("/d"))
	for version, members := range []int{7, 5} {
		require.NoError(t, writeQuorumState(w.disk, "/d", 3, 9, int16(version)))
		b, err := w.disk.ReadFile("/d/quorum-state", 1<<10)
		require.NoError(t, err)
		var state map[string]any
		require.NoError(t, json.Unmarshal(b, &state))
		assert.Len(t, state, members)
		assert.EqualValues(t, version, state["data_version"])
		epoch, err := readQuorumEpoch(w.disk, "/d")
		require.NoError(t, err)
		assert.Equal(t, int32(9), epoch)
	}
}

func TestDirectoriesOfOthersAreRefused(t *testing.T) {
	w := newWorld(t)
	w.stop(w.start())
	w.set["node.id"] = "2"
	_, err := w.tryStart()
	assert.ErrorContains(t, err, "/logs belongs to node 1, but node.id is 2")

	w.set["node.id"] = "1"
	w.put("/more/meta.properties", []byte("version=1\nnode.id=1\ncluster.id=another\n"))
	w.set["log.dirs"] = "/logs,/more"
	_, err = w.tryStart()
	assert.ErrorContains(t, err, "/more belongs to cluster another")
}

// With several directories the metadata log goes where metadata.log.dir says.
func TestMetadataLogDir(t *testing.T) {
	w := newWorld(t)
	w.set["log.dirs"], w.set["metadata.log.dir"] = "/a,/b", "/b"
	c := w.start()
	create(t, c, NewTopic{Name: "t", Partitions: 4, ReplicationFactor: 1})
	w.stop(c)
	_, err := w.disk.Stat("/b/__cluster_metadata-0/quorum-state")
	assert.NoError(t, err)
	_, err = w.disk.Stat("/a/__cluster_metadata-0")
	assert.Error(t, err)
	c = w.start()
	for n := range int32(4) {
		_, code := c.Partition("t", n)
		assert.Equal(t, errcode.None, code)
	}
	assert.Len(t, c.Image().Broker(1).LogDirs, 2)
	w.stop(c)
}

// A transaction that the log does not end has no effect, and the next leader says so in the log.
func TestAnAbandonedTransaction(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	require.NoError(t, c.append([]Record{
		{0, &meta.BeginTransactionRecord{Name: wire.Some("a large change")}},
		{0, &meta.TopicRecord{Name: "half", TopicID: wire.UUID{1}}},
	}))
	w.kill(c)
	c = w.start()
	assert.Nil(t, c.Image().Topic("half"))
	assert.Contains(t, w.messages(), []string{"AbortTransactionRecord"})
	create(t, c, named("whole"))
	w.kill(c)
	c = w.start()
	assert.Nil(t, c.Image().Topic("half"))
	assert.NotNil(t, c.Image().Topic("whole"), "what follows the abort counts")
	w.stop(c)
}

// A record of a later release must not keep the broker from starting, and is not lost by our snapshots.
func TestRecordsOfAnotherRelease(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("kept"))
	b := []byte{frameVersion, 100, 0, 1, 2, 3}
	writer := records.NewWriter(nil, records.Options{})
	writer.Append(records.Record{Value: b})
	writer.Append(records.Record{Value: b})
	batch, err := writer.Finish()
	require.NoError(t, err)
	require.NoError(t, c.write(batch, testNow.UnixMilli()))
	w.kill(c)
	w.log.Reset()
	c = w.start()
	assert.NotNil(t, c.Image().Topic("kept"))
	assert.Len(t, w.warnings(), 1, "said once")
	assert.ErrorContains(t, c.snapshot(), "unknown type")
	w.stop(c)
}

func TestStrayDirectories(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	old := create(t, c, named("reborn"))
	w.stop(c)
	w.put("/logs/nobody-0/partition.metadata", []byte("version: 0\ntopic_id: "+wire.UUID{1: 9}.String()))
	w.put("/logs/nobody-0/00000000000000000000.log", nil)
	w.log.Reset()
	c = w.start()
	assert.Len(t, w.warnings(), 1)
	_, err := w.disk.Stat("/logs/nobody-0")
	assert.NoError(t, err, "left alone")
	made := create(t, c, named("nobody"))
	p, code := c.Partition("nobody", 0)
	require.Equal(t, errcode.None, code)
	assert.Equal(t, made.ID, p.TopicID(), "a new topic of that name gets a directory of its own")

	require.Equal(t, []*Error{nil}, c.DeleteTopics([]wire.UUID{old.ID}))
	again := create(t, c, named("reborn"))
	assert.NotEqual(t, old.ID, again.ID)
	_, _, code = c.PartitionByID(old.ID, 0)
	assert.Equal(t, errcode.UnknownTopicID, code)
	_, _, code = c.PartitionByID(again.ID, 0)
	assert.Equal(t, errcode.None, code)
	w.stop(c)
}

// Deleting is recorded first. A directory that a crash left behind goes at the next start.
func TestAnInterruptedDeletion(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	topic := create(t, c, named("victim"))
	require.NoError(t, c.append([]Record{removal(topic)}))
	w.kill(c)
	w.log.Reset()
	c = w.start()
	assert.Nil(t, c.Image().Topic("victim"))
	_, err := w.disk.Stat("/logs/victim-0")
	assert.Error(t, err)
	assert.Empty(t, w.warnings())
	w.stop(c)
}

// A topic that is in the log and has no directory gets one.
func TestMissingDirectoriesAreMade(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("t"))
	w.stop(c)
	require.NoError(t, w.disk.RemoveAll("/logs/t-1"))
	c = w.start()
	_, code := c.Partition("t", 1)
	assert.Equal(t, errcode.None, code)
	w.stop(c)
}

// One partition that cannot be opened is offline; the others serve, and the log says which and why.
func TestAPartitionThatCannotBeOpened(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("t"))
	w.stop(c)
	require.NoError(t, w.disk.RemoveAll("/logs/t-1"))
	w.put("/logs/t-1", []byte("a file where the directory was"))
	w.log.Reset()
	c = w.start()
	_, code := c.Partition("t", 0)
	assert.Equal(t, errcode.None, code)
	_, code = c.Partition("t", 1)
	assert.Equal(t, errcode.KafkaStorageError, code)
	assert.Len(t, w.warnings(), 1)
	assert.Contains(t, w.warnings()[0], "count=1 of=2")
	w.stop(c)
}
