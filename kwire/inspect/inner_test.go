package inspect_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
)

// synced is a SyncGroup response with a size and header, v3 or, with compact lengths, v5.
func synced(t *testing.T, version int16, assignment string) *inspect.Tree {
	t.Helper()
	content := unhex(t, assignment)
	body := unhex(t, "00000007 00000000 0000")
	if version == 5 {
		body = append(append(unhex(t, "00000007 00 00000000 0000 00 00"), byte(len(content)+1)), append(content, 0)...)
	} else {
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(content))), content...)
	}
	return inspect.Response(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...), 14, version)
}

func atPath(t *testing.T, tree *inspect.Tree, path string) inspect.Node {
	t.Helper()
	for n := range tree.All() {
		if n.Path() == path {
			return n
		}
	}
	t.Fatalf("no %s in the tree", path)
	return inspect.Node{}
}

// TestInner: bytes in which consumers tell each other what they want and get are taken apart, and edited.
func TestInner(t *testing.T) {
	const good = "0001 00000001 0006 6f7264657273 00000002 00000000 00000003 ffffffff"
	for _, version := range []int16{3, 5} {
		tree := synced(t, version, good)
		if tree.Err != nil {
			t.Fatal(tree.Err)
		}
		n := atPath(t, tree, "Assignment")
		if !n.IsInner() || !strings.HasSuffix(n.Type(), "BYTES") {
			t.Errorf("v%d: %s", version, n.Type())
		}
		topic := atPath(t, tree, "Assignment.AssignedPartitions[0].Topic")
		if topic.Value() != `"orders"` {
			t.Errorf("v%d: %s", version, topic.Value())
		}
		again := encoded(t, tree, inspect.Edit{Op: inspect.SetValue, Node: topic, Text: "bills-and-orders"})
		if v := atPath(t, again, "Assignment.AssignedPartitions[0].Topic").Value(); v != `"bills-and-orders"` || again.Bytes()[3] != tree.Bytes()[3]+10 {
			t.Errorf("v%d: after an edit %s in % x", version, v, again.Bytes())
		}
	}
	for name, content := range map[string]string{
		"nothing": "", "one byte": "00", "a version that is not known": "0063 00000000 ffffffff", "bytes too many": "0000 00000000 ffffffff 00",
		"Kafka Connect's": "0001 000b 687474703a2f2f686f73743a 0000000000000001",
	} {
		for _, version := range []int16{3, 5} {
			if tree := synced(t, version, content); tree.Err != nil || atPath(t, tree, "Assignment").IsInner() {
				t.Errorf("%s in v%d: taken for a consumer's, or %v", name, version, tree.Err)
			}
		}
	}
}
