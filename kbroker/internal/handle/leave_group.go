package handle

import (
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// leaveGroup: v0-5
//
// Takes members out of their group at once, instead of when their session ends.
//
//	v3  several members; a static one can be named by its instance id alone
//	v5  a reason, which is not used
func leaveGroup(c *Context, req *api.LeaveGroupRequest) (*api.LeaveGroupResponse, error) {
	if c.Version < 3 {
		req.Members = []api.LeaveGroupRequestMemberIdentity{{MemberID: req.MemberID}}
	}
	resp, err := c.Groups.Leave(c, req)
	if err != nil {
		return nil, err
	}
	if c.Version < 3 {
		if resp.ErrorCode == errcode.None && len(resp.Members) == 1 {
			resp.ErrorCode = resp.Members[0].ErrorCode
		}
		resp.Members = nil
	}
	return resp, nil
}
