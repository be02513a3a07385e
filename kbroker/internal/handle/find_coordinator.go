package handle

import (
	"github.com/kwire-project/kafka/kbroker/internal/group"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// findCoordinator: v0-6
//
// Tells which broker coordinates a group or a transactional id: with one node it is this one. What a group's
// coordinator needs, the topic __consumer_offsets, is created when the first client asks.
//
//	v1  groups and transactional ids
//	v4  several keys at once
//	v6  share groups, which this broker has none of: an invalid request, as in Kafka without them
func findCoordinator(c *Context, req *api.FindCoordinatorRequest) (*api.FindCoordinatorResponse, error) {
	resp := api.NewFindCoordinatorResponse()
	code := c.coordinator(req.KeyType)
	node, host, port := c.Cluster.NodeID(), c.Conn.AdvertisedHost, c.Conn.AdvertisedPort
	if code != errcode.None {
		node, host, port = -1, "", -1
	}
	if c.Version < 4 {
		resp.ErrorCode, resp.NodeID, resp.Host, resp.Port = code, node, host, port
		resp.ErrorMessage = wire.Some(code.String()) // "NONE" if all is well
		return &resp, nil
	}
	resp.Coordinators = make([]api.FindCoordinatorResponseCoordinator, len(req.CoordinatorKeys))
	for i, key := range req.CoordinatorKeys {
		resp.Coordinators[i] = api.FindCoordinatorResponseCoordinator{
			Key: key, NodeID: node, Host: host, Port: port, ErrorCode: code, ErrorMessage: wire.Some(""),
		}
	}
	return &resp, nil
}

// The types of keys that have a coordinator.
const (
	groupKey       = 0
	transactionKey = 1
)

// coordinator makes sure that there is a coordinator for a type of keys.
func (c *Context) coordinator(keyType int8) errcode.Code {
	switch keyType {
	case groupKey:
		if err := c.Cluster.CreateMissing([]string{group.TopicName})[0]; err != nil {
			c.Log.Error("cannot create "+group.TopicName, "why", err)
			return errcode.CoordinatorNotAvailable
		}
		c.Groups.Refresh()
		return errcode.None
	case transactionKey:
		return errcode.None
	}
	return errcode.InvalidRequest
}
