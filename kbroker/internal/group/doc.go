// Package group coordinates classic consumer groups and keeps their committed offsets.
//
// A group is a set of members that agree on a protocol and on who consumes what. The coordinator does not know the
// protocol: one member, the leader, computes the assignment, and the coordinator carries it to the others. What it
// does know is time: members join, rebalance and stay alive under timeouts.
//
//	Empty ──join──▶ PreparingRebalance ──all joined, or time is up──▶ CompletingRebalance ──leader's sync stored──▶ Stable
//	  ▲                  │      ▲                                             │                                      │
//	  └──nobody is left──┘      └────────────── a member joins, leaves or fails ─────────────────────────────────────┘
//
// Dead is the state of a group that is being deleted.
//
// # The parts
//
// Shard is the state machine: the groups whose records live in one partition of __consumer_offsets. It holds no
// socket, file or clock. A call takes an event and the time, and returns Effects: replies for requests that wait
// (named by the Ticket they came with) and records to be stored. What may only happen once a record is stored, such
// as telling the members their assignment, is the Write's Done, which whoever stored the records calls with the
// outcome. Wake says when Tick must be called next. So a test runs an hour of rebalances in a millisecond.
//
// Coordinator is the runtime around the shards: one lock and one timer per shard, one goroutine per shard while there
// is something to store. It loads the partitions when the broker starts, finds the shard of a group, parks requests
// and acknowledges nothing before the append has succeeded.
//
// Records are Kafka's own: OffsetCommitKey/Value and GroupMetadataKey/Value of package coord, so that Kafka opens
// what we wrote and the other way round. Records of other kinds (KIP-848 and share groups) in a partition are passed
// over and stay as they are. Their groups are not served, but the offsets committed by them are.
//
// # What follows Kafka
//
// States, timeouts, errors and their order are those of Kafka's ClassicGroup, GroupMetadataManager and
// OffsetMetadataManager (4.4). Differences are deliberate and few: a request that is superseded by another one of the
// same member is answered, not forgotten; members that nothing but a request announced are counted (MaxMembers);
// among protocols with equal votes the longest-standing member's preference wins.
//
// This package does not authorize, does not check that topics exist and does not know about connections: package
// handle does.
package group
