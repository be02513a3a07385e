package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
)

// NewTopic is a topic to create.
type NewTopic struct {
	Name              string
	Partitions        int32 // -1 for num.partitions
	ReplicationFactor int16 // -1 for the default
	Assignments       []Assignment
	Configs           []Setting
}

// Assignment says on which brokers a partition is to be.
type Assignment struct {
	Partition int32
	Brokers   []int32
}

// Setting is a configuration entry; null asks for the default.
type Setting struct {
	Name  string
	Value wire.Null[string]
}

// CreatedTopic is the outcome for one of the topics.
type CreatedTopic struct {
	Name       string
	ID         wire.UUID // also of one that was only checked: what it would have been
	Partitions int
	Configs    map[string]string
	Err        *Error // nil for success
}

// CreateTopics creates topics, or only checks whether it could. The outcomes are in the order of the topics. Names must
// not occur twice. Topics that were created take records when the call returns.
func (c *Cluster) CreateTopics(topics []NewTopic, validateOnly bool) []CreatedTopic {
	c.mu.Lock()
	defer c.mu.Unlock()
	results := make([]CreatedTopic, len(topics))
	asked := int64(0)
	for n, t := range topics {
		results[n].Name = t.Name
		asked += max(int64(t.Partitions), int64(len(t.Assignments)), 1)
	}
	if asked > maxRecordsPerChange {
		failAll(results, errTooManyPartitions)
		return results
	}
	var rs []Record
	for n := range topics {
		r := &results[n]
		var planned []Record
		if planned, r.Err = c.planTopic(&topics[n], r); r.Err == nil {
			rs = append(rs, planned...)
		}
	}
	if validateOnly {
		return results
	}
	if err := c.append(rs); err != nil {
		failAll(results, storageError(err))
		return results
	}
	c.makeTopics(results)
	c.publish()
	return results
}

func failAll(results []CreatedTopic, err *Error) {
	for n := range results {
		if results[n].Err == nil {
			results[n] = CreatedTopic{Name: results[n].Name, Err: err}
		}
	}
}

// makeTopics opens the partitions of topics that are in the log and not yet visible. A topic whose directories cannot
// be made is taken back.
func (c *Cluster) makeTopics(results []CreatedTopic) {
	for n := range results {
		r := &results[n]
		if r.Err != nil {
			continue
		}
		t := c.tip.TopicByID(r.ID)
		err := c.makeWay(t)
		if err == nil {
			err = c.openAndLead(c.tip, c.wanted(c.tip, t, t.Partitions))
		}
		if err == nil {
			continue
		}
		c.o.Logger.Error("topic could not be created", "topic", t.Name, "err", err)
		*r = CreatedTopic{Name: r.Name, Err: storageError(nil)}
		if err := errors.Join(c.append([]Record{removal(t)}), c.deletePartitions(t)); err != nil {
			c.o.Logger.Error("what there is of the topic could not be taken back", "topic", t.Name, "err", err)
		}
	}
}

// makeWay sets aside directories without a topic that have the names of a new topic's partitions.
func (c *Cluster) makeWay(t *Topic) error {
	for _, p := range t.Partitions {
		tp := logdir.TopicPartition{Topic: t.Name, Partition: p.ID}
		f, ok := c.alone[tp]
		if !ok {
			continue
		}
		c.o.Logger.Warn("directory is in the way of a new topic; it is set aside", "dir", f.Dir)
		if err := c.store.SetAside(f); err != nil {
			return err
		}
		delete(c.alone, tp)
	}
	return nil
}

// planTopic checks a topic as Kafka's ReplicationControlManager does, and returns the records that make it.
func (c *Cluster) planTopic(t *NewTopic, r *CreatedTopic) ([]Record, *Error) {
	if t.Name == logdir.MetadataTopic {
		return nil, refuse(errcode.InvalidRequest, "Creation of internal topic %s is prohibited.", t.Name)
	}
	if c.tip.Topic(t.Name) != nil {
		return nil, refuse(errcode.TopicAlreadyExists, "Topic '%s' already exists.", t.Name)
	}
	if err := CheckTopicName(t.Name); err != nil {
		return nil, err
	}
	if other := c.tip.colliding(t.Name); other != nil {
		return nil, refuse(errcode.InvalidTopic, "Topic '%s' collides with existing topic: %s", t.Name, other.Name)
	}
	configs, err := c.checkConfigs(t.Configs)
	if err != nil {
		return nil, err
	}
	partitions, err := c.checkPartitions(t)
	if err != nil {
		return nil, err
	}
	r.ID, r.Partitions, r.Configs = logdir.NewUUID(), int(partitions), configs
	rs := []Record{{0, &meta.TopicRecord{Name: t.Name, TopicID: r.ID}}}
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		rs = append(rs, Record{0, configRecord(Resource{TopicResource, t.Name}, name, wire.Some(configs[name]))})
	}
	return append(rs, c.partitionRecords(r.ID, 0, partitions)...), nil
}

// checkConfigs returns the overrides of a new topic.
func (c *Cluster) checkConfigs(settings []Setting) (map[string]string, *Error) {
	configs := map[string]string{}
	var nulls []string
	for _, s := range settings {
		if !s.Value.Valid {
			nulls = append(nulls, s.Name)
		}
		configs[s.Name] = s.Value.V
	}
	if len(nulls) > 0 {
		return nil, refuse(errcode.InvalidConfig, "Null value not supported for topic configs: %s", strings.Join(nulls, ","))
	}
	return configs, c.checkOverrides(configs)
}

// checkOverrides says whether a topic may have these settings.
func (c *Cluster) checkOverrides(configs map[string]string) *Error {
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		err := config.CheckTopicValue(name, configs[name])
		if errors.Is(err, config.ErrUnknownTopicSetting) {
			return refuse(errcode.InvalidConfig, "Unknown topic config name: %s", name)
		}
		if err != nil {
			return refuse(errcode.InvalidConfig, "Invalid value %s for configuration %s: %v", configs[name], name, errors.Unwrap(err))
		}
	}
	if _, err := c.o.Config.Topic(configs); err != nil {
		return refuse(errcode.InvalidConfig, "Invalid configuration: %v", err)
	}
	return nil
}

// checkPartitions returns how many partitions a new topic gets. There is one broker, so what it is asked to do with
// replicas can only be right or wrong.
func (c *Cluster) checkPartitions(t *NewTopic) (int32, *Error) {
	if len(t.Assignments) > 0 {
		switch {
		case t.ReplicationFactor != -1:
			return 0, refuse(errcode.InvalidRequest, "A manual partition assignment was specified, but replication factor was not set to -1.")
		case t.Partitions != -1:
			return 0, refuse(errcode.InvalidRequest, "A manual partition assignment was specified, but numPartitions was not set to -1.")
		}
		return c.checkAssignments(t.Assignments)
	}
	factor, partitions := t.ReplicationFactor, t.Partitions
	if factor == -1 {
		factor = c.o.Config.DefaultReplicationFactor
	}
	if partitions == -1 {
		partitions = c.o.Config.NumPartitions
	}
	switch {
	case factor <= 0:
		return 0, refuse(errcode.InvalidReplicationFactor, "Replication factor must be larger than 0, or -1 to use the default value.")
	case partitions <= 0:
		return 0, refuse(errcode.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	case factor > 1:
		return 0, refuse(errcode.InvalidReplicationFactor, "Unable to replicate the partition %d time(s): %s", factor, tooManyReplicas(factor))
	}
	return partitions, nil
}

func tooManyReplicas(factor int16) string {
	return fmt.Sprintf("The target replication factor of %d cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.", factor)
}

func (c *Cluster) checkAssignments(assignments []Assignment) (int32, *Error) {
	seen := map[int32]bool{}
	for _, a := range assignments {
		if seen[a.Partition] {
			return 0, refuse(errcode.InvalidReplicaAssignment, "Found multiple manual partition assignments for partition %d", a.Partition)
		}
		seen[a.Partition] = true
		if err := c.checkBrokers(a.Brokers); err != nil {
			return 0, err
		}
	}
	for n := range int32(len(assignments)) {
		if !seen[n] {
			return 0, refuse(errcode.InvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence")
		}
	}
	return int32(len(assignments)), nil
}

// checkBrokers says whether a list of brokers is this one broker, once.
func (c *Cluster) checkBrokers(brokers []int32) *Error {
	if len(brokers) == 0 {
		return refuse(errcode.InvalidReplicaAssignment, "The manual partition assignment includes an empty replica list.")
	}
	for n, id := range slices.Sorted(slices.Values(brokers)) {
		if id != c.NodeID() {
			return refuse(errcode.InvalidReplicaAssignment, "The manual partition assignment includes broker %d, but no such broker is registered.", id)
		}
		if n > 0 {
			return refuse(errcode.InvalidReplicaAssignment, "The manual partition assignment includes the broker %d more than once.", id)
		}
	}
	return nil
}

// partitionRecords make the partitions from first up to, and without, end.
func (c *Cluster) partitionRecords(topic wire.UUID, first, end int32) []Record {
	self := []int32{c.NodeID()}
	version := c.tip.partitionVersion()
	var directories []wire.UUID
	if version >= 1 {
		directories = []wire.UUID{c.dataDirectory()}
	}
	rs := make([]Record, 0, end-first)
	for n := first; n < end; n++ {
		rs = append(rs, Record{version, &meta.PartitionRecord{
			PartitionID: n, TopicID: topic, Replicas: self, ISR: self, Leader: c.NodeID(), Directories: directories,
		}})
	}
	return rs
}

// dataDirectory is the id of the directory that a new partition is in. With several directories it is left to the
// store to choose, and the metadata says that none is assigned (Kafka's DirectoryId.UNASSIGNED, which is zero).
func (c *Cluster) dataDirectory() wire.UUID {
	if roots := c.store.Roots(); len(roots) == 1 {
		return roots[0].Meta().DirectoryID
	}
	return wire.UUID{}
}

// AutoCreate returns a topic, which it creates like CreateMissing if need be.
func (c *Cluster) AutoCreate(name string) (*Topic, *Error) {
	if err := c.CreateMissing([]string{name})[0]; err != nil {
		return nil, err
	}
	if t := c.Image().Topic(name); t != nil {
		return t, nil
	}
	return nil, refuse(errcode.UnknownTopicOrPartition, "Topic '%s' was deleted.", name)
}

// CreateMissing creates the topics that are missing among those a client asked for, with the broker's defaults; the
// brokers' own topics get the settings that their coordinators need. The outcomes are in the order of the names, which
// must not occur twice: nil for a topic that is there when the call returns.
func (c *Cluster) CreateMissing(names []string) []*Error {
	outcomes := make([]*Error, len(names))
	var missing []NewTopic
	var at []int
	for n, name := range names {
		if c.Image().Topic(name) == nil {
			missing, at = append(missing, c.autoTopic(name)), append(at, n)
		}
	}
	if len(missing) == 0 {
		return outcomes
	}
	for n, created := range c.CreateTopics(missing, false) {
		// Somebody else may have been faster.
		if created.Err != nil && created.Err.Code != errcode.TopicAlreadyExists {
			outcomes[at[n]] = created.Err
		}
	}
	return outcomes
}

// autoTopic is a topic that nobody described.
func (c *Cluster) autoTopic(name string) NewTopic {
	t := NewTopic{Name: name, Partitions: -1, ReplicationFactor: -1}
	set := func(name, value string) { t.Configs = append(t.Configs, Setting{name, wire.Some(value)}) }
	switch name {
	case OffsetsTopic:
		t.Partitions = c.o.Config.OffsetsTopicNumPartitions
		set("cleanup.policy", "compact")
		set("compression.type", "producer")
		set("segment.bytes", strconv.Itoa(int(c.o.Config.OffsetsTopicSegmentBytes)))
	case TransactionStateTopic:
		t.Partitions = c.o.Config.TransactionStateLogNumPartitions
		set("cleanup.policy", "compact")
		set("compression.type", "uncompressed")
		set("min.insync.replicas", strconv.Itoa(int(c.o.Config.TransactionStateLogMinISR)))
		set("segment.bytes", strconv.Itoa(int(c.o.Config.TransactionStateLogSegmentBytes)))
		set("unclean.leader.election.enable", "false")
	}
	return t
}
