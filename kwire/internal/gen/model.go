package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// group is a message or a struct as the Go emitter sees it: a named list of fields and the versions
// in which its code can run.
type group struct {
	goName    string
	kafkaName string // of a struct; "" for a message
	within    spec.Versions
	fields    []*field
	msg       *spec.Message // the message it belongs to
	top       bool          // it is the message itself
}

type field struct {
	*spec.Field
	goName string
	sub    *group // of struct fields
}

// groups returns the message and then the structs below it, in the order of their first use.
func groups(m *spec.Message) []*group {
	b := groupBuilder{msg: m, byStruct: map[*spec.Struct]*group{}, names: structNames(m)}
	b.within(m.Fields, m.Versions, map[*spec.Struct]spec.Versions{})
	root := &group{goName: m.Name, within: m.Versions, msg: m, top: true}
	b.out = append(b.out, root)
	root.fields = b.fields(m.Fields)
	return b.out
}

type groupBuilder struct {
	msg      *spec.Message
	byStruct map[*spec.Struct]*group
	uses     map[*spec.Struct]spec.Versions
	names    map[string]string
	out      []*group
}

// within collects in which versions each struct is used.
func (b *groupBuilder) within(fields []*spec.Field, vs spec.Versions, uses map[*spec.Struct]spec.Versions) {
	b.uses = uses
	for _, f := range fields {
		if f.Struct == nil {
			continue
		}
		used := spec.Of(vs, f.Versions.Has)
		uses[f.Struct] = spec.Union(uses[f.Struct], used)
		b.within(f.Struct.Fields, used, uses)
	}
}

func (b *groupBuilder) fields(fields []*spec.Field) []*field {
	var out []*field
	for _, f := range fields {
		g := &field{Field: f, goName: goName(f.Name)}
		if f.Struct != nil {
			g.sub = b.group(f.Struct)
		}
		out = append(out, g)
	}
	return out
}

func (b *groupBuilder) group(s *spec.Struct) *group {
	if g := b.byStruct[s]; g != nil {
		return g
	}
	g := &group{goName: b.names[s.Name], kafkaName: s.Name, within: b.uses[s], msg: b.msg}
	b.byStruct[s] = g
	b.out = append(b.out, g)
	g.fields = b.fields(s.Fields)
	return g
}

// structNames gives every struct of a message its Go name: the message's name and Kafka's name
// without the words that both begin with.
func structNames(m *spec.Message) map[string]string {
	var all []string
	var collect func([]*spec.Field)
	seen := map[string]bool{}
	collect = func(fields []*spec.Field) {
		for _, f := range fields {
			if f.Struct != nil && !seen[f.Struct.Name] {
				seen[f.Struct.Name] = true
				all = append(all, f.Struct.Name)
				collect(f.Struct.Fields)
			}
		}
	}
	collect(m.Fields)
	api := strings.TrimSuffix(strings.TrimSuffix(m.Name, "Request"), "Response")
	api = strings.TrimSuffix(strings.TrimSuffix(api, "Value"), "Record")
	short := func(s string) string {
		for _, prefix := range []string{m.Name, api} {
			if rest, ok := strings.CutPrefix(s, prefix); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
				s = rest
			}
		}
		for _, suffix := range []string{"Request", "Response"} {
			if rest, ok := strings.CutSuffix(s, suffix); ok && rest != "" && strings.HasSuffix(m.Name, suffix) {
				s = rest
			}
		}
		return s
	}
	count := map[string]int{}
	for _, s := range all {
		count[short(s)]++
	}
	names := map[string]string{}
	for _, s := range all {
		tail := short(s)
		if count[tail] > 1 {
			tail = s
		}
		names[s] = m.Name + goName(tail)
	}
	return names
}

// cond returns the Go condition under which version is in vs, given that it is in within; "" means always.
func cond(vs, within spec.Versions) string {
	all := within.All()
	if len(all) == 0 || len(spec.Of(within, vs.Has)) == 0 {
		return "false"
	}
	// Joining across versions that cannot occur keeps the condition short.
	var runs []spec.Range
	open := false
	for _, v := range all {
		switch {
		case vs.Has(v) && open:
			runs[len(runs)-1].Max = v
		case vs.Has(v):
			runs = append(runs, spec.Range{Min: v, Max: v})
			open = true
		default:
			open = false
		}
	}
	first, last := all[0], all[len(all)-1]
	var parts []string
	for _, r := range runs {
		switch {
		case r.Min == first && r.Max == last:
			return ""
		case r.Min == r.Max:
			parts = append(parts, "version == "+itoa(r.Min))
		case r.Min == first:
			parts = append(parts, "version <= "+itoa(r.Max))
		case r.Max == last:
			parts = append(parts, "version >= "+itoa(r.Min))
		default:
			parts = append(parts, "version >= "+itoa(r.Min)+" && version <= "+itoa(r.Max))
		}
	}
	return strings.Join(parts, " || ")
}

func itoa(v int16) string { return strconv.Itoa(int(v)) }

// inline are the versions in which f stands in its place, tagged those in which it is a tagged field.
func (f *field) inline() spec.Versions {
	return spec.Of(f.Versions, func(v int16) bool { return !f.Tagged.Has(v) })
}

// neverNull, sometimesNull say whether f is nullable in the given versions.
func (f *field) neverNull(in spec.Versions) bool  { return len(spec.Of(in, f.Nullable.Has)) == 0 }
func (f *field) alwaysNull(in spec.Versions) bool { return cond(f.Nullable, in) == "" }
func (f *field) nullable() bool                   { return len(f.Nullable) > 0 }

// isCode reports whether the field is an error code, which has a type of its own.
func (f *field) isCode() bool {
	return f.Type == "int16" && !f.Array && strings.HasSuffix(f.goName, "ErrorCode")
}

// elemType is the Go type of one element, or of the field if it is no array.
func (f *field) elemType() string {
	switch f.Type {
	case "bytes", "records":
		return "[]byte"
	case "uuid":
		return "wire.UUID"
	case "struct":
		return f.sub.goName
	}
	if f.isCode() {
		return "errcode.Code"
	}
	return f.Type
}

func (f *field) goType() string {
	t := f.elemType()
	switch {
	case f.Array:
		return "[]" + t
	case f.Type == "string" && f.nullable():
		return "wire.Null[string]"
	case f.Type == "struct" && f.nullable():
		return "*" + t
	}
	return t
}

// defaultExpr is the Go expression of the default value.
func (f *field) defaultExpr() string {
	switch {
	case f.Array:
		if f.nullable() && f.Default != "null" {
			return f.goType() + "{}"
		}
		return "nil"
	case f.Type == "string":
		if !f.nullable() {
			return strconv.Quote(f.Default)
		}
		if f.Default == "null" {
			return "wire.Null[string]{}"
		}
		return "wire.Some(" + strconv.Quote(f.Default) + ")"
	case f.Type == "bytes":
		if f.nullable() && f.Default != "null" {
			return "[]byte{}"
		}
		return "nil"
	case f.Type == "records":
		return "nil"
	case f.Type == "uuid":
		return "wire.UUID{}"
	case f.Type == "struct" && f.nullable():
		if f.Default == "null" {
			return "nil"
		}
		return "wire.Ref(New" + f.sub.goName + "())"
	case f.Type == "struct":
		return "New" + f.sub.goName + "()"
	case f.Type == "bool":
		return strconv.FormatBool(f.Default == "true")
	case f.Default == "":
		return "0"
	}
	return f.Default
}

// zeroDefault reports whether Go's zero value is the default.
func (f *field) zeroDefault() bool {
	switch d := f.defaultExpr(); d {
	case "0", `""`, "false", "nil", "wire.UUID{}", "wire.Null[string]{}":
		return true
	}
	if f.Type == "struct" && !f.Array && !f.nullable() {
		return f.sub.zeroDefault()
	}
	return false
}

func (g *group) zeroDefault() bool {
	for _, f := range g.fields {
		if !f.zeroDefault() {
			return false
		}
	}
	return true
}

// isLost is the Go condition under which leaving x out loses something: it holds more than nothing and
// differs from the default. Where a field does not travel, null and empty are both nothing.
func (f *field) isLost(x string) string {
	switch {
	case f.Array || f.Type == "bytes" || f.Type == "records":
		return "len(" + x + ") != 0"
	case f.Type == "string" && f.nullable():
		return x + ".Valid && " + x + ".V != " + strconv.Quote(strings.TrimPrefix(f.Default, "null"))
	case f.Type == "struct" && f.nullable() && f.Default != "null":
		return x + " != nil && !" + x + ".isDefault()"
	}
	return f.isSet(x)
}

// isSet is the Go condition under which the value x differs from the default.
func (f *field) isSet(x string) string {
	d := f.defaultExpr()
	switch {
	case f.Array || f.Type == "bytes" || f.Type == "records":
		if f.nullable() || f.Type == "records" {
			if d == "nil" {
				return x + " != nil"
			}
			return x + " == nil || len(" + x + ") != 0"
		}
		return "len(" + x + ") != 0"
	case f.Type == "bool":
		if d == "true" {
			return "!" + x
		}
		return x
	case f.Type == "uuid":
		return "!" + x + ".IsZero()"
	case f.Type == "string" && f.nullable():
		if f.Default == "null" {
			return x + ".Valid"
		}
		return x + " != " + d
	case f.Type == "struct" && f.nullable():
		if f.Default == "null" {
			return x + " != nil"
		}
		return x + " == nil || !" + x + ".isDefault()"
	case f.Type == "struct":
		return "!" + x + ".isDefault()"
	}
	return x + " != " + d
}

// minSize is the smallest encoding of one element of f.
func (f *field) minSize(g *group) int {
	return spec.MinElementSize(f.Field, spec.Of(g.within, f.Versions.Has), g.msg.Flexible)
}

func check(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf("kwire: internal: "+format, args...))
	}
}
