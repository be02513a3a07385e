package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module makes an empty module with the given spec files, goes into it and returns its kwire folder.
func module(t *testing.T, specs fs.FS) string {
	t.Helper()
	root := t.TempDir()
	kwire := filepath.Join(root, "kwire")
	for _, dir := range []string{"errcode", "schema", "internal/gen"} {
		if err := os.MkdirAll(filepath.Join(kwire, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(kwire, "internal", "gen", "spec"), specs); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(kwire, "internal"))
	return kwire
}

// generated are the files below kwire that the generator has written.
func generated(t *testing.T, kwire string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(kwire, func(p string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(p) != ".go" {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(text, []byte(generatedMark)) {
			rel, err := filepath.Rel(kwire, p)
			if err != nil {
				return err
			}
			out[rel] = text
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The generated files are what the spec files give: no more, no less, byte for byte.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	kwire, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	want := generated(t, kwire)
	fresh := module(t, os.DirFS(filepath.Join(kwire, "internal", "gen", "spec")))
	if err := run(nil); err != nil {
		t.Fatal(err)
	}
	got := generated(t, fresh)
	for name, text := range want {
		if !bytes.Equal(text, got[name]) {
			t.Errorf("%s is not what make gen writes", name)
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("make gen writes %s, which is not there", name)
		}
	}
	if len(want) < 100 {
		t.Errorf("only %d generated files", len(want))
	}
}

// definitions are a Kafka of one API and one record.
var definitions = map[string]string{
	"PingRequest.json": `// a comment
		{ "apiKey": 0, "type": "request", "name": "PingRequest", "validVersions": "0-2", "flexibleVersions": "1+", "fields": [
		{ "name": "Name", "type": "string", "versions": "0+" },
		{ "name": "Hosts", "type": "[]Host", "versions": "1+", "nullableVersions": "1+", "fields": [ { "name": "Port", "type": "int32", "versions": "1+", "default": "-1" } ] } ] }`,
	"PingResponse.json": `{ "apiKey": 0, "type": "response", "name": "PingResponse", "validVersions": "0-2", "flexibleVersions": "1+", "latestVersionUnstable": true, "fields": [
		{ "name": "ErrorCode", "type": "int16", "versions": "0+" } ] }`,
	"ThingRecord.json": `{ "apiKey": 3, "type": "metadata", "name": "ThingRecord", "validVersions": "0", "flexibleVersions": "0+", "fields": [
		{ "name": "Id", "type": "uuid", "versions": "0+" } ] }`,
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestImportAndGenerate(t *testing.T) {
	kwire := module(t, os.DirFS(t.TempDir()))
	release, specDir := t.TempDir(), filepath.Join(kwire, "internal", "gen", "spec")
	write(t, release, definitions)
	if err := run([]string{"import", release}); err != nil {
		t.Fatal(err)
	}
	write(t, specDir, map[string]string{
		"errors.txt": "# code, name, retriable, sentence\n-1\tUNKNOWN_SERVER_ERROR\tfinal\tIt failed.\n0\tNONE\tfinal\tIt worked.\n1\tNOT_READY_EXCEPTION\tretriable\tWait.\n",
		"about.txt":  "# sentences\napi Ping\tAsks whether it is there.\nport\tA port.\nPingRequest.Name\tWho asks.\n",
	})
	if err := run(nil); err != nil {
		t.Fatal(err)
	}
	files := generated(t, kwire)
	for name, parts := range map[string][]string{
		"apis.go":             {"Ping APIKey = 0", `{"Ping", 0, 2, -1, -1, 1, 1}`, "return new(api.PingRequest)"},
		"api/ping.go":         {"Versions 0-2, flexible 1-2.", "// Who asks.", "Hosts []PingRequestHost // v1+; nullable", "Port int32 // default -1", "ErrorCode errcode.Code"},
		"api/byname.go":       {`case "PingRequest":`},
		"meta/thing.go":       {"ThingRecord is record type 3 of the cluster's metadata log.", "ID wire.UUID"},
		"errcode/codes.go":    {"NotReady Code = 1 // Wait.", `{"NOT_READY_EXCEPTION", true, "Wait."}`},
		"schema/tables.go":    {"PingRequest request 0 - 0-2 1-2 none -"},
		"schema/sentences.go": {"Asks whether it is there. PingRequest Who asks. A port."},
	} {
		text := strings.Join(strings.Fields(string(files[filepath.FromSlash(name)])), " ") // gofmt aligns
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no %q", name, part)
			}
		}
	}
	// What an earlier run wrote and no spec file has any more goes; what people wrote stays.
	if err := os.Remove(filepath.Join(specDir, "meta", "thing.txt")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(kwire, "meta"), map[string]string{"doc.go": "package meta\n"})
	if err := run(nil); err != nil {
		t.Fatal(err)
	}
	if files = generated(t, kwire); files[filepath.Join("meta", "thing.go")] != nil {
		t.Error("a file outlives its spec")
	}
	if _, err := os.Stat(filepath.Join(kwire, "meta", "doc.go")); err != nil {
		t.Error(err)
	}
}

// A fault in what people write is told with its file and line.
func TestFaultsOfSpecFiles(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"kind alone":          {"api/ping.txt", "request\n", "ping.txt:1: want: kind name versions"},
		"word of a message":   {"api/ping.txt", "request PingRequest key=0 versions=0 colour=red\n", `ping.txt:1: unknown word "colour=red"`},
		"word of a field":     {"api/ping.txt", "request PingRequest key=0 versions=0\n\tName string 0 loud\n", `ping.txt:2: unknown word "loud"`},
		"field without type":  {"api/ping.txt", "request PingRequest key=0 versions=0\n\tName\n", "ping.txt:2: want: name type versions"},
		"versions of a field": {"api/ping.txt", "request PingRequest key=0 versions=0\n\tName string x\n", "ping.txt:2: "},
		"end of versions":     {"api/ping.txt", "request PingRequest key=0 versions=0-x\n", "ping.txt:1: "},
		"versions descend":    {"api/ping.txt", "request PingRequest key=0 versions=3-1\n", `versions "3-1" do not ascend`},
		"indentation":         {"api/ping.txt", "request PingRequest key=0 versions=0\n\t\t\tName string 0\n", "ping.txt:2: 3 tabs, want 1"},
		"too many versions":   {"api/ping.txt", "request PingRequest key=0 versions=0-64\n", "PingRequest: versions 0-64: the tables hold 0 to 63"},
		"too many aliases":    {"api/ping.txt", "request PingRequest key=0 versions=0 alias=A alias=B\n", `aliases ["A" "B"]`},
		"columns":             {"errors.txt", "0\tNONE\n", "errors.txt:1: want 4 columns, have 2"},
		"code":                {"errors.txt", "zero\tNONE\tfinal\tx\n", "errors.txt:1: "},
		"gap":                 {"errors.txt", "0\tNONE\tfinal\tx\n2\tTWO\tfinal\tx\n", "errors.txt:2: code 2, want 1"},
		"no tab":              {"about.txt", "api Ping It is there.\n", "about.txt:1: want a key, a tab and a sentence"},
		"twice":               {"about.txt", "api Ping\tA.\napi Ping\tB.\n", `about.txt:2: "api Ping" has a sentence already`},
		"no such field":       {"about.txt", "api Ping\tA.\ncolour\tB.\n", `"colour" names no API and no field`},
	} {
		t.Run(name, func(t *testing.T) {
			kwire := module(t, os.DirFS(t.TempDir()))
			release, specDir := t.TempDir(), filepath.Join(kwire, "internal", "gen", "spec")
			write(t, release, definitions)
			if err := run([]string{"import", release}); err != nil {
				t.Fatal(err)
			}
			write(t, specDir, map[string]string{"errors.txt": "0\tNONE\tfinal\tIt worked.\n", "about.txt": "api Ping\tIt is there.\n"})
			write(t, specDir, map[string]string{c.file: c.text})
			if err := run(nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("have %v, want %s", err, c.want)
			}
		})
	}
}

func TestArguments(t *testing.T) {
	module(t, os.DirFS(t.TempDir()))
	for want, args := range map[string][]string{`unknown arguments ["export"]`: {"export"}, "no spec files below": nil} {
		if err := run(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run([]string{"import", filepath.Join(t.TempDir(), "nothing")}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	t.Chdir(t.TempDir())
	if err := run(nil); err == nil || !strings.Contains(err.Error(), "inside its module") {
		t.Error(err)
	}
}
