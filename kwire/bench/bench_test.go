package main

import (
	"strings"
	"testing"
	"time"
)

// Every contender does what its row says, and the whole program runs.
func TestContendersAgree(t *testing.T) {
	rows := allRows()
	if err := verify(rows); err != nil {
		t.Fatal(err)
	}
	measureAll(rows, 1, 100*time.Microsecond)
	for _, r := range rows {
		for _, c := range r.contenders {
			if c.nsPerOp <= 0 {
				t.Errorf("%s, %s: no time was measured", r.task, c.name)
			}
		}
	}
	for name, text := range map[string]string{"table": table(rows), "markdown": markdown(rows, 1), "svg": svg(rows)} {
		if !strings.Contains(text, rows[0].task) {
			t.Errorf("the %s lacks a row", name)
		}
	}
}

// What is said to allocate nothing does.
func TestReusedAllocatesNothing(t *testing.T) {
	for _, r := range allRows() {
		if c := r.find(kwireReused); c != nil {
			if n := testing.AllocsPerRun(10, c.op); n != 0 {
				t.Errorf("%s: %.0f allocations", r.task, n)
			}
		}
	}
}
