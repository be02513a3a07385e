package main

// slimGo is the release of Go whose standard library the cuts below were made
// for. To go to the next one: read what has become of these functions, change
// it here, and see that the tests and the figures hold.
const slimGo = "go1.26"

// experiments are settings of that release: without its newer garbage
// collector, by which one processor and a few megabytes gain nothing and which
// has 10 kB of code as gzip.
const experiments = "nogreenteagc"

// A slimming is what is left out of a package.
type slimming struct {
	pkg string
	// bodies are what functions do instead, by Name or Type.Name. Three kinds
	// are cut: what only tells people about a running program, what belongs to
	// parts that nobody can start, and what checks the toolchain's work.
	bodies map[string]string
	// constants are variables, by their names, that keep one value.
	constants map[string]string
	// mute: what is printed before a fatal error goes; the error's own text
	// stays, in the files that are loud.
	mute bool
	loud []string
}

var slimmed = []slimming{
	{
		pkg:  "runtime",
		mute: true,
		loud: []string{"panic.go", "error.go", "print.go"},
		bodies: map[string]string{
			// The execution tracer: only runtime/trace starts it.
			"traceEnabled":                  "return false",
			"traceShuttingDown":             "return false",
			"traceAllocFreeEnabled":         "return false",
			"traceAcquire":                  "return traceLocker{}",
			"traceRelease":                  "",
			"traceLocker.ok":                "return false",
			"traceLocker.SpanFree":          "",
			"traceLockInit":                 "",
			"traceReader":                   "return nil",
			"traceReaderAvailable":          "return nil",
			"traceAdvance":                  "",
			"traceThreadDestroy":            "",
			"traceRegisterLabelsAndReasons": "",

			// Stack traces: strip takes the names that they would print.
			"traceback1":          "",
			"tracebacksomeothers": "",
			"tracebackHexdump":    "",
			"goroutineheader":     "",
			"printanycustomtype":  "",
			"callers":             "return 0",
			"gcallers":            "return 0",
			"panicwrap":           `panic(plainError("value method called using nil pointer"))`,

			// Profiles: only runtime/pprof and testing read them.
			"mProf_Malloc":                "",
			"mProf_Free":                  "",
			"mProf_NextCycle":             "",
			"mProf_Flush":                 "",
			"mProf_FlushLocked":           "",
			"mProf_PostSweep":             "",
			"profilealloc":                "",
			"blockevent":                  "",
			"mutexevent":                  "",
			"saveblockevent":              "",
			"tryRecordGoroutineProfile":   "",
			"tryRecordGoroutineProfileWB": "",
			"findGoroutineLeaks":          "return true",

			// GODEBUG and its like: a page sets no environment.
			"parsegodebug":               "",
			"readGOGC":                   "return 100",
			"readGOMEMLIMIT":             "return 1<<63 - 1",
			"schedtrace":                 "",
			"dumpScanStats":              "",
			"startCheckmarks":            "",
			"endCheckmarks":              "",
			"runCheckmark":               "",
			"setCheckmark":               "return false",
			"checkFinalizersAndCleanups": "",

			// Checks of what compiler and linker wrote, and pictures of a broken heap.
			"check":               "",
			"moduledataverify1":   "",
			"gcDumpObject":        "",
			"mspan.reportZombies": `throw("found pointer to free object")`,

			// Types of further modules: there are no plugins.
			"typelinksinit": "",

			// The collector's limit of half the time. It takes waiting for a busy
			// machine's other programs for its own work, then lets the program go
			// on without helping; and as nobody else collects while an answer is
			// made, memory would grow by gigabytes.
			"gcCPULimiterState.limiting":           "return false",
			"gcCPULimiterState.startGCTransition":  "",
			"gcCPULimiterState.finishGCTransition": "",
			"gcCPULimiterState.needUpdate":         "return false",
			"gcCPULimiterState.update":             "",
			"gcCPULimiterState.resetCapacity":      "",
			"limiterEvent.start":                   "return true",
			"limiterEvent.stop":                    "",

			// The scavenger gives memory back to the system, which wasm cannot.
			"bgscavenge":          "c <- 1",
			"gcPaceScavenger":     "",
			"scavengerState.wake": "",
			"pageAlloc.scavenge":  "return 0",

			// A goroutine that was stopped between two instructions: wasm stops none.
			"scanConservative": `throw("conservative scan")`,
		},
		constants: map[string]string{
			"inittrace.active":               "false",
			"debug.malloc":                   "false",
			"debug.invalidptr":               "int32(1)",
			"debug.adaptivestackstart":       "int32(1)",
			"debug.checkfinalizers":          "int32(0)",
			"debug.clobberfree":              "int32(0)",
			"debug.dontfreezetheworld":       "int32(0)",
			"debug.efence":                   "int32(0)",
			"debug.gccheckmark":              "int32(0)",
			"debug.gcpacertrace":             "int32(0)",
			"debug.gcshrinkstackoff":         "int32(0)",
			"debug.gcstoptheworld":           "int32(0)",
			"debug.gctrace":                  "int32(0)",
			"debug.inittrace":                "int32(0)",
			"debug.sbrk":                     "int32(0)",
			"debug.scavtrace":                "int32(0)",
			"debug.traceCheckStackOwnership": "int32(0)",
			"debug.tracebackancestors":       "int32(0)",
			"debug.tracefpunwindoff":         "int32(0)",
		},
	},
	// GODEBUG=cpu.*, for processors that have options.
	{pkg: "internal/cpu", bodies: map[string]string{"processOptions": ""}},
	// Floats are printed by the exact method, without the 11 kB of powers of ten
	// that the fast ones take.
	{pkg: "internal/strconv", constants: map[string]string{"optimize": "false"}},
}
