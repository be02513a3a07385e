package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Limits for files that are no segments: a larger one is not what it seems. An index is read in pieces.
const (
	maxSmallFileBytes = 64 << 20
	maxEntryNodes     = 20_000_000
	entriesPerPiece   = 4096
)

// entries prints a file that is no segment: a line for each entry or line of it.
func (d *dumper) entries(in *fileBytes) {
	size := int64(d.what.Layout(nil).EntryBytes())
	if k := d.what.Kind; k != stored.OffsetIndex && k != stored.TimeIndex && k != stored.TransactionIndex {
		if in.size > maxSmallFileBytes {
			d.damage(0, in.size, fmt.Sprintf("such files have at most %d bytes", maxSmallFileBytes))
			return
		}
		d.tree(in.At(0, int(in.size)), 0, 0)
		return
	}
	used := usedBytes(in)
	used = min((used+size-1)/size*size, in.size)
	for at := int64(0); at < used; {
		from := max(0, at-size) // with the entry before, which this one must follow
		end := min(at+entriesPerPiece*size, used)
		d.tree(in.At(from, int(end-from)), from, at)
		at = end
	}
	if used < in.size {
		d.unused(used, in.size-used)
	}
}

// usedBytes is how many bytes a file has without the zeros at its end.
func usedBytes(in *fileBytes) int64 {
	for end := in.size; end > 0; {
		start := max(0, end-readAheadBytes)
		b := in.At(start, int(end-start))
		for i := len(b) - 1; i >= 0; i-- {
			if b[i] != 0 {
				return start + int64(i) + 1
			}
		}
		end = start
	}
	return 0
}

func (d *dumper) unused(at, size int64) {
	if d.json {
		d.line(struct {
			File   string `json:"file"`
			At     int64  `json:"at"`
			Unused int64  `json:"unusedBytes"`
		}{d.file, at, size})
		return
	}
	d.row(at, wire.CountBytes(int(size))+" of zeros: room not used")
}

// tree prints what some bytes of a file, which start at an offset, are made of, from another offset on.
func (d *dumper) tree(b []byte, base, from int64) {
	t := d.what.Options(inspect.Options{MaxNodes: maxEntryNodes}).Frame(b, d.what.Layout(b))
	problems := t.Problems
	tell := func(before int64) { // those up to here
		for len(problems) > 0 && base+int64(problems[0].Offset) < before {
			if at := base + int64(problems[0].Offset); at >= from {
				d.damage(at, 0, because(problems[0]))
			}
			problems = problems[1:]
		}
	}
	var print func(n inspect.Node)
	print = func(n inspect.Node) {
		switch n.Kind() {
		case inspect.CountNode, inspect.RestNode:
		case inspect.MessageNode, inspect.ArrayNode, inspect.FrameNode:
			for c := range n.Children() {
				print(c)
			}
		case inspect.PadNode: // within the file: usedBytes knows where it ends
			d.damage(base+int64(n.Offset()), int64(n.Size()), "zeros between entries")
		default:
			at := base + int64(n.Offset())
			if tell(at); at < from {
				return
			}
			if d.json {
				d.jsonRow(at, n)
			} else {
				d.row(at, textRow(n))
			}
		}
	}
	print(t.Root())
	tell(base + int64(len(b)) + 1)
	if t.Err != nil {
		d.damage(base+int64(t.Err.Offset), int64(len(b)-t.Err.Offset), because(t.Err))
	}
}

// textRow is "Name value (meaning)" of a leaf, or of all leaves of a struct.
func textRow(n inspect.Node) string {
	if !n.IsLeaf() {
		var parts []string
		for c := range n.Children() {
			parts = append(parts, textRow(c))
		}
		return strings.Join(parts, ", ")
	}
	text := n.Name() + " " + n.Value()
	if m := n.Meaning(); m != "" {
		text += " (" + m + ")"
	}
	return text
}

// jsonRow prints a leaf, or all leaves of a struct, as an object.
func (d *dumper) jsonRow(at int64, n inspect.Node) {
	out := []byte(`{"file":`)
	out = appendJSON(out, d.file)
	out = append(out, `,"at":`...)
	out = strconv.AppendInt(out, at, 10)
	add := func(n inspect.Node) {
		v, isNumber := n.Int()
		if n.Name() == "RelativeOffset" {
			out = strconv.AppendInt(append(out, `,"offset":`...), d.what.Base+v, 10)
		}
		out = append(appendJSON(append(out, ','), n.Field().JSONName), ':')
		switch text := n.Value(); {
		case isNumber:
			out = strconv.AppendInt(out, v, 10)
		case json.Valid([]byte(text)):
			out = append(out, text...)
		default:
			out = appendJSON(out, text)
		}
	}
	if n.IsLeaf() {
		add(n)
	}
	for c := range n.Children() {
		add(c)
	}
	d.out.Write(append(out, "}\n"...))
}

func appendJSON(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("kwire: internal: " + err.Error())
	}
	return append(dst, quoted...)
}
