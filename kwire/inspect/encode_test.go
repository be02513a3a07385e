package inspect_test

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

var batchesLayout = inspect.Layout{Kind: schema.KindData, Key: -1, HeaderVersion: inspect.NoHeader, Name: inspect.RecordBatches}

// TestEncodeAnew: from its values, with every length, count, size and CRC computed, a message has the
// bytes that Kafka's own classes and real clients wrote.
func TestEncodeAnew(t *testing.T) {
	n := 0
	check := func(what string, tree *inspect.Tree) {
		t.Helper()
		if tree.Err != nil { // a layout that 4.4 replaced, or librdkafka's odd Metadata request
			return
		}
		n++
		if have, err := tree.Encode(); err != nil || !bytes.Equal(have, tree.Bytes()) {
			t.Errorf("%s: %v\nhave %x\nwant %x", what, err, have, tree.Bytes())
		}
	}
	line := func(l corpusLine) {
		if m := schema.ByName(l.Name); m != nil {
			check(l.Name, inspect.Message(m, l.Version, unhex(t, l.Hex)))
		}
	}
	readLines(t, samplePath, line)
	for _, file := range []string{"messages-4.x", "messages-3.9", "headers-4.x", "headers-3.9"} {
		readShared(t, "corpus/"+file+".jsonl.gz", line)
	}
	readShared(t, "captures/frames.jsonl.gz", func(f capturedFrame) {
		if src := unhex(t, f.Hex); f.Dir == "req" {
			check(f.Client, inspect.Request(src))
		} else {
			check(f.Client, inspect.Response(src, f.API, f.Version))
		}
	})
	readShared(t, "corpus/batches.jsonl.gz", func(l batchLine) {
		check(l.Kind, inspect.Options{}.Frame(unhex(t, l.Hex), batchesLayout))
		check(l.Kind, inspect.Options{Decompressor: gunzip{}}.Frame(unhex(t, l.Hex), batchesLayout))
	})
	t.Logf("%d messages", n)
	if n < 875 {
		t.Errorf("only %d messages", n)
	}
}

// encoded is the tree of what the edits make, read to its last byte.
func encoded(t *testing.T, tree *inspect.Tree, edits ...inspect.Edit) *inspect.Tree {
	t.Helper()
	out, err := tree.Encode(edits...)
	if err != nil {
		t.Fatal(err)
	}
	o := inspect.Options{Decompressor: gunzip{}}
	again := o.Frame(out, tree.Layout)
	if err := again.First(); err != nil {
		t.Fatalf("%v in %x", err, out)
	}
	return again
}

func fieldOf(t *testing.T, tree *inspect.Tree, path string) inspect.Node {
	t.Helper()
	for n := range tree.All() {
		if n.Path() == path && n.Kind() != inspect.CountNode && n.Kind() != inspect.MessageNode {
			return n
		}
	}
	t.Fatalf("no %s", path)
	return inspect.Node{}
}

func set(n inspect.Node, text string) inspect.Edit {
	return inspect.Edit{Op: inspect.SetValue, Node: n, Text: text}
}

// produce is a Produce request of one batch with three records, the second of which has two headers.
func produce(t *testing.T) *inspect.Tree {
	w := records.NewWriter(nil, records.Options{PartitionLeaderEpoch: records.NoLeaderEpoch})
	for i, r := range []records.Record{{Key: []byte("a")}, {Headers: records.Headers{}.Append("h", []byte("1")).Append("i", nil)}, {Key: []byte("c")}} {
		r.Timestamp, r.Value = int64(1000+i), []byte(strings.Repeat("v", 20*i))
		w.Append(r)
	}
	batch, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	b := unhex(t, "00000000 0000 0009 00000007 0002 6d65 00  00 ffff 00007530 02 03 6f6f 02 00000003")
	b = append(b, byte(len(batch)+1)|0x80, byte((len(batch)+1)>>7))
	b = append(append(b, batch...), 0, 0, 0)
	b[3] = byte(len(b) - 4)
	tree := inspect.Request(b)
	if err := tree.First(); err != nil {
		t.Fatal(err)
	}
	return tree
}

const recordsPath = "TopicData[0].PartitionData[0].Records"

// A name becomes longer than a length of one byte can say: everything around it follows.
func TestEncodeLongerName(t *testing.T) {
	tree := produce(t)
	name := strings.Repeat("o", 200)
	again := encoded(t, tree, set(fieldOf(t, tree, "TopicData[0].Name"), name))
	if n := fieldOf(t, again, "TopicData[0].Name"); n.Value() != `"`+name+`"` || n.Prefix() != 2 {
		t.Errorf("%s after %d bytes", n.Value(), n.Prefix())
	}
	if len(again.Bytes()) != len(tree.Bytes())+199 {
		t.Errorf("%d bytes of %d", len(again.Bytes()), len(tree.Bytes()))
	}
	if !bytes.Equal(fieldOf(t, again, recordsPath).Bytes(), fieldOf(t, tree, recordsPath).Bytes()) {
		t.Error("the records are not the same")
	}
}

func TestEncodeRecord(t *testing.T) {
	tree := produce(t)
	in := recordsPath + "[0].Records" // the batch
	batch := func(tree *inspect.Tree, name string) string { return fieldOf(t, tree, recordsPath+"[0]."+name).Value() }
	again := encoded(t, tree, set(fieldOf(t, tree, in+"[1].Value"), strings.Repeat("ab ", 100)), set(fieldOf(t, tree, in+"[1].Headers[1].Value"), "00"))
	if have := fieldOf(t, again, in+"[1].Value").Size(); have != 102 {
		t.Errorf("%d bytes", have)
	}
	for _, text := range []string{`"pears, 2 Ã— 3 €\n\t\"\\"`, `""`, `"` + strings.Repeat("x", 100) + `"`} {
		n := fieldOf(t, encoded(t, tree, set(fieldOf(t, tree, in+"[1].Value"), text)), in+"[1].Value")
		if v := n.Value(); v != text && n.Size() > 1 || n.IsText() != (n.Size() > 1) {
			t.Errorf("%s is %s", text, v)
		}
	}
	if long := fieldOf(t, encoded(t, tree, set(fieldOf(t, tree, in+"[1].Value"), `"`+strings.Repeat("é", 99)+`"`)), in+"[1].Value").Value(); long != `"`+strings.Repeat("é", 50)+`"… (198 bytes)` {
		t.Error(long)
	}
	if batch(again, "RecordCount") != "3" || batch(again, "LastOffsetDelta") != "2" {
		t.Error(batch(again, "RecordCount"), batch(again, "LastOffsetDelta"))
	}
	for _, c := range []struct {
		op                 inspect.EditOp
		node, count, last  string
		keys, deltas, head string
	}{
		{inspect.RemoveNode, "[1]", "2", "1", `"a" "c"`, "0 1", ""},
		{inspect.DuplicateNode, "[1]", "4", "3", `"a" null null "c"`, "0 1 2 3", "2 elements"},
		{inspect.DuplicateNode, "[2]", "4", "3", `"a" null "c" "c"`, "0 1 2 3", "2 elements"},
		{inspect.RemoveNode, "[1].Headers[0]", "3", "2", `"a" null "c"`, "0 1 2", "1 element"},
		{inspect.DuplicateNode, "[1].Headers[0]", "3", "2", `"a" null "c"`, "0 1 2", "3 elements"},
	} {
		again := encoded(t, tree, inspect.Edit{Op: c.op, Node: fieldOf(t, tree, in+c.node)})
		var keys, deltas []string
		for n := range again.All() {
			p, _ := n.Parent()
			switch {
			case n.Name() == "Key" && p.Kind() == inspect.RecordNode:
				keys = append(keys, n.Value())
			case n.Name() == "OffsetDelta":
				deltas = append(deltas, n.Value())
			}
		}
		if batch(again, "RecordCount") != c.count || batch(again, "LastOffsetDelta") != c.last || strings.Join(keys, " ") != c.keys || strings.Join(deltas, " ") != c.deltas {
			t.Errorf("%v %s: %s records to %s, keys %v, deltas %v", c.op, c.node, batch(again, "RecordCount"), batch(again, "LastOffsetDelta"), keys, deltas)
		}
		if c.head != "" && fieldOf(t, again, in+"[1].Headers").Value() != c.head {
			t.Errorf("%v %s: %s", c.op, c.node, fieldOf(t, again, in+"[1].Headers").Value())
		}
	}
	// Where the last offset is the last record's, it stays so; a batch with gaps keeps its offsets.
	again = encoded(t, tree, set(fieldOf(t, tree, in+"[2].OffsetDelta"), "70"))
	again = encoded(t, again, inspect.Edit{Op: inspect.RemoveNode, Node: fieldOf(t, again, in+"[0]")})
	if batch(again, "RecordCount") != "2" || batch(again, "LastOffsetDelta") != "70" || fieldOf(t, again, in+"[0].OffsetDelta").Value() != "1" {
		t.Error(batch(again, "RecordCount"), batch(again, "LastOffsetDelta"))
	}
	again = encoded(t, tree, inspect.Edit{Op: inspect.RemoveNode, Node: fieldOf(t, tree, recordsPath+"[0]")})
	if have := fieldOf(t, again, recordsPath).Value(); have != "" {
		t.Errorf("%s of no batch", have)
	}
}

// Records that were compressed are uncompressed when one is edited, also those of old sets, whose offsets
// stay what they were.
func TestEncodeUncompressed(t *testing.T) {
	seen := 0
	readShared(t, "corpus/batches.jsonl.gz", func(l batchLine) {
		if !strings.Contains(l.Kind, "gzip") {
			return
		}
		seen++
		tree := inspect.Options{Decompressor: gunzip{}}.Frame(unhex(t, l.Hex), batchesLayout)
		var value inspect.Node
		for n := range tree.All() {
			if n.Name() == "Value" && n.Buffer() != 0 && n.IsLeaf() {
				value = n
			}
		}
		again := encoded(t, tree, set(value, "cafe"))
		if again.Buffers() != 1 {
			t.Errorf("%s is still compressed", l.Kind)
		}
		var offsets []int64
		var failed error
		for b, err := range records.Batches(again.Bytes()) {
			failed = errors.Join(failed, err)
			for r, err := range b.Records(nil, 0) {
				failed = errors.Join(failed, err)
				offsets = append(offsets, r.Offset)
			}
		}
		var want []int64
		for _, b := range l.Batches {
			for _, r := range b.Records {
				want = append(want, r.Offset)
			}
		}
		if failed != nil || len(want) == 0 || !slices.Equal(offsets, want) {
			t.Errorf("%s: offsets %v, were %v, %v", l.Kind, offsets, want, failed)
		}
	})
	if seen < 10 {
		t.Errorf("%d batches", seen)
	}
}

// TestEncodeStructs: tagged fields come and go, what may be null becomes null, arrays become empty.
func TestEncodeStructs(t *testing.T) {
	// Fetch v12 with a cluster id (tag 0) and an unknown tag; one topic with one partition.
	src := unhex(t, "00000000 0001 000c 00000007 0002 6d65 00  ffffffff 00000000 00000000 7fffffff 00 00000000 ffffffff"+
		"02 03 6f6f 02 00000001 ffffffff 0000000000000000 ffffffff 0000000000000000 00000000 00 00  01 01  02 00 02 02 69 05 02 ff fe")
	src[3] = byte(len(src) - 4)
	tree := encoded(t, inspect.Request(src))
	again := encoded(t, tree, set(fieldOf(t, tree, "ClusterId"), strings.Repeat("c", 130)))
	if have := fieldOf(t, again, "ClusterId").Size(); have != 132 {
		t.Errorf("%d bytes", have)
	}
	if have := fieldOf(t, encoded(t, tree, set(fieldOf(t, tree, "ClusterId"), "null")), "ClusterId"); !have.IsNull() {
		t.Error(have.Value())
	}
	have := fieldOf(t, encoded(t, tree, set(fieldOf(t, tree, "ClusterId"), `"null"`)), "ClusterId").Value()
	if have != `"null"` {
		t.Error(have)
	}
	var tags []inspect.Node
	for n := range tree.All() {
		if n.Kind() == inspect.TagNode {
			tags = append(tags, n)
		}
	}
	if len(tags) != 2 {
		t.Fatalf("%d tags", len(tags))
	}
	again = encoded(t, tree, inspect.Edit{Op: inspect.RemoveNode, Node: tags[0]}, inspect.Edit{Op: inspect.RemoveNode, Node: tags[1]})
	if b := again.Bytes(); b[len(b)-1] != 0 || len(b) != len(tree.Bytes())-8 {
		t.Errorf("%x", b)
	}
	again = encoded(t, tree, inspect.Edit{Op: inspect.DuplicateNode, Node: fieldOf(t, tree, "Topics[0].Partitions[0]")})
	if have := fieldOf(t, again, "Topics[0].Partitions").Value(); have != "2 elements" {
		t.Error(have)
	}
	again = encoded(t, tree, set(fieldOf(t, tree, "Topics[0].Partitions"), "[]"))
	if have := fieldOf(t, again, "Topics[0].Partitions").Value(); have != "0 elements" {
		t.Error(have)
	}
}

func TestEncodeRefuses(t *testing.T) {
	tree := produce(t)
	for _, c := range []struct {
		edit inspect.Edit
		want string
	}{
		{set(fieldOf(t, tree, "Acks"), "40000"), "kwire: ProduceRequest v9: Acks: offset 18: a whole number is wanted, from -32768 to 32767: no such edit"},
		{set(fieldOf(t, tree, "Acks"), "one"), "a whole number is wanted"},
		{set(fieldOf(t, tree, "TopicData[0]"), "null"), "set one of its fields"},
		{set(fieldOf(t, tree, "TopicData"), "null"), "set to [] only"},
		{set(fieldOf(t, tree, recordsPath), "0"), "two hex digits each"},
		{set(fieldOf(t, tree, recordsPath+"[0].Crc"), "0"), "follows"},
		{set(fieldOf(t, tree, recordsPath+"[0].RecordCount"), "7"), "follows"},
		{set(fieldOf(t, tree, recordsPath+"[0].Records[0].OffsetDelta"), "3000000000"), "a whole number is wanted"},
		{set(tree.At(1), "7"), "follows"},
		{inspect.Edit{Op: inspect.RemoveNode, Node: fieldOf(t, tree, "Acks")}, "can go or come"},
		{inspect.Edit{Op: inspect.DuplicateNode, Node: tree.Root()}, "can go or come"},
	} {
		out, err := tree.Encode(c.edit)
		if err == nil || !errors.Is(err, inspect.ErrEdit) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v of %q: %v, %x", c.edit.Op, c.edit.Node.Path(), err, out)
		}
	}
}

// TestEncodeDamaged: an edit does not hide what is wrong elsewhere, and a wrong size or bytes too many are
// mended by encoding anew.
func TestEncodeDamaged(t *testing.T) {
	cut := inspect.Request(unhex(t, "00000022 0012 0004 00000007 0009 6b61666b612d636c69 00 0a 6b61666b612d636c69 04 302e31")) // no TAG_BUFFER
	if cut.Err == nil || cut.Err.Path != "TAG_BUFFER" {
		t.Fatal(cut.Err)
	}
	out, err := cut.Encode(set(fieldOf(t, cut, "ClientSoftwareName"), "k"))
	if err != nil {
		t.Fatal(err)
	}
	if again := inspect.Request(out); again.Err == nil || again.Err.Path != "TAG_BUFFER" || again.Err.Offset != len(out) || out[3] != 0x22-8 {
		t.Errorf("%v in %x", again.Err, out)
	}
	if _, err := cut.Encode(); err != error(cut.Err) {
		t.Errorf("%v", err)
	}
	whole := produce(t).Bytes()
	for _, size := range []byte{whole[3] - 1, whole[3] + 9} {
		bad := append([]byte{}, whole...)
		bad[3] = size
		tree := inspect.Request(bad)
		if size > whole[3] {
			if out, err := tree.Encode(); err != nil || !bytes.Equal(out, whole) {
				t.Errorf("%v, %x", err, out)
			}
		} else if _, err := tree.Encode(); err == nil {
			t.Error("a message that is cut off was encoded")
		}
	}
	if out, err := inspect.Request(append(whole[:len(whole):len(whole)], 1, 2, 3)).Encode(); err != nil || !bytes.Equal(out, whole) {
		t.Errorf("%v, %x", err, out)
	}
	bad := append([]byte{}, whole...)
	bad[fieldOf(t, inspect.Request(bad), recordsPath+"[0].Crc").Offset()] ^= 1
	if out, err := inspect.Request(bad).Encode(set(fieldOf(t, inspect.Request(bad), "Acks"), "1")); err != nil || inspect.Request(out).First() == nil {
		t.Errorf("a CRC far from the edit was mended: %v", err)
	}
	if out, err := inspect.Request(bad).Encode(); err != nil || !bytes.Equal(out, whole) {
		t.Errorf("%v, %x", err, out)
	}
}

// TestEncodeFiles: the number of entries of a checkpoint follows, and the CRC of a producer snapshot.
func TestEncodeFiles(t *testing.T) {
	checkpoint := "0\n2\norders 0 15\npayments 11 7\n"
	tree := inspect.Options{}.Frame([]byte(checkpoint), inspect.Layout{Kind: schema.KindData, Name: inspect.OffsetCheckpoint, HeaderVersion: inspect.NoHeader})
	check := func(want string, edits ...inspect.Edit) {
		t.Helper()
		if out, err := tree.Encode(edits...); err != nil || string(out) != want {
			t.Errorf("%v, %q", err, out)
		}
	}
	check(checkpoint)
	entry := tree.At(3)
	check("0\n1\npayments 11 7\n", inspect.Edit{Op: inspect.RemoveNode, Node: entry})
	check("0\n3\norders 0 15\norders 0 15\npayments 11 7\n", inspect.Edit{Op: inspect.DuplicateNode, Node: entry})
	check("0\n2\norders 0 15\npayments 11 1234\n", set(fieldOf(t, tree, "[1].Offset"), "1234"))

	snapshot := unhex(t, "0001 00000000 00000001 000000000000000b 0001 00000002 0000000000000003 00000000 0000000000000000 00000000 ffffffffffffffff")
	tree = inspect.Options{}.Frame(snapshot, inspect.Layout{Kind: schema.KindData, Key: -1, Name: inspect.ProducerSnapshot, Version: 1, HeaderVersion: inspect.NoHeader, Stored: true})
	if tree.Err != nil || len(tree.Problems) != 1 {
		t.Fatal(tree.Err, tree.Problems)
	}
	out, err := tree.Encode()
	if again := (inspect.Options{}).Frame(out, tree.Layout); err != nil || again.First() != nil {
		t.Errorf("%v, %v in %x", err, again.First(), out)
	}
}

// TestAppendValue: a value as a person writes it, in the encoding of its node.
func TestAppendValue(t *testing.T) {
	quota := func() inspect.Node { // a float64
		m := schema.ByName("ClientQuotaRecord")
		tree := inspect.Message(m, 0, unhex(t, "01 02 61 3ff0000000000000 00 00"))
		return fieldOf(t, tree, "Value")
	}
	record := fieldOf(t, produce(t), recordsPath+"[0].Records[0].Value")
	header := fieldOf(t, produce(t), recordsPath+"[0].Records[1].Headers[0].Key")
	acks := fieldOf(t, produce(t), "Acks")
	name := fieldOf(t, produce(t), "TopicData[0].Name")
	id := func() inspect.Node {
		tree := inspect.Message(schema.ByName("TopicRecord"), 0, unhex(t, "02 61 00000000000000000000000000000001 00"))
		return fieldOf(t, tree, "TopicId")
	}
	for _, c := range []struct {
		node       inspect.Node
		text, want string
	}{
		{acks, "-1", "ffff"},
		{acks, "32768", ""},
		{acks, "", ""},
		{name, "ab", "036162"},
		{name, `"a\tb\x00\u00e9\"\\"`, "09 61 09 62 00 c3a9 22 5c"},
		{name, `"`, "02 22"},
		{name, `"\"`, "04 225c22"},
		{name, "null", "05 6e756c6c"},
		{name, strings.Repeat("x", 1<<15), ""},
		{header, "null", "08 6e756c6c"},
		{header, "k", "02 6b"},
		{record, "null", "01"},
		{record, "", "00"},
		{record, "ca FE", "04 cafe"},
		{record, "caf", ""},
		{record, "zz", ""},
		{id(), "AAAAAAAAAAAAAAAAAAAAAQ", "00000000000000000000000000000001"},
		{id(), "00000000 00000000 00000000 000000ff", "000000000000000000000000000000ff"},
		{id(), "AAAAAAAAAAAAAAAAAAAA", ""},
		{quota(), "1", "3ff0000000000000"},
		{quota(), "-0.1", "bfb999999999999a"},
		{quota(), "1.0E10", "4202a05f20000000"},
		{quota(), "1048576.5", "4130000080000000"},
		{quota(), "1.5e-3", "3f589374bc6a7efa"},
		{quota(), "-Infinity", "fff0000000000000"},
		{quota(), "NaN", "7ff8000000000001"},
		{quota(), "1234567890123456789", ""},
		{quota(), "1e99", ""},
		{quota(), "1e", ""},
		{quota(), ".", ""},
		{quota(), "1x", ""},
	} {
		have, err := c.node.AppendValue(nil, c.text)
		if want := unhex(t, c.want); c.want == "" && err == nil || c.want != "" && (err != nil || !bytes.Equal(have, want)) {
			t.Errorf("%s = %q: %x, %v; want %x", c.node.Path(), c.text, have, err, want)
		}
	}
	// A float64 has the bytes that strconv finds.
	for _, text := range []string{"0.1", "0.2", "3.14159265358979", "123456789012345", "9.99e22", "1e-22", "-5e-7", "0"} {
		have, err := quota().AppendValue(nil, text)
		want, _ := strconv.ParseFloat(text, 64)
		if err != nil || !bytes.Equal(have, wire.AppendFloat64(nil, want)) {
			t.Errorf("%s: %x, %v", text, have, err)
		}
	}
}

// TestEncodeNull: whatever may be null becomes null, in every message at every version.
func TestEncodeNull(t *testing.T) {
	structs, values := 0, 0
	readLines(t, samplePath, func(l corpusLine) {
		m := schema.ByName(l.Name)
		tree := inspect.Message(m, l.Version, unhex(t, l.Hex))
		for n := range tree.All() {
			f := n.Field()
			if n.ElementIndex() >= 0 || f.Versions == 0 || !f.Nullable.Has(l.Version) || n.Kind() == inspect.TagNode {
				continue
			}
			out, err := tree.Encode(set(n, "null"))
			again := inspect.Message(m, l.Version, out)
			if err != nil || again.First() != nil {
				t.Fatalf("%s v%d: %s: %v, %v", l.Name, l.Version, n.Path(), err, again.First())
			}
			if have := again.At(n.Index()); !have.IsNull() || have.Path() != n.Path() {
				t.Errorf("%s v%d: %s is %s", l.Name, l.Version, n.Path(), have.Value())
			}
			if n.Kind() == inspect.StructNode && !n.IsNull() {
				structs++
			} else {
				values++
			}
		}
	})
	if structs < 10 || values < 1000 {
		t.Errorf("only %d structs and %d values", structs, values)
	}
}
