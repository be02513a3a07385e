package schema

import "strings"

// row is one message in the generated table: a head of eight words, then its fields, one line each.
//
//	Name kind key log versions flexible unstable alias
//	Field type [versions] [null[=versions]] [tag=N[@versions]] [default=X] [ignorable] [mapkey] [neverflexible]
//
// A dash or "none" stands for a word of the head that is missing. Fields have one tab per level of
// nesting. Versions that are left out equal those of the enclosing struct (for null and tag: of the
// field). The fields of a struct follow its first use only.
type row string

// name returns the first word of the head.
func (r row) name() string {
	name, _, _ := strings.Cut(string(r), " ")
	return name
}

// head returns the words of the head.
func (r row) head() (words [8]string) {
	line, _, _ := strings.Cut(string(r), "\n")
	for i := range words {
		words[i], line, _ = strings.Cut(line, " ")
		if words[i] == "-" {
			words[i] = ""
		}
	}
	return words
}

func (r row) parse() *Message {
	head := r.head()
	m := &Message{
		Name:     head[0],
		Key:      -1,
		Log:      head[3],
		Versions: parseVersions(head[4]),
		Flexible: parseVersions(head[5]),
		Unstable: parseVersions(head[6]),
	}
	m.Kind, _ = ParseKind(head[1])
	if head[2] != "-1" {
		m.Key = int16(parseNumber(head[2]))
	}
	if head[7] != "" {
		m.Aliases = head[7:]
	}
	_, fields, _ := strings.Cut(string(r), "\n")
	p := parser{rest: fields, m: m}
	m.Fields = p.fields(0, m.Versions)
	return m
}

type parser struct {
	rest    string
	m       *Message
	structs []*Struct
}

// fields reads the lines of one level.
func (p *parser) fields(depth int, versions Versions) []*Field {
	var out []*Field
	for p.rest != "" {
		body := strings.TrimLeft(p.rest, "\t")
		if len(p.rest)-len(body) != depth {
			break
		}
		line, rest, _ := strings.Cut(body, "\n")
		p.rest = rest
		out = append(out, p.field(line, depth, versions))
	}
	return out
}

func (p *parser) field(line string, depth int, versions Versions) *Field {
	name, line, _ := strings.Cut(line, " ")
	typ, line, _ := strings.Cut(line, " ")
	f := &Field{Name: name, JSONName: jsonName(name), Versions: versions, Tag: -1}
	typ, f.Array = strings.CutPrefix(typ, "[]")
	for line != "" {
		var word string
		word, line, _ = strings.Cut(line, " ")
		f.word(word)
	}
	if f.Nullable == allVersions {
		f.Nullable = f.Versions
	}
	if f.Tagged == allVersions {
		f.Tagged = f.Versions
	}
	f.Type = parseType(typ)
	if f.Type == StructType {
		f.Struct = p.structOf(typ, depth+1, f.Versions)
	}
	f.elementMin = f.leastElement(p.m.Flexible)
	return f
}

// parseType takes every unknown word for the name of a struct.
func parseType(word string) Type {
	for t := Bool; t < StructType; t++ {
		if typeNames[t] == word {
			return t
		}
	}
	return StructType
}

// leastElement returns the size of the smallest element over all versions, at least 1.
func (f *Field) leastElement(flexible Versions) int32 {
	least := int32(1 << 20)
	for v := f.Versions.Min(); v <= f.Versions.Max(); v++ {
		switch {
		case !f.Versions.Has(v):
		case f.Struct == nil:
			least = min(least, int32(minBytes(f.Type, flexible.Has(v))))
		case int(v) < len(f.Struct.minBytes):
			least = min(least, f.Struct.minBytes[v])
		}
	}
	return max(1, least)
}

// allVersions stands for "the versions of the field", which may come later in the line.
const allVersions Versions = 1<<64 - 1

func (f *Field) word(word string) {
	key, value, hasValue := strings.Cut(word, "=")
	switch key {
	case "null":
		f.Nullable = allVersions
		if hasValue {
			f.Nullable = parseVersions(value)
		}
	case "tag":
		number, versions, limited := strings.Cut(value, "@")
		f.Tag, f.Tagged = int32(parseNumber(number)), allVersions
		if limited {
			f.Tagged = parseVersions(versions)
		}
	case "default":
		f.Default = value
	case "ignorable":
		f.Ignorable = true
	case "mapkey":
		f.MapKey = true
	case "neverflexible":
		f.NeverFlexible = true
	default:
		f.Versions = parseVersions(word)
	}
}

// structOf returns the struct of that name, reading its fields if this is its first use.
func (p *parser) structOf(name string, depth int, versions Versions) *Struct {
	for _, s := range p.structs {
		if s.Name == name {
			return s
		}
	}
	s := &Struct{Name: name}
	p.structs = append(p.structs, s)
	s.Fields = p.fields(depth, versions)
	for _, f := range s.Fields {
		s.Versions |= f.Versions
	}
	s.minBytes = make([]int32, s.Versions.Max()+1)
	for v := range s.minBytes {
		s.minBytes[v] = s.leastAt(int16(v), p.m.Flexible.Has(int16(v)))
	}
	return s
}

// leastAt adds up what the fields take when they are as short as they can be.
func (s *Struct) leastAt(version int16, flexible bool) int32 {
	n := 0
	if flexible {
		n++ // the count of tagged fields
	}
	for _, f := range s.Fields {
		switch {
		case !f.Versions.Has(version) || f.Tagged.Has(version):
		case f.Array:
			n += minBytes(Bytes, flexible)
		case f.Struct == nil:
			n += minBytes(f.Type, flexible && !f.NeverFlexible)
		case f.Nullable.Has(version):
			n++
		case int(version) < len(f.Struct.minBytes):
			n += int(f.Struct.minBytes[version])
		}
	}
	return int32(n)
}

func jsonName(name string) string {
	if c := name[0]; c >= 'A' && c <= 'Z' {
		return string(c+'a'-'A') + name[1:]
	}
	return name
}

// parseVersions reads what Versions.String writes; the generator writes nothing else.
func parseVersions(s string) Versions {
	if s == "" || s == "none" {
		return 0
	}
	var out Versions
	for s != "" {
		var part string
		part, s, _ = strings.Cut(s, ",")
		lo, hi, isRange := strings.Cut(part, "-")
		if !isRange {
			hi = lo
		}
		for v := parseNumber(lo); v <= parseNumber(hi); v++ {
			out |= 1 << v
		}
	}
	return out
}

func parseNumber(s string) uint {
	n := uint(0)
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			panic("schema: internal: number " + s)
		}
		n = n*10 + uint(s[i]-'0')
	}
	return n
}
