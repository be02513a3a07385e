package inspect

import (
	"strconv"

	"github.com/kwire-project/kafka/kwire/records"
)

// AppendBatchesJSON appends record batches that stand alone as a JSON array, as AppendJSON writes the
// batches of a message.
func (o Options) AppendBatchesJSON(dst, src []byte) []byte { return o.appendBatches(dst, src) }

// appendBatches writes record batches as an array of objects. What cannot be read is the string
// "error" of the last object, or of the batch whose records are damaged.
func (o *Options) appendBatches(dst, src []byte) []byte {
	dst = append(dst, '[')
	first := true
	for b, err := range records.Batches(src) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if err != nil {
			dst = append(appendJSONString(append(dst, `{"error":`...), []byte(err.Error())), '}')
			break
		}
		dst = o.appendBatch(dst, b)
	}
	return append(dst, ']')
}

func (o *Options) appendBatch(dst []byte, b records.Batch) []byte {
	w := object{dst: append(dst, '{')}
	w.int("magic", int64(b.Magic()))
	w.int("sizeInBytes", int64(b.Size()))
	w.int("baseOffset", b.BaseOffset())
	w.int("lastOffset", b.LastOffset())
	w.text("compression", b.Codec().String())
	w.text("timestampType", b.TimestampType().String())
	if b.Magic() > 0 {
		w.int("maxTimestamp", b.MaxTimestamp())
	}
	w.int("crc", int64(b.CRC()))
	w.bool("crcOk", b.CheckCRC() == nil)
	if b.Magic() == 2 {
		w.int("partitionLeaderEpoch", int64(b.PartitionLeaderEpoch()))
		w.int("producerId", b.ProducerID())
		w.int("producerEpoch", int64(b.ProducerEpoch()))
		w.int("baseSequence", int64(b.BaseSequence()))
		w.int("lastSequence", int64(b.LastSequence()))
		w.bool("transactional", b.IsTransactional())
		w.bool("control", b.IsControl())
		w.int("baseTimestamp", b.BaseTimestamp())
		if ms, ok := b.DeleteHorizonMs(); ok {
			w.int("deleteHorizonMs", ms)
		}
		w.int("count", int64(b.Count()))
	}
	w.name("records")
	w.dst = append(w.dst, '[')
	var failure error
	n := 0
	for r, err := range b.RecordsWith(records.ReadOptions{Decompressor: o.Decompressor, Limit: o.MaxDecompressedBytes, Lenient: o.Lenient}) {
		if err != nil {
			failure = err
			break
		}
		if n++; n > 1 {
			w.dst = append(w.dst, ',')
		}
		w.dst = appendRecord(w.dst, b, r)
	}
	w.dst = append(w.dst, ']')
	if failure != nil {
		w.text("error", failure.Error())
	}
	return append(w.dst, '}')
}

func appendRecord(dst []byte, b records.Batch, r records.Record) []byte {
	w := object{dst: append(dst, '{')}
	w.int("offset", r.Offset)
	if b.Magic() > 0 {
		w.int("timestamp", r.Timestamp)
	}
	w.bytes("key", r.Key)
	w.bytes("value", r.Value)
	if b.Magic() == 2 {
		w.int("sequence", int64(b.Sequence(r)))
		w.name("headers")
		w.dst = append(w.dst, '[')
		n := 0
		for key, value := range r.Headers.All() {
			if n++; n > 1 {
				w.dst = append(w.dst, ',')
			}
			w.dst = append(appendJSONString(append(w.dst, '['), key), ',')
			w.dst = append(appendNullBase64(w.dst, value), ']')
		}
		w.dst = append(w.dst, ']')
		if b.IsControl() {
			if c, err := records.ParseControl(r); err == nil {
				w.text("controlType", c.Type.String())
			}
		}
	}
	return append(w.dst, '}')
}

func appendNullBase64(dst, b []byte) []byte {
	if b == nil {
		return append(dst, "null"...)
	}
	return appendBase64(dst, b)
}

// object writes the members of a JSON object.
type object struct {
	dst []byte
	any bool
}

func (w *object) name(s string) {
	if w.any {
		w.dst = append(w.dst, ',')
	}
	w.any = true
	w.dst = append(append(append(w.dst, '"'), s...), '"', ':')
}

func (w *object) int(name string, v int64) {
	w.name(name)
	w.dst = strconv.AppendInt(w.dst, v, 10)
}

func (w *object) bool(name string, v bool) {
	w.name(name)
	w.dst = strconv.AppendBool(w.dst, v)
}

func (w *object) text(name, v string) {
	w.name(name)
	w.dst = appendJSONString(w.dst, []byte(v))
}

func (w *object) bytes(name string, v []byte) {
	w.name(name)
	w.dst = appendNullBase64(w.dst, v)
}
