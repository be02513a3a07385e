// Package inspect explains bytes of Kafka's protocol to people: it reads any request, response,
// header or record along the tables of package schema, and returns a tree in which every byte
// belongs to exactly one leaf.
//
//	tree := inspect.Request(frame)          // never fails: the tree so far, and tree.Err at its byte
//	for n := range tree.All() {
//		fmt.Printf("%4d %-24x %s = %s\n", n.Offset(), n.Bytes(), n.Path(), n.Value())
//	}
//
// # The tree
//
// A Node has a name, a type in the words of Kafka's protocol guide, its range of bytes, a value as
// text and, where there is something to say, a meaning: the name of an error code, the time that a
// timestamp stands for, what −1 says in this field. Lengths belong to the leaf of their value, which
// says how many bytes they take (Prefix); counts, markers of nullable structs, tagged sections with
// their tags and sizes, and the size before a frame are nodes of their own.
//
// Record batches are taken apart down to the headers of each record; Options say how far. What was
// compressed stays one node, unless Options have a decompressor: then its children lie in a buffer
// of their own.
//
// # Damage
//
// When a message cannot be read any further, Tree.Err says at which byte and why, with the path of
// the field: the error that the typed codec of package api gives for the same bytes, since both read
// with the same primitives. The bytes that were not read are in a RestNode. What is wrong inside of
// records (a CRC, a length) does not end the message and is in Tree.Problems.
//
// # Edits
//
// Tree.Encode writes the bytes again after edits of nodes, and what depends on them follows: lengths,
// counts, sizes, offsets and the CRC. Without edits it is the way to mend those.
//
//	name, _ := tree.Find("Topics[0].Name")
//	frame, err := tree.Encode(inspect.Edit{Op: inspect.SetValue, Node: name, Text: "orders"})
//
// # Other ways to read
//
// AppendJSON writes a message in the form of Kafka's own JSON converters without building a tree.
// PathAt only finds the path of the field at an offset; errors are completed with it. Guess finds out
// what some bytes are.
//
// One walker serves them all. Its time is linear in the input, its memory bounded by Options, and
// the depth of its recursion by the schema.
//
// The package links neither fmt nor reflect, because the web page is built on it.
package inspect
