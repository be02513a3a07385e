package logdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
)

// Opening a log. After a clean stop the indexes are trusted as far as they fit the log, and only the end of
// the active segment is looked at. After anything else every segment from the recovery point on is read
// batch by batch, its indexes are made anew, and the log ends before the first bad batch.

// CreateLog makes the directory of a new, empty partition.
func CreateLog(f vfs.FS, dir string, tp TopicPartition, o LogOptions) (*Log, error) {
	if err := f.MkdirAll(dir); err != nil {
		return nil, err
	}
	if err := f.SyncDir(filepath.Dir(dir)); err != nil {
		return nil, err
	}
	return OpenLog(f, dir, tp, o)
}

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

// rebuild reads a segment from its start and makes its indexes anew. With verify every batch's CRC is
// checked. What follows the first bad batch is cut off if the segment is active or was never synced;
// otherwise it stays as it is, for what was durable once is not ours to drop.
func (l *loader) rebuild(s *segment, active, verify bool) (cut bool, err error) {
	producers, err := l.producersAt(s.base)
	if err != nil {
		return false, err
	}
	s.offsets.mem, s.times.mem = []byte{}, []byte{}
	s.offsets.n, s.times.n = 0, 0
	s.offsets.stored, s.times.stored = l.files[segmentName(s.base, offsetIndexSuffix)].Size, l.files[segmentName(s.base, timeIndexSuffix)].Size
	s.maxTimeMs, s.maxTimeOffset, s.bytesSinceEntry = -1, s.base, 0

	valid, aborted, bad, err := l.reindex(s, producers, verify)
	if err != nil {
		return false, err
	}
	if bad != nil {
		lost := s.size - valid
		if !active && !verify {
			l.logger.Error("damaged batch in a segment that was synced; what follows it there cannot be read", "file", s.log.name, "bytes", lost, "err", bad)
		} else {
			l.logger.Warn("log cut at the first bad batch", "file", s.log.name, "bytes", lost, "end", producers.end, "err", bad)
			f, err := s.log.get(false)
			if err != nil {
				return false, err
			}
			if err := f.Truncate(valid); err != nil {
				return false, err
			}
			s.size, cut = valid, true
		}
	}
	if err := s.txns.replace(aborted); err != nil {
		return false, err
	}
	if err := s.finish(); err != nil {
		return false, err
	}
	l.carried = producers
	if !active && !cut {
		return false, errors.Join(s.sync(), s.retire())
	}
	return cut, nil
}

// reindex scans a segment. It returns the size of its good part, the transactions aborted there, and what is
// wrong with the rest.
func (l *loader) reindex(s *segment, producers *Producers, verify bool) (valid int64, aborted []AbortedTxn, bad, err error) {
	sc, err := s.scan(0, scanWindowBytes, true)
	if err != nil {
		return 0, nil, nil, err
	}
	next := s.base
	for {
		b, at, err := sc.next()
		if errors.Is(err, io.EOF) {
			return at, aborted, nil, nil
		}
		if err == nil {
			err = checkStored(b, at, next, s, verify)
		}
		var notABatch errBadBatch
		if errors.As(err, &notABatch) {
			return at, aborted, err, nil
		}
		if err != nil {
			return 0, nil, nil, err
		}
		if err := s.index(b, at, l.config.IndexIntervalBytes); err != nil {
			return 0, nil, nil, err
		}
		if epoch := b.PartitionLeaderEpoch(); epoch > l.epochs.latest() {
			l.epochs, _ = l.epochs.assign(epoch, b.BaseOffset())
		}
		if a, ok := producers.replay(b); ok {
			aborted = append(aborted, a)
		}
		next = b.NextOffset()
	}
}

func (e Epochs) latest() int32 {
	if len(e) == 0 {
		return -1
	}
	return e[len(e)-1].Epoch
}

// checkStored returns an errBadBatch unless a stored batch may follow offset next.
func checkStored(b records.Batch, at, next int64, s *segment, verify bool) error {
	if b.LastOffset() < next || b.LastOffset() < b.BaseOffset() {
		return errBadBatch{at, fmt.Errorf("offsets %d to %d after %d", b.BaseOffset(), b.LastOffset(), next-1)}
	}
	if !s.fits(b.LastOffset()) {
		return errBadBatch{at, fmt.Errorf("offset %d does not belong to the segment", b.LastOffset())}
	}
	if verify {
		if err := b.CheckCRC(); err != nil {
			return errBadBatch{at, err}
		}
	}
	return nil
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

// tailEnd returns the offset after the last batch of the active segment. A tail that is no batch, although
// the stop was clean, is cut off after all, by reading the segment again.
func (l *loader) tailEnd() (int64, error) {
	s := l.active()
	for {
		end, bad, err := l.walkTail(s)
		if err != nil || bad == nil {
			return end, err
		}
		l.logger.Warn("segment ends in no batch although it was closed cleanly", "file", s.log.name, "err", bad)
		if _, err := l.rebuild(s, true, true); err != nil {
			return 0, err
		}
	}
}

// walkTail walks from the last index entry to the end of the active segment.
func (l *loader) walkTail(s *segment) (end int64, bad, err error) {
	from := int64(0)
	if s.offsets.n > 0 {
		if _, from, err = s.offsets.at(s.offsets.n - 1); err != nil {
			return 0, nil, err
		}
	}
	if s.size == 0 {
		return s.base, nil, nil
	}
	sc, err := s.scan(from, scanWindowBytes, false)
	if err != nil {
		return 0, nil, err
	}
	next := s.base
	for {
		b, at, err := sc.next()
		if errors.Is(err, io.EOF) {
			return next, nil, nil
		}
		if err == nil {
			err = checkStored(b, at, next, s, false)
		}
		var notABatch errBadBatch
		if errors.As(err, &notABatch) {
			return 0, err, nil
		}
		if err != nil {
			return 0, nil, err
		}
		if at == 0 {
			s.firstTimeMs = b.MaxTimestamp()
		}
		if b.MaxTimestamp() > s.maxTimeMs {
			s.maxTimeMs, s.maxTimeOffset = b.MaxTimestamp(), b.LastOffset()
		}
		next = b.NextOffset()
	}
}

// producersAt returns the producers as they were when the log ended at offset: the newest snapshot that is
// not later, and the batches after it.
func (l *loader) producersAt(offset int64) (*Producers, error) {
	var state *Producers
	for i := len(l.snapshots) - 1; i >= 0 && state == nil; i-- {
		at := l.snapshots[i]
		if at > offset {
			continue
		}
		if l.carried != nil && l.carried.end >= at {
			break
		}
		s, err := loadProducers(l.fs, l.dir, at)
		switch {
		case isDamaged(err):
			l.logger.Warn("producers are read from the log instead", "err", err)
			if err := removeIfThere(l.fs, snapshotPath(l.dir, at)); err != nil {
				return nil, err
			}
			l.snapshots = slices.Delete(l.snapshots, i, i+1)
		case err != nil:
			return nil, err
		default:
			state = s
			state.expire(l.o.NowMs, l.o.ProducerExpirationMs)
		}
	}
	if l.carried != nil && l.carried.end <= offset && state == nil {
		state, l.carried = l.carried, nil
	}
	if state == nil {
		state = newProducers(l.segments[0].base)
	}
	for i := l.segmentAt(state.end); i < len(l.segments) && state.end < offset; i++ {
		if err := l.replay(l.segments[i], state, offset); err != nil {
			return nil, err
		}
	}
	state.end = offset
	return state, nil
}

// replay applies a segment's batches from state.end up to offset.
func (l *loader) replay(s *segment, state *Producers, offset int64) error {
	_, at, err := s.find(state.end)
	if errors.Is(err, io.EOF) {
		return nil
	}
	var bad errBadBatch
	if errors.As(err, &bad) {
		return nil // damage in a synced segment: reported when it was opened
	}
	if err != nil {
		return err
	}
	sc, err := s.scan(at, scanWindowBytes, true)
	if err != nil {
		return err
	}
	for {
		b, _, err := sc.next()
		if errors.Is(err, io.EOF) || errors.As(err, &bad) || err == nil && b.BaseOffset() >= offset {
			return nil
		}
		if err != nil {
			return err
		}
		state.replay(b)
	}
}
