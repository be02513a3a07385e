package cluster

import (
	"errors"
	"fmt"

	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// replay applies the batches of a log or a snapshot to a builder.
type replay struct {
	b      *builder
	skip   func(key int16, err error)
	footer bool // a snapshot's last record was met
	lastMs int64
}

// newReplay begins with an image. skip hears of records that belong to an unknown release.
func newReplay(i *Image, skip func(key int16, err error)) *replay {
	b := i.change()
	b.removed = map[wire.UUID]bool{}
	return &replay{b: b, skip: skip, lastMs: records.NoTimestampMs}
}

// batch applies the records of one batch that lie after the image.
func (r *replay) batch(batch records.Batch) error {
	if batch.Codec() != records.None {
		return fmt.Errorf("batch at offset %d is compressed with %v: metadata never is", batch.BaseOffset(), batch.Codec())
	}
	for record, err := range batch.Records(nil, 0) {
		if err == nil {
			if batch.IsControl() {
				err = r.control(record)
			} else {
				err = r.record(record)
			}
		}
		if err != nil {
			return fmt.Errorf("offset %d: %w", max(record.Offset, batch.BaseOffset()), err)
		}
	}
	r.lastMs = batch.MaxTimestamp()
	r.b.offset, r.b.epoch = batch.LastOffset(), max(r.b.epoch, batch.PartitionLeaderEpoch())
	return nil
}

func (r *replay) record(record records.Record) error {
	decoded, key, err := decodeRecord(record.Value)
	if errors.Is(err, errUnknownRecord) {
		r.b.incomplete = true
		r.skip(key, err)
		return nil
	}
	if err != nil {
		return err
	}
	return r.b.record(decoded)
}

func (r *replay) control(record records.Record) error {
	c, err := records.ParseControl(record)
	if err != nil {
		return err
	}
	switch c.Type {
	case records.ControlSnapshotFooter:
		r.footer = true
	case records.ControlKRaftVersion:
		var m meta.KRaftVersionRecord
		if _, err := m.DecodeFrom(c.Value, 0, nil); err != nil {
			return err
		}
		r.b.raft.version = m.KRaftVersion
	case records.ControlKRaftVoters:
		r.b.raft.voters = append([]byte(nil), c.Value...)
	}
	return nil
}

// appendBatch appends records as one batch.
func appendBatch(dst []byte, o records.Options, rs []Record, nowMs int64) ([]byte, error) {
	w := records.NewWriter(dst, o)
	for _, r := range rs {
		value, err := r.encode()
		if err != nil {
			return dst, err
		}
		w.Append(records.Record{Timestamp: nowMs, Value: value})
	}
	return w.Finish()
}
