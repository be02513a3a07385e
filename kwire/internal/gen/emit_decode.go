package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// A decode function takes the offset where its value starts and returns the one after it.
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
	body := b.String()
	if regexp.MustCompile(`\bbuf\b`).MatchString(body) {
		body = "buf := r.Input()\n" + body
	}
	p.function(g, fmt.Sprintf("func (m *%s) decode(r *wire.Reader, at int, version int16%s) int", g.goName, slabs), body)
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
	return fmt.Sprintf("if len(buf)-at < %d {\nreturn r.Short(at, %q)\n}\nb := buf[at : at+%d]\n%sat += %d\n", at, sizes, at, body, at)
}

func (f *field) ref() string { return "m." + f.goName }

func (g *group) decodeTags() string {
	flex := g.flexibleExpr()
	if flex == "false" {
		return "return at\n"
	}
	var b strings.Builder
	b.WriteString("m.Unknown = nil\n")
	for _, f := range g.tagged() {
		if len(spec.Of(g.within, f.inline().Has)) == 0 {
			fmt.Fprintf(&b, "%s = %s\n", f.ref(), f.defaultExpr())
		}
	}
	if flex != "true" {
		b.WriteString("if !flexible {\nreturn at\n}\n")
	}
	b.WriteString("if wire.NoTags(buf, at) {\nreturn at + 1\n}\nvar t wire.TagReader\nfor t.Next(r, at) {\n")
	if len(g.tagged()) == 0 {
		b.WriteString("at = t.Keep(r, &m.Unknown)\n")
	} else {
		var cases strings.Builder
		for _, f := range g.tagged() {
			c := cond(f.Tagged, spec.Of(g.within, g.msg.Flexible.Has))
			if c != "" {
				if strings.Contains(c, "||") {
					c = "(" + c + ")"
				}
				c = " && " + c
			}
			fmt.Fprintf(&cases, "case t.ID == %d%s:\n%s", f.Tag, c, f.decode(g, f.Tagged, true))
		}
		place := "at = t.At"
		if strings.Contains(cases.String(), "buf") {
			place = "at, buf = t.At, r.Input()"
		}
		fmt.Fprintf(&b, "switch %s; {\n%sdefault:\nat = t.Keep(r, &m.Unknown)\n}\n", place, cases.String())
	}
	b.WriteString("}\nreturn t.At\n")
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
			return fmt.Sprintf("%s, at = r.NullString(at, %s)\n", x, flex)
		case f.nullable():
			return fmt.Sprintf("%s.V, at = r.String(at, %s)\n%s.Valid = true\n", x, flex, x)
		}
		return fmt.Sprintf("%s, at = r.String(at, %s)\n", x, flex)
	case "bytes", "records":
		if null {
			return fmt.Sprintf("%s, at = r.NullBytes(at, %s)\n", x, flex)
		}
		return fmt.Sprintf("%s, at = r.Bytes(at, %s)\n", x, flex)
	case "struct":
		return f.decodeStruct(x, null, tagged)
	}
	return f.readNumber(x)
}

func (f *field) decodeStruct(x string, null, tagged bool) string {
	call := f.sub.callDecode(x)
	if !f.nullable() {
		return call
	}
	read := fmt.Sprintf("%s = wire.New(r, at, %s)\n%s", x, x, call)
	if !null {
		return read
	}
	present := "r.Present(at)"
	if tagged {
		present = "r.TaggedPresent(at)"
	}
	return fmt.Sprintf("if present, next := %s; present {\nat = next\n%s} else {\nat = next\n%s = nil\n}\n", present, read, x)
}

// readNumber reads one value of a fixed size into x.
func (f *field) readNumber(x string) string {
	switch f.Type {
	case "uuid":
		return x + ", at = r.UUID(buf, at)\n"
	case "bool":
		return x + ", at = r.Bool(at)\n"
	case "float64", "int8", "int16", "uint16", "int32", "uint32", "int64":
		read := "r." + strings.ToUpper(f.Type[:1]) + f.Type[1:] + "(buf, at)"
		if f.isCode() {
			return fmt.Sprintf("code, next := %s\n%s, at = errcode.Code(code), next\n", read, x)
		}
		return fmt.Sprintf("%s, at = %s\n", x, read)
	}
	panic("kwire: internal: no fixed size: " + f.Type)
}

func (f *field) decodeArray(g *group, x, flex string, null bool) string {
	slab := f.slab(g)
	if f.Type == "int32" {
		return f.decodeInt32s(x, slab, flex, null)
	}
	kind := "Array"
	if null {
		kind = "NullArray"
	}
	take := fmt.Sprintf("%s, at = wire.%s(r, at, %s, %s, %d)\n", x, kind, x, flex, f.minSize(g))
	if slab != "" {
		take = fmt.Sprintf("%s, at = %s.%s(r, at, %s, %s, %d)\n", x, slab[1:], kind, x, flex, f.minSize(g))
	}
	var fill string
	switch f.Type {
	case "struct":
		fill = f.sub.callDecode(x+"[i]") + "if r.Failed() {\nreturn at\n}\n"
	case "string":
		fill = fmt.Sprintf("%s[i], at = r.String(at, %s)\nif r.Failed() {\nreturn at\n}\n", x, flex)
	default:
		fill = f.readNumber(x + "[i]")
	}
	return take + fmt.Sprintf("for i := range %s {\n%s}\n", x, fill)
}

// decodeInt32s reads an array of numbers. Those in arrays are many and small, of replicas: where it stands is read what
// nearly all of them are.
func (f *field) decodeInt32s(x, slab, flex string, null bool) string {
	read := "Int32s"
	if null {
		read = "NullInt32s"
	}
	if slab == "" {
		return fmt.Sprintf("%s, at = r.%s(at, %s, nil, %s)\n", x, read, x, flex)
	}
	return fmt.Sprintf("if n := r.Few(buf, at, %s, cap(%s)); n >= 0 && %s != nil {\n%s = %s[:n]\nat = wire.Int32sAt(%s, buf, at+1)\n} else {\n%s, at = r.%s(at, %s, %s, %s)\n}\n",
		flex, x, x, x, x, x, x, read, x, slab, flex)
}

// callDecode reads x, a value of g.
func (g *group) callDecode(x string) string {
	if g.slabs() {
		return "at = " + x + ".decode(r, at, version, s)\n"
	}
	return "at = " + x + ".decode(r, at, version)\n"
}
