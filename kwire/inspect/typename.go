package inspect

import (
	"strings"

	"github.com/kwire-project/kafka/kwire/schema"
)

// Type names how the node's bytes are encoded, in the words of Kafka's protocol guide:
// "INT32", "COMPACT_NULLABLE_STRING", "ARRAY of FetchTopic", "UNSIGNED_VARINT".
func (n Node) Type() string {
	at := n.at()
	flex := at.flags&flagFlexible != 0
	switch at.kind {
	case ValueNode:
		return n.scalarType()
	case ArrayNode:
		element := at.field.Type.String()
		if at.field.Struct != nil {
			return n.prefixed("ARRAY of ") + at.field.Struct.Name
		}
		if at.field == headersField {
			return "ARRAY of Header"
		}
		return n.prefixed("ARRAY of ") + strings.ToUpper(element)
	case StructNode:
		switch {
		case n.IsInner():
			return n.prefixed("BYTES")
		case at.field.Struct == nil:
			return "STRUCT"
		}
		return at.field.Struct.Name
	case CountNode, MarkerNode:
		switch {
		case flex:
			return "UNSIGNED_VARINT"
		case at.kind == MarkerNode:
			return "INT8"
		}
		return "INT32"
	case TagsNode:
		return "TAG_BUFFER"
	case TagNode:
		return "TAGGED_FIELD"
	case TagIDNode, TagSizeNode:
		return "UNSIGNED_VARINT"
	case SizeNode:
		return "INT32"
	case FrameNode:
		return n.t.Layout.String()
	case MessageNode:
		if m, v := n.Message(); m != nil {
			return Layout{Name: m.Name, Version: v}.String()
		}
	case RecordsNode:
		if at.field == recordsField {
			return "RECORDS"
		}
		return n.prefixed("RECORDS")
	case BatchNode:
		if at.count < 2 {
			return "MESSAGE"
		}
		return "RECORD_BATCH"
	case RecordNode:
		return "RECORD"
	case HeaderNode:
		return "RECORD_HEADER"
	case VarintNode:
		return "VARINT"
	case VarlongNode:
		return "VARLONG"
	case VarBytesNode:
		return "BYTES after VARINT"
	case VarStringNode:
		return "STRING after VARINT"
	case CompressedNode:
		return "RECORDS"
	case TextNode:
		return "TEXT"
	}
	return "BYTES"
}

func (n Node) scalarType() string {
	t := n.at().field.Type
	switch t {
	case schema.String, schema.Bytes, schema.Records:
		return n.prefixed(strings.ToUpper(t.String()))
	case schema.Bool:
		return "BOOLEAN"
	}
	return strings.ToUpper(t.String())
}

// prefixed adds how lengths and nulls travel.
func (n Node) prefixed(name string) string {
	at := n.at()
	if m, v := n.Message(); m != nil && at.index < 0 && at.field.Nullable.Has(v) {
		name = "NULLABLE_" + name
	}
	if at.flags&flagFlexible != 0 {
		name = "COMPACT_" + name
	}
	return name
}
