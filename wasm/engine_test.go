//go:build !js

package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxGzipBytes holds the size of the engine as it travels. Measured with Go
// 1.26: an empty program has 541 kB, of which nothing can be saved; the reader
// of text 60, schema tables and sentences 60, the tree with its values and
// meanings 85, guessing 30, the page's view 15. Inlining turned off would save
// 38 and double the time of every answer; wasm-opt saves one per cent.
const maxGzipBytes = 830_000

func goTool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go %v: %s", args, &stderr)
	return string(out)
}

// TestSize builds the engine as it is shipped.
func TestSize(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kwire.wasm")
	goTool(t, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, ".")
	exe, err := os.ReadFile(file)
	require.NoError(t, err)
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	_, err = z.Write(exe)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	t.Logf("engine: %d bytes, gzip %d", len(exe), packed.Len())
	require.LessOrEqual(t, packed.Len(), maxGzipBytes)
}

// TestImports: what would weigh most must not come in by a side door. reflect
// is linked only as far as encoding/binary needs it, which is nearly nothing.
func TestImports(t *testing.T) {
	deps := strings.Fields(goTool(t, "list", "-deps", "."))
	require.Contains(t, deps, "github.com/kwire-project/kafka/kwire/inspect")
	for _, heavy := range []string{"fmt", "encoding/json", "os", "net", "os/exec", "syscall", "syscall/js", "time", "log", "regexp", "testing",
		"compress/flate", "compress/gzip", "github.com/kwire-project/kafka/kwire/api", "github.com/kwire-project/kafka/compress"} {
		require.NotContains(t, deps, heavy)
	}
	format := "{{if not .Standard}}{{.ImportPath}} {{join .Imports \" \"}}{{end}}"
	for _, line := range strings.Split(goTool(t, "list", "-deps", "-f", format, "."), "\n") {
		if imports := strings.Fields(line); len(imports) > 0 {
			require.True(t, strings.HasPrefix(imports[0], "github.com/kwire-project/kafka/"), "%s is not ours", imports[0])
			require.NotContains(t, imports[1:], "reflect", imports[0])
		}
	}
}
