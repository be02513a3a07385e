// Package fuzz holds the native fuzz targets. Each asserts a property, not only that nothing
// panics: what was read can be written and reads the same; reading in pieces equals reading at once;
// limits hold. Run one with
//
//	go test ./fuzz -run '^$' -fuzz '^FuzzRecords$' -fuzztime 30s
//
// Without -fuzz the seeds run as tests. An input that fails is kept in testdata/fuzz, and is
// committed with the fix.
package fuzz
