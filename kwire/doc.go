// Package kwire reads and writes Apache Kafka's wire protocol: every API of Kafka 4.4.0 and 3.9.2 at
// every version, with nothing but Go's standard library.
//
// # Vocabulary
//
// A frame is a 4-byte size and a payload. A request's payload is a header and a body; the header
// names the API (an APIKey) and the version, and so the layout of the body. A response's header has
// only the correlation id: who reads it must know which request it answers. A version is flexible
// if it has compact lengths and tagged fields (KIP-482).
//
// # Where things are
//
//   - kwire: frames and headers; the look-ups by API key and by name; errors
//   - kwire/api: one struct per request and response, for all its versions
//   - kwire/meta, kwire/coord: the records that Kafka keeps in its own topics
//   - kwire/records: record batches, old message sets, control records
//   - kwire/inspect: any bytes as a tree of fields, for tools and people
//   - kwire/schema: the layout of every message as data
//   - kwire/errcode: error codes
//   - kwire/wire: the primitives below all of them
//
// # Reading and writing
//
// A struct is data without a version: the version is an argument of DecodeFrom, AppendTo and Size.
// Decoding is strict by default and its cost is bounded by the length of the input; an Error says
// which field failed at which byte. Writing a field that the version cannot carry is an error,
// except for fields that Kafka marks as ignorable. Unknown tagged fields survive a round trip.
package kwire
