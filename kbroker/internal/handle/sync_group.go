package handle

import (
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// syncGroup: v0-5
//
// Brings the leader's assignment, and gives each member its part of it. The others wait until the leader's is stored.
//
//	v3  static members
//	v5  type and name of the protocol are given in both directions; a request without them is refused
func syncGroup(c *Context, req *api.SyncGroupRequest) (*api.SyncGroupResponse, error) {
	if c.Version >= 5 && (!req.ProtocolType.Valid || !req.ProtocolName.Valid) {
		return &api.SyncGroupResponse{ErrorCode: errcode.InconsistentGroupProtocol}, nil
	}
	resp, err := c.Groups.Sync(c, req)
	if err != nil {
		return nil, err
	}
	return resp, nil
}
