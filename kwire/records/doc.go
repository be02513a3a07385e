// Package records reads and writes Kafka's records: the bytes in the "records" fields of Produce and
// Fetch, and in the segments of a log.
package records
