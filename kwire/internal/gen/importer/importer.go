// Package importer turns Apache Kafka's own message definitions into spec files.
//
// It reads the JSON that Kafka generates its classes from, out of a folder or of a kafka-clients
// jar, and keeps facts only: names, types, versions, tags, nullability, defaults and keys.
//
// Several releases are merged by message and version: an earlier release in the list wins where two
// know the same version, a later one adds the versions that the earlier ones have dropped.
package importer

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// A Release is what one release of Kafka defines: folders of JSON files, searched to any depth, or
// jars that hold them.
type Release []string

// Import reads the releases, the preferred one first, and merges them.
func Import(releases []Release) ([]*spec.Message, error) {
	var out []*spec.Message
	byID := map[string]*spec.Message{}
	for _, rel := range releases {
		defs, err := rel.read()
		if err != nil {
			return nil, err
		}
		for _, d := range defs {
			m, err := d.message()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d.Name, err)
			}
			old := byID[identity(m)]
			if old == nil {
				byID[identity(m)] = m
				out = append(out, m)
				continue
			}
			if err := merge(old, m); err != nil {
				return nil, fmt.Errorf("%s: %w", d.Name, err)
			}
		}
	}
	for _, m := range out {
		m.Room, m.File = place(m)
	}
	slices.SortFunc(out, func(a, b *spec.Message) int {
		if c := strings.Compare(a.Room+"/"+a.File, b.Room+"/"+b.File); c != 0 {
			return c
		}
		return rank(a) - rank(b)
	})
	return out, nil
}

// identity names what stays the same between releases: an API keeps its key when it is renamed.
func identity(m *spec.Message) string {
	if m.Kind == spec.Request || m.Kind == spec.Response {
		return string(m.Kind) + strconv.Itoa(int(m.Key))
	}
	return m.Name
}

func rank(m *spec.Message) int {
	return slices.Index([]spec.Kind{spec.Request, spec.Response, spec.CoordinatorKey, spec.CoordinatorValue}, m.Kind)
}

func (r Release) read() ([]*definition, error) {
	var out []*definition
	add := func(name string, src io.Reader) error {
		text, err := io.ReadAll(src)
		if err != nil {
			return err
		}
		d := new(definition)
		if err := json.Unmarshal(stripComments(text), d); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, d)
		return nil
	}
	for _, p := range r {
		var err error
		if strings.HasSuffix(p, ".jar") {
			err = eachInJar(p, add)
		} else {
			err = eachInFolder(p, add)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no message definitions in %s", strings.Join(r, ", "))
	}
	return out, nil
}

func eachInFolder(dir string, add func(string, io.Reader) error) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".json" {
			return err
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		return add(p, f)
	})
}

func eachInJar(jar string, add func(string, io.Reader) error) error {
	z, err := zip.OpenReader(jar)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, e := range z.File {
		if path.Ext(e.Name) != ".json" || path.Base(path.Dir(e.Name)) != "message" {
			continue
		}
		f, err := e.Open()
		if err != nil {
			return err
		}
		err = add(e.Name, f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// stripComments blanks the // comments that Kafka's definitions have outside of strings.
func stripComments(text []byte) []byte {
	out := slices.Clone(text)
	inString := false
	for i := 0; i < len(out); i++ {
		switch {
		case inString && out[i] == '\\':
			i++
		case out[i] == '"':
			inString = !inString
		case !inString && out[i] == '/' && i+1 < len(out) && out[i+1] == '/':
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		}
	}
	return out
}

// place says which package and which file the code of a message goes to.
func place(m *spec.Message) (room, file string) {
	name := m.Name
	switch {
	case m.Kind == spec.Request || m.Kind == spec.Response:
		name = strings.TrimSuffix(strings.TrimSuffix(name, "Request"), "Response")
		room = "api"
	case m.Kind == spec.Header:
		room = "api"
	case m.Kind == spec.CoordinatorKey, m.Kind == spec.CoordinatorValue,
		strings.HasSuffix(name, "Key"), strings.HasSuffix(name, "Value"):
		name = strings.TrimSuffix(strings.TrimSuffix(name, "Key"), "Value")
		room = "coord"
	case strings.HasPrefix(name, "ConsumerProtocol"):
		room = "coord"
	default:
		name = strings.TrimSuffix(strings.TrimSuffix(name, "Record"), "Message")
		room = "meta"
	}
	return room, snake(name)
}

func snake(s string) string {
	var b strings.Builder
	for i, c := range s {
		if c >= 'A' && c <= 'Z' && i > 0 && (s[i-1] < 'A' || s[i-1] > 'Z') {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}
