package handle

import (
	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// listOffsets: v0-11
//
// Finds offsets by their place (−1 the end, −2 the start) or by time: the first record that is not older.
//
//	v0   a list of offsets, newest first: the end and the start of the log
//	v2   isolation: the end for a reader of committed records is the last stable offset
//	v4   the leader epoch that the client believes in is checked
//	v7   −3: the record with the greatest timestamp
//	v8   −4: the start of what is on this broker's disk
//	v9   −5: the last offset in tiered storage; there is none
//	v10  a time-out, which nothing here needs
//	v11  −6: the first offset that is not in tiered storage yet; there is none
func listOffsets(c *Context, req *api.ListOffsetsRequest) (*api.ListOffsetsResponse, error) {
	resp := api.NewListOffsetsResponse()
	isolation := partition.ReadUncommitted
	if req.IsolationLevel == int8(partition.ReadCommitted) {
		isolation = partition.ReadCommitted
	}
	seen := map[partitionName]bool{}
	resp.Topics = make([]api.ListOffsetsResponseTopic, len(req.Topics))
	for i := range req.Topics {
		t := &req.Topics[i]
		out := &resp.Topics[i]
		out.Name = t.Name
		out.Partitions = make([]api.ListOffsetsResponsePartition, len(t.Partitions))
		for j := range t.Partitions {
			name := partitionName{t.Name, t.Partitions[j].PartitionIndex}
			out.Partitions[j] = c.listOne(t.Name, &t.Partitions[j], isolation, seen[name])
			seen[name] = true
		}
	}
	return &resp, nil
}

type partitionName struct {
	topic string
	index int32
}

// pendingUploadTimestamp asks for the first offset that is not in tiered storage yet.
const pendingUploadTimestamp = -6

// firstVersionOf is the version of ListOffsets from which on a timestamp below 0 has its meaning.
func firstVersionOf(timestamp int64) int16 {
	switch timestamp {
	case partition.MaxTimestamp:
		return 7
	case partition.EarliestLocalTimestamp:
		return 8
	case partition.LatestTieredTimestamp:
		return 9
	case pendingUploadTimestamp:
		return 11
	}
	return 0
}

func (c *Context) listOne(topic string, q *api.ListOffsetsRequestPartition, isolation partition.Isolation, again bool) api.ListOffsetsResponsePartition {
	a := api.NewListOffsetsResponsePartition()
	a.PartitionIndex = q.PartitionIndex
	p, code := c.Cluster.Partition(topic, q.PartitionIndex)
	switch {
	case again:
		code = errcode.InvalidRequest
	case code != errcode.None:
	case c.Version < firstVersionOf(q.Timestamp):
		code = errcode.UnsupportedVersion
	default:
		code = checkLeaderEpoch(p, q.CurrentLeaderEpoch)
	}
	if a.ErrorCode = code; code != errcode.None {
		return a
	}
	if c.Version == 0 {
		a.OldStyleOffsets = oldStyleOffsets(p, q)
		return a
	}
	if q.Timestamp == pendingUploadTimestamp {
		return a
	}
	found, err := p.ListOffset(q.Timestamp, isolation)
	if err != nil {
		a.ErrorCode = partition.Code(err)
		if a.ErrorCode == errcode.KafkaStorageError {
			c.Log.Error("list offsets", "topic", topic, "index", q.PartitionIndex, "error", err)
		}
		return a
	}
	a.Offset = found.Offset
	if c.Version >= 4 {
		a.LeaderEpoch = found.LeaderEpoch
	}
	if q.Timestamp >= 0 || q.Timestamp == partition.MaxTimestamp {
		a.Timestamp = found.TimestampMs
	}
	return a
}

// oldStyleOffsets answers v0: offsets at or before a time, newest first. What lies between start and end
// would be the places where segments begin, which is nobody's business.
func oldStyleOffsets(p *partition.Partition, q *api.ListOffsetsRequestPartition) []int64 {
	o := p.Offsets()
	all := []int64{o.HighWatermark}
	if o.LogStart < o.HighWatermark {
		all = append(all, o.LogStart)
	}
	if q.Timestamp != partition.LatestTimestamp {
		all = []int64{o.LogStart}
	}
	return all[:min(len(all), int(max(q.MaxNumOffsets, 0)))]
}
