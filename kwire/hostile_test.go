package kwire_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/wire"
)

// What one hostile message may cost: memory in proportion to its bytes, whatever counts and lengths it announces, and
// hardly any time. A decoded element is larger than the bytes that stand for it; no element is so by more than this.
const (
	hostileAllocPerByte = 32
	hostileAllocBase    = 4 << 10
	hostileTime         = 10 * time.Millisecond
	hostileTail         = 1 << 10 // zero bytes behind the lie, so that a count can be almost true
	hostileBatch        = 64      // messages measured together; one by one where they are too many together
)

// hostileCounts are what is put in the place of every byte of a message: counts in both encodings, from almost true
// to the largest.
func hostileCounts() (lies [][]byte) {
	for _, n := range []int32{hostileTail / 24, hostileTail / 3, hostileTail / 2, hostileTail, math.MaxInt32} {
		lies = append(lies, wire.AppendInt32(nil, n), wire.AppendUvarint(nil, uint32(n)+1))
	}
	return append(lies, wire.AppendUvarint(nil, math.MaxUint32), []byte{0x7f, 0xff}, []byte{0xff, 0xff, 0xff, 0xfe})
}

// Every message at every version, its bytes replaced from a position on by a count that lies.
func TestHostileCountsCostLittle(t *testing.T) {
	h := hostile{T: t, lies: hostileCounts()}
	seen := map[string]bool{}
	line := 0
	readLines(t, "testdata/sample.jsonl.gz", func(l corpusLine) {
		full, err := hex.DecodeString(l.Hex)
		if err != nil {
			t.Fatal(err)
		}
		seen[fmt.Sprint(l.Name, l.Version)] = true
		if line++; testing.Short() && line%shortStep != 0 {
			return
		}
		h.message(l.Name, l.Version, full)
	})
	for _, key := range kwire.APIKeys() {
		for v, last := key.Versions(); v <= last; v++ {
			for _, m := range []wire.Message{kwire.NewRequest(key), kwire.NewResponse(key)} {
				if m.HasVersion(v) && !seen[fmt.Sprint(m.MessageName(), v)] {
					t.Errorf("%s v%d is not in the sample", m.MessageName(), v)
				}
			}
		}
	}
	t.Logf("%d messages and versions, %d inputs", len(seen), h.inputs)
	t.Logf("most memory for one: %s", h.mostMemory)
	t.Logf("most time for %d: %s", hostileBatch, h.mostTime)
}

type hostile struct {
	*testing.T
	lies                 [][]byte
	inputs               int
	mostPerByte          float64
	longest              time.Duration
	mostMemory, mostTime string
}

// message measures what comes of one message.
func (h *hostile) message(name string, version int16, full []byte) {
	const most = 256 // bytes that are kept: what is behind them repeats what is before
	full = full[:min(len(full), most)]
	var batch [][]byte
	for at := 0; at < len(full); at += 1 + at/12 {
		for _, lie := range h.lies {
			b := append(append(append(make([]byte, 0, at+len(lie)+hostileTail), full[:at]...), lie...), make([]byte, hostileTail)...)
			if batch = append(batch, b); len(batch) == hostileBatch {
				h.measure(name, version, batch)
				batch = batch[:0]
			}
		}
	}
	h.measure(name, version, batch)
}

// measure decodes a batch of messages. What is within the limits of one holds for each of them.
func (h *hostile) measure(name string, version int16, batch [][]byte) {
	if len(batch) == 0 {
		return
	}
	cost, took := decodeCost(name, version, batch)
	limit := uint64(hostileAllocPerByte*len(batch[0]) + hostileAllocBase)
	if len(batch) > 1 && (cost > limit || took > hostileTime) {
		for i := range batch {
			h.measure(name, version, batch[i:i+1])
		}
		return
	}
	h.inputs += len(batch)
	for try := 0; took > hostileTime && try < 5; try++ { // the machine may have been busy with something else
		_, took = decodeCost(name, version, batch)
	}
	perByte := float64(cost) / float64(len(batch)*len(batch[0]))
	what := fmt.Sprintf("%.1f per byte, %v: %s v%d, %d bytes: %.64x…", perByte, took, name, version, len(batch[0]), batch[0])
	if len(batch) == 1 && perByte > h.mostPerByte {
		h.mostPerByte, h.mostMemory = perByte, what
	}
	if took > h.longest {
		h.longest, h.mostTime = took, what
	}
	if cost > limit || took > hostileTime {
		h.Errorf("%d inputs take too much: %s", len(batch), what)
	}
}

func decodeCost(name string, version int16, batch [][]byte) (bytes uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for i, b := range batch {
		// Accepted or refused: it must be cheap.
		_, _ = kwire.New(name).DecodeFrom(b, version, &kwire.DecodeOptions{Lenient: i%2 == 1})
	}
	took = time.Since(start)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}
