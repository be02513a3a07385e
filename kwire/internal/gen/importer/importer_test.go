package importer

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// importText imports definitions given as texts: one release each.
func importText(t *testing.T, releases ...[]string) []*spec.Message {
	t.Helper()
	var all []Release
	for _, defs := range releases {
		dir := t.TempDir()
		for i, d := range defs {
			if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".json"), []byte(d), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, Release{dir})
	}
	ms, err := Import(all)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func wantText(t *testing.T, m *spec.Message, want string) {
	t.Helper()
	want = strings.TrimPrefix(want, "\n")
	if got := m.Text(); got != want {
		t.Errorf("have\n%swant\n%s", got, want)
	}
	back, err := spec.Parse(m.Text())
	if err != nil || len(back) != 1 || back[0].Text() != m.Text() {
		t.Errorf("the text does not come back: %v", err)
	}
}

func TestQ01CommentsOutsideStrings(t *testing.T) {
	ms := importText(t, []string{`// license "quoted"
	{ "type": "data", "name": "XRecord", // a comment
	  "validVersions": "0", "flexibleVersions": "none",
	  "fields": [ { "name": "Url", "type": "string", "versions": "0+", "default": "http://x/", "about": "it says // here \" and // there" } ] }`})
	wantText(t, ms[0], `
data XRecord versions=0
	Url string 0 default=http://x/
`)
}

func TestQ02NoVersions(t *testing.T) {
	ms := importText(t, []string{`{ "apiKey": 4, "type": "request", "name": "GoneRequest", "validVersions": "none" }`})
	wantText(t, ms[0], "request GoneRequest key=4 versions=none\n")
}

func TestQ03TaggedFieldWithoutVersions(t *testing.T) {
	ms := importText(t, []string{`{ "type": "data", "name": "X", "validVersions": "0-2", "flexibleVersions": "1+", "fields": [
		{ "name": "A", "type": "int64", "taggedVersions": "1+", "tag": 0, "default": -1 },
		{ "name": "B", "type": "bool", "versions": "0+", "taggedVersions": "2+", "tag": "1" } ] }`})
	wantText(t, ms[0], `
data X versions=0-2 flexible=1-2
	A int64 1-2 default=-1 tag=0@1-2
	B bool 0-2 tag=1@2
`)
}

func TestQ04VersionsAreClipped(t *testing.T) {
	ms := importText(t, []string{`{ "type": "data", "name": "X", "validVersions": "2-5", "flexibleVersions": "4+", "fields": [
		{ "name": "A", "type": "[]S", "versions": "0-3", "nullableVersions": "0+", "fields": [
			{ "name": "B", "type": "int8", "versions": "3+" }, { "name": "C", "type": "int8", "versions": "0-1" } ] },
		{ "name": "Gone", "type": "int8", "versions": "0-1" } ] }`})
	wantText(t, ms[0], `
data X versions=2-5 flexible=4-5
	A []S 2-3 null=2-3
		B int8 3
`)
}

func TestQ05Q06Defaults(t *testing.T) {
	ms := importText(t, []string{`{ "type": "data", "name": "X", "validVersions": "0", "flexibleVersions": "0+", "fields": [
		{ "name": "Hex", "type": "int32", "versions": "0+", "default": "0x7fffffff" },
		{ "name": "Number", "type": "int32", "versions": "0+", "default": -1 },
		{ "name": "Zero", "type": "int32", "versions": "0+", "default": "0" },
		{ "name": "True", "type": "bool", "versions": "0+", "default": "True" },
		{ "name": "False", "type": "bool", "versions": "0+", "default": false },
		{ "name": "Empty", "type": "string", "versions": "0+", "default": "" },
		{ "name": "Null", "type": "string", "versions": "0+", "nullableVersions": "0+", "default": "null" },
		{ "name": "NoDefault", "type": "[]int32", "versions": "0+", "nullableVersions": "0+", "default": null } ] }`})
	wantText(t, ms[0], `
data X versions=0 flexible=0
	Hex int32 0 default=2147483647
	Number int32 0 default=-1
	Zero int32 0
	True bool 0 default=true
	False bool 0
	Empty string 0
	Null string 0 null=0 default=null
	NoDefault []int32 0 null=0
`)
}

// Keys of records may leave gaps and come twice in two logs; a message is known by its name, not by
// the name of its file; field names keep their first letter.
func TestQ27Q28NamesAndKeys(t *testing.T) {
	ms := importText(t, []string{
		`{ "apiKey": 1, "type": "metadata", "name": "OneRecord", "validVersions": "0", "flexibleVersions": "0+", "fields": [ { "name": "kRaftVersion", "type": "int8", "versions": "0+" } ] }`,
		`{ "apiKey": 1, "type": "metadata", "name": "RemoteOneRecord", "validVersions": "0", "flexibleVersions": "0+", "fields": [] }`})
	wantText(t, ms[0], `
metadata OneRecord key=1 versions=0 flexible=0
	kRaftVersion int8 0
`)
	if len(ms) != 2 || ms[0].File != "one" || ms[1].File != "remote_one" {
		t.Errorf("have %d messages", len(ms))
	}
}

func TestQ29StructsUsedTwice(t *testing.T) {
	ms := importText(t, []string{`{ "type": "data", "name": "X", "validVersions": "0-1", "flexibleVersions": "none",
		"fields": [
			{ "name": "Many", "type": "[]C", "versions": "0+" },
			{ "name": "One", "type": "C", "versions": "1+" },
			{ "name": "In", "type": "In", "versions": "0+", "fields": [ { "name": "V", "type": "int8", "versions": "0+" } ] },
			{ "name": "Again", "type": "[]In", "versions": "0+" } ],
		"commonStructs": [ { "name": "C", "versions": "0+", "fields": [ { "name": "N", "type": "int8", "versions": "0+", "mapKey": true } ] } ] }`})
	wantText(t, ms[0], `
data X versions=0-1
	Many []C 0-1
		N int8 0-1 mapkey
	One C 1
	In In 0-1
		V int8 0-1
	Again []In 0-1
`)
}

// A later release adds the versions that the preferred one has dropped, with the fields that only
// they had, in their place; what both have is taken from the preferred one.
func TestReleasesAreMerged(t *testing.T) {
	ms := importText(t,
		[]string{`{ "apiKey": 2, "type": "request", "name": "NewRequest", "validVersions": "2-3", "flexibleVersions": "3+", "fields": [
			{ "name": "A", "type": "int8", "versions": "0+" }, { "name": "C", "type": "[]S", "versions": "3+", "fields": [ { "name": "X", "type": "int8", "versions": "3+" } ] } ] }`},
		[]string{`{ "apiKey": 2, "type": "request", "name": "OldRequest", "validVersions": "0-2", "flexibleVersions": "none", "fields": [
			{ "name": "Renamed", "type": "int8", "versions": "2+" }, { "name": "A", "type": "int8", "versions": "0+" },
			{ "name": "B", "type": "int64", "versions": "0-1" }, { "name": "C", "type": "[]S", "versions": "0", "fields": [ { "name": "W", "type": "int8", "versions": "0" }, { "name": "X", "type": "int8", "versions": "0+" } ] } ] }`})
	wantText(t, ms[0], `
request NewRequest key=2 versions=0-3 flexible=3 alias=OldRequest
	A int8 0-3
	B int64 0-1
	C []S 0,3
		W int8 0
		X int8 0,3
`)
}

// field is the definition of a message with one field.
func field(rest string) string {
	return `{ "type": "data", "name": "X", "validVersions": "0", "flexibleVersions": "0", "fields": [ { "name": "F", ` + rest + ` } ] }`
}

func TestFloatDefaults(t *testing.T) {
	ms := importText(t, []string{`{ "type": "data", "name": "X", "validVersions": "0", "flexibleVersions": "none", "fields": [
		{ "name": "Half", "type": "float64", "versions": "0+", "default": "0.50" },
		{ "name": "None", "type": "float64", "versions": "0+", "default": "0.0" } ] }`})
	wantText(t, ms[0], `
data X versions=0
	Half float64 0 default=0.5
	None float64 0
`)
}

// Releases that contradict each other cannot be merged.
func TestReleasesThatDisagree(t *testing.T) {
	release := func(versions, fields string) []string {
		return []string{`{ "apiKey": 2, "type": "request", "name": "XRequest", "validVersions": "` + versions + `", "flexibleVersions": "none", "fields": [ ` + fields + ` ] }`}
	}
	for name, c := range map[string]struct{ now, old, want string }{
		"type":    {`{ "name": "A", "type": "int8", "versions": "0+" }`, `{ "name": "A", "type": "int16", "versions": "0+" }`, "A has another type or tag"},
		"default": {`{ "name": "A", "type": "int8", "versions": "0+" }`, `{ "name": "A", "type": "int8", "versions": "0+", "default": "5" }`, `A has default "" here and "5"`},
		"order": {`{ "name": "A", "type": "int8", "versions": "0+" }, { "name": "B", "type": "int8", "versions": "0+" }`,
			`{ "name": "B", "type": "int8", "versions": "0+" }, { "name": "A", "type": "int8", "versions": "0+" }`, "A stands at another place"},
		"inside": {`{ "name": "S", "type": "[]S", "versions": "0+", "fields": [ { "name": "A", "type": "int8", "versions": "0+" } ] }`,
			`{ "name": "S", "type": "[]S", "versions": "0+", "fields": [ { "name": "A", "type": "string", "versions": "0+" } ] }`, "A has another type or tag"},
	} {
		var rs []Release
		for _, defs := range [][]string{release("1-2", c.now), release("0", c.old)} {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "x.json"), []byte(defs[0]), 0o666); err != nil {
				t.Fatal(err)
			}
			rs = append(rs, Release{dir})
		}
		if _, err := Import(rs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A struct that only the older release has comes with the fields that use it.
func TestStructsOfOlderReleasesAreAdopted(t *testing.T) {
	ms := importText(t,
		[]string{`{ "apiKey": 2, "type": "request", "name": "XRequest", "validVersions": "1", "flexibleVersions": "none", "fields": [ { "name": "A", "type": "int8", "versions": "0+" } ] }`},
		[]string{`{ "apiKey": 2, "type": "request", "name": "XRequest", "validVersions": "0-1", "flexibleVersions": "none", "fields": [
			{ "name": "Old", "type": "[]S", "versions": "0", "fields": [ { "name": "W", "type": "int8", "versions": "0" } ] },
			{ "name": "A", "type": "int8", "versions": "0+" } ] }`})
	wantText(t, ms[0], `
request XRequest key=2 versions=0-1
	Old []S 0
		W int8 0
	A int8 0-1
`)
}

// A kafka-clients jar has its definitions in common/message; everything else in it is passed over.
func TestJars(t *testing.T) {
	jar := filepath.Join(t.TempDir(), "kafka-clients.jar")
	writeJar := func(files map[string]string) {
		t.Helper()
		f, err := os.Create(jar)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		for name, text := range files {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	writeJar(map[string]string{"common/message/X.json": field(`"type": "int8", "versions": "0"`), "common/message/X.class": "?", "other/y.json": "{"})
	ms, err := Import([]Release{{jar}})
	if err != nil || len(ms) != 1 || ms[0].Name != "X" {
		t.Fatal(ms, err)
	}
	writeJar(map[string]string{"common/message/X.json": "{"})
	if _, err := Import([]Release{{jar}}); err == nil || !strings.Contains(err.Error(), "common/message/X.json") {
		t.Error(err)
	}
	if err := os.WriteFile(jar, []byte("no jar"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Import([]Release{{jar}}); err == nil {
		t.Error("what is no jar is accepted")
	}
}

func TestBadDefinitions(t *testing.T) {
	for _, c := range []struct{ def, want string }{
		{`{`, "unexpected end"},
		{`{ "type": "data", "name": "X", "validVersions": "a" }`, "versions"},
		{`{ "type": "data", "name": "X", "validVersions": "0-b" }`, "versions"},
		{`{ "type": "data", "name": "X", "validVersions": "0", "flexibleVersions": "x+" }`, "X: versions"},
		{field(`"type": "int8", "versions": "?"`), "F: versions"},
		{field(`"type": "int8", "versions": "0", "nullableVersions": "?"`), "F: versions"},
		{field(`"type": "int8", "versions": "0", "taggedVersions": "?"`), "F: versions"},
		{field(`"type": "int8", "versions": "0", "taggedVersions": "0", "tag": "one"`), "F: "},
		{field(`"type": "int8", "versions": "0", "default": "many"`), "F: "},
		{field(`"type": "bool", "versions": "0", "default": "perhaps"`), "F: "},
		{field(`"type": "float64", "versions": "0", "default": "x"`), "F: "},
		{field(`"type": "bytes", "versions": "0", "default": "x"`), `default "x" of a bytes`},
		{field(`"type": "[]int8", "versions": "0", "default": "1"`), `default "1" of an array`},
		{`{ "type": "data", "name": "X", "validVersions": "0", "commonStructs": [ { "name": "S", "versions": "?" } ], "fields": [ { "name": "F", "type": "S", "versions": "0" } ] }`, "F: versions"},
		{`{ "type": "data", "name": "X", "validVersions": "0", "fields": [ { "name": "S", "type": "Struct", "versions": "0" } ] }`, "no fields"},
		{`{ "type": "data", "name": "X", "validVersions": "0", "fields": [ { "name": "S", "type": "string", "versions": "0", "default": "a b" } ] }`, "cannot hold"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.json"), []byte(c.def), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Import([]Release{{dir}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.def, err, c.want)
		}
	}
	if _, err := Import([]Release{{t.TempDir()}}); err == nil {
		t.Error("an empty folder is accepted")
	}
}

// The committed spec files are what the importer makes of Kafka's definitions.
func TestCommittedSpecs(t *testing.T) {
	const shared = "../../../../../shared/kafka"
	if _, err := os.Stat(shared); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: CI must have it", shared)
		}
		t.Skipf("SKIPPED: Kafka's definitions are not at %s", shared)
	}
	imported, err := Import([]Release{
		{shared + "/4.x", shared + "/records-4.x"}, {shared + "/3.9", shared + "/records-3.9"}})
	if err != nil {
		t.Fatal(err)
	}
	committed, err := spec.Load("../spec")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	pairs := 0
	for _, m := range imported {
		want[m.Name] = m.Text()
		if m.Kind == spec.Request || m.Kind == spec.Response {
			pairs += len(m.Versions.All())
		}
	}
	for _, m := range committed {
		if want[m.Name] != m.Text() {
			t.Errorf("%s differs:\n%s\nimported\n%s", m.Name, m.Text(), want[m.Name])
		}
		delete(want, m.Name)
	}
	for name := range want {
		t.Errorf("%s is not committed", name)
	}
	if pairs != 736 {
		t.Errorf("%d request and response versions, want 736", pairs)
	}
}
