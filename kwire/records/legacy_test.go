package records_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"testing"

	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func text(rs []records.Record) (s string) {
	for _, r := range rs {
		s += fmt.Sprintf("%d %d %#v %#v; ", r.Offset, r.Timestamp, r.Key, r.Value)
	}
	return s
}

var three = []records.Record{
	{Offset: 100, Timestamp: 5, Key: []byte("k"), Value: []byte("v")},
	{Offset: 103, Timestamp: 9, Value: []byte{}},
	{Offset: 104, Timestamp: 7, Key: []byte{}},
}

func TestCorpusRewriteOfMessages(t *testing.T) {
	readCorpus(t, func(t *testing.T, c corpusLine, b []byte) {
		for v, err := range records.Batches(b) {
			if err != nil {
				break
			}
			if v.Magic() == 2 || v.Codec() != records.None {
				continue
			}
			rs, err := collect(t, v.Bytes(), records.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			out := must(records.AppendMessage(nil, v.Magic(), rs[0]))
			again, _ := records.ReadBatch(out)
			again.SetMaxTimestamp(v.TimestampType(), v.MaxTimestamp())
			if !bytes.Equal(out, v.Bytes()) {
				t.Errorf("have %x\nwant %x", out, v.Bytes())
			}
		}
	})
}

func TestMessageSets(t *testing.T) {
	for magic := range int8(2) {
		b := must(records.AppendMessageSet(nil, magic, records.Gzip, zip{}, three))
		v, err := records.ReadBatch(b)
		if err != nil || v.CheckCRC() != nil || v.BaseOffset() != 104 || v.LastOffset() != 104 || v.Count() != -1 {
			t.Fatal(err, v.CheckCRC(), v.BaseOffset())
		}
		want := text(three)
		if magic == 0 {
			want = "100 -1 []byte{0x6b} []byte{0x76}; 103 -1 []byte(nil) []byte{}; 104 -1 []byte{} []byte(nil); "
		}
		o := records.ReadOptions{Decompressor: gunzip{}}
		if rs, err := collect(t, b, o); err != nil || text(rs) != want {
			t.Error(text(rs), err)
		}
		v.SetBaseOffset(0) // as some old producers leave it: the base is 0
		rs, err := collect(t, b, o)
		if err != nil || rs[0].Offset != [2]int64{100, 0}[magic] {
			t.Error(text(rs), err)
		}
		if magic == 1 {
			v.SetBaseOffset(3)
			if _, err := collect(t, b, o); !errors.Is(err, wire.ErrValue) {
				t.Error(err)
			}
			v.SetMaxTimestamp(records.LogAppendTime, 1234)
			v.SetBaseOffset(4)
			rs, err := collect(t, b, o)
			if err != nil || v.CheckCRC() != nil || rs[0].Timestamp != 1234 || rs[0].Offset != 0 {
				t.Error(text(rs), err)
			}
		}
		for range v.RecordsWith(o) {
			break
		}
	}
}

// TestMixedMagics reads a log that has seen three formats in one loop.
func TestMixedMagics(t *testing.T) {
	b := must(records.AppendMessage(nil, 0, records.Record{Offset: 1}))
	b = must(records.AppendMessageSet(b, 1, records.Gzip, zip{}, []records.Record{{Offset: 2}, {Offset: 3}}))
	w := records.NewWriter(b, records.Options{BaseOffset: 4})
	w.Append(records.Record{})
	b = must(w.Finish())
	var offsets []int64
	for v, err := range records.Batches(b) {
		if err != nil || v.CheckCRC() != nil || v.IsControl() || v.IsTransactional() {
			t.Fatal(err, v.CheckCRC())
		}
		if v.Magic() < 2 && (v.ProducerID() != -1 || v.ProducerEpoch() != -1 || v.LastSequence() != -1 ||
			v.Sequence(records.Record{}) != -1 || v.PartitionLeaderEpoch() != -1 || v.BaseTimestamp() != v.MaxTimestamp()) {
			t.Error("a legacy entry has none of these")
		}
		v.SetPartitionLeaderEpoch(5)
		if v.CheckCRC() != nil {
			t.Error("setting the epoch must not touch a legacy entry")
		}
		for r, err := range v.Records(gunzip{}, 0) {
			if err != nil {
				t.Fatal(err)
			}
			offsets = append(offsets, r.Offset)
		}
	}
	if fmt.Sprint(offsets) != "[1 2 3 4]" {
		t.Error(offsets)
	}
}

// wrap makes a compressed entry of any inner bytes.
func wrap(magic int8, offset int64, inner []byte) []byte {
	value, err := zip{}.Compress(nil, inner, records.Gzip)
	b := must(records.AppendMessage(nil, magic, records.Record{Offset: offset, Value: must(value, err)}))
	b[17] |= byte(records.Gzip)
	binary.BigEndian.PutUint32(b[12:], crc32.ChecksumIEEE(b[16:]))
	return b
}

func TestHostileMessages(t *testing.T) {
	plain := must(records.AppendMessage(nil, 1, three[0]))
	patch := func(at int, s string) []byte {
		b := bytes.Clone(plain)
		copy(b[at:], s)
		return b
	}
	sealed := func(b []byte) []byte {
		binary.BigEndian.PutUint32(b[12:], crc32.ChecksumIEEE(b[16:]))
		return b
	}
	inner0 := must(records.AppendMessage(nil, 0, three[0]))
	w := records.NewWriter(nil, records.Options{})
	w.Append(records.Record{})
	batch := must(w.Finish())
	null := must(records.AppendMessage(nil, 1, records.Record{}))
	null[17] = 1
	zstd := must(records.AppendMessage(nil, 1, three[0]))
	zstd[17] = 4
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"key too long":            {patch(26, "\x00\x00\x00\x09"), io.ErrUnexpectedEOF},
		"key length -2":           {patch(26, "\xff\xff\xff\xfe"), wire.ErrValue},
		"value too long":          {patch(31, "\x7f\xff\xff\xff"), io.ErrUnexpectedEOF},
		"value length":            {patch(26, "\x00\x00\x00\x05"), io.ErrUnexpectedEOF},
		"left over":               {patch(31, "\x00\x00\x00\x00"), wire.ErrTrailing},
		"null set":                {null, wire.ErrNull},
		"zstd":                    {zstd, records.ErrCodec},
		"empty set":               {wrap(1, 1, nil), wire.ErrValue},
		"magic 0 in 1":            {wrap(1, 1, inner0), wire.ErrValue},
		"magic 2 in 1":            {wrap(1, 1, batch), wire.ErrValue},
		"set in a set":            {wrap(1, 1, wrap(1, 0, plain)), wire.ErrValue},
		"cut inside":              {wrap(1, 100, plain[:len(plain)-1]), io.ErrUnexpectedEOF},
		"damage inside":           {wrap(1, 100, sealed(patch(26, "\x00\x00\x00\x09"))), io.ErrUnexpectedEOF},
		"wrong CRC inside":        {wrap(1, 100, patch(12, "\x00\x00\x00\x00")), records.ErrCRC},
		"offsets that do not fit": {wrap(1, 99, plain), wire.ErrValue},
	} {
		rs, err := collect(t, c.b, records.ReadOptions{Decompressor: gunzip{}})
		var e *wire.Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Offset > len(c.b) || len(rs) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range plain {
		if _, err := records.ReadBatch(plain[:i]); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("prefix %d: %v", i, err)
		}
	}
	plain[len(plain)-1] ^= 1
	v, err := records.ReadBatch(plain)
	if err != nil || !errors.Is(v.CheckCRC(), records.ErrCRC) {
		t.Error(err, v.CheckCRC())
	}
}

// TestLegacyLimits bounds the number and the size of messages, and lets a wrong CRC inside pass on request.
func TestLegacyLimits(t *testing.T) {
	set := must(records.AppendMessageSet(nil, 1, records.Gzip, zip{}, three))
	for _, c := range []struct {
		o    records.ReadOptions
		path string
	}{
		{records.ReadOptions{MaxRecords: 2}, "Messages"},
		{records.ReadOptions{MaxRecordBytes: 23}, "Messages.Length"},
	} {
		c.o.Decompressor = gunzip{}
		var e *wire.Error
		if _, err := collect(t, set, c.o); !errors.Is(err, wire.ErrLimit) || !errors.As(err, &e) || e.Path != c.path {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	if rs, err := collect(t, set, records.ReadOptions{Decompressor: gunzip{}, MaxRecords: 3, MaxRecordBytes: 24}); err != nil || len(rs) != 3 {
		t.Error(len(rs), err)
	}
	one := must(records.AppendMessage(nil, 0, three[0])) // 14 + 2 bytes
	if _, err := collect(t, one, records.ReadOptions{MaxRecordBytes: 15}); !errors.Is(err, wire.ErrLimit) {
		t.Error(err)
	}
	damaged := must(records.AppendMessage(nil, 1, three[0]))
	damaged[12] ^= 1
	if rs, err := collect(t, wrap(1, 100, damaged), records.ReadOptions{Decompressor: gunzip{}, Lenient: true}); err != nil || len(rs) != 1 {
		t.Error(len(rs), err)
	}
}

func TestMessagesThatCannotBeWritten(t *testing.T) {
	for name, c := range map[string]struct {
		write func() ([]byte, error)
		want  error
	}{
		"magic 2": {func() ([]byte, error) { return records.AppendMessage(nil, 2, records.Record{}) }, wire.ErrUnsupportedVersion},
		"headers": {func() ([]byte, error) {
			return records.AppendMessage(nil, 1, records.Record{Headers: records.Headers{}.Append("a", nil)})
		}, wire.ErrUnsupportedField},
		"no codec":   {func() ([]byte, error) { return records.AppendMessageSet(nil, 1, records.None, zip{}, three) }, records.ErrCodec},
		"zstd":       {func() ([]byte, error) { return records.AppendMessageSet(nil, 1, records.Zstd, zip{}, three) }, records.ErrCodec},
		"compressor": {func() ([]byte, error) { return records.AppendMessageSet(nil, 1, records.Lz4, zip{}, three) }, records.ErrCodec},
		"nothing":    {func() ([]byte, error) { return records.AppendMessageSet(nil, 1, records.Gzip, zip{}, nil) }, records.ErrEmpty},
		"not ascending": {func() ([]byte, error) {
			return records.AppendMessageSet(nil, 1, records.Gzip, zip{}, []records.Record{three[1], three[0]})
		}, wire.ErrValue},
		"magic": {func() ([]byte, error) { return records.AppendMessageSet(nil, -1, records.Gzip, zip{}, three) }, wire.ErrUnsupportedVersion},
	} {
		if b, err := c.write(); !errors.Is(err, c.want) || len(b) > 0 {
			t.Errorf("%s: %x, %v", name, b, err)
		}
	}
}
