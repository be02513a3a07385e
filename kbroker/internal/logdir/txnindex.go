package logdir

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

const (
	abortedTxnSize = 34
	// maxTxnIndexBytes bounds the index of aborted transactions that is read into memory: 1.9 million of
	// them in one segment.
	maxTxnIndexBytes = 64 << 20
)

// AbortedTxn is a transaction that readers of committed records leave out.
type AbortedTxn struct {
	ProducerID       int64
	FirstOffset      int64
	LastOffset       int64 // of the abort marker
	LastStableOffset int64 // when the marker was written
}

func appendAbortedTxn(dst []byte, a AbortedTxn) []byte {
	dst = binary.BigEndian.AppendUint16(dst, 0)
	for _, v := range [...]int64{a.ProducerID, a.FirstOffset, a.LastOffset, a.LastStableOffset} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(v))
	}
	return dst
}

// parseTxnIndex checks each entry, so that a zeroed or foreign file does not hide that records were aborted.
func parseTxnIndex(b []byte, baseOffset int64) ([]AbortedTxn, error) {
	if len(b)%abortedTxnSize != 0 {
		return nil, errCorruptIndex{fmt.Sprintf("%d bytes, which is no multiple of %d", len(b), abortedTxnSize)}
	}
	aborted := make([]AbortedTxn, 0, len(b)/abortedTxnSize)
	last := baseOffset - 1
	for i, e := 0, b; len(e) > 0; i, e = i+1, e[abortedTxnSize:] {
		a := AbortedTxn{
			ProducerID:       int64(binary.BigEndian.Uint64(e[2:])),
			FirstOffset:      int64(binary.BigEndian.Uint64(e[10:])),
			LastOffset:       int64(binary.BigEndian.Uint64(e[18:])),
			LastStableOffset: int64(binary.BigEndian.Uint64(e[26:])),
		}
		// A marker is written after the records that it aborts, so first = last cannot be.
		if v := binary.BigEndian.Uint16(e); v != 0 || a.ProducerID < 0 || a.FirstOffset < 0 || a.LastOffset <= a.FirstOffset || a.LastOffset <= last {
			return nil, errCorruptIndex{fmt.Sprintf("entry %d: version %d, %+v after offset %d", i, v, a, last)}
		}
		last = a.LastOffset
		aborted = append(aborted, a)
	}
	return aborted, nil
}

// txnIndex is a segment's list of aborted transactions, by the offset of their marker. The file exists once
// there is one.
type txnIndex struct {
	handle     handle
	baseOffset int64
	exists     bool

	mu      sync.Mutex
	loaded  bool
	entries []AbortedTxn
}

func newTxnIndex(f vfs.FS, name string, baseOffset int64, exists bool) *txnIndex {
	return &txnIndex{handle: handle{fs: f, name: name}, baseOffset: baseOffset, exists: exists}
}

// all returns the entries, which must not be changed.
func (x *txnIndex) all() ([]AbortedTxn, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.loaded || !x.exists {
		return x.entries, nil
	}
	b, err := x.handle.fs.ReadFile(x.handle.name, maxTxnIndexBytes)
	if err != nil {
		return nil, err
	}
	if x.entries, err = parseTxnIndex(b, x.baseOffset); err != nil {
		return nil, fmt.Errorf("%s: %w", x.handle.name, err)
	}
	x.loaded = true
	return x.entries, nil
}

func (x *txnIndex) add(a AbortedTxn) error {
	if _, err := x.all(); err != nil {
		return err
	}
	f, err := x.handle.get(true)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(appendAbortedTxn(nil, a), int64(len(x.entries)*abortedTxnSize)); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.exists, x.loaded = true, true
	x.entries = append(x.entries, a)
	return nil
}

// replace writes the list anew: after recovery and truncation. An empty list leaves no file.
func (x *txnIndex) replace(entries []AbortedTxn) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(entries) == 0 && !x.exists {
		return nil
	}
	f, err := x.handle.get(true)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	var b []byte
	for _, a := range entries {
		b = appendAbortedTxn(b, a)
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		return err
	}
	x.exists, x.loaded, x.entries = true, true, slices.Clone(entries)
	return nil
}
