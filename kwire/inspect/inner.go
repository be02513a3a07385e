package inspect

import (
	"encoding/binary"

	"github.com/kwire-project/kafka/kwire/schema"
)

// contentField names the message in the bytes of a field.
var contentField = &schema.Field{Name: "Content", JSONName: "content", Tag: -1}

// innerOf returns the message that Kafka's consumers put into a field of bytes, "" for all other fields. To a
// broker they mean nothing, and other members of groups put there what they like.
func innerOf(m *schema.Message, f *schema.Field) string {
	if m == nil {
		return ""
	}
	switch m.Name + "." + f.JSONName {
	case "JoinGroupRequest.metadata", "JoinGroupResponse.metadata", "DescribeGroupsResponse.memberMetadata",
		"GroupMetadataValue.subscription", "ConsumerGroupMemberMetadataValue.metadata":
		return "ConsumerProtocolSubscription"
	case "SyncGroupRequest.assignment", "SyncGroupResponse.assignment", "DescribeGroupsResponse.memberAssignment", "GroupMetadataValue.assignment":
		return "ConsumerProtocolAssignment"
	}
	return ""
}

// inner takes bytes apart that are a version and a message of it, to the last byte; it reports false for others.
func (b *builder) inner(e *event) bool {
	outer, _ := Node{b.t, b.open[len(b.open)-1]}.Message()
	m := schema.ByName(innerOf(outer, e.field))
	from, to := b.base+e.off+e.prefix, b.base+e.off+e.size
	src := b.t.buffers[b.buffer][from:to]
	if m == nil || len(src) < 2 {
		return false
	}
	version := int16(binary.BigEndian.Uint16(src))
	if !m.Versions.Has(version) {
		return false
	}
	if n, err := walk(m, version, src[2:], b.o.decodeOptions(), &pathSink{offset: -1}); err != nil || n < len(src)-2 {
		return false
	}
	b.enter(&event{kind: StructNode, field: e.field, index: -1, off: e.off, flex: e.flex})
	b.leaf(&event{kind: CountNode, field: lengthField, index: -1, off: e.off, size: e.prefix, flex: e.flex, count: len(src)})
	b.leaf(&event{kind: ValueNode, field: storedVersionField, index: -1, off: e.off + e.prefix, size: 2})
	b.message(contentField, m, version, from+2, to)
	b.leave(e.off + e.size)
	return true
}
