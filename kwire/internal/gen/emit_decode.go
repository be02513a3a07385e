package main

import (
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

func (p *printer) decodeFunc(g *group) {
	var b branches
	for _, f := range g.fields {
		vs := f.inline()
		if len(spec.Of(g.within, vs.Has)) == 0 {
			continue // only ever tagged
		}
		otherwise := ""
		c := cond(vs, g.within)
		if c != "" {
			otherwise = f.ref() + " = " + f.defaultExpr() + "\n"
		}
		b.add(c, f.decode(g, vs, false), otherwise)
	}
	b.add("", g.decodeTags(), "")
	p.function(g, fmt.Sprintf("func (m *%s) decode(r *wire.Reader, version int16)", g.goName), b.String())
}

func (f *field) ref() string { return "m." + f.goName }

func (g *group) decodeTags() string {
	flex := g.flexibleExpr()
	if flex == "false" {
		return ""
	}
	var b strings.Builder
	b.WriteString("m.Unknown = nil\n")
	for _, f := range g.tagged() {
		if len(spec.Of(g.within, f.inline().Has)) == 0 {
			fmt.Fprintf(&b, "%s = %s\n", f.ref(), f.defaultExpr())
		}
	}
	if flex != "true" {
		b.WriteString("if flexible {\n")
	}
	b.WriteString("var t wire.TagReader\nfor t.Next(r) {\n")
	if len(g.tagged()) == 0 {
		b.WriteString("t.Keep(r, &m.Unknown)\n")
	} else {
		b.WriteString("switch {\n")
		for _, f := range g.tagged() {
			c := cond(f.Tagged, spec.Of(g.within, g.msg.Flexible.Has))
			if c != "" {
				if strings.Contains(c, "||") {
					c = "(" + c + ")"
				}
				c = " && " + c
			}
			fmt.Fprintf(&b, "case t.ID == %d%s:\n%s", f.Tag, c, f.decode(g, f.Tagged, true))
		}
		b.WriteString("default:\nt.Keep(r, &m.Unknown)\n}\n")
	}
	b.WriteString("}\n")
	if flex != "true" {
		b.WriteString("}\n")
	}
	return b.String()
}

// decode returns the statements that read f where its versions are vs.
func (f *field) decode(g *group, vs spec.Versions, tagged bool) string {
	in := spec.Of(g.within, vs.Has)
	flex := g.flexibleExpr()
	if f.NeverFlexible {
		flex = "false"
	}
	x := f.ref()
	if !f.nullable() || f.neverNull(in) {
		return f.decodeOne(g, x, flex, false, tagged)
	}
	if f.alwaysNull(in) {
		return f.decodeOne(g, x, flex, true, tagged)
	}
	return fmt.Sprintf("if %s {\n%s} else {\n%s}\n", cond(f.Nullable, in),
		f.decodeOne(g, x, flex, true, tagged), f.decodeOne(g, x, flex, false, tagged))
}

func (f *field) decodeOne(g *group, x, flex string, null, tagged bool) string {
	if f.Array {
		return f.decodeArray(g, x, flex, null)
	}
	switch f.Type {
	case "string":
		switch {
		case null:
			return fmt.Sprintf("%s = r.NullString(%s)\n", x, flex)
		case f.nullable():
			return fmt.Sprintf("%s = wire.Some(r.String(%s))\n", x, flex)
		}
		return fmt.Sprintf("%s = r.String(%s)\n", x, flex)
	case "bytes", "records":
		if null {
			return fmt.Sprintf("%s = r.NullBytes(%s)\n", x, flex)
		}
		return fmt.Sprintf("%s = r.Bytes(%s)\n", x, flex)
	case "struct":
		if !f.nullable() {
			return x + ".decode(r, version)\n"
		}
		read := fmt.Sprintf("if %s == nil {\n%s = new(%s)\n}\n%s.decode(r, version)\n", x, x, f.sub.goName, x)
		if !null {
			return read
		}
		present := "r.Present()"
		if tagged {
			present = "r.TaggedPresent()"
		}
		return fmt.Sprintf("if %s {\n%s} else {\n%s = nil\n}\n", present, read, x)
	}
	return x + " = " + f.readExpr() + "\n"
}

// readExpr reads one value of a fixed size.
func (f *field) readExpr() string {
	switch f.Type {
	case "uuid":
		return "r.UUID()"
	case "bool", "float64", "int8", "int16", "uint16", "int32", "uint32", "int64":
		e := "r." + strings.ToUpper(f.Type[:1]) + f.Type[1:] + "()"
		if f.isCode() {
			return "errcode.Code(" + e + ")"
		}
		return e
	}
	panic("kwire: internal: no fixed size: " + f.Type)
}

func (f *field) decodeArray(g *group, x, flex string, null bool) string {
	min := f.minSize(g)
	var fill string
	switch f.Type {
	case "struct":
		fill = fmt.Sprintf("for i := range %s {\n%s[i].decode(r, version)\nif r.Failed() {\nreturn\n}\n}\n", x, x)
	case "string":
		fill = fmt.Sprintf("for i := range %s {\n%s[i] = r.String(%s)\n}\n", x, x, flex)
	default:
		fill = fmt.Sprintf("for i := range %s {\n%s[i] = %s\n}\n", x, x, f.readExpr())
	}
	if f.Type == "int32" {
		if !null {
			return fmt.Sprintf("%s = r.Int32s(%s, r.ArrayLen(%s, %d))\n", x, x, flex, min)
		}
		return fmt.Sprintf("if n := r.NullArrayLen(%s, %d); n < 0 {\n%s = nil\n} else {\n%s = r.Int32s(%s, n)\n}\n", flex, min, x, x, x)
	}
	if !null {
		return fmt.Sprintf("%s = wire.Resize(%s, r.ArrayLen(%s, %d))\n%s", x, x, flex, min, fill)
	}
	return fmt.Sprintf("if n := r.NullArrayLen(%s, %d); n < 0 {\n%s = nil\n} else {\n%s = wire.Resize(%s, n)\n%s}\n", flex, min, x, x, x, fill)
}
