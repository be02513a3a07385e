package handle

import (
	"fmt"
	"strconv"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// incrementalAlterConfigs: v0-1
//
// Changes single settings: sets or removes overrides, adds to lists or takes away from them. Topics can be changed, and
// of the brokers' settings those that are the defaults of topics; they apply at once. Other settings of the broker are
// read when it starts, and loggers, groups and client metrics have none here: asking for those is an error.
func incrementalAlterConfigs(c *Context, req *api.IncrementalAlterConfigsRequest) (*api.IncrementalAlterConfigsResponse, error) {
	resp := api.NewIncrementalAlterConfigsResponse()
	count := map[cluster.Resource]int{}
	for _, r := range req.Resources {
		count[resource(r.ResourceType, r.ResourceName)]++
	}
	for _, r := range req.Resources {
		target := resource(r.ResourceType, r.ResourceName)
		err := c.alterable(target, count[target])
		names := map[string]bool{}
		var changes []cluster.Change
		for _, s := range r.Configs {
			if names[s.Name] {
				err = &cluster.Error{Code: errcode.InvalidRequest, Message: "Error due to duplicate config keys"}
			}
			names[s.Name] = true
			changes = append(changes, cluster.Change{Name: s.Name, Op: cluster.Op(s.ConfigOperation), Value: s.Value})
		}
		if err == nil {
			err = c.Cluster.AlterConfigs(target, changes, req.ValidateOnly)
		}
		result := api.IncrementalAlterConfigsResponseAlterConfigsResource{ResourceType: r.ResourceType, ResourceName: r.ResourceName}
		if err != nil {
			result.ErrorCode, result.ErrorMessage = err.Code, wire.Some(err.Message)
		}
		resp.Responses = append(resp.Responses, result)
	}
	return &resp, nil
}

func resource(typ int8, name string) cluster.Resource {
	return cluster.Resource{Type: cluster.ResourceType(typ), Name: name}
}

// alterable says whether a resource, which a request names so many times, has settings that can be changed while the
// broker runs.
func (c *Context) alterable(r cluster.Resource, times int) *cluster.Error {
	refuse := func(format string, args ...any) *cluster.Error {
		return &cluster.Error{Code: errcode.InvalidRequest, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case times > 1:
		return refuse("Each resource must appear at most once.")
	case r.Type == cluster.TopicResource:
		return cluster.CheckTopicName(r.Name)
	case r.Type != cluster.BrokerResource:
		return refuse("Unknown resource type %d", r.Type)
	case r.Name != "" && r.Name != strconv.Itoa(int(c.Config.NodeID)):
		return refuse("Unexpected broker id, expected %d, but received %s", c.Config.NodeID, r.Name)
	}
	return nil
}
