package inspect_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/wire"
)

type capturedFrame struct {
	API     int16
	Version int16
	Client  string
	Dir     string
	Hex     string
}

// Every frame that real clients and brokers exchanged is read to its last byte: requests by what
// they say themselves, responses by the API and version of their request.
func TestCapturedFrames(t *testing.T) {
	needShared(t)
	frames, tooMany, nodes, batches := 0, 0, 0, 0
	readLines(t, filepath.Join(sharedDir, "captures", "frames.jsonl.gz"), func(f capturedFrame) {
		src := unhex(t, f.Hex)
		var tree *inspect.Tree
		if f.Dir == "req" {
			tree = inspect.Request(src)
			if tree.Layout.Key != f.API || tree.Layout.Version != f.Version {
				t.Errorf("%s: read as %v, it is API %d v%d", f.Client, tree.Layout, f.API, f.Version)
			}
		} else {
			tree = inspect.Response(src, f.API, f.Version)
		}
		if f.Client == "confluent-py" && f.API == 3 && f.Version == 13 && errors.Is(tree.First(), wire.ErrTrailing) {
			// librdkafka writes "all topics" of a flexible version as an old count of four bytes, so
			// the broker reads a null array and three bytes too many, which it ignores.
			tooMany++
			if tree.Err.Offset != len(src)-3 || inspect.PathAt("MetadataRequest", 13, src, len(src)) != "" {
				t.Errorf("%s: %v", f.Client, tree.Err)
			}
			tree = inspect.Options{Lenient: true}.Request(src)
			if tree.Err != nil {
				t.Errorf("%s, lenient: %v", f.Client, tree.Err)
			}
			return
		}
		if err := tree.First(); err != nil {
			t.Errorf("%s %s API %d v%d: %v", f.Client, f.Dir, f.API, f.Version, err)
		}
		checkOwned(t, tree)
		checkTexts(tree)
		for n := range tree.All() {
			switch n.Kind() {
			case inspect.RestNode, inspect.MoreNode:
				t.Errorf("%s %v: %d bytes at %d have no field", f.Client, tree.Layout, n.Size(), n.Offset())
			case inspect.BatchNode:
				batches++
			}
		}
		frames++
		nodes += tree.Len()
	})
	t.Logf("%d captured frames read to the last byte, %d that its client wrote 3 bytes too long: %d nodes, %d record batches with a correct CRC", frames, tooMany, nodes, batches)
	if frames < 1900 || tooMany > 1 {
		t.Errorf("%d frames, %d too long", frames, tooMany)
	}
}
