package fuzz

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/stretchr/testify/require"
)

var editing = inspect.Options{Decompressor: compress.All}

// FuzzEdit changes one node of whatever can be read: the bytes read back with the new value, and
// everything else is as it was.
func FuzzEdit(f *testing.F) {
	for _, codec := range []records.Codec{records.None, records.Gzip, records.Zstd} {
		f.Add(batchOf(codec), uint8(3), int16(-1), int16(0), uint32(20), []byte("12"), uint8(0))
	}
	fill := filler(1)
	for i, l := range layouts() {
		if i%16 != 0 {
			continue
		}
		m := kwire.New(l.m.Name)
		fill.Fuzz(m)
		pruneMessage(m, l)
		b, err := m.AppendTo(nil, l.version)
		require.NoError(f, err)
		if len(b) < 2000 {
			f.Add(b, uint8(l.m.Kind), l.m.Key, l.version, uint32(i), []byte("-1"), uint8(i%3))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, kind uint8, key, version int16, pick uint32, value []byte, op uint8) {
		l := inspect.Layout{Kind: schema.Kind(kind % 2), Key: key, Version: version, HeaderVersion: inspect.NoHeader}
		if kind >= 2 {
			l = inspect.Layout{Kind: schema.KindData, Key: -1, HeaderVersion: inspect.NoHeader, Name: inspect.RecordBatches}
		}
		tree := editing.Frame(src, l)
		if out, err := tree.Encode(); err == nil && tree.First() == nil {
			require.NoError(t, asError(editing.Frame(out, l).First()))
		}
		if tree.Len() > 1 {
			checkEdit(t, tree, tree.At(1+int(pick%uint32(tree.Len()-1))), inspect.EditOp(op%3), value)
		}
	})
}

// Random edits of every message at every version.
func TestEditsComeBack(t *testing.T) {
	const edits = 100
	seed := int64(rand.Uint64() >> 1)
	fill, made := filler(seed), 0
	for _, l := range layouts() {
		m := kwire.New(l.m.Name)
		fill.Fuzz(m)
		pruneMessage(m, l)
		b, err := m.AppendTo(nil, l.version)
		require.NoError(t, err)
		tree := editing.Frame(b, inspect.Layout{Kind: l.m.Kind, Key: l.m.Key, Name: l.m.Name, Version: l.version, HeaderVersion: inspect.NoHeader})
		require.Nil(t, tree.Err, "seed %d", seed)
		for range edits {
			value := make([]byte, rand.IntN(9))
			for i := range value {
				value[i] = byte(rand.Uint32())
			}
			if checkEdit(t, tree, tree.At(rand.IntN(tree.Len())), inspect.EditOp(rand.IntN(3)), value) {
				made++
			}
		}
		require.False(t, t.Failed(), "%s v%d, seed %d", l.m.Name, l.version, seed)
	}
	t.Logf("%d edits", made)
	require.Greater(t, made, 5000)
}

func batchOf(codec records.Codec) []byte {
	w := records.NewWriter(nil, records.Options{Codec: codec, Compressor: compress.All})
	for i := range 5 {
		w.Append(records.Record{Timestamp: int64(i), Key: []byte("key"), Value: bytes.Repeat([]byte("v"), i), Headers: records.Headers{}.Append("h", nil)})
	}
	b, err := w.Finish()
	if err != nil {
		panic(err)
	}
	return b
}

func asError[E interface {
	comparable
	error
}](err E) error {
	var none E
	if err == none {
		return nil
	}
	return err
}

// checkEdit makes an edit of a node, if there is one that must work, and holds the result against it.
func checkEdit(t *testing.T, tree *inspect.Tree, n inspect.Node, op inspect.EditOp, value []byte) bool {
	t.Helper()
	edit := inspect.Edit{Op: op, Node: n}
	ok := false
	if op == inspect.SetValue {
		edit.Text, ok = textFor(n, value)
	} else {
		ok = isElement(n, op)
	}
	if !ok { // it may be refused; nothing else
		edit.Text = string(value)
		_, _ = tree.Encode(edit)
		return false
	}
	out, err := tree.Encode(edit)
	require.NoError(t, err, "%v %s = %q", op, n.Path(), edit.Text)
	again := editing.Frame(out, tree.Layout)
	if tree.First() != nil || inPartial(n) { // what was damaged or is cut off stays so, but where it is read to it has the value
		return false
	}
	require.NoError(t, asError(again.First()), "%v %s %q: %x from %x", op, n.Path(), edit.Text, out, tree.Bytes())
	if legacySet(n) || op == inspect.RemoveNode && onlyOne(n) {
		return true // its entries stand in its place; a group without elements is a leaf
	}
	have, want := leaves(again, inspect.Node{}, op), leaves(tree, n, op)
	require.Len(t, have, len(want), "%v %s", op, n.Path())
	for i, w := range want {
		if w.edited {
			require.Equal(t, edit.Text, plainText(again.At(have[i].index)), n.Path())
		} else {
			require.Equal(t, w.name+" "+w.data, have[i].name+" "+have[i].data, "%v %s = %q", op, n.Path(), edit.Text)
		}
	}
	return true
}

// inPartial reports whether a node is in a batch that is cut off, whose length and checksum are those of the whole one.
func inPartial(n inspect.Node) bool {
	for up, ok := n.Parent(); ok; up, ok = up.Parent() {
		if up.Kind() == inspect.PartialNode {
			return true
		}
	}
	return false
}

// leaf is what an edit elsewhere must leave alone.
type leaf struct {
	name, data string
	index      int
	edited     bool
}

// leaves lists those of a tree as they must be after an edit of n.
func leaves(tree *inspect.Tree, n inspect.Node, op inspect.EditOp) (out []leaf) {
	var walk func(at inspect.Node)
	walk = func(at inspect.Node) {
		is := n != inspect.Node{} && at.Index() == n.Index()
		times := 1
		if is && op != inspect.SetValue {
			times = 2 * int(op-inspect.RemoveNode)
		}
		for range times {
			if !at.IsLeaf() {
				for c := range at.Children() {
					walk(c)
				}
				continue
			}
			l := leaf{name: at.Field().Name, index: at.Index(), edited: is && op == inspect.SetValue}
			if !at.Structural() && !follows(at) && at.Kind() != inspect.TagsNode && at.Kind() != inspect.ArrayNode {
				l.data = hex.EncodeToString(at.Bytes())
			}
			out = append(out, l)
		}
	}
	walk(tree.Root())
	return out
}

// follows reports whether a value changes when another one does: offsets are counted anew, and what
// was compressed no longer is.
func follows(n inspect.Node) bool {
	switch n.Field().Name {
	case "OffsetDelta", "LastOffsetDelta":
		return true
	case "Attributes":
		p, _ := n.Parent()
		return p.Kind() == inspect.BatchNode
	}
	return false
}

func isElement(n inspect.Node, op inspect.EditOp) bool {
	switch n.Kind() {
	case inspect.TagNode:
		return op == inspect.RemoveNode // the same tag twice is refused by the reader
	case inspect.RecordNode, inspect.HeaderNode, inspect.BatchNode:
		return true
	}
	return n.ElementIndex() >= 0
}

func onlyOne(n inspect.Node) bool {
	p, _ := n.Parent()
	count := 0
	for c := range p.Children() {
		if c.Field() == n.Field() || c.Kind() == inspect.TagNode {
			count++
		}
	}
	return count == 1
}

// legacySet reports whether the node is in the compressed records of an old set.
func legacySet(n inspect.Node) bool {
	if n.Buffer() == 0 {
		return false
	}
	for p, ok := n.Parent(); ok; p, ok = p.Parent() {
		if p.Kind() == inspect.BatchNode && p.Count() < 2 {
			return true
		}
	}
	return false
}

// textFor makes a value for a node of some bytes; not ok if the node decides how others are read.
func textFor(n inspect.Node, value []byte) (string, bool) {
	number := int64(0)
	for _, b := range value {
		number = number<<8 | int64(b)
	}
	f := n.Field()
	p, _ := n.Parent()
	switch {
	case n.Structural(), f.Name == "Magic", f.Name == "Attributes", f.Versions == 0 && (f.Name == "Version" || f.Name == "Type"):
		return "", false
	case f.Type == schema.Records:
		return "", false
	}
	switch n.Kind() {
	case inspect.VarStringNode:
		return strconv.Quote(string(value)), true
	case inspect.UnknownNode:
		return hex.EncodeToString(value), true
	case inspect.VarBytesNode:
		return hex.EncodeToString(value), p.Kind() == inspect.RecordNode || p.Kind() == inspect.HeaderNode
	case inspect.VarintNode:
		return strconv.Itoa(int(int32(number))), true
	case inspect.VarlongNode:
		return strconv.FormatInt(number, 10), true
	case inspect.ValueNode:
	default:
		return "", false
	}
	switch f.Type {
	case schema.Bool:
		return strconv.FormatBool(number&1 != 0), true
	case schema.Int8:
		return strconv.Itoa(int(int8(number))), true
	case schema.Int16:
		return strconv.Itoa(int(int16(number))), true
	case schema.Uint16:
		return strconv.Itoa(int(uint16(number))), true
	case schema.Int32:
		return strconv.Itoa(int(int32(number))), true
	case schema.Uint32:
		return strconv.FormatUint(uint64(uint32(number)), 10), true
	case schema.Int64:
		return strconv.FormatInt(number, 10), true
	case schema.String:
		return strconv.Quote(string(value)), true
	case schema.Bytes:
		return hex.EncodeToString(value), true
	}
	return "", false
}

// plainText is a node's value as textFor writes it.
func plainText(n inspect.Node) string {
	switch n.Kind() {
	case inspect.VarBytesNode, inspect.UnknownNode:
		return hex.EncodeToString(n.Bytes()[n.Prefix():])
	}
	if n.Kind() == inspect.ValueNode && n.Field().Type == schema.Bytes {
		return hex.EncodeToString(n.Bytes()[n.Prefix():])
	}
	return n.Value()
}
