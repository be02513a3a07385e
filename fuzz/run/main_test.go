package main

import "testing"

func TestOnlyTimeIsUp(t *testing.T) {
	for output, want := range map[string]bool{
		"fuzz: elapsed: 2s\n--- FAIL: FuzzFrame (40.26s)\n    context deadline exceeded\nFAIL\n":                                                                             true,
		"--- FAIL: FuzzFrame (0.10s)\n    --- FAIL: FuzzFrame (0.00s)\n        frame_test.go:9: no\n    Failing input written to testdata/fuzz/FuzzFrame/582528ddfad69eb5\n": false,
		"--- FAIL: FuzzFrame (40.26s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzFrame/582528ddfad69eb5\n":                               false,
		"panic: test timed out after 10m0s\n": false,
	} {
		if onlyTimeIsUp(output) != want {
			t.Errorf("%q: want %v", output, want)
		}
	}
}
