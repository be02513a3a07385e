package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	topicPartitions = 3
	topicRecords    = 10_000
)

var codecs = []string{"none", "gzip", "snappy", "lz4", "zstd"}

// message is a record as every client can tell it.
type message struct {
	key, value string
	headers    []header
	partition  int32
	offset     int64
}

type header struct{ key, value string }

// library is a client under test.
type library interface {
	create(t *testing.T, address, topic string, partitions int)
	// produce writes in order, in the library's usual way to choose partitions by key.
	produce(t *testing.T, address, topic, codec string, all []message)
	// consume reads n records from the beginning of all partitions, without a group.
	consume(t *testing.T, address, topic string, n int) []message
	// member joins a group, reads exactly n records, commits them and leaves.
	member(t *testing.T, address, topic, group string, n int) []message
	// offsets returns first and last offset of each partition.
	offsets(t *testing.T, address, topic string) map[int32][2]int64
	// leaders returns the leader of each partition; nothing for a topic that does not exist.
	leaders(t *testing.T, address, topic string) map[int32]int32
	remove(t *testing.T, address, topic string)
	// fit changes messages to what the client can say.
	fit(all []message) []message
}

// messages makes records with keys and headers. Number 0 has an empty value, number 1 bytes that are not text.
func messages(n int) []message {
	all := make([]message, n)
	for i := range all {
		all[i] = message{
			key: fmt.Sprintf("key-%d", i%97), value: fmt.Sprintf("%d %s", i, strings.Repeat("value ", i%7)),
			headers: []header{{"number", fmt.Sprint(i)}, {"empty", ""}},
		}
	}
	all[0].value, all[1].value = "", "\x00\xff\xfe binary"
	return all
}

// same wants got to be exactly what was sent: nothing lost, repeated or changed, and each key's records in order.
func same(t *testing.T, sent, got []message) {
	t.Helper()
	require.Len(t, got, len(sent))
	wantByKey, gotByKey := byKey(sent), byKey(got)
	for key, want := range wantByKey {
		require.Equal(t, want, gotByKey[key], "records of %s", key)
	}
	partitions := map[string]int32{}
	next := map[int32]int64{}
	for _, m := range got {
		if p, ok := partitions[m.key]; ok {
			require.Equal(t, p, m.partition, "one key, one partition")
		}
		partitions[m.key] = m.partition
		require.Equal(t, next[m.partition], m.offset, "offsets of partition %d have no gap", m.partition)
		next[m.partition]++
	}
}

// byKey drops where a record lies: what is left is what was sent.
func byKey(all []message) map[string][]message {
	m := map[string][]message{}
	for _, one := range all {
		one.partition, one.offset = 0, 0
		m[one.key] = append(m[one.key], one)
	}
	return m
}
