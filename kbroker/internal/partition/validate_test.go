package partition

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

// withCRC puts the checksum right after a test broke something else.
func withCRC(b []byte) []byte {
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func at(b []byte, i int, bytes ...byte) []byte {
	copy(b[i:], bytes)
	return b
}

func TestRefused(t *testing.T) {
	good := func() []byte { return batch(t, 3, nil) }
	compressed := batch(t, 3, func(o *records.Options) { o.Codec, o.Compressor = records.Zstd, compress.All })
	w := records.NewWriter(nil, records.Options{Codec: records.Zstd, Compressor: compress.All})
	w.Append(records.Record{Timestamp: testNow.UnixMilli(), Value: make([]byte, maxDecompressedBatchBytes)})
	bomb, err := w.Finish()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		records []byte
		want    errcode.Code
		config  func(*Config)
	}{
		"nothing":                      {nil, errcode.InvalidRecord, nil},
		"half a batch":                 {good()[:40], errcode.CorruptMessage, nil},
		"a byte is missing":            {good()[:len(good())-1], errcode.CorruptMessage, nil},
		"a byte is left over":          {append(good(), 0), errcode.CorruptMessage, nil},
		"two batches":                  {append(good(), good()...), errcode.InvalidRecord, nil},
		"length too small":             {at(good(), 8, 0, 0, 0, 20), errcode.CorruptMessage, nil},
		"negative length":              {at(good(), 8, 0xff), errcode.CorruptMessage, nil},
		"magic 3":                      {at(good(), 16, 3), errcode.CorruptMessage, nil},
		"magic 1":                      {at(good(), 16, 1), errcode.InvalidRecord, nil},
		"CRC":                          {at(good(), 17, 1, 2, 3, 4), errcode.CorruptMessage, nil},
		"flipped value":                {at(good(), len(good())-3, 'X'), errcode.CorruptMessage, nil},
		"base offset 1":                {at(good(), 7, 1), errcode.InvalidRecord, nil},
		"too large":                    {good(), errcode.MessageTooLarge, func(c *Config) { c.MaxMessageBytes = len(good()) - 1 }},
		"larger than a segment":        {good(), errcode.RecordListTooLarge, func(c *Config) { c.SegmentBytes = int64(len(good()) - 1) }},
		"count 2, delta 2":             {withCRC(at(good(), 57, 0, 0, 0, 2)), errcode.InvalidRecord, nil},
		"count 0":                      {withCRC(at(good(), 57, 0, 0, 0, 0)), errcode.InvalidRecord, nil},
		"negative count":               {withCRC(at(good(), 57, 0xff)), errcode.InvalidRecord, nil},
		"count and delta 4, 3 inside":  {withCRC(at(at(good(), 57, 0, 0, 0, 4), 23, 0, 0, 0, 3)), errcode.InvalidRecord, nil},
		"control batch":                {withCRC(at(good(), 22, 0x20)), errcode.InvalidRecord, nil},
		"delete horizon":               {withCRC(at(good(), 22, 0x40)), errcode.InvalidRecord, nil},
		"codec 5":                      {withCRC(at(good(), 22, 5)), errcode.UnsupportedCompressionType, nil},
		"gzip that is none":            {withCRC(at(good(), 22, 1)), errcode.InvalidRecord, nil},
		"broken zstd":                  {withCRC(at(append([]byte{}, compressed...), 66, 0xee, 0xee, 0xee)), errcode.InvalidRecord, nil},
		"LogAppendTime":                {withCRC(at(good(), 22, 8)), errcode.InvalidTimestamp, nil},
		"producer without sequence":    {withCRC(at(good(), 43, 0, 0, 0, 0, 0, 0, 0, 1)), errcode.InvalidRecord, nil},
		"record longer than batch":     {withCRC(at(good(), 61, 0x7e)), errcode.InvalidRecord, nil},
		"too old":                      {good(), errcode.InvalidTimestamp, func(c *Config) { c.TimestampBeforeMaxMs = -10 }},
		"too new":                      {good(), errcode.InvalidTimestamp, func(c *Config) { c.TimestampAfterMaxMs = 1 }},
		"bomb":                         {bomb, errcode.MessageTooLarge, func(c *Config) { c.MaxDecompressedBytes = 1 }},
		"record of a compressed batch": {compressed, errcode.InvalidRecord, func(c *Config) { c.MaxDecompressedBytes = 1 }},
		"no key, compacted":            {good(), errcode.InvalidRecord, func(c *Config) { c.Compacted = true }},
	} {
		t.Run(name, func(t *testing.T) {
			config := DefaultConfig()
			if c.config != nil {
				c.config(&config)
			}
			s, p := openCodec(t, vfs.NewMem(), config)
			_, err := appendNow(p, append([]byte{}, c.records...))
			require.Equal(t, c.want, Code(err), "%v", err)
			require.Zero(t, p.Offsets().HighWatermark)
			p.SetConfig(DefaultConfig())
			r, err := appendNow(p, good())
			require.NoError(t, err, "the partition goes on")
			require.Zero(t, r.BaseOffset)
			require.NoError(t, s.Close(true, 1))
		})
	}
}

func openCodec(t testing.TB, fs vfs.FS, config Config) (*Store, *Partition) {
	t.Helper()
	o := testOptions(fs)
	o.Codec = compress.All
	s, err := OpenStore([]string{"/logs"}, o)
	require.NoError(t, err)
	p, err := s.Open(Wanted{"a", 0, idA, config})
	require.NoError(t, err)
	require.NoError(t, p.Lead(0))
	return s, p
}

func TestStoredBytes(t *testing.T) {
	for _, codec := range []records.Codec{records.None, records.Gzip, records.Snappy, records.Lz4, records.Zstd} {
		t.Run(codec.String(), func(t *testing.T) {
			_, p := openCodec(t, vfs.NewMem(), DefaultConfig())
			require.NoError(t, p.Lead(7))
			sent := batch(t, 3, func(o *records.Options) { o.Codec, o.Compressor = codec, compress.All })
			for i := range 2 {
				_, err := appendNow(p, append([]byte{}, sent...))
				require.NoError(t, err)
				r, err := p.Read(ReadOptions{Offset: int64(3 * i), MaxBytes: 1 << 20})
				require.NoError(t, err)
				want := append([]byte{}, sent...)
				at(want, 7, byte(3*i))
				at(want, 12, 0, 0, 0, 7)
				require.Equal(t, want, r.Records, "only offset and epoch are set")
			}
		})
	}
}

func TestLogAppendTime(t *testing.T) {
	config := DefaultConfig()
	config.TimestampType, config.TimestampAfterMaxMs = records.LogAppendTime, -1<<40
	_, p := openCodec(t, vfs.NewMem(), config)
	r, err := p.Append(batch(t, 3, nil), AppendOptions{NowMs: 5555, LeaderEpoch: -1})
	require.NoError(t, err)
	require.EqualValues(t, 5555, r.LogAppendTimeMs)
	read, err := p.Read(ReadOptions{MaxBytes: 1 << 20})
	require.NoError(t, err)
	b, err := records.ReadBatch(read.Records)
	require.NoError(t, err)
	require.NoError(t, b.CheckCRC())
	require.Equal(t, records.LogAppendTime, b.TimestampType())
	require.EqualValues(t, 5555, b.MaxTimestamp())
}

func TestWrongMaxTimestampIsPutRight(t *testing.T) {
	_, p := openCodec(t, vfs.NewMem(), DefaultConfig())
	_, err := appendNow(p, withCRC(at(batch(t, 3, nil), 35, 0, 0, 0, 1)))
	require.NoError(t, err)
	found, err := p.ListOffset(MaxTimestamp, ReadUncommitted)
	require.NoError(t, err)
	require.Equal(t, testNow.UnixMilli()+2, found.TimestampMs)
}

func TestCompressedAnew(t *testing.T) {
	config := DefaultConfig()
	zstd, none := records.Zstd, records.None
	for _, want := range []*records.Codec{&zstd, &none} {
		config.Compression = want
		_, p := openCodec(t, vfs.NewMem(), config)
		sent := batch(t, 50, func(o *records.Options) {
			o.Codec, o.Compressor, o.Producer = records.Gzip, compress.All, &records.Producer{ID: 3, Epoch: 1, BaseSequence: 9}
		})
		_, err := appendNow(p, sent)
		require.NoError(t, err)
		read, err := p.Read(ReadOptions{MaxBytes: 1 << 20})
		require.NoError(t, err)
		b, err := records.ReadBatch(read.Records)
		require.NoError(t, err)
		require.NoError(t, b.CheckCRC())
		require.Equal(t, *want, b.Codec())
		require.EqualValues(t, 9, b.BaseSequence())
		n := 0
		for r, err := range b.Records(compress.All, 0) {
			require.NoError(t, err)
			require.EqualValues(t, n, r.Offset)
			n++
		}
		require.Equal(t, 50, n)
	}
}

func TestLeaderEpochIsChecked(t *testing.T) {
	_, p := openCodec(t, vfs.NewMem(), DefaultConfig())
	require.NoError(t, p.Lead(4))
	for epoch, want := range map[int32]errcode.Code{3: errcode.FencedLeaderEpoch, 5: errcode.UnknownLeaderEpoch, 4: errcode.None} {
		_, err := p.Append(batch(t, 1, nil), AppendOptions{NowMs: testNow.UnixMilli(), LeaderEpoch: epoch})
		require.Equal(t, want, Code(err))
	}
}
