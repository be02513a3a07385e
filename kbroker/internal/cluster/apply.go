package cluster

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
)

// builder makes the Image after some records. What it changes it copies first, once; the rest is shared with the
// image that it began with.
type builder struct {
	Image
	// What is the builder's own and may be changed in place.
	ownLists, ownedConfigs, ownedFeatures, ownedBrokers, ownedKept bool
	topics                                                         map[*Topic]bool
	// pending are the records of a transaction that has not ended.
	pending       []Record
	inTransaction bool
	// removed are the topics whose removal a replay met; nil when there is no replay.
	removed map[wire.UUID]bool
}

func (i *Image) change() *builder { return &builder{Image: *i, topics: map[*Topic]bool{}} }

// image ends the building. A transaction that is still open has no effect.
func (b *builder) image() *Image {
	i := b.Image
	return &i
}

// record applies a record with regard to transactions: what lies between a begin and its end takes effect at the end,
// or never (KIP-866's metadata transactions, KIP-868).
func (b *builder) record(r Record) error {
	switch r.Message.(type) {
	case *meta.BeginTransactionRecord:
		b.pending, b.inTransaction = nil, true
		return nil
	case *meta.AbortTransactionRecord:
		b.pending, b.inTransaction = nil, false
		return nil
	case *meta.EndTransactionRecord:
		pending := b.pending
		b.pending, b.inTransaction = nil, false
		for _, p := range pending {
			if err := b.apply(p); err != nil {
				return err
			}
		}
		return nil
	}
	if b.inTransaction {
		b.pending = append(b.pending, r)
		return nil
	}
	return b.apply(r)
}

// apply makes one record's change. An error means that the record contradicts those before it.
func (b *builder) apply(r Record) error {
	switch m := r.Message.(type) {
	case *meta.NoOpRecord:
	case *meta.TopicRecord:
		return b.addTopic(m)
	case *meta.RemoveTopicRecord:
		return b.removeTopic(m)
	case *meta.PartitionRecord:
		return b.setPartition(m)
	case *meta.PartitionChangeRecord:
		return b.changePartition(m)
	case *meta.ClearElrRecord:
		return b.clearELR(m)
	case *meta.ConfigRecord:
		b.setConfig(m)
	case *meta.FeatureLevelRecord:
		b.ownFeatures()
		b.features[m.Name] = m.FeatureLevel
		if m.FeatureLevel == 0 {
			delete(b.features, m.Name)
		}
	case *meta.ProducerIdsRecord:
		b.nextProducerID = m.NextProducerID
	case *meta.RegisterBrokerRecord:
		b.ownBrokers()
		b.brokers[m.BrokerID] = m
	case *meta.UnregisterBrokerRecord:
		b.ownBrokers()
		delete(b.brokers, m.BrokerID)
	case *meta.BrokerRegistrationChangeRecord:
		b.changeBroker(m)
	case *meta.FenceBrokerRecord:
		b.fence(m.ID, true)
	case *meta.UnfenceBrokerRecord:
		b.fence(m.ID, false)
	default:
		if !b.keep(r) {
			return fmt.Errorf("%s in a place where it means nothing", r.Message.MessageName())
		}
	}
	return nil
}

func (b *builder) addTopic(m *meta.TopicRecord) error {
	b.ownTopicLists()
	at, ok := findName(b.byName, m.Name)
	if ok {
		return fmt.Errorf("topic %q is created twice", m.Name)
	}
	atID, ok := findID(b.byID, m.TopicID)
	if ok {
		return fmt.Errorf("topic id %v is given twice", m.TopicID)
	}
	t := &Topic{Name: m.Name, ID: m.TopicID}
	b.topics[t] = true
	b.byName = slices.Insert(b.byName, at, t)
	b.byID = slices.Insert(b.byID, atID, t)
	return nil
}

func (b *builder) removeTopic(m *meta.RemoveTopicRecord) error {
	b.ownTopicLists()
	atID, ok := findID(b.byID, m.TopicID)
	if !ok {
		return fmt.Errorf("removal of topic id %v, which does not exist", m.TopicID)
	}
	t := b.byID[atID]
	at, _ := findName(b.byName, t.Name)
	b.byName = slices.Delete(b.byName, at, at+1)
	b.byID = slices.Delete(b.byID, atID, atID+1)
	b.ownConfigs()
	delete(b.configs, Resource{TopicResource, t.Name})
	if b.removed != nil {
		b.removed[t.ID] = true
	}
	return nil
}

// topic returns a topic that may be changed.
func (b *builder) topic(id wire.UUID) (*Topic, error) {
	at, ok := findID(b.byID, id)
	if !ok {
		return nil, fmt.Errorf("partition of topic id %v, which does not exist", id)
	}
	t := b.byID[at]
	if b.topics[t] {
		return t, nil
	}
	b.ownTopicLists()
	t = &Topic{t.Name, t.ID, slices.Clone(t.Partitions)}
	b.topics[t] = true
	b.byID[at] = t
	at, _ = findName(b.byName, t.Name)
	b.byName[at] = t
	return t, nil
}

func (b *builder) setPartition(m *meta.PartitionRecord) error {
	t, err := b.topic(m.TopicID)
	if err != nil {
		return err
	}
	if m.PartitionID < 0 {
		return fmt.Errorf("partition %d of topic %q", m.PartitionID, t.Name)
	}
	p := &Partition{
		ID: m.PartitionID, Replicas: m.Replicas, ISR: m.ISR,
		RemovingReplicas: m.RemovingReplicas, AddingReplicas: m.AddingReplicas, Directories: m.Directories,
		EligibleLeaderReplicas: m.EligibleLeaderReplicas, LastKnownELR: m.LastKnownELR,
		Leader: m.Leader, LeaderRecoveryState: m.LeaderRecoveryState,
		LeaderEpoch: m.LeaderEpoch, PartitionEpoch: m.PartitionEpoch,
	}
	at, ok := findPartition(t.Partitions, p.ID)
	if ok {
		t.Partitions[at] = p
	} else {
		t.Partitions = slices.Insert(t.Partitions, at, p)
	}
	return nil
}

// Values of PartitionChangeRecord that stand for no change.
const (
	noLeaderChange   = -2
	noRecoveryChange = -1
)

// changePartition is PartitionRegistration.merge: what the record has replaces what was; a leader, also the same one,
// begins a new leader epoch.
func (b *builder) changePartition(m *meta.PartitionChangeRecord) error {
	t, err := b.topic(m.TopicID)
	if err != nil {
		return err
	}
	at, ok := findPartition(t.Partitions, m.PartitionID)
	if !ok {
		return fmt.Errorf("change of partition %d of topic %q, which does not exist", m.PartitionID, t.Name)
	}
	p := *t.Partitions[at]
	replace(&p.ISR, m.ISR)
	replace(&p.Replicas, m.Replicas)
	replace(&p.RemovingReplicas, m.RemovingReplicas)
	replace(&p.AddingReplicas, m.AddingReplicas)
	replace(&p.Directories, m.Directories)
	replace(&p.EligibleLeaderReplicas, m.EligibleLeaderReplicas)
	replace(&p.LastKnownELR, m.LastKnownELR)
	if m.Leader != noLeaderChange {
		p.Leader = m.Leader
		p.LeaderEpoch++
	}
	if m.LeaderRecoveryState != noRecoveryChange {
		p.LeaderRecoveryState = m.LeaderRecoveryState
	}
	p.PartitionEpoch++
	t.Partitions[at] = &p
	return nil
}

// replace takes over a list that is not null.
func replace[T any](field *[]T, v []T) {
	if v != nil {
		*field = v
	}
}

// clearELR forgets the eligible leaders of one topic, or of all.
func (b *builder) clearELR(m *meta.ClearElrRecord) error {
	names := []string{m.TopicName}
	if m.TopicName == "" {
		names = names[:0]
		for _, t := range b.byName {
			names = append(names, t.Name)
		}
	}
	for _, name := range names {
		found := b.Topic(name)
		if found == nil {
			return fmt.Errorf("topic %q, which does not exist, is to lose its eligible leaders", name)
		}
		t, err := b.topic(found.ID)
		if err != nil {
			return err
		}
		for i, p := range t.Partitions {
			changed := *p
			changed.EligibleLeaderReplicas, changed.LastKnownELR = nil, nil
			t.Partitions[i] = &changed
		}
	}
	return nil
}

func (b *builder) setConfig(m *meta.ConfigRecord) {
	b.ownConfigs()
	r := Resource{ResourceType(m.ResourceType), m.ResourceName}
	values := maps.Clone(b.configs[r])
	if values == nil {
		values = map[string]string{}
	}
	values[m.Name] = m.Value.V
	if !m.Value.Valid {
		delete(values, m.Name)
	}
	b.configs[r] = values
	if len(values) == 0 {
		delete(b.configs, r)
	}
}

func (b *builder) changeBroker(m *meta.BrokerRegistrationChangeRecord) {
	old := b.brokers[m.BrokerID]
	// A change that was meant for an earlier registration of the broker is void.
	if old == nil || old.BrokerEpoch != m.BrokerEpoch {
		return
	}
	changed := *old
	changed.Fenced = m.Fenced > 0 || m.Fenced == 0 && old.Fenced
	changed.InControlledShutdown = m.InControlledShutdown > 0 || m.InControlledShutdown == 0 && old.InControlledShutdown
	if len(m.LogDirs) > 0 {
		changed.LogDirs = m.LogDirs
	}
	replace(&changed.CordonedLogDirs, m.CordonedLogDirs)
	b.ownBrokers()
	b.brokers[m.BrokerID] = &changed
}

func (b *builder) fence(id int32, fenced bool) {
	old := b.brokers[id]
	if old == nil {
		return
	}
	changed := *old
	changed.Fenced = fenced
	b.ownBrokers()
	b.brokers[id] = &changed
}

func (b *builder) ownTopicLists() {
	if !b.ownLists {
		b.byName, b.byID, b.ownLists = slices.Clone(b.byName), slices.Clone(b.byID), true
	}
}

func (b *builder) ownConfigs() {
	if !b.ownedConfigs {
		b.configs, b.ownedConfigs = maps.Clone(b.configs), true
	}
}

func (b *builder) ownFeatures() {
	if !b.ownedFeatures {
		b.features, b.ownedFeatures = maps.Clone(b.features), true
	}
}

func (b *builder) ownBrokers() {
	if !b.ownedBrokers {
		b.brokers, b.ownedBrokers = maps.Clone(b.brokers), true
	}
}

func (b *builder) ownKept() map[keptKey]Record {
	if !b.ownedKept {
		b.kept, b.ownedKept = maps.Clone(b.kept), true
	}
	return b.kept
}
