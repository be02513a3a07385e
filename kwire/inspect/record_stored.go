package inspect

import (
	"strings"

	"github.com/kwire-project/kafka/kwire/schema"
)

// Logs that hold records of Kafka's own.
const (
	MetadataLog       = "__cluster_metadata"
	RemoteMetadataLog = "__remote_log_metadata"
	GroupLog          = "__consumer_offsets"
	TransactionLog    = "__transaction_state"
	ShareLog          = "__share_group_state"
)

// storesMetadata reports whether the values of a log are framed as those of the metadata log, and the keys are bytes.
func storesMetadata(log string) bool { return strings.HasSuffix(log, "_metadata") }

// stored reads the key and value of a record of one of Kafka's own logs.
func (r *recordWalk) stored() {
	if storesMetadata(r.o.Log) {
		r.varBytes(VarBytesNode, keyField)
		r.storedPart(valueField, schema.KindMetadata, nil)
		return
	}
	key := r.storedPart(keyField, schema.KindCoordinatorKey, nil)
	if key == nil {
		r.varBytes(VarBytesNode, valueField)
		return
	}
	r.storedPart(valueField, schema.KindCoordinatorValue, schema.Record(r.o.Log, schema.KindCoordinatorValue, key.Key))
}

// storedPart reads a key or value with what Kafka stores before the message, and returns which message it is: nil for
// null, and for what is none, which is bytes.
func (r *recordWalk) storedPart(f *schema.Field, kind schema.Kind, m *schema.Message) *schema.Message {
	if r.failed {
		return nil
	}
	length, n := varint(r.src[r.pos:r.end])
	if n <= 0 || length <= 0 || int(length) > r.end-r.pos-n {
		r.varBytes(VarBytesNode, f)
		return nil
	}
	end := r.pos + n + int(length)
	src := r.src[r.pos+n : end]
	l, ok := StoredLayout(kind, r.o.Log, m, src)
	if m = l.Schema(); !ok || m == nil || kind == schema.KindMetadata && src[0] != metadataFrame {
		r.varBytes(VarBytesNode, f)
		return nil
	}
	r.enter(&event{kind: StructNode, field: f, index: -1, off: r.pos})
	r.leaf(&event{kind: VarintNode, field: lengthField, index: -1, off: r.pos, size: n})
	r.base = r.pos + n
	head := r.builder.stored(kind, src)
	r.pos, r.base = r.base+head, 0
	r.nested(f, m, l.Version, end)
	r.leave(end)
	return m
}
