package group

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/fixtures"
	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

// unpack puts the root files and the partitions of __consumer_offsets of a fixture into a file system in memory.
func unpack(t *testing.T, name string) *vfs.Mem {
	t.Helper()
	mem := vfs.NewMem()
	fixtures.Unpack(t, name, mem, func(below string) bool {
		return strings.Contains(below, TopicName) || !strings.Contains(below, "/")
	})
	return mem
}

// TestGroupsThatKafkaWrote opens what Apache Kafka left: a classic group and one of KIP-848, whose own records are not
// ours but whose offsets are.
func TestGroupsThatKafkaWrote(t *testing.T) {
	for _, name := range []string{"clean-shutdown", "live"} {
		t.Run(name, func(t *testing.T) { openKafkas(t, unpack(t, name)) })
	}
}

func openKafkas(t *testing.T, fs *vfs.Mem) {
	now := time.UnixMilli(1795380424000) // a second after the last commit
	s := &stored{T: t, fs: fs}
	start := func() {
		store, err := partition.OpenStore([]string{"/logs"}, partition.Options{FS: fs, Now: time.Now, Codec: &compress.All, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		var logs []Log
		for _, f := range store.Found() {
			if f.Topic == TopicName {
				logs = append(logs, nil)
			}
		}
		require.NotEmpty(t, logs)
		for i := range logs {
			p, err := store.Open(partition.Wanted{Topic: TopicName, Partition: int32(i), Config: partition.DefaultConfig()})
			require.NoError(t, err)
			require.NoError(t, p.Lead(5))
			logs[i] = p
		}
		s.store = store
		s.c = New(Options{Config: testConfig(), Logs: func() []Log { return logs }, Codec: &compress.All, ExpireEvery: time.Hour,
			Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
		s.loaded()
	}
	start()
	alpha, err := wire.ParseUUID("tQilQU0aTkedj7YqVZ8HQA")
	require.NoError(t, err)
	for _, id := range []string{"g-classic", "g-consumer"} {
		d := s.c.Describe(id, 6)
		require.Equal(t, "Empty", d.GroupState)
		if id == "g-classic" {
			require.Equal(t, "consumer", d.ProtocolType)
		}
		r := s.c.Fetch(&api.OffsetFetchRequestGroup{GroupID: id}, true)
		require.Len(t, r.Topics, 2)
		require.Equal(t, []api.OffsetFetchResponsePartitions{
			{PartitionIndex: 0, CommittedOffset: 50, Metadata: wire.Some("")}, {PartitionIndex: 1, CommittedOffset: 50, Metadata: wire.Some("")},
		}, r.Topics[0].Partitions)
		require.Equal(t, []api.OffsetFetchResponsePartitions{{PartitionIndex: 0, CommittedOffset: 16, Metadata: wire.Some("")}}, r.Topics[1].Partitions)
		r = s.c.Fetch(&api.OffsetFetchRequestGroup{GroupID: id, Topics: []api.OffsetFetchRequestTopics{{Name: "alpha", TopicID: alpha, PartitionIndexes: []int32{0}}}}, true)
		require.EqualValues(t, 50, r.Topics[0].Partitions[0].CommittedOffset)
	}
	require.Len(t, s.c.List(&api.ListGroupsRequest{}).Groups, 2)

	// Somebody goes on where the group was, and it is there after a restart.
	require.Zero(t, s.commit("g-classic", "alpha", 51))
	code, err := s.c.Delete(t.Context(), "g-consumer")
	require.NoError(t, err)
	require.Zero(t, code)
	s.stop()
	start()
	defer s.stop()
	got, _ := s.fetch("g-classic", "alpha")
	require.EqualValues(t, 51, got)
	require.Equal(t, errcode.GroupIDNotFound, s.c.Describe("g-consumer", 6).ErrorCode)

	now = now.Add(s.c.o.OffsetsRetention)
	s.c.expire()
	require.Eventually(t, func() bool { return len(s.c.List(&api.ListGroupsRequest{}).Groups) == 0 }, 10*time.Second, time.Millisecond)
}
