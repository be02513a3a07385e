package handle

import (
	"github.com/kwire-project/kafka/kbroker/internal/group"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// joinGroup: v0-9
//
// Makes the client a member of a group, and waits until a generation begins that it is part of. One member, the
// leader, learns of all the others and assigns the work.
//
//	v1  a timeout for rebalances besides that of the session
//	v4  a new member gets an id first and joins again with it
//	v5  static members
//	v7  the protocol's type and name in the answer; before, "" stands for no name
//	v9  a leader that comes back can be told not to assign anew
func joinGroup(c *Context, req *api.JoinGroupRequest) (*api.JoinGroupResponse, error) {
	// Kafka shows and stores hosts as Java writes an address without a name.
	by := group.Caller{ClientID: c.ClientID, ClientHost: "/" + c.Conn.ClientHost, Version: c.Version}
	resp, err := c.Groups.Join(c, by, req)
	if err != nil {
		return nil, err
	}
	if c.Version < 7 && !resp.ProtocolName.Valid {
		resp.ProtocolName = wire.Some("")
	}
	return resp, nil
}
