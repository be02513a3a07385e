package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// bytesPerRow is how many bytes of a node are shown.
const bytesPerRow = 8

// printTree prints a row for every node: offset, bytes, name, type, value and meaning.
func printTree(out io.Writer, t *inspect.Tree, readings []inspect.Reading) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s, %d bytes%s\n", t.Layout, len(t.Bytes()), alternatives(t, readings))
	for n := range t.All() {
		if n.Index() > 0 {
			printNode(w, n)
		}
	}
	return w.Flush()
}

// alternatives names the other readings that explain all bytes, if the tree's does.
func alternatives(t *inspect.Tree, readings []inspect.Reading) string {
	if !readings[0].Exact {
		return ""
	}
	var others []string
	for _, r := range readings[1:] {
		if r.Exact && r.Score > 0 && r.Layout != t.Layout {
			others = append(others, r.Layout.String())
		}
	}
	if len(others) == 0 {
		return ""
	}
	return " (guessed; also fits " + strings.Join(others, ", ") + ")"
}

func printNode(w io.Writer, n inspect.Node) {
	offset := fmt.Sprintf("%6d", n.Offset())
	if n.Buffer() > 0 {
		offset = fmt.Sprintf("%d:%d", n.Buffer(), n.Offset()) // in the decompressed records
	}
	hex := ""
	if n.IsLeaf() || n.Kind() == inspect.CompressedNode {
		b := n.Bytes()
		hex = fmt.Sprintf("% x", b[:min(len(b), bytesPerRow)])
		if len(b) > bytesPerRow {
			hex += " …"
		}
	}
	fmt.Fprintf(w, "%6s  %-26s %s%s", offset, hex, strings.Repeat("  ", n.Depth()-1), n.Name())
	if n.ElementIndex() < 0 || n.IsLeaf() {
		fmt.Fprintf(w, " %s", n.Type())
	}
	if v := n.Value(); v != "" {
		fmt.Fprintf(w, " = %s", v)
	}
	if m := n.Meaning(); m != "" {
		fmt.Fprintf(w, " (%s)", m)
	}
	if n.IsBad() {
		fmt.Fprint(w, "  <-- here")
	}
	fmt.Fprintln(w)
}

// printErrors prints what is wrong with a tree, and what to try.
func printErrors(w io.Writer, t *inspect.Tree, o inspect.Options) {
	if t.Err != nil {
		fmt.Fprintf(w, "error: %v\n", t.Err)
	}
	for _, p := range t.Problems {
		fmt.Fprintf(w, "error: %v\n", p)
	}
	for _, h := range o.Hints(t) {
		fmt.Fprintf(w, "likely: %s\n", h.Text)
	}
}

// printJSON prints a frame as one line of JSON: its header and body in Kafka's form.
func printJSON(out io.Writer, t *inspect.Tree, o inspect.Options) error {
	l := t.Layout
	line := struct {
		Name    string          `json:"name"`
		Type    string          `json:"type"`
		API     *int16          `json:"api,omitempty"`
		Version int16           `json:"version"`
		Header  json.RawMessage `json:"header,omitempty"`
		Body    json.RawMessage `json:"body,omitempty"`
		Error   string          `json:"error,omitempty"`
	}{Name: l.Name, Type: l.Kind.String(), Version: l.Version}
	if m := l.Schema(); m != nil {
		line.Name = m.Name
	}
	if l.Key >= 0 {
		line.API = &l.Key
	}
	if n, ok := t.Header(); ok {
		line.Header = messageJSON(n, o)
	}
	if n, ok := t.Body(); ok {
		line.Body = messageJSON(n, o)
	}
	if l.Name == inspect.RecordBatches {
		line.Type, line.Body = "records", o.AppendBatchesJSON(nil, t.Bytes())
	}
	if failure := t.First(); failure != nil {
		line.Error = failure.Error()
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(line)
}

// messageJSON is the JSON of a header or body, nil if it is damaged.
func messageJSON(n inspect.Node, o inspect.Options) json.RawMessage {
	m, version := n.Message()
	out, _, err := o.AppendJSON(nil, m, version, n.Bytes())
	if err != nil {
		return nil
	}
	return out
}

// isMessage reports whether a kind travels in frames.
func isMessage(k schema.Kind) bool { return k <= schema.KindResponse }
