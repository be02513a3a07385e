package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// table is what the terminal shows: the CPU time of each contender relative to kmsg, and its allocations.
func table(rows []*row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-52s %10s", "CPU time relative to kmsg (allocations)", "kmsg ns")
	for _, name := range columns {
		if name != kmsgFresh {
			fmt.Fprintf(&b, " %20s", name)
		}
	}
	b.WriteByte('\n')
	for _, r := range rows {
		fmt.Fprintf(&b, "%-52s %10.0f", r.task, r.base().nsPerOp)
		for _, name := range columns {
			if name != kmsgFresh {
				fmt.Fprintf(&b, " %20s", r.cell(name))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// cell is a contender's figures: "0.45 (11)", and the version if it is another.
func (r *row) cell(name string) string {
	c := r.find(name)
	if c == nil {
		return "–"
	}
	text := fmt.Sprintf("%.2f (%s)", c.nsPerOp/r.base().nsPerOp, count(c.allocsPerOp))
	if c.note != "" {
		text += " " + c.note
	}
	return text
}

func count(allocs float64) string {
	s := strconv.Itoa(int(allocs + 0.5))
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}

func markdown(rows []*row, rounds int) string {
	var b strings.Builder
	b.WriteString("CPU time relative to kmsg in the same run (allocations in brackets); lower is better. Written by `make bench`.\n\n")
	b.WriteString("| task | bytes |")
	line := "|---|---|"
	for _, name := range columns {
		b.WriteString(" " + name + " |")
		line += "---|"
	}
	b.WriteString("\n" + line + "\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %d |", r.task, r.bytes)
		for _, name := range columns {
			cell := r.cell(name)
			if strings.HasPrefix(name, "kwire") && cell != "–" {
				cell = "**" + cell + "**"
			}
			b.WriteString(" " + cell + " |")
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n%s on %s/%s, medians of %d rounds, all contenders in turn in one process. `reused` reads into the same value, with strings that\nalias the input, or writes into the same buffer; kmsg writes into the same buffer too. sarama and segmentio/kafka-go are\nmeasured at the highest version they have, the latter with a frame's header. sarama exports no codec: the benchmark calls the\nfunctions that its client calls.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, rounds)
	return b.String()
}
