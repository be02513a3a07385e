package handle

import (
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// describeGroups: v0-6
//
// Shows the state of groups and their members; what members offer and are assigned is in the protocol's own bytes, and
// the former only while the group is stable.
//
//	v3  what the client may do with the group
//	v4  instance ids of static members
//	v6  a group that does not exist is an error; before, its state was Dead
func describeGroups(c *Context, req *api.DescribeGroupsRequest) (*api.DescribeGroupsResponse, error) {
	resp := api.NewDescribeGroupsResponse()
	resp.Groups = make([]api.DescribeGroupsResponseDescribedGroup, len(req.Groups))
	for i, id := range req.Groups {
		resp.Groups[i] = c.Groups.Describe(id, c.Version)
		if c.Version >= 3 && req.IncludeAuthorizedOperations && resp.Groups[i].ErrorCode == errcode.None {
			resp.Groups[i].AuthorizedOperations = groupOperations
		}
	}
	return &resp, nil
}

// groupOperations are the operations that groups know: see operations.go.
const groupOperations int32 = opRead | opDelete | opDescribe | opDescribeConfigs | opAlterConfigs
