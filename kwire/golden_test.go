package kwire_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/kwire-project/kafka/kwire"
)

// corpusDir holds bytes that Apache Kafka's own classes wrote. It lies beside the checkout.
const corpusDir = "../../shared/corpus"

// conflicts are the two messages for which Kafka 3.9 and 4.4 have different layouts under the same
// name and version; kwire has 4.4's (formats: 3.9's were early access).
var conflicts = map[string]bool{"ReadShareGroupStateSummaryResponse": true, "ShareGroupMetadataValue": true}

// shortStep thins the corpus out where a run is slow, as under GOOS=js: go test -short takes every so
// many lines.
const shortStep = 10

type corpusLine struct {
	Name    string
	Version int16
	Kind    string
	Hex     string
	JSON    json.RawMessage
}

// readLines calls f with every line of a gzipped file of JSON lines.
func readLines[T any](t testing.TB, name string, f func(T)) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(z)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var line T
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		f(line)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}

// readPlainLines is readLines for a file that is not compressed.
func readPlainLines[T any](t testing.TB, name string, f func(T)) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		f(v)
	}
}

// needShared fails in CI, and skips loudly elsewhere, when the corpus is not beside the checkout.
func needShared(t testing.TB, dir string) {
	if _, err := os.Stat(dir); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: CI must have it", dir)
	}
	t.Skipf("SKIPPED: %s is not here; testdata/sample.jsonl.gz covers every message at every version", dir)
}

func TestGoldenCorpus(t *testing.T) {
	needShared(t, corpusDir)
	for _, release := range []string{"4.x", "3.9"} {
		lines, pairs, differ := 0, map[string]bool{}, 0
		for _, file := range []string{"messages", "headers"} {
			at := 0
			readLines(t, filepath.Join(corpusDir, file+"-"+release+".jsonl.gz"), func(l corpusLine) {
				if at++; testing.Short() && at%shortStep != 0 {
					return
				}
				if release == "3.9" && conflicts[l.Name] {
					differ++
					return
				}
				roundTrip(t, l)
				lines++
				pairs[l.Name+string(rune(l.Version))] = true
			})
		}
		t.Logf("Kafka %s: %d lines of %d messages and versions decode and encode to the same bytes; %d lines left out, whose layout 4.4 replaced",
			release, lines, len(pairs), differ)
	}
}

func TestGoldenSample(t *testing.T) {
	lines := 0
	readLines(t, "testdata/sample.jsonl.gz", func(l corpusLine) {
		roundTrip(t, l)
		lines++
	})
	if lines < 875 {
		t.Errorf("only %d lines: the sample must have every message at every version", lines)
	}
}

// roundTrip decodes a line, encodes it and compares, into a fresh value and into a used one.
func roundTrip(t *testing.T, l corpusLine) {
	t.Helper()
	src, err := hex.DecodeString(l.Hex)
	if err != nil {
		t.Fatal(err)
	}
	m := kwire.New(l.Name)
	if m == nil || !m.HasVersion(l.Version) {
		t.Errorf("%s v%d is not known", l.Name, l.Version)
		return
	}
	for _, state := range []string{"fresh", "used"} {
		n, err := m.DecodeFrom(src, l.Version, nil)
		if err != nil || n != len(src) {
			t.Errorf("%s v%d %s, %s value: read %d of %d bytes: %v\n%s", l.Name, l.Version, l.Kind, state, n, len(src), err, l.Hex)
			return
		}
		out, err := m.AppendTo(nil, l.Version)
		if err != nil || !bytes.Equal(out, src) {
			t.Errorf("%s v%d %s, %s value: %v\nhave %x\nwant %s", l.Name, l.Version, l.Kind, state, err, out, l.Hex)
			return
		}
		if size := m.Size(l.Version); size != len(src) {
			t.Errorf("%s v%d: Size is %d, the message takes %d bytes", l.Name, l.Version, size, len(src))
		}
	}
}
