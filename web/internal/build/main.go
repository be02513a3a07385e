// Command build makes the page's engine: dist/kwire.wasm, dist/wasm_exec.js,
// which belongs to the Go that compiled it, and both packed for embedding.
//
//	go run ./web/internal/build           from the top of the checkout
//
// It prints the sizes, which web/README.md quotes.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if err := build(filepath.Join("web", "dist")); err != nil {
		fmt.Fprintln(os.Stderr, "build of the page's engine:", err)
		os.Exit(1)
	}
}

func build(dist string) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	wasm := filepath.Join(dist, "kwire.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", wasm, "./wasm")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	glue, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	exe, err := os.ReadFile(wasm)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dist, "wasm_exec.js"), glue, 0o644); err != nil {
		return err
	}
	for name, b := range map[string][]byte{"kwire.wasm": exe, "wasm_exec.js": glue} {
		packed, err := pack(b)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dist, name+".gz"), packed, 0o644); err != nil {
			return err
		}
		fmt.Printf("%-13s %9d bytes, gzip %7d\n", name, len(b), len(packed))
	}
	return nil
}

func pack(b []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(b); err != nil {
		return nil, err
	}
	err = z.Close()
	return out.Bytes(), err
}
