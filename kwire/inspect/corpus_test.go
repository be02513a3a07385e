package inspect_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// sharedDir holds bytes that Apache Kafka's own classes wrote, and frames that clients and brokers
// exchanged. It lies beside the checkout.
const sharedDir = "../../../shared"

// samplePath has every message at every version and is part of the repository.
const samplePath = "../testdata/sample.jsonl.gz"

// conflicts are the two messages for which Kafka 3.9 and 4.4 have different layouts under the same
// name and version; the tables have 4.4's.
var conflicts = map[string]bool{"ReadShareGroupStateSummaryResponse": true, "ShareGroupMetadataValue": true}

// renamed are fields that 4.4 names differently, by message; their bytes are the same.
var renamed = map[string][]string{
	"ListClientMetricsResourcesResponse": {`"clientMetricsResources":`, `"configResources":`, `"name":`, `"resourceName":`},
	"TxnOffsetCommitRequest":             {`"generationId":`, `"generationIdOrMemberEpoch":`},
	"VoteRequest":                        {`"candidateId":`, `"replicaId":`, `"candidateEpoch":`, `"replicaEpoch":`, `"candidateDirectoryId":`, `"replicaDirectoryId":`},
}

type corpusLine struct {
	Name    string
	Version int16
	Kind    string
	Hex     string
	JSON    json.RawMessage
}

// shortStep thins the tests out where a run is slow, as under GOOS=js: go test -short takes every so
// many lines of the shared data, and every so many prefixes.
const shortStep = 10

// step is how far apart the lines are that a test takes.
func step() int {
	if testing.Short() {
		return shortStep
	}
	return 1
}

// readShared calls f with the lines of a gzipped file below sharedDir.
func readShared[T any](t testing.TB, name string, f func(T)) {
	t.Helper()
	needShared(t)
	readSome(t, filepath.Join(sharedDir, name), step(), f)
}

// readLines calls f with every line of a gzipped file of JSON lines.
func readLines[T any](t testing.TB, name string, f func(T)) {
	t.Helper()
	readSome(t, name, 1, f)
}

func readSome[T any](t testing.TB, name string, step int, f func(T)) {
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
	for n := 0; s.Scan(); n++ {
		if n%step != 0 {
			continue
		}
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

// needShared fails in CI, and skips loudly elsewhere, when the data is not beside the checkout.
func needShared(t testing.TB) {
	if _, err := os.Stat(sharedDir); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: CI must have it", sharedDir)
	}
	t.Skipf("SKIPPED: %s is not here; %s covers every message at every version", sharedDir, samplePath)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGoldenCorpus holds the tables against Kafka's own classes: same values, no byte unread.
func TestGoldenCorpus(t *testing.T) {
	for _, release := range []string{"4.x", "3.9"} {
		lines, pairs, left := 0, map[string]bool{}, 0
		for _, file := range []string{"messages-", "headers-"} {
			readShared(t, "corpus/"+file+release+".jsonl.gz", func(l corpusLine) {
				if release == "3.9" && conflicts[l.Name] {
					left++
					return
				}
				checkLine(t, l)
				lines++
				pairs[l.Name+string(rune(l.Version))] = true
			})
		}
		t.Logf("Kafka %s: %d lines of %d messages and versions have the values that Kafka's JSON shows; %d lines left out, whose layout 4.4 replaced", release, lines, len(pairs), left)
	}
}

func TestGoldenSample(t *testing.T) {
	lines := 0
	readLines(t, samplePath, func(l corpusLine) {
		checkLine(t, l)
		lines++
	})
	if lines < 875 {
		t.Errorf("only %d lines: the sample must have every message at every version", lines)
	}
}

func checkLine(t *testing.T, l corpusLine) {
	t.Helper()
	m := schema.ByName(l.Name)
	if m == nil || !m.Versions.Has(l.Version) {
		t.Errorf("%s v%d is not in the tables", l.Name, l.Version)
		return
	}
	src := unhex(t, l.Hex)
	tree := inspect.Message(m, l.Version, src)
	if tree.Err != nil {
		t.Errorf("%s v%d: %v", l.Name, l.Version, tree.Err)
		return
	}
	checkOwned(t, tree)
	if l.JSON == nil {
		return
	}
	have, err := inspect.AppendJSON(nil, m, l.Version, src)
	if err != nil {
		t.Errorf("%s v%d: %v", l.Name, l.Version, err)
		return
	}
	want := string(l.JSON)
	if names := renamed[l.Name]; names != nil {
		want = strings.NewReplacer(names...).Replace(want)
	}
	if !sameJSON(t, have, []byte(want)) {
		t.Errorf("%s v%d\nhave %s\nwant %s", l.Name, l.Version, have, want)
	}
}

// sameJSON compares two texts value by value; numbers must be written alike.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	parse := func(text []byte) any {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		return v
	}
	return sameValue(parse(a), parse(b))
}

// sameValue compares numbers as written, except that fractions need only have the same value:
// before version 19, Java wrote some with more digits than needed.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, v := range a {
			if w, ok := b[name]; !ok || !sameValue(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	case json.Number:
		b, ok := b.(json.Number)
		if !ok || a == b || !strings.ContainsAny(string(a), ".E") {
			return ok && a == b
		}
		x, errA := a.Float64()
		y, errB := b.Float64()
		return errA == nil && errB == nil && x == y
	}
	return a == b
}

// checkOwned holds that every byte of every buffer belongs to exactly one leaf, in order, and that
// children lie inside their parents.
func checkOwned(t *testing.T, tree *inspect.Tree) {
	t.Helper()
	next := make([]int, tree.Buffers())
	for n := range tree.All() {
		if p, ok := n.Parent(); ok && p.Buffer() == n.Buffer() && (n.Offset() < p.Offset() || n.Offset()+n.Size() > p.Offset()+p.Size()) {
			t.Errorf("%s %q at %d+%d is outside of its parent at %d+%d", n.Name(), n.Path(), n.Offset(), n.Size(), p.Offset(), p.Size())
			return
		}
		if !n.IsLeaf() && n.Kind() != inspect.CompressedNode || n.Size() == 0 {
			continue
		}
		if n.Offset() != next[n.Buffer()] {
			t.Errorf("%s %q starts at %d, the bytes before it end at %d", n.Name(), n.Path(), n.Offset(), next[n.Buffer()])
			return
		}
		next[n.Buffer()] += n.Size()
	}
	for i, end := range next {
		if end != len(tree.Buffer(i)) {
			t.Errorf("the leaves own %d of the %d bytes of buffer %d", end, len(tree.Buffer(i)), i)
		}
	}
}
