package inspect

import (
	"encoding/binary"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Names of what stands before stored messages.
var (
	frameVersionField  = &schema.Field{Name: "FrameVersion", JSONName: "frameVersion", Tag: -1}
	storedTypeField    = &schema.Field{Name: "Type", JSONName: "type", Tag: -1, Type: schema.Int16}
	storedVersionField = &schema.Field{Name: "Version", JSONName: "version", Tag: -1, Type: schema.Int16}
)

// StoredLayout reads what Kafka writes before a message that it stores, and returns the layout of
// the whole. What that is depends on the kind:
//
//   - records of __cluster_metadata: a frame version (1), the type and the version, each an unsigned varint;
//   - keys of the coordinators' logs: the type, an int16;
//   - values of the coordinators' logs, and data: the version, an int16; m must say which message it is.
//
// log is the topic, for kinds whose types are unique only within one; "" means the usual one. The
// layout is not ok if the bytes name no message or version that is known.
func StoredLayout(kind schema.Kind, log string, m *schema.Message, src []byte) (Layout, bool) {
	l := Layout{Kind: kind, Key: -1, Version: -1, HeaderVersion: NoHeader, Stored: true}
	switch kind {
	case schema.KindMetadata:
		if log == "" {
			log = "__cluster_metadata"
		}
		head, _, n := metadataHead(src)
		if n < len(head) {
			return l, false
		}
		l.Version = int16(min(head[2], 1<<15-1))
		m = schema.Record(log, kind, int16(min(head[1], 1<<15-1)))
	case schema.KindCoordinatorKey:
		if log == "" {
			log = "__consumer_offsets"
		}
		if len(src) < 2 {
			return l, false
		}
		m = schema.Record(log, kind, int16(binary.BigEndian.Uint16(src)))
		l.Version = 0 // the type stands where a version would
	default:
		if len(src) < 2 {
			return l, false
		}
		l.Version = int16(binary.BigEndian.Uint16(src))
	}
	if m == nil {
		return l, false
	}
	l.Key, l.Name = m.Key, m.Name
	return l, m.Versions.Has(l.Version)
}

// metadataFrame is the frame version of records of the metadata log.
const metadataFrame = 1

// metadataHead reads the three varints before a record of the metadata log: n is how many there are,
// size how many bytes they take.
func metadataHead(src []byte) (head [3]uint32, sizes [3]int, n int) {
	for n < len(head) {
		v, size := wire.Uvarint(src)
		if size <= 0 {
			break
		}
		head[n], sizes[n] = v, size
		src = src[size:]
		n++
	}
	return head, sizes, n
}

// stored adds the nodes of what stands before a stored message and returns where that begins.
func (b *builder) stored(kind schema.Kind, src []byte) int {
	if kind == schema.KindMetadata {
		head, sizes, n := metadataHead(src)
		at := 0
		for i, f := range []*schema.Field{frameVersionField, storedTypeField, storedVersionField}[:n] {
			b.leaf(&event{kind: CountNode, field: f, index: -1, off: at, size: sizes[i], flex: true, count: int(int32(head[i]))})
			at += sizes[i]
		}
		switch {
		case n < len(head):
			b.failed(&wire.Error{Path: storedVersionField.Name, Offset: at, Err: io.ErrUnexpectedEOF, Detail: "frame version, type and version wanted"})
		case head[0] != metadataFrame:
			b.failed(&wire.Error{Path: frameVersionField.Name, Err: wire.ErrUnsupportedVersion, Detail: "frame version " + strconv.FormatUint(uint64(head[0]), 10)})
		}
		return at
	}
	f := storedVersionField
	if kind == schema.KindCoordinatorKey {
		f = storedTypeField
	}
	if len(src) < 2 {
		b.failed(&wire.Error{Path: f.Name, Err: io.ErrUnexpectedEOF, Detail: "2 bytes wanted, " + strconv.Itoa(len(src)) + " left"})
		return 0
	}
	b.leaf(&event{kind: ValueNode, field: f, index: -1, size: 2})
	return 2
}
