// Package cluster holds what the cluster knows of itself: topics with their partitions, configurations, feature
// levels, the registered broker, the next producer id; and the log that keeps all of it, __cluster_metadata.
//
// # The image
//
// Image is one state of that knowledge. It never changes: readers take it with Cluster.Image, without a lock, and see
// topics that fit together however long they look. A change makes a new Image that shares what stayed the same. The
// only way from one Image to the next is builder.apply, one record at a time, and it knows neither file nor clock; so
// what a start reads from the disk and what a request changes take the same path.
//
// # The log
//
// Every change is a batch of metadata records, framed as Apache Kafka's controller frames them, appended to partition 0
// of __cluster_metadata and synced before anybody sees the new image. Kafka opens such a directory and goes on with it,
// and the other way round. Beside the log lie:
//
//	quorum-state                               the newest leader and epoch: always us; see quorum.go
//	<end offset>-<epoch>.checkpoint            a snapshot of all records before the end offset; see snapshot.go
//	00000000000000000000-0000000000.checkpoint what formatting leaves: the feature levels of the release
//
// A start loads the newest snapshot that is whole, replays the log after it, takes the leadership under the next
// epoch, registers the broker, and takes over partitions that had no leader. A broker that shuts down fences its
// registration, as Kafka's does, so that the next one need not wait until a session has expired.
//
// Record types that nothing here acts on (ACLs, quotas, credentials) are kept, by identity, and survive our snapshots.
// A record of an unknown type is skipped with one line in the log; from then on no snapshot of ours is written, since
// it would lose that record.
//
// # Changes
//
// Cluster's methods (CreateTopics, DeleteTopics, CreatePartitions, AlterConfigs, NextProducerIDs) run one after another
// under one lock: check against the image, append, make the image visible, and open or remove partitions. When such a
// call returns, the partitions it made take records. Errors for clients carry Kafka's code and a message in its sense.
//
// # What it does not do
//
// There is one node. Nothing is replicated, nobody votes, and no request of the controller's listener is answered.
package cluster
