package capture

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every character at every place of a word is what it is alone.
func TestWords(t *testing.T) {
	const digits = "09afAF7c"
	for at := range wordBytes {
		for c := range 256 {
			text := digits[:at] + string([]byte{byte(c)}) + digits[at+1:]
			w := word("-"+text, 1)
			require.Equal(t, hexDigit(byte(c)) >= 0, isHex(w), "%q", text)
			require.Equal(t, c >= ' ' && c < 0x7f, isPlain(w), "%q", text)
			if isHex(w) {
				want, err := hex.DecodeString(text)
				require.NoError(t, err)
				b := hexBytes(w)
				require.Equal(t, want, []byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24)}, "%q", text)
			}
		}
	}
}

// Runs of digits of any length are read as they are with something else around them.
func TestOneRun(t *testing.T) {
	for n := 2; n < 70; n++ {
		digits := strings.Repeat("0123456789abcdefABCDEF", 4)[:n]
		for _, end := range []string{"", "\n", "  \n", "g", " 1"} {
			r, err := Read([]byte(digits + end))
			same, sameErr := Read([]byte("\n" + digits + end))
			require.Equal(t, same.Bytes, r.Bytes, digits+end)
			require.Equal(t, same.Format, r.Format, digits+end)
			require.Equal(t, sameErr == nil, err == nil, digits+end)
			for i, p := range r.Pos {
				require.Equal(t, same.Pos[i], p+1)
			}
		}
	}
}
