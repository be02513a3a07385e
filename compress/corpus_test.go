package compress_test

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
)

// corpusLine is what Kafka's own classes wrote, and read back. kwire/records compares all of it but
// what needs the codecs; here are the records.
type corpusLine struct {
	Kind    string
	Hex     string
	Batches []struct {
		Compression string
		Records     []record
	}
}

type record struct {
	Offset, Timestamp int64
	Key, Value        []byte
	Headers           [][2]*string
}

// plainRecord is r as the corpus prints it.
func plainRecord(b records.Batch, r records.Record) record {
	out := record{Offset: r.Offset, Timestamp: r.Timestamp, Key: r.Key, Value: r.Value}
	if b.Magic() == 0 {
		out.Timestamp = 0 // the corpus leaves it out
	}
	if b.Magic() == 2 {
		out.Headers = [][2]*string{}
	}
	for key, value := range r.Headers.All() {
		k := string(key)
		h := [2]*string{&k, nil}
		if value != nil {
			text, err := json.Marshal(value)
			if err != nil {
				panic(err)
			}
			v := string(text[1 : len(text)-1])
			h[1] = &v
		}
		out.Headers = append(out.Headers, h)
	}
	return out
}

func readCorpus(t *testing.T, r io.Reader, visit func(b records.Batch, want []record)) (lines int) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for ; s.Scan(); lines++ {
		var c corpusLine
		require.NoError(t, json.Unmarshal(s.Bytes(), &c))
		raw, err := hex.DecodeString(c.Hex)
		require.NoError(t, err)
		n := 0
		for b, err := range records.Batches(raw) {
			if c.Kind == "multi-truncated" && n == len(c.Batches) {
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				break
			}
			require.NoError(t, err)
			require.Equal(t, c.Batches[n].Compression, b.Codec().String())
			visit(b, c.Batches[n].Records)
			n++
		}
		require.Equal(t, len(c.Batches), n)
	}
	require.NoError(t, s.Err())
	return lines
}

func allRecords(t *testing.T, b records.Batch) (rs []records.Record) {
	for r, err := range b.Records(compress.All, 1<<20) {
		require.NoError(t, err)
		rs = append(rs, r)
	}
	return rs
}

// rewrite makes a batch, or a legacy entry, like b.
func rewrite(t *testing.T, b records.Batch) []byte {
	var rs []records.Record
	for r, err := range b.RecordsWith(records.ReadOptions{Decompressor: compress.All, CreateTimes: true}) {
		require.NoError(t, err)
		rs = append(rs, r)
	}
	if b.Magic() < 2 {
		out, err := records.AppendMessageSet(nil, b.Magic(), b.Codec(), compress.All, rs)
		require.NoError(t, err)
		return out
	}
	o := records.OptionsOf(b)
	o.Compressor = compress.All
	w := records.NewWriter(nil, o)
	for _, r := range rs {
		w.AppendAt(r)
	}
	out, err := w.Finish()
	require.NoError(t, err)
	return out
}

// unpack returns the plain form of what is compressed in b.
func unpack(t *testing.T, b records.Batch) []byte {
	start := [3]int{26, 34, records.HeaderSize}[b.Magic()]
	plain, err := compress.All.Decompress(nil, b.Bytes()[start:], b.Codec(), 1<<20)
	require.NoError(t, err)
	return plain
}

// sameAsKafka reads every batch, and each compressed one once more after writing it.
func sameAsKafka(t *testing.T, r io.Reader, wantLines int) {
	var compressed int
	lines := readCorpus(t, r, func(b records.Batch, want []record) {
		read := allRecords(t, b)
		have := []record{}
		for _, r := range read {
			have = append(have, plainRecord(b, r))
		}
		require.Equal(t, want, have)
		if b.Codec() == records.None {
			return
		}
		compressed++
		again, err := records.ReadBatch(rewrite(t, b))
		require.NoError(t, err)
		require.NoError(t, again.CheckCRC())
		require.Equal(t, b.BaseOffset(), again.BaseOffset())
		require.Equal(t, b.Codec(), again.Codec())
		require.Equal(t, read, allRecords(t, again))
		// Compressors may differ, what they compress may not.
		ours := unpack(t, again)
		if b.Magic() == 1 && b.TimestampType() == records.LogAppendTime {
			// AppendMessageSet writes what producers send; brokers stamp the messages inside as well.
			for message, err := range records.Batches(ours) {
				require.NoError(t, err)
				message.SetMaxTimestamp(records.LogAppendTime, b.MaxTimestamp())
			}
		}
		require.Equal(t, unpack(t, b), ours)
		if b.Magic() == 0 && b.Codec() == records.Lz4 {
			const value = 26
			require.Equal(t, b.Bytes()[value:value+7], again.Bytes()[value:value+7], "the frame's header, with its broken checksum")
		}
	})
	require.Equal(t, wantLines, lines)
	require.Greater(t, compressed, lines/10)
}

func TestSample(t *testing.T) {
	f, err := os.Open("testdata/sample.jsonl")
	require.NoError(t, err)
	defer f.Close()
	sameAsKafka(t, f, 10)
}

func TestCorpus(t *testing.T) {
	f, err := os.Open("../../shared/corpus/batches.jsonl.gz")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("ONLY THE SAMPLE WAS TESTED:", err)
	}
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	sameAsKafka(t, z, 925)
}
