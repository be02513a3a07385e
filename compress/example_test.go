package compress_test

import (
	"errors"
	"fmt"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Write a compressed batch, and read it with a limit.
func Example() {
	w := records.NewWriter(nil, records.Options{Codec: records.Zstd, Compressor: compress.All})
	for i := range 100 {
		w.Append(records.Record{Value: fmt.Appendf(nil, "the same old news, %d", i)})
	}
	batch, err := w.Finish()
	if err != nil {
		fmt.Println(err)
		return
	}
	for b, err := range records.Batches(batch) {
		if err != nil {
			fmt.Println(err)
			break
		}
		n := 0
		for _, err := range b.Records(compress.All, 1<<20) {
			if err != nil {
				fmt.Println(err)
				break
			}
			n++
		}
		fmt.Println(n, "records")
		for _, err := range b.Records(compress.All, 1000) {
			fmt.Println(errors.Is(err, wire.ErrLimit), err)
		}
	}
	// Output:
	// 100 records
	// true kwire: RecordBatch v2: Records: offset 61: compress: zstd: more than 1000 bytes when decompressed: over a limit
}
