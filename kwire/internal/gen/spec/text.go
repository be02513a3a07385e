package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Rooms are the folders below the spec folder, each the name of a generated package.
var Rooms = []string{"api", "meta", "coord"}

// Load reads every spec file below dir, sorted by room, file and order in the file.
func Load(dir string) ([]*Message, error) {
	var all []*Message
	for _, room := range Rooms {
		files, err := filepath.Glob(filepath.Join(dir, room, "*.txt"))
		if err != nil {
			return nil, err
		}
		slices.Sort(files)
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			ms, err := Parse(string(text))
			if err != nil {
				return nil, fmt.Errorf("%s:%w", f, err)
			}
			for _, m := range ms {
				m.Room, m.File = room, strings.TrimSuffix(filepath.Base(f), ".txt")
			}
			all = append(all, ms...)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no spec files below %s", dir)
	}
	return all, nil
}

// Parse reads the messages of one spec file.
func Parse(text string) ([]*Message, error) {
	p := parser{lines: strings.Split(text, "\n")}
	var out []*Message
	for p.skipBlank(); p.n < len(p.lines); p.skipBlank() {
		m, err := p.message()
		if err != nil {
			return nil, fmt.Errorf("%d: %w", p.n+1, err)
		}
		out = append(out, m)
	}
	return out, nil
}

type parser struct {
	lines   []string
	n       int
	structs map[string]*Struct
}

func (p *parser) skipBlank() {
	for p.n < len(p.lines) && (strings.TrimSpace(p.lines[p.n]) == "" || strings.HasPrefix(p.lines[p.n], "#")) {
		p.n++
	}
}

func (p *parser) message() (*Message, error) {
	words := strings.Fields(p.lines[p.n])
	if len(words) < 3 {
		return nil, fmt.Errorf("want: kind name versions=…, have %q", p.lines[p.n])
	}
	m := &Message{Kind: Kind(words[0]), Name: words[1], Key: -1}
	for _, w := range words[2:] {
		k, v, _ := strings.Cut(w, "=")
		var err error
		switch k {
		case "key":
			m.Key, err = parseInt16(v)
		case "versions":
			m.Versions, err = ParseVersions(v)
		case "flexible":
			m.Flexible, err = ParseVersions(v)
		case "unstable":
			m.Unstable, err = ParseVersions(v)
		case "alias":
			m.Aliases = append(m.Aliases, v)
		default:
			err = fmt.Errorf("unknown word %q", w)
		}
		if err != nil {
			return nil, err
		}
	}
	p.n++
	p.structs = map[string]*Struct{}
	var err error
	m.Fields, err = p.fields(1)
	return m, err
}

func (p *parser) fields(depth int) ([]*Field, error) {
	var out []*Field
	for p.n < len(p.lines) {
		line := p.lines[p.n]
		body := strings.TrimLeft(line, "\t")
		switch d := len(line) - len(body); {
		case body == "" || d < depth:
			return out, nil
		case d > depth:
			return nil, fmt.Errorf("%d tabs, want %d", d, depth)
		}
		f, err := p.field(body, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func (p *parser) field(body string, depth int) (*Field, error) {
	words := strings.Fields(body)
	if len(words) < 3 {
		return nil, fmt.Errorf("want: name type versions …, have %q", body)
	}
	f := &Field{Name: words[0], Tag: -1}
	typ, isArray := strings.CutPrefix(words[1], "[]")
	f.Array, f.Type = isArray, typ
	var err error
	if f.Versions, err = ParseVersions(words[2]); err != nil {
		return nil, err
	}
	for _, w := range words[3:] {
		if err := f.word(w); err != nil {
			return nil, err
		}
	}
	p.n++
	if Primitive(typ) {
		return f, nil
	}
	f.Type = "struct"
	f.Struct = p.structs[typ]
	if f.Struct != nil {
		return f, nil
	}
	f.Struct = &Struct{Name: typ}
	p.structs[typ] = f.Struct
	f.Struct.Fields, err = p.fields(depth + 1)
	for _, sub := range f.Struct.Fields {
		f.Struct.Versions = Union(f.Struct.Versions, sub.Versions)
	}
	return f, err
}

func (f *Field) word(w string) (err error) {
	k, v, _ := strings.Cut(w, "=")
	switch k {
	case "null":
		f.Nullable, err = ParseVersions(v)
	case "tag":
		num, vers, _ := strings.Cut(v, "@")
		if f.Tag, err = strconv.Atoi(num); err == nil {
			f.Tagged, err = ParseVersions(vers)
		}
	case "default":
		f.Default = v
	case "ignorable":
		f.Ignorable = true
	case "mapkey":
		f.MapKey = true
	case "neverflexible":
		f.NeverFlexible = true
	default:
		err = fmt.Errorf("unknown word %q", w)
	}
	return err
}

// Primitive reports whether a type name is one of the protocol's own.
func Primitive(t string) bool {
	switch t {
	case "bool", "int8", "int16", "uint16", "int32", "uint32", "int64", "float64", "string", "bytes", "records", "uuid":
		return true
	}
	return false
}

// Text writes m as it stands in a spec file.
func (m *Message) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", m.Kind, m.Name)
	if m.Key >= 0 {
		fmt.Fprintf(&b, " key=%d", m.Key)
	}
	fmt.Fprintf(&b, " versions=%s", m.Versions)
	if len(m.Flexible) > 0 {
		fmt.Fprintf(&b, " flexible=%s", m.Flexible)
	}
	if len(m.Unstable) > 0 {
		fmt.Fprintf(&b, " unstable=%s", m.Unstable)
	}
	for _, a := range m.Aliases {
		fmt.Fprintf(&b, " alias=%s", a)
	}
	b.WriteByte('\n')
	writeFields(&b, m.Fields, 1, map[*Struct]bool{})
	return b.String()
}

func writeFields(b *strings.Builder, fields []*Field, depth int, seen map[*Struct]bool) {
	for _, f := range fields {
		typ := f.Type
		if f.Struct != nil {
			typ = f.Struct.Name
		}
		if f.Array {
			typ = "[]" + typ
		}
		fmt.Fprintf(b, "%s%s %s %s", strings.Repeat("\t", depth), f.Name, typ, f.Versions)
		if len(f.Nullable) > 0 {
			fmt.Fprintf(b, " null=%s", f.Nullable)
		}
		if f.Default != "" {
			fmt.Fprintf(b, " default=%s", f.Default)
		}
		if f.Tag >= 0 {
			fmt.Fprintf(b, " tag=%d@%s", f.Tag, f.Tagged)
		}
		for _, w := range []struct {
			on   bool
			word string
		}{{f.Ignorable, " ignorable"}, {f.MapKey, " mapkey"}, {f.NeverFlexible, " neverflexible"}} {
			if w.on {
				b.WriteString(w.word)
			}
		}
		b.WriteByte('\n')
		if f.Struct != nil && !seen[f.Struct] {
			seen[f.Struct] = true
			writeFields(b, f.Struct.Fields, depth+1, seen)
		}
	}
}

// ParseVersions reads "0-3", "5", "0,5-7" or "none".
func ParseVersions(s string) (Versions, error) {
	if s == "none" || s == "" {
		return nil, nil
	}
	var out Versions
	for _, part := range strings.Split(s, ",") {
		lo, hi, isRange := strings.Cut(part, "-")
		if !isRange {
			hi = lo
		}
		a, err := parseInt16(lo)
		if err != nil {
			return nil, err
		}
		z, err := parseInt16(hi)
		if err != nil {
			return nil, err
		}
		if z < a || len(out) > 0 && a <= out[len(out)-1].Max+1 {
			return nil, fmt.Errorf("versions %q do not ascend", s)
		}
		out = append(out, Range{a, z})
	}
	return out, nil
}

func (vs Versions) String() string {
	if len(vs) == 0 {
		return "none"
	}
	parts := make([]string, len(vs))
	for i, r := range vs {
		parts[i] = strconv.Itoa(int(r.Min))
		if r.Max > r.Min {
			parts[i] += "-" + strconv.Itoa(int(r.Max))
		}
	}
	return strings.Join(parts, ",")
}

func parseInt16(s string) (int16, error) {
	n, err := strconv.ParseInt(s, 10, 16)
	return int16(n), err
}

// Union returns the versions that are in a or b.
func Union(a, b Versions) Versions {
	all := append(slices.Clone(a), b...)
	if len(all) == 0 {
		return nil
	}
	lo, hi := all[0].Min, all[0].Max
	for _, r := range all {
		lo, hi = min(lo, r.Min), max(hi, r.Max)
	}
	return Of(Versions{{lo, hi}}, func(v int16) bool { return a.Has(v) || b.Has(v) })
}
