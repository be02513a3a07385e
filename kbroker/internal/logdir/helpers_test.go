package logdir

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"log/slog"
	"testing"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

var tpA = TopicPartition{"a", 0}

// makeBatch builds a batch of n records as a producer sends it, at its final offset. Timestamps count up with
// the offsets.
func makeBatch(t testing.TB, base int64, n int, producer *records.Producer) []byte {
	t.Helper()
	w := records.NewWriter(nil, records.Options{BaseOffset: base, Producer: producer})
	for i := range n {
		w.Append(records.Record{Timestamp: 1000 + base + int64(i), Value: fmt.Appendf(nil, "value %d", base+int64(i))})
	}
	b, err := w.Finish()
	require.NoError(t, err)
	return b
}

// appendRecords appends a batch of n records and returns it.
func appendRecords(t testing.TB, l *Log, n int) []byte {
	t.Helper()
	b := makeBatch(t, l.EndOffset(), n, nil)
	_, err := l.Append(b, nil, 0)
	require.NoError(t, err)
	return b
}

// everything reads the whole log.
func everything(t testing.TB, l *Log) []byte {
	t.Helper()
	var all []byte
	for offset := l.StartOffset(); offset < l.EndOffset(); {
		s, err := l.Locate(offset, 1<<30, true, l.EndOffset())
		require.NoError(t, err)
		b, err := s.Read()
		require.NoError(t, err)
		require.NotEmpty(t, b, "nothing at offset %d of %d", offset, l.EndOffset())
		all = append(all, b...)
		for batch, err := range records.Batches(b) {
			require.NoError(t, err)
			offset = batch.NextOffset()
		}
	}
	return all
}

// firstAtOrAfter is the search by time as package partition makes it.
func firstAtOrAfter(t testing.TB, l *Log, timestampMs int64) (TimedOffset, bool) {
	t.Helper()
	for from := int64(0); ; {
		b, ok, err := l.BatchAtOrAfter(timestampMs, from)
		require.NoError(t, err)
		if !ok {
			return TimedOffset{}, false
		}
		first, ok, err := b.First(nil)
		require.NoError(t, err)
		if ok {
			return first, true
		}
		from = b.NextOffset
	}
}

func openA(t testing.TB, fs vfs.FS, o LogOptions) *Log {
	t.Helper()
	if o.Config == (Config{}) {
		o.Config = DefaultConfig()
	}
	require.NoError(t, vfs.MakeDirDurably(fs, "/logs/a-0"))
	l, err := OpenLog(fs, "/logs/a-0", tpA, o)
	require.NoError(t, err)
	return l
}

// logLines collects what is logged.
func logLines() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, nil)), &b
}

// challengeBatch is a batch as the challenge writes it: producer 0 with sequence 0 every time, a record with
// -1 headers, a time of long ago.
func challengeBatch(offset int64, value string) []byte {
	record := []byte{0, 0, 0, 1} // attributes, time delta, offset delta, key -1
	record = binary.AppendVarint(record, int64(len(value)))
	record = append(append(record, value...), 1) // -1 headers
	body := append(binary.AppendVarint(nil, int64(len(record))), record...)
	b := make([]byte, records.HeaderSize, records.HeaderSize+len(body))
	binary.BigEndian.PutUint64(b, uint64(offset))
	binary.BigEndian.PutUint32(b[8:], uint32(records.HeaderSize-records.LengthEnd+len(body)))
	b[16] = 2
	binary.BigEndian.PutUint64(b[27:], 1726045973899)
	binary.BigEndian.PutUint64(b[35:], 1726045973899)
	binary.BigEndian.PutUint32(b[57:], 1)
	b = append(b, body...)
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], castagnoli))
	return b
}

// legacyEntry is a message of magic 0 or 1 with a null key and a null value.
func legacyEntry(offset int64, magic byte) []byte {
	body := []byte{magic, 0}
	if magic == 1 {
		body = append(body, 0, 0, 0, 0, 0, 0, 0, 7)
	}
	body = append(body, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	b := binary.BigEndian.AppendUint64(nil, uint64(offset))
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)+4))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(body))
	return append(b, body...)
}
