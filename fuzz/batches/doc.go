// Package batches has the fuzz targets for records: batches of magic 2, messages of magic 0 and 1, and what is compressed
// in them. They are apart from the others because Go's fuzzer looks at counters of all linked code after each input:
// without the generated messages it sees twice as many inputs in the same time.
package batches
