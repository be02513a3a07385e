package logdir

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

// A checkpoint is a text file: version, number of entries, one entry a line (Kafka's CheckpointFile).

// parseCheckpoint returns the fields of every entry. The error names the line.
func parseCheckpoint(content []byte, fields int) ([][]string, error) {
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	if v := strings.TrimSpace(lines[0]); v != "0" {
		return nil, fmt.Errorf("line 1: version %.20q, want 0", v)
	}
	if len(lines) < 2 {
		return nil, errors.New("line 2: the number of entries is missing")
	}
	count, err := strconv.Atoi(strings.TrimSpace(lines[1]))
	if err != nil || count < 0 {
		return nil, fmt.Errorf("line 2: %.20q is not a number of entries", lines[1])
	}
	if len(lines)-2 != count {
		return nil, fmt.Errorf("%d entries announced, %d found", count, len(lines)-2)
	}
	entries := make([][]string, 0, count)
	for i, line := range lines[2:] {
		f := strings.Fields(line)
		if len(f) != fields {
			return nil, fmt.Errorf("line %d: %.40q has %d fields, want %d", i+3, line, len(f), fields)
		}
		entries = append(entries, f)
	}
	return entries, nil
}

// readOffsets reads an offset checkpoint: "<topic> <partition> <offset>" a line. A file that is not there
// is an empty one.
func readOffsets(f vfs.FS, name string) (map[TopicPartition]int64, error) {
	content, err := f.ReadFile(name, maxTextFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := parseCheckpoint(content, 3)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, errDamaged{err})
	}
	offsets := make(map[TopicPartition]int64, len(entries))
	for i, e := range entries {
		partition, err1 := strconv.ParseInt(e[1], 10, 32)
		offset, err2 := strconv.ParseInt(e[2], 10, 64)
		if err := cmp.Or(err1, err2); err != nil || partition < 0 || offset < 0 {
			return nil, fmt.Errorf("%s is damaged: line %d: %w", name, i+3, errDamaged{errors.New("not a partition and an offset")})
		}
		offsets[TopicPartition{e[0], int32(partition)}] = offset
	}
	return offsets, nil
}

// errDamaged marks a file whose content makes no sense, as opposed to one that cannot be read: what it said
// can be found again or done without.
type errDamaged struct{ error }

func (e errDamaged) Unwrap() error { return e.error }

func isDamaged(err error) bool {
	var d errDamaged
	return errors.As(err, &d)
}

// offsetsText is the content of an offset checkpoint.
func offsetsText(offsets map[TopicPartition]int64) []byte {
	keys := slices.SortedFunc(maps.Keys(offsets), func(a, b TopicPartition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	content := fmt.Appendf(nil, "0\n%d\n", len(keys))
	for _, tp := range keys {
		content = fmt.Appendf(content, "%s %d %d\n", tp.Topic, tp.Partition, offsets[tp])
	}
	return content
}

// writeOffsets writes an offset checkpoint, unless it says what it said before: a broker that nobody uses lets the disk
// sleep. The caller holds r.mu.
func (r *Root) writeOffsets(name string, offsets map[TopicPartition]int64) error {
	content := offsetsText(offsets)
	if bytes.Equal(r.written[name], content) {
		return nil
	}
	delete(r.written, name)
	if err := vfs.WriteAtomically(r.fs, filepath.Join(r.Path, name), content); err != nil {
		return err
	}
	r.written[name] = content
	return nil
}

// Epoch is one line of leader-epoch-checkpoint: the first offset that was written under a leader epoch.
type Epoch struct {
	Epoch       int32
	StartOffset int64
}

// Epochs are the leader epochs of a log, ascending in both fields.
type Epochs []Epoch

func readEpochs(f vfs.FS, dir string) (Epochs, error) {
	name := filepath.Join(dir, leaderEpochFile)
	content, err := f.ReadFile(name, maxTextFileBytes)
	if err != nil {
		return nil, err
	}
	entries, err := parseCheckpoint(content, 2)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, errDamaged{err})
	}
	var epochs Epochs
	for i, e := range entries {
		epoch, err1 := strconv.ParseInt(e[0], 10, 32)
		start, err2 := strconv.ParseInt(e[1], 10, 64)
		if err1 != nil || err2 != nil || epoch < 0 || start < 0 {
			return nil, fmt.Errorf("%s is damaged: line %d: %w", name, i+3, errDamaged{errors.New("not an epoch and an offset")})
		}
		epochs, _ = epochs.assign(int32(epoch), start)
	}
	return epochs, nil
}

func writeEpochs(f vfs.FS, dir string, epochs Epochs) error {
	content := fmt.Appendf(nil, "0\n%d\n", len(epochs))
	for _, e := range epochs {
		content = fmt.Appendf(content, "%d %d\n", e.Epoch, e.StartOffset)
	}
	return vfs.WriteAtomically(f, filepath.Join(dir, leaderEpochFile), content)
}

// assign notes that offset was written under epoch. changed is false if nothing new was learned. Entries
// which the new one contradicts (a later epoch, or a later offset) give way, as in Kafka.
func (e Epochs) assign(epoch int32, offset int64) (_ Epochs, changed bool) {
	if epoch < 0 {
		return e, false
	}
	if n := len(e); n > 0 && e[n-1].Epoch >= epoch && e[n-1].StartOffset <= offset {
		return e, false
	}
	kept := slices.DeleteFunc(slices.Clone(e), func(o Epoch) bool { return o.Epoch >= epoch || o.StartOffset >= offset })
	return append(kept, Epoch{epoch, offset}), true
}

// truncateEnd forgets epochs that begin after the log's end. One that begins at the end has no records yet.
func (e Epochs) truncateEnd(end int64) Epochs {
	return slices.DeleteFunc(slices.Clone(e), func(o Epoch) bool { return o.StartOffset > end })
}

// truncateStart forgets epochs that end before start; the one that holds start begins there.
func (e Epochs) truncateStart(start int64) Epochs {
	i := len(e)
	for i > 0 && e[i-1].StartOffset > start {
		i--
	}
	if i == 0 || e[i-1].StartOffset == start {
		return e[max(i-1, 0):]
	}
	kept := slices.Clone(e[i-1:])
	kept[0].StartOffset = start
	return kept
}

// latest returns the newest epoch, -1 without one.
func (e Epochs) latest() int32 {
	if len(e) == 0 {
		return -1
	}
	return e[len(e)-1].Epoch
}

// at returns the epoch that offset was written under, -1 if unknown.
func (e Epochs) at(offset int64) int32 {
	for i := len(e) - 1; i >= 0; i-- {
		if e[i].StartOffset <= offset {
			return e[i].Epoch
		}
	}
	return -1
}

// endOffset answers OffsetForLeaderEpoch: the largest known epoch that is not above the asked one, and the
// offset where the next epoch begins (end for the newest). -1, -1 if the asked epoch is unknown or newer than
// all (LeaderEpochFileCache.endOffsetFor).
func (e Epochs) endOffset(asked int32, end int64) (epoch int32, offset int64) {
	if asked < 0 || len(e) == 0 || asked > e[len(e)-1].Epoch {
		return -1, -1
	}
	if asked < e[0].Epoch {
		return asked, e[0].StartOffset
	}
	for i := len(e) - 1; ; i-- {
		if e[i].Epoch <= asked {
			if i == len(e)-1 {
				return e[i].Epoch, end
			}
			return e[i].Epoch, e[i+1].StartOffset
		}
	}
}
