//go:build !js

package capture

import (
	"bytes"
	stdbase64 "encoding/base64"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dumpCommands are real tools whose output is read back, with the name that
// the format gets.
var dumpCommands = []struct{ command, format string }{
	{"xxd", "xxd"},
	{"xxd -u", "xxd"},
	{"xxd -g 1", "xxd"},
	{"xxd -g 4", "xxd"},
	{"xxd -g 8", "xxd"},
	{"xxd -c 32", "xxd"},
	{"xxd -c 7", "xxd"},
	{"xxd -p", "hex"},
	{"xxd -i", "hex"},
	{"hexdump -C", "hexdump -C"},
	{"hexdump -Cv", "hexdump -C"},
	{"hexdump", "hexdump"},
	{"hexdump -v", "hexdump"},
	{"od -tx1", "od -tx1"},
	{"od -v -tx1", "od -tx1"},
	{"od -A x -tx1z", "od -tx1"},
	{"od -A d -tx1", "od -tx1"},
	{"od -A n -v -tx1", "hex"},
	{"base64", "base64"},
	{"base64 -w 0", "base64"},
}

// TestRealTools dumps random bytes, runs of equal bytes and text with the real
// tools, reads the dumps, and wants the same bytes.
func TestRealTools(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for _, c := range dumpCommands {
		t.Run(strings.ReplaceAll(c.command, " ", ""), func(t *testing.T) {
			args := strings.Fields(c.command)
			if _, err := exec.LookPath(args[0]); err != nil {
				if os.Getenv("CI") != "" {
					t.Fatalf("CI needs %s: %v", args[0], err)
				}
				t.Skipf("SKIPPED, NOT TESTED: %s is not installed", args[0])
			}
			for round := range 40 {
				data := toolInput(rng, round)
				cmd := exec.Command(args[0], args[1:]...)
				cmd.Stdin = bytes.NewReader(data)
				text, err := cmd.Output()
				require.NoError(t, err)
				if c.format == "base64" && !hasBase64Mark(data) {
					continue
				}
				r, err := Read(text)
				require.NoError(t, err, "%s", text)
				require.Equal(t, c.format, r.Format, "%s", text)
				require.Equal(t, data, r.Bytes, "%s", text)
			}
		})
	}
}

// toolInput makes frames: a size, then random bytes, equal rows that dumps
// fold into "*", or text whose characters look like hex.
func toolInput(rng *rand.Rand, round int) []byte {
	n := 8 + rng.Intn(300)
	data := make([]byte, n)
	switch round % 4 {
	case 0:
		rng.Read(data)
	case 1: // long runs of zeros
		data[n/2] = 7
	case 2:
		for i := range data {
			data[i] = "0123456789abcdef |>.*:"[rng.Intn(22)]
		}
	case 3:
		rng.Read(data)
		for i := 16; i+16 < n; i++ {
			data[i] = data[15]
		}
	}
	copy(data, []byte{0, 0, byte(n >> 8), byte(n)})
	return data
}

// hasBase64Mark leaves out inputs whose base64 is also good hex.
func hasBase64Mark(data []byte) bool {
	return strings.Trim(stdbase64.StdEncoding.EncodeToString(data), "0123456789abcdefABCDEF=") != ""
}
