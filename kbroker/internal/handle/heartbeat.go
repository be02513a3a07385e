package handle

import "github.com/kwire-project/kafka/kwire/api"

// heartbeat: v0-4
//
// Keeps a member in its group. The error code says if it has to do something: REBALANCE_IN_PROGRESS, join again.
//
//	v3  static members
func heartbeat(c *Context, req *api.HeartbeatRequest) (*api.HeartbeatResponse, error) {
	return &api.HeartbeatResponse{ErrorCode: c.Groups.Heartbeat(req)}, nil
}
