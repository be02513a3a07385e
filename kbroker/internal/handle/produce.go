package handle

import (
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// produce: v3-13
//
// Appends one batch to each partition named. There is one replica, so acks of 1 and of −1 mean the same: the answer
// comes when the log has the batch. With acks of 0 there is no answer; a fault then ends the connection, as in Kafka,
// since nothing else could tell the client of it.
//
//	v7   batches may be compressed with zstd (KIP-110)
//	v8   the answer says which records are at fault, and why
//	v13  topics are named by id
//
// Versions 0 to 2 carry message sets of older formats, which we do not convert. Transactional batches
// are refused as long as transactions are not served: nothing would ever end the transaction.
func produce(c *Context, req *api.ProduceRequest) (*api.ProduceResponse, error) {
	resp := api.NewProduceResponse()
	resp.Responses = make([]api.ProduceResponseTopicProduce, len(req.TopicData))
	var fault error
	for i := range req.TopicData {
		t := &req.TopicData[i]
		out := &resp.Responses[i]
		out.Name, out.TopicID = t.Name, t.TopicID
		out.PartitionResponses = make([]api.ProduceResponsePartitionProduce, len(t.PartitionData))
		for j := range t.PartitionData {
			p := &t.PartitionData[j]
			answer, err := c.produceOne(req.Acks, t.Name, t.TopicID, p)
			out.PartitionResponses[j] = answer
			if err != nil && fault == nil {
				fault = fmt.Errorf("produce with acks=0 to partition %d of topic %.249q: %w", p.Index, t.Name, err)
			}
		}
	}
	if req.Acks == 0 {
		return nil, fault
	}
	return &resp, nil
}

// produceOne appends to one partition. The error says why the answer has an error code.
func (c *Context) produceOne(acks int16, topic string, id wire.UUID, data *api.ProduceRequestPartitionProduceData) (api.ProduceResponsePartitionProduce, error) {
	a := api.NewProduceResponsePartitionProduce()
	a.Index = data.Index
	a.BaseOffset = -1
	result, err := c.appendTo(acks, topic, id, data)
	if err != nil {
		a.ErrorCode = partition.Code(err)
		switch a.ErrorCode {
		case errcode.KafkaStorageError:
			c.Log.Error("produce", "topic", topic, "index", data.Index, "error", err)
		case errcode.UnknownTopicOrPartition, errcode.UnknownTopicID:
		default:
			a.ErrorMessage = wire.Some(truncated(err.Error()))
		}
		return a, err
	}
	a.BaseOffset, a.LogAppendTimeMs, a.LogStartOffset = result.BaseOffset, result.LogAppendTimeMs, result.LogStartOffset
	return a, nil
}

// maxErrorMessageBytes cuts texts of ours that go into answers, which may quote what a client sent.
const maxErrorMessageBytes = 512

func truncated(s string) string {
	if len(s) > maxErrorMessageBytes {
		return strings.ToValidUTF8(s[:maxErrorMessageBytes], "")
	}
	return s
}

func (c *Context) appendTo(acks int16, topic string, id wire.UUID, data *api.ProduceRequestPartitionProduceData) (partition.AppendResult, error) {
	var none partition.AppendResult
	if acks < -1 || acks > 1 {
		return none, errcode.InvalidRequiredAcks
	}
	p, code := c.partition(topic, id, data.Index)
	switch {
	case code != errcode.None:
		return none, code
	case c.isInternal(p.Topic()) && c.ClientID != adminClientID:
		return none, fmt.Errorf("%w: %s is written by the broker only", errcode.InvalidTopic, p.Topic())
	}
	if b, err := records.ReadBatch(data.Records); err == nil {
		switch {
		case b.IsTransactional():
			return none, fmt.Errorf("%w: this broker does not serve transactions", errcode.InvalidTxnState)
		case b.Codec() == records.Zstd && c.Version < firstProduceWithZstd:
			return none, fmt.Errorf("%w: zstd needs version %d of Produce, this is %d", errcode.UnsupportedCompressionType, firstProduceWithZstd, c.Version)
		}
	}
	return p.Append(data.Records, partition.AppendOptions{NowMs: c.Now().UnixMilli(), Origin: partition.Client, LeaderEpoch: -1})
}

// firstProduceWithZstd is the first version of Produce whose clients may be expected to know zstd.
const firstProduceWithZstd = 7

// adminClientID is the client id that may write to internal topics, as in Kafka's ReplicaManager.
const adminClientID = "__admin_client"
