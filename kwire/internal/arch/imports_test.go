package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../../.."
	module = "github.com/kwire-project/kafka/"
)

// file is one Go file: its folder from the module's root, and what it imports.
type file struct {
	name    string
	dir     string
	test    bool
	imports []string
}

func files(t *testing.T) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		nested := false // another module, with rules of its own
		if d.IsDir() && p != root {
			_, err := os.Stat(filepath.Join(p, "go.mod"))
			nested = err == nil
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != root || d.Name() == "node_modules" || d.Name() == "testdata" || nested) {
			return filepath.SkipDir
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f := file{name: filepath.ToSlash(rel), dir: path.Dir(filepath.ToSlash(rel)), test: strings.HasSuffix(p, "_test.go")}
		for _, im := range parsed.Imports {
			s, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, s)
		}
		out = append(out, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 100 {
		t.Fatalf("only %d Go files found below %s", len(out), root)
	}
	return out
}

// within reports whether dir is room or lies below it.
func within(dir, room string) bool { return dir == room || strings.HasPrefix(dir, room+"/") }

// mayImport lists, for each room, which of our own rooms its code may import. Tests may import more,
// but never from outside of kwire when they are in it.
var mayImport = map[string][]string{
	"kwire/wire":          {},
	"kwire/errcode":       {},
	"kwire/schema":        {},
	"kwire/records":       {"kwire/wire"},
	"kwire/inspect":       {"kwire/wire", "kwire/schema", "kwire/records", "kwire/errcode"},
	"kwire/internal/fail": {"kwire/wire", "kwire/inspect"},
	"kwire/api":           {"kwire/wire", "kwire/errcode", "kwire/internal/fail"},
	"kwire/meta":          {"kwire/wire", "kwire/errcode", "kwire/internal/fail"},
	"kwire/coord":         {"kwire/wire", "kwire/errcode", "kwire/internal/fail"},
	"kwire":               {"kwire/wire", "kwire/errcode", "kwire/api", "kwire/meta", "kwire/coord"},
	"compress":            {"kwire/records", "kwire/wire"},
	"capture":             {},
	"capture/exchange":    {"capture", "kwire/inspect", "kwire/schema"},
	"capture/stored":      {"kwire/inspect", "kwire/records", "kwire/schema", "kwire/wire"},
	"capture/live":        {"capture", "kwire/inspect", "kwire/schema"},
	"capture/tap":         {"capture", "capture/live", "kwire"},
	"web/host":            {"web", "capture/live"},

	"kbroker/internal/vfs":       {},
	"kbroker/internal/config":    {"kwire"},
	"kbroker/internal/logdir":    {"kwire", "compress", "kbroker/internal/vfs"},
	"kbroker/internal/partition": {"kwire", "compress", "kbroker/internal/vfs", "kbroker/internal/logdir"},
	"kbroker/internal/cluster":   {"kwire", "compress", "kbroker/internal/vfs", "kbroker/internal/logdir", "kbroker/internal/partition", "kbroker/internal/config"},
	"kbroker/internal/group":     {"kwire", "compress", "kbroker/internal/partition", "kbroker/internal/logdir", "kbroker/internal/cluster", "kbroker/internal/config"},
	"kbroker/internal/handle": {"kwire", "compress", "kbroker/internal/group", "kbroker/internal/cluster",
		"kbroker/internal/partition", "kbroker/internal/config"},
	"kbroker/internal/server": {"kwire", "capture", "capture/live", "kbroker/internal/handle", "kbroker/internal/config"},
}

func TestOurOwnImports(t *testing.T) {
	for _, f := range files(t) {
		allowed, ruled := mayImport[f.dir]
		if !ruled || f.test {
			continue
		}
		for _, im := range f.imports {
			ours, ok := strings.CutPrefix(im, module)
			if !ok {
				continue
			}
			if !slices.ContainsFunc(allowed, func(room string) bool {
				if f.dir == "kwire" || strings.HasPrefix(f.dir, "kwire/") {
					return ours == room
				}
				return within(ours, room)
			}) {
				t.Errorf("%s imports %s: %s may import only %q of ours", f.name, ours, f.dir, allowed)
			}
		}
	}
}

// kwire's own go.sum lines would become those of everybody who imports it.
func TestKwireIsStandardLibraryOnly(t *testing.T) {
	for _, f := range files(t) {
		if !within(f.dir, "kwire") {
			continue
		}
		for _, im := range f.imports {
			ours, ok := strings.CutPrefix(im, module)
			first, _, _ := strings.Cut(im, "/")
			if ok && !within(ours, "kwire") || !ok && strings.Contains(first, ".") {
				t.Errorf("%s imports %s: kwire and its tests use the standard library only", f.name, im)
			}
		}
	}
}

// onlyIn are the packages that reach the outside, and the rooms that may use them.
var onlyIn = map[string][]string{
	"net": {"kbroker/internal/server", "kbroker/broker", "kbroker/brokertest", "kbroker", "capture/tap", "web/host"}, // the proxy, and the page
	"os": {"kbroker/internal/vfs", "kbroker/internal/config", "kbroker", "cmd/kwire", "web/host", "wasm", "wasm/codecs", "web/internal/browser", "kbroker/internal/fixtures", "capture/stored/fixtures", "web/internal/build", "web/internal/site",
		"kwire/internal/gen", "fuzz/run", "kwire/internal/gen/spec", "kwire/internal/gen/importer", "kwire/internal/exported", "kwire/internal/coverage"},
	"unsafe": {"kwire/wire", "wasm", "wasm/codecs", "wasm/view"},
}

func TestTheOutsideIsReachedInFewPlaces(t *testing.T) {
	for _, f := range files(t) {
		if f.test {
			continue
		}
		for _, im := range f.imports {
			if rooms, ok := onlyIn[im]; ok && !slices.Contains(rooms, f.dir) {
				t.Errorf("%s imports %s: only %q may", f.name, im, rooms)
			}
		}
	}
}

// The page must stay small: its engine reads by the tables and links no generated struct.
func TestThePageLinksNoStructs(t *testing.T) {
	for _, f := range files(t) {
		if f.test || !within(f.dir, "wasm") || path.Base(f.name) == "main_other.go" { // those are built everywhere but in the page
			continue
		}
		for _, im := range f.imports {
			switch strings.TrimPrefix(im, module) {
			case "kwire", "kwire/api", "kwire/meta", "kwire/coord", "fmt", "reflect", "encoding/json", "os", "net":
				t.Errorf("%s imports %s, which is too large for the page", f.name, im)
			}
		}
	}
}
