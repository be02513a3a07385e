// Command build makes the page's engine: kwire.wasm, which reads everything,
// codecs.wasm, which the page loads when it first meets a compressed batch,
// wasm_exec.js, which belongs to the Go that compiled them, and all three
// packed for embedding.
//
//	go run ./web/internal/build [-o web/dist]      from the top of the checkout
//
// It prints the sizes, which web/README.md quotes.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	dist := flag.String("o", filepath.Join("web", "dist"), "the `folder` to write to")
	flag.Parse()
	if err := build(*dist); err != nil {
		fmt.Fprintln(os.Stderr, "build of the page's engine:", err)
		os.Exit(1)
	}
}

// programs are what is built: a file's name and its package.
var programs = [][2]string{
	{"kwire.wasm", "./wasm"},
	{"codecs.wasm", "./wasm/codecs"},
}

func build(dist string) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kwire-slim-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	flags, err := slim(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the standard library is linked as it is:", err)
	}
	for _, p := range programs {
		exe, err := compile(filepath.Join(dist, p[0]), p[1], flags)
		if err != nil {
			return err
		}
		if err := ship(dist, p[0], exe); err != nil {
			return err
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	glue, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	return ship(dist, "wasm_exec.js", glue)
}

// compile builds a program, with the slim library if there are flags for it,
// and strips it. A Go whose tables are not known to strip gives a larger
// program that works as well.
func compile(file, pkg string, flags []string) ([]byte, error) {
	if flags == nil || goBuild(file, pkg, flags) != nil { // then the next one tells whose mistake it is
		if err := goBuild(file, pkg, nil); err != nil {
			return nil, err
		}
	}
	exe, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	stripped, err := strip(exe)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is not stripped: %v\n", filepath.Base(file), err)
		return exe, nil
	}
	return stripped, nil
}

func goBuild(file, pkg string, slimFlags []string) error {
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file}, slimFlags...)
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Env = wasmEnv(slimFlags != nil)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// wasmEnv is the environment in which go builds for a page.
func wasmEnv(slim bool) []string {
	env := append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if slim {
		env = append(env, "GOEXPERIMENT="+experiments)
	}
	return env
}

// ship writes a file as it is and packed.
func ship(dist, name string, b []byte) error {
	packed, err := pack(b)
	if err != nil {
		return err
	}
	fmt.Printf("%-13s %9d bytes, gzip %7d\n", name, len(b), len(packed))
	if err := os.WriteFile(filepath.Join(dist, name), b, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, name+".gz"), packed, 0o644)
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
