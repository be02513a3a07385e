package records

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestShortWayAgreesWithLong holds the two ways to read a record to each other: what the short one takes, the other
// reads in the same way, and what the short one leaves to the other is as it was.
func TestShortWayAgreesWithLong(t *testing.T) {
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
	for range 400_000 {
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
		last := int32(rng.IntN(2)) - 1
		both := cursor{data: in, count: 1, short: 1, last: last, lastDelta: 1 << 12, baseOffset: 7, baseTime: 1000, most: DefaultMaxRecordBytes}
		long := both
		long.short = 0
		var fast, slow Record
		ok, want := both.next(&fast), long.next(&slow)
		both.short = 0
		if ok != want || !reflect.DeepEqual(both, long) || ok && !reflect.DeepEqual(fast, slow) {
			t.Fatalf("%x: %v %+v %+v, and the long way: %v %+v %+v", in, ok, fast, both, want, slow, long)
		}
		if ok {
			taken++
		}
	}
	if taken < 1000 {
		t.Errorf("only %d records were taken", taken)
	}
}
