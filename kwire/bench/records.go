package main

import (
	"bytes"
	"io"

	"github.com/IBM/sarama"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	produceVersion          = 9
	fetchVersion            = 12
	segmentioProduceVersion = 8
	segmentioFetchVersion   = 11

	topicName = "orders"
	partition = 3
)

// recordRows are the tasks on records.
func recordRows() []*row {
	return []*row{
		batchDecodeRow(), batchEncodeRow(),
		produceDecodeRow(), produceEncodeRow(),
		fetchDecodeRow(), fetchEncodeRow(),
	}
}

func batchBytes() []byte { return appendKwire(nil, make([]byte, valueBytes), 0, recordsPerBatch) }

func batchDecodeRow() *row {
	b := batchBytes()
	r := &row{task: "batch of 1,000 × 100 B, decode with CRC", bytes: len(b)}
	r.visits(kwireReused, "", recordsPerBatch, func() tally { return visitKwire(b) })
	r.visits(kmsgFresh, "", recordsPerBatch, func() tally { return visitKmsg(b) })
	r.visits(kgoFetch, "", recordsPerBatch, func() tally { return visitKgo(b) })
	response, err := fetchResponse(b).AppendTo(nil, fetchVersion)
	must(err)
	r.visits(saramaName, "in Fetch", recordsPerBatch, func() tally { return visitSarama(response) })
	sized, scratch := sizedReader(b), make([]byte, valueBytes)
	r.visits(segmentio, "", recordsPerBatch, func() tally {
		_, err := sized.Seek(0, io.SeekStart)
		must(err)
		return visitSegmentio(sized, scratch)
	})
	return r
}

// visits adds a contender that visits n records.
func (r *row) visits(name, note string, n int, read func() tally) {
	r.add(name, note, func() error { return read().equals(wanted(n)) }, func() { read() })
}

func batchEncodeRow() *row {
	want, value := batchBytes(), make([]byte, valueBytes)
	r := &row{task: "batch of 1,000 × 100 B, encode", bytes: len(want)}
	var ours, theirs, scratch []byte
	write := func() { ours = appendKwire(ours[:0], value, 0, recordsPerBatch) }
	r.add(kwireReused, "", func() error { write(); return same(ours, want) }, write)
	writeKmsg := func() { theirs, scratch = appendKmsg(theirs[:0], scratch, value) }
	r.add(kmsgFresh, "", func() error { writeKmsg(); return same(theirs, want) }, writeKmsg)

	all, refs := make([]sarama.Record, recordsPerBatch), make([]*sarama.Record, recordsPerBatch)
	writeSarama := func() []byte {
		b, err := saramaEncode(saramaEncoder(saramaBatch(all, refs, value)), words{})
		must(err)
		return b
	}
	r.add(saramaName, "", func() error { return same(writeSarama(), want) }, func() { writeSarama() })

	var out bytes.Buffer
	others := make([]protocol.Record, recordsPerBatch)
	writeSegmentio := func() {
		out.Reset()
		set := segmentioRecords(others, value)
		_, err := set.WriteTo(&out)
		must(err)
	}
	r.add(segmentio, "", func() error {
		writeSegmentio()
		return visitSegmentio(&out, make([]byte, valueBytes)).equals(wanted(recordsPerBatch))
	}, writeSegmentio)
	return r
}

func produceRequest(batch []byte) *api.ProduceRequest {
	m := api.NewProduceRequest()
	m.Acks, m.TimeoutMs = -1, 30_000
	m.TopicData = []api.ProduceRequestTopicProduceData{{Name: topicName, PartitionData: []api.ProduceRequestPartitionProduceData{{Index: partition, Records: batch}}}}
	return &m
}

func produceDecodeRow() *row {
	m := produceRequest(batchBytes())
	src, err := m.AppendTo(nil, produceVersion)
	must(err)
	r := &row{task: "ProduceRequest v9 with that batch, decode, every record visited", bytes: len(src)}
	ours := func(into *api.ProduceRequest, o *wire.DecodeOptions) tally {
		_, err := into.DecodeFrom(src, produceVersion, o)
		must(err)
		return visitKwire(into.TopicData[0].PartitionData[0].Records)
	}
	var reused api.ProduceRequest
	alias := &wire.DecodeOptions{Alias: true}
	r.visits(kwireFresh, "", recordsPerBatch, func() tally { return ours(new(api.ProduceRequest), nil) })
	r.visits(kwireReused, "", recordsPerBatch, func() tally { return ours(&reused, alias) })
	r.visits(kmsgFresh, "", recordsPerBatch, func() tally {
		var m kmsg.ProduceRequest
		m.SetVersion(produceVersion)
		must(m.ReadFrom(src))
		return visitKmsg(m.Topics[0].Partitions[0].Records)
	})
	var theirs kmsg.ProduceRequest
	theirs.SetVersion(produceVersion)
	r.visits(kmsgReused, "", recordsPerBatch, func() tally {
		must(theirs.UnsafeReadFrom(src))
		return visitKmsg(theirs.Topics[0].Partitions[0].Records)
	})
	// What sarama has read is not exported, so that its records are read but not counted.
	readSarama := func() *sarama.ProduceRequest {
		var m sarama.ProduceRequest
		must(saramaDecode(src, saramaDecoder(&m), produceVersion, words{}))
		return &m
	}
	r.add(saramaName, "", func() error {
		b, err := saramaEncode(saramaEncoder(readSarama()), words{})
		must(err)
		return same(b, src)
	}, func() { readSarama() })
	in, scratch := bytes.NewReader(frame(m, segmentioProduceVersion)), make([]byte, valueBytes)
	r.visits(segmentio, "v8", recordsPerBatch, func() tally {
		_, err := in.Seek(0, io.SeekStart)
		must(err)
		got := readSegmentio(in, m, segmentioProduceVersion).(*produce.Request)
		return drainSegmentio(got.Topics[0].Partitions[0].RecordSet.Records, scratch)
	})
	return r
}

func produceEncodeRow() *row {
	value := make([]byte, valueBytes)
	m := produceRequest(nil)
	var ours, oursBatch, theirs, theirsBatch, scratch []byte
	write := func() {
		oursBatch = appendKwire(oursBatch[:0], value, 0, recordsPerBatch)
		m.TopicData[0].PartitionData[0].Records = oursBatch
		var err error
		ours, err = m.AppendTo(ours[:0], produceVersion)
		must(err)
	}
	k := kmsg.NewProduceRequest()
	k.SetVersion(produceVersion)
	k.Acks, k.TimeoutMillis = -1, 30_000
	k.Topics = []kmsg.ProduceRequestTopic{{Topic: topicName, Partitions: []kmsg.ProduceRequestTopicPartition{{Partition: partition}}}}
	writeKmsg := func() {
		theirsBatch, scratch = appendKmsg(theirsBatch[:0], scratch, value)
		k.Topics[0].Partitions[0].Records = theirsBatch
		theirs = k.AppendTo(theirs[:0])
	}
	write()
	want := bytes.Clone(ours)
	r := &row{task: "ProduceRequest v9 with that batch, encode", bytes: len(want)}
	r.add(kwireReused, "", func() error { write(); return same(ours, want) }, write)
	r.add(kmsgFresh, "", func() error { writeKmsg(); return same(theirs, want) }, writeKmsg)

	all, refs := make([]sarama.Record, recordsPerBatch), make([]*sarama.Record, recordsPerBatch)
	s := &sarama.ProduceRequest{Version: produceVersion, RequiredAcks: -1, Timeout: 30_000}
	encoder := saramaEncoder(s)
	writeSarama := func() []byte {
		s.AddBatch(topicName, partition, saramaBatch(all, refs, value))
		b, err := saramaEncode(encoder, words{})
		must(err)
		return b
	}
	r.add(saramaName, "", func() error { return same(writeSarama(), want) }, func() { writeSarama() })

	var out bytes.Buffer
	others := make([]protocol.Record, recordsPerBatch)
	p := &produce.Request{Acks: -1, Timeout: 30_000, Topics: []produce.RequestTopic{{Topic: topicName, Partitions: []produce.RequestPartition{{Partition: partition}}}}}
	writeSegmentio := func() {
		out.Reset()
		p.Topics[0].Partitions[0].RecordSet = segmentioRecords(others, value)
		writeSegmentioTo(&out, m, segmentioProduceVersion, p)
	}
	r.add(segmentio, "v8", func() error {
		writeSegmentio()
		got := readSegmentio(&out, m, segmentioProduceVersion).(*produce.Request)
		return drainSegmentio(got.Topics[0].Partitions[0].RecordSet.Records, make([]byte, valueBytes)).equals(wanted(recordsPerBatch))
	}, writeSegmentio)
	return r
}

// fetchRecords is how many of the records make 1 MiB.
const fetchRecords = 9445

func fetchedBatches() (b []byte) {
	for at := 0; at < fetchRecords; at += recordsPerBatch {
		b = appendKwire(b, make([]byte, valueBytes), int64(at), min(recordsPerBatch, fetchRecords-at))
	}
	return b
}

func fetchResponse(batches []byte) *api.FetchResponse {
	m := api.NewFetchResponse()
	p := api.NewFetchResponsePartitionData()
	p.PartitionIndex, p.HighWatermark, p.Records = partition, fetchRecords, batches
	t := api.NewFetchResponseFetchableTopic()
	t.Topic, t.Partitions = topicName, []api.FetchResponsePartitionData{p}
	m.Responses = []api.FetchResponseFetchableTopic{t}
	return &m
}

func fetchDecodeRow() *row {
	m := fetchResponse(fetchedBatches())
	src, err := m.AppendTo(nil, fetchVersion)
	must(err)
	r := &row{task: "FetchResponse v12 of 1 MiB, decode, every record visited", bytes: len(src)}
	ours := func(into *api.FetchResponse, o *wire.DecodeOptions) tally {
		_, err := into.DecodeFrom(src, fetchVersion, o)
		must(err)
		return visitKwire(into.Responses[0].Partitions[0].Records)
	}
	theirs := func(into *kmsg.FetchResponse, read func([]byte) error, visit func([]byte) tally) tally {
		into.SetVersion(fetchVersion)
		must(read(src))
		return visit(into.Topics[0].Partitions[0].RecordBatches)
	}
	var reused api.FetchResponse
	alias := &wire.DecodeOptions{Alias: true}
	r.visits(kwireFresh, "", fetchRecords, func() tally { return ours(new(api.FetchResponse), nil) })
	r.visits(kwireReused, "", fetchRecords, func() tally { return ours(&reused, alias) })
	r.visits(kmsgFresh, "", fetchRecords, func() tally {
		var m kmsg.FetchResponse
		return theirs(&m, m.ReadFrom, visitKmsg)
	})
	var kmsgValue kmsg.FetchResponse
	r.visits(kmsgReused, "", fetchRecords, func() tally { return theirs(&kmsgValue, kmsgValue.UnsafeReadFrom, visitKmsg) })
	r.visits(kgoFetch, "", fetchRecords, func() tally {
		var m kmsg.FetchResponse
		return theirs(&m, m.ReadFrom, visitKgo)
	})
	r.visits(saramaName, "", fetchRecords, func() tally { return visitSarama(src) })
	in, scratch := bytes.NewReader(frame(m, segmentioFetchVersion)), make([]byte, valueBytes)
	r.visits(segmentio, "v11", fetchRecords, func() tally {
		_, err := in.Seek(0, io.SeekStart)
		must(err)
		got := readSegmentio(in, m, segmentioFetchVersion).(*fetch.Response)
		return drainSegmentio(got.Topics[0].Partitions[0].RecordSet.Records, scratch)
	})
	return r
}

// fetchEncodeRow is for those who send batches as they are, as a broker or a proxy does: sarama and segmentio/kafka-go cannot.
func fetchEncodeRow() *row {
	m := message{version: fetchVersion, value: fetchResponse(fetchedBatches()), kwire: kwireOf[api.FetchResponse], kmsg: kmsgOf[kmsg.FetchResponse]}
	r := m.encodeRow()
	r.task = "FetchResponse v12 of 1 MiB, encode around the batches' bytes"
	return r
}
