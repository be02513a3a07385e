package cluster

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Image is the metadata after some record of the log. It and all that it points to stay as they are.
type Image struct {
	offset int64 // of the last record in it, -1 for none
	epoch  int32 // leader epoch of that record

	byName []*Topic // sorted by name
	byID   []*Topic // sorted by id

	configs        map[Resource]map[string]string
	features       map[string]int16
	brokers        map[int32]*meta.RegisterBrokerRecord
	nextProducerID int64
	kept           map[keptKey]Record // what only snapshots need
	raft           raftState
	incomplete     bool // a record of an unknown type was skipped
}

// raftState is what the control records of the log say of the quorum itself.
type raftState struct {
	version int16  // kraft.version; with 1 the voters stand in the log
	voters  []byte // VotersRecord as encoded; nil for version 0
}

// Topic is one topic.
type Topic struct {
	Name       string
	ID         wire.UUID
	Partitions []*Partition // sorted by ID; without gaps, except in damaged logs
}

// Partition is what the metadata says of a partition. Its records are elsewhere: see Cluster.Partition.
type Partition struct {
	ID                     int32
	Replicas               []int32
	ISR                    []int32
	RemovingReplicas       []int32
	AddingReplicas         []int32
	Directories            []wire.UUID
	EligibleLeaderReplicas []int32
	LastKnownELR           []int32
	Leader                 int32 // noLeader for none
	LeaderRecoveryState    int8
	LeaderEpoch            int32
	PartitionEpoch         int32
}

// noLeader is the leader of a partition that has none.
const noLeader = -1

// Resource is what a configuration belongs to.
type Resource struct {
	Type ResourceType
	Name string // "" with BrokerResource stands for all brokers
}

// ResourceType is Kafka's ConfigResource.Type.
type ResourceType int8

// The types of resources that have configurations.
const (
	UnknownResource       ResourceType = 0
	TopicResource         ResourceType = 2
	BrokerResource        ResourceType = 4
	BrokerLoggerResource  ResourceType = 8
	ClientMetricsResource ResourceType = 16
	GroupResource         ResourceType = 32
)

// Topics that brokers keep for themselves.
const (
	OffsetsTopic          = "__consumer_offsets"
	TransactionStateTopic = "__transaction_state"
	ShareStateTopic       = "__share_group_state"
)

func newImage() *Image {
	return &Image{
		offset: -1, configs: map[Resource]map[string]string{}, features: map[string]int16{},
		brokers: map[int32]*meta.RegisterBrokerRecord{}, kept: map[keptKey]Record{},
	}
}

// Offset is that of the last record in the image, -1 for an empty one.
func (i *Image) Offset() int64 { return i.offset }

// Topics are all topics, sorted by name. The slice must not be changed.
func (i *Image) Topics() []*Topic { return i.byName }

// Topic finds a topic by name; nil if there is none.
func (i *Image) Topic(name string) *Topic {
	if at, ok := findName(i.byName, name); ok {
		return i.byName[at]
	}
	return nil
}

// TopicByID finds a topic by id; nil if there is none.
func (i *Image) TopicByID(id wire.UUID) *Topic {
	if at, ok := findID(i.byID, id); ok {
		return i.byID[at]
	}
	return nil
}

// From returns the position in Topics of the first topic whose name is not below name.
func (i *Image) From(name string) int {
	at, _ := findName(i.byName, name)
	return at
}

func findName(topics []*Topic, name string) (int, bool) {
	return slices.BinarySearchFunc(topics, name, func(t *Topic, name string) int { return strings.Compare(t.Name, name) })
}

func findID(topics []*Topic, id wire.UUID) (int, bool) {
	return slices.BinarySearchFunc(topics, id, func(t *Topic, id wire.UUID) int { return bytes.Compare(t.ID[:], id[:]) })
}

// Internal says whether the topic is one of the brokers' own.
func (t *Topic) Internal() bool { return IsInternal(t.Name) }

// IsInternal says whether a name is that of one of the brokers' own topics.
func IsInternal(name string) bool {
	return name == OffsetsTopic || name == TransactionStateTopic || name == ShareStateTopic
}

// Partition finds a partition by its number; nil if there is none.
func (t *Topic) Partition(id int32) *Partition {
	if at, ok := findPartition(t.Partitions, id); ok {
		return t.Partitions[at]
	}
	return nil
}

func findPartition(partitions []*Partition, id int32) (int, bool) {
	// Without gaps the number is the position.
	if at := int(id); at >= 0 && at < len(partitions) && partitions[at].ID == id {
		return at, true
	}
	return slices.BinarySearchFunc(partitions, id, func(p *Partition, id int32) int { return int(int64(p.ID) - int64(id)) })
}

// Configs are the settings that a resource overrides, by name. The map must not be changed.
func (i *Image) Configs(r Resource) map[string]string { return i.configs[r] }

// Feature is the level of a cluster feature that is in force, 0 for none.
func (i *Image) Feature(name string) int16 { return i.features[name] }

// Broker is a broker's registration, nil if it was never registered.
func (i *Image) Broker(id int32) *meta.RegisterBrokerRecord { return i.brokers[id] }

// Brokers are the registered brokers, by id.
func (i *Image) Brokers() []*meta.RegisterBrokerRecord {
	all := make([]*meta.RegisterBrokerRecord, 0, len(i.brokers))
	for _, id := range slices.Sorted(maps.Keys(i.brokers)) {
		all = append(all, i.brokers[id])
	}
	return all
}
