package records_test

import (
	"errors"
	"fmt"
	"io"

	"github.com/kwire-project/kafka/kwire/records"
)

// Visit every record of a Fetch response, whose last batch may be cut off.
func Example() {
	fetched := twoBatches()
	fetched = fetched[:len(fetched)-5]

	for b, err := range records.Batches(fetched) {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			fmt.Println("the rest comes with the next fetch")
			break
		}
		if err != nil {
			fmt.Println(err)
			break
		}
		if err := b.CheckCRC(); err != nil {
			fmt.Println(err)
			break
		}
		for r, err := range b.Records(nil, 0) { // compress.All instead of nil reads compressed batches too
			if err != nil {
				fmt.Println(err)
				break
			}
			fmt.Printf("%d %s=%s\n", r.Offset, r.Key, r.Value)
			for key, value := range r.Headers.All() {
				fmt.Printf("  %s: %s\n", key, value)
			}
		}
	}
	// Output:
	// 40 apple=1
	//   trace: ab12
	// 41 pear=2
	// the rest comes with the next fetch
}

// Build a batch as an idempotent producer does.
func ExampleWriter() {
	var buf []byte // reused for the next batch
	w := records.NewWriter(buf[:0], records.Options{
		PartitionLeaderEpoch: records.NoLeaderEpoch,
		Producer:             &records.Producer{ID: 4000, Epoch: 0, BaseSequence: 17},
	})
	w.Append(records.Record{Timestamp: 1_700_000_000_000, Key: []byte("k"), Value: []byte("v")})
	w.Append(records.Record{Timestamp: 1_700_000_000_001, Key: []byte("k")}) // a tombstone
	buf, err := w.Finish()
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := records.ReadBatch(buf)
	fmt.Println(b.Size(), b.Count(), b.LastOffsetDelta(), b.LastSequence(), err)
	// Output: 78 2 1 18 <nil>
}

// Edit a batch in place, as a broker does when it appends one.
func ExampleBatch_SetBaseOffset() {
	b, err := records.ReadBatch(twoBatches())
	if err != nil {
		fmt.Println(err)
		return
	}
	crc := b.CRC()
	b.SetBaseOffset(5000)
	b.SetPartitionLeaderEpoch(7)
	fmt.Println(b.BaseOffset(), b.LastOffset(), b.CRC() == crc, b.CheckCRC())
	b.SetMaxTimestamp(records.LogAppendTime, 1_700_000_000_000) // this needs another CRC, and sets it
	fmt.Println(b.TimestampType(), b.CRC() == crc, b.CheckCRC())
	// Output:
	// 5000 5001 true <nil>
	// LogAppendTime false <nil>
}

// Read what ends a transaction.
func ExampleParseControl() {
	buf, err := records.AppendEndTxnMarker(nil, records.Options{
		BaseOffset: 12,
		Producer:   &records.Producer{ID: 4000, Epoch: 1, BaseSequence: records.NoSequence},
	}, records.ControlCommit, 3, 1_700_000_000_000)
	if err != nil {
		fmt.Println(err)
		return
	}
	for b, err := range records.Batches(buf) {
		if err != nil || !b.IsControl() {
			fmt.Println("no control batch", err)
			break
		}
		for r, err := range b.Records(nil, 0) {
			if err != nil {
				fmt.Println(err)
				break
			}
			control, err := records.ParseControl(r)
			if err != nil {
				fmt.Println(err)
				break
			}
			end, err := control.EndTxn()
			fmt.Println(r.Offset, b.ProducerID(), control.Type, end.CoordinatorEpoch, err)
		}
	}
	// Output: 12 4000 COMMIT 3 <nil>
}

// Say where a buffer is damaged.
func ExampleBatches_damage() {
	buf := twoBatches()
	buf[60] = 3    // the first batch says that it has three records
	buf[97+11] = 7 // the second one has an impossible length
	for b, err := range records.Batches(buf) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(b.CheckCRC())
		for r, err := range b.Records(nil, 0) {
			fmt.Println(r.Offset, err)
		}
	}
	// Output:
	// kwire: RecordBatch v2: CRC: offset 17: 0xcbf8a153 where the bytes have 0x349dd0f1: checksum does not match
	// 40 <nil>
	// 41 <nil>
	// 0 kwire: RecordBatch v2: Records[2].Length: offset 97: varint of more than the 0 bytes left: unexpected EOF
	// kwire: RecordBatch v2: Length: offset 105: length 7: value out of range
}

func twoBatches() []byte {
	w := records.NewWriter(nil, records.Options{BaseOffset: 40})
	w.Append(records.Record{Key: []byte("apple"), Value: []byte("1"), Headers: records.Headers{}.Append("trace", []byte("ab12"))})
	w.Append(records.Record{Key: []byte("pear"), Value: []byte("2")})
	first, err := w.Finish()
	if err != nil {
		panic(err)
	}
	w = records.NewWriter(first, records.Options{BaseOffset: 42})
	w.Append(records.Record{Key: []byte("plum"), Value: []byte("3")})
	both, err := w.Finish()
	if err != nil {
		panic(err)
	}
	return both
}
