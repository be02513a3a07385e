package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// block is a run of statements in a profile, from a line to a line.
type block struct {
	from, to   int
	statements int
}

// file is what a profile says of one source file: whether each block was run by any test.
type file map[block]bool

// parseProfile reads a profile of the format "file:line.column,line.column statements count". A block stands there once
// for each test binary. Files are named from the module's root.
func parseProfile(text string) (map[string]file, error) {
	files := map[string]file{}
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.HasPrefix(line, "mode:") {
			continue
		}
		name, place, _ := strings.Cut(line, ":")
		var b block
		var column, endColumn, count int
		if _, err := fmt.Sscanf(place, "%d.%d,%d.%d %d %d", &b.from, &column, &b.to, &endColumn, &b.statements, &count); err != nil {
			return nil, fmt.Errorf("profile, line %d: %q: %w", n+1, line, err)
		}
		name = strings.TrimPrefix(name, module)
		if files[name] == nil {
			files[name] = file{}
		}
		files[name][b] = files[name][b] || count > 0
	}
	return files, nil
}

type share struct{ run, all int }

func (s share) percent() float64 { return 100 * float64(s.run) / float64(max(s.all, 1)) }

// report prints the packages and the lines that are not run. It fails for a package that is under wantPercent.
func report(out io.Writer, files map[string]file) error {
	packages := map[string]share{}
	total := share{}
	for name, f := range files {
		s := packages[path.Dir(name)]
		for b, run := range f {
			s.all, total.all = s.all+b.statements, total.all+b.statements
			if run {
				s.run, total.run = s.run+b.statements, total.run+b.statements
			}
		}
		packages[path.Dir(name)] = s
	}
	fmt.Fprintf(out, "\n%-28s %10s %7s\n", "hand-written code", "statements", "run")
	var under []string
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		s := packages[name]
		fmt.Fprintf(out, "%-28s %10d %6.1f%%\n", name, s.all, s.percent())
		if s.percent() < wantPercent {
			under = append(under, name)
		}
	}
	fmt.Fprintf(out, "%-28s %10d %6.1f%%\n\nnot run:\n", "all", total.all, total.percent())
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if lines := files[name].notRun(); lines != "" {
			fmt.Fprintf(out, "%s: %s\n", name, lines)
		}
	}
	if len(under) > 0 {
		return fmt.Errorf("under %d %%: %s", wantPercent, strings.Join(under, ", "))
	}
	return nil
}

// notRun lists the lines of the blocks that no test runs, "12-14, 20".
func (f file) notRun() string {
	var missed []block
	for b, run := range f {
		if !run {
			missed = append(missed, b)
		}
	}
	slices.SortFunc(missed, func(a, b block) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	var parts []string
	for _, b := range missed {
		part := fmt.Sprint(b.from)
		if b.to > b.from {
			part += fmt.Sprint("-", b.to)
		}
		parts = append(parts, part)
	}
	return strings.Join(slices.Compact(parts), ", ")
}
