package view

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlaces: a row that the page names by its number is the row that it shows,
// in whole frames and in damaged ones.
func TestPlaces(t *testing.T) {
	for _, name := range []string{"api-versions-response", "missing-tag-buffer", "unsupported-version", "metadata", "produce-request", "fetch-response"} {
		whole := Build(sample(t, name), nil)
		for i := 0; i <= len(whole.Bytes); i += 5 * step() {
			input := append([]byte{}, whole.Bytes...)
			if i < len(input) {
				input[i] ^= 0x80
			}
			s := Open(input, "")
			d := s.Doc(nil)
			for f := range d.Frames {
				requirePlaces(t, s, d, f)
			}
		}
	}
}

func requirePlaces(t *testing.T, s *Session, d *Doc, frame int) {
	t.Helper()
	f := d.Frames[frame]
	tree := s.treeAt(frame)
	if tree == nil {
		return
	}
	rows := rowNumbers(tree)
	for row := range f.NodeCount {
		n := d.Nodes[f.FirstNode+row]
		p := at(tree, row)
		if p.part < 0 {
			require.NotZero(t, n.Flags&NodeError, "row %d of %s: %+v", row, f.Title, n)
			require.Zero(t, n.Len)
			continue
		}
		if p.part == 0 {
			require.Equal(t, rowName(p.node), n.Name)
			require.Equal(t, row, rows[p.node.Index()])
			require.Equal(t, f.Off+p.node.Offset(), n.Off)
		} else {
			require.Contains(t, []string{"length", "characters", "bytes"}, n.Name)
		}
	}
	require.Equal(t, -1, at(tree, f.NodeCount).part)
	require.Equal(t, -1, at(tree, -1).part)
}

func TestHowPath(t *testing.T) {
	s := Open(sample(t, "metadata"), "")
	d := s.Doc(nil)
	for row := range d.Frames[1].NodeCount {
		n := d.Nodes[d.Frames[1].FirstNode+row]
		if n.Name != "PartitionIndex" {
			continue
		}
		text, reason := s.AppendHow(nil, 1, row)
		require.Empty(t, reason)
		require.Contains(t, string(text), "path\tTopics[0].Partitions[0].PartitionIndex\n")
		require.Contains(t, string(text), "since\tMetadata response 0+, this is 12\n")
		return
	}
	t.Fatal("no such row")
}

func TestQuestionsOfNothing(t *testing.T) {
	s := Open(nil, "")
	for _, frame := range []int{-1, 0, 1 << 30} {
		_, reason := s.AppendHow(nil, frame, 0)
		require.Equal(t, noFrame, reason)
	}
	s = Open(sample(t, "metadata"), "")
	_, reason := s.AppendHow(nil, 0, 1<<20)
	require.Equal(t, noNode, reason)
}

func TestVersions(t *testing.T) {
	lines := strings.Split(string(AppendVersions(nil, SideRequest, 1)), "\n")
	require.Equal(t, []string{"0", "Fetch request", "", "0-18", "flexible 12+"}, strings.Split(lines[0], "\t")[:5])
	var maxBytes, id []string
	for _, l := range lines {
		switch cells := strings.Split(l, "\t"); {
		case len(cells) < 2:
		case cells[1] == "MaxBytes" && cells[0] == "1":
			maxBytes = cells
		case cells[1] == "ClusterId":
			id = cells
		}
	}
	require.Equal(t, []string{"1", "MaxBytes", "int32", "3+", "default 2147483647"}, maxBytes[:5])
	require.NotEmpty(t, maxBytes[5])
	require.Equal(t, []string{"1", "ClusterId", "string", "12+", "nullable 12+, tag 0, default null"}, id[:5])
	require.Empty(t, AppendVersions(nil, SideResponse, -5))
	require.NotEmpty(t, AppendVersions(nil, SideResponse, 75))
}
