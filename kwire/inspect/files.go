package inspect

import (
	"bytes"
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
	{OffsetIndex, "offset index", offsetIndexFields},
	{TimeIndex, "time index", timeIndexFields},
	{TransactionIndex, "index of aborted transactions", abortedEntryFields},
	{OffsetCheckpoint, "checkpoint of offsets", offsetEntryFields},
	{EpochCheckpoint, "checkpoint of leader epochs", epochEntryFields},
	{Properties, "properties", nil},
	{JSONFile, "JSON", nil},
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

// file reads a whole input as the layout says.
func (b *builder) file(l *fileLayout, src []byte) {
	switch l.name {
	case OffsetIndex, TimeIndex, TransactionIndex:
		b.entries(l, src)
	default:
		b.lines(l, src)
	}
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
	used := len(bytes.TrimRight(src, "\x00"))
	used = min((used+size-1)/size*size, len(src))
	var before []byte
	pos := 0
	for i := 0; used-pos >= size; i++ {
		node := int32(len(b.t.nodes))
		b.enter(event{kind: StructNode, field: entryField, index: i, off: pos})
		at := pos
		for _, f := range l.entry {
			b.leaf(event{kind: ValueNode, field: f, index: -1, off: at, size: f.Type.FixedBytes()})
			at += f.Type.FixedBytes()
		}
		b.leave(at)
		if name := ascends(l.name, before, src[pos:at]); name != "" {
			if b.full() {
				node = -1
			}
			b.problem(node, &wire.Error{Path: "Entry[" + strconv.Itoa(i) + "]." + name, Offset: pos, Err: wire.ErrValue, Detail: "not what can follow the entry before"})
		}
		before, pos = src[pos:at], at
	}
	if pos < used {
		b.failed(&wire.Error{Path: entryField.Name, Offset: pos, Err: io.ErrUnexpectedEOF, Detail: "an entry has " + strconv.Itoa(size) + " bytes, " + strconv.Itoa(used-pos) + " left"})
		b.rest(pos, used)
	}
	if used < len(src) {
		b.leaf(event{kind: PadNode, field: unusedField, index: -1, off: used, size: len(src) - used})
	}
}

// ascends compares an entry with the one before it, nil if there is none, and names the field that is wrong.
func ascends(layout string, before, now []byte) (wrong string) {
	grows := func(t schema.Type, off int, least int64) bool {
		return before == nil || integer(t, now[off:])-integer(t, before[off:]) >= least
	}
	switch layout {
	case OffsetIndex:
		if !grows(schema.Int32, 0, 1) {
			return relativeField.Name
		}
		if !grows(schema.Int32, 4, 1) {
			return positionField.Name
		}
	case TimeIndex:
		if !grows(schema.Int64, 0, 1) {
			return timestampField.Name
		}
		if !grows(schema.Int32, 8, 0) {
			return relativeField.Name
		}
	case TransactionIndex:
		const first, last = 10, 18
		if integer(schema.Int16, now) != 0 {
			return storedVersionField.Name
		}
		if !grows(schema.Int64, last, 1) || integer(schema.Int64, now[last:]) < integer(schema.Int64, now[first:]) {
			return lastOffsetField.Name
		}
	}
	return ""
}

// snapshotCRC compares the checksum of a producer snapshot with the bytes after it.
func (b *builder) snapshotCRC(src []byte) {
	const at, end = 2, 6
	for i := range b.t.nodes {
		if n := &b.t.nodes[i]; n.kind == ValueNode && n.off == at && n.size == end-at {
			want := crc32.Checksum(src[end:], castagnoli)
			if have := uint32(integer(schema.Uint32, src[at:])); have != want {
				b.problem(int32(i), &wire.Error{Message: ProducerSnapshot, Version: b.t.Layout.Version, Path: crcField.Name, Offset: at, Err: records.ErrCRC, Detail: crcDetail(have, want)})
			}
			return
		}
	}
}

func crcDetail(have, want uint32) string {
	return "0x" + strconv.FormatUint(uint64(have), 16) + ", the bytes have 0x" + strconv.FormatUint(uint64(want), 16)
}
