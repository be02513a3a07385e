// Package fuzz holds the native fuzz targets. Each asserts a property, not only that nothing
// panics: what was read can be written and reads the same; reading in pieces equals reading at once;
// limits hold. Run one with
//
//	go test ./fuzz -run '^$' -fuzz '^FuzzFrame$' -fuzztime 30s
//
// The targets for batches are in fuzz/batches, those for capture files, stored files and the broker in the packages that
// read them; make fuzz finds them all. README.md has what they have seen so far.
//
// Without -fuzz the seeds run as tests. An input that fails is kept in testdata/fuzz, and is
// committed with the fix.
package fuzz
