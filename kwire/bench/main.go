// Program bench holds kwire against the Go codecs that people use: kmsg and kgo of franz-go, IBM/sarama, and
// segmentio/kafka-go. It is a module of its own, so that nobody who uses kwire downloads them.
//
// Every contender of a row reads or writes the same message, at the highest version that it has; that is checked before
// anything is measured (bench_test.go does only that). All rows run in turn, many rounds, in one process; a figure is the
// median of its rounds of the CPU time of the whole process, garbage collection included.
//
//	go run . -results RESULTS.md -svg bench.svg
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

// ballastBytes are kept allocated, for a process whose heap is small spends its time on starting collections. With them
// there are a few collections in each measurement of whoever allocates, so that none has one more than another by chance.
const ballastBytes = 16 << 20

func main() {
	rounds := flag.Int("rounds", 15, "how often each contender is measured")
	slice := flag.Duration("slice", 100*time.Millisecond, "CPU time of one measurement")
	results := flag.String("results", "", "file for the table as Markdown")
	picture := flag.String("svg", "", "file for the table as a picture")
	flag.Parse()
	rows := allRows()
	if err := verify(rows); err != nil {
		fail(err)
	}
	start := time.Now()
	ballast := make([]byte, ballastBytes)
	measureAll(rows, *rounds, *slice)
	bySize := sizeRows()
	measureSizes(bySize, func(all []*row) { measureAll(all, *rounds, *slice) })
	runtime.KeepAlive(ballast)
	fmt.Print(table(rows), "\n", sizeTable(bySize))
	fmt.Printf("\n%d rounds, %s\n", *rounds, time.Since(start).Round(time.Second))
	if *results != "" {
		if err := os.WriteFile(*results, []byte(markdown(rows, *rounds)+"\n"+sizeTable(bySize)), 0o666); err != nil {
			fail(err)
		}
	}
	if *picture != "" {
		if err := os.WriteFile(*picture, []byte(svg(rows)), 0o666); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}
