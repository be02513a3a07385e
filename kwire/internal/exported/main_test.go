package main

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `
package sample
const Size = 1 << 4
const Name = "n"
var ErrX
func Use(a, b int, rest ...string) (n int, err error)
type Kind uint8
const First Kind = iota
const Second
type Other = Pair[string, int]
type Pair[K comparable, V any] struct
	Key K
	Value V
func NewPair[K comparable, V any](k K, v V) *Pair[K, V]
	func (p *Pair[K, V]) Swap(with *Pair[K, V])
type Store interface { Get(key string) ([]byte, error); io.Closer; }
`

func TestTextOfAPackage(t *testing.T) {
	var out bytes.Buffer
	fset := token.NewFileSet()
	d, err := parseDir(fset, "testdata", "sample")
	if err != nil {
		t.Fatal(err)
	}
	if err := describe(&out, fset, d); err != nil || out.String() != sample {
		t.Errorf("have %s, %v", out.String(), err)
	}
	if d, err := parseDir(fset, t.TempDir(), "empty"); err != nil || d != nil {
		t.Error("a folder without Go files:", err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "x.go"), []byte("package x\nfunc {"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := parseDir(fset, broken, "broken"); err == nil {
		t.Error("a file that is not Go is no error")
	}
}

// Messages are a line each, and what all of them have is left out.
func TestMessagesAreCompact(t *testing.T) {
	all, err := describeAll(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"type HeartbeatResponse message struct { ThrottleTimeMs int32; ErrorCode errcode.Code; Unknown *wire.Tags }",
		"func DecodeRequest(payload []byte) (Request, error)",
		"package github.com/kwire-project/kafka/kbroker/brokertest",
	} {
		if !bytes.Contains(all, []byte("\n"+line+"\n")) {
			t.Errorf("no line %q", line)
		}
	}
	for _, part := range []string{"HeartbeatResponse) MessageKey()", "NewHeartbeatResponse()", "/internal/", "no New"} {
		if i := bytes.Index(all, []byte(part)); i >= len(preamble) {
			t.Errorf("%q is listed", part)
		}
	}
}

func TestRunWritesAndChecks(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := run(true); err == nil {
		t.Error("no module is no error")
	}
	for _, room := range public {
		if err := os.MkdirAll(filepath.FromSlash(room), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	source := filepath.Join("kwire", "x.go")
	if err := os.WriteFile(source, []byte("package kwire\n\nfunc F() {}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if run(true) == nil {
		t.Error("no file to check against is no error")
	}
	for _, check := range []bool{false, true} {
		if err := run(check); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(source, []byte("package kwire\n\nfunc G() {}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := run(true); err == nil || !strings.Contains(err.Error(), "from line 6 on") {
		t.Error(err)
	}
}

func TestCheckNamesTheLine(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"a\nb\n", "a\nb\n", 0}, {"a\nb\n", "a\nc\n", 2}, {"a\n", "a\nb\n", 2}, {"a\nb", "a", 2}, {"a", "a\nb", 2}} {
		if got := firstDifference([]byte(c.a), []byte(c.b)); got != c.want {
			t.Errorf("%q and %q differ in line %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// Everything that is exported says what it is.
func TestEverythingIsDocumented(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	n := 0
	err := eachPackage(root, func(_ *token.FileSet, d *doc.Package) error {
		missing := func(what, text string) {
			if n++; strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s has no comment", d.ImportPath, what)
			}
		}
		missing("the package", d.Doc)
		values := func(all []*doc.Value) {
			for _, v := range all {
				if v.Doc == "" { // then each of the group has its own
					for _, s := range v.Decl.Specs {
						spec := s.(*ast.ValueSpec)
						missing(spec.Names[0].Name, spec.Doc.Text()+spec.Comment.Text())
					}
				}
			}
		}
		funcs := func(all []*doc.Func) {
			for _, f := range all {
				missing(f.Recv+" "+f.Name, f.Doc)
			}
		}
		values(d.Consts)
		values(d.Vars)
		funcs(d.Funcs)
		for _, typ := range d.Types {
			missing(typ.Name, typ.Doc)
			values(typ.Consts)
			values(typ.Vars)
			funcs(typ.Funcs)
			funcs(typ.Methods)
		}
		return nil
	})
	if err != nil || n < 1000 {
		t.Error(n, err)
	}
}
