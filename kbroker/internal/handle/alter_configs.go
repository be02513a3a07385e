package handle

import (
	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// alterConfigs: v0-2
//
// Replaces all overrides of a resource by those of the request; see incrementalAlterConfigs, its successor, for what can
// be changed.
func alterConfigs(c *Context, req *api.AlterConfigsRequest) (*api.AlterConfigsResponse, error) {
	resp := api.NewAlterConfigsResponse()
	count := map[cluster.Resource]int{}
	for _, r := range req.Resources {
		count[resource(r.ResourceType, r.ResourceName)]++
	}
	for _, r := range req.Resources {
		target := resource(r.ResourceType, r.ResourceName)
		err := c.alterable(target, count[target])
		names := map[string]bool{}
		var settings []cluster.Setting
		for _, s := range r.Configs {
			if names[s.Name] {
				err = &cluster.Error{Code: errcode.InvalidRequest, Message: "Error due to duplicate config keys"}
			}
			names[s.Name] = true
			settings = append(settings, cluster.Setting{Name: s.Name, Value: s.Value})
		}
		if err == nil {
			err = c.Cluster.ReplaceConfigs(target, settings, req.ValidateOnly)
		}
		result := api.AlterConfigsResponseResource{ResourceType: r.ResourceType, ResourceName: r.ResourceName}
		if err != nil {
			result.ErrorCode, result.ErrorMessage = err.Code, wire.Some(err.Message)
		}
		resp.Responses = append(resp.Responses, result)
	}
	return &resp, nil
}
