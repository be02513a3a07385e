package view

import (
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
)

// AppendVersions appends the schema of a request or response over all of its
// versions: a line for the message, then one for each field, of depth, name,
// type, versions, note and sentence. It is empty where there is no such API.
func AppendVersions(dst []byte, side, key int) []byte {
	m := schema.Request(int16(key))
	if side == SideResponse {
		m = schema.Response(int16(key))
	}
	if m == nil {
		return dst
	}
	w := schemaWriter{lines: lines{dst}, m: m}
	note := ""
	if !m.Flexible.Empty() {
		note = "flexible " + openVersions(m.Flexible, m.Versions)
	}
	w.line("0", m.API()+" "+m.Kind.String(), "", m.Versions.String(), note, schema.AboutAPI(int16(key)))
	w.fields(m.Fields, nil, 1)
	return w.dst
}

type schemaWriter struct {
	lines
	m *schema.Message
}

func (w *schemaWriter) fields(fields []*schema.Field, in *schema.Struct, depth int) {
	for _, f := range fields {
		w.line(strconv.Itoa(depth), f.Name, f.TypeName(), openVersions(f.Versions, w.m.Versions), w.note(f), schema.About(w.m, in, f))
		if f.Struct != nil {
			w.fields(f.Struct.Fields, f.Struct, depth+1)
		}
	}
}

// note says what is special about a field: "nullable 1+, tag 3, default -1".
func (w *schemaWriter) note(f *schema.Field) string {
	text := ""
	add := func(part string) {
		if text != "" {
			text += ", "
		}
		text += part
	}
	if !f.Nullable.Empty() {
		add("nullable " + openVersions(f.Nullable, w.m.Versions))
	}
	if f.Tag >= 0 {
		add("tag " + strconv.Itoa(int(f.Tag)))
		if f.Tagged != f.Versions {
			add("tagged " + openVersions(f.Tagged, w.m.Versions))
		}
	}
	if f.Default != "" {
		add("default " + f.Default)
	}
	return text
}

// openVersions writes a set of versions that reaches to the newest of all as "3+".
func openVersions(vs, all schema.Versions) string {
	vs &= all
	if text := strconv.Itoa(int(vs.Min())) + "+"; vs != 0 && vs == all&^(1<<vs.Min()-1) {
		return text
	}
	return vs.String()
}
