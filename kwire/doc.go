// Package kwire reads and writes Apache Kafka's wire protocol: every API of Kafka 4.4.0 and 3.9.2 at
// every version, with nothing but Go's standard library.
//
// # Vocabulary
//
// Clients and brokers exchange frames over TCP. A frame is a 4-byte size and a payload. A request's
// payload is a header and a body; the header names the API (an [APIKey]: Fetch, Metadata, …) and the
// version, and so the layout of the body. A response's header has only the correlation id of the
// request that it answers: who reads it must remember that request's API and version, and answers come
// in the order of the requests.
//
// A message is one request or response in all its versions, which add and drop fields. A version is
// flexible if it has compact lengths and tagged fields (KIP-482): a tagged field carries a number and a
// size, so that who does not know it can skip it and keep it. A field may be nullable, null and empty
// being two things; it may have a default that is not zero, often −1; and if Kafka marks it as ignorable
// it may be lost where a version cannot carry it.
//
// Records, what users write and read, travel in batches inside of Produce and Fetch messages. To this
// package they are bytes; package records takes them apart.
//
// # Where things are
//
//   - kwire: frames and headers; the look-ups by API key and by name; versions; errors
//   - kwire/api: one struct per request and response, for all its versions
//   - kwire/meta, kwire/coord: the records that Kafka keeps in its own topics
//   - kwire/records: record batches, old message sets, control records
//   - kwire/inspect: any bytes as a tree of fields, for tools and people
//   - kwire/compose: bytes from JSON
//   - kwire/schema: the layout of every message as data, with a sentence on every field
//   - kwire/errcode: error codes
//   - kwire/wire: the primitives below all of them; [wire.Null], [wire.UUID], [wire.Tags]
//
// # Reading and writing
//
// A struct is data without a version: the version is an argument of DecodeFrom, AppendTo and Size.
//
//	m := api.NewMetadataRequest()            // Kafka's defaults; a literal has Go's zeros
//	m.Topics = []api.MetadataRequestTopic{{Name: wire.Some("orders")}}
//	frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 7}, &m, 12)
//
//	resp, err := kwire.DecodeResponse(payload, kwire.Metadata, 12)
//	md := resp.Body.(*api.MetadataResponse)
//
// Writing a field that the version cannot carry is an error, except for ignorable fields. Tagged fields
// that the schema does not know survive a round trip.
//
// # Versions
//
// A client first sends ApiVersions, and speaks what [Negotiate] finds in the answer. A program that
// answers or passes on reads the version in the header. [APIKey] tells which versions there are, which
// of them Kafka has declared stable and which are flexible, [RequestHeaderVersion] and
// [ResponseHeaderVersion] which header stands before a body.
//
// # Memory
//
// Bytes in a decoded message (records, assignments, unknown tags) share the memory of the input.
// Strings are copies unless DecodeOptions.Alias says otherwise. DecodeFrom into a message that was used
// before uses its slices again: in a loop it allocates nothing. AppendTo appends to a buffer of the
// caller's; Size says by how much it will grow.
//
// # Bytes from anywhere
//
// Decoding is strict: bytes left over, varints that are longer than needed, null where there is none,
// and versions that are not known are errors. DecodeOptions.Lenient takes what Kafka's own reader
// takes. Either way the cost is bounded by the length of the input: a count or length is held against
// the bytes that remain before it is believed, one message takes at most 32 times its length and 4 KiB
// of memory, and time in proportion to its length. No input makes a decoder panic.
//
// An [Error] says which field of which message failed at which byte, and why; errors.Is tells its cause.
//
// # What it does not do
//
// It opens no connections, keeps no metadata, retries nothing and joins no groups: a client or a broker
// is built on it. Compression is in package compress of this module, because it needs libraries.
package kwire
