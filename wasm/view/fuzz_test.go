package view

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is asked about an input that is fuzzed: it is short, and of its frames a few are enough.
const (
	maxFuzzInput  = 1 << 14
	maxFuzzFrames = 4
)

// FuzzInput gives the page's engine any text or bytes, and asks all that the page asks: the rows are sound, whatever came.
func FuzzInput(f *testing.F) {
	for _, pattern := range []string{samplesDir + "/*.txt", "../../capture/testdata/*"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		require.NotEmpty(f, files, pattern)
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil && len(b) <= maxFuzzInput {
				f.Add(b, byte(0), uint16(3))
			}
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, op byte, at uint16) {
		if len(input) > maxFuzzInput {
			return
		}
		s := Open(input, "")
		d := s.Doc(nil)
		requireSound(t, d)
		require.LessOrEqual(t, len(d.AppendBlock(nil)), 1<<14+512*len(input))
		s.AppendSkim(nil, 0, len(d.Frames))
		for d := s.Packed(false); len(d.Needs) > 0; d = s.Packed(false) {
			for _, n := range d.Needs {
				s.Decompressed(d.Bytes[n.Off:n.Off+n.Len], nil, "not in this test")
			}
		}
		require.Len(t, s.AppendFound(nil, input[:min(len(input), 2)]), len(d.Frames)+1)
		_, _ = s.AppendPlaces(nil, int(at), int(at)+1)
		for i := range min(len(d.Frames), maxFuzzFrames) {
			requireSound(t, s.Frame(i, nil))
			s.RoundTrip(i)
			_, _ = s.AppendHow(nil, i, int(at))
			_, _ = s.AppendJSON(nil, i)
			_, _ = s.AppendCompare(nil, s.Pin(0), i)
		}
		if len(d.Frames) > 0 {
			requireSound(t, s.Edit(int(at)%len(d.Frames), int(op)%6, int(at), 1, []byte("7"), nil))
		}
	})
}
