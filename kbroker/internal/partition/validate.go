package partition

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// maxDecompressedBatchBytes bounds what a compressed batch may unpack to, unless a single record may be larger.
const maxDecompressedBatchBytes = 100 << 20

func refuse(code errcode.Code, format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{code}, args...)...)
}

// check says whether batches may be appended, without looking at the log. It follows
// ProduceRequest.validateRecords, UnifiedLog.analyzeAndValidateRecords and LogValidator, in their order, but
// takes nothing that would mislead a reader later. It returns the batches to store.
func (p *Partition) check(b []byte, config Config, o AppendOptions) ([]byte, error) {
	n, withProducer := 0, 0
	for batch, err := range records.Batches(b) {
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errcode.CorruptMessage, err)
		}
		n++
		if err := checkBatch(batch, config, o.Origin); err != nil {
			return nil, err
		}
		if batch.ProducerID() != records.NoProducerID {
			withProducer++
		}
	}
	switch {
	case n == 0:
		return nil, refuse(errcode.InvalidRecord, "no record batch")
	case n > 1 && (o.Origin == Client || withProducer > 0):
		return nil, refuse(errcode.InvalidRecord, "%d record batches, want exactly one", n)
	}
	if o.Origin != Client {
		return b, nil
	}
	batch, err := records.ReadBatch(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errcode.CorruptMessage, err)
	}
	return p.checkRecords(batch, config, o.NowMs)
}

func checkBatch(b records.Batch, config Config, origin Origin) error {
	if m := b.Magic(); m != 2 {
		return refuse(errcode.InvalidRecord, "batch of magic %d, want 2", m)
	}
	if origin == Client && b.BaseOffset() != 0 {
		return refuse(errcode.InvalidRecord, "batch with base offset %d, want 0", b.BaseOffset())
	}
	if size := b.Size(); size > config.MaxMessageBytes && origin != Metadata {
		return refuse(errcode.MessageTooLarge, "batch of %d bytes, max.message.bytes is %d", size, config.MaxMessageBytes)
	}
	if err := b.CheckCRC(); err != nil {
		return fmt.Errorf("%w: %w", errcode.CorruptMessage, err)
	}
	if delta, count := int64(b.LastOffsetDelta()), int64(b.Count()); count <= 0 || delta+1 != count {
		return refuse(errcode.InvalidRecord, "batch of %d records with last offset delta %d", count, delta)
	}
	if origin != Client {
		return nil
	}
	if b.IsControl() {
		return refuse(errcode.InvalidRecord, "clients may not write control records")
	}
	if b.ProducerID() != records.NoProducerID && (b.BaseSequence() < 0 || b.ProducerEpoch() < 0) {
		return refuse(errcode.InvalidRecord, "producer %d with epoch %d, sequence %d", b.ProducerID(), b.ProducerEpoch(), b.BaseSequence())
	}
	if _, ok := b.DeleteHorizonMs(); ok {
		return refuse(errcode.InvalidRecord, "clients may not set a delete horizon")
	}
	if c := b.Codec(); c > records.Zstd {
		return refuse(errcode.UnsupportedCompressionType, "%v", c)
	}
	if b.TimestampType() == records.LogAppendTime {
		return refuse(errcode.InvalidTimestamp, "producers may not set the timestamp type LogAppendTime")
	}
	return nil
}

// checkRecords reads a client's records once, so that no consumer meets what is none, puts the batch's
// greatest timestamp right, and compresses anew what the topic wants in another codec.
func (p *Partition) checkRecords(b records.Batch, config Config, nowMs int64) ([]byte, error) {
	var again *records.Writer
	if config.Compression != nil && *config.Compression != b.Codec() {
		o := records.OptionsOf(b)
		o.Codec, o.Compressor = *config.Compression, p.codec
		w := records.NewWriter(nil, o)
		again = &w
	}
	maxTimestamp := records.NoTimestampMs
	i := 0
	recordLimit := cmp.Or(config.MaxDecompressedBytes, maxDecompressedBatchBytes)
	limit := max(maxDecompressedBatchBytes, recordLimit)
	for r, err := range b.Records(p.codec, limit) {
		if errors.Is(err, wire.ErrLimit) { // of which clients make two smaller batches
			return nil, refuse(errcode.MessageTooLarge, "the batch unpacks to more than %d bytes", limit)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errcode.InvalidRecord, err)
		}
		if size := len(r.Key) + len(r.Value); b.Codec() != records.None && size > recordLimit {
			return nil, refuse(errcode.InvalidRecord, "record %d has %d bytes, max.decompressed.message.bytes is %d", i, size, recordLimit)
		}
		if err := checkRecord(r, i, config, nowMs); err != nil {
			return nil, err
		}
		if again != nil {
			again.AppendAt(r)
		}
		maxTimestamp = max(maxTimestamp, r.Timestamp)
		i++
	}
	if again != nil {
		var err error
		if b, err = finish(again, config); err != nil {
			return nil, err
		}
	}
	if config.TimestampType == records.LogAppendTime {
		b.SetMaxTimestamp(records.LogAppendTime, nowMs)
	} else {
		b.SetMaxTimestamp(records.CreateTime, maxTimestamp)
	}
	return b.Bytes(), nil
}

func checkRecord(r records.Record, i int, config Config, nowMs int64) error {
	if config.Compacted && r.Key == nil {
		return refuse(errcode.InvalidRecord, "record %d has no key, which a compacted topic needs", i)
	}
	if config.TimestampType != records.CreateTime || r.Timestamp == records.NoTimestampMs {
		return nil
	}
	// Compared by differences that cannot overflow: limits are often the greatest int64.
	if r.Timestamp < 0 || nowMs-r.Timestamp > config.TimestampBeforeMaxMs || r.Timestamp-nowMs > config.TimestampAfterMaxMs {
		return refuse(errcode.InvalidTimestamp, "record %d has timestamp %d, now is %d", i, r.Timestamp, nowMs)
	}
	return nil
}

// finish ends a batch that was compressed anew, which may have made it too large.
func finish(w *records.Writer, config Config) (records.Batch, error) {
	raw, err := w.Finish()
	if err != nil {
		return records.Batch{}, fmt.Errorf("%w: %w", errcode.InvalidRecord, err)
	}
	if len(raw) > config.MaxMessageBytes {
		return records.Batch{}, refuse(errcode.MessageTooLarge, "batch of %d bytes in %v, max.message.bytes is %d", len(raw), *config.Compression, config.MaxMessageBytes)
	}
	return records.ReadBatch(raw)
}
