// Program run runs every fuzz target of the module for a time each, and prints how many inputs each has seen:
//
//	go run ./fuzz/run -time 30s
//	go run ./fuzz/run -time 2m -results fuzz/README.md    puts the table into that file too
//
// A target that fails does not keep the others from running. Go test has then written the input to testdata/fuzz of its
// package, and the program fails at the end.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

type options struct {
	each     time.Duration
	only     string
	parallel int
	results  string
}

func main() {
	var o options
	flag.DurationVar(&o.each, "time", 30*time.Second, "time for each target")
	flag.StringVar(&o.only, "only", "", "run the targets whose names match this `expression`")
	flag.IntVar(&o.parallel, "parallel", 0, "workers; 0 means one for each processor")
	flag.StringVar(&o.results, "results", "", "put the table between the marks in this `file`")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

const module = "github.com/kwire-project/kafka/"

type target struct {
	pkg, name string // the package from the module's root
	inputs    int64
	took      time.Duration
}

// perSecond is how many inputs the target has seen in a second, the start of its program included.
func (t target) perSecond() float64 { return float64(t.inputs) / t.took.Seconds() }

func run(o options) error {
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	targets, err := list()
	if err != nil {
		return err
	}
	var done []target
	var failed []string
	for _, t := range targets {
		if !wanted.MatchString(t.name) {
			continue
		}
		start := time.Now()
		t.inputs, err = fuzz(t, o.each, o.parallel)
		t.took = time.Since(start)
		if err != nil {
			fmt.Printf("%s in %s FAILED after %d inputs: %v\n", t.name, t.pkg, t.inputs, err)
			failed = append(failed, t.name)
		}
		fmt.Printf("%s in %s: %d inputs, %.0f in a second\n", t.name, t.pkg, t.inputs, t.perSecond())
		done = append(done, t)
	}
	text := table(done, o.each)
	fmt.Printf("\n%s", text)
	if o.results != "" {
		if err := putTable(o.results, text); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%s failed: the inputs are in testdata/fuzz", strings.Join(failed, ", "))
	}
	return nil
}

func table(done []target, each time.Duration) string {
	var b strings.Builder
	total := int64(0)
	b.WriteString("| target | package | inputs | a second |\n|---|---|---:|---:|\n")
	for _, t := range done {
		fmt.Fprintf(&b, "| %s | %s | %d | %.0f |\n", t.name, t.pkg, t.inputs, t.perSecond())
		total += t.inputs
	}
	fmt.Fprintf(&b, "| all | %d targets, %s each | %d | |\n", len(done), each, total)
	return b.String()
}

// Marks in the file for results.
const tableStart, tableEnd = "<!-- table -->\n", "<!-- end of table -->\n"

func putTable(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), tableStart)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the table, between %q and %q", file, strings.TrimSpace(tableStart), strings.TrimSpace(tableEnd))
	}
	return os.WriteFile(file, []byte(before+tableStart+text+tableEnd+after), 0o666)
}

// list finds the targets of all packages.
func list() ([]target, error) {
	cmd := exec.Command("go", "test", "-list", "^Fuzz", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -list: %w", err)
	}
	var all []target
	var names []string
	for _, line := range strings.Split(string(out), "\n") {
		switch f := strings.Fields(line); {
		case len(f) == 0:
		case strings.HasPrefix(f[0], "Fuzz"):
			names = append(names, f[0])
		case f[0] == "ok": // the package comes after its targets
			for _, n := range names {
				all = append(all, target{pkg: strings.TrimPrefix(f[1], module), name: n})
			}
			names = nil
		}
	}
	return all, nil
}

// execs is in the lines that go test prints every few seconds.
var execs = regexp.MustCompile(`execs: (\d+)`)

// minimize bounds how often an input that reached something new is run to make it shorter; Go's own bound is a minute,
// in which the target sees nothing else.
const minimize = "200x"

func fuzz(t target, each time.Duration, parallel int) (inputs int64, err error) {
	args := []string{"test", "./" + t.pkg, "-run", "^$", "-fuzz", "^" + t.name + "$", "-fuzztime", each.String(), "-fuzzminimizetime", minimize}
	if parallel > 0 {
		args = append(args, "-parallel", strconv.Itoa(parallel))
	}
	cmd := exec.Command("go", args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var rest strings.Builder
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if m := execs.FindStringSubmatch(line); m != nil {
			inputs, _ = strconv.ParseInt(m[1], 10, 64)
		} else {
			rest.WriteString(line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return inputs, err
		}
	}
	if err := cmd.Wait(); err != nil && !onlyTimeIsUp(rest.String()) {
		return inputs, fmt.Errorf("%w\n%s", err, rest.String())
	}
	return inputs, nil
}

// onlyTimeIsUp recognises what Go before 1.27 sometimes says at the end of the time, of no input: go.dev/issue/75804.
func onlyTimeIsUp(output string) bool {
	return strings.Contains(output, "\n    context deadline exceeded\n") && !strings.Contains(output, "testdata/fuzz")
}
