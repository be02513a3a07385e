package handle

import (
	"github.com/kwire-project/kafka/kwire"
)

// row is one API that is served: its key, the versions, and the function that answers.
type row struct {
	key      kwire.APIKey
	min, max int16
	serve    serveFunc
}

// rows is the one list of what this broker speaks. ApiVersions advertises it, Check and Serve go by it. It is a
// function and not a variable because ApiVersions, which is in it, reads it.
func rows() []row {
	return []row{
		{kwire.Produce, 3, 13, answer(produce)},
		{kwire.Fetch, 4, 18, answer(fetch)},
		{kwire.ListOffsets, 0, 11, answer(listOffsets)},
		{kwire.Metadata, 0, 13, answer(metadata)},
		{kwire.OffsetCommit, 0, 10, answer(offsetCommit)},
		{kwire.OffsetFetch, 0, 10, answer(offsetFetch)},
		{kwire.FindCoordinator, 0, 6, answer(findCoordinator)},
		{kwire.JoinGroup, 0, 9, answer(joinGroup)},
		{kwire.Heartbeat, 0, 4, answer(heartbeat)},
		{kwire.LeaveGroup, 0, 5, answer(leaveGroup)},
		{kwire.SyncGroup, 0, 5, answer(syncGroup)},
		{kwire.DescribeGroups, 0, 6, answer(describeGroups)},
		{kwire.ListGroups, 0, 5, answer(listGroups)},
		{kwire.ApiVersions, 0, 5, answer(apiVersions)},
		{kwire.CreateTopics, 0, 7, answer(createTopics)},
		{kwire.DeleteTopics, 0, 6, answer(deleteTopics)},
		{kwire.InitProducerId, 0, 5, answer(initProducerID)},
		{kwire.DescribeConfigs, 0, 4, answer(describeConfigs)},
		{kwire.AlterConfigs, 0, 2, answer(alterConfigs)},
		{kwire.CreatePartitions, 0, 3, answer(createPartitions)},
		{kwire.DeleteGroups, 0, 3, answer(deleteGroups)},
		{kwire.IncrementalAlterConfigs, 0, 1, answer(incrementalAlterConfigs)},
		{kwire.OffsetDelete, 0, 0, answer(offsetDelete)},
		{kwire.DescribeCluster, 0, 2, answer(describeCluster)},
		{kwire.DescribeTopicPartitions, 0, 0, answer(describeTopicPartitions)},
	}
}

// produceMinAdvertised is the first version of Produce that ApiVersions names. Versions 0 to 2 are not served, but
// older librdkafka turns compression off for brokers that do not name them (Kafka does the same, KAFKA-18659).
const produceMinAdvertised = 0
