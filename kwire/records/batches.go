package records

import (
	"io"
	"iter"
	"math"
	"strconv"

	"github.com/kwire-project/kafka/kwire/wire"
)

// minLength is the least value of a batch's length field, per magic.
var minLength = [3]int32{14, 22, HeaderSize - LengthEnd}

// Batches visits the batches in b, which lie back to back, of any magic and mixed. Bytes that are
// not a whole batch end the loop with an error and the zero Batch: errors.Is(err,
// io.ErrUnexpectedEOF) means that b ends inside a batch, which every Fetch response may do; any
// other error is damage. Nothing is checked beyond the length and the magic: see CheckCRC.
func Batches(b []byte) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		for at := 0; at < len(b); {
			batch, err := read(b, at)
			if err == nil {
				err = batch.whole()
			}
			if err != nil {
				yield(Batch{}, err)
				return
			}
			if !yield(batch, nil) {
				return
			}
			at += len(batch.raw)
		}
	}
}

// ReadBatch returns the batch at the start of b. Bytes after it are not looked at.
func ReadBatch(b []byte) (Batch, error) {
	batch, err := read(b, 0)
	if err == nil {
		err = batch.whole()
	}
	if err != nil {
		return Batch{}, err
	}
	return batch, nil
}

// ReadHeader is ReadBatch for when only the first HeaderSize bytes of a batch are at hand, or as
// many as a shorter legacy entry has: the accessors work, what needs the records fails with
// io.ErrUnexpectedEOF. The setters that change the CRC must not be used.
func ReadHeader(b []byte) (Batch, error) { return read(b, 0) }

// read makes a view of the batch at b[at:] and checks that its header is there and that its length
// is possible. The batch may end after b.
func read(b []byte, at int) (Batch, error) {
	v := Batch{raw: b[at:], pos: at}
	if len(v.raw) < LengthEnd {
		return Batch{}, v.short("", 0, LengthEnd)
	}
	length := v.Length()
	// Checked before the magic, as Kafka does: a file's zeroed tail is a length of 0.
	if length < minLength[0] || length > math.MaxInt32-LengthEnd {
		return Batch{}, v.badLength(length)
	}
	if len(v.raw) < MagicEnd {
		return Batch{}, v.short("", 0, MagicEnd)
	}
	magic := v.Magic()
	if magic < 0 || magic > 2 {
		return Batch{}, v.fail("Magic", offMagic, wire.ErrUnsupportedVersion, "magic "+strconv.Itoa(int(magic)))
	}
	if length < minLength[magic] {
		return Batch{}, v.badLength(length)
	}
	if head := LengthEnd + int(minLength[magic]); len(v.raw) < head {
		return Batch{}, v.short("", 0, head)
	}
	if size := v.Size(); len(v.raw) > size {
		v.raw = v.raw[:size:size]
	}
	return v, nil
}

func (b Batch) badLength(length int32) error {
	return b.fail("Length", offLength, wire.ErrValue, "length "+strconv.Itoa(int(length)))
}

// whole returns an error if the batch's end is missing.
func (b Batch) whole() error {
	if size := b.Size(); len(b.raw) < size {
		return b.short("Length", offLength, size)
	}
	return nil
}

func (b Batch) short(path string, at, want int) error {
	return b.fail(path, at, io.ErrUnexpectedEOF, wire.CountBytes(want)+" wanted, "+strconv.Itoa(len(b.raw))+" left")
}
