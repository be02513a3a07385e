package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// definition is one of Kafka's JSON files.
type definition struct {
	APIKey                *int16 `json:"apiKey"`
	Type                  string
	Name                  string
	ValidVersions         string
	FlexibleVersions      string
	LatestVersionUnstable bool
	Fields                []fieldDef
	CommonStructs         []structDef
}

type structDef struct {
	Name     string
	Versions string
	Fields   []fieldDef
}

type fieldDef struct {
	Name             string
	Type             string
	Versions         string
	NullableVersions string
	TaggedVersions   string
	FlexibleVersions string
	Tag              json.RawMessage // a number, or a number in quotes
	Default          json.RawMessage
	Ignorable        bool
	MapKey           bool
	Fields           []fieldDef
}

func (d *definition) message() (*spec.Message, error) {
	m := &spec.Message{Name: d.Name, Kind: spec.Kind(d.Type), Key: -1}
	if d.APIKey != nil {
		m.Key = *d.APIKey
	}
	var err error
	if m.Versions, err = versions(d.ValidVersions, nil); err != nil {
		return nil, err
	}
	if m.Flexible, err = versions(d.FlexibleVersions, m.Versions); err != nil {
		return nil, err
	}
	if d.LatestVersionUnstable && len(m.Versions) > 0 {
		last := m.Versions[len(m.Versions)-1].Max
		m.Unstable = spec.Versions{{Min: last, Max: last}}
	}
	b := builder{all: m.Versions, common: map[string]*structDef{}, done: map[string]*spec.Struct{}}
	for i := range d.CommonStructs {
		b.common[d.CommonStructs[i].Name] = &d.CommonStructs[i]
	}
	m.Fields, err = b.fields(d.Fields, m.Versions)
	return m, err
}

// builder makes the fields of one message. A struct is built once and shared by its uses; its own
// versions are those of the message, and each use is clipped by the versions of its field.
type builder struct {
	all    spec.Versions
	common map[string]*structDef
	done   map[string]*spec.Struct
}

func (b *builder) fields(defs []fieldDef, within spec.Versions) ([]*spec.Field, error) {
	var out []*spec.Field
	for i := range defs {
		f, err := b.field(&defs[i], within)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", defs[i].Name, err)
		}
		if len(f.Versions) > 0 {
			out = append(out, f)
		}
	}
	return out, nil
}

func (b *builder) field(d *fieldDef, within spec.Versions) (*spec.Field, error) {
	f := &spec.Field{Name: d.Name, Tag: -1, Ignorable: d.Ignorable, MapKey: d.MapKey}
	f.NeverFlexible = d.FlexibleVersions == "none"
	vers := d.Versions
	if vers == "" { // a tagged field may leave its versions out
		vers = d.TaggedVersions
	}
	var err error
	if f.Versions, err = versions(vers, within); err != nil {
		return nil, err
	}
	if f.Nullable, err = versions(d.NullableVersions, f.Versions); err != nil {
		return nil, err
	}
	if f.Tagged, err = versions(d.TaggedVersions, f.Versions); err != nil {
		return nil, err
	}
	if len(d.Tag) > 0 && len(f.Tagged) > 0 {
		if f.Tag, err = strconv.Atoi(strings.Trim(string(d.Tag), `"`)); err != nil {
			return nil, err
		}
	}
	f.Type, f.Array = strings.CutPrefix(d.Type, "[]")
	if f.Default, err = defaultOf(d.Default, f); err != nil {
		return nil, err
	}
	if spec.Primitive(f.Type) {
		return f, nil
	}
	name := f.Type
	f.Type = "struct"
	f.Struct, err = b.structOf(name, d.Fields, f.Versions)
	return f, err
}

func (b *builder) structOf(name string, inline []fieldDef, within spec.Versions) (*spec.Struct, error) {
	if s := b.done[name]; s != nil {
		return s, nil
	}
	if c := b.common[name]; c != nil {
		inline = c.Fields
		var err error
		if within, err = versions(c.Versions, b.all); err != nil {
			return nil, err
		}
	}
	s := &spec.Struct{Name: name, Versions: within}
	b.done[name] = s
	var err error
	s.Fields, err = b.fields(inline, within)
	if err == nil && len(s.Fields) == 0 {
		err = fmt.Errorf("struct %s has no fields", name)
	}
	return s, err
}

// highest stands for the open end of "N+" where nothing clips it.
const highest = 1 << 10

// versions reads Kafka's "N", "N-M", "N+" and "none", clipped to within unless that is nil.
func versions(s string, within spec.Versions) (spec.Versions, error) {
	if s == "" || s == "none" {
		return nil, nil
	}
	lo, hi, isRange := strings.Cut(s, "-")
	open := false
	if !isRange {
		lo, open = strings.CutSuffix(s, "+")
		hi = lo
	}
	a, err := strconv.ParseInt(lo, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("versions %q: %w", s, err)
	}
	z, err := strconv.ParseInt(hi, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("versions %q: %w", s, err)
	}
	if open {
		z = highest
	}
	if within == nil {
		return spec.Versions{{Min: int16(a), Max: int16(z)}}, nil
	}
	return spec.Of(within, func(v int16) bool { return int64(v) >= a && int64(v) <= z }), nil
}

// defaultOf normalises a default to text: "" for the type's own, "null", or a value. The JSON
// literal null is no default at all, the string "null" is the value null.
func defaultOf(raw json.RawMessage, f *spec.Field) (string, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", err
		}
	}
	if text == "" || text == "null" {
		return text, nil
	}
	if f.Array {
		return "", fmt.Errorf("default %q of an array", text)
	}
	switch f.Type {
	case "bool":
		v, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil || !v {
			return "", err
		}
		return "true", nil
	case "int8", "int16", "int32", "int64", "uint16", "uint32":
		v, err := strconv.ParseInt(text, 0, 64)
		if err != nil || v == 0 {
			return "", err
		}
		return strconv.FormatInt(v, 10), nil
	case "float64":
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || v == 0 {
			return "", err
		}
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case "string":
		if strings.ContainsAny(text, " \t\n=") {
			return "", fmt.Errorf("default %q has a character that spec files cannot hold", text)
		}
		return text, nil
	}
	return "", fmt.Errorf("default %q of a %s", text, f.Type)
}
