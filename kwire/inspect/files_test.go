package inspect_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

func fileLayout(name string) inspect.Layout {
	return inspect.Layout{Kind: schema.KindData, Key: -1, HeaderVersion: inspect.NoHeader, Name: name}
}

var snapshotLayout = inspect.Layout{Kind: schema.KindData, Key: -1, HeaderVersion: inspect.NoHeader, Name: inspect.ProducerSnapshot, Version: 1, Stored: true}

// numbers are 32-bit and 64-bit numbers, back to back.
func numbers(values ...any) (b []byte) {
	for _, v := range values {
		b, _ = binary.Append(b, binary.BigEndian, v)
	}
	return b
}

func snapshot(producers ...any) []byte {
	body := numbers(producers...)
	return append(numbers(int16(1), crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))), body...)
}

// files are a good one of each kind, with what its leaves say, in order.
var files = []struct {
	layout inspect.Layout
	src    string
	want   string
}{
	{fileLayout(inspect.OffsetIndex), string(numbers(int32(4), int32(100), int32(9), int32(200))) + strings.Repeat("\x00", 17),
		"RelativeOffset=4 (offset 1004)|Position=100|RelativeOffset=9 (offset 1009)|Position=200|Unused=17 bytes"},
	{fileLayout(inspect.TimeIndex), string(numbers(int64(1_700_000_000_000), int32(4))), "Timestamp=1700000000000 (2023-11-14T22:13:20Z)|RelativeOffset=4 (offset 1004)"},
	{fileLayout(inspect.TimeIndex), strings.Repeat("\x00", 24), "Unused=24 bytes"},
	{fileLayout(inspect.TransactionIndex), string(numbers(int16(0), int64(7), int64(10), int64(12), int64(13))),
		"Version=0|ProducerId=7|FirstOffset=10|LastOffset=12|LastStableOffset=13"},
	{fileLayout(inspect.OffsetCheckpoint), "0\n2\norders 0 1204\n__consumer_offsets 49 7\n",
		"Version=0|EntryCount=2|Topic=orders|Partition=0|Offset=1204|Topic=__consumer_offsets|Partition=49|Offset=7"},
	{fileLayout(inspect.OffsetCheckpoint), "0\n0\n", "Version=0|EntryCount=0"},
	{fileLayout(inspect.EpochCheckpoint), "0\r\n2\r\n0 0\r\n 3   77", "Version=0|EntryCount=2|Epoch=0|StartOffset=0|Epoch=3|StartOffset=77"},
	{fileLayout(inspect.Properties), "#\n#Sun Nov 22\nnode.id=1\ncluster.id=ab==\n\nversion: 0", "Comment=#|Comment=#Sun Nov 22|node.id=1|cluster.id=ab==|Comment=|version=0"},
	{fileLayout(inspect.JSONFile), `{"leaderId":1, "voters" : [{"a":1},{"b":"x\"}"}] ,"data_version":1}` + "\n", `leaderId=1|voters=[{"a":1},{"b":"x\"}"}] |data_version=1`},
	{snapshotLayout, string(snapshot(int32(1), int64(9), int16(0), int32(4), int64(44), int32(2), int64(1_700_000_000_000), int32(-1), int64(-1))),
		"Version=1|Crc=*|Count=1|ProducerId=9|Epoch=0|LastSequence=4|LastOffset=44|OffsetDelta=2|Timestamp=1700000000000 (2023-11-14T22:13:20Z)|CoordinatorEpoch=-1 (none)|CurrentTxnFirstOffset=-1 (none)"},
	{snapshotLayout, string(snapshot(int32(0))), "Version=1|Crc=1214729159 (correct)|ProducerEntries=0 elements"},
}

func leaves(tree *inspect.Tree) string {
	var parts []string
	for n := range tree.All() {
		if !n.IsLeaf() || n.Kind() == inspect.FrameNode {
			continue
		}
		text := n.Name() + "=" + n.Value()
		if m := n.Meaning(); m != "" {
			text += " (" + m + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "|")
}

func TestFiles(t *testing.T) {
	for _, f := range files {
		tree := inspect.Options{BaseOffset: 1000}.Frame([]byte(f.src), f.layout)
		if err := tree.First(); err != nil {
			t.Errorf("%v: %v", f.layout, err)
		}
		checkOwned(t, tree)
		have := leaves(tree)
		if before, after, ok := strings.Cut(f.want, "*"); !strings.HasPrefix(have, before) || !strings.HasSuffix(have, after) || !ok && have != f.want {
			t.Errorf("%v:\n%s, want\n%s", f.layout, have, f.want)
		}
		for n := range tree.All() {
			if n.IsLeaf() && n.Kind() == inspect.ValueNode && f.layout != snapshotLayout && n.About() == "" {
				t.Errorf("%v: no sentence on %s", f.layout, n.Name())
			}
		}
	}
}

// Files that are cut off, and files with any byte changed, have every byte in one leaf; what is cut within an entry is
// an error.
func TestDamagedFiles(t *testing.T) {
	for _, f := range files {
		for i := range len(f.src) {
			tree := inspect.Options{}.Frame([]byte(f.src[:i]), f.layout)
			checkOwned(t, tree)
			checkTexts(tree)
			if size := f.layout.EntryBytes(); size > 0 && i%size != 0 && strings.Trim(f.src[i/size*size:i], "\x00") != "" &&
				(tree.Err == nil || !errors.Is(tree.Err, io.ErrUnexpectedEOF)) && strings.Trim(f.src[i/size*size:], "\x00") != "" && i < len(strings.TrimRight(f.src, "\x00")) {
				t.Errorf("%v, %d bytes: %v", f.layout, i, tree.Err)
			}
			for _, c := range []byte{0, 1, 0x7f, 0xff, '\n', ' ', '"', '='} {
				b := []byte(f.src)
				b[i] = c
				tree := inspect.Options{}.Frame(b, f.layout)
				checkOwned(t, tree)
				checkTexts(tree)
			}
		}
	}
}

func TestDamageInFiles(t *testing.T) {
	unknownVersion, ok := inspect.StoredLayout(schema.KindData, "", schema.ByName(inspect.ProducerSnapshot), []byte{0, 2})
	if ok {
		t.Fatal("version 2 is known")
	}
	for _, c := range []struct {
		layout inspect.Layout
		src    string
		want   string // path, offset and detail
		cause  error
	}{
		{fileLayout(inspect.OffsetIndex), string(numbers(int32(4), int32(100), int32(4), int32(200))), "Entry[1].RelativeOffset 8", wire.ErrValue},
		{fileLayout(inspect.OffsetIndex), string(numbers(int32(4), int32(100), int32(5), int32(100))), "Entry[1].Position 8", wire.ErrValue},
		{fileLayout(inspect.OffsetIndex), string(numbers(int32(4), int32(100), int16(5))), "Entry 8", io.ErrUnexpectedEOF},
		{fileLayout(inspect.TimeIndex), string(numbers(int64(4), int32(100), int64(4), int32(101))), "Entry[1].Timestamp 12", wire.ErrValue},
		{fileLayout(inspect.TransactionIndex), string(numbers(int16(1), int64(7), int64(10), int64(12), int64(13))), "Entry[0].Version 0", wire.ErrValue},
		{fileLayout(inspect.TransactionIndex), strings.Repeat(string(numbers(int16(0), int64(7), int64(13), int64(14), int64(13))), 2), "Entry[1].LastOffset 34", wire.ErrValue},
		{fileLayout(inspect.OffsetCheckpoint), "1\n0\n", "Version 0", wire.ErrUnsupportedVersion},
		{fileLayout(inspect.OffsetCheckpoint), "0\nx\n", "EntryCount 2", wire.ErrValue},
		{fileLayout(inspect.OffsetCheckpoint), "0\n", "EntryCount 2", io.ErrUnexpectedEOF},
		{fileLayout(inspect.OffsetCheckpoint), "0\n2\na 0 1\n", "EntryCount 10", io.ErrUnexpectedEOF},
		{fileLayout(inspect.OffsetCheckpoint), "0\n1\na 0\n", "Entry 4", wire.ErrValue},
		{fileLayout(inspect.OffsetCheckpoint), "0\n1\na 0 1 2\n", "Entry 4", wire.ErrValue},
		{fileLayout(inspect.OffsetCheckpoint), "0\n1\n\n", "Entry 4", wire.ErrValue},
		{fileLayout(inspect.OffsetCheckpoint), "0\n1\na 0 x\n", "Offset 8", wire.ErrValue},
		{fileLayout(inspect.Properties), "a=1\nnonsense\n", "Line 4", wire.ErrValue},
		{fileLayout(inspect.JSONFile), `{"a":1,"b":`, " 7", wire.ErrValue},
		{fileLayout(inspect.JSONFile), `{"a":1}x`, " 7", wire.ErrValue},
		{fileLayout(inspect.JSONFile), `[]`, " 0", wire.ErrValue},
		{snapshotLayout, string(snapshot(int32(0))[:9]), "ProducerEntries 6", io.ErrUnexpectedEOF},
		{snapshotLayout, string(numbers(int16(1), int32(1), int32(0))), "Crc 2", records.ErrCRC},
		{unknownVersion, string(numbers(int16(2), int32(1), int32(0))), " 2", wire.ErrUnsupportedVersion},
	} {
		err := inspect.Options{}.Frame([]byte(c.src), c.layout).First()
		if err == nil || fmt.Sprint(err.Path, " ", err.Offset) != c.want || !errors.Is(err, c.cause) {
			t.Errorf("%v %q: %v, want %s", c.layout, c.src, err, c.want)
		}
	}
}

// An index of which the tree shows only a part still owns every byte.
func TestManyEntries(t *testing.T) {
	var b []byte
	for i := range int32(1000) {
		b = append(b, numbers(i+1, 10*i)...)
	}
	tree := inspect.Options{MaxNodes: 100}.Frame(b, fileLayout(inspect.OffsetIndex))
	checkOwned(t, tree)
	if tree.First() != nil || tree.Len() > 200 {
		t.Errorf("%d nodes, %v", tree.Len(), tree.First())
	}
}
