package partition

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Options are what the storage needs from the broker.
type Options struct {
	FS     vfs.FS
	Codec  Codec
	Logger *slog.Logger
	Now    func() time.Time
	// ProducerExpirationMs is producer.id.expiration.ms: an idempotent producer that was silent for so long is not known
	// any more when its partition is opened. 0 means Kafka's default.
	ProducerExpirationMs int64
	// Spawn runs a function beside the caller, for syncs that nobody waits for; nil runs it at once.
	Spawn func(func())
}

// Store has all partitions of the broker, and the directories of log.dirs.
type Store struct {
	o       Options
	manager *logdir.Manager

	mu         sync.RWMutex
	partitions map[logdir.TopicPartition]*Partition
	busy       map[logdir.TopicPartition]chan struct{} // being opened or deleted
	failed     map[*logdir.Root]bool
}

// OpenStore locks the directories and reads their root files. Partitions are opened by Open and OpenAll,
// when their topics' configurations are known.
func OpenStore(dirs []string, o Options) (*Store, error) {
	if o.Spawn == nil {
		o.Spawn = func(f func()) { f() }
	}
	m, err := logdir.OpenManager(o.FS, dirs, o.Logger)
	if err != nil {
		return nil, err
	}
	m.ProducerExpirationMs = o.ProducerExpirationMs
	return &Store{
		o:          o,
		manager:    m,
		partitions: map[logdir.TopicPartition]*Partition{},
		busy:       map[logdir.TopicPartition]chan struct{}{},
		failed:     map[*logdir.Root]bool{},
	}, nil
}

// Roots are the directories of log.dirs.
func (s *Store) Roots() []*logdir.Root { return s.manager.Roots() }

// Found are the partition directories on disk, opened or not.
func (s *Store) Found() []logdir.Found { return s.manager.Partitions() }

// Get returns an open partition, or nil.
func (s *Store) Get(topic string, partition int32) *Partition {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.partitions[logdir.TopicPartition{Topic: topic, Partition: partition}]
}

// All returns the open partitions in no order.
func (s *Store) All() []*Partition {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]*Partition, 0, len(s.partitions))
	for _, p := range s.partitions {
		all = append(all, p)
	}
	return all
}

// Wanted is a partition that the metadata knows, as it is to be opened.
type Wanted struct {
	Topic     string
	Partition int32
	TopicID   wire.UUID
	Config    Config
}

func (w Wanted) key() logdir.TopicPartition {
	return logdir.TopicPartition{Topic: w.Topic, Partition: w.Partition}
}

// Open opens a partition whose directory is there, or creates it. An open one is returned as it is. The
// directory of another topic of the same name is an error.
func (s *Store) Open(w Wanted) (*Partition, error) {
	p, done := s.reserve(w.key())
	defer done()
	if p != nil {
		return p, nil
	}
	p, err := s.open(w)
	if err != nil {
		return nil, fmt.Errorf("partition %s: %w", w.key(), err)
	}
	s.set(w.key(), p)
	return p, nil
}

// reserve waits until nobody else opens or deletes the partition, and keeps others off until done is called.
func (s *Store) reserve(tp logdir.TopicPartition) (p *Partition, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy[tp] != nil {
		wait := s.busy[tp]
		s.mu.Unlock()
		<-wait
		s.mu.Lock()
	}
	mine := make(chan struct{})
	s.busy[tp] = mine
	return s.partitions[tp], func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.busy, tp)
		close(mine)
	}
}

// set makes a partition known; nil forgets it.
func (s *Store) set(tp logdir.TopicPartition, p *Partition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p == nil {
		delete(s.partitions, tp)
		return
	}
	s.partitions[tp] = p
}

func (s *Store) open(w Wanted) (*Partition, error) {
	dirs := s.manager.Find(w.key())
	if len(dirs) == 0 {
		log, found, err := s.manager.Create(w.key(), w.TopicID, w.Config.Config, s.o.Now())
		if err != nil {
			return nil, err
		}
		return newPartition(log, found, w.Config, s.o), nil
	}
	found := dirs[0]
	switch {
	case len(dirs) > 1:
		return nil, fmt.Errorf("it is in two directories: %s and %s", dirs[0].Dir, dirs[1].Dir)
	case found.TopicID.IsZero() && !w.TopicID.IsZero():
		if err := s.manager.SetTopicID(found, w.TopicID); err != nil {
			return nil, err
		}
		found.TopicID = w.TopicID
	case found.TopicID != w.TopicID && !w.TopicID.IsZero():
		return nil, fmt.Errorf("%w: %s belongs to topic id %v, want %v", errcode.InconsistentTopicID, found.Dir, found.TopicID, w.TopicID)
	}
	log, err := s.manager.Open(found, w.Config.Config, s.o.Now())
	if err != nil {
		s.fail(found.Root)
		return nil, err
	}
	return newPartition(log, found, w.Config, s.o), nil
}

// fail notes that a directory may not be marked as closed cleanly.
func (s *Store) fail(r *logdir.Root) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[r] = true
}

// OpenAll opens many partitions, a few at a time. It opens what it can: the error joins those of the rest.
func (s *Store) OpenAll(wanted []Wanted) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
		next = make(chan Wanted)
	)
	for range min(len(wanted), 2*runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for w := range next {
				if _, err := s.Open(w); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, w := range wanted {
		next <- w
	}
	close(next)
	wg.Wait()
	return errors.Join(errs...)
}

// Delete closes a partition and removes its directory. One that is not open is no error.
func (s *Store) Delete(topic string, partition int32) error {
	tp := logdir.TopicPartition{Topic: topic, Partition: partition}
	p, done := s.reserve(tp)
	defer done()
	if p == nil {
		return nil
	}
	s.set(tp, nil)
	closeErr := p.close(false)
	return errors.Join(closeErr, s.manager.Delete(p.found))
}

// SetAside renames the directory of a partition that no topic owns to <name>.<id>-stray, so that it is neither
// opened nor in the way. The partition must not be open.
func (s *Store) SetAside(f logdir.Found) error {
	p, done := s.reserve(f.TopicPartition)
	defer done()
	if p != nil {
		return fmt.Errorf("partition %s is open", f.TopicPartition)
	}
	return s.manager.SetAside(f)
}

// Checkpoint writes recovery points, high watermarks and log start offsets of all open partitions.
func (s *Store) Checkpoint() error { return s.manager.Checkpoint(s.positions()) }

func (s *Store) positions() []logdir.Position {
	var positions []logdir.Position
	for _, p := range s.All() {
		positions = append(positions, p.position())
	}
	return positions
}

// Close closes all partitions and directories. A clean close leaves the mark that spares the next start a
// scan, in every directory where nothing failed; brokerEpoch goes into it. Without clean it is as if the
// process had been killed.
func (s *Store) Close(clean bool, brokerEpoch int64) error {
	var errs []error
	for _, p := range s.All() {
		if err := p.close(clean); err != nil {
			errs = append(errs, err)
			s.fail(p.found.Root)
		}
	}
	marked := clean
	if clean {
		if err := s.manager.Checkpoint(s.positions()); err != nil {
			errs = append(errs, err)
			marked = false
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	err := s.manager.Close(func(r *logdir.Root) bool { return marked && !s.failed[r] }, brokerEpoch)
	return errors.Join(append(errs, err)...)
}
