package handle

import (
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
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
	refuse := func(code errcode.Code) (*api.InitProducerIdResponse, error) {
		resp.ErrorCode, resp.ProducerEpoch = code, records.NoProducerEpoch
		return &resp, nil
	}
	switch {
	case req.TransactionalID.Valid && req.TransactionalID.V == "":
		return refuse(errcode.InvalidRequest)
	case req.TransactionalID.Valid:
		return refuse(errcode.TransactionalIDAuthorizationFailed)
	}
	id, err := c.Cluster.NextProducerID()
	if err != nil {
		return refuse(err.Code)
	}
	resp.ProducerID = id
	return &resp, nil
}
