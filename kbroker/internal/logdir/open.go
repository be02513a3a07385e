package logdir

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"slices"
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

// Opening a log. After a clean stop the indexes are trusted as far as they fit the log, and only the end of
// the active segment is looked at. After anything else every segment from the recovery point on is read
// batch by batch, its indexes are made anew, and the log ends before the first bad batch.

// OpenLog opens the log in a partition's directory; an empty directory is an empty log.
func OpenLog(f vfs.FS, dir string, tp TopicPartition, o LogOptions) (*Log, error) {
	l := &Log{fs: f, dir: dir, tp: tp, config: o.Config, logger: o.Logger, snapshot: -1}
	if l.logger == nil {
		l.logger = slog.New(slog.DiscardHandler)
	}
	if o.ProducerExpirationMs == 0 {
		o.ProducerExpirationMs = DefaultProducerExpirationMs
	}
	ld := &loader{Log: l, o: o, files: map[string]vfs.Info{}}
	if err := ld.load(); err != nil {
		l.closeFiles()
		return nil, err
	}
	return l, nil
}

// loader is what is needed only while a log is opened.
type loader struct {
	*Log
	o         LogOptions
	files     map[string]vfs.Info // of the directory
	snapshots []int64             // offsets of producer snapshots, ascending
	carried   *Producers          // as of the end of the segment that was scanned last, or nil
	// epochsLost: there is no usable leader-epoch-checkpoint, so the batches have to tell.
	epochsLost bool
}

func (l *loader) load() error {
	if err := l.listFiles(); err != nil {
		return err
	}
	if err := l.loadEpochs(); err != nil {
		return err
	}
	if err := l.loadSegments(); err != nil {
		return err
	}
	if err := l.loadEnd(); err != nil {
		return err
	}
	l.start = max(l.o.LogStart, l.segments[0].base)
	if l.start > l.end {
		// The log was cut below the offset that records were deleted up to. What is left is below the log
		// start; the next offset must not be.
		l.logger.Warn("log ends before its start offset; going on from there", "dir", l.dir, "end", l.end, "start", l.start)
		if err := l.rollTo(l.start, l.o.NowMs); err != nil {
			return err
		}
	}
	before := l.epochs
	l.epochs = l.epochs.truncateEnd(l.end).truncateStart(l.start)
	if l.epochsLost && len(l.epochs) > 0 || !slices.Equal(before, l.epochs) {
		if err := writeEpochs(l.fs, l.dir, l.epochs); err != nil {
			return err
		}
	}
	l.flushed = min(l.o.RecoveryPoint, l.end)
	if l.o.Clean {
		l.flushed = l.end
	}
	return nil
}

// listFiles notes what is there, and clears away what an earlier process left half done.
func (l *loader) listFiles() error {
	infos, err := l.fs.ReadDir(l.dir)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if !info.Dir {
			l.files[info.Name] = info
		}
	}
	if err := l.finishSwaps(); err != nil {
		return err
	}
	for name := range l.files {
		deleted := strings.HasSuffix(name, deletedSuffix) && !strings.HasSuffix(name, kraftDeletedSuffix)
		if deleted || strings.HasSuffix(name, cleanedSuffix) || strings.HasSuffix(name, snapshotSuffix+vfs.TmpSuffix) {
			if err := l.remove(name); err != nil {
				return err
			}
			continue
		}
		if base, suffix, ok := parseSegmentName(name); ok && suffix == snapshotSuffix {
			l.snapshots = append(l.snapshots, base)
		}
	}
	slices.Sort(l.snapshots)
	return nil
}

func (l *loader) remove(name string) error {
	delete(l.files, name)
	return removeIfThere(l.fs, l.path(name))
}

// finishSwaps completes a compaction that was interrupted while it replaced segments: files named .swap are
// whole and take the place of the segments whose offsets they cover (LogLoader). They are not whole while a
// .cleaned file lies beside them, from the same offset on.
func (l *loader) finishSwaps() error {
	firstCleaned := int64(math.MaxInt64)
	for name := range l.files {
		if base, suffix, ok := parseSegmentName(name); ok && strings.HasSuffix(suffix, cleanedSuffix) {
			firstCleaned = min(firstCleaned, base)
		}
	}
	var swaps []string
	from, to := int64(math.MaxInt64), int64(math.MinInt64)
	for name := range l.files {
		base, suffix, ok := parseSegmentName(name)
		if !ok || !strings.HasSuffix(suffix, swapSuffix) {
			continue
		}
		if base >= firstCleaned {
			if err := l.remove(name); err != nil {
				return err
			}
			continue
		}
		swaps = append(swaps, name)
		if suffix == logSuffix+swapSuffix {
			next, err := l.nextOffsetOf(name, base)
			if err != nil {
				return err
			}
			from, to = min(from, base), max(to, next)
		}
	}
	if len(swaps) == 0 {
		return nil
	}
	for name := range l.files {
		if base, suffix, ok := parseSegmentName(name); ok && !strings.HasSuffix(suffix, swapSuffix) && base >= from && base < to {
			if err := l.remove(name); err != nil {
				return err
			}
		}
	}
	for _, name := range swaps {
		plain := strings.TrimSuffix(name, swapSuffix)
		if err := l.fs.Rename(l.path(name), l.path(plain)); err != nil {
			return err
		}
		l.files[plain] = l.files[name]
		delete(l.files, name)
	}
	return l.fs.SyncDir(l.dir)
}

// nextOffsetOf reads a log file to its end.
func (l *loader) nextOffsetOf(name string, base int64) (int64, error) {
	f, err := l.fs.Open(l.path(name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	sc := newScanner(f, 0, l.files[name].Size, scanWindowBytes, false)
	for next := base; ; {
		b, _, err := sc.next()
		var bad errBadBatch
		if errors.Is(err, io.EOF) || errors.As(err, &bad) {
			return next, nil
		}
		if err != nil {
			return 0, err
		}
		next = b.NextOffset()
	}
}

func (l *loader) loadEpochs() error {
	var err error
	l.epochs, err = readEpochs(l.fs, l.dir)
	if isDamaged(err) {
		l.logger.Warn("leader epochs are read from the log again", "err", err)
	}
	if isDamaged(err) || errors.Is(err, fs.ErrNotExist) {
		l.epochsLost = true
		return nil
	}
	return err
}

// loadSegments opens every segment, and recovers those that need it.
func (l *loader) loadSegments() error {
	var bases []int64
	for name := range l.files {
		base, suffix, ok := parseSegmentName(name)
		if ok && suffix == logSuffix {
			bases = append(bases, base)
		}
	}
	slices.Sort(bases)
	for name := range l.files {
		base, suffix, ok := parseSegmentName(name)
		index := suffix == offsetIndexSuffix || suffix == timeIndexSuffix || suffix == txnIndexSuffix
		if _, found := slices.BinarySearch(bases, base); ok && index && !found {
			if err := l.remove(name); err != nil { // an index without its log
				return err
			}
		}
	}
	for i, base := range bases {
		_, hasTxns := l.files[segmentName(base, txnIndexSuffix)]
		s := newSegment(l.fs, l.dir, base, hasTxns, l.o.NowMs)
		file := l.files[segmentName(base, logSuffix)]
		s.size, s.modifiedMs = file.Size, file.ModTime.UnixMilli()
		l.segments = append(l.segments, s)
		next := int64(math.MaxInt64)
		if i+1 < len(bases) {
			next = bases[i+1]
		}
		cut, err := l.loadSegment(s, next)
		if err != nil {
			return l.fail("opening segment", err)
		}
		if cut {
			return l.setAside(bases[i+1:])
		}
	}
	return nil
}

// loadSegment makes one segment ready; next is where the one after it begins. cut is true if its tail had
// to be taken off, after which no later segment may follow.
func (l *loader) loadSegment(s *segment, next int64) (cut bool, err error) {
	offsets, hasOffsets := l.files[segmentName(s.base, offsetIndexSuffix)]
	times, hasTimes := l.files[segmentName(s.base, timeIndexSuffix)]
	active := next == math.MaxInt64
	unflushed := !l.o.Clean && next > l.o.RecoveryPoint
	if !unflushed && hasOffsets && hasTimes && !l.epochsLost {
		err := s.loadIndexes(offsets.Size, times.Size, active)
		if err == nil {
			return false, nil
		}
		if !needsRebuild(err) {
			return false, err
		}
		l.logger.Warn("index does not fit its log and is made anew", "err", err)
	}
	return l.rebuild(s, active, unflushed)
}

// setAside takes segments out of the log that follow a damaged one. Their offsets would leave a gap, so
// Kafka deletes them; we leave the bytes to the user.
func (l *loader) setAside(bases []int64) error {
	for _, base := range bases {
		name := segmentName(base, logSuffix)
		l.logger.Error("segment follows a damaged one and is out of the log; its bytes are kept", "dir", l.dir, "file", name+cutSuffix)
		if err := l.fs.Rename(l.path(name), l.path(name+cutSuffix)); err != nil {
			return err
		}
		for _, suffix := range []string{offsetIndexSuffix, timeIndexSuffix, txnIndexSuffix} {
			if err := l.remove(segmentName(base, suffix)); err != nil {
				return err
			}
		}
	}
	return l.fs.SyncDir(l.dir)
}

// loadEnd makes sure that there is an active segment, and finds the log end and the producers there.
func (l *loader) loadEnd() error {
	if len(l.segments) == 0 {
		s, err := createSegment(l.fs, l.dir, l.o.LogStart, l.o.NowMs)
		if err != nil {
			return err
		}
		l.segments = []*segment{s}
		if err := l.fs.SyncDir(l.dir); err != nil {
			return err
		}
	}
	end, err := l.tailEnd()
	if err != nil {
		return err
	}
	l.end = end
	if l.o.Clean && len(l.snapshots) == 0 {
		// As Kafka: a clean directory without a snapshot has no producers worth a scan of everything.
		l.producers = newProducers(l.end)
		return nil
	}
	if l.producers, err = l.producersAt(l.end); err != nil {
		return err
	}
	for _, offset := range l.snapshots {
		if offset > l.end {
			if err := removeIfThere(l.fs, snapshotPath(l.dir, offset)); err != nil {
				return err
			}
			continue
		}
		l.snapshot = offset
	}
	return nil
}
