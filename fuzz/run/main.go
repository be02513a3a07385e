// Program run runs every fuzz target of the module for a time each, and prints how many inputs each has seen:
//
//	go run ./fuzz/run -time 30s
//
// It ends at the first target that fails; go test has then written the input to that package's testdata/fuzz.
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

func main() {
	each := flag.Duration("time", 30*time.Second, "time for each target")
	only := flag.String("only", "", "run the targets whose names match this expression")
	parallel := flag.Int("parallel", 0, "workers; 0 means one for each processor")
	flag.Parse()
	if err := run(*each, *only, *parallel); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

type target struct {
	pkg, name string
	inputs    int64
}

func run(each time.Duration, only string, parallel int) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	targets, err := list()
	if err != nil {
		return err
	}
	var done []target
	total := int64(0)
	for _, t := range targets {
		if !wanted.MatchString(t.name) {
			continue
		}
		t.inputs, err = fuzz(t, each, parallel)
		if err != nil {
			return fmt.Errorf("%s in %s: %w", t.name, t.pkg, err)
		}
		fmt.Printf("%s in %s: %d inputs\n", t.name, t.pkg, t.inputs)
		done = append(done, t)
		total += t.inputs
	}
	fmt.Printf("\n%-26s %-58s %12s\n", "target", "package", "inputs")
	for _, t := range done {
		fmt.Printf("%-26s %-58s %12d\n", t.name, t.pkg, t.inputs)
	}
	fmt.Printf("%-26s %-58s %12d\n", "all", fmt.Sprintf("%d targets, %s each", len(done), each), total)
	return nil
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
				all = append(all, target{pkg: f[1], name: n})
			}
			names = nil
		}
	}
	return all, nil
}

// execs is in the lines that go test prints every few seconds.
var execs = regexp.MustCompile(`execs: (\d+)`)

func fuzz(t target, each time.Duration, parallel int) (inputs int64, err error) {
	args := []string{"test", t.pkg, "-run", "^$", "-fuzz", "^" + t.name + "$", "-fuzztime", each.String()}
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
	if err := cmd.Wait(); err != nil {
		return inputs, fmt.Errorf("%w\n%s", err, rest.String())
	}
	return inputs, nil
}
