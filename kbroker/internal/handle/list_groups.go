package handle

import "github.com/kwire-project/kafka/kwire/api"

// listGroups: v0-5
//
// Lists all groups. There are only classic ones; what Kafka keeps of others in the same directory is not listed.
//
//	v4  states, also as a filter
//	v5  types, also as a filter
func listGroups(c *Context, req *api.ListGroupsRequest) (*api.ListGroupsResponse, error) {
	return c.Groups.List(req), nil
}
