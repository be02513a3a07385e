package handle

// What a client may do, as the sets of bits that Metadata, DescribeCluster and DescribeTopicPartitions report: bit n is
// operation n of Kafka's AclOperation. Without an authorizer everything is allowed that the resource knows.
const (
	opRead = 1 << iota << 3
	opWrite
	opCreate
	opDelete
	opAlter
	opDescribe
	opClusterAction
	opDescribeConfigs
	opAlterConfigs
	opIdempotentWrite

	topicOperations   int32 = opRead | opWrite | opCreate | opDelete | opAlter | opDescribe | opDescribeConfigs | opAlterConfigs
	clusterOperations int32 = opCreate | opAlter | opDescribe | opClusterAction | opDescribeConfigs | opAlterConfigs | opIdempotentWrite
)
