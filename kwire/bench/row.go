package main

import "fmt"

// A row is one task on one input. The first contender called kmsg is what the others are compared with.
type row struct {
	task       string
	bytes      int // of the input or the output
	contenders []*contender
}

// contender names: the columns of the table.
const (
	kwireFresh  = "kwire"         // into a new value
	kwireReused = "kwire, reused" // into the same value or buffer, strings alias the input
	kmsgFresh   = "kmsg"          // into a new value; encoding appends to the same buffer
	kmsgReused  = "kmsg, reused"  // UnsafeReadFrom into the same value
	kgoFetch    = "kgo"           // franz-go's own path from bytes to records
	saramaName  = "sarama"        // the highest version that it has, as for segmentio
	segmentio   = "segmentio"
)

var columns = []string{kwireFresh, kwireReused, kmsgFresh, kmsgReused, kgoFetch, saramaName, segmentio}

type contender struct {
	name  string
	note  string       // where it does something else: "v8"
	check func() error // does the task once and compares the outcome
	op    func()       // does the task

	nsPerOp, allocsPerOp, bytesPerOp float64
}

func (r *row) find(name string) *contender {
	for _, c := range r.contenders {
		if c.name == name {
			return c
		}
	}
	return nil
}

// base is the contender that ratios are relative to.
func (r *row) base() *contender { return r.find(kmsgFresh) }

func (r *row) add(name, note string, check func() error, op func()) {
	r.contenders = append(r.contenders, &contender{name: name, note: note, check: check, op: op})
}

func verify(rows []*row) error {
	for _, r := range rows {
		for _, c := range r.contenders {
			if err := c.check(); err != nil {
				return fmt.Errorf("%s, %s: %w", r.task, c.name, err)
			}
		}
	}
	return nil
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
