package handle

import (
	"github.com/kwire-project/kafka/kwire/api"
)

// deleteGroups: v0-3
//
// Deletes groups that have no members, with their offsets. A group that is named twice is deleted once and has one
// result.
//
//	v3  room for a message beside the error code, which Kafka leaves empty as we do
func deleteGroups(c *Context, req *api.DeleteGroupsRequest) (*api.DeleteGroupsResponse, error) {
	resp := api.NewDeleteGroupsResponse()
	resp.Results = []api.DeleteGroupsResponseDeletableGroupResult{}
	seen := map[string]bool{}
	for _, id := range req.GroupsNames {
		if seen[id] {
			continue
		}
		seen[id] = true
		code, err := c.Groups.Delete(c, id)
		if err != nil {
			return nil, err
		}
		resp.Results = append(resp.Results, api.DeleteGroupsResponseDeletableGroupResult{GroupID: id, ErrorCode: code})
	}
	return &resp, nil
}
