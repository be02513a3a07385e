package capture

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzCaptureText reads any text as a dump, a log or a literal: whatever format it is taken for, each byte has a place in
// the text, the chunks cover the bytes, and the bytes written as hex are read as the same.
func FuzzCaptureText(f *testing.F) {
	for _, text := range []string{
		"00 12 00 04", "00120004000000070002", "0x00, 0x12, 0x00", `\x00\x12\0\r\n`, `b"\x00\x12"`, "[]byte{0, 18, 0, 4}", "[0, 18, -1]",
		"ABIABAAAAAcAAm1l", "00000000: 0012 0004 0000 0007  ........", "00000000  00 12 00 04 |....|", "0000000 000022 002000\n0000010",
		"\t0x0000:  0012 0004 0000", "0000   00 12 00 04   ....", "remote: [tester::#NV2] Sending: 00 12", "00000000  00 12 00 04\n*\n00000020",
	} {
		f.Add([]byte(text), uint8(0))
	}
	names := Names()
	f.Fuzz(func(t *testing.T, text []byte, as uint8) {
		r, err := Read(text)
		if int(as) < len(names) && as > 0 {
			r, err = ReadAs(names[as], text)
		}
		var e *Error
		require.True(t, err == nil || errors.As(err, &e) && e.Pos >= 0 && e.Pos <= len(text), "%v", err)
		require.LessOrEqual(t, len(r.Bytes), MaxOutputBytes)
		if r.Pos != nil {
			require.Len(t, r.Pos, len(r.Bytes))
			for _, p := range r.Pos {
				require.True(t, p >= 0 && int(p) < len(text))
			}
		}
		at := 0
		for _, c := range r.Chunks {
			require.True(t, c.Start >= at && c.End >= c.Start && c.End <= len(r.Bytes), "%v", c)
			at = c.End
		}
		const enough = 8 // what is shorter may be taken for something else
		if len(r.Bytes) >= enough && len(r.Bytes) < 1<<10 {
			again, err := ReadAs("hex", []byte(hex.EncodeToString(r.Bytes)))
			require.NoError(t, err)
			require.Equal(t, r.Bytes, again.Bytes)
		}
	})
}
