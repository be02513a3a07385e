package main

import (
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

func (p *printer) decodeFunc(g *group) {
	var b branches
	for i := 0; i < len(g.fields); {
		f := g.fields[i]
		vs := f.inline()
		if len(spec.Of(g.within, vs.Has)) == 0 {
			i++
			continue // only ever tagged
		}
		c := cond(vs, g.within)
		run := g.run(i)
		otherwise := ""
		if c != "" {
			for _, f := range run {
				otherwise += f.ref() + " = " + f.defaultExpr() + "\n"
			}
		}
		if len(run) > 1 {
			b.add(c, decodeRun(run), otherwise)
		} else {
			b.add(c, f.decode(g, vs, false), otherwise)
		}
		i += len(run)
	}
	b.add("", g.decodeTags(), "")
	slabs := ""
	if g.slabs() {
		slabs = ", s *" + slabsType(g.msg)
	}
	p.function(g, fmt.Sprintf("func (m *%s) decode(r *wire.Reader, version int16%s)", g.goName, slabs), b.String())
}

// run returns the fields from i on that are numbers of fixed size in the same versions, which are read together;
// a field that is none is a run of its own.
func (g *group) run(i int) []*field {
	n := i
	for ; n < len(g.fields); n++ {
		f := g.fields[n]
		fits := fixedSize(f.Type) > 0 && f.Type != "bool" && !f.Array && len(f.Tagged) == 0
		if !fits || cond(f.inline(), g.within) != cond(g.fields[i].inline(), g.within) {
			break
		}
	}
	return g.fields[i:max(n, i+1)]
}

// decodeRun reads the fields of a run with one check for their bytes.
func decodeRun(run []*field) string {
	var body, sizes string
	at := 0
	for _, f := range run {
		b := "b"
		if at > 0 {
			b = fmt.Sprintf("b[%d:]", at)
		}
		n := fixedSize(f.Type)
		x := "wire." + strings.ToUpper(f.Type[:1]) + f.Type[1:] + "At(" + b + ")"
		switch {
		case f.Type == "uuid":
			x = "wire.UUID(" + fmt.Sprintf("b[%d:%d]", at, at+n) + ")"
		case f.Type == "int8":
			x = fmt.Sprintf("int8(b[%d])", at)
		case f.isCode():
			x = "errcode.Code(" + x + ")"
		}
		body += f.ref() + " = " + x + "\n"
		if f.Type == "uuid" {
			sizes += "U"
		} else {
			sizes += fmt.Sprint(n)
		}
		at += n
	}
	return fmt.Sprintf("if b := r.Fixed(%d, %q); len(b) == %d {\n%s}\n", at, sizes, at, body)
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
	if flex == "true" {
		b.WriteString("if !r.NoTags() {\n")
	} else {
		b.WriteString("if flexible && !r.NoTags() {\n")
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
	b.WriteString("}\n}\n")
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
			return x + f.sub.callDecode()
		}
		read := fmt.Sprintf("%s = wire.New(r, %s)\n%s%s", x, x, x, f.sub.callDecode())
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
	slab := f.slab(g)
	if f.Type == "int32" {
		read := "Int32s"
		if null {
			read = "NullInt32s"
		}
		if slab == "" {
			slab = "nil"
		}
		return fmt.Sprintf("%s = r.%s(%s, %s, %s)\n", x, read, x, slab, flex)
	}
	make := func(n string) string {
		if slab == "" {
			return fmt.Sprintf("%s = wire.Resize(r, %s, %s)\n", x, x, n)
		}
		return fmt.Sprintf("%s = %s.Take(r, %s, %s, %d)\n", x, slab[1:], x, n, min)
	}
	var fill string
	switch f.Type {
	case "struct":
		fill = fmt.Sprintf("%s[i]%sif r.Failed() {\nreturn\n}\n", x, f.sub.callDecode())
	case "string":
		fill = fmt.Sprintf("%s[i] = r.String(%s)\nif r.Failed() {\nreturn\n}\n", x, flex)
	default:
		fill = fmt.Sprintf("%s[i] = %s\n", x, f.readExpr())
	}
	fill = fmt.Sprintf("for i := range %s {\n%s}\n", x, fill)
	if !null {
		return make(fmt.Sprintf("r.ArrayLen(%s, %d)", flex, min)) + fill
	}
	return fmt.Sprintf("if n := r.NullArrayLen(%s, %d); n < 0 {\n%s = nil\n} else {\n%s%s}\n", flex, min, x, make("n"), fill)
}

// callDecode is the call, on a value of g, that reads it.
func (g *group) callDecode() string {
	if g.slabs() {
		return ".decode(r, version, s)\n"
	}
	return ".decode(r, version)\n"
}
