// Program coverage runs the codec's tests and prints, for each package, how many statements of its hand-written code they
// run, counted over the tests of all of them together, and then the lines that none of them runs:
//
//	go run ./kwire/internal/coverage
//
// It fails if a test fails, or if a package stays under the least that is wanted.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	module      = "github.com/kwire-project/kafka/"
	wantPercent = 90
)

// rooms are the packages that are counted, and whose tests count: the codec, and what reads captures and files with it.
// make unit runs the tests of all others.
var rooms = []string{"./kwire/...", "./compress", "./capture", "./capture/exchange", "./capture/stored"}

func main() {
	short := flag.Bool("short", false, "run the tests with -short")
	flag.Parse()
	if err := run(os.Stdout, rooms, *short); err != nil {
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, rooms []string, short bool) error {
	dir, err := os.MkdirTemp("", "coverage")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	profile := filepath.Join(dir, "profile")
	if err := runTests(out, rooms, profile, short); err != nil {
		return err
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return err
	}
	files, err := parseProfile(string(text))
	if err != nil {
		return err
	}
	for name := range files {
		source, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			return err
		}
		if bytes.HasPrefix(source, []byte("// Code generated ")) {
			delete(files, name)
		}
	}
	return report(out, files)
}

// runTests runs the tests of the rooms. Packages that are generated as a whole are not instrumented at all.
func runTests(out io.Writer, rooms []string, profile string, short bool) error {
	list, err := exec.Command("go", append([]string{"list"}, rooms...)...).Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	var counted []string
	for _, pkg := range strings.Fields(string(list)) {
		switch strings.TrimPrefix(pkg, module) {
		case "kwire/api", "kwire/meta", "kwire/coord":
		default:
			counted = append(counted, pkg)
		}
	}
	args := []string{"test", "-coverprofile=" + profile, "-coverpkg=" + strings.Join(counted, ",")}
	if short {
		args = append(args, "-short")
	}
	cmd := exec.Command("go", append(args, rooms...)...)
	text, err := cmd.CombinedOutput()
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		line, _, _ = strings.Cut(line, "\tcoverage: ") // of each package's tests alone, which says little
		if !strings.HasPrefix(line, "\t"+module) && !strings.HasPrefix(line, "coverage: ") {
			fmt.Fprintln(out, line)
		}
	}
	if err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	return nil
}
