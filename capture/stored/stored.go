// Package stored reads the files of Kafka's log directories: what a file is, by its name and its
// first bytes; the batches of a log segment, and what is damaged between them; the state that the
// records of the metadata log amount to.
//
//	f := stored.Recognise(path, head, size)
//	f.Kind, f.Log, f.String()          // a log segment of __cluster_metadata
//	s := stored.NewScanner(b)          // of a segment
//	for p, ok := s.Next(); ok; p, ok = s.Next() {
//		p.Kind, p.Start, p.End, p.Err  // a batch, damage, a batch that was cut off, room not used
//	}
//
// What bytes of these files mean is said by kwire/inspect: File.Layout is the layout for it.
//
// The package links into the page's engine, so it imports nothing heavy.
package stored

import (
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
)

// Kind says what a file is.
type Kind uint8

// Kinds of files.
const (
	Unknown           Kind = iota
	Segment                // N.log
	MetadataSnapshot       // N-E.checkpoint: batches, as in a segment
	OffsetIndex            // N.index
	TimeIndex              // N.timeindex
	TransactionIndex       // N.txnindex
	ProducerSnapshot       // N.snapshot
	OffsetCheckpoint       // recovery-point-offset-checkpoint and its like
	EpochCheckpoint        // leader-epoch-checkpoint
	PartitionMetadata      // partition.metadata
	MetaProperties         // meta.properties
	QuorumState            // quorum-state
	CleanShutdown          // .kafka_cleanshutdown
)

// kinds are the names of kinds, and of the layouts of inspect that read them.
var kinds = [...]struct{ title, layout string }{
	{"", ""},
	{"log segment", inspect.RecordBatches},
	{"snapshot", inspect.RecordBatches},
	{"offset index", inspect.OffsetIndex},
	{"time index", inspect.TimeIndex},
	{"index of aborted transactions", inspect.TransactionIndex},
	{"snapshot of producers", inspect.ProducerSnapshot},
	{"checkpoint of offsets", inspect.OffsetCheckpoint},
	{"checkpoint of leader epochs", inspect.EpochCheckpoint},
	{"partition.metadata", inspect.Properties},
	{"meta.properties", inspect.Properties},
	{"quorum-state", inspect.JSONFile},
	{"mark of a clean shutdown", inspect.JSONFile},
}

// String names the kind, "offset index"; Unknown is "".
func (k Kind) String() string { return kinds[k].title }

// KindNamed is the kind that String names, Unknown if there is none.
func KindNamed(title string) Kind {
	for k := range kinds {
		if kinds[k].title == title {
			return Kind(k)
		}
	}
	return Unknown
}

// Kinds are all kinds of files but Unknown.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds))
	for k := Segment; int(k) < len(kinds); k++ {
		all = append(all, k)
	}
	return all
}

// IsText reports whether files of the kind are text.
func (k Kind) IsText() bool { return k >= OffsetCheckpoint }

// A File is what is known of a file before it is read.
type File struct {
	Kind Kind
	// Base is the offset in the file's name; 0 where that has none.
	Base int64
	// Log is the topic, if it is one of Kafka's own, whose records mean something to Kafka:
	// inspect.MetadataLog and its like.
	Log string
}

// String says what the file is: "log segment of __cluster_metadata".
func (f File) String() string {
	if f.Log == "" {
		return f.Kind.String()
	}
	return f.Kind.String() + " of " + f.Log
}

// HasBatches reports whether the file is record batches back to back.
func (f File) HasBatches() bool { return f.Kind == Segment || f.Kind == MetadataSnapshot }

// Layout is how the bytes of the file are to be read, or those of one batch of it.
func (f File) Layout(b []byte) inspect.Layout {
	if f.Kind == ProducerSnapshot {
		l, _ := inspect.StoredLayout(schema.KindData, "", schema.ByName(inspect.ProducerSnapshot), b)
		return l
	}
	return inspect.Layout{Kind: schema.KindData, Key: -1, HeaderVersion: inspect.NoHeader, Name: kinds[f.Kind].layout}
}

// Options are o with what is known of the file.
func (f File) Options(o inspect.Options) inspect.Options {
	o.Log, o.BaseOffset = f.Log, f.Base
	return o
}

// logs are Kafka's own topics whose records mean something to Kafka.
var logs = [...]string{inspect.MetadataLog, inspect.GroupLog, inspect.TransactionLog, inspect.ShareLog, inspect.RemoteMetadataLog}

// Named says what a file is by its path alone.
func Named(path string) (f File) {
	dir, name := "", path
	if i := strings.LastIndexAny(path, `/\`); i >= 0 {
		dir, name = path[:i], path[i+1:]
	}
	for _, ending := range [...]string{".deleted", ".cleaned", ".swap", ".cut", ".part", ".tmp"} {
		name = strings.TrimSuffix(name, ending)
	}
	switch name {
	case "leader-epoch-checkpoint":
		f.Kind = EpochCheckpoint
	case "partition.metadata":
		f.Kind = PartitionMetadata
	case "meta.properties":
		f.Kind = MetaProperties
	case "quorum-state":
		f.Kind = QuorumState
	case ".kafka_cleanshutdown":
		f.Kind = CleanShutdown
	case "bootstrap.checkpoint":
		f.Kind, f.Log = MetadataSnapshot, inspect.MetadataLog
	default:
		f.Kind, f.Base = numbered(name)
		if strings.HasSuffix(name, "-offset-checkpoint") {
			f.Kind = OffsetCheckpoint
		}
	}
	topic := dir[strings.LastIndexAny(dir, `/\`)+1:]
	if i := strings.LastIndexByte(topic, '-'); i >= 0 && f.HasBatches() {
		for _, log := range logs {
			if topic[:i] == log {
				f.Log = log
			}
		}
	}
	return f
}

// numbered knows names that begin with an offset of 20 digits.
func numbered(name string) (Kind, int64) {
	const digits = 20
	if len(name) < digits {
		return Unknown, 0
	}
	base, err := strconv.ParseInt(name[:digits], 10, 64)
	if err != nil {
		return Unknown, 0
	}
	switch name[digits:] {
	case ".log":
		return Segment, base
	case ".index":
		return OffsetIndex, base
	case ".timeindex":
		return TimeIndex, base
	case ".txnindex":
		return TransactionIndex, base
	case ".snapshot":
		return ProducerSnapshot, base
	}
	if strings.HasSuffix(name, ".checkpoint") && name[digits] == '-' {
		return MetadataSnapshot, base
	}
	return Unknown, 0
}

// As is a file that somebody says is of a kind; for path, head and d see Recognise.
func As(k Kind, path string, head []byte, d records.Decompressor) File {
	f := Named(path)
	if f.Kind = k; f.HasBatches() && f.Log == "" {
		f.Log = LogOf(head, d)
	}
	return f
}

// HeadBytes is how much of a file Recognise wants to see.
const HeadBytes = 1 << 20

// Recognise says what a file is: by its first bytes where they are beyond doubt, else by its path, else by what
// the bytes look like. head are the first HeadBytes of the file, or all of it; size is its size. The path may be
// "", or only a name. d restores compressed records, by which a log is known; it may be nil.
func Recognise(path string, head []byte, size int64, d records.Decompressor) File {
	k := Named(path).Kind
	sure := certain(head, size)
	switch {
	case sure != Unknown && !(sure == Segment && k == MetadataSnapshot):
		k = sure
	case k == Unknown:
		k = likely(head, size)
	}
	if k == Unknown {
		return File{}
	}
	return As(k, path, head, d)
}
