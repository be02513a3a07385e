package e2e

import (
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each client does everything by itself, and franz-go then reads what it wrote: a client that misunderstands the broker
// in the same way twice is found out.
func TestClients(t *testing.T) {
	for name, lib := range map[string]library{"franz-go": franz{}, "sarama": saramaLibrary{}, "segmentio": segmentio{}, "kcat": kcat{}} {
		t.Run(name, func(t *testing.T) {
			if lib, ok := lib.(interface{ available(t *testing.T) }); ok {
				lib.available(t)
			}
			b := startBroker(t)
			for _, codec := range codecs {
				t.Run(codec, func(t *testing.T) { produceAndConsume(t, b, lib, "topic-"+codec, codec) })
			}
			t.Run("group resumes", func(t *testing.T) { groupResumes(t, b, lib, "topic-none") })
			t.Run("delete", func(t *testing.T) {
				lib.remove(t, b.address, "topic-none")
				require.Empty(t, lib.leaders(t, b.address, "topic-none"))
				require.Len(t, lib.leaders(t, b.address, "topic-gzip"), topicPartitions)
			})
		})
	}
}

func produceAndConsume(t *testing.T, b *broker, lib library, topic, codec string) {
	lib.create(t, b.address, topic, topicPartitions)
	require.Equal(t, map[int32]int32{0: 1, 1: 1, 2: 1}, lib.leaders(t, b.address, topic))
	sent := lib.fit(messages(topicRecords))
	lib.produce(t, b.address, topic, codec, sent)
	same(t, sent, lib.consume(t, b.address, topic, len(sent)))
	same(t, sent, franz{}.consume(t, b.address, topic, len(sent)))
	var total int64
	for p, o := range lib.offsets(t, b.address, topic) {
		require.Zero(t, o[0], "first offset of partition %d", p)
		total += o[1]
	}
	require.EqualValues(t, topicRecords, total)
	wantCodec(t, b, topic, codec)
}

// groupResumes reads with one member after the other, and with a stop and a crash of the broker between them: together
// they read everything once.
func groupResumes(t *testing.T, b *broker, lib library, topic string) {
	var got []message
	for i, n := range []int{4000, 1000, topicRecords - 5000} {
		got = append(got, lib.member(t, b.address, topic, "readers", n)...)
		if i == 0 {
			b.stop(t)
			b.start(t)
		} else {
			b.kill()
			b.start(t)
		}
	}
	sort.SliceStable(got, func(i, j int) bool { return got[i].offset < got[j].offset })
	same(t, lib.fit(messages(topicRecords)), got)
}
