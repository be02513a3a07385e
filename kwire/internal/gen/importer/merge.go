package importer

import (
	"fmt"
	"slices"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// merge adds to m the versions that only the other release has, with their fields.
func merge(m, other *spec.Message) error {
	extra := spec.Of(other.Versions, func(v int16) bool { return !m.Versions.Has(v) })
	if m.Name != other.Name {
		m.Aliases = append(m.Aliases, other.Name)
	}
	if len(extra) == 0 {
		return nil
	}
	m.Versions = spec.Union(m.Versions, extra)
	m.Flexible = spec.Union(m.Flexible, clip(other.Flexible, extra))
	m.Unstable = spec.Union(m.Unstable, clip(other.Unstable, extra))
	g := merger{extra: extra, known: map[string]*spec.Struct{}, merged: map[*spec.Struct]bool{}}
	g.collect(m.Fields)
	var err error
	m.Fields, err = g.fields(m.Fields, other.Fields)
	return err
}

func clip(vs, within spec.Versions) spec.Versions {
	return spec.Of(within, vs.Has)
}

type merger struct {
	extra  spec.Versions           // the versions that come from the other release
	known  map[string]*spec.Struct // the structs of the preferred release
	merged map[*spec.Struct]bool
}

func (g *merger) collect(fields []*spec.Field) {
	for _, f := range fields {
		if f.Struct != nil && g.known[f.Struct.Name] == nil {
			g.known[f.Struct.Name] = f.Struct
			g.collect(f.Struct.Fields)
		}
	}
}

// fields merges two lists in wire order: a field that only the other release has goes behind the
// field that precedes it there.
func (g *merger) fields(mine, others []*spec.Field) ([]*spec.Field, error) {
	out := slices.Clone(mine)
	at := 0
	for _, o := range others {
		vs := clip(o.Versions, g.extra)
		if len(vs) == 0 {
			continue
		}
		i := slices.IndexFunc(out, func(f *spec.Field) bool { return f.Name == o.Name })
		if i < 0 {
			added, err := g.adopt(o, vs)
			if err != nil {
				return nil, err
			}
			out = slices.Insert(out, at, added)
			at++
			continue
		}
		if i < at {
			return nil, fmt.Errorf("%s stands at another place in the other release", o.Name)
		}
		if err := g.field(out[i], o, vs); err != nil {
			return nil, err
		}
		at = i + 1
	}
	return out, nil
}

// adopt takes a field that the preferred release does not have.
func (g *merger) adopt(o *spec.Field, vs spec.Versions) (*spec.Field, error) {
	f := *o
	f.Versions, f.Nullable, f.Tagged = vs, clip(o.Nullable, vs), clip(o.Tagged, vs)
	if o.Struct == nil {
		return &f, nil
	}
	s := g.known[o.Struct.Name]
	if s == nil {
		s = &spec.Struct{Name: o.Struct.Name}
		g.known[s.Name] = s
	}
	f.Struct = s
	return &f, g.structs(s, o.Struct)
}

func (g *merger) field(f, o *spec.Field, vs spec.Versions) error {
	if f.Type != o.Type || f.Array != o.Array || f.Tag != o.Tag && f.Tag >= 0 && o.Tag >= 0 {
		return fmt.Errorf("%s has another type or tag in the other release", f.Name)
	}
	if f.Default != o.Default {
		return fmt.Errorf("%s has default %q here and %q in the other release", f.Name, f.Default, o.Default)
	}
	f.Versions = spec.Union(f.Versions, vs)
	f.Nullable = spec.Union(f.Nullable, clip(o.Nullable, vs))
	f.Tagged = spec.Union(f.Tagged, clip(o.Tagged, vs))
	if f.Struct != nil {
		return g.structs(f.Struct, o.Struct)
	}
	return nil
}

func (g *merger) structs(s, o *spec.Struct) error {
	if g.merged[s] {
		return nil
	}
	g.merged[s] = true
	var err error
	s.Fields, err = g.fields(s.Fields, o.Fields)
	s.Versions = spec.Union(s.Versions, g.extra)
	return err
}
