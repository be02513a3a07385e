package handle

import (
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// initProducerID: v0-5
//
// Gives an idempotent producer an id that nobody had before, with epoch 0. What a producer says of an id that it had
// (v3) plays no part without transactions: it gets a new one.
//
// A transactional id is refused: there are no transactions. Most errors make clients try again for ever; not being
// allowed to use the id is one that both the Java client and librdkafka end with.
func initProducerID(c *Context, req *api.InitProducerIdRequest) (*api.InitProducerIdResponse, error) {
	resp := api.NewInitProducerIdResponse()
	if req.TransactionalID.Valid {
		resp.ErrorCode = errcode.TransactionalIDAuthorizationFailed
		if req.TransactionalID.V == "" {
			resp.ErrorCode = errcode.InvalidRequest
		}
		return &resp, nil
	}
	id, err := c.Cluster.NextProducerID()
	if err != nil {
		resp.ErrorCode = err.Code
		return &resp, nil
	}
	resp.ProducerID = id
	return &resp, nil
}
