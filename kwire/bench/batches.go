package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/IBM/sarama"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// How each library reads the records of batches with their CRC, and writes a batch.

// A batch has recordsPerBatch records with values of valueBytes.
const (
	recordsPerBatch = 1000
	valueBytes      = 100
	baseTimestampMs = 1_700_000_000_000
)

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

// wanted is the tally of n records with the offsets from 0 on.
func wanted(n int) tally { return tally{n, n * valueBytes, int64(n) * int64(n-1) / 2} }

func (t tally) equals(want tally) error {
	if t != want {
		return fmt.Errorf("read %+v, not %+v", t, want)
	}
	return nil
}

func visitKwire(b []byte) (t tally) {
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

func appendKwire(dst, value []byte, baseOffset int64, count int) []byte {
	w := records.NewWriter(dst, records.Options{BaseOffset: baseOffset})
	for i := range count {
		w.AppendKeyValue(baseTimestampMs+int64(i), nil, value)
	}
	b, err := w.Finish()
	must(err)
	return b
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

// visitKgo reads batches on the path that franz-go's consumer takes.
func visitKgo(b []byte) (t tally) {
	p := kmsg.FetchResponseTopicPartition{RecordBatches: b, HighWatermark: 1 << 40}
	got, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Topic: "t"}, &p, kgo.DefaultDecompressor(), nil)
	must(got.Err)
	for _, r := range got.Records {
		t.add(r.Offset, r.Value)
	}
	return t
}

// visitSarama reads the batches of a FetchResponse, in which sarama reads them.
func visitSarama(response []byte) (t tally) {
	var m sarama.FetchResponse
	must(saramaDecode(response, saramaDecoder(&m), fetchVersion, words{}))
	for _, set := range m.GetBlock(topicName, partition).RecordsSet {
		for _, r := range set.RecordBatch.Records {
			t.add(set.RecordBatch.FirstOffset+r.OffsetDelta, r.Value)
		}
	}
	return t
}

// saramaBatch makes a batch as sarama's producer does, of records in all.
func saramaBatch(all []sarama.Record, refs []*sarama.Record, value []byte) *sarama.RecordBatch {
	for i := range all {
		all[i] = sarama.Record{OffsetDelta: int64(i), TimestampDelta: time.Duration(i) * time.Millisecond, Value: value}
		refs[i] = &all[i]
	}
	return &sarama.RecordBatch{
		Version: 2, Records: refs, LastOffsetDelta: int32(len(all) - 1),
		FirstTimestamp: time.UnixMilli(baseTimestampMs), MaxTimestamp: time.UnixMilli(baseTimestampMs + int64(len(all)) - 1),
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1,
	}
}

// visitSegmentio reads batches with their size in front of them.
func visitSegmentio(sized io.Reader, scratch []byte) tally {
	var set protocol.RecordSet
	_, err := set.ReadFrom(sized)
	must(err)
	return drainSegmentio(set.Records, scratch)
}

func drainSegmentio(all protocol.RecordReader, scratch []byte) (t tally) {
	for {
		r, err := all.ReadRecord()
		if err == io.EOF {
			return t
		}
		must(err)
		n, err := io.ReadFull(r.Value, scratch[:r.Value.Len()])
		must(err)
		must(r.Value.Close())
		t.add(r.Offset, scratch[:n])
	}
}

// segmentioRecords makes a batch's records in all.
func segmentioRecords(all []protocol.Record, value []byte) protocol.RecordSet {
	for i := range all {
		all[i] = protocol.Record{Offset: int64(i), Time: time.UnixMilli(baseTimestampMs + int64(i)), Value: protocol.NewBytes(value)}
	}
	return protocol.RecordSet{Version: 2, Records: protocol.NewRecordReader(all...)}
}

func sizedReader(b []byte) *bytes.Reader {
	return bytes.NewReader(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
}
