package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/kwire-project/kafka/kwire/schema"
)

const apisSynopsis = `apis [flags] [API]

Lists Kafka's APIs with their keys and versions. With a key or a name (of an API, a header, a record
or any other message) it shows the fields and their versions.`

func apis(args []string, s streams) error {
	fs := flag.NewFlagSet("apis", flag.ContinueOnError)
	kind := fs.String("type", "", "list these instead: header, data, metadata, coordinator-key or coordinator-value")
	version := fs.Int("version", -1, "with an API: only the fields of this version")
	arg, err := parse(fs, args, s, apisSynopsis)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(s.out)
	switch {
	case arg != "":
		err = describe(w, wanted{kind: *kind, api: arg}, *version)
	case *kind != "":
		err = listKind(w, *kind)
	default:
		listAPIs(w)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

func listAPIs(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tNAME\tVERSIONS\tFLEXIBLE\tWHAT IT IS FOR")
	for m := range schema.APIs() {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", m.Key, m.API(), versions(m), m.Flexible, schema.AboutAPI(m.Key))
	}
	w.Flush()
}

// versions says which versions a message has, and which of them may still change.
func versions(m *schema.Message) string {
	if m.Unstable.Empty() {
		return m.Versions.String()
	}
	return m.Versions.String() + " (unstable " + m.Unstable.String() + ")"
}

func listKind(out io.Writer, name string) error {
	kind, ok := schema.ParseKind(name)
	if !ok {
		return usagef("no type %q", name)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tTYPE\tVERSIONS\tFLEXIBLE\tLOG")
	for m := range schema.All() {
		if m.Kind != kind {
			continue
		}
		key := ""
		if m.Key >= 0 {
			key = fmt.Sprint(m.Key)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.Name, key, versions(m), m.Flexible, m.Log)
	}
	return w.Flush()
}

// describe prints the fields of a message; of an API, those of the request and the response.
func describe(w io.Writer, want wanted, version int) error {
	m, err := want.message()
	if err != nil {
		return err
	}
	list := []*schema.Message{m}
	if isMessage(m.Kind) && want.kind == "" && want.api != m.Name {
		list = []*schema.Message{schema.Request(m.Key), schema.Response(m.Key)}
	}
	for i, m := range list {
		if version >= 0 && !m.Versions.Has(int16(version)) {
			return usagef("%s has versions %s", m.Name, m.Versions)
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s, %s", m.Name, m.Kind)
		if m.Key >= 0 {
			fmt.Fprintf(w, " %d", m.Key)
		}
		fmt.Fprintf(w, ", versions %s, flexible %s\n", versions(m), m.Flexible)
		f := describer{w: w, m: m, version: int16(version)}
		f.fields(m.Fields, nil, 1)
	}
	return nil
}

type describer struct {
	w       io.Writer
	m       *schema.Message
	version int16 // −1 for all
}

func (d *describer) fields(fields []*schema.Field, in *schema.Struct, depth int) {
	for _, f := range fields {
		if d.version >= 0 && !f.Versions.Has(d.version) {
			continue
		}
		name := strings.Repeat("  ", depth) + f.Name
		fmt.Fprintf(d.w, "%-44s %-28s v%s", name, f.TypeName(), f.Versions)
		if !f.Tagged.Empty() {
			fmt.Fprintf(d.w, ", tag %d", f.Tag)
		}
		if !f.Nullable.Empty() {
			fmt.Fprint(d.w, ", nullable")
			if f.Nullable != f.Versions {
				fmt.Fprintf(d.w, " v%s", f.Nullable)
			}
		}
		if f.Default != "" {
			fmt.Fprintf(d.w, ", default %s", f.Default)
		}
		if about := schema.About(d.m, in, f); about != "" {
			fmt.Fprintf(d.w, "  %s", about)
		}
		fmt.Fprintln(d.w)
		if f.Struct != nil {
			d.fields(f.Struct.Fields, f.Struct, depth+1)
		}
	}
}
