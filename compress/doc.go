// Package compress holds Kafka's four codecs, gzip, snappy, lz4 and zstd, in the framing that Kafka
// gives each of them. Package records takes them through two small interfaces and so stays free of
// dependencies; All implements both:
//
//	for r, err := range batch.Records(compress.All, limit) { … }
//	w := records.NewWriter(buf, records.Options{Codec: records.Zstd, Compressor: compress.All})
//
// # Framing
//
//   - gzip: a plain gzip stream.
//   - snappy: the framing of the xerial library: a header of 16 bytes, then chunks, each with its
//     length before it. Bytes without that header are read as one plain snappy block, which is what
//     some clients send.
//   - lz4: an LZ4 frame of independent blocks. Kafka's first lz4 messages (magic 0) carry a wrong
//     header checksum; that one wrong value is accepted too.
//   - zstd: a plain zstd frame.
//
// # Hostile input
//
// A few hundred bytes can claim to hold gigabytes, and some really do. Decompress therefore always
// has a limit, and reserves memory only for what the input has proved, or could hold at the codec's
// best ratio. More than the limit is an error that wraps wire.ErrLimit; damage is an error that
// says where. Neither panics.
//
// # Concurrency
//
// All methods may be called from any number of goroutines. Compressors and decompressors of the
// underlying libraries are pooled; nothing has to be closed.
//
// # What it does not do
//
// Levels are the libraries' defaults, which are near Kafka's.
package compress
