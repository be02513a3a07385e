package records

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestReadShortAgreesWithRead holds the two readers of a record to each other: what the fast one
// takes, the other reads in the same way.
func TestReadShortAgreesWithRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	w := NewWriter(nil, Options{})
	for i := range 200 {
		r := Record{Timestamp: rng.Int64N(1 << (1 + i%20))}
		if n := rng.IntN(200); n > 20 {
			r.Key = make([]byte, n-21)
		}
		if n := rng.IntN(200); n > 20 {
			r.Value = make([]byte, n-21)
		}
		w.Append(r)
	}
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for range 300_000 {
		// Random bytes of lengths and fields: small ones, with a few large and odd ones.
		var data [24]byte
		copy(data[:], b[HeaderSize+rng.IntN(len(b)-HeaderSize-24):])
		for range rng.IntN(4) {
			data[rng.IntN(len(data))] = byte(rng.IntN(256)) >> rng.IntN(8)
		}
		if rng.IntN(2) == 0 {
			data = [24]byte{byte(rng.IntN(24)), 0, byte(rng.IntN(4)), byte(rng.IntN(256)), byte(rng.IntN(6)), byte(rng.IntN(6)), byte(rng.IntN(6)), byte(rng.IntN(3))}
		}
		in := data[:rng.IntN(len(data)+1)]
		var fast, slow parsed
		end := fast.readShort(in, 0, 7, 1000)
		if end < 0 {
			continue
		}
		taken++
		if other := slow.read(in, 0, 7, 1000, false); other != end || !reflect.DeepEqual(fast, slow) {
			t.Fatalf("%x: %d %+v, and read: %d %+v", in, end, fast, other, slow)
		}
	}
	if taken < 1000 {
		t.Errorf("only %d records were taken", taken)
	}
}
