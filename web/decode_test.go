package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// capturesPath has frames that clients and brokers exchanged. It lies beside the checkout.
const capturesPath = "../../shared/captures/frames.jsonl.gz"

// captured is one of them: n counts the exchanges of a client, an API and a version.
type captured struct {
	API, Version int
	Client       string
	N            int
	Dir          string
	Hex          string
}

// TestDecodesAsTheCommand pastes captured frames and holds every row of the
// page, its name, type, value and bytes, against what kwire decode prints.
func TestDecodesAsTheCommand(t *testing.T) {
	frames := readCaptures(t)
	command := filepath.Join(t.TempDir(), "kwire")
	out, err := exec.Command("go", "build", "-o", command, "../cmd/kwire").CombinedOutput()
	require.NoError(t, err, string(out))

	p := open(t, folder())
	p.answered()
	for _, c := range []struct {
		name  string
		paste []captured
		want  []string // titles, as the command has them
	}{
		{"a request", []captured{{API: 11, Version: 9, Client: "java-0.11", Dir: "req"}}, []string{"JoinGroup request v9"}},
		{"a response after its request", []captured{{API: 3, Version: 12, Client: "platformatic", N: 1, Dir: "req"}, {API: 3, Version: 12, Client: "platformatic", N: 1, Dir: "resp"}},
			[]string{"Metadata request v12", "Metadata response v12"}},
		{"records produced", []captured{{API: 0, Version: 11, Client: "java-0.11", Dir: "req"}}, []string{"Produce request v11"}},
		{"records fetched", []captured{{API: 1, Version: 12, Client: "sarama", N: 1, Dir: "req"}, {API: 1, Version: 12, Client: "sarama", N: 1, Dir: "resp"}},
			[]string{"Fetch request v12", "Fetch response v12"}},
	} {
		var lines []string
		for _, f := range c.paste {
			text, ok := frames[f]
			require.True(t, ok, "no such capture: %+v", f)
			lines = append(lines, text)
		}
		text := strings.Join(lines, "\n")
		decode := exec.Command(command, "decode")
		decode.Stdin = strings.NewReader(text)
		printed, err := decode.Output()
		require.NoError(t, err, c.name)
		trees := parsePrinted(t, string(printed))
		require.Len(t, trees, len(c.want), c.name)

		p.paste(text)
		for range trees {
			p.press("[")
		}
		rows := 0
		for i, tree := range trees {
			if i > 0 {
				p.press("]")
			}
			require.Equal(t, c.want[i], tree.title)
			require.Equal(t, tree.title, keyInBrackets.ReplaceAllString(
				p.text(`["api","side","version"].map((id) => document.getElementById(id).selectedOptions[0].textContent).join(" ")`), ""))
			p.holdAgainst(tree)
			rows += len(tree.rows)
		}
		t.Logf("%s: %d rows as kwire decode prints them", c.name, rows)
	}
}

var keyInBrackets = regexp.MustCompile(` \(\d+\)`)

// readCaptures returns the captured frames' bytes as hex, by all that names them.
func readCaptures(t *testing.T) map[captured]string {
	t.Helper()
	file, err := os.Open(capturesPath)
	if err != nil {
		missing(t, "the captured frames are not beside the checkout: "+err.Error())
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	require.NoError(t, err)
	s := bufio.NewScanner(z)
	s.Buffer(nil, 16<<20)
	frames := map[captured]string{}
	for s.Scan() {
		var f captured
		require.NoError(t, json.NewDecoder(bytes.NewReader(s.Bytes())).Decode(&f))
		text := f.Hex
		f.Hex = ""
		frames[f] = text
	}
	require.NoError(t, s.Err())
	return frames
}

// printedTree is what kwire decode prints of one frame.
type printedTree struct {
	title string
	size  int
	rows  []printedRow
}

// printedRow is a line of it. What it does not say is where it ends: where the
// next line begins that is not below it.
type printedRow struct {
	first, end int
	hex        string // its first bytes; "" on a group
	depth      int
	text       string // name, type, value and meaning
}

var (
	printedHead = regexp.MustCompile(`^(\w+ \w+ v\d+), (\d+) bytes$`)
	printedLine = regexp.MustCompile(`^ *(\d+)  (.{26}) ( *)(.*)$`)
)

func parsePrinted(t *testing.T, text string) (trees []*printedTree) {
	t.Helper()
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		return n
	}
	for line := range strings.Lines(strings.TrimSuffix(text, "\n")) {
		line = strings.TrimSuffix(line, "\n")
		if m := printedHead.FindStringSubmatch(line); m != nil {
			trees = append(trees, &printedTree{title: m[1], size: number(m[2])})
			continue
		}
		m := printedLine.FindStringSubmatch(line)
		require.NotNil(t, m, line)
		tree := trees[len(trees)-1]
		tree.rows = append(tree.rows, printedRow{first: number(m[1]), hex: strings.TrimRight(m[2], " …"), depth: len(m[3]), text: m[4]})
	}
	for _, tree := range trees {
		for i := range tree.rows {
			r := &tree.rows[i]
			r.end = tree.size
			for _, next := range tree.rows[i+1:] {
				if next.depth <= r.depth {
					r.end = next.first
					break
				}
			}
		}
	}
	return trees
}

// holdAgainst walks the frame that is shown and compares each row.
func (p tab) holdAgainst(tree *printedTree) {
	t := p.t
	t.Helper()
	steps := [][]string{{"Home"}}
	for range tree.rows {
		steps = append(steps, []string{"ArrowDown"}) // the last one goes nowhere
	}
	stops := p.typed(steps...)
	for i, want := range tree.rows {
		have, marked := stops[i].Row, stops[i].Marked
		about := tree.title + ": " + want.text
		bytes := strconv.Itoa(want.first)
		if want.end-want.first > 1 {
			bytes += "–" + strconv.Itoa(want.end-1)
		}
		require.Equal(t, bytes, have.Range, about)
		if want.end > want.first {
			first := strings.ReplaceAll(marked[0], "  ", " ") // in its row of 16
			n := min(len(first), len(want.hex))
			require.Equal(t, want.hex[:n], first[:n], about)
		}

		// The page's row of an element names its array, too.
		name := want.text[:strings.IndexAny(want.text+" ", " ")]
		require.True(t, have.Name == name || strings.HasPrefix(name, "[") && strings.HasSuffix(have.Name, name), "%s: %s", about, have.Name)
		said, typed := strings.CutPrefix(want.text[len(name):], " "+have.Type)
		group := want.hex == "" && strings.HasPrefix(name, "[")
		require.True(t, typed || group, "%s: the page has type %q", about, have.Type)
		switch {
		case name == "Size":
			require.True(t, strings.HasPrefix(said, " = "+have.Value+" ("), about) // its meaning is beside the row
		case group && said == "": // the row previews what is below it
		default:
			require.Contains(t, readings(said), have.Value, about)
		}
	}
	require.Equal(t, stops[len(tree.rows)-1], stops[len(tree.rows)], "%s has more rows than are printed", tree.title)
}

// readings are the values with their meanings that " = value (meaning)" may
// stand for, of which each part may be missing, and the value have brackets.
func readings(said string) []string {
	said = strings.TrimPrefix(said, " = ")
	all := []string{said}
	for i := range said {
		if strings.HasPrefix(said[i:], " (") && strings.HasSuffix(said, ")") {
			all = append(all, strings.TrimPrefix(said[:i]+" "+said[i+2:len(said)-1], " "))
		}
	}
	return all
}
