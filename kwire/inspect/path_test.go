package inspect_test

import (
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// Every byte of every message has the path of the leaf that owns it, with and without a tree.
func TestPathAtEqualsTree(t *testing.T) {
	readLines(t, samplePath, func(l corpusLine) {
		src := unhex(t, l.Hex)
		if len(src) > 2000 {
			return
		}
		tree := inspect.Message(schema.ByName(l.Name), l.Version, src)
		for n := range tree.All() {
			if !n.IsLeaf() || n.Size() == 0 || insideRecords(n) {
				continue
			}
			want := n.Path()
			if got := inspect.PathAt(l.Name, l.Version, src, n.Offset()); got != want {
				t.Fatalf("%s v%d offset %d (%s): PathAt %q, tree %q", l.Name, l.Version, n.Offset(), n.Type(), got, want)
			}
			if leaf, ok := tree.LeafAt(n.Offset() + n.Size() - 1); !ok || leaf != n {
				t.Fatalf("%s v%d offset %d: LeafAt finds another node", l.Name, l.Version, n.Offset())
			}
		}
		if got := inspect.PathAt(l.Name, l.Version, src, len(src)); got != "" {
			t.Fatalf("%s v%d: the end has the path %q", l.Name, l.Version, got)
		}
	})
	for _, c := range []struct {
		name    string
		version int16
	}{{"NoSuchMessage", 0}, {"FetchRequest", 99}, {"FetchRequest", -1}} {
		if got := inspect.PathAt(c.name, c.version, nil, 0); got != "" {
			t.Errorf("%s v%d: %q", c.name, c.version, got)
		}
	}
}

// insideRecords reports whether a node is part of a field of records, which has one path for PathAt.
func insideRecords(n inspect.Node) bool {
	for p, ok := n.Parent(); ok; p, ok = p.Parent() {
		if p.Kind() == inspect.RecordsNode {
			return true
		}
	}
	return false
}
