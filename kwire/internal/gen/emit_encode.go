package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// returnFailed stands before a field whose own failures are given this field's name: an older failure
// must not get it.
const returnFailed = "if e.Failed() {\nreturn dst\n}\n"

func (p *printer) appendFunc(g *group) {
	if g.onlyInline() {
		return
	}
	p.function(g, fmt.Sprintf("func (m *%s) append(dst []byte, version int16, e *wire.Encode) []byte", g.goName), g.appendFields()+"return dst\n")
}

// leaf reports whether g holds no other structs. As elements of an array leaves are written in the loop over it: a call
// for each would cost as much as the writing.
func (g *group) leaf() bool {
	for _, f := range g.fields {
		if f.sub != nil {
			return false
		}
	}
	return true
}

// onlyInline reports whether all values of g are written in such loops.
func (g *group) onlyInline() bool {
	if g.top || !g.leaf() {
		return false
	}
	for _, other := range groups(g.msg) {
		for _, f := range other.fields {
			if f.sub != nil && f.sub.goName == g.goName && !f.Array {
				return false
			}
		}
	}
	return true
}

// appendFields returns the statements that write m, a value of g.
func (g *group) appendFields() string {
	var b branches
	fallible := false
	for i := 0; i < len(g.fields); i++ {
		f := g.fields[i]
		if run := g.appendedRun(i); len(run) > 1 {
			b.add(cond(f.inline(), g.within), appendRun(run), "")
			i += len(run) - 1
			continue
		}
		in := spec.Of(g.within, f.inline().Has)
		body, lost := "", f.lost(g)
		if len(in) > 0 {
			body = f.append(g, in, false)
			if f.Struct != nil && fallible {
				b.add("", returnFailed, "")
				fallible = false
			}
		}
		c := cond(f.inline(), g.within)
		switch {
		case lost == "" && body != "":
			b.add(c, body, "")
		case body != "" && c == cond(f.Versions, g.within):
			b.add("", fmt.Sprintf("if %s {\n%s} else %s", c, body, lost), "")
		default: // only ever tagged, or tagged in some versions
			if body != "" {
				b.add(c, body, "")
			}
			if without := negate(f.Versions, g.within); lost != "" && without != "" {
				lost = fmt.Sprintf("if %s && %s", without, strings.TrimPrefix(lost, "if "))
			}
			b.add("", lost, "")
		}
		fallible = fallible || strings.Contains(body, "e.String(") || lost != ""
	}
	b.add("", g.appendTags(), "")
	return b.String()
}

var (
	ofM       = regexp.MustCompile(`\bm\.`)
	returnDst = regexp.MustCompile(`return dst\n`)
)

// appendElements writes x, an array of structs, after its count, in the versions in.
func (f *field) appendElements(x string, in spec.Versions) string {
	failed := fmt.Sprintf("e.In(%q, i)\nreturn dst\n", f.Name)
	if !f.sub.leaf() {
		return fmt.Sprintf("for i := range %s {\ndst = %s[i].append(dst, version, e)\nif e.Failed() {\n%s}\n}\n", x, x, failed)
	}
	element := *f.sub
	element.within = in
	body := returnDst.ReplaceAllString(ofM.ReplaceAllString(element.appendFields(), "x."), failed)
	body = strings.ReplaceAll("\n"+strings.TrimSuffix(body, "\n"), "\n", "\n\t") // what it declares is its own
	return fmt.Sprintf("for i := range %s {\nx := &%s[i]%s\nif e.Failed() {\n%s}\n}\n", x, x, body, failed)
}

// appendedRun is run, of fields that no version refuses.
func (g *group) appendedRun(i int) []*field {
	run := g.run(i)
	for n, f := range run {
		if f.lost(g) != "" || len(spec.Of(g.within, f.inline().Has)) == 0 {
			return run[:n]
		}
	}
	return run
}

// appendRun writes the fields of a run with one check for their room.
func appendRun(run []*field) string {
	var body string
	at := 0
	for _, f := range run {
		b := "b"
		if at > 0 {
			b = fmt.Sprintf("b[%d:]", at)
		}
		put := fmt.Sprintf("wire.Put%s(%s, %s)\n", strings.ToUpper(f.Type[:1])+f.Type[1:], b, f.ref())
		switch {
		case f.Type == "uuid":
			put = fmt.Sprintf("copy(%s, %s[:])\n", b, f.ref())
		case f.Type == "int8":
			put = fmt.Sprintf("b[%d] = byte(%s)\n", at, f.ref())
		case f.isCode():
			put = fmt.Sprintf("wire.PutInt16(%s, int16(%s))\n", b, f.ref())
		}
		body += put
		at += fixedSize(f.Type)
	}
	return fmt.Sprintf("dst = wire.Extend(dst, %d)\nb := dst[len(dst)-%d:]\n%s", at, at, body)
}

// lost returns what is to be said of f being set where its version has no such field; "" if nothing.
func (f *field) lost(g *group) string {
	if f.Ignorable || cond(f.Versions, g.within) == "" {
		return ""
	}
	return fmt.Sprintf("if %s {\ne.Unsupported(%q)\n}\n", f.isLost(f.ref()), f.Name)
}

func negate(vs, within spec.Versions) string {
	return cond(spec.Of(within, func(v int16) bool { return !vs.Has(v) }), within)
}

// append returns the statements that write f in the versions in.
func (f *field) append(g *group, in spec.Versions, tagged bool) string {
	flex := g.flexibleExpr()
	if f.NeverFlexible {
		flex = "false"
	}
	x := f.ref()
	null := f.nullable() && !f.neverNull(in)
	refuse := ""
	if null && !f.alwaysNull(in) {
		refuse = f.refuseNull(x, negate(f.Nullable, in))
	}
	if f.nullable() && !null {
		refuse = f.refuseNull(x, "")
		null = false
	}
	if f.Array {
		return refuse + f.appendArray(x, flex, in, null)
	}
	switch {
	case f.Type == "string" && f.nullable():
		write := appendString(f.Name, x+".V", flex)
		if !null {
			return refuse + write
		}
		return refuse + fmt.Sprintf("if %s.Valid {\n%s} else {\ndst = wire.AppendStringNull(dst, %s)\n}\n", x, write, flex)
	case f.Type == "string":
		return appendString(f.Name, x, flex)
	case f.Type == "bytes" || f.Type == "records":
		fn := "AppendBytes"
		if null {
			fn = "AppendNullBytes"
		}
		return refuse + fmt.Sprintf("dst = wire.%s(dst, %s, %s)\n", fn, x, flex)
	case f.Type == "struct":
		return refuse + f.appendStruct(g, x, in, null, tagged)
	case f.isCode():
		return fmt.Sprintf("dst = wire.AppendInt16(dst, int16(%s))\n", x)
	case f.Type == "uuid":
		return fmt.Sprintf("dst = wire.AppendUUID(dst, %s)\n", x)
	}
	return fmt.Sprintf("dst = wire.Append%s(dst, %s)\n", strings.ToUpper(f.Type[:1])+f.Type[1:], x)
}

// appendString writes length and bytes as two steps, which the compiler inlines.
func appendString(name, x, flex string) string {
	return fmt.Sprintf("e.String(%q, len(%s))\ndst = append(wire.AppendStringLen(dst, len(%s), %s), %s...)\n", name, x, x, flex, x)
}

func (f *field) refuseNull(x, c string) string {
	isNull := x + " == nil"
	if f.Type == "string" && !f.Array {
		isNull = "!" + x + ".Valid"
	}
	if c != "" {
		if strings.Contains(c, "||") {
			c = "(" + c + ")"
		}
		isNull = c + " && " + isNull
	}
	return fmt.Sprintf("if %s {\ne.Null(%q)\nreturn dst\n}\n", isNull, f.Name)
}

func (f *field) appendStruct(g *group, x string, in spec.Versions, null, tagged bool) string {
	write := fmt.Sprintf("dst = %s.append(dst, version, e)\nif e.Failed() {\ne.In(%q, -1)\nreturn dst\n}\n", x, f.Name)
	if !f.nullable() || !null {
		return write
	}
	absent, present := "dst = append(dst, 0xff)\n", "dst = append(dst, 1)\n"
	if tagged {
		absent = "dst = append(dst, 0)\n"
	}
	if !f.alwaysNull(in) {
		present = fmt.Sprintf("if %s {\n%s}\n", cond(f.Nullable, in), present)
	}
	return fmt.Sprintf("if %s == nil {\n%s} else {\n%s%s}\n", x, absent, present, write)
}

func (f *field) appendArray(x, flex string, in spec.Versions, null bool) string {
	count := fmt.Sprintf("dst = wire.AppendArrayLen(dst, len(%s), %s)\n", x, flex)
	if null {
		count = fmt.Sprintf("if %s == nil {\ndst = wire.AppendArrayLen(dst, -1, %s)\n} else {\n%s}\n", x, flex, count)
	}
	switch f.Type {
	case "struct":
		return count + f.appendElements(x, in)
	case "string":
		return count + fmt.Sprintf("for _, s := range %s {\n%s}\n", x, appendString(f.Name, "s", flex))
	case "int32":
		return count + fmt.Sprintf("dst = wire.AppendInt32s(dst, %s)\n", x)
	case "uuid":
		return count + fmt.Sprintf("for _, v := range %s {\ndst = wire.AppendUUID(dst, v)\n}\n", x)
	}
	return count + fmt.Sprintf("for _, v := range %s {\ndst = wire.Append%s(dst, v)\n}\n", x, strings.ToUpper(f.Type[:1])+f.Type[1:])
}

func (g *group) appendTags() string {
	flex := g.flexibleExpr()
	if flex == "false" {
		return ""
	}
	var b strings.Builder
	if len(g.tagged()) == 0 {
		b.WriteString("dst = m.Unknown.AppendAll(dst, e)\n")
	} else {
		b.WriteString("tags := m.Unknown.Len()\n")
		for _, f := range g.tagged() {
			fmt.Fprintf(&b, "if %s {\ntags++\n}\n", f.tagCond(g))
		}
		b.WriteString("dst = wire.AppendUvarint(dst, uint32(tags))\nnext := 0 // of the unknown tags, which travel merged with the known ones\n")
		for _, f := range g.tagged() {
			failed := ""
			if f.Struct != nil {
				failed = returnFailed
			}
			fmt.Fprintf(&b, "if %s {\ndst, next = m.Unknown.AppendBelow(dst, next, %d, e)\n%s%s%s}\n", f.tagCond(g), f.Tag, failed,
				f.sizeTag(g, "dst = wire.AppendTag(dst, %d, %s)\n"), f.append(g, f.Tagged, true))
		}
		b.WriteString("dst = m.Unknown.AppendFrom(dst, next, e)\n")
	}
	if flex != "true" {
		return "if flexible {\n" + b.String() + "} else if m.Unknown.Len() > 0 {\ne.Unsupported(\"Unknown\")\n}\n"
	}
	return b.String()
}

func (p *printer) isDefaultFunc(g *group) {
	var parts []string
	for _, f := range g.fields {
		parts = append(parts, not(f.isSet(f.ref())))
	}
	if g.flexibleExpr() != "false" {
		parts = append(parts, "m.Unknown.Len() == 0")
	}
	p.f("func (m *%s) isDefault() bool {\nreturn %s\n}\n\n", g.goName, strings.Join(parts, " &&\n"))
}

// not is the opposite of a condition of isSet: of comparisons, calls and fields, with || between them.
func not(set string) string {
	parts := strings.Split(set, " || ")
	for i, c := range parts {
		switch {
		case strings.Contains(c, " != "):
			parts[i] = strings.Replace(c, " != ", " == ", 1)
		case strings.Contains(c, " == "):
			parts[i] = strings.Replace(c, " == ", " != ", 1)
		case strings.HasPrefix(c, "!"):
			parts[i] = c[1:]
		default:
			parts[i] = "!" + c
		}
	}
	return strings.Join(parts, " && ")
}
