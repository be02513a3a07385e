// Package meta has the records that Kafka's brokers and controllers keep for themselves: those of the
// metadata log (__cluster_metadata), the bodies of control records, and small structures of the log
// directory. It is generated from kwire/internal/gen/spec/meta; types and methods are as in package api.
//
// A metadata record is stored as the value of a record whose key is null: three unsigned varints, frame
// version 1, MessageKey and version, and then the message. Some structures are stored behind an int16
// version (EndTxnMarker, AbortedTxn, ProducerSnapshot); the bodies of other control records have the
// version as their first field.
package meta
