package inspect

import "github.com/kwire-project/kafka/kwire/schema"

// Kind says what a node of a tree is.
type Kind uint8

// Kinds of nodes. The first group is what schemas are made of.
const (
	ValueNode   Kind = iota // a number, bool, uuid, string or bytes, with its length if it has one
	ArrayNode               // an array; a leaf when it has no elements
	StructNode              // a struct, or a struct element of an array; a leaf when it is null
	CountNode               // how many elements or tagged fields follow
	MarkerNode              // the byte that says that a nullable struct is there
	TagsNode                // a tagged section; a leaf when it has no fields
	TagNode                 // one tagged field: tag, size and value
	TagIDNode               // its tag
	TagSizeNode             // its size
	UnknownNode             // the data of a tag that the schema does not know

	// What surrounds messages.

	FrameNode   // the whole input
	SizeNode    // the four bytes before a frame that say how long it is
	MessageNode // a header or a body
	RestNode    // bytes that could not be read, or that nothing announced
	MoreNode    // bytes that were read but have no nodes, because the tree is full

	// What record batches are made of.

	RecordsNode    // the batches of a field
	BatchNode      // one batch, or one legacy entry
	RecordNode     // one record
	HeaderNode     // one header of a record
	VarintNode     // a zigzag varint of up to 32 bits
	VarlongNode    // a zigzag varint of up to 64 bits
	VarBytesNode   // bytes after a zigzag varint length, −1 for null
	VarStringNode  // a string after a zigzag varint length
	CompressedNode // records that are compressed; its children have their bytes in a buffer of their own
	PartialNode    // the start of a batch that was cut off

	// What other files of a log directory are made of.

	TextNode // characters of a file of text, with the punctuation around them
	PadNode  // zeros: room that was set aside
)

// Names of nodes that no schema has.
var (
	countField      = &schema.Field{Name: "Count", JSONName: "count", Tag: -1, Type: schema.Int32}
	markerField     = &schema.Field{Name: "Present", JSONName: "present", Tag: -1, Type: schema.Int8}
	tagBufferField  = &schema.Field{Name: "TAG_BUFFER", JSONName: "TAG_BUFFER", Tag: -1}
	tagCountField   = &schema.Field{Name: "TagCount", JSONName: "tagCount", Tag: -1}
	unknownTagField = &schema.Field{Name: "UnknownTag", JSONName: "unknownTag", Tag: -1}
	tagIDField      = &schema.Field{Name: "Tag", JSONName: "tag", Tag: -1}
	tagSizeField    = &schema.Field{Name: "TagSize", JSONName: "tagSize", Tag: -1}
	tagDataField    = &schema.Field{Name: "Data", JSONName: "data", Tag: -1, Type: schema.Bytes}
	frameField      = &schema.Field{Name: "Frame", JSONName: "frame", Tag: -1}
	sizeField       = &schema.Field{Name: "Size", JSONName: "size", Tag: -1, Type: schema.Int32}
	headerField     = &schema.Field{Name: "Header", JSONName: "header", Tag: -1}
	bodyField       = &schema.Field{Name: "Body", JSONName: "body", Tag: -1}
	restField       = &schema.Field{Name: "NotDecoded", JSONName: "notDecoded", Tag: -1, Type: schema.Bytes}
	moreField       = &schema.Field{Name: "More", JSONName: "more", Tag: -1, Type: schema.Bytes}
)
