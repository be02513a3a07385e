package logdir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

const (
	snapshotHeaderSize = 10 // version, CRC, count
	snapshotEntrySize  = 46
	snapshotVersion    = 1
	snapshotCRCEnd     = 6 // the CRC covers what follows it
	// maxSnapshotBytes bounds a producer snapshot: 5.8 million producers.
	maxSnapshotBytes = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendSnapshot writes the producers in the order of their ids.
func appendSnapshot(dst []byte, producers map[int64]*producer) []byte {
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(dst, snapshotVersion)
	dst = binary.BigEndian.AppendUint32(dst, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(producers)))
	for _, id := range slices.Sorted(maps.Keys(producers)) {
		p := producers[id]
		newest := producerBatch{lastSequence: -1, lastOffset: -1}
		if p.count > 0 {
			newest = p.batches[p.count-1]
		}
		dst = binary.BigEndian.AppendUint64(dst, uint64(p.id))
		dst = binary.BigEndian.AppendUint16(dst, uint16(p.epoch))
		dst = binary.BigEndian.AppendUint32(dst, uint32(newest.lastSequence))
		dst = binary.BigEndian.AppendUint64(dst, uint64(newest.lastOffset))
		dst = binary.BigEndian.AppendUint32(dst, uint32(newest.offsetDelta))
		dst = binary.BigEndian.AppendUint64(dst, uint64(p.lastTimestampMs))
		dst = binary.BigEndian.AppendUint32(dst, uint32(p.coordinatorEpoch))
		dst = binary.BigEndian.AppendUint64(dst, uint64(p.txnFirstOffset))
	}
	crc := crc32.Checksum(dst[start+snapshotCRCEnd:], castagnoli)
	binary.BigEndian.PutUint32(dst[start+2:], crc)
	return dst
}

// parseSnapshot reads what appendSnapshot or Kafka wrote.
func parseSnapshot(b []byte) (map[int64]*producer, error) {
	if len(b) < snapshotHeaderSize {
		return nil, fmt.Errorf("%d bytes, want at least %d", len(b), snapshotHeaderSize)
	}
	if v := binary.BigEndian.Uint16(b); v != snapshotVersion {
		return nil, fmt.Errorf("version %d, want %d", v, snapshotVersion)
	}
	if have, want := binary.BigEndian.Uint32(b[2:]), crc32.Checksum(b[snapshotCRCEnd:], castagnoli); have != want {
		return nil, fmt.Errorf("CRC is %#x where the bytes have %#x", have, want)
	}
	count := int64(binary.BigEndian.Uint32(b[6:]))
	if count*snapshotEntrySize != int64(len(b)-snapshotHeaderSize) {
		return nil, fmt.Errorf("%d producers announced in %d bytes", count, len(b))
	}
	producers := make(map[int64]*producer, count)
	for e := b[snapshotHeaderSize:]; len(e) > 0; e = e[snapshotEntrySize:] {
		p := newProducer(int64(binary.BigEndian.Uint64(e)))
		p.epoch = int16(binary.BigEndian.Uint16(e[8:]))
		p.lastTimestampMs = int64(binary.BigEndian.Uint64(e[26:]))
		p.coordinatorEpoch = int32(binary.BigEndian.Uint32(e[34:]))
		p.txnFirstOffset = int64(binary.BigEndian.Uint64(e[38:]))
		if last := int64(binary.BigEndian.Uint64(e[14:])); last >= 0 {
			p.count = 1
			p.batches[0] = producerBatch{int32(binary.BigEndian.Uint32(e[10:])), last, int32(binary.BigEndian.Uint32(e[22:])), p.lastTimestampMs}
		}
		producers[p.id] = &p
	}
	return producers, nil
}

func snapshotPath(dir string, offset int64) string {
	return filepath.Join(dir, segmentName(offset, snapshotSuffix))
}

// loadProducers reads the snapshot at an offset.
func loadProducers(f vfs.FS, dir string, offset int64) (*Producers, error) {
	name := snapshotPath(dir, offset)
	b, err := f.ReadFile(name, maxSnapshotBytes)
	if err != nil {
		return nil, err
	}
	s := newProducers(offset)
	if s.byID, err = parseSnapshot(b); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, errDamaged{err})
	}
	for _, p := range s.byID {
		if p.txnFirstOffset >= 0 {
			s.opened(openTxn{p.txnFirstOffset, p.id})
		}
	}
	return s, nil
}

// save writes the snapshot of the state at its end.
func (s *Producers) save(f vfs.FS, dir string) error {
	return vfs.WriteAtomically(f, snapshotPath(dir, s.end), appendSnapshot(nil, s.byID))
}

// removeIfThere removes a file that may be gone already.
func removeIfThere(f vfs.FS, name string) error {
	if err := f.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
