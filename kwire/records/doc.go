// Package records reads and writes Kafka's records: the bytes in the "records" fields of Produce and
// Fetch messages, and in the segments of a log.
//
// # Batches
//
// Records travel and rest in batches. A batch of magic 2, the only kind written since Kafka 4, is a
// header of 61 bytes and the records, which may be compressed as a whole:
//
//	 0 baseOffset i64          offset of the first record; the broker sets it
//	 8 batchLength i32         bytes after this field
//	12 partitionLeaderEpoch i32  the broker sets it
//	16 magic i8                2
//	17 crc u32                 CRC-32C of everything from byte 21 on
//	21 attributes i16          bits 0–2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 delete horizon
//	23 lastOffsetDelta i32     offset of the last record, from baseOffset
//	27 baseTimestamp i64       what the records' timestamps are relative to
//	35 maxTimestamp i64
//	43 producerId i64          −1 unless the producer is idempotent
//	51 producerEpoch i16
//	53 baseSequence i32
//	57 recordCount i32
//	61 records
//
// A record is length varint, attributes i8, timestampDelta varlong, offsetDelta varint, key, value
// and headers, each with a varint length before it; −1 stands for null. Signed varints are zigzag.
//
// Batches visits the batches in a buffer, and Batch.Records the records of a batch:
//
//	for b, err := range records.Batches(buf) {
//		for r, err := range b.Records(decompressor, limit) {
//
// Both are views: nothing is copied, and nothing is allocated unless a batch is compressed. What
// they return is valid as long as the buffer is not changed.
//
// # The end of a buffer
//
// A broker cuts what it sends at a number of bytes, not at a batch. A loop over Batches then ends
// with an error for which errors.Is(err, io.ErrUnexpectedEOF) holds, after all whole batches; a
// consumer takes it as the end. Other errors are damage. All are *wire.Error with the offset in the
// buffer where it is.
//
// # What is checked
//
// Batches checks that lengths are possible, and nothing else, so that it can be used on what a
// broker must pass on as it is. Batch.CheckCRC checks the bytes. Batch.Records checks what Kafka's
// consumer does, that every length fits and every record is used up to its last byte, and that the
// offsets ascend within the batch. ReadOptions.Lenient lifts some of it.
//
// Counts and lengths are compared with the bytes at hand before they are believed. No input makes
// this package panic, loop longer than its input, or allocate, save for what a Decompressor returns
// within its limit. ReadOptions name the limits of a batch: Limit for its decompressed bytes,
// MaxRecords, and MaxRecordBytes.
//
// # Legacy messages
//
// Magic 0 and 1 have no batches: a buffer holds entries, each one message or, compressed, a set of
// them. Here an entry is a Batch too, buffers may mix all magics, and Records yields the messages
// of either, so that callers need no second loop. What the old layouts lack reads as −1. Each message
// inside a compressed entry has a CRC too: Records checks those, CheckCRC the entry's own.
//
// # Control records
//
// The records of a batch with IsControl are not the application's: ParseControl tells what they say.
// A consumer skips them.
//
// # Writing
//
// A Writer builds a batch of magic 2 at the end of a buffer, in place; AppendEndTxnMarker and
// AppendControl write control batches.
//
// # Editing
//
// A broker changes batches in place when it appends them. SetBaseOffset and SetPartitionLeaderEpoch
// change what the CRC of magic 2 does not cover, so the CRC stays right and a header is enough.
// SetMaxTimestamp changes the timestamp's type and the greatest timestamp, for LogAppendTime; the
// CRC covers both, so it is computed anew over the whole batch. Anything else, a record, the codec,
// the producer, needs a new batch: OptionsOf(b) for a Writer, and AppendAt for each record.
//
// # What it does not do
//
// Compression is not here: Decompressor and Compressor are passed in, package compress has Kafka's
// four codecs. Transactions are not resolved: a read-committed consumer drops the batches between
// the aborted transactions that a Fetch response lists and their markers by itself.
package records
