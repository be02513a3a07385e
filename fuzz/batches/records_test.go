package batches

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// maxPlain is the limit for decompressed bytes: small, so that a fuzzer does not spend its time in codecs.
const maxPlain = 1 << 16

func batch(o records.Options, rs ...records.Record) []byte {
	o.Compressor = compress.All
	w := records.NewWriter(nil, o)
	for _, r := range rs {
		w.Append(r)
	}
	b, err := w.Finish()
	if err != nil {
		panic(err)
	}
	return b
}

func some() []records.Record {
	return []records.Record{
		{Timestamp: 1000, Key: []byte("key"), Value: []byte("value")},
		{Timestamp: 900, Value: bytes.Repeat([]byte("v"), 80), Headers: records.Headers{}.Append("h", nil).Append("", []byte("x"))},
		{Timestamp: 1 << 40, Key: []byte{}},
	}
}

func message(magic int8, r records.Record) []byte {
	b, err := records.AppendMessage(nil, magic, r)
	if err != nil {
		panic(err)
	}
	return b
}

func messageSet(magic int8, c records.Codec) []byte {
	b, err := records.AppendMessageSet(nil, magic, c, compress.All, []records.Record{{Offset: 5, Value: []byte("a")}, {Offset: 6, Key: []byte("b")}})
	if err != nil {
		panic(err)
	}
	return b
}

// FuzzBatches visits any bytes: the batches lie back to back, whatever is left is reported at its
// place, and a buffer that arrives in two pieces has the same batches.
func FuzzBatches(f *testing.F) {
	two := append(batch(records.Options{}, some()...), batch(records.Options{Codec: records.Lz4}, some()...)...)
	f.Add(two, uint16(100))
	f.Add(two[:len(two)-3], uint16(20))
	f.Add(append(message(0, some()[0]), messageSet(1, records.Gzip)...), uint16(50))
	f.Add(make([]byte, 40), uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, cut16 uint16) {
		cut := int(cut16) % (len(b) + 1)
		var sizes []int
		end, inFirst := 0, 0
		for v, err := range records.Batches(b) {
			if err != nil {
				atPlace(t, err, end, len(b))
				require.True(t, v.IsZero())
				break
			}
			require.Equal(t, end, v.Position())
			require.Equal(t, v.Size(), len(v.Bytes()))
			head, err := records.ReadHeader(v.Bytes()[:min(records.HeaderSize, v.Size())])
			require.NoError(t, err)
			require.Equal(t, header(v), header(head))
			sizes = append(sizes, v.Size())
			if end += v.Size(); end <= cut {
				inFirst = end
			}
		}
		var pieces []int
		for _, piece := range [][]byte{b[:cut], b[inFirst:]} {
			for v, err := range records.Batches(piece) {
				if err == nil {
					pieces = append(pieces, v.Size())
				}
			}
		}
		require.Equal(t, sizes, pieces)
	})
}

func header(v records.Batch) string {
	horizon, ok := v.DeleteHorizonMs()
	return fmt.Sprint(v.BaseOffset(), v.LastOffset(), v.NextOffset(), v.PartitionLeaderEpoch(), v.CRC(), v.Attributes(), v.Codec(),
		v.TimestampType(), v.BaseTimestamp(), v.MaxTimestamp(), v.ProducerID(), v.ProducerEpoch(), v.BaseSequence(), v.LastSequence(),
		v.Count(), v.IsControl(), v.IsTransactional(), horizon, ok)
}

func atPlace(t *testing.T, err error, from, to int) {
	t.Helper()
	var e *wire.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.GreaterOrEqual(t, e.Offset, from, "%v", err)
	require.LessOrEqual(t, e.Offset, to, "%v", err)
	require.NotEmpty(t, e.Error())
}

func read(t *testing.T, b []byte, o records.ReadOptions) ([]records.Record, error) {
	t.Helper()
	v, err := records.ReadBatch(b)
	require.NoError(t, err)
	var rs []records.Record
	for r, err := range v.RecordsWith(o) {
		if err != nil {
			atPlace(t, err, 0, len(b))
			return rs, err
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// FuzzRecords reads any bytes as the records of a batch. What reads well is written and reads the
// same, also compressed; and a lenient reader sees at least what a strict one does.
func FuzzRecords(f *testing.F) {
	for _, b := range [][]byte{batch(records.Options{}, some()...), batch(records.Options{}, some()[:1]...), batch(records.Options{}, records.Record{})} {
		f.Add(b[61:], int32(binary.BigEndian.Uint32(b[57:])), byte(0), byte(0))
		f.Add(b[61:], int32(binary.BigEndian.Uint32(b[57:])), byte(0x08), byte(4))
	}
	gzipped := batch(records.Options{Codec: records.Gzip}, some()...)
	f.Add(gzipped[61:], int32(3), byte(records.Gzip), byte(2))
	f.Add([]byte("\x0e\x00\x00\x00\x01\x02v\x01"), int32(1), byte(0), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, count int32, attributes, codec byte) {
		b := batch(records.Options{}, records.Record{})[:61]
		b = append(b, data...)
		binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12))
		b[22] = attributes
		binary.BigEndian.PutUint32(b[23:], 1<<30)
		binary.BigEndian.PutUint32(b[57:], uint32(count))
		o := records.ReadOptions{Decompressor: compress.All, Limit: maxPlain, CreateTimes: true}
		strict, err := read(t, b, o)
		o.Lenient = true
		lenient, lenientErr := read(t, b, o)
		require.GreaterOrEqual(t, len(lenient), len(strict))
		require.Equal(t, strict, append([]records.Record(nil), lenient[:len(strict)]...))
		if err != nil || len(strict) == 0 {
			return
		}
		require.NoError(t, lenientErr)
		require.Len(t, strict, int(count))
		v, err := records.ReadBatch(b)
		require.NoError(t, err)
		options := records.OptionsOf(v)
		options.Codec, options.Compressor = records.Codec(codec%5), compress.All
		w := records.NewWriter(nil, options)
		for _, r := range strict {
			w.AppendAt(r)
		}
		w.SetLastOffset(v.LastOffset())
		out, err := w.Finish()
		require.NoError(t, err)
		o.Limit = len(data) + maxPlain // what was not compressed before had no limit
		again, err := read(t, out, o)
		require.NoError(t, err)
		require.Equal(t, strict, again)
		rewritten, err := records.ReadBatch(out)
		require.NoError(t, err)
		require.NoError(t, rewritten.CheckCRC())
		require.Equal(t, v.LastOffset(), rewritten.LastOffset())
	})
}

// FuzzLegacy reads any bytes as messages of magic 0 and 1. What reads well is written and reads the
// same, alone and inside a compressed entry.
func FuzzLegacy(f *testing.F) {
	f.Add(append(message(0, some()[0]), message(1, some()[2])...))
	for magic := range int8(2) {
		for _, c := range []records.Codec{records.Gzip, records.Snappy, records.Lz4} {
			f.Add(messageSet(magic, c))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for v, err := range records.Batches(b) {
			if err != nil {
				return
			}
			if v.Magic() > 1 {
				continue
			}
			rs, err := read(t, v.Bytes(), records.ReadOptions{Decompressor: compress.All, Limit: maxPlain, CreateTimes: true})
			if err != nil {
				continue
			}
			require.NotEmpty(t, rs)
			for _, r := range rs {
				out, err := records.AppendMessage(nil, v.Magic(), r)
				require.NoError(t, err)
				again, err := read(t, out, records.ReadOptions{})
				require.NoError(t, err)
				require.Equal(t, []records.Record{r}, again)
			}
			inSet(t, v.Magic(), rs)
		}
	})
}

func inSet(t *testing.T, magic int8, rs []records.Record) {
	t.Helper()
	set, err := records.AppendMessageSet(nil, magic, records.Lz4, compress.All, rs)
	if errors.Is(err, wire.ErrValue) {
		return // offsets that do not ascend, which readers take and we do not write
	}
	require.NoError(t, err)
	again, err := read(t, set, records.ReadOptions{Decompressor: compress.All, Limit: maxPlain})
	last := rs[len(rs)-1].Offset
	if magic == 1 && (last == 0 && rs[0].Offset < 0 || last < last-rs[0].Offset) {
		return // negative offsets: no log has them, and they cannot be told from relative ones
	}
	require.NoError(t, err)
	require.Equal(t, rs, again)
}
