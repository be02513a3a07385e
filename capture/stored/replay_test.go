package stored_test

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/capture/stored/fixtures"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

func replay(t testing.TB, b []byte, upTo int64) *stored.State {
	t.Helper()
	state := stored.NewState()
	for _, p := range parts(t, b) {
		if p.Kind == stored.Batch && !state.Apply(b[p.Start:p.End], int(p.Start), upTo) {
			break
		}
	}
	return state
}

// lines are the rows of a state as text. What is empty or zero is left out: a snapshot writes it, or does not, as the
// record's version has it.
func lines(items []stored.Item, depth int) (out []string) {
	for _, it := range items {
		text := it.Text
		switch text {
		case "[]", "null", "0", "none", "false":
			continue
		}
		out = append(out, strings.Repeat(" ", depth)+it.Name+": "+text)
		if text == "" {
			out = append(out, lines(it.Below, depth+1)...)
		}
	}
	return out
}

// Kafka's snapshots hold the state that the log before them amounts to: so must the replay of the log, epochs and all.
func TestReplayEqualsSnapshots(t *testing.T) {
	compared := 0
	for _, dir := range fixtures.Directories {
		files := fixtures.Files(t, dir)
		log := files["__cluster_metadata-0/00000000000000000000.log"]
		for name, b := range files {
			end, err := strconv.ParseInt(strings.Split(path.Base(name), "-")[0], 10, 64)
			if path.Ext(name) != ".checkpoint" || end == 0 {
				continue
			}
			require.NoError(t, err)
			have, want := replay(t, log, end-1), replay(t, b, math.MaxInt64)
			require.Zero(t, have.Unread+want.Unread)
			require.Zero(t, have.Pending()+want.Pending())
			require.Equal(t, end-1, have.Last)
			require.Equal(t, withoutQuorum(want), withoutQuorum(have), name)
			compared++
		}
	}
	require.GreaterOrEqual(t, compared, 12)
}

// withoutQuorum leaves out what only control records tell, since a snapshot has no leader, and who asked for the last
// producer ids, which a snapshot does not say. A broker's features have no order.
func withoutQuorum(s *stored.State) []string {
	var rest []stored.Item
	for _, it := range s.Items() {
		switch it.Name {
		case "Quorum":
			continue
		case "ProducerIds":
			it.Below = it.Below[2:]
		case "Brokers":
			for _, broker := range it.Below {
				for _, f := range broker.Below {
					if f.Name == "Features" {
						slices.SortFunc(f.Below, func(a, b stored.Item) int { return strings.Compare(a.Text, b.Text) })
						for i := range f.Below {
							f.Below[i].Name = ""
						}
					}
				}
			}
		}
		rest = append(rest, it)
	}
	return lines(rest, 0)
}

func TestReplayGolden(t *testing.T) {
	log := fixtures.Files(t, "clean-shutdown")["__cluster_metadata-0/00000000000000000000.log"]
	require.Equal(t, []string{"Quorum: ", " LeaderId: 1", " KRaftVersion: 1", " Voters: ", "  [0]: ", "   VoterId: 1", "   VoterDirectoryId: HUm4ksSnRqK9H3DxPAGOwQ", "   Endpoints: "},
		lines(replay(t, log, 3).Items(), 0)[:8])
	at10 := replay(t, log, 10)
	require.Equal(t, 7, at10.Pending(), "the transaction of the bootstrap records has not ended")
	require.Equal(t, -1, indexOf(lines(at10.Items(), 0), "Features: "))
	all := replay(t, log, 205)
	text := lines(all.Items(), 0)
	for _, want := range []string{" metadata.version: 33", "Brokers: ", " 1: ", "Topics: ", " alpha: ", "  Id: tQilQU0aTkedj7YqVZ8HQA", "   Replicas: [1]", "   Isr: [1]", " TOPIC compacted: ", "  cleanup.policy: compact"} {
		require.GreaterOrEqual(t, indexOf(text, want), 0, "%s in\n%s", want, strings.Join(text, "\n"))
	}
	var each func(items []stored.Item)
	placed := 0
	each = func(items []stored.Item) {
		for _, it := range items {
			if it.Size > 0 {
				placed++
				require.LessOrEqual(t, it.At+it.Size, len(log))
			}
			each(it.Below)
		}
	}
	each(all.Items())
	require.Greater(t, placed, 100, "rows know the bytes that say so")
}

func indexOf(lines []string, want string) int {
	for i, l := range lines {
		if l == want {
			return i
		}
	}
	return -1
}

// metadata makes a batch of records of the metadata log.
type metadata struct {
	t      testing.TB
	offset int64
	log    []byte
}

func (m *metadata) add(rs ...[]byte) {
	w := records.NewWriter(m.log, records.Options{BaseOffset: m.offset})
	for _, r := range rs {
		w.Append(records.Record{Value: r})
		m.offset++
	}
	var err error
	m.log, err = w.Finish()
	require.NoError(m.t, err)
}

// record is a record of a type at version 0, of parts that are strings, numbers and raw bytes.
func record(typ byte, parts ...any) []byte {
	b := []byte{1, typ, 0}
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, byte(len(p)+1))
			b = append(b, p...)
		case int8:
			b = append(b, byte(p))
		case int16:
			b = wire.AppendInt16(b, p)
		case int32:
			b = wire.AppendInt32(b, p)
		case int64:
			b = wire.AppendInt64(b, p)
		case float64:
			b = wire.AppendFloat64(b, p)
		case []byte:
			b = append(b, p...)
		}
	}
	return append(b, 0) // no tagged fields
}

// Every kind of record does what Kafka does with it.
func TestReplayOfEveryRecord(t *testing.T) {
	m := &metadata{t: t}
	id := func(c byte) []byte { return []byte(strings.Repeat(string(rune(c)), 16)) }
	none := []byte{1}                                                                     // an empty compact array
	has := func(v int32) []byte { return append([]byte{2}, wire.AppendInt32(nil, v)...) } // one of one number
	state := func() []string { return lines(replay(t, m.log, math.MaxInt64).Items(), 0) }
	user := func(name string) []byte {
		return append(append([]byte{2, 5}, "user"...), append(append([]byte{byte(len(name) + 1)}, name...), 0)...)
	}
	const topic = 'a'

	m.add(record(12, "metadata.version", int16(33)), record(12, "group.version", int16(1)), record(12, "group.version", int16(0)))
	require.Equal(t, []string{"Features: ", " metadata.version: 33"}, state())

	m.add(record(2, "orders", id(topic)), record(4, int8(2), "orders", "retention.ms", "5"), record(4, int8(4), "1", "x", "y"),
		record(3, int32(0), id(topic), has(1), has(1), none, none, int32(1), int32(7), int32(8)))
	want := []string{" orders: ", "  Id: YWFhYWFhYWFhYWFhYWFhYQ", "  0: ", "   Replicas: [1]", "   Isr: [1]", "   Leader: 1", "   LeaderEpoch: 7", "   PartitionEpoch: 8"}
	require.Subset(t, state(), want)
	m.add(append(record(5, int32(0), id(topic))[:23], 1, 1, 4, 0, 0, 0, 2)) // PartitionChange with Leader
	require.Subset(t, state(), []string{"   Leader: 2", "   LeaderEpoch: 8", "   PartitionEpoch: 9"})
	m.add(append(record(5, int32(0), id(topic))[:23], 1, 0, 5, 2, 0, 0, 0, 2)) // and with Isr
	require.Subset(t, state(), []string{"   Isr: [2]", "   LeaderEpoch: 8", "   PartitionEpoch: 10"})
	require.Subset(t, state(), []string{"Configs: ", " BROKER 1: ", "  x: y", " TOPIC orders: ", "  retention.ms: 5"})
	m.add(record(4, int8(4), "1", "x", []byte{0}))
	require.NotContains(t, state(), "  x: y")
	elr := append(record(5, int32(0), id(topic))[:23], 1, 6, 5, 2, 0, 0, 0, 3)
	elr[2] = 2 // the version that has it
	m.add(elr)
	require.Contains(t, state(), "   EligibleLeaderReplicas: [3]")
	m.add(record(28, "orders"))
	require.NotContains(t, state(), "   EligibleLeaderReplicas: [3]")
	m.add(record(9, id(topic)))
	require.NotContains(t, state(), " orders: ")
	require.NotContains(t, state(), " TOPIC orders: ", "the configs go with the topic")

	m.add(record(0, int32(5), id('i'), int64(9), none, none, []byte{0}, int8(1)))
	require.Subset(t, state(), []string{"Brokers: ", " 5: ", "  Fenced: true"})
	m.add(append(record(17, int32(5), int64(9))[:15], 1, 0, 1, 0xff))
	require.NotContains(t, state(), "  Fenced: true")
	m.add(record(7, int32(5), int64(9)))
	require.Contains(t, state(), "  Fenced: true")
	m.add(record(8, int32(5), int64(9)), record(27, int32(3), id('i'), int8(0), none, none))
	require.NotContains(t, state(), "  Fenced: true")
	require.Subset(t, state(), []string{"Controllers: ", " 3: "})
	m.add(record(1, int32(5), int64(9)), record(29, int32(3)))
	require.NotContains(t, state(), "Brokers: ")

	m.add(record(14, user("alice"), "producer_byte_rate", 1024.0, int8(0)), record(15, int32(1), int64(2), int64(5000)),
		record(18, id('x'), int8(2), "orders", int8(3), "User:alice", "*", int8(3), int8(3)),
		record(11, "bob", int8(1), []byte("\x03ab"), []byte("\x03ab"), []byte("\x03ab"), int32(4096)),
		record(10, "User:carol", "User:carol", none, int64(1), int64(2), int64(3), "token"))
	require.Subset(t, state(), []string{"Quotas: ", " user alice: ", "  producer_byte_rate: 1024.0", "ProducerIds: ", " NextProducerId: 5000", "Acls: ", "  Operation: READ",
		"  PermissionType: ALLOW", "ScramUsers: ", " bob: ", "  SCRAM-SHA-256: 4096", "DelegationTokens: ", " token: User:carol"})
	require.NotContains(t, strings.Join(state(), "\n"), "6162", "what proves a password stays out of it")
	m.add(record(14, user("alice"), "producer_byte_rate", 1024.0, int8(1)), record(19, id('x')), record(22, "bob", int8(1)), record(26, "token"))
	for _, gone := range []string{"  producer_byte_rate: 1024.0", "Acls: ", "  SCRAM-SHA-256: 4096", "DelegationTokens: "} {
		require.NotContains(t, state(), gone)
	}

	m.add(record(23), record(12, "a", int16(1)))
	s := replay(t, m.log, math.MaxInt64)
	require.Equal(t, 1, s.Pending())
	require.NotContains(t, state(), " a: 1")
	m.add(record(25), record(12, "b", int16(1)))
	require.NotContains(t, state(), " a: 1")
	require.Contains(t, state(), " b: 1")

	m.add([]byte("\x01\x7f\x00"))
	require.Equal(t, 1, replay(t, m.log, math.MaxInt64).Unread)
}
