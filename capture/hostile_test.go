package capture

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHostile: megabytes of what each format trips over are read in time that
// grows with the input, not with its square.
func TestHostile(t *testing.T) {
	size := 1 << 20
	if testing.Short() {
		size >>= 2 // for runs that are slow, as under GOOS=js
	}
	inputs := []string{
		"0" + strings.Repeat(" ", size) + "\n0",
		`"\x00` + strings.Repeat(" ", size),
		"[" + strings.Repeat("1,", size/2),
	}
	for _, part := range []string{
		"00 ", "0", "0 \n", "0x", "#", "/*", "AA==", "a", "\n", "[", "{", "(", "[/*", "[0,0,0,0,", "{0,0,0,0,(", "[1,2,3,4](", "<Buffer ",
		"\"", "'", "\\", "\\x", "\"\\x00\"", "b'\\x00'", "\"a\" \"\\x00\" ", "*\n", "00000000: 00\n", "00000000  00 |\n*\n", "0000000\n",
		"0000 | 00 |\n", "0x0000:  4500\n", "[remote:", "remote:[] ", "0000   00 00\n    0000   00 00\n",
	} {
		inputs = append(inputs, strings.Repeat(part, size/len(part)))
	}
	for _, in := range inputs {
		start := time.Now()
		r, _ := Read([]byte(in))
		require.LessOrEqual(t, len(r.Bytes), MaxOutputBytes)
		// Read takes some 50 ms; with a square in it, minutes.
		require.Less(t, time.Since(start), 10*time.Second, "%.20q…", in)
	}
}
