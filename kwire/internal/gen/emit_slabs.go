package main

import "github.com/kwire-project/kafka/kwire/internal/gen/spec"

// Arrays that lie in the elements of other arrays are cut from slabs: one for each type of element, all of a message
// in one struct that its decode functions hand down.

func slabsType(m *spec.Message) string { return lowerFirst(m.Name) + "Slabs" }

func lowerFirst(s string) string { return string(s[0]|0x20) + s[1:] }

// slab is the slab that the array f of g is cut from: "&s.partitions"; "" if it is not, because there is one such array.
func (f *field) slab(g *group) string {
	if !g.repeated() {
		return ""
	}
	return "&s." + f.slabName()
}

func (f *field) slabName() string {
	if f.Type == "struct" {
		return lowerFirst(f.sub.goName[len(f.sub.msg.Name):])
	}
	return f.Type + "s"
}

// repeated reports whether values of g are elements of an array, or parts of such elements.
func (g *group) repeated() bool {
	for _, other := range groups(g.msg) {
		for _, f := range other.fields {
			if f.sub != nil && f.sub.goName == g.goName && (f.Array || other.repeated()) {
				return true
			}
		}
	}
	return false
}

// slabs reports whether reading a value of g needs the message's slabs.
func (g *group) slabs() bool {
	for _, f := range g.fields {
		if f.Array && g.repeated() || f.sub != nil && f.sub.slabs() {
			return true
		}
	}
	return false
}

// slabsType declares the slabs of a message.
func (p *printer) slabsType(m *spec.Message, gs []*group) {
	if !gs[0].slabs() {
		return
	}
	p.f("// %s has the memory of arrays in arrays.\ntype %s struct {\n", slabsType(m), slabsType(m))
	seen := map[string]bool{}
	for _, g := range gs {
		for _, f := range g.fields {
			if name := f.slabName(); f.Array && g.repeated() && !seen[name] {
				seen[name] = true
				p.f("%s wire.Slab[%s]\n", name, f.elemType())
			}
		}
	}
	p.f("}\n\n")
}
