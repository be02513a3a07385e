package logdir

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/wire"
)

// MetadataTopic is the topic of the cluster's own log. Kafka keeps it out of all checkpoints and reads it
// from its start at every open, and so do we.
const MetadataTopic = "__cluster_metadata"

// Manager owns the directories of log.dirs: their locks, their root files and the partition directories in
// them. It does not keep the logs that it opens. Its methods may be called by several goroutines.
type Manager struct {
	fs     vfs.FS
	logger *slog.Logger
	roots  []*Root

	// ProducerExpirationMs is producer.id.expiration.ms for the logs that are opened; 0 means Kafka's default.
	ProducerExpirationMs int64
}

// Root is one directory of log.dirs.
type Root struct {
	Path string
	// Clean: the last process closed the directory cleanly.
	Clean bool
	// BrokerEpoch is what that process left in its mark, -1 if it left none.
	BrokerEpoch int64

	fs   vfs.FS
	lock io.Closer

	mu       sync.Mutex
	meta     *Meta
	found    map[TopicPartition]Found
	recovery map[TopicPartition]int64
	starts   map[TopicPartition]int64
	opened   map[TopicPartition]bool
	written  map[string][]byte // checkpoints as they were written last, by name
}

// Found is a partition directory.
type Found struct {
	TopicPartition
	TopicID wire.UUID // zero if partition.metadata is missing or damaged
	Dir     string
	Root    *Root
}

// OpenManager locks the directories, making those that are not there, and reads their root files. It does
// not look into partitions. The marks of a clean shutdown are gone when it returns.
func OpenManager(f vfs.FS, dirs []string, logger *slog.Logger) (*Manager, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	m := &Manager{fs: f, logger: logger}
	for _, dir := range dirs {
		r, err := m.openRoot(dir)
		if err != nil {
			m.unlock()
			return nil, err
		}
		m.roots = append(m.roots, r)
	}
	for _, r := range m.roots {
		var err error
		if r.Clean, r.BrokerEpoch, err = takeCleanShutdown(f, r.Path); err != nil {
			m.unlock()
			return nil, err
		}
	}
	return m, nil
}

func (m *Manager) openRoot(dir string) (*Root, error) {
	if err := vfs.MakeDirDurably(m.fs, dir); err != nil {
		return nil, err
	}
	lock, err := m.fs.Lock(filepath.Join(dir, lockFile))
	if errors.Is(err, vfs.ErrLocked) {
		return nil, fmt.Errorf("%s is in use by another broker: %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	r := &Root{Path: dir, BrokerEpoch: -1, fs: m.fs, lock: lock, found: map[TopicPartition]Found{}, opened: map[TopicPartition]bool{}, written: map[string][]byte{}}
	if err := m.readRoot(r); err != nil {
		lock.Close()
		return nil, err
	}
	return r, nil
}

func (m *Manager) readRoot(r *Root) error {
	var err error
	if r.meta, err = readMeta(m.fs, r.Path); err != nil {
		return err
	}
	// A damaged recovery point costs a scan, a damaged log start brings deleted records back: neither is a
	// reason not to start.
	if r.recovery, err = m.readCheckpoint(r, recoveryPointFile, "all logs are scanned"); err != nil {
		return err
	}
	if r.starts, err = m.readCheckpoint(r, logStartFile, "logs start with their first segment"); err != nil {
		return err
	}
	infos, err := m.fs.ReadDir(r.Path)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if !info.Dir {
			continue
		}
		tp, kind, err := ParseDir(info.Name)
		dir := filepath.Join(r.Path, info.Name)
		switch {
		case err != nil:
			m.logger.Warn("directory is left alone: it is no partition", "dir", dir)
		case kind == DirDelete:
			if err := m.fs.RemoveAll(dir); err != nil {
				return err
			}
		case kind == DirLive:
			id, err := readTopicID(m.fs, dir)
			if isDamaged(err) {
				m.logger.Warn("topic id is not known", "err", err)
			} else if err != nil {
				return err
			}
			r.found[tp] = Found{tp, id, dir, r}
		}
	}
	return nil
}

func (m *Manager) readCheckpoint(r *Root, name, consequence string) (map[TopicPartition]int64, error) {
	offsets, err := readOffsets(m.fs, filepath.Join(r.Path, name))
	if isDamaged(err) {
		m.logger.Warn(consequence, "err", err)
		err = nil
	}
	if offsets == nil {
		offsets = map[TopicPartition]int64{}
	}
	return offsets, err
}

// Roots are the directories, in the order of log.dirs.
func (m *Manager) Roots() []*Root { return m.roots }

// Meta is the content of meta.properties, nil if the directory was never formatted.
func (r *Root) Meta() *Meta {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.meta
}

// Format writes meta.properties.
func (r *Root) Format(meta Meta, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := writeMeta(r.fs, r.Path, meta, now); err != nil {
		return err
	}
	r.meta = &meta
	return nil
}

// Partitions are the partition directories of all roots, ordered by name.
func (m *Manager) Partitions() []Found {
	var all []Found
	for _, r := range m.roots {
		r.mu.Lock()
		all = slices.AppendSeq(all, maps.Values(r.found))
		r.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Dir, b.Dir))
	})
	return all
}

// Find returns the directories of one partition: one, none, or by some mishap one in several roots.
func (m *Manager) Find(tp TopicPartition) []Found {
	var found []Found
	for _, r := range m.roots {
		r.mu.Lock()
		if f, ok := r.found[tp]; ok {
			found = append(found, f)
		}
		r.mu.Unlock()
	}
	return found
}

// Open opens the log of a partition directory. Only the first open can profit from a clean shutdown: one
// after that follows a failure.
func (m *Manager) Open(p Found, c Config, now time.Time) (*Log, error) {
	return OpenLog(m.fs, p.Dir, p.TopicPartition, p.Root.options(m, p.TopicPartition, c, now))
}

func (r *Root) options(m *Manager, tp TopicPartition, c Config, now time.Time) LogOptions {
	r.mu.Lock()
	defer r.mu.Unlock()
	again := r.opened[tp]
	r.opened[tp] = true
	return LogOptions{
		Config: c, Logger: m.logger, NowMs: now.UnixMilli(),
		Clean:         r.Clean && !again && tp.Topic != MetadataTopic,
		RecoveryPoint: r.recovery[tp], LogStart: r.starts[tp],
		ProducerExpirationMs: m.ProducerExpirationMs,
	}
}

// Create makes the directory and the empty log of a partition, in the root that has the fewest partitions.
// The topic's id is on disk before the log is there.
func (m *Manager) Create(tp TopicPartition, topicID wire.UUID, c Config, now time.Time) (*Log, Found, error) {
	r := slices.MinFunc(m.roots, func(a, b *Root) int { return cmp.Compare(a.count(), b.count()) })
	p := Found{tp, topicID, filepath.Join(r.Path, tp.String()), r}
	if err := m.fs.MkdirAll(p.Dir); err != nil {
		return nil, p, err
	}
	if err := writeTopicID(m.fs, p.Dir, topicID); err != nil {
		return nil, p, err
	}
	if err := m.fs.SyncDir(r.Path); err != nil {
		return nil, p, err
	}
	log, err := OpenLog(m.fs, p.Dir, tp, r.options(m, tp, c, now))
	if err != nil {
		return nil, p, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[tp] = p
	return log, p, nil
}

// SetTopicID writes a partition's topic id, where it was missing.
func (m *Manager) SetTopicID(p Found, id wire.UUID) error {
	if err := writeTopicID(m.fs, p.Dir, id); err != nil {
		return err
	}
	p.Root.mu.Lock()
	defer p.Root.mu.Unlock()
	p.TopicID = id
	p.Root.found[p.TopicPartition] = p
	return nil
}

func (r *Root) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.found)
}

// Delete removes a partition directory, whose log must be closed. It is renamed first: the partition is
// gone at once and for good, also if the process dies before its files are.
func (m *Manager) Delete(p Found) error {
	dir, err := m.rename(p, DirDelete)
	if err != nil {
		return err
	}
	return m.fs.RemoveAll(dir)
}

// SetAside renames the directory of a partition that no topic owns. Nobody opens or deletes it any more.
func (m *Manager) SetAside(p Found) error {
	_, err := m.rename(p, DirStray)
	return err
}

func (m *Manager) rename(p Found, kind DirKind) (string, error) {
	r := p.Root
	r.mu.Lock()
	defer r.mu.Unlock()
	dir := filepath.Join(r.Path, suffixedDir(p.TopicPartition, kind))
	if err := m.fs.Rename(p.Dir, dir); err != nil {
		return "", err
	}
	if err := m.fs.SyncDir(r.Path); err != nil {
		return "", err
	}
	delete(r.found, p.TopicPartition)
	delete(r.recovery, p.TopicPartition)
	delete(r.starts, p.TopicPartition)
	delete(r.opened, p.TopicPartition)
	return dir, nil
}

// Position is what the checkpoints say of one log.
type Position struct {
	TopicPartition
	Root          *Root
	RecoveryPoint int64
	HighWatermark int64
	LogStart      int64
	FirstSegment  int64 // base offset of the oldest segment
}

// Position is the log's line in the checkpoints.
func (l *Log) Position(r *Root, highWatermark int64) Position {
	return Position{l.tp, r, l.flushed, highWatermark, l.start, l.segments[0].base}
}

// Checkpoint writes the three offset checkpoints of every root. Partitions that are not among the
// positions keep their lines.
func (m *Manager) Checkpoint(positions []Position) error {
	var errs []error
	for _, r := range m.roots {
		if err := r.checkpoint(positions); err != nil {
			errs = append(errs, fmt.Errorf("checkpoint of %s: %w", r.Path, err))
		}
	}
	return errors.Join(errs...)
}

func (r *Root) checkpoint(positions []Position) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	watermarks := map[TopicPartition]int64{}
	for _, p := range positions {
		if _, ok := r.found[p.TopicPartition]; !ok || p.Root != r || p.Topic == MetadataTopic {
			continue
		}
		r.recovery[p.TopicPartition] = p.RecoveryPoint
		watermarks[p.TopicPartition] = p.HighWatermark
		delete(r.starts, p.TopicPartition)
		if p.LogStart > p.FirstSegment {
			r.starts[p.TopicPartition] = p.LogStart
		}
	}
	return errors.Join(
		r.writeOffsets(recoveryPointFile, r.recovery),
		r.writeOffsets(logStartFile, r.starts),
		r.writeOffsets(highWatermarkFile, watermarks),
	)
}

// Close ends the use of the directories. clean says, per root, that every log in it was closed cleanly and
// that the checkpoints are written: then the mark is left that spares the next start a scan.
func (m *Manager) Close(clean func(*Root) bool, brokerEpoch int64) error {
	var errs []error
	for _, r := range m.roots {
		if clean(r) {
			errs = append(errs, writeCleanShutdown(m.fs, r.Path, brokerEpoch))
		}
	}
	return errors.Join(append(errs, m.unlock())...)
}

func (m *Manager) unlock() error {
	var errs []error
	for _, r := range m.roots {
		errs = append(errs, r.lock.Close())
	}
	return errors.Join(errs...)
}
