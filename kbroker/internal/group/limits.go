package group

import "time"

// Limits on what requests can make a coordinator keep.
const (
	// MaxMembers bounds the members of a group together with those that were only given an id. group.max.size can
	// lower it.
	MaxMembers = 50_000
	// MaxGroups bounds the groups of one shard.
	MaxGroups = 200_000
	// MaxProtocols bounds the protocols that a member offers: clients send one to four.
	MaxProtocols = 100
	// MaxMemberBytes bounds what a member's protocols, or its assignment, may take.
	MaxMemberBytes = 8 << 20
	// MaxBatchBytes is the size from which on the records of further writes go to a batch of their own.
	MaxBatchBytes = 512 << 10
	// MaxLoadBytes is how much of a partition is read at a time while loading.
	MaxLoadBytes = 5 << 20
)

// NewMemberJoinTimeout is how long a member that has never had a generation may wait for its first one. It cannot
// send heartbeats, and a client that is gone would otherwise hold its place forever.
const NewMemberJoinTimeout = 5 * time.Minute

// Config are the settings of a coordinator, with Kafka's names.
type Config struct {
	MinSessionTimeoutMs     int32 // group.min.session.timeout.ms
	MaxSessionTimeoutMs     int32 // group.max.session.timeout.ms
	InitialRebalanceDelayMs int32 // group.initial.rebalance.delay.ms
	MaxSize                 int   // group.max.size
	OffsetMetadataMaxBytes  int   // offset.metadata.max.bytes
	OffsetsRetention        time.Duration
	// NewID returns a random UUID as text: the unique part of a member's id.
	NewID func() string
}

func (c *Config) maxMembers() int { return min(c.MaxSize, MaxMembers) }

// millis is at least 1 ms, so that a deadline is always in the future.
func millis(ms int32) time.Duration { return time.Duration(max(ms, 1)) * time.Millisecond }

// minAbsentRound is how long absent static members are waited for at least before they are looked for again. Their
// rebalance timeout is the client's to choose, and 0 would have the coordinator look a thousand times a second.
const minAbsentRound = time.Second
