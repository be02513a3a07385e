package view

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// compare is how a frame differs from the pinned one: lines of kind, path, old, new, and the name of the row.
func (e *editor) compare(pin *Pin, frame int) (first []string, lines []string) {
	e.t.Helper()
	text, reason := e.s.AppendCompare(nil, pin, frame)
	require.Empty(e.t, reason)
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		cells := strings.Split(line, "\t")
		require.Len(e.t, cells, 5, line)
		if i == 0 {
			first = cells
			continue
		}
		lines = append(lines, strings.Join(cells[:4], "|"))
	}
	return first, lines
}

func TestCompareValues(t *testing.T) {
	e := edited(t, sample(t, "produce-request"))
	pin := e.s.Pin(0)
	first, lines := e.compare(pin, 0)
	require.Equal(t, []string{"=", "Produce request v11", "Produce request v11"}, first[:3])
	require.Empty(t, lines)
	all := first[3]
	e.edit(0, EditSet, e.row(0, "ClientId"), 0, "other")
	e.edit(0, EditSet, e.row(0, "Acks"), 0, "1")
	e.edit(0, EditSet, e.row(0, "Records[0]", "Records", "Records[1]", "Headers", "Headers[0]", "Value"), 0, "null")
	first, lines = e.compare(pin, 0)
	require.Equal(t, []string{
		`~|ClientId|"orders-service"|"other"`,
		`~|Acks|-1 (all replicas in sync)|1 (the leader only)`,
		`~|TopicData[0].PartitionData[0].Records[0].Records[1].Headers[0].Value|"web"|null`,
	}, lines)
	require.NotEqual(t, all, first[3])
	// The pinned frame stays when another input comes.
	e = edited(t, sample(t, "api-versions-request"))
	first, lines = e.compare(pin, 0)
	require.Equal(t, "Produce request v11", first[1])
	require.NotEmpty(t, lines)
	_, reason := e.s.AppendCompare(nil, nil, 0)
	require.Equal(t, "no packet is pinned", reason)
	require.Nil(t, e.s.Pin(7))
}

// TestCompareElements: elements are found again by their keys where one more or fewer would shift them all.
func TestCompareElements(t *testing.T) {
	e := edited(t, sample(t, "api-versions-response"))
	pin := e.s.Pin(1)
	row := e.row(1, "ApiKeys", "ApiKeys[1]")
	e.edit(1, EditRemove, row, 0, "")
	_, lines := e.compare(pin, 1)
	require.Len(t, lines, 1)
	require.Regexp(t, `^-\|ApiKeys\[1\]\|\S+\|$`, lines[0])
	again := e.s.Pin(1)
	e = edited(t, sample(t, "api-versions-response"))
	_, lines = e.compare(again, 1)
	require.Len(t, lines, 1)
	require.Regexp(t, `^\+\|ApiKeys\[1\]\|\|\S+$`, lines[0])
	text, _ := e.s.AppendCompare(nil, again, 1)
	require.Contains(t, string(text), "\t"+strconv.Itoa(row)+"\n")
	// With the same number of elements each is compared with the one in its place.
	e.edit(1, EditSet, e.row(1, "ApiKeys", "ApiKeys[1]", "MaxVersion"), 0, "99")
	_, lines = e.compare(pin, 1)
	require.Len(t, lines, 1)
	require.Regexp(t, `^~\|ApiKeys\[1\].MaxVersion\|\d+\|99$`, lines[0])
}

// TestCompareVersions: fields that one of the versions lacks are there or not.
func TestCompareVersions(t *testing.T) {
	e := edited(t, sample(t, "metadata"))
	pin := e.s.Pin(0)
	e = edited(t, []byte("00000016 0003 0008 00000007 0002 6d65 00000000 01 00 00"))
	_, lines := e.compare(pin, 0)
	require.Contains(t, lines, "+|IncludeClusterAuthorizedOperations||false")
	require.NotContains(t, strings.Join(lines, "\n"), "TagCount")
}

func TestSkim(t *testing.T) {
	e := edited(t, sample(t, "api-versions-response"))
	e.edit(1, EditSet, e.row(1, "ErrorCode"), 0, "35")
	skim := func(e *editor, from, count int) string { return string(e.s.AppendSkim(nil, from, count)) }
	require.Equal(t, "0\t0\t\n35\t0\t\n", skim(e, 0, 10))
	require.Equal(t, "35\t0\t\n", skim(e, 1, 1))
	require.Empty(t, skim(e, 2, 10))
	require.Equal(t, "0\t0\t\n-1\t1\t\n", skim(edited(t, sample(t, "missing-tag-buffer")), 0, 2))
	bad := edited(t, sample(t, "produce-request"))
	bad.edit(0, EditWrite, bad.d.Rows()[bad.row(0, "Crc")].Off, 1, "\x00")
	require.Equal(t, "0\t1\torders, 2 records\n", skim(bad, 0, 1))
	// Frames that are only listed are skimmed too, without their rows.
	many := edited(t, []byte(strings.Repeat(string(sample(t, "metadata"))+"\n", 150)))
	require.NotZero(t, many.d.Frames[299].Flags&FrameFolded)
	require.Equal(t, "0\t0\torders, order\n3\t0\torders, order\n", skim(many, 298, 2))
}
