package main

import (
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// sizes are how many topics, of ten partitions each, or records a size row has.
var sizes = []int{10, 100, 1_000, 10_000}

// A size is one input of a task that is measured over sizes.
type size struct {
	count int
	*row
}

// sizeRows are kwire's tasks over sizes: what a byte costs must not grow with how many there are.
func sizeRows() map[string][]size {
	rows := map[string][]size{}
	add := func(task string, count, bytes int, op func()) {
		r := &row{task: task, bytes: bytes}
		r.add(kwireFresh, "", nil, op)
		rows[task] = append(rows[task], size{count, r})
	}
	for _, n := range sizes {
		m := metadata(n, 10)
		src, err := m.AppendTo(nil, 12)
		must(err)
		add("Metadata v12 decode", n, len(src), func() {
			_, err := new(api.MetadataResponse).DecodeFrom(src, 12, nil)
			must(err)
		})
		reused, alias := new(api.MetadataResponse), &wire.DecodeOptions{Alias: true}
		add("Metadata v12 decode, reused", n, len(src), func() {
			_, err := reused.DecodeFrom(src, 12, alias)
			must(err)
		})
		dst := make([]byte, 0, len(src))
		add("Metadata v12 encode", n, len(src), func() {
			_, err := m.AppendTo(dst, 12)
			must(err)
		})
		value := make([]byte, valueBytes)
		batch := appendKwire(nil, value, 0, n)
		add("batch decode with CRC", n, len(batch), func() { visitKwire(batch) })
		out := make([]byte, 0, len(batch))
		add("batch encode", n, len(batch), func() { appendKwire(out, value, 0, n) })
	}
	return rows
}

// sizeTasks are the keys of sizeRows, in order.
var sizeTasks = []string{"Metadata v12 decode", "Metadata v12 decode, reused", "Metadata v12 encode", "batch decode with CRC", "batch encode"}

// measureSizes measures them all in turn.
func measureSizes(rows map[string][]size, measure func([]*row)) {
	var all []*row
	for _, task := range sizeTasks {
		for _, s := range rows[task] {
			all = append(all, s.row)
		}
	}
	measure(all)
}

// sizeTable is a Markdown table of nanoseconds a byte.
func sizeTable(rows map[string][]size) string {
	var b strings.Builder
	b.WriteString("Nanoseconds a byte over sizes, kwire alone: topics of ten partitions, or records of 100 bytes.\n\n| task |")
	line := "|---|"
	for _, n := range sizes {
		fmt.Fprintf(&b, " %d |", n)
		line += "---|"
	}
	b.WriteString("\n" + line + "\n")
	for _, task := range sizeTasks {
		fmt.Fprintf(&b, "| %s |", task)
		for _, s := range rows[task] {
			fmt.Fprintf(&b, " %.2f |", s.find(kwireFresh).nsPerOp/float64(s.bytes))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
