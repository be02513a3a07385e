package handle

import (
	"fmt"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Types of endpoints that DescribeCluster can be asked for.
const (
	brokerEndpoints     = 1
	controllerEndpoints = 2
)

// describeCluster: v0-2
//
// Tells the cluster's id, its controller and its brokers.
//
//	v1  brokers or controllers may be asked for; this listener is a broker's and tells only of brokers
//	v2  brokers that are fenced may be asked for too; there is none beside this one
func describeCluster(c *Context, req *api.DescribeClusterRequest) (*api.DescribeClusterResponse, error) {
	resp := api.NewDescribeClusterResponse()
	resp.ErrorMessage = wire.Null[string]{}
	switch req.EndpointType {
	case brokerEndpoints:
	case controllerEndpoints:
		resp.ErrorCode = errcode.MismatchedEndpointType
		resp.ErrorMessage = wire.Some("The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER")
		return &resp, nil
	default:
		resp.ErrorCode = errcode.UnsupportedEndpointType
		resp.ErrorMessage = wire.Some(fmt.Sprintf("Unsupported endpoint type %d", req.EndpointType))
		return &resp, nil
	}
	resp.ClusterID, resp.ControllerID = c.Cluster.ID(), c.Config.NodeID
	resp.Brokers = []api.DescribeClusterResponseBroker{{
		BrokerID: c.Config.NodeID, Host: c.Conn.AdvertisedHost, Port: c.Conn.AdvertisedPort, Rack: optional(c.Config.BrokerRack),
	}}
	if req.IncludeClusterAuthorizedOperations {
		resp.ClusterAuthorizedOperations = clusterOperations
	}
	return &resp, nil
}
