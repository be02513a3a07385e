// The generator of kwire: spec files in, Go code and tables out.
//
//	go run ./kwire/internal/gen                     writes all generated files (make gen)
//	go run ./kwire/internal/gen import A[,A…] B…    rewrites the spec files from Kafka's definitions
//
// Each argument of import is one release, the preferred one first: folders of Kafka's JSON
// definitions or kafka-clients jars, joined by commas.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/importer"
	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

func main() {
	err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	kwire, err := findKwire()
	if err != nil {
		return err
	}
	specDir := filepath.Join(kwire, "internal", "gen", "spec")
	if len(args) > 1 && args[0] == "import" {
		return importSpecs(specDir, args[1:])
	}
	if len(args) > 0 {
		return fmt.Errorf("unknown arguments %q: want none, or import RELEASE…", args)
	}
	messages, err := spec.Load(specDir)
	if err != nil {
		return err
	}
	for _, emit := range emitters {
		if err := emit(kwire, specDir, messages); err != nil {
			return err
		}
	}
	return nil
}

// emitters write the generated files, each its own part.
var emitters = []func(kwire, specDir string, messages []*spec.Message) error{
	emitErrors,
	emitSchema,
	emitSentences,
	emitGo,
	emitAPIs,
}

// findKwire finds the kwire folder from the module's root or from any folder below it.
func findKwire() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "kwire"), nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return "", fmt.Errorf("run the generator inside its module")
}

func importSpecs(specDir string, args []string) error {
	var releases []importer.Release
	for _, a := range args {
		releases = append(releases, strings.Split(a, ","))
	}
	messages, err := importer.Import(releases)
	if err != nil {
		return err
	}
	files := map[string]*bytes.Buffer{}
	for _, m := range messages {
		name := filepath.Join(specDir, m.Room, m.File+".txt")
		if files[name] == nil {
			files[name] = new(bytes.Buffer)
		} else {
			files[name].WriteByte('\n')
		}
		files[name].WriteString(m.Text())
	}
	for _, room := range spec.Rooms {
		if err := os.RemoveAll(filepath.Join(specDir, room)); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(specDir, room), 0o777); err != nil {
			return err
		}
	}
	for name, b := range files {
		if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	fmt.Print(count(messages))
	return nil
}

// count says what the spec files cover.
func count(messages []*spec.Message) string {
	pairs, total := 0, 0
	for _, m := range messages {
		n := len(m.Versions.All())
		total += n
		if m.Kind == spec.Request || m.Kind == spec.Response {
			pairs += n
		}
	}
	return fmt.Sprintf("%d messages; %d request and response versions; %d versions with headers, data and internal records\n",
		len(messages), pairs, total)
}

// writeGo formats and writes a generated file.
func writeGo(name, src string) error {
	out, err := format.Source([]byte(src))
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, src)
	}
	return os.WriteFile(name, out, 0o666)
}
