package logdir

// Retention and deleted records. Nothing here runs by itself, and never at open: the caller says when.

// SetStart moves the log start offset up (DeleteRecords) and removes segments that lie wholly below it.
// The new start is durable with the next checkpoint; until then a crash brings the records back.
func (l *Log) SetStart(offset int64) error {
	if offset <= l.start {
		return nil
	}
	l.start = min(offset, l.end)
	epochs := l.epochs.truncateStart(l.start)
	if len(epochs) > 0 && (len(epochs) != len(l.epochs) || epochs[0] != l.epochs[0]) {
		if err := writeEpochs(l.fs, l.dir, epochs); err != nil {
			return l.fail("leader epochs", err)
		}
		l.epochs = epochs
	}
	_, err := l.removeWhile(func(s *segment, next int64) bool { return next <= l.start })
	return err
}

// Retain removes old segments by retention.ms and retention.bytes, and returns how many. A segment is as
// old as its newest record; one without timestamps is as old as its file. The active segment goes too once
// all of it is too old, and a new one takes its place.
func (l *Log) Retain(nowMs int64) (int, error) {
	expired, err := l.retainTime(nowMs)
	if err != nil {
		return expired, err
	}
	if l.config.RetentionBytes < 0 {
		return expired, nil
	}
	excess := l.Size() - l.config.RetentionBytes
	large, err := l.removeWhile(func(s *segment, _ int64) bool {
		if s == l.active() || excess < s.size {
			return false
		}
		excess -= s.size
		return true
	})
	return expired + large, err
}

func (l *Log) retainTime(nowMs int64) (int, error) {
	if l.config.RetentionMs < 0 {
		return 0, nil
	}
	old := func(s *segment) bool {
		newest := s.maxTimeMs
		if newest < 0 {
			newest = s.modifiedMs
		}
		return s.size > 0 && nowMs-newest > l.config.RetentionMs
	}
	allOld := true
	for _, s := range l.segments {
		allOld = allOld && (old(s) || s.size == 0)
	}
	if allOld {
		if err := l.roll(nowMs); err != nil {
			return 0, err
		}
	}
	return l.removeWhile(func(s *segment, _ int64) bool { return s != l.active() && old(s) })
}

// removeWhile removes segments from the oldest on, while gone says so, and never the active one. next is
// the first offset after the segment.
func (l *Log) removeWhile(gone func(s *segment, next int64) bool) (int, error) {
	n := 0
	for len(l.segments) > 1 && gone(l.segments[0], l.segments[1].base) {
		l.start = max(l.start, l.segments[1].base)
		if err := l.removeSegment(l.segments[0]); err != nil {
			return n, l.fail("removing a segment", err)
		}
		l.segments = l.segments[1:]
		n++
	}
	return n, nil
}
