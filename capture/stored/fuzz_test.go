package stored_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/kwire/inspect"
)

// inPieces are bytes that are read in a buffer, as of a file: what At returned before is overwritten.
type inPieces struct {
	b   []byte
	buf []byte
}

func (p *inPieces) At(off int64, n int) []byte {
	b := stored.InMemory(p.b).At(off, n)
	for i := range p.buf {
		p.buf[i] = 0xa5
	}
	p.buf = append(p.buf[:0], b...)
	return p.buf
}

func (p *inPieces) Size() int64 { return int64(len(p.b)) }

// FuzzScan takes any bytes for a segment: the parts follow each other without a gap, a good batch is one, and reading
// the file in pieces gives the same. Each part has a tree in which every byte has one owner.
func FuzzScan(f *testing.F) {
	for magic := range int8(3) {
		b, starts := segment(f, magic, 4)
		f.Add(b)
		f.Add(b[7:])
		f.Add(append(append(b[:starts[1]:starts[1]], "damage"...), b[starts[1]:]...))
		f.Add(append(b[:starts[2]+20:starts[2]+20], make([]byte, 50)...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		all := parts(t, b)
		i := 0
		for s := stored.NewScanner(&inPieces{b: b}); ; i++ {
			p, ok := s.Next()
			if !ok {
				break
			}
			require.Equal(t, all[i], p)
		}
		require.Len(t, all, i)
		log := stored.Recognise("00000000000000000000.log", b, int64(len(b)), nil)
		for _, p := range all {
			part := b[p.Start:p.End]
			owned(t, part, log.Options(inspect.Options{}).Frame(part, log.Layout(nil)))
		}
	})
}

// owned checks that every byte of an input is in exactly one leaf.
func owned(t *testing.T, b []byte, tree *inspect.Tree) {
	t.Helper()
	at := 0
	for n := range tree.All() {
		_, _, _, _ = n.Value(), n.Meaning(), n.Type(), n.About()
		if n.IsLeaf() && n.Buffer() == 0 && n.Size() > 0 {
			require.Equal(t, at, n.Offset(), "%s", n.Path())
			at += n.Size()
		}
	}
	require.Equal(t, len(b), at)
}

// FuzzFile takes any bytes for each kind of file: every byte has one owner, and an error is at one of them.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{"0\n2\norders 0 1204\na 1 1198\n", "0\n1\n0 0\n", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ", "#\nnode.id=1\ncluster.id=a==\n",
		`{"leaderId":1,"votedDirectoryId":"A","data_version":1}`, "\x00\x01\x48\x67\x4b\xc7\x00\x00\x00\x00", "\x00\x00\x00\x13\x00\x00\x01\x54\x00\x00\x00\x1d\x00\x00\x02\x11\x00\x00",
		"\x00\x00\x01\xa2\x05\xd7\x1e\x67\x00\x00\x00\x03", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x08"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		f := stored.Recognise("", b, int64(len(b)), nil)
		if f.Kind != stored.Unknown && !f.HasBatches() && !f.Kind.IsText() { // by what all of its bytes are
			require.Nil(t, f.Options(inspect.Options{}).Frame(b, f.Layout(b)).Err, "%v", f)
		}
		for _, k := range stored.Kinds() {
			f := stored.As(k, "", b, nil)
			tree := f.Options(inspect.Options{}).Frame(b, f.Layout(b))
			owned(t, b, tree)
			for _, e := range append(tree.Problems, tree.Err) {
				if e != nil {
					require.LessOrEqual(t, e.Offset, len(b), "%v", e)
				}
			}
		}
	})
}

// FuzzMetadataState replays any bytes as a metadata log, to its end and up to an offset: no record beyond that counts,
// the rows lie in the file, and there are the same ones each time.
func FuzzMetadataState(f *testing.F) {
	m := &metadata{t: f}
	m.add(record(12, "metadata.version", int16(33)), record(2, "orders", []byte("0123456789abcdef")))
	m.add(record(23), record(4, int8(2), "orders", "retention.ms", "5"))
	m.add(record(24), record(9, []byte("0123456789abcdef")))
	f.Add(m.log, int64(2))
	f.Fuzz(func(t *testing.T, b []byte, upTo int64) {
		all := replay(t, b, math.MaxInt64)
		var within func(items []stored.Item)
		within = func(items []stored.Item) {
			for _, it := range items {
				require.GreaterOrEqual(t, it.At, 0)
				require.LessOrEqual(t, it.At+it.Size, len(b))
				within(it.Below)
			}
		}
		within(all.Items())
		require.Equal(t, lines(all.Items(), 0), lines(replay(t, b, math.MaxInt64).Items(), 0))
		part := replay(t, b, upTo)
		require.LessOrEqual(t, part.Last, max(upTo, -1))
		within(part.Items())
	})
}
