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
		n := d.Rows()[f.FirstNode+row]
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

// how is what explains a row, by title.
func (e *editor) how(frame, row int) map[string]string {
	e.t.Helper()
	text, reason := e.s.AppendHow(nil, frame, row)
	require.Empty(e.t, reason)
	out := map[string]string{}
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		title, text, ok := strings.Cut(line, "\t")
		require.True(e.t, ok, line)
		out[title] = text
	}
	return out
}

func TestHow(t *testing.T) {
	e := edited(t, sample(t, "metadata"))
	require.Equal(t, map[string]string{"path": "Topics[0].Partitions[0].PartitionIndex", "since": "Metadata response 0+, this is 12",
		"bits": "00000000 00000000 00000000 00000000"}, e.how(1, e.row(1, "Topics[0]", "Partitions", "Partitions[0]", "PartitionIndex")))
	topic := e.how(1, e.row(1, "Topics[0]", "Name"))
	require.Regexp(t, `^\[0\]0000\d{3}$`, topic["bits"])
	require.Regexp(t, `^one more than what it counts: (\d+) − 1 = \d+$`, topic["compact length"])
	require.Equal(t, topic, e.how(1, e.row(1, "Topics[0]", "Name", "length")))
	require.NotContains(t, e.how(1, e.row(1, "Topics[0]", "Name", "characters")), "bits")
	require.NotContains(t, e.how(1, e.row(1, "Topics[0]", "TopicId")), "bits")
	require.Equal(t, "one byte, as its first bit is 0: 0", e.how(1, e.row(1, "Topics[0]", "TAG_BUFFER"))["varint"])
	require.NotContains(t, e.how(1, e.row(1, "Topics[0]", "TAG_BUFFER")), "compact length")

	e = edited(t, sample(t, "produce-request"))
	e.edit(0, EditSet, e.row(0, "Name"), 0, strings.Repeat("n", 299))
	name := e.how(0, e.row(0, "Name"))
	require.Equal(t, "[1]0101100 [0]0000010", name["bits"])
	require.Equal(t, "seven bits a byte, the lowest first: 44 + 2·128 = 300", name["varint"])
	require.Equal(t, "one more than what it counts: 300 − 1 = 299", name["compact length"])
	attributes := e.how(0, e.row(0, "Attributes"))
	require.Equal(t, "bits 0–2, compression: 0 none; bit 3, timestamps: 0 CreateTime; bit 4, transactional: 0; bit 5, control: 0; bit 6, delete horizon: 0", attributes["flags"])
	require.Equal(t, "00000000 00000000", attributes["bits"])
	require.Regexp(t, `^\d+ ms after 1970-01-01T00:00:00Z: 20\d\d-.*Z$`, e.how(0, e.row(0, "BaseTimestamp"))["epoch ms"])
	length := e.how(0, e.row(0, "Records[0]", "Records", "Records[0]", "Length"))
	require.Regexp(t, `^\d+ is even: \d+ / 2 = \d+$`, length["zigzag"])
	e.edit(0, EditSet, e.row(0, "Records[0]", "Records", "Records[0]", "TimestampDelta"), 0, "-3000000")
	require.Equal(t, map[string]string{"path": "TopicData[0].PartitionData[0].Records[0].Records[0].TimestampDelta", "bits": "[1]1111111 [1]0011010 [1]1101110 [0]0000010",
		"varint": "seven bits a byte, the lowest first: 127 + 26·128 + 110·128^2 + 2·128^3 = 5999999", "zigzag": "5999999 is odd: −(5999999 + 1) / 2 = −3000000"},
		e.how(0, e.row(0, "Records[0]", "Records", "Records[0]", "TimestampDelta")))
	e.edit(0, EditSet, e.row(0, "Records[0]", "Records", "Records[0]", "Key"), 0, "null")
	require.Equal(t, "1 is odd: −(1 + 1) / 2 = −1", e.how(0, e.row(0, "Records[0]", "Records", "Records[0]", "Key"))["zigzag"])
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
