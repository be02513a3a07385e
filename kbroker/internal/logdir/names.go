package logdir

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Names of the files of a log directory's root.
const (
	lockFile           = ".lock"
	cleanShutdownFile  = ".kafka_cleanshutdown"
	metaFile           = "meta.properties"
	recoveryPointFile  = "recovery-point-offset-checkpoint"
	highWatermarkFile  = "replication-offset-checkpoint"
	logStartFile       = "log-start-offset-checkpoint"
	partitionMetaFile  = "partition.metadata"
	leaderEpochFile    = "leader-epoch-checkpoint"
	logSuffix          = ".log"
	offsetIndexSuffix  = ".index"
	timeIndexSuffix    = ".timeindex"
	txnIndexSuffix     = ".txnindex"
	snapshotSuffix     = ".snapshot"
	deletedSuffix      = ".deleted"
	cleanedSuffix      = ".cleaned"
	swapSuffix         = ".swap"
	kraftDeletedSuffix = ".checkpoint" + deletedSuffix // a KRaft snapshot on its way out: not ours to remove
	cutSuffix          = ".cut"                        // ours: a segment that recovery took out after a damaged one
)

// maxTextFileBytes bounds the small text files of a log directory: 64 MiB hold the checkpoint of more than
// half a million partitions with the longest names.
const maxTextFileBytes = 64 << 20

// maxNameBytes is the longest name a directory entry may have on the usual file systems.
const maxNameBytes = 255

// TopicPartition names a partition.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// String is Kafka's form, which is also the directory's name.
func (tp TopicPartition) String() string {
	return tp.Topic + "-" + strconv.Itoa(int(tp.Partition))
}

// DirKind says what the name of a partition directory announces.
type DirKind int

// Kinds of partition directories.
const (
	DirLive   DirKind = iota // <topic>-<partition>
	DirDelete                // <topic>-<partition>.<id>-delete: to be removed
	DirStray                 // <topic>-<partition>.<id>-stray: no topic owns it; kept for a person to look at
	DirFuture                // <topic>-<partition>.<id>-future: half-way move between log directories
)

var dirSuffixes = map[DirKind]string{DirDelete: "-delete", DirStray: "-stray", DirFuture: "-future"}

// ParseDir reads the name of a partition directory.
func ParseDir(name string) (TopicPartition, DirKind, error) {
	kind, rest := DirLive, name
	for k, suffix := range dirSuffixes {
		trimmed, ok := strings.CutSuffix(name, suffix)
		if !ok {
			continue
		}
		if dot := strings.LastIndexByte(trimmed, '.'); dot > 0 {
			kind, rest = k, trimmed[:dot]
			break
		}
	}
	if dash := strings.LastIndexByte(rest, '-'); dash > 0 {
		n, err := strconv.ParseInt(rest[dash+1:], 10, 32)
		if err == nil && n >= 0 {
			return TopicPartition{Topic: rest[:dash], Partition: int32(n)}, kind, nil
		}
	}
	if kind == DirDelete {
		// A long name was cut to make room for the suffix, and the number with it. It does not matter now.
		return TopicPartition{Topic: rest}, kind, nil
	}
	return TopicPartition{}, DirLive, fmt.Errorf("logdir: %q is not named <topic>-<partition>", name)
}

// suffixedDir returns a fresh name of a partition's directory on its way to another life.
func suffixedDir(tp TopicPartition, kind DirKind) string {
	var id [16]byte
	rand.Read(id[:])
	suffix := "." + hex.EncodeToString(id[:]) + dirSuffixes[kind]
	name := tp.String()
	return name[:min(len(name), maxNameBytes-len(suffix))] + suffix
}

// segmentName is the name of one of a segment's files.
func segmentName(baseOffset int64, suffix string) string {
	return fmt.Sprintf("%020d%s", baseOffset, suffix)
}

// parseSegmentName splits the name of a segment's file; ok is false for other files.
func parseSegmentName(name string) (baseOffset int64, suffix string, ok bool) {
	digits, suffix, found := strings.Cut(name, ".")
	if !found || len(digits) != 20 {
		return 0, "", false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0, "", false
	}
	return n, "." + suffix, true
}
