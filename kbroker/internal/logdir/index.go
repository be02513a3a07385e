package logdir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"sync"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

// Sizes of one entry of the two sparse indexes of a segment.
const (
	offsetEntrySize = 8
	timeEntrySize   = 12
)

// sparse is an index file: entries of one size, ascending, with zeros after the last one if Kafka had the
// file open when it stopped. The active segment's entries are held in memory; those of other segments are
// read from the file, which a binary search does in a score of small reads from the page cache.
type sparse struct {
	handle    handle
	entrySize int
	n         int
	stored    int64  // length of the file
	mem       []byte // all entries, or nil

	mu      sync.Mutex // guards scratch: many readers share an inactive segment's index
	scratch [timeEntrySize]byte
}

// entry calls use with the bytes of entry i.
func (x *sparse) entry(i int, use func([]byte)) error {
	at := i * x.entrySize
	if x.mem != nil {
		use(x.mem[at : at+x.entrySize])
		return nil
	}
	f, err := x.handle.get(false)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.scratch[:x.entrySize]
	if err := readFull(f, p, int64(at)); err != nil {
		return err
	}
	use(p)
	return nil
}

// load finds the entries of an existing file. It returns an error that is fs.ErrNotExist without one.
func (x *sparse) load(size int64) error {
	x.stored = size
	if size == 0 {
		return nil
	}
	if size%int64(x.entrySize) != 0 {
		return errCorruptIndex{fmt.Sprintf("%s has %d bytes, which is no multiple of %d", x.handle.name, size, x.entrySize)}
	}
	// Kafka's zero tail is found by halving: an entry of zeros does not occur, since the first batch of a
	// segment, at position 0, never gets an entry, and time 0 is 1970.
	var ioErr error
	x.n = sort.Search(int(size)/x.entrySize, func(i int) bool {
		zero := true
		if err := x.entry(i, func(p []byte) {
			for _, b := range p {
				zero = zero && b == 0
			}
		}); err != nil {
			ioErr = err
		}
		return zero
	})
	return ioErr
}

// hold reads all entries into memory, for appending.
func (x *sparse) hold() error {
	mem := make([]byte, x.n*x.entrySize)
	if len(mem) > 0 {
		f, err := x.handle.get(false)
		if err != nil {
			return err
		}
		if err := readFull(f, mem, 0); err != nil {
			return err
		}
	}
	x.mem = mem
	return nil
}

func (x *sparse) append(entry []byte) error {
	f, err := x.handle.get(true)
	if err != nil {
		return err
	}
	at := int64(x.n * x.entrySize)
	if _, err := f.WriteAt(entry, at); err != nil {
		return err
	}
	x.mem = append(x.mem, entry...)
	x.n++
	x.stored = max(x.stored, at+int64(len(entry)))
	return nil
}

// trim takes zeros off the end of the file, as Kafka does when a segment is closed. It makes the file if it
// is not there.
func (x *sparse) trim() error {
	f, err := x.handle.get(true)
	if err != nil {
		return err
	}
	want := int64(x.n * x.entrySize)
	if x.stored == want {
		return nil
	}
	x.stored = want
	return f.Truncate(want)
}

func (x *sparse) full(maxBytes int) bool { return x.n >= maxBytes/x.entrySize }

// errCorruptIndex says that an index does not fit its log: it can be made again.
type errCorruptIndex struct{ what string }

func (e errCorruptIndex) Error() string { return e.what }

func needsRebuild(err error) bool {
	var corrupt errCorruptIndex
	return errors.As(err, &corrupt) || errors.Is(err, fs.ErrNotExist)
}

// offsetIndex maps the last offset of some batches to their position.
type offsetIndex struct{ sparse }

func newOffsetIndex(f vfs.FS, name string) *offsetIndex {
	return &offsetIndex{sparse{handle: handle{fs: f, name: name}, entrySize: offsetEntrySize}}
}

func (x *offsetIndex) at(i int) (relative uint32, position int64, err error) {
	err = x.entry(i, func(p []byte) {
		relative = binary.BigEndian.Uint32(p)
		position = int64(binary.BigEndian.Uint32(p[4:]))
	})
	return relative, position, err
}

func (x *offsetIndex) add(relative uint32, position int64) error {
	var p [offsetEntrySize]byte
	binary.BigEndian.PutUint32(p[:], relative)
	binary.BigEndian.PutUint32(p[4:], uint32(position))
	return x.append(p[:])
}

// floor returns the position of the last entry whose offset is at or before relative, 0 if there is none.
func (x *offsetIndex) floor(relative int64) (int64, error) {
	var ioErr error
	i := sort.Search(x.n, func(i int) bool {
		r, _, err := x.at(i)
		if err != nil {
			ioErr = err
		}
		return int64(r) > relative
	})
	if ioErr != nil || i == 0 {
		return 0, ioErr
	}
	_, position, err := x.at(i - 1)
	return position, err
}

// check returns an errCorruptIndex unless entries ascend and point into the log.
func (x *offsetIndex) check(logSize int64) error {
	lastRelative, lastPosition := int64(-1), int64(0)
	return x.checkEach(func(i int) error {
		relative, position, err := x.at(i)
		if err != nil {
			return err
		}
		if int64(relative) <= lastRelative || position <= lastPosition || position >= logSize {
			return errCorruptIndex{fmt.Sprintf("%s: entry %d: offset +%d, position %d of %d", x.handle.name, i, relative, position, logSize)}
		}
		lastRelative, lastPosition = int64(relative), position
		return nil
	})
}

// checkEach visits every entry if they are in memory, else the first and the last one.
func (x *sparse) checkEach(visit func(i int) error) error {
	step := 1
	if x.mem == nil {
		step = max(x.n-1, 1)
	}
	for i := 0; i < x.n; i += step {
		if err := visit(i); err != nil {
			return err
		}
	}
	return nil
}

// timeIndex maps the greatest timestamp so far to the last offset of the batch that has it.
type timeIndex struct{ sparse }

func newTimeIndex(f vfs.FS, name string) *timeIndex {
	return &timeIndex{sparse{handle: handle{fs: f, name: name}, entrySize: timeEntrySize}}
}

func (x *timeIndex) at(i int) (timestampMs int64, relative uint32, err error) {
	err = x.entry(i, func(p []byte) {
		timestampMs = int64(binary.BigEndian.Uint64(p))
		relative = binary.BigEndian.Uint32(p[8:])
	})
	return timestampMs, relative, err
}

// last returns the newest entry, -1 and 0 without one.
func (x *timeIndex) last() (timestampMs int64, relative uint32, err error) {
	if x.n == 0 {
		return -1, 0, nil
	}
	return x.at(x.n - 1)
}

// add appends an entry if its timestamp is greater than the last one's.
func (x *timeIndex) add(timestampMs int64, relative uint32) error {
	last, lastRelative, err := x.last()
	if err != nil {
		return err
	}
	if timestampMs <= last || x.n > 0 && relative < lastRelative {
		return nil
	}
	var p [timeEntrySize]byte
	binary.BigEndian.PutUint64(p[:], uint64(timestampMs))
	binary.BigEndian.PutUint32(p[8:], relative)
	return x.append(p[:])
}

// floor returns the offset of the last entry whose timestamp is at or before timestampMs, 0 without one.
func (x *timeIndex) floor(timestampMs int64) (relative uint32, err error) {
	var ioErr error
	i := sort.Search(x.n, func(i int) bool {
		ts, _, err := x.at(i)
		if err != nil {
			ioErr = err
		}
		return ts > timestampMs
	})
	if ioErr != nil || i == 0 {
		return 0, ioErr
	}
	_, relative, err = x.at(i - 1)
	return relative, err
}

func (x *timeIndex) check() error {
	lastTime, lastRelative := int64(-1), int64(-1)
	return x.checkEach(func(i int) error {
		ts, relative, err := x.at(i)
		if err != nil {
			return err
		}
		if ts <= lastTime || int64(relative) < lastRelative {
			return errCorruptIndex{fmt.Sprintf("%s: entry %d: time %d, offset +%d", x.handle.name, i, ts, relative)}
		}
		lastTime, lastRelative = ts, int64(relative)
		return nil
	})
}
