package cluster

import (
	"maps"
	"slices"
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Op is what to do with a setting, numbered as IncrementalAlterConfigs does.
type Op int8

// The operations. Append and Subtract are for lists.
const (
	OpSet      Op = 0
	OpDelete   Op = 1 // back to the default
	OpAppend   Op = 2
	OpSubtract Op = 3
)

// Change is one change of a setting.
type Change struct {
	Name  string
	Op    Op
	Value wire.Null[string]
}

// AlterConfigs changes settings of a topic, or defaults of topics that this broker or all of them have. Partitions that
// are open go by the new settings when it returns.
func (c *Cluster) AlterConfigs(r Resource, changes []Change, validateOnly bool) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.alter(r, changes, validateOnly)
}

// ReplaceConfigs makes the settings of a resource what is given, and no others.
func (c *Cluster) ReplaceConfigs(r Resource, settings []Setting, validateOnly bool) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(c.tip.Configs(r))) {
		if !slices.ContainsFunc(settings, func(s Setting) bool { return s.Name == name }) {
			changes = append(changes, Change{Name: name, Op: OpDelete})
		}
	}
	for _, s := range settings {
		changes = append(changes, Change{Name: s.Name, Op: OpSet, Value: s.Value})
	}
	return c.alter(r, changes, validateOnly)
}

func (c *Cluster) alter(r Resource, changes []Change, validateOnly bool) *Error {
	if r.Type == TopicResource && c.tip.Topic(r.Name) == nil {
		return refuse(errcode.UnknownTopicOrPartition, "The topic '%s' does not exist.", r.Name)
	}
	old := c.tip.Configs(r)
	merged := maps.Clone(old)
	if merged == nil {
		merged = map[string]string{}
	}
	for _, change := range changes {
		if err := c.merge(r, merged, change); err != nil {
			return err
		}
	}
	if err := c.checkMerged(r, merged); err != nil {
		return err
	}
	var rs []Record
	for _, change := range changes {
		before, had := old[change.Name]
		after, has := merged[change.Name]
		if had != has || before != after {
			rs = append(rs, Record{0, configRecord(r, change.Name, wire.Null[string]{V: after, Valid: has})})
		}
	}
	if validateOnly {
		return nil
	}
	if err := c.commit(rs); err != nil {
		return storageError(err)
	}
	for _, t := range c.tip.Topics() {
		if r.Type == BrokerResource || t.Name == r.Name {
			c.reconfigure(t)
		}
	}
	return nil
}

// merge makes one change in a set of overrides.
func (c *Cluster) merge(r Resource, merged map[string]string, change Change) *Error {
	if change.Op != OpDelete && !change.Value.Valid {
		return refuse(errcode.InvalidRequest, "Null value not supported for : %s", change.Name)
	}
	switch change.Op {
	case OpSet:
		merged[change.Name] = change.Value.V
	case OpDelete:
		delete(merged, change.Name)
	case OpAppend, OpSubtract:
		current, isList := c.currentList(r, merged, change.Name)
		if !isList {
			verb := "APPEND to"
			if change.Op == OpSubtract {
				verb = "SUBTRACT from"
			}
			return refuse(errcode.InvalidConfig, "Can't %s key %s because its type is not LIST.", verb, change.Name)
		}
		for _, item := range strings.Split(change.Value.V, ",") {
			at := slices.Index(current, item)
			switch {
			case change.Op == OpAppend && at < 0:
				current = append(current, item)
			case change.Op == OpSubtract && at >= 0:
				current = slices.Delete(current, at, at+1)
			}
		}
		merged[change.Name] = strings.Join(current, ",")
	default:
		return refuse(errcode.InvalidRequest, "Unknown operation type %d for configuration %s", change.Op, change.Name)
	}
	return nil
}

// currentList is the value that is in force for a setting whose type is a list.
func (c *Cluster) currentList(r Resource, merged map[string]string, name string) (list []string, isList bool) {
	k := topicKeyOf(r, name)
	if k == nil || k.Type != config.List {
		return nil, false
	}
	deflt, _ := c.o.Config.TopicDefault(k)
	text := deflt.Text
	if value, ok := c.TopicBrokerOverride(c.tip, k); ok {
		text = value
	}
	if value, ok := merged[name]; ok {
		text = value
	}
	if text == "" {
		return nil, true
	}
	return strings.Split(text, ","), true
}

// topicKeyOf is the topic setting that a setting of a resource is, or is the default of; nil for others.
func topicKeyOf(r Resource, name string) *config.TopicKey {
	if r.Type == TopicResource {
		k, _ := config.TopicSetting(name)
		return k
	}
	keys := config.TopicKeys()
	for n := range keys {
		if len(keys[n].Synonyms) > 0 && keys[n].Synonyms[0].Broker == name {
			return &keys[n]
		}
	}
	return nil
}

// checkMerged says whether a resource may have these overrides. Of the broker's settings only the defaults of topics
// take effect while it runs, so only they are taken.
func (c *Cluster) checkMerged(r Resource, merged map[string]string) *Error {
	if r.Type == TopicResource {
		return c.checkOverrides(merged)
	}
	overrides := map[string]string{}
	for name, value := range merged {
		k := topicKeyOf(r, name)
		b, known := config.BrokerKey(name)
		if k == nil || !known || b.Mode == config.ReadOnly {
			if old, ok := c.tip.Configs(r)[name]; ok && old == value {
				continue // it was there before us
			}
			return refuse(errcode.InvalidRequest, "Cannot update these configs dynamically: [%s]", name)
		}
		overrides[k.Name] = value
	}
	return c.checkOverrides(overrides)
}

func (c *Cluster) reconfigure(t *Topic) {
	settings := c.partitionConfig(c.tip, t)
	for _, p := range t.Partitions {
		if open := c.store.Get(t.Name, p.ID); open != nil {
			open.SetConfig(settings)
		}
	}
}
