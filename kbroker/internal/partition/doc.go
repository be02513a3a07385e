// Package partition is what the broker's handlers use of the storage: partitions that are safe for
// concurrent use, on the logs of package logdir.
//
// A Store holds the directories of log.dirs and all partitions. It is opened in two steps, because the
// settings of topics are in the metadata log, which is a partition itself: OpenStore reads the root files,
// Store.Open opens (or creates) one partition, Store.OpenAll many at once.
//
// # Life of an append
//
// Append checks the batches without holding anything (checksum, counts, sizes, timestamps, and for a client
// every record's framing), then takes the partition's lock, sets base offsets and leader epoch in place, asks
// the producer's state whether the batch is a duplicate or out of order, writes with one write call, and
// wakes the watchers. As in Kafka the page cache is what acknowledges; with flush.messages an fsync comes
// first, which appends that wait at the same time share. FlushIfDue, called from time to time, is flush.ms.
//
// # Life of a read
//
// Read finds the bytes under the read lock and reads them after letting go of it. What it returns are stored
// batches, untouched. ListOffset finds a batch in the same way, and looks into it without the lock. Long polls use Watch: one channel for many partitions, no goroutine.
//
// # When the disk fails
//
// After a failed write or fsync the partition refuses every append with errcode.KafkaStorageError until it is
// opened anew, since nobody can know what the disk holds. Reads go on.
//
// One replica: the high watermark is the log's end.
package partition
