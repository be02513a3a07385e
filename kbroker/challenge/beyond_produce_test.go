package challenge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// newWriterTopic starts a broker with one empty topic.
func newWriterTopic(t *testing.T, partitions int32, settings ...string) (*broker, *client, topicRef) {
	t.Helper()
	b := startBroker(t)
	c := b.client(t)
	return b, c, topicRef{name: "written", id: c.create("written", partitions, settings...)}
}

// The course never appends twice: base offsets go on, and the batch on disk carries the offset that was assigned.
func TestBeyondProduceAppends(t *testing.T) {
	b, c, topic := newWriterTopic(t, 1)
	var sent [][]byte
	next := int64(0)
	for _, n := range []int{1, 3, 2} {
		values := make([]string, n)
		for i := range values {
			values[i] = fmt.Sprint("v", next+int64(i))
		}
		sent = append(sent, writeBatch(t, records.Options{}, values...))
		got := c.produceOne(at{topic: topic, batch: sent[len(sent)-1]})
		require.Equal(t, errcode.None, got.ErrorCode)
		require.Equal(t, next, got.BaseOffset)
		require.Zero(t, got.LogStartOffset)
		require.EqualValues(t, -1, got.LogAppendTimeMs, "the timestamps are the producer's")
		next += int64(n)
	}
	log, err := os.ReadFile(b.segment("written-0"))
	require.NoError(t, err)
	stored, err := splitBatches(log)
	require.NoError(t, err)
	require.Len(t, stored, len(sent))
	next = 0
	for i, b := range stored {
		require.EqualValues(t, next, binary.BigEndian.Uint64(b), "base offset of batch %d", i)
		require.Equal(t, sent[i][8:12], b[8:12])
		require.GreaterOrEqual(t, int32(binary.BigEndian.Uint32(b[12:])), int32(0), "the leader's epoch, not the producer's -1")
		require.Equal(t, sent[i][16:], b[16:])
		next += int64(binary.BigEndian.Uint32(b[57:]))
	}
	require.Equal(t, []string{"v0", "v1", "v2", "v3", "v4", "v5"}, c.values(at{topic: topic}))
}

// The course sends version 11 only.
func TestBeyondProduceVersions(t *testing.T) {
	_, c, topic := newWriterTopic(t, 1)
	var want []string
	for v := int16(3); v <= 13; v++ {
		value := fmt.Sprint("version ", v)
		got := c.produceAll(v, at{topic: topic, batch: writeBatch(t, records.Options{}, value)})[0]
		require.Equal(t, errcode.None, got.ErrorCode, value)
		require.EqualValues(t, len(want), got.BaseOffset, value)
		want = append(want, value)
	}
	require.Equal(t, want, c.values(at{topic: topic}))
}

// A course batch is of producer 0 that nobody introduced; it and its like from other producers are accepted.
func TestBeyondProduceUnknownProducer(t *testing.T) {
	_, c, topic := newWriterTopic(t, 1)
	require.Zero(t, c.stored(at{topic: topic, batch: courseBatch("written", 0, 2)}))
	require.Len(t, c.values(at{topic: topic}), 2)
}

// acks=0 has no answer at all, so the next bytes on the connection are those of the next request's answer.
func TestBeyondProduceAcks(t *testing.T) {
	b, c, topic := newWriterTopic(t, 1)
	for acks, value := range map[int16]string{0: "none", 1: "leader", -1: "all"} {
		req := produceTyped(acks, at{topic: topic, batch: writeBatch(t, records.Options{}, value)})
		c.send(9, req)
		if acks == 0 {
			c.read++
		} else {
			got := await[*api.ProduceResponse](c, 0, 9).Responses[0].PartitionResponses[0]
			require.Equal(t, errcode.None, got.ErrorCode)
		}
		require.Contains(t, c.values(at{topic: topic}), value)
	}

	c.send(9, produceTyped(2, at{topic: topic, batch: writeBatch(t, records.Options{}, "two")}))
	refused := await[*api.ProduceResponse](c, 0, 9).Responses[0].PartitionResponses[0]
	require.Equal(t, errcode.InvalidRequiredAcks, refused.ErrorCode)
	require.Len(t, c.values(at{topic: topic}), 3)

	// A fault with acks=0 can be told in one way only: the connection ends.
	lost := b.client(t)
	lost.send(9, produceTyped(0, at{topic: topicRef{name: "nobody"}, batch: writeBatch(t, records.Options{}, "lost")}))
	lost.wantClosed("acks=0 to an unknown topic")
}

// What is damaged is refused and never stored, and the connection lives on.
func TestBeyondProduceBadBatches(t *testing.T) {
	_, c, topic := newWriterTopic(t, 1)
	good := writeBatch(t, records.Options{}, "one", "two")
	change := func(f func(b []byte)) []byte {
		b := bytes.Clone(good)
		f(b)
		return b
	}
	sealed := func(f func(b []byte)) []byte { // changed, and with a right checksum
		return change(func(b []byte) {
			f(b)
			binary.BigEndian.PutUint32(b[17:], crc32c(b[21:]))
		})
	}
	for _, x := range []struct {
		name  string
		batch []byte
		want  []errcode.Code
	}{
		{"bad crc", change(func(b []byte) { b[len(b)-1] ^= 1 }), []errcode.Code{errcode.CorruptMessage}},
		{"wrong count", sealed(func(b []byte) { binary.BigEndian.PutUint32(b[57:], 3) }), []errcode.Code{errcode.InvalidRecord, errcode.CorruptMessage}},
		{"wrong last offset delta", sealed(func(b []byte) { binary.BigEndian.PutUint32(b[23:], 5) }), []errcode.Code{errcode.InvalidRecord, errcode.CorruptMessage}},
		{"length too large", change(func(b []byte) { b[11]++ }), []errcode.Code{errcode.CorruptMessage, errcode.InvalidRecord}},
		{"length too small", change(func(b []byte) { b[11]-- }), []errcode.Code{errcode.CorruptMessage, errcode.InvalidRecord}},
		{"magic 3", change(func(b []byte) { b[16] = 3 }), []errcode.Code{errcode.CorruptMessage, errcode.InvalidRecord}},
		{"two batches", append(bytes.Clone(good), good...), []errcode.Code{errcode.InvalidRecord}},
		{"no batch", []byte{}, []errcode.Code{errcode.InvalidRecord}},
		{"a header only", good[:40], []errcode.Code{errcode.CorruptMessage, errcode.InvalidRecord}},
		{"control batch", sealed(func(b []byte) { b[22] |= 0x20 }), []errcode.Code{errcode.InvalidRecord}},
		{"too large", writeBatch(t, records.Options{}, string(make([]byte, 1100000))), []errcode.Code{errcode.MessageTooLarge}},
		{"from the future", sealed(func(b []byte) {
			day := time.Now().Add(24 * time.Hour).UnixMilli()
			binary.BigEndian.PutUint64(b[27:], uint64(day))
			binary.BigEndian.PutUint64(b[35:], uint64(day)+1)
		}), []errcode.Code{errcode.InvalidTimestamp}},
	} {
		got := c.produceOne(at{topic: topic, batch: x.batch})
		require.Contains(t, x.want, got.ErrorCode, "%s: %s", x.name, got.ErrorMessage.V)
		require.EqualValues(t, -1, got.BaseOffset, x.name)
	}
	require.Empty(t, c.values(at{topic: topic}))
	require.Zero(t, c.stored(at{topic: topic, batch: good}), "nothing before took an offset")
}

// A compressed batch stays as it is and comes back as it was.
func TestBeyondProduceCompression(t *testing.T) {
	_, c, topic := newWriterTopic(t, 1)
	var sent [][]byte
	for _, codec := range []records.Codec{records.None, records.Gzip, records.Snappy, records.Lz4, records.Zstd} {
		sent = append(sent, writeBatch(t, records.Options{Codec: codec}, codec.String(), "again and again and again and again"))
		require.EqualValues(t, 2*(len(sent)-1), c.stored(at{topic: topic, batch: sent[len(sent)-1]}))
	}
	got := c.fetchOne(currentFetch, at{topic: topic})
	i := 0
	for b, err := range records.Batches(got.Records) {
		require.NoError(t, err)
		require.Equal(t, sent[i][16:], b.Bytes()[16:])
		i++
	}
	require.Equal(t, len(sent), i)
	require.Len(t, valuesOf(t, got.Records, 0), 10)

	// A payload that is not what its codec says is refused.
	b := writeBatch(t, records.Options{}, "not gzip at all")
	b[22] |= byte(records.Gzip)
	binary.BigEndian.PutUint32(b[17:], crc32c(b[21:]))
	refused := c.produceOne(at{topic: topic, batch: b})
	require.NotEqual(t, errcode.None, refused.ErrorCode)
	require.Len(t, c.values(at{topic: topic}), 10)
}

// zstd came with version 7 (KIP-110). Older versions may not write it; they get what newer ones wrote, as from Kafka 4.
func TestBeyondProduceZstdNeedsVersion7(t *testing.T) {
	_, c, topic := newWriterTopic(t, 1)
	b := writeBatch(t, records.Options{Codec: records.Zstd}, "too new")
	require.Equal(t, errcode.UnsupportedCompressionType, c.produceAll(6, at{topic: topic, batch: b})[0].ErrorCode)
	require.Equal(t, errcode.None, c.produceAll(7, at{topic: topic, batch: b})[0].ErrorCode)
	for v := int16(4); v <= currentFetch; v++ {
		require.Equal(t, []string{"too new"}, valuesOf(t, c.fetchOne(v, at{topic: topic}).Records, 0), "fetch version %d", v)
	}
}

// A producer that repeats a batch because it did not hear the answer gets the same answer and no second copy.
func TestBeyondProduceIdempotent(t *testing.T) {
	b, c, topic := newWriterTopic(t, 2)
	init := api.NewInitProducerIdRequest()
	init.TransactionalID, init.TransactionTimeoutMs = wire.Null[string]{}, 1000
	who := askFor[*api.InitProducerIdResponse](c, 4, &init)
	require.Equal(t, errcode.None, who.ErrorCode)
	require.GreaterOrEqual(t, who.ProducerID, int64(0))
	second := askFor[*api.InitProducerIdResponse](c, 4, &init)
	require.NotEqual(t, who.ProducerID, second.ProducerID)

	write := func(c *client, epoch int16, sequence int32, values ...string) api.ProduceResponsePartitionProduce {
		return c.produceOne(at{topic: topic, batch: writeBatch(t, records.Options{
			Producer: &records.Producer{ID: who.ProducerID, Epoch: epoch, BaseSequence: sequence},
		}, values...)})
	}
	expect := func(got api.ProduceResponsePartitionProduce, code errcode.Code, offset int64, msg string) {
		t.Helper()
		require.Equal(t, code, got.ErrorCode, msg)
		require.Equal(t, offset, got.BaseOffset, msg)
	}
	expect(write(c, 0, 0, "a", "b"), errcode.None, 0, "first")
	expect(write(c, 0, 2, "c"), errcode.None, 2, "second")
	expect(write(c, 0, 0, "a", "b"), errcode.None, 0, "the first again")
	expect(write(c, 0, 2, "c"), errcode.None, 2, "the second again")
	expect(write(c, 0, 4, "e"), errcode.OutOfOrderSequenceNumber, -1, "one is missing")
	require.Equal(t, []string{"a", "b", "c"}, c.values(at{topic: topic}))

	// The broker remembers it across an orderly stop and across a crash.
	b.restart(t)
	c = b.client(t)
	expect(write(c, 0, 2, "c"), errcode.None, 2, "the second again after a restart")
	expect(write(c, 0, 3, "d"), errcode.None, 3, "the next after a restart")
	b.kill()
	b.start(t)
	c = b.client(t)
	expect(write(c, 0, 3, "d"), errcode.None, 3, "the last again after a crash")
	expect(write(c, 1, 0, "e"), errcode.None, 4, "a new epoch begins at sequence 0")
	expect(write(c, 0, 4, "late"), errcode.InvalidProducerEpoch, -1, "the old epoch is over")
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, c.values(at{topic: topic}))
	third := askFor[*api.InitProducerIdResponse](c, 4, &init)
	require.Greater(t, third.ProducerID, second.ProducerID, "no id is given twice")
}

// Each partition of a request stands for itself.
func TestBeyondProducePartlyInvalid(t *testing.T) {
	_, c, topic := newWriterTopic(t, 2)
	good, bad := writeBatch(t, records.Options{}, "good"), writeBatch(t, records.Options{}, "bad")
	bad[17] ^= 1
	nobody := topicRef{name: "nobody", id: wire.UUID{1}}
	got := c.produceAll(12, at{topic: topic, batch: good}, at{topic: topic, partition: 1, batch: bad}, at{topic: topic, partition: 9, batch: good}, at{topic: nobody, batch: good})
	codes := []errcode.Code{got[0].ErrorCode, got[1].ErrorCode, got[2].ErrorCode, got[3].ErrorCode}
	require.Equal(t, []errcode.Code{errcode.None, errcode.CorruptMessage, errcode.UnknownTopicOrPartition, errcode.UnknownTopicOrPartition}, codes)
	require.Equal(t, errcode.UnknownTopicID, c.produceAll(13, at{topic: nobody, batch: good})[0].ErrorCode)
	require.Equal(t, []string{"good"}, c.values(at{topic: topic}))
	require.Empty(t, c.values(at{topic: topic, partition: 1}))
}

// With LogAppendTime the broker's clock counts: in the answer, in the batch, and in its checksum.
func TestBeyondProduceLogAppendTime(t *testing.T) {
	_, c, topic := newWriterTopic(t, 1, "message.timestamp.type", "LogAppendTime")
	before := time.Now().UnixMilli()
	got := c.produceOne(at{topic: topic, batch: courseBatch("written", 0, 2)})
	require.Equal(t, errcode.None, got.ErrorCode)
	require.GreaterOrEqual(t, got.LogAppendTimeMs, before)
	for b, err := range records.Batches(c.fetchOne(currentFetch, at{topic: topic}).Records) {
		require.NoError(t, err)
		require.NoError(t, b.CheckCRC())
		require.Equal(t, records.LogAppendTime, b.TimestampType())
		require.Equal(t, got.LogAppendTimeMs, b.MaxTimestamp())
	}
}

// Produce, and fetch it on the same connection and on another: the course never does both.
func TestBeyondProduceThenFetch(t *testing.T) {
	b, c, topic := newWriterTopic(t, 3)
	for p := range int32(3) {
		c.stored(at{topic: topic, partition: p, batch: writeBatch(t, records.Options{}, fmt.Sprint("p", p))})
	}
	other := b.client(t)
	for p := range int32(3) {
		want := []string{fmt.Sprint("p", p)}
		require.Equal(t, want, c.values(at{topic: topic, partition: p}))
		require.Equal(t, want, other.values(at{topic: topic, partition: p}))
	}
}
