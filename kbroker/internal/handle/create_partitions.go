package handle

import (
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// createPartitions: v0-3
//
// Gives topics more partitions, or says whether it would. Records stay where they are. The new partitions take records
// when the answer is out; the request's timeout plays no part.
func createPartitions(c *Context, req *api.CreatePartitionsRequest) (*api.CreatePartitionsResponse, error) {
	resp := api.NewCreatePartitionsResponse()
	count := map[string]int{}
	for _, t := range req.Topics {
		count[t.Name]++
	}
	for _, t := range req.Topics {
		result := api.CreatePartitionsResponseTopicResult{Name: t.Name}
		switch count[t.Name] {
		case 0:
			continue // a duplicate, which has been answered
		case 1:
			if err := c.Cluster.CreatePartitions(t.Name, t.Count, brokersOf(t.Assignments), req.ValidateOnly); err != nil {
				result.ErrorCode, result.ErrorMessage = err.Code, optional(err.Message)
			}
		default:
			count[t.Name] = 0
			result.ErrorCode, result.ErrorMessage = errcode.InvalidRequest, wire.Some("Duplicate topic name.")
		}
		resp.Results = append(resp.Results, result)
	}
	return &resp, nil
}

func brokersOf(assignments []api.CreatePartitionsRequestAssignment) [][]int32 {
	if assignments == nil {
		return nil
	}
	brokers := make([][]int32, len(assignments))
	for n, a := range assignments {
		brokers[n] = a.BrokerIDs
	}
	return brokers
}
