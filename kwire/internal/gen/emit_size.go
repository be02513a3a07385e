package main

import (
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// fixedSize is the size of a type that always takes the same, or 0.
func fixedSize(t string) int {
	switch t {
	case "bool", "int8":
		return 1
	case "int16", "uint16":
		return 2
	case "int32", "uint32":
		return 4
	case "int64", "float64":
		return 8
	case "uuid":
		return 16
	}
	return 0
}

func (p *printer) sizeFunc(g *group) {
	var b branches
	fixed := map[string]int{}
	for _, f := range g.fields { // numbers are added up, for each condition
		vs := f.inline()
		if n := fixedSize(f.Type); n > 0 && !f.Array && len(spec.Of(g.within, vs.Has)) > 0 {
			fixed[cond(vs, g.within)] += n
		}
	}
	b.add("", fmt.Sprintf("n := %d\n", fixed[""]), "")
	fixed[""] = 0
	for _, f := range g.fields {
		vs := f.inline()
		c, in := cond(vs, g.within), spec.Of(g.within, vs.Has)
		switch {
		case len(in) == 0:
		case f.Array || fixedSize(f.Type) == 0:
			b.add(c, f.size(g, in, false), "")
		case fixed[c] > 0:
			b.add(c, fmt.Sprintf("n += %d\n", fixed[c]), "")
			fixed[c] = 0
		}
	}
	b.add("", g.sizeTags()+"return n\n", "")
	p.function(g, fmt.Sprintf("func (m *%s) size(version int16) int", g.goName), b.String())
}

// size returns the statements that add the size of f to n.
func (f *field) size(g *group, in spec.Versions, tagged bool) string {
	flex := g.flexibleExpr()
	if f.NeverFlexible {
		flex = "false"
	}
	x := f.ref()
	if f.Array {
		switch {
		case f.Type == "struct":
			return fmt.Sprintf("n += wire.SizeArrayLen(len(%s), %s)\nfor i := range %s {\nn += %s[i].size(version)\n}\n", x, flex, x, x)
		case f.Type == "string":
			return fmt.Sprintf("n += wire.SizeArrayLen(len(%s), %s)\nfor _, s := range %s {\nn += wire.SizeString(s, %s)\n}\n", x, flex, x, flex)
		}
		return fmt.Sprintf("n += wire.SizeArrayLen(len(%s), %s) + %d*len(%s)\n", x, flex, fixedSize(f.Type), x)
	}
	switch {
	case f.Type == "string" && f.nullable():
		return fmt.Sprintf("n += wire.SizeNullString(%s, %s)\n", x, flex)
	case f.Type == "string":
		return fmt.Sprintf("n += wire.SizeString(%s, %s)\n", x, flex)
	case f.Type == "bytes" || f.Type == "records":
		return fmt.Sprintf("n += wire.SizeBytes(%s, %s)\n", x, flex)
	case f.Type == "struct" && !f.nullable():
		return fmt.Sprintf("n += %s.size(version)\n", x)
	case f.Type == "struct":
		mark := "n++ // whether it is null\n"
		if !tagged && !f.alwaysNull(in) {
			mark = fmt.Sprintf("if %s {\nn++ // whether it is null\n}\n", cond(f.Nullable, in))
			if f.neverNull(in) {
				mark = ""
			}
		}
		return fmt.Sprintf("%sif %s != nil {\nn += %s.size(version)\n}\n", mark, x, x)
	}
	return fmt.Sprintf("n += %d\n", fixedSize(f.Type))
}

func (g *group) sizeTags() string {
	flex := g.flexibleExpr()
	if flex == "false" {
		return ""
	}
	var b strings.Builder
	if len(g.tagged()) == 0 {
		b.WriteString("n += wire.SizeUvarint(uint32(m.Unknown.Len())) + m.Unknown.Size()\n")
	} else {
		b.WriteString("tags := m.Unknown.Len()\n")
		for _, f := range g.tagged() {
			fmt.Fprintf(&b, "if %s {\ntags++\n%s}\n", f.tagCond(g), f.sizeTag(g, "n += wire.SizeTag(%d, %s)\n"))
		}
		b.WriteString("n += wire.SizeUvarint(uint32(tags)) + m.Unknown.Size()\n")
	}
	if flex != "true" {
		return "if flexible {\n" + b.String() + "}\n"
	}
	return b.String()
}

// tagCond is the condition under which the tagged field f is written, within a flexible version.
func (f *field) tagCond(g *group) string {
	set := f.isSet(f.ref())
	c := cond(f.Tagged, spec.Of(g.within, g.msg.Flexible.Has))
	if c == "" {
		return set
	}
	if strings.Contains(set, "||") {
		set = "(" + set + ")"
	}
	if strings.Contains(c, "||") {
		c = "(" + c + ")"
	}
	return c + " && " + set
}

// sizeTag computes the size of a tagged field's data and gives it to the statement that use makes
// of (tag, size expression).
func (f *field) sizeTag(g *group, use string) string {
	if !f.Array && fixedSize(f.Type) > 0 {
		return fmt.Sprintf(use, f.Tag, fmt.Sprint(fixedSize(f.Type)))
	}
	body := f.size(g, f.Tagged, true)
	if rest, ok := strings.CutPrefix(body, "n += "); ok && strings.Count(body, "\n") == 1 {
		return fmt.Sprintf(use, f.Tag, strings.TrimSpace(rest))
	}
	body = strings.ReplaceAll(body, "n += ", "size += ")
	body = strings.ReplaceAll(body, "n++ ", "size++ ")
	return "size := 0\n" + body + fmt.Sprintf(use, f.Tag, "size")
}
