package inspect_test

import (
	"bytes"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// fetch is a Fetch request v12 with one topic and one partition.
func fetch(t *testing.T) []byte {
	t.Helper()
	return unhex(t, "0000004e"+"0001000c00000007"+"000163"+"00"+ // header: Fetch v12, client c
		"ffffffff"+"000001f4"+"00000001"+"7fffffff"+"00"+"00000000"+"ffffffff"+
		"02"+"0274"+"02"+"00000003"+"ffffffff"+"000000000000000a"+"ffffffff"+"ffffffffffffffff"+"00001000"+"00"+"00"+"01"+"01"+"00")
}

// From any node its field, struct, message, place and sentence can be asked.
func TestNodesKnowTheirPlace(t *testing.T) {
	tree := inspect.Request(fetch(t))
	if tree.First() != nil {
		t.Fatal(tree.First())
	}
	if !bytes.Equal(tree.Bytes(), fetch(t)) || tree.Root().Index() != 0 || tree.Root().Kind() != inspect.FrameNode {
		t.Error("the root is not the input")
	}
	partition, ok := tree.Find("Topics[0].Partitions[0].Partition")
	if !ok {
		t.Fatal("no partition")
	}
	m, version := partition.Message()
	if m.Name != "FetchRequest" || version != 12 || partition.Field().Name != "Partition" || partition.Struct().Name != "FetchPartition" {
		t.Error(m.Name, version, partition.Field().Name, partition.Struct().Name)
	}
	if want := schema.About(m, partition.Struct(), partition.Field()); partition.About() != want || want == "" {
		t.Errorf("%q, want %q", partition.About(), want)
	}
	if v, ok := partition.Int(); !ok || v != 3 || partition.ElementIndex() != -1 {
		t.Error(v, ok, partition.ElementIndex())
	}
	element, _ := partition.Parent()
	if element.Name() != "[0]" || element.ElementIndex() != 0 || element.Kind() != inspect.StructNode {
		t.Error(element.Name(), element.ElementIndex(), element.Kind())
	}
	topics, _ := tree.Find("Topics")
	if topics.Struct() != nil || topics.Count() != 1 || tree.At(topics.Index()) != topics {
		t.Error("the topics are not a field of the message")
	}
	if count := firstChild(topics); count.Kind() != inspect.CountNode || count.About() != "" {
		t.Error(count.Kind(), count.About())
	} else if v, ok := count.Int(); !ok || v != 1 {
		t.Error(v, ok)
	}
	head, _ := tree.Header()
	client, ok := head, false
	for n := range head.Children() {
		if n.Name() == "ClientId" {
			client, ok = n, true
		}
	}
	if _, isInt := client.Int(); !ok || isInt || client.Value() != `"c"` || client.Struct() != nil {
		t.Error(client.Value(), isInt)
	}
	if _, ok := tree.Find("Topics[1]"); ok {
		t.Error("there is one topic")
	}
	if _, ok := (inspect.Request([]byte{0})).Find("Topics"); ok {
		t.Error("a path in no body")
	}
}

func firstChild(n inspect.Node) inspect.Node {
	for c := range n.Children() {
		return c
	}
	return inspect.Node{}
}

// Walk and All visit the same nodes in the same order, and All can be left.
func TestWalkAndAll(t *testing.T) {
	tree := inspect.Request(fetch(t))
	i := 0
	tree.Walk(func(n inspect.Node) {
		if n != tree.At(i) {
			t.Errorf("node %d is %s", i, n.Path())
		}
		i++
	})
	if i != tree.Len() {
		t.Errorf("%d of %d nodes", i, tree.Len())
	}
	for n := range tree.All() {
		if n.Index() == 3 {
			break
		} else if n.Index() > 3 {
			t.Error("it went on")
		}
	}
}

// Every byte has the leaf that LeafAt finds, and no byte outside has one.
func TestLeafAt(t *testing.T) {
	frame := fetch(t)
	tree := inspect.Request(frame)
	for i := range frame {
		if n, ok := tree.LeafAt(i); !ok || !n.IsLeaf() || i < n.Offset() || i >= n.Offset()+n.Size() {
			t.Errorf("byte %d has the leaf %s at %d", i, n.Path(), n.Offset())
		}
	}
	for _, i := range []int{-1, len(frame)} {
		if _, ok := tree.LeafAt(i); ok {
			t.Errorf("byte %d has a leaf", i)
		}
	}
	// Where nothing can be read one leaf has everything.
	if n, ok := inspect.Request([]byte{0, 1}).LeafAt(1); !ok || n.Kind() != inspect.RestNode {
		t.Error(ok, n.Kind())
	}
}

// First is the error that ended the reading, or else the first problem.
func TestFirst(t *testing.T) {
	tree := inspect.Tree{}
	if tree.First() != nil {
		t.Error("an error of nothing")
	}
	tree.Problems = []*wire.Error{{Path: "a"}, {Path: "b"}}
	if tree.First().Path != "a" {
		t.Error(tree.First())
	}
	tree.Err = &wire.Error{Path: "c"}
	if tree.First().Path != "c" {
		t.Error(tree.First())
	}
}

// Numbers of a tree can be asked as numbers, whatever their type.
func TestIntOfEveryKind(t *testing.T) {
	frame := fetch(t)
	tree := inspect.Request(frame)
	size, _ := tree.LeafAt(0)
	if v, ok := size.Int(); !ok || v != int64(len(frame)-4) || size.Kind() != inspect.SizeNode {
		t.Error(v, ok)
	}
	tagged := unhex(t, "00000014"+"0012000400000007ffff00"+"0261"+"0262"+"01"+"4d"+"02"+"abcd")
	tree = inspect.Request(tagged)
	got := map[inspect.Kind]int64{}
	for n := range tree.All() {
		if v, ok := n.Int(); ok {
			got[n.Kind()] = v
		}
	}
	if got[inspect.TagIDNode] != 77 || got[inspect.TagSizeNode] != 2 {
		t.Error(got, tree.First())
	}
}
