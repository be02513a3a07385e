package inspect

import (
	"hash/crc32"
	"io"
	"strconv"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Names of the Layouts of files of a log directory that are no messages. A log segment is
// RecordBatches, and a producer snapshot the stored message ProducerSnapshot.
const (
	OffsetIndex      = "OffsetIndex"      // .index
	TimeIndex        = "TimeIndex"        // .timeindex
	TransactionIndex = "TransactionIndex" // .txnindex
	OffsetCheckpoint = "OffsetCheckpoint" // recovery-point-offset-checkpoint and its like
	EpochCheckpoint  = "EpochCheckpoint"  // leader-epoch-checkpoint
	Properties       = "Properties"       // meta.properties, partition.metadata
	JSONFile         = "JSONFile"         // quorum-state, .kafka_cleanshutdown

	// ProducerSnapshot is the name of a message of the schema: Layout.Stored is set for it.
	ProducerSnapshot = "ProducerSnapshot"
)

// fileLayout is how a file is read that is a run of equal entries, or of lines.
type fileLayout struct {
	name, title string
	entry       []*schema.Field
	grows       string // for each field of an entry: < if it must be greater than in the entry before, = if not less
}

// Names of what entries are made of.
var (
	entryField         = &schema.Field{Name: "Entry", JSONName: "entry", Tag: -1}
	relativeField      = &schema.Field{Name: "RelativeOffset", JSONName: "relativeOffset", Tag: -1, Type: schema.Int32}
	positionField      = &schema.Field{Name: "Position", JSONName: "position", Tag: -1, Type: schema.Int32}
	firstOffsetField   = &schema.Field{Name: "FirstOffset", JSONName: "firstOffset", Tag: -1, Type: schema.Int64}
	lastOffsetField    = &schema.Field{Name: "LastOffset", JSONName: "lastOffset", Tag: -1, Type: schema.Int64}
	lastStableField    = &schema.Field{Name: "LastStableOffset", JSONName: "lastStableOffset", Tag: -1, Type: schema.Int64}
	unusedField        = &schema.Field{Name: "Unused", JSONName: "unused", Tag: -1, Type: schema.Bytes}
	lineVersionField   = textField("Version", "version")
	lineCountField     = textField("EntryCount", "entryCount")
	topicField         = textField("Topic", "topic")
	partitionField     = textField("Partition", "partition")
	lineOffsetField    = textField("Offset", "offset")
	epochField         = textField("Epoch", "epoch")
	startOffsetField   = textField("StartOffset", "startOffset")
	commentField       = textField("Comment", "comment")
	lineField          = textField("Line", "line")
	epochEntryFields   = []*schema.Field{epochField, startOffsetField}
	offsetEntryFields  = []*schema.Field{topicField, partitionField, lineOffsetField}
	offsetIndexFields  = []*schema.Field{relativeField, positionField}
	timeIndexFields    = []*schema.Field{timestampField, relativeField}
	abortedEntryFields = []*schema.Field{storedVersionField, producerIDField, firstOffsetField, lastOffsetField, lastStableField}
)

func textField(name, json string) *schema.Field {
	return &schema.Field{Name: name, JSONName: json, Tag: -1, Type: schema.String}
}

var fileLayouts = [...]fileLayout{
	{OffsetIndex, "offset index", offsetIndexFields, "<<"},
	{TimeIndex, "time index", timeIndexFields, "<="},
	{TransactionIndex, "index of aborted transactions", abortedEntryFields, "...<."},
	{OffsetCheckpoint, "checkpoint of offsets", offsetEntryFields, ""},
	{EpochCheckpoint, "checkpoint of leader epochs", epochEntryFields, ""},
	{Properties, "properties", nil, ""},
	{JSONFile, "JSON", nil, ""},
}

// fileLayoutOf returns the layout with that name, nil if it is not that of a file.
func fileLayoutOf(name string) *fileLayout {
	for i := range fileLayouts {
		if fileLayouts[i].name == name {
			return &fileLayouts[i]
		}
	}
	return nil
}

// EntryBytes returns the size of the entries of a layout, 0 for one that is not of equal entries.
func (l Layout) EntryBytes() (size int) {
	if f := fileLayoutOf(l.Name); f != nil {
		for _, field := range f.entry {
			size += field.Type.FixedBytes()
		}
	}
	return size
}

// entries reads entries of equal size. A tail of zeros is room that was set aside for more of them.
func (b *builder) entries(l *fileLayout, src []byte) {
	size := Layout{Name: l.name}.EntryBytes()
	used := len(src)
	for used > 0 && src[used-1] == 0 {
		used--
	}
	used = min((used+size-1)/size*size, len(src))
	var before [8]int64 // values of the entry before
	pos := 0
	for i := 0; used-pos >= size; i++ {
		node, wrong := int32(len(b.t.nodes)), ""
		b.enter(&event{kind: StructNode, field: entryField, index: i, off: pos})
		for k, f := range l.entry {
			v := integer(f.Type, src[pos:])
			if i > 0 && (l.grows[k] == '<' && v <= before[k] || l.grows[k] == '=' && v < before[k]) || f == storedVersionField && v != 0 {
				wrong = f.Name
			}
			before[k] = v
			b.leaf(&event{kind: ValueNode, field: f, index: -1, off: pos, size: f.Type.FixedBytes()})
			pos += f.Type.FixedBytes()
		}
		b.leave(pos)
		if wrong != "" {
			if b.full() {
				node = -1
			}
			b.problem(node, &wire.Error{Path: "Entry[" + strconv.Itoa(i) + "]." + wrong, Offset: pos - size, Err: wire.ErrValue, Detail: "it cannot follow the entry before"})
		}
	}
	if pos < used {
		b.failed(&wire.Error{Path: entryField.Name, Offset: pos, Err: io.ErrUnexpectedEOF, Detail: "an entry has " + strconv.Itoa(size) + " bytes, " + strconv.Itoa(used-pos) + " left"})
		b.rest(pos, used)
	}
	if used < len(src) {
		b.leaf(&event{kind: PadNode, field: unusedField, index: -1, off: used, size: len(src) - used})
	}
}

// Where a producer snapshot has its checksum.
const (
	snapshotCRCAt  = 2
	snapshotCRCEnd = 6
)

// snapshotCRC compares the checksum of a producer snapshot with the bytes after it.
func (b *builder) snapshotCRC(src []byte) {
	const version, at, end = 1, snapshotCRCAt, snapshotCRCEnd // version is its node
	if len(src) < end || len(b.t.nodes) <= version+2 {
		return
	}
	want := crc32.Checksum(src[end:], castagnoli)
	if have := uint32(integer(schema.Uint32, src[at:])); have != want {
		b.problem(version+2, &wire.Error{Message: ProducerSnapshot, Version: b.t.Layout.Version, Path: crcField.Name, Offset: at, Err: records.ErrCRC, Detail: crcDetail(have, want)})
	}
}

func crcDetail(have, want uint32) string {
	return "0x" + strconv.FormatUint(uint64(have), 16) + ", the bytes have 0x" + strconv.FormatUint(uint64(want), 16)
}
