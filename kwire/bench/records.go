package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// recordRows are the tasks on records.
func recordRows() []*row {
	return []*row{batchDecodeRow(), batchEncodeRow(), produceEncodeRow(), fetchRow()}
}

// tally is what a reader of records adds up, so that nobody skips any.
type tally struct {
	records, valueBytes int
	offsets             int64
}

func (t *tally) add(offset int64, value []byte) {
	t.records++
	t.valueBytes += len(value)
	t.offsets += offset
}

// wanted is the tally of n batches that follow each other.
func wanted(batches int) tally {
	n := batches * recordsPerBatch
	return tally{n, n * valueBytes, int64(n) * int64(n-1) / 2}
}

func (t tally) equals(want tally) error {
	if t != want {
		return fmt.Errorf("read %+v, not %+v", t, want)
	}
	return nil
}

func visit(b []byte) (t tally) {
	for batch, err := range records.Batches(b) {
		must(err)
		must(batch.CheckCRC())
		for r, err := range batch.Records(nil, 0) {
			must(err)
			t.add(r.Offset, r.Value)
		}
	}
	return t
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batchHeaderBytes is where a batch's records begin, sizedBytes what stands before the bytes that its size counts.
const (
	batchHeaderBytes = 61
	sizedBytes       = 12
	crcFrom          = 21
)

// visitKmsg reads batches as users of kmsg do: a RecordBatch, then one Record after the other.
func visitKmsg(b []byte) (t tally) {
	for len(b) > 0 {
		size := sizedBytes + int(binary.BigEndian.Uint32(b[8:]))
		var batch kmsg.RecordBatch
		must(batch.UnsafeReadFrom(b[:size]))
		if crc32.Checksum(b[crcFrom:size], castagnoli) != uint32(batch.CRC) {
			panic("crc")
		}
		in := batch.Records
		var r kmsg.Record
		for range batch.NumRecords {
			length, n := binary.Varint(in)
			must(r.UnsafeReadFrom(in[:int(length)+n]))
			in = in[int(length)+n:]
			t.add(batch.FirstOffset+int64(r.OffsetDelta), r.Value)
		}
		b = b[size:]
	}
	return t
}

func visitKgo(b []byte) (t tally) {
	p := kmsg.FetchResponseTopicPartition{RecordBatches: b, HighWatermark: 1 << 40}
	got, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Topic: "t"}, &p, kgo.DefaultDecompressor(), nil)
	must(got.Err)
	for _, r := range got.Records {
		t.add(r.Offset, r.Value)
	}
	return t
}

func visitSegmentio(sized []byte) (t tally) {
	var set protocol.RecordSet
	_, err := set.ReadFrom(bytes.NewReader(sized))
	must(err)
	for {
		r, err := set.Records.ReadRecord()
		if err == io.EOF {
			return t
		}
		must(err)
		value, err := protocol.ReadAll(r.Value)
		must(err)
		t.add(r.Offset, value)
	}
}

func batchDecodeRow() *row {
	b := batch(0)
	sized := append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
	r := &row{task: "batch of 1,000 × 100 B, decode with CRC", bytes: len(b)}
	want := wanted(1)
	for _, c := range []struct {
		name string
		read func() tally
	}{
		{kwireReused, func() tally { return visit(b) }},
		{kmsgFresh, func() tally { return visitKmsg(b) }},
		{kgoFetch, func() tally { return visitKgo(b) }},
		{segmentio, func() tally { return visitSegmentio(sized) }},
	} {
		r.add(c.name, "", func() error { return c.read().equals(want) }, func() { c.read() })
	}
	return r
}

// appendKmsg writes a batch as users of kmsg do: record by record, then the header around them.
func appendKmsg(dst, scratch, value []byte) (out, body []byte) {
	body = scratch[:0]
	var r kmsg.Record
	r.Value = value
	var one [32]byte
	for i := range recordsPerBatch {
		r.TimestampDelta64, r.OffsetDelta = int64(i), int32(i)
		r.Length = 0
		// The length of a record counts what comes after it; all but the value is short.
		r.Length = int32(1 + len(binary.AppendVarint(one[:0], int64(i)))*2 + 1 + len(binary.AppendVarint(one[:0], valueBytes)) + valueBytes + 1)
		body = r.AppendTo(body)
	}
	b := kmsg.RecordBatch{
		Length: int32(batchHeaderBytes - sizedBytes + len(body)), Magic: 2,
		LastOffsetDelta: recordsPerBatch - 1, FirstTimestamp: baseTimestampMs, MaxTimestamp: baseTimestampMs + recordsPerBatch - 1,
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: recordsPerBatch, Records: body,
	}
	at := len(dst)
	dst = b.AppendTo(dst)
	binary.BigEndian.PutUint32(dst[at+17:], crc32.Checksum(dst[at+crcFrom:], castagnoli))
	return dst, body
}

func appendKwire(dst, value []byte) []byte {
	w := records.NewWriter(dst, records.Options{})
	for i := range recordsPerBatch {
		w.AppendFields(baseTimestampMs+int64(i), nil, value, records.Headers{})
	}
	b, err := w.Finish()
	must(err)
	return b
}

func batchEncodeRow() *row {
	want := batch(0)
	value := make([]byte, valueBytes)
	r := &row{task: "batch of 1,000 × 100 B, encode", bytes: len(want)}
	var ours, theirs, scratch []byte
	encode := func() { ours = appendKwire(ours[:0], value) }
	r.add(kwireReused, "", func() error { encode(); return same(ours, want) }, encode)
	encodeKmsg := func() { theirs, scratch = appendKmsg(theirs[:0], scratch, value) }
	r.add(kmsgFresh, "", func() error { encodeKmsg(); return same(theirs, want) }, encodeKmsg)
	var out bytes.Buffer
	all := make([]protocol.Record, recordsPerBatch)
	encodeSegmentio := func() {
		for i := range all {
			all[i] = protocol.Record{Offset: int64(i), Time: time.UnixMilli(baseTimestampMs + int64(i)), Value: protocol.NewBytes(value)}
		}
		out.Reset()
		set := protocol.RecordSet{Version: 2, Records: protocol.NewRecordReader(all...)}
		_, err := set.WriteTo(&out)
		must(err)
	}
	r.add(segmentio, "", func() error { encodeSegmentio(); return visitSegmentio(out.Bytes()).equals(wanted(1)) }, encodeSegmentio)
	return r
}

const produceVersion = 9

func produceEncodeRow() *row {
	value := make([]byte, valueBytes)
	var ours, oursBatch, theirs, theirsBatch, scratch []byte
	m := api.NewProduceRequest()
	m.Acks, m.TimeoutMs = -1, 30_000
	m.TopicData = []api.ProduceRequestTopicProduceData{{Name: "orders", PartitionData: []api.ProduceRequestPartitionProduceData{{Index: 3}}}}
	encode := func() {
		oursBatch = appendKwire(oursBatch[:0], value)
		m.TopicData[0].PartitionData[0].Records = oursBatch
		var err error
		ours, err = m.AppendTo(ours[:0], produceVersion)
		must(err)
	}
	k := kmsg.NewProduceRequest()
	k.SetVersion(produceVersion)
	k.Acks, k.TimeoutMillis = -1, 30_000
	k.Topics = []kmsg.ProduceRequestTopic{{Topic: "orders", Partitions: []kmsg.ProduceRequestTopicPartition{{Partition: 3}}}}
	encodeKmsg := func() {
		theirsBatch, scratch = appendKmsg(theirsBatch[:0], scratch, value)
		k.Topics[0].Partitions[0].Records = theirsBatch
		theirs = k.AppendTo(theirs[:0])
	}
	encode()
	r := &row{task: "ProduceRequest v9 with that batch, encode", bytes: len(ours)}
	r.add(kwireReused, "", func() error { encode(); encodeKmsg(); return same(ours, theirs) }, encode)
	r.add(kmsgFresh, "", func() error { encode(); encodeKmsg(); return same(theirs, ours) }, encodeKmsg)
	return r
}

const (
	fetchVersion = 12
	fetchBatches = 9 // about 1 MB
)

func fetchRow() *row {
	m := api.NewFetchResponse()
	p := api.NewFetchResponsePartitionData()
	p.HighWatermark = fetchBatches * recordsPerBatch
	for i := range fetchBatches {
		p.Records = append(p.Records, batch(int64(i)*recordsPerBatch)...)
	}
	t := api.NewFetchResponseFetchableTopic()
	t.Topic, t.Partitions = "orders", []api.FetchResponsePartitionData{p}
	m.Responses = []api.FetchResponseFetchableTopic{t}
	src, err := m.AppendTo(nil, fetchVersion)
	must(err)
	want := wanted(fetchBatches)
	r := &row{task: "FetchResponse v12 of 1 MB, every record visited", bytes: len(src)}

	var reused api.FetchResponse
	alias := &wire.DecodeOptions{Alias: true}
	read := func() tally {
		_, err := reused.DecodeFrom(src, fetchVersion, alias)
		must(err)
		return visit(reused.Responses[0].Partitions[0].Records)
	}
	r.add(kwireReused, "", func() error { return read().equals(want) }, func() { read() })
	theirs := func(visit func([]byte) tally) func() tally {
		return func() tally {
			var m kmsg.FetchResponse
			m.SetVersion(fetchVersion)
			must(m.ReadFrom(src))
			return visit(m.Topics[0].Partitions[0].RecordBatches)
		}
	}
	loop, kgo := theirs(visitKmsg), theirs(visitKgo)
	r.add(kmsgFresh, "", func() error { return loop().equals(want) }, func() { loop() })
	r.add(kgoFetch, "", func() error { return kgo().equals(want) }, func() { kgo() })
	return r
}
