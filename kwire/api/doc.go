// Package api has one struct for every request and response of Apache Kafka, and for the headers before
// them: all versions of a message in one type. It is generated from kwire/internal/gen/spec/api.
//
// Message names are Kafka's to the letter (ApiVersionsRequest); fields have Go's initialisms (TopicID,
// APIKey); a nested struct carries its message's name (MetadataResponseTopic). The comment of a field
// says what it means, in which versions it exists ("v7+"; none means all), whether it is a tagged field,
// whether it may be null, and its default where that is not Go's zero value.
//
// # Null and defaults
//
// A string that may be null is a wire.Null[string]; arrays and bytes that may be null are nil slices (an
// empty slice is not null); structs that may be null are pointers. New functions, as NewFetchRequest, fill
// in Kafka's defaults, of which many are −1: start from them rather than from a literal.
//
// # Versions
//
// Size, AppendTo and DecodeFrom take the version. Writing a field that the version lacks is an error,
// unless it has its default or Kafka marks it as ignorable. Reading sets every field: those that the
// version lacks get their default. Tagged fields that the schema does not know are kept in Unknown and
// written again.
//
// Decoded bytes, and strings with wire.DecodeOptions.Alias, share the input's memory. Decoding into a
// value that was used before reuses its slices.
package api
