//go:build !js

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The sizes of the page's programs as they travel. Measured with Go 1.26: an
// small program has 567 kB, 413 after the tables that only tracebacks read are
// stripped, 270 with the slim standard library (web/internal/build). Inlining
// turned off makes the engine larger.
const (
	maxEngineGzipBytes = 650_000
	maxCodecsGzipBytes = 950_000 // loaded when a compressed batch is first met
)

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

// TestSize builds the programs as they are shipped.
func TestSize(t *testing.T) {
	dist := t.TempDir()
	cmd := exec.Command("go", "run", "./web/internal/build", "-o", dist)
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
	for name, most := range map[string]int64{"kwire.wasm.gz": maxEngineGzipBytes, "codecs.wasm.gz": maxCodecsGzipBytes} {
		info, err := os.Stat(filepath.Join(dist, name))
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), most, name)
	}
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
