package compress

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/stretchr/testify/require"
)

// librdkafka writes frames that do not tell their size, so the room for the output is a guess at first.
func TestZstdFramesWithoutSize(t *testing.T) {
	for _, n := range []int{1, 100, 300, 1000, 5000, 20_000} {
		var plain bytes.Buffer
		for i := range n {
			fmt.Fprintf(&plain, "k%d:v%d h=1 ", i, i)
		}
		var frame bytes.Buffer
		w, err := zstd.NewWriter(&frame)
		require.NoError(t, err)
		_, err = w.Write(plain.Bytes()[:1])
		require.NoError(t, err)
		require.NoError(t, w.Flush()) // the header is written before the end is known
		_, err = w.Write(plain.Bytes()[1:])
		require.NoError(t, err)
		require.NoError(t, w.Close())
		var h zstd.Header
		require.NoError(t, h.Decode(frame.Bytes()))
		require.False(t, h.HasFCS, "the frame tells its size: it tests nothing")

		want := plain.Bytes()
		got, err := All.Decompress(nil, frame.Bytes(), records.Zstd, len(want))
		require.NoError(t, err, "%d records", n)
		require.Equal(t, want, got)
		_, err = All.Decompress(nil, frame.Bytes(), records.Zstd, len(want)-1)
		require.Error(t, err, "%d records", n)
	}
}
