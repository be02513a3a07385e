package handle

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// describeConfigs: v0-4
//
// Shows the settings of topics and of this broker: value, source, and what else could have given it. Values of secrets
// are null. Broker settings that Kafka knows and this broker does not are absent. Loggers, client metrics and groups have
// no settings here.
//
//	v0  a flag for defaults instead of a source
//	v1  synonyms, if asked for
//	v3  types, and documentation if asked for
func describeConfigs(c *Context, req *api.DescribeConfigsRequest) (*api.DescribeConfigsResponse, error) {
	resp := api.NewDescribeConfigsResponse()
	for _, r := range req.Resources {
		// Where there is nothing to say Kafka sends an empty message, not null.
		result := api.DescribeConfigsResponseResult{ResourceType: r.ResourceType, ResourceName: r.ResourceName, ErrorMessage: wire.Some("")}
		settings, err := c.resourceSettings(cluster.ResourceType(r.ResourceType), r.ResourceName)
		if err != nil {
			result.ErrorCode, result.ErrorMessage = err.Code, wire.Some(err.Message)
		}
		for n := range settings {
			// No names ask for all, and so does an empty list: only the Java broker's null differs from it on the wire.
			if len(r.ConfigurationKeys) == 0 || slices.Contains(r.ConfigurationKeys, settings[n].name) {
				result.Configs = append(result.Configs, c.described(&settings[n], req))
			}
		}
		resp.Results = append(resp.Results, result)
	}
	return &resp, nil
}

// resourceSettings finds the settings of a resource. An error without a message is one that Kafka sends so.
func (c *Context) resourceSettings(typ cluster.ResourceType, name string) ([]setting, *cluster.Error) {
	refuse := func(code errcode.Code, format string, args ...any) ([]setting, *cluster.Error) {
		return nil, &cluster.Error{Code: code, Message: fmt.Sprintf(format, args...)}
	}
	switch typ {
	case cluster.TopicResource:
		if err := cluster.CheckTopicName(name); err != nil {
			return nil, err
		}
		image := c.Cluster.Image()
		if image.Topic(name) == nil {
			return refuse(errcode.UnknownTopicOrPartition, "")
		}
		return c.topicSettings(image.Configs(cluster.Resource{Type: typ, Name: name})), nil
	case cluster.BrokerResource:
		if name == "" {
			return c.clusterSettings(), nil
		}
		id, err := strconv.ParseInt(name, 10, 32)
		if err != nil {
			return refuse(errcode.InvalidRequest, "Broker id must be an integer, but it is: %s", name)
		}
		if int32(id) != c.Config.NodeID {
			return refuse(errcode.InvalidRequest, "Unexpected broker id, expected %d or empty string, but received %s", c.Config.NodeID, name)
		}
		return c.brokerSettings(), nil
	case cluster.BrokerLoggerResource, cluster.ClientMetricsResource, cluster.GroupResource:
		if name == "" {
			return refuse(errcode.InvalidRequest, "The name of the resource must not be empty")
		}
		return nil, nil
	}
	return refuse(errcode.InvalidRequest, "Unexpected resource type %d for resource %s", typ, name)
}

func (c *Context) described(s *setting, req *api.DescribeConfigsRequest) api.DescribeConfigsResponseResourceResult {
	m := api.DescribeConfigsResponseResourceResult{
		Name: s.name, Value: s.value, ReadOnly: s.readOnly, IsSensitive: s.sensitive,
		IsDefault: c.Version == 0 && s.source() == defaultConfig, ConfigSource: int8(s.source()), ConfigType: int8(s.typ),
	}
	if req.IncludeSynonyms {
		for _, y := range s.synonyms {
			m.Synonyms = append(m.Synonyms, api.DescribeConfigsResponseSynonym{Name: y.name, Value: y.value, Source: int8(y.source)})
		}
	}
	if req.IncludeDocumentation {
		m.Documentation = wire.Some(s.doc)
	}
	return m
}
