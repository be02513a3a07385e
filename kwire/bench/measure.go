package main

import (
	"runtime"
	"slices"
	"syscall"
	"time"
)

// measureAll measures every contender of every row once a round, so that what disturbs the machine for a while
// disturbs all of them.
func measureAll(rows []*row, rounds int, slice time.Duration) {
	ns := map[*contender][]float64{}
	loops := map[*contender]int{}
	for _, r := range rows {
		for _, c := range r.contenders {
			loops[c] = calibrate(c, slice)
		}
	}
	for range rounds {
		for _, r := range rows {
			for _, c := range r.contenders {
				took := cpuTime(c, loops[c])
				ns[c] = append(ns[c], float64(took.Nanoseconds())/float64(loops[c]))
			}
		}
	}
	for c, all := range ns {
		slices.Sort(all)
		c.nsPerOp = all[len(all)/2]
		c.allocsPerOp, c.bytesPerOp = allocations(c)
	}
}

// calibrate finds how many operations take about the given CPU time.
func calibrate(c *contender, slice time.Duration) int {
	for n := 1; ; n *= 2 {
		if took := cpuTime(c, n); took > slice/2 || n > 1<<24 {
			return max(1, int(float64(n)*float64(slice)/float64(max(took, 1))))
		}
	}
}

func cpuTime(c *contender, n int) time.Duration {
	before := processTime()
	for range n {
		c.op()
	}
	return processTime() - before
}

// processTime is the CPU time that the process has used, on all threads.
func processTime() time.Duration {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func allocations(c *contender) (count, bytes float64) {
	const n = 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		c.op()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n
}
