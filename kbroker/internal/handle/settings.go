package handle

import (
	"maps"
	"slices"
	"strconv"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kwire/wire"
)

// configSource says where a value comes from, numbered as DescribeConfigsResponse.ConfigSource.
type configSource int8

const (
	topicConfig          configSource = 1
	dynamicBrokerConfig  configSource = 2 // a record for this broker
	dynamicDefaultConfig configSource = 3 // a record for all brokers
	staticBrokerConfig   configSource = 4 // server.properties
	defaultConfig        configSource = 5
)

// setting is one configuration entry as clients are shown it.
type setting struct {
	name      string
	value     wire.Null[string]
	typ       config.Type
	readOnly  bool
	sensitive bool
	doc       string
	synonyms  []synonym // all that could give the value, the one that does first
}

// synonym is one place that could give a value.
type synonym struct {
	name   string
	value  wire.Null[string]
	source configSource
}

func (s *setting) source() configSource {
	if len(s.synonyms) == 0 {
		return defaultConfig
	}
	return s.synonyms[0].source
}

// topicSettings are all settings of a topic with the given overrides, sorted by name.
func (c *Context) topicSettings(overrides map[string]string) []setting {
	image := c.Cluster.Image()
	keys := config.TopicKeys()
	all := make([]setting, len(keys))
	for n := range keys {
		k := &keys[n]
		deflt, _ := c.Config.TopicDefault(k)
		s := setting{name: k.Name, value: wire.Some(deflt.Text), typ: k.Type, doc: k.Doc}
		if len(k.Synonyms) > 0 {
			names := make([]string, len(k.Synonyms))
			for n, synonym := range k.Synonyms {
				names[n] = synonym.Broker
			}
			s.synonyms = c.brokerSynonyms(image, names, false)
		}
		if value, ok := c.Cluster.TopicBrokerOverride(image, k); ok {
			s.value = wire.Some(value)
		}
		if value, ok := overrides[k.Name]; ok {
			s.value = wire.Some(value)
			s.synonyms = slices.Insert(s.synonyms, 0, synonym{k.Name, s.value, topicConfig})
		}
		all[n] = s
	}
	return all
}

// brokerSettings are all settings of this broker, sorted by name.
func (c *Context) brokerSettings() []setting {
	image := c.Cluster.Image()
	var all []setting
	for _, k := range config.BrokerKeys() {
		value, _, _ := c.Config.Value(k.Name)
		s := setting{
			name: k.Name, value: wire.Null[string]{V: value.Text, Valid: !value.Null},
			typ: k.Type, readOnly: k.Mode == config.ReadOnly, sensitive: k.Sensitive(), doc: k.Doc,
		}
		if value, _, ok := image.BrokerOverride(c.Config.NodeID, k.Name); ok {
			s.value = wire.Some(value)
		}
		if s.sensitive {
			s.value = wire.Null[string]{}
		}
		s.synonyms = c.brokerSynonyms(image, unitsOf(k.Name), s.sensitive)
		all = append(all, s)
	}
	slices.SortFunc(all, byName)
	return all
}

// clusterSettings are the settings that records give all brokers.
func (c *Context) clusterSettings() []setting {
	overrides := c.Cluster.Image().Configs(cluster.Resource{Type: cluster.BrokerResource})
	var all []setting
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		s := setting{name: name, value: wire.Some(overrides[name]), typ: config.String, readOnly: true}
		if k, ok := config.BrokerKey(name); ok {
			s.typ, s.doc, s.sensitive, s.readOnly = k.Type, k.Doc, k.Sensitive(), k.Mode == config.ReadOnly
		}
		if s.sensitive {
			s.value = wire.Null[string]{}
		}
		s.synonyms = []synonym{{name, s.value, dynamicDefaultConfig}}
		all = append(all, s)
	}
	return all
}

func byName(a, b setting) int {
	if a.name < b.name {
		return -1
	}
	return 1
}

// unitsOf are the names under which a broker setting can be given: milliseconds, then minutes, then hours.
func unitsOf(name string) []string {
	names := []string{name}
	for _, k := range config.TopicKeys() {
		if len(k.Synonyms) < 2 || k.Synonyms[0].Broker != name {
			continue
		}
		for _, s := range k.Synonyms[1:] {
			names = append(names, s.Broker)
		}
	}
	return names
}

// brokerSynonyms are the places that could give the first of some settings that stand for each other: records, the
// file, the defaults. What stands before the first setting's own entry is left out, as Kafka's ConfigHelper does.
func (c *Context) brokerSynonyms(image *cluster.Image, names []string, sensitive bool) []synonym {
	var all []synonym
	add := func(name, value string, source configSource) {
		s := synonym{name, wire.Some(value), source}
		if sensitive {
			s.value = wire.Null[string]{}
		}
		if len(all) > 0 || name == names[0] {
			all = append(all, s)
		}
	}
	own := cluster.Resource{Type: cluster.BrokerResource, Name: strconv.Itoa(int(c.Config.NodeID))}
	for _, tier := range []struct {
		resource cluster.Resource
		source   configSource
	}{{own, dynamicBrokerConfig}, {cluster.Resource{Type: cluster.BrokerResource}, dynamicDefaultConfig}} {
		for _, name := range names {
			if value, ok := image.Configs(tier.resource)[name]; ok {
				add(name, value, tier.source)
			}
		}
	}
	for _, name := range names {
		if value, given, _ := c.Config.Value(name); given && !value.Null {
			add(name, value.Text, staticBrokerConfig)
		}
	}
	for _, name := range names {
		if k, ok := config.BrokerKey(name); ok {
			if value, ok := k.Default(); ok {
				add(name, value, defaultConfig)
			}
		}
	}
	return all
}
