package cluster

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTopicsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("there"))
	create(t, c, named("a.b_c"))
	on := func(partition int32, brokers ...int32) Assignment { return Assignment{partition, brokers} }
	manual := func(a ...Assignment) NewTopic {
		return NewTopic{Name: "manual", Partitions: -1, ReplicationFactor: -1, Assignments: a}
	}
	with := func(name string, value wire.Null[string]) NewTopic {
		return NewTopic{Name: "configured", Partitions: 1, ReplicationFactor: 1, Configs: []Setting{{name, value}}}
	}
	for _, want := range []struct {
		topic NewTopic
		code  errcode.Code
		says  string
	}{
		{named("there"), errcode.TopicAlreadyExists, "Topic 'there' already exists."},
		{named(""), errcode.InvalidTopic, "the empty string is not allowed"},
		{named(".."), errcode.InvalidTopic, "'..' is not allowed"},
		{named(strings.Repeat("x", 250)), errcode.InvalidTopic, "longer than the max allowed length 249"},
		{named("bad name!"), errcode.InvalidTopic, "ASCII alphanumerics"},
		{named("a_b.c"), errcode.InvalidTopic, "Topic 'a_b.c' collides with existing topic: a.b_c"},
		{named("__cluster_metadata"), errcode.InvalidRequest, "prohibited"},
		{NewTopic{Name: "n", Partitions: 0, ReplicationFactor: 1}, errcode.InvalidPartitions, "non-positive"},
		{NewTopic{Name: "n", Partitions: -2, ReplicationFactor: 1}, errcode.InvalidPartitions, "non-positive"},
		{NewTopic{Name: "n", Partitions: 10_001, ReplicationFactor: 1}, errcode.PolicyViolation, "Excessively large"},
		{NewTopic{Name: "n", Partitions: 1, ReplicationFactor: 0}, errcode.InvalidReplicationFactor, "larger than 0"},
		{NewTopic{Name: "n", Partitions: 1, ReplicationFactor: 3}, errcode.InvalidReplicationFactor, "only 1 broker(s)"},
		{NewTopic{Name: "n", Partitions: 1, ReplicationFactor: -1, Assignments: []Assignment{on(0, 1)}}, errcode.InvalidRequest, "numPartitions"},
		{NewTopic{Name: "n", Partitions: -1, ReplicationFactor: 1, Assignments: []Assignment{on(0, 1)}}, errcode.InvalidRequest, "replication factor"},
		{manual(on(0, 2)), errcode.InvalidReplicaAssignment, "broker 2, but no such broker"},
		{manual(on(0, 1, 1)), errcode.InvalidReplicaAssignment, "broker 1 more than once"},
		{manual(on(0)), errcode.InvalidReplicaAssignment, "empty replica list"},
		{manual(on(1, 1)), errcode.InvalidReplicaAssignment, "consecutive 0-based"},
		{manual(on(0, 1), on(0, 1)), errcode.InvalidReplicaAssignment, "multiple manual partition assignments"},
		{with("nope", wire.Some("1")), errcode.InvalidConfig, "Unknown topic config name: nope"},
		{with("retention.ms", wire.Some("soon")), errcode.InvalidConfig, "Invalid value soon for configuration retention.ms"},
		{with("retention.ms", wire.Null[string]{}), errcode.InvalidConfig, "Null value not supported for topic configs: retention.ms"},
	} {
		before := c.Image()
		got := c.CreateTopics([]NewTopic{want.topic}, false)[0]
		if assert.NotNil(t, got.Err, want.says) {
			assert.Equal(t, want.code, got.Err.Code, want.says)
			assert.Contains(t, got.Err.Message, want.says)
		}
		assert.Same(t, before, c.Image(), "nothing is written for a refusal")
	}
	w.stop(c)
}

// One request may have both: what can be made is made.
func TestSomeTopicsOfARequestAreRefused(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	results := c.CreateTopics([]NewTopic{named("one"), named("b a d"), named("two")}, false)
	assert.Nil(t, results[0].Err)
	assert.NotNil(t, results[1].Err)
	assert.Nil(t, results[2].Err)
	assert.Equal(t, 2, results[2].Partitions, "num.partitions")
	assert.Len(t, c.Image().Topics(), 2)

	before := c.Image()
	results = c.CreateTopics([]NewTopic{named("three")}, true)
	assert.Nil(t, results[0].Err)
	assert.Same(t, before, c.Image(), "only checked")
	w.stop(c)
}

func TestPartitionsAreAdded(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("t"))
	for _, want := range []struct {
		err  *Error
		code errcode.Code
	}{
		{c.CreatePartitions("nope", 3, nil, false), errcode.UnknownTopicOrPartition},
		{c.CreatePartitions("t", 2, nil, false), errcode.InvalidPartitions},
		{c.CreatePartitions("t", 1, nil, false), errcode.InvalidPartitions},
		{c.CreatePartitions("t", 4, [][]int32{{1}}, false), errcode.InvalidReplicaAssignment},
		{c.CreatePartitions("t", 3, [][]int32{{9}}, false), errcode.InvalidReplicaAssignment},
		{c.CreatePartitions("t", 20_000, nil, false), errcode.PolicyViolation},
	} {
		if assert.NotNil(t, want.err) {
			assert.Equal(t, want.code, want.err.Code)
		}
	}
	assert.Nil(t, c.CreatePartitions("t", 4, nil, true))
	assert.Len(t, c.Image().Topic("t").Partitions, 2, "only checked")
	assert.Nil(t, c.CreatePartitions("t", 4, [][]int32{{1}, {1}}, false))
	_, code := c.Partition("t", 3)
	assert.Equal(t, errcode.None, code)
	w.stop(c)
}

func TestTheBrokersOwnTopics(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	topic, refused := c.AutoCreate(OffsetsTopic)
	require.Nil(t, refused)
	assert.Len(t, topic.Partitions, 3, "offsets.topic.num.partitions")
	assert.True(t, topic.Internal())
	assert.Equal(t, map[string]string{"cleanup.policy": "compact", "compression.type": "producer", "segment.bytes": "104857600"},
		c.Image().Configs(Resource{TopicResource, OffsetsTopic}))
	again, refused := c.AutoCreate(OffsetsTopic)
	require.Nil(t, refused)
	assert.Same(t, topic, again)
	w.stop(c)
}

func TestSettingsApplyAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("t"))
	topic := Resource{TopicResource, "t"}
	p, _ := c.Partition("t", 0)
	deflt := p.Config().RetentionMs
	require.Nil(t, c.AlterConfigs(topic, []Change{{"retention.ms", OpSet, wire.Some("5000")}}, false))
	assert.Equal(t, int64(5000), p.Config().RetentionMs)
	refused := c.AlterConfigs(topic, []Change{{"retention.ms", OpSet, wire.Some("x")}}, false)
	require.NotNil(t, refused)
	assert.Equal(t, errcode.InvalidConfig, refused.Code)
	require.Nil(t, c.AlterConfigs(topic, []Change{{"retention.ms", OpSet, wire.Some("1")}}, true))
	assert.Equal(t, int64(5000), p.Config().RetentionMs, "only checked")
	require.Nil(t, c.AlterConfigs(topic, []Change{{Name: "retention.ms", Op: OpDelete}}, false))
	assert.Equal(t, deflt, p.Config().RetentionMs)
	assert.Empty(t, c.Image().Configs(topic))

	require.Nil(t, c.AlterConfigs(Resource{BrokerResource, ""}, []Change{{"log.retention.ms", OpSet, wire.Some("3600000")}}, false))
	assert.Equal(t, int64(3_600_000), p.Config().RetentionMs, "a record for all brokers is the default of topics")
	require.Nil(t, c.AlterConfigs(topic, []Change{{"cleanup.policy", OpSet, wire.Some("compact")}}, false))
	assert.Equal(t, int64(-1), p.Config().RetentionMs, "without the policy delete nothing is too old")
	assert.True(t, p.Config().Compacted)
	require.Nil(t, c.ReplaceConfigs(topic, []Setting{{"flush.messages", wire.Some("3")}}, false))
	assert.Equal(t, map[string]string{"flush.messages": "3"}, c.Image().Configs(topic))
	w.stop(c)
}

// A value that this release would refuse must not keep a topic from being served.
func TestSettingsOfAnotherRelease(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("t"))
	topic := Resource{TopicResource, "t"}
	require.NoError(t, c.append([]Record{
		{0, configRecord(topic, "retention.ms", wire.Some("a while"))},
		{0, configRecord(topic, "of.the.future", wire.Some("1"))},
		{0, configRecord(topic, "max.message.bytes", wire.Some("77"))},
	}))
	w.kill(c)
	c = w.start()
	p, code := c.Partition("t", 0)
	require.Equal(t, errcode.None, code)
	assert.Equal(t, 77, p.Config().MaxMessageBytes)
	assert.Equal(t, "a while", c.Image().Configs(topic)["retention.ms"], "the log still says so")
	w.stop(c)
}

// Readers need no lock: an image never changes, and what it names can be used.
func TestReadersBesideChanges(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("fixed"))
	old := c.Image()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				i := c.Image()
				for _, topic := range i.Topics() {
					assert.Same(t, topic, i.TopicByID(topic.ID))
					assert.Same(t, topic, i.Topic(topic.Name))
					assert.Len(t, topic.Partitions, 2)
				}
				_, code := c.Partition("fixed", 1)
				assert.Equal(t, errcode.None, code)
			}
		})
	}
	for n := range 50 {
		topic := create(t, c, named(fmt.Sprint("t", n)))
		if n%2 == 0 {
			assert.Nil(t, c.DeleteTopics([]wire.UUID{topic.ID})[0])
		}
	}
	close(stop)
	wg.Wait()
	assert.Len(t, old.Topics(), 1)
	assert.Len(t, c.Image().Topics(), 26)
	w.stop(c)
}

// When the disk fails nothing is acknowledged any more, what was stays, and a restart mends it.
func TestADiskThatFails(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("before"))
	before := c.Image()
	w.disk.FailAt(1, errors.New("no space left"))
	r := c.CreateTopics([]NewTopic{named("lost")}, false)[0]
	require.NotNil(t, r.Err)
	assert.Equal(t, errcode.KafkaStorageError, r.Err.Code)
	r = c.CreateTopics([]NewTopic{named("later")}, false)[0]
	require.NotNil(t, r.Err)
	assert.Equal(t, errcode.KafkaStorageError, r.Err.Code)
	_, refused := c.NextProducerID()
	assert.NotNil(t, refused)
	sameImage(t, before, c.Image())
	w.kill(c)
	c = w.start()
	assert.NotNil(t, c.Image().Topic("before"))
	create(t, c, named("later"))
	w.stop(c)
}

func TestSnapshots(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	for n := range 5 {
		create(t, c, NewTopic{Name: fmt.Sprint("t", n), Partitions: 3, ReplicationFactor: 1, Configs: []Setting{{"flush.messages", wire.Some("9")}}})
	}
	require.NoError(t, c.append([]Record{
		{0, &meta.AccessControlEntryRecord{ID: wire.UUID{7}, Principal: "User:a"}},
		{0, &meta.AccessControlEntryRecord{ID: wire.UUID{8}}},
		{0, &meta.RemoveAccessControlEntryRecord{ID: wire.UUID{8}}},
		{0, &meta.ClientQuotaRecord{Key: "producer_byte_rate", Value: 5}},
	}))
	c.publish()
	before := c.Image()
	require.NoError(t, c.snapshot())
	dir := "/logs/__cluster_metadata-0"
	ids, err := listSnapshots(w.disk, dir)
	require.NoError(t, err)
	require.Len(t, ids, 2)
	assert.Equal(t, snapshotID{before.Offset() + 1, 1}, ids[0])
	b, err := readSnapshot(w.disk, dir, ids[0], nil)
	require.NoError(t, err)
	sameImage(t, before, b.image())
	assert.Equal(t, before.Offset(), b.image().Offset())
	assert.Equal(t, before.Broker(1).BrokerEpoch, b.image().Broker(1).BrokerEpoch)
	assert.Len(t, b.image().kept, 3, "the controller, one entry of the list of rights, one quota")
	create(t, c, named("after"))
	w.kill(c)

	// Half a snapshot is passed over.
	w.put(dir+"/"+snapshotID{before.Offset() + 2, 1}.String(), []byte("torn"))
	c = w.start()
	assert.NotNil(t, c.Image().Topic("after"))
	sameImage(t, before, withoutTopic(t, c.Image(), "after"))
	require.NoError(t, c.snapshot())
	create(t, c, named("more"))
	require.NoError(t, c.snapshot())
	ids, err = listSnapshots(w.disk, dir)
	require.NoError(t, err)
	assert.Len(t, ids, keptSnapshots+1, "the newest, and what the directory was formatted with")
	w.stop(c)
}

func withoutTopic(t *testing.T, i *Image, name string) *Image {
	b := i.change()
	require.NoError(t, b.apply(removal(i.Topic(name))))
	return b.image()
}

func TestListsGrowAndShrink(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	create(t, c, named("t"))
	topic := Resource{TopicResource, "t"}
	change := func(op Op, value string) *Error {
		return c.AlterConfigs(topic, []Change{{"cleanup.policy", op, wire.Some(value)}}, false)
	}
	require.Nil(t, change(OpAppend, "compact"))
	assert.Equal(t, "delete,compact", c.Image().Configs(topic)["cleanup.policy"], "the default grew")
	require.Nil(t, change(OpAppend, "compact"))
	assert.Equal(t, "delete,compact", c.Image().Configs(topic)["cleanup.policy"])
	require.Nil(t, change(OpSubtract, "delete"))
	assert.Equal(t, "compact", c.Image().Configs(topic)["cleanup.policy"])
	for _, refused := range []*Error{
		change(OpAppend, "bogus"), change(9, "compact"),
		c.AlterConfigs(topic, []Change{{"retention.ms", OpAppend, wire.Some("1")}}, false),
		c.AlterConfigs(topic, []Change{{"retention.ms", OpSet, wire.Null[string]{}}}, false),
		c.AlterConfigs(Resource{TopicResource, "nope"}, nil, false),
		c.AlterConfigs(Resource{BrokerResource, "1"}, []Change{{"num.partitions", OpSet, wire.Some("3")}}, false),
		c.AlterConfigs(Resource{BrokerResource, ""}, []Change{{"log.retention.ms", OpSet, wire.Some("-9")}}, false),
	} {
		assert.NotNil(t, refused)
	}
	w.stop(c)
}

// Whatever call to the disk fails while topics are made and deleted: what was acknowledged is there after a power
// failure, what was refused is not seen meanwhile, and the next start mends the rest.
func TestEveryCallOfTheDiskMayFail(t *testing.T) {
	for call := 1; ; call++ {
		w := newWorld(t)
		c := w.start()
		first := create(t, c, named("first"))
		w.disk.FailAt(call, errors.New("input/output error"))
		made := c.CreateTopics([]NewTopic{named("second")}, false)[0]
		deleted := c.DeleteTopics([]wire.UUID{first.ID})[0]
		assert.Equal(t, made.Err == nil, c.Image().Topic("second") != nil, "call %d", call)
		assert.Equal(t, deleted == nil, c.Image().Topic("first") == nil, "call %d", call)
		reached := made.Err != nil || deleted != nil || w.log.Len() > 0 && len(w.warnings()) > 0
		w.disk.FailAt(0, nil)
		w.kill(c)

		c = w.start()
		if made.Err == nil {
			assert.NotNil(t, c.Image().Topic("second"), "call %d", call)
		}
		if deleted == nil {
			assert.Nil(t, c.Image().Topic("first"), "call %d", call)
		}
		for _, topic := range c.Image().Topics() {
			for _, p := range topic.Partitions {
				_, code := c.Partition(topic.Name, p.ID)
				assert.Equal(t, errcode.None, code, "call %d: %s-%d", call, topic.Name, p.ID)
			}
		}
		create(t, c, named("third"))
		w.stop(c)
		if !reached {
			require.Greater(t, call, 10, "the fault was never met")
			return
		}
	}
}

// A request that is served while its topic is deleted, or made anew, learns that the topic is gone: no disk failed.
func TestATopicDeletedUnderARequest(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	defer w.stop(c)
	seen := create(t, c, named("t"))
	require.Nil(t, c.DeleteTopics([]wire.UUID{seen.ID})[0])
	for range 2 {
		p, code := c.partition(seen, 0, errcode.UnknownTopicID)
		assert.Nil(t, p)
		assert.Equal(t, errcode.UnknownTopicID, code)
		if c.Image().Topic("t") == nil {
			create(t, c, named("t"))
		}
	}
}
