// Program exported writes the exported API of the module's public packages as a text, so that a change of it is seen in
// review:
//
//	go run ./kwire/internal/exported          writes kwire/API.txt
//	go run ./kwire/internal/exported -check   fails if that would change it
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

const (
	module = "github.com/kwire-project/kafka"
	output = "kwire/API.txt"
)

// public are the rooms that others may import, with all packages in them but internal ones.
var public = []string{"kwire", "compress", "capture", "kbroker/broker", "kbroker/brokertest"}

func main() {
	check := flag.Bool("check", false, "fail if "+output+" would change, and write nothing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "exported:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	text, err := describeAll(".")
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(output, text, 0o644)
	}
	old, err := os.ReadFile(output)
	if err != nil {
		return err
	}
	if line := firstDifference(old, text); line > 0 {
		return fmt.Errorf("the exported API is not as %s has it (from line %d on): run make api and review the diff", output, line)
	}
	return nil
}

// firstDifference returns the number of the first line in which a and b differ, 0 if they are equal.
func firstDifference(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	old, now := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range old {
		if i >= len(now) || !bytes.Equal(old[i], now[i]) {
			return i + 1
		}
	}
	return len(old) + 1
}

const preamble = `# The exported API of all public packages, written by make api. Kept so that a change of it is seen in review.
# A struct marked "message" has the methods of wire.Message by pointer. In packages of messages every struct S has a
# function NewS() S with Kafka's defaults, unless it is marked "no New".
`

// describeAll returns the text for the module in the folder root.
func describeAll(root string) ([]byte, error) {
	out := bytes.NewBufferString(preamble)
	err := eachPackage(root, func(fset *token.FileSet, d *doc.Package) error { return describe(out, fset, d) })
	return out.Bytes(), err
}

// describe writes the API of a package.
func describe(out *bytes.Buffer, fset *token.FileSet, d *doc.Package) error {
	fmt.Fprintf(out, "\npackage %s\n", d.ImportPath)
	p := packageText{fset: fset, out: out}
	p.write(d)
	return p.err
}

// eachPackage visits the public packages of the module in the folder root.
func eachPackage(root string, visit func(*token.FileSet, *doc.Package) error) error {
	for _, room := range public {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(room)), func(p string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			_, nested := os.Stat(filepath.Join(p, "go.mod"))
			if nested == nil || d.Name() == "internal" || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			fset := token.NewFileSet()
			found, err := parseDir(fset, p, path.Join(module, filepath.ToSlash(rel)))
			if err != nil || found == nil {
				return err
			}
			return visit(fset, found)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parseDir reads the package in a folder, nil if there is none.
func parseDir(fset *token.FileSet, dir, importPath string) (*doc.Package, error) {
	c := build.Default
	c.GOOS, c.GOARCH, c.CgoEnabled = "linux", "amd64", false // the same text wherever it is written
	found, err := c.ImportDir(dir, 0)
	if _, none := err.(*build.NoGoError); none {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range found.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return doc.NewFromFiles(fset, files, importPath)
}
