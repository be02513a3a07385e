package logdir

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// Origin says who appends, which decides what is checked.
type Origin int

// Origins of an append.
const (
	OriginClient      Origin = iota // a producer: everything is checked
	OriginCoordinator               // a group or transaction coordinator of this broker
	OriginMetadata                  // the metadata quorum's leader
	OriginRecovery                  // already in the log: nothing is refused
)

// batchesPerProducer is how many batches of one producer are remembered to recognise a batch sent twice:
// as many as a producer may have in flight.
const batchesPerProducer = 5

// maxProducers bounds the producers that one partition remembers between expiries, about 60 MB of them. One
// more makes some other producer unknown, whose next batch is then taken as its first.
const maxProducers = 1 << 18

type producerBatch struct {
	lastSequence int32
	lastOffset   int64
	offsetDelta  int32
	timestampMs  int64
}

func (b producerBatch) firstSequence() int32 {
	first := int64(b.lastSequence) - int64(b.offsetDelta)
	if first < 0 { // the sequence wrapped inside the batch
		first += 1 << 31
	}
	return int32(first)
}

func (b producerBatch) firstOffset() int64 { return b.lastOffset - int64(b.offsetDelta) }

// producer is what is known of one producer id.
type producer struct {
	id               int64
	epoch            int16
	coordinatorEpoch int32
	lastTimestampMs  int64
	txnFirstOffset   int64 // of the open transaction, -1 without one
	batches          [batchesPerProducer]producerBatch
	count            int // of batches; the newest is batches[count-1]
}

func newProducer(id int64) producer {
	return producer{id: id, epoch: records.NoProducerEpoch, coordinatorEpoch: -1, lastTimestampMs: records.NoTimestampMs, txnFirstOffset: -1}
}

func (p *producer) lastSequence() int32 {
	if p.count == 0 {
		return records.NoSequence
	}
	return p.batches[p.count-1].lastSequence
}

func (p *producer) setEpoch(epoch int16) {
	if p.epoch != epoch {
		p.epoch, p.count = epoch, 0
	}
}

func (p *producer) add(b producerBatch) {
	if p.count == batchesPerProducer {
		copy(p.batches[:], p.batches[1:])
		p.count--
	}
	p.batches[p.count] = b
	p.count++
	p.lastTimestampMs = b.timestampMs
}

// duplicate returns the remembered batch with the same sequence range.
func (p *producer) duplicate(b records.Batch) (producerBatch, bool) {
	if b.ProducerEpoch() != p.epoch {
		return producerBatch{}, false
	}
	for _, old := range p.batches[:p.count] {
		if old.firstSequence() == b.BaseSequence() && old.lastSequence == b.LastSequence() {
			return old, true
		}
	}
	return producerBatch{}, false
}

// checkSequence follows ProducerAppendInfo.checkSequence: a producer id that is not known (also because its
// batches are gone) may begin anywhere; a new epoch of a known one begins at 0.
func (p *producer) checkSequence(b records.Batch) error {
	next, last := b.BaseSequence(), p.lastSequence()
	switch {
	case p.epoch == records.NoProducerEpoch:
		return nil
	case b.ProducerEpoch() != p.epoch:
		if next == 0 {
			return nil
		}
		return fmt.Errorf("%w: producer %d: epoch %d begins with sequence %d, want 0", errcode.OutOfOrderSequenceNumber, p.id, b.ProducerEpoch(), next)
	case int64(next) == int64(last)+1, next == 0 && last == 1<<31-1:
		return nil
	}
	return fmt.Errorf("%w: producer %d: sequence %d after %d", errcode.OutOfOrderSequenceNumber, p.id, next, last)
}

func (p *producer) checkEpoch(epoch int16) error {
	if epoch >= p.epoch {
		return nil
	}
	return fmt.Errorf("%w: producer %d: epoch %d after %d", errcode.InvalidProducerEpoch, p.id, epoch, p.epoch)
}

// completedTxn is a transaction whose marker was just seen.
type completedTxn struct {
	producerID, firstOffset, lastOffset int64
	aborted                             bool
}

// apply moves the producer on by one batch. The batch's offsets are final. On an error the producer is in
// an undefined state and must be dropped: callers work on a copy.
func (p *producer) apply(b records.Batch, origin Origin) (*completedTxn, error) {
	if b.IsControl() {
		return p.applyMarker(b, origin)
	}
	if origin != OriginRecovery {
		if err := p.checkEpoch(b.ProducerEpoch()); err != nil {
			return nil, err
		}
	}
	if origin == OriginClient {
		if err := p.checkSequence(b); err != nil {
			return nil, err
		}
	}
	p.setEpoch(b.ProducerEpoch())
	p.add(producerBatch{b.LastSequence(), b.LastOffset(), b.LastOffsetDelta(), b.MaxTimestamp()})
	switch {
	case p.txnFirstOffset >= 0 && !b.IsTransactional() && origin != OriginRecovery:
		return nil, fmt.Errorf("%w: producer %d: batch outside of its open transaction", errcode.InvalidTxnState, p.id)
	case p.txnFirstOffset < 0 && b.IsTransactional():
		p.txnFirstOffset = b.BaseOffset()
	}
	return nil, nil
}

// applyMarker ends the open transaction. A marker without one changes only the epochs.
func (p *producer) applyMarker(b records.Batch, origin Origin) (*completedTxn, error) {
	if b.Count() == 0 {
		return nil, nil // compaction took the marker's record: all of the transaction is gone
	}
	marker, ok, err := readMarker(b)
	if err != nil || !ok {
		if origin == OriginRecovery {
			return nil, nil
		}
		return nil, cmp.Or(err, error(errcode.InvalidRecord))
	}
	if origin != OriginRecovery {
		if err := p.checkEpoch(b.ProducerEpoch()); err != nil {
			return nil, err
		}
		if p.coordinatorEpoch > marker.coordinatorEpoch {
			return nil, fmt.Errorf("%w: producer %d: coordinator epoch %d after %d", errcode.TransactionCoordinatorFenced, p.id, marker.coordinatorEpoch, p.coordinatorEpoch)
		}
	}
	var done *completedTxn
	if p.txnFirstOffset >= 0 {
		done = &completedTxn{p.id, p.txnFirstOffset, b.BaseOffset(), marker.abort}
	}
	p.setEpoch(b.ProducerEpoch())
	p.coordinatorEpoch = marker.coordinatorEpoch
	p.lastTimestampMs = marker.timestampMs
	p.txnFirstOffset = -1
	return done, nil
}

// Producers are the producer ids that a log knows, and their open transactions. It is Kafka's
// ProducerStateManager, without the clock.
type Producers struct {
	byID map[int64]*producer
	open []openTxn // by first offset
	end  int64     // the state is that of the log up to here
}

type openTxn struct{ firstOffset, producerID int64 }

func newProducers(end int64) *Producers {
	return &Producers{byID: map[int64]*producer{}, end: end}
}

// Duplicate says where the batch was appended the first time.
type Duplicate struct{ FirstOffset, LastOffset, TimestampMs int64 }

// duplicate looks for a batch that was appended before.
func (s *Producers) duplicate(b records.Batch) (Duplicate, bool) {
	p := s.byID[b.ProducerID()]
	if p == nil || b.IsControl() {
		return Duplicate{}, false
	}
	old, ok := p.duplicate(b)
	return Duplicate{old.firstOffset(), old.lastOffset, old.timestampMs}, ok
}

// prepare returns the producer as it will be after the batch, or why the batch is refused.
func (s *Producers) prepare(b records.Batch, origin Origin) (producer, *completedTxn, error) {
	next := newProducer(b.ProducerID())
	if p := s.byID[b.ProducerID()]; p != nil {
		next = *p
	}
	done, err := next.apply(b, origin)
	return next, done, err
}

// commit takes over what prepare returned. For an aborted transaction it returns the entry of the index.
func (s *Producers) commit(p producer, done *completedTxn) (AbortedTxn, bool) {
	if s.byID[p.id] == nil && len(s.byID) >= maxProducers {
		s.forgetOne()
	}
	s.byID[p.id] = &p
	if p.txnFirstOffset >= 0 {
		s.opened(openTxn{p.txnFirstOffset, p.id})
	}
	if done == nil {
		return AbortedTxn{}, false
	}
	s.open = slices.DeleteFunc(s.open, func(o openTxn) bool { return o.firstOffset == done.firstOffset })
	if !done.aborted {
		return AbortedTxn{}, false
	}
	stable := done.lastOffset + 1
	if len(s.open) > 0 {
		stable = s.open[0].firstOffset
	}
	return AbortedTxn{done.producerID, done.firstOffset, done.lastOffset, stable}, true
}

// forgetOne drops any producer without an open transaction.
func (s *Producers) forgetOne() {
	for id, p := range s.byID {
		if p.txnFirstOffset < 0 {
			delete(s.byID, id)
			return
		}
	}
}

func (s *Producers) opened(o openTxn) {
	i, found := slices.BinarySearchFunc(s.open, o, func(a, b openTxn) int { return cmp.Compare(a.firstOffset, b.firstOffset) })
	if !found {
		s.open = slices.Insert(s.open, i, o)
	}
}

// replay applies a batch that is in the log.
func (s *Producers) replay(b records.Batch) (AbortedTxn, bool) {
	defer func() { s.end = b.NextOffset() }()
	if b.ProducerID() == records.NoProducerID {
		return AbortedTxn{}, false
	}
	p, done, err := s.prepare(b, OriginRecovery)
	if err != nil {
		return AbortedTxn{}, false // OriginRecovery refuses nothing
	}
	return s.commit(p, done)
}

// firstOpen returns the first offset of the oldest open transaction.
func (s *Producers) firstOpen() (int64, bool) {
	if len(s.open) == 0 {
		return 0, false
	}
	return s.open[0].firstOffset, true
}

// expire forgets producers that were silent for too long, unless a transaction is open.
func (s *Producers) expire(nowMs, expirationMs int64) {
	for id, p := range s.byID {
		if p.txnFirstOffset < 0 && nowMs-p.lastTimestampMs >= expirationMs {
			delete(s.byID, id)
		}
	}
}
