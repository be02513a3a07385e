// Package wire holds the primitives of Kafka's wire protocol: how one number, string, array length
// or tagged section is read and written. The generated message codecs are written in terms of it.
//
// # Vocabulary
//
// All numbers are big-endian. A message version is either flexible (KIP-482) or not:
//
//   - not flexible: strings start with an int16 length, bytes and arrays with an int32 count; −1 is null.
//   - flexible: lengths and counts are unsigned varints of n+1 ("compact"); 0 is null. Every struct
//     ends with a tagged section: a count, then (tag, size, data) in ascending order of tags.
//
// # Reading
//
// A Reader is given the offset of what it is to read and returns the one after it: a decoder passes its place on, from
// field to field and from struct to struct. Its error is sticky: after the first failure every read returns a zero value
// and every count is 0, so that a decoder is a plain list of fields with one check at the end.
// A length or count is compared with the bytes that remain before anything is allocated.
//
// Byte slices that a Reader returns share the input's memory; strings do only with DecodeOptions.Alias.
//
// # Writing
//
// AppendX functions append one value and return the longer slice; SizeX functions say how long it will be.
// What cannot be written (a string that is too long, a field that the version lacks) is noted in an Encode.
package wire
