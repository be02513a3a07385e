// Package logdir keeps partitions on disk in Apache Kafka's own format, byte for byte: a directory that
// Kafka wrote can be opened here, and the other way round. FORMAT.md draws the files.
//
// A Manager owns the directories of log.dirs: their locks, meta.properties, the checkpoints and the mark of a
// clean shutdown. It lists, creates and deletes partition directories and opens their logs.
//
// A Log is one partition: segments with their indexes, leader epochs, and the producers' states. It is a
// plain data structure over vfs files. Package partition makes it safe for concurrent use, checks what
// clients send, and is what the rest of the broker talks to.
//
// # What is trusted at open
//
// After a clean shutdown the indexes are believed as far as they fit the log, and only the tail of the active
// segment is walked. After anything else, every segment from the recovery point on is read batch by batch
// (length, magic, offsets, checksum), its indexes are made anew, and the log ends before the first bad batch.
// Missing or damaged indexes, epochs and producer snapshots are made from the log in either case. Only batch
// headers are looked at, never the records of clients: what a client stored, however odd, can be read again.
//
// Checkpoints only save work. A damaged one is reported and done without; a damaged meta.properties is an error,
// because it says whose data this is.
//
// # What it does not do
//
// Compaction, remote storage, preallocated files, index files in memory maps. Retention runs only when the
// caller says so, and never at open.
package logdir
