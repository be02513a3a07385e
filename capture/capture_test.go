package capture

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The two frames that the samples in testdata hold, in many ways of writing.
const (
	requestHex  = "00000026001200040a95c1bf000c6b61666b612d746573746572000a6b61666b612d636c6904302e3100"
	responseHex = "000000130a95c1bf000002001200000004000000000000"
)

// TestSamples reads each committed sample and checks the format's name, the
// bytes, and that each byte's place in the text is where it was written.
func TestSamples(t *testing.T) {
	both := map[string]bool{"tester-log": true, "tester-remote": true, "wireshark-follow": true, "tcpdump-ascii": true, "tcpdump-x": true}
	format := map[string]string{
		"tester-log": "tester log", "tester-remote": "tester log", "tester-colours": "tester log", "tester-rows": "tester log",
		"tcpdump-ascii": "tcpdump -x", "tcpdump-x": "tcpdump -x",
		"xxd": "xxd", "xxd-plain": "hex", "xxd-include": "array literal",
		"hexdump-C": "hexdump -C", "hexdump": "hexdump", "od": "od -tx1", "od-z": "od -tx1",
		"wireshark-hex-ascii": "Wireshark dump", "wireshark-hex": "Wireshark dump", "wireshark-follow": "Wireshark dump",
		"wireshark-escaped": "escaped string", "python": "escaped string", "printf": "escaped string",
		"go": "array literal", "go-print": "array literal", "java": "array literal", "java-print": "array literal", "node-buffer": "array literal",
		"hex": "hex", "hex-0x": "hex", "hex-colons": "hex", "hex-remarks": "hex", "shell": "shell command",
		"base64": "base64", "base64url-nopad": "base64",
	}
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.Len(t, files, len(format))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			r, err := Read(text)
			require.NoError(t, err)
			require.Equal(t, format[name], r.Format)
			want := requestHex
			if both[name] {
				want += responseHex
				require.Len(t, r.Chunks, 2)
				require.Equal(t, []Side{SideClient, SideBroker}, []Side{r.Chunks[0].Side, r.Chunks[1].Side})
			} else {
				require.Len(t, r.Chunks, 1)
			}
			require.Equal(t, want, hex.EncodeToString(r.Bytes))
			requirePositions(t, text, r)
		})
	}
}

// requirePositions checks that positions are inside the text, and that a text
// of two digits a byte has the byte's digits there.
func requirePositions(t *testing.T, text []byte, r Result) {
	t.Helper()
	require.Len(t, r.Pos, len(r.Bytes))
	digits := r.Format != "array literal" && r.Format != "escaped string" && r.Format != "base64"
	for i, p := range r.Pos {
		require.Less(t, int(p), len(text))
		if digits {
			at := strings.TrimPrefix(string(text[p:]), "0x")
			require.Equal(t, hex.EncodeToString(r.Bytes[i:i+1]), strings.ToLower(at[:2]), "byte %d", i)
		}
	}
}

func TestNotesAndSides(t *testing.T) {
	text, err := os.ReadFile("testdata/tester-log.txt")
	require.NoError(t, err)
	r, err := Read(text)
	require.NoError(t, err)
	require.Equal(t, `Hexdump of sent "ApiVersions" request`, r.Chunks[0].Note)
	require.Equal(t, `Hexdump of Received "ApiVersions" response`, r.Chunks[1].Note)
}

// TestErrors: what is wrong, at which character, and the bytes before it.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		input, format string
		pos, bytes    int
		reason        string
	}{
		{"00 00 00 2", "hex", 9, 3, "the second digit of this byte is missing"},
		{"00 00 0 23", "hex", 6, 2, "the second digit of this byte is missing"},
		{"00 00 zz 23", "hex", 6, 2, "'z' is no hex digit"},
		{"0000002300120004000g", "hex", 19, 9, "'g' is no hex digit"},
		{"00 00 é", "hex", 6, 2, "'é' is no hex digit"},
		{"hello, world", "hex", 0, 0, "'h' is no hex digit"},
		{"", "hex", 0, 0, "no bytes found"},
		{"   \n", "hex", 0, 0, "no bytes found"},
		{"00000000: 0000 002  ...", "xxd", 15, 2, "3 hex digits make no whole bytes"},
		{"00000000: 0000 0023\n00000010: 0012", "xxd", 20, 4, "the offset is 00000010, but 4 bytes stand before it"},
		{"*\n00000010: 0012\n*\n7fffff00: 00", "xxd", 19, 2, `"*" stands for 2147483374 bytes`},
		{"[1, 2, 3, 4, 256]", "array literal", 13, 4, "256 does not fit a byte"},
		{"[1, 2, 3, 4, x]", "array literal", 13, 4, "x is no number"},
		{`"\x00\x00\q"`, "escaped string", 9, 2, "unknown escape"},
		{`"\x00\x00`, "escaped string", 0, 2, "this string has no end"},
		{"AAAAIwB", "hex", 4, 2, "'I' is no hex digit"},
	} {
		r, err := Read([]byte(c.input))
		var e *Error
		require.True(t, errors.As(err, &e), "%q: %v", c.input, err)
		require.Equal(t, Error{Format: c.format, Pos: c.pos, Reason: c.reason}, *e, "%q", c.input)
		require.Len(t, r.Bytes, c.bytes, "%q", c.input)
	}
	_, err := Read([]byte("00 00 zz"))
	require.EqualError(t, err, "hex: character 7: 'z' is no hex digit")
}

func TestBinary(t *testing.T) {
	for _, in := range []string{"\x00\x00\x00\x23\x00\x12", "\xff\xfe", "abc\x01", "ab\x7f"} {
		r, err := Read([]byte(in))
		require.NoError(t, err)
		require.Equal(t, "binary", r.Format)
		require.Equal(t, in, string(r.Bytes))
		require.Nil(t, r.Pos)
	}
}

func TestReadAs(t *testing.T) {
	for _, name := range Names() {
		for _, in := range []string{"", "00", "zz", "[", "\\", "\"", "{", "0000 | ", "0x", "<Buffer ", "=", "(", "'"} {
			r, err := ReadAs(name, []byte(in))
			require.Equal(t, name, r.Format)
			if err == nil && name != "binary" {
				require.NotEmpty(t, r.Bytes, "%s %q", name, in)
			}
		}
	}
	_, err := ReadAs("morse", []byte("00"))
	require.EqualError(t, err, "morse: character 1: no format has this name")
	r, err := ReadAs("base64", []byte("0000"))
	require.NoError(t, err)
	require.Equal(t, []byte{0xd3, 0x4d, 0x34}, r.Bytes)
}

// TestPrefixes: a text cut anywhere is read without a panic, and never gives
// more bytes than the whole.
func TestPrefixes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for n := range text {
			r, _ := Read(text[:n])
			require.LessOrEqual(t, len(r.Bytes), n)
			end := 0
			for _, c := range r.Chunks {
				require.GreaterOrEqual(t, c.Start, end)
				require.Greater(t, c.End, c.Start)
				end = c.End
			}
			require.LessOrEqual(t, end, len(r.Bytes))
		}
	}
}

func TestSpacings(t *testing.T) {
	want := []byte{0, 0x12, 0xab, 0xcd}
	for _, in := range []string{
		"0012abcd", "00 12 AB CD", "0012 abcd", "00:12:ab:cd", "00-12-AB-CD", "0x0012abcd", "0x00,0x12,0xab,0xcd",
		"0x0, 0x12, 0xab, 0xcd", "00,12,ab,cd", "001\n2abcd", "00 1 \n2 abcd", "{0x00, 0x12, 0xab, 0xcd}", "00\t12\tab\tcd\r\n",
		"\"0012abcd\"", "`00 12 ab cd`", "00 12 // remark ff\nab cd # ff", "\ufeff0012abcd", "00\u00a012\u00a0ab\u00a0cd", "<0012 abcd>",
	} {
		r, err := Read([]byte(in))
		require.NoError(t, err, "%q", in)
		require.Equal(t, want, r.Bytes, "%q", in)
	}
}
