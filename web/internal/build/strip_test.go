package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// program keeps the collector and growing stacks busy, fills maps, waits,
// panics and recovers, and prints what it found: what the runtime reads of its
// tables, and what is left of it when it is slim.
const program = `package main

import (
	"runtime"
	"strconv"
	"sync"
)

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	var room [64]int
	for i := range room {
		room[i] = depth
	}
	if depth == 0 {
		return &tree{}
	}
	t := &tree{grow(depth - 1), grow(depth - 1)}
	if room[depth] != depth {
		panic("the stack moved wrongly")
	}
	return t
}

func (t *tree) count() int {
	if t == nil {
		return 0
	}
	return 1 + t.left.count() + t.right.count()
}

func caught() (text string) {
	defer func() { text = recover().(error).Error() }()
	var none []int
	return string(rune(none[len(text)]))
}

// counted sends numbers through channels from a thousand goroutines, and what
// comes out into maps of several kinds.
func counted() (int, int, string) {
	const workers, each = 1000, 20
	numbers, ended := make(chan int), make(chan bool)
	var sum int
	var lock sync.Mutex
	var done sync.WaitGroup
	for w := range workers {
		done.Go(func() {
			for i := range each {
				numbers <- w*each + i
				lock.Lock()
				sum++
				runtime.Gosched()
				lock.Unlock()
			}
		})
	}
	go func() {
		done.Wait()
		close(ended)
	}()
	texts, floats := map[string][]byte{}, map[float64]*tree{}
	for {
		select {
		case n := <-numbers:
			texts[strconv.Itoa(n%5000)] = make([]byte, n%3000)
			floats[float64(n%700)/3] = &tree{}
			delete(texts, strconv.Itoa(n%5000-1000))
		case <-ended:
			return sum, len(floats), strconv.FormatFloat(1.0/3, 'g', -1, 64) + strconv.FormatFloat(5e-324, 'g', -1, 64) + strconv.FormatFloat(1e23, 'e', 3, 64)
		}
	}
}

func main() {
	println(counted())
	kept := grow(14)
	for range 20 {
		if n := grow(12).count(); n != 1<<13-1 {
			panic(n)
		}
	}
	done := make(chan int)
	go func() { done <- kept.count() }()
	println("nodes", <-done, caught())
	for range 300 {
		grow(13)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	println("heap MB", m.HeapSys>>20)
}
`

// busyClock makes the machine look busy: five milliseconds go by between any
// two looks at the clock.
const busyClock = "let t = 0; performance.now = () => (t += 5);"

// TestStrippedProgramRuns: under node, with the glue that belongs to this Go.
func TestStrippedProgramRuns(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("node is missing")
		}
		t.Skip("node is missing")
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	require.NoError(t, os.WriteFile(source, []byte(program), 0o644))
	packed := func(b []byte) int {
		z, err := pack(b)
		require.NoError(t, err)
		return len(z)
	}
	run := func(b []byte, options ...string) (heapMB int) {
		file := filepath.Join(dir, "run.wasm")
		require.NoError(t, os.WriteFile(file, b, 0o644))
		out, err := exec.Command(node, append(options, filepath.Join(goRoot(t), "lib", "wasm", "wasm_exec_node.js"), file)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		const told = "20000 700 0.33333333333333335e-3241.000e+23\nnodes 32767 runtime error: index out of range [0] with length 0\nheap MB %d\n"
		_, err = fmt.Sscanf(string(out), told, &heapMB)
		require.NoError(t, err, "%s", out)
		return heapMB
	}
	plain := buildPlain(t, filepath.Join(dir, "plain.wasm"), source)
	stripped, err := strip(plain)
	require.NoError(t, err)
	plainSize, strippedSize := packed(plain), packed(stripped)
	t.Logf("gzip: %d, stripped %d", plainSize, strippedSize)
	require.Less(t, strippedSize*100, plainSize*80)
	run(stripped)

	flags, err := slim(t.TempDir())
	if !goIsKnown(t) {
		require.Error(t, err)
		t.Skip("this Go is not ", slimGo)
	}
	require.NoError(t, err)
	require.NoError(t, goBuild(filepath.Join(dir, "slim.wasm"), source, flags))
	slimmed, err := os.ReadFile(filepath.Join(dir, "slim.wasm"))
	require.NoError(t, err)
	slimmed, err = strip(slimmed)
	require.NoError(t, err)
	slimSize := packed(slimmed)
	t.Logf("slim: %d", slimSize)
	require.Less(t, slimSize*100, strippedSize*80)
	clock := filepath.Join(dir, "clock.cjs")
	require.NoError(t, os.WriteFile(clock, []byte(busyClock), 0o644))
	calm, busy := run(slimmed), run(slimmed, "--require", clock)
	t.Logf("heap: %d MB, on a busy machine %d; with the whole library %d", calm, busy, run(stripped, "--require", clock))
	require.LessOrEqual(t, busy, 2*calm)
}

// goRoot is where the Go is that builds this.
func goRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// TestStripRefusesOthers: what is no such program is an error, never a panic.
func TestStripRefusesOthers(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644))
	plain := buildPlain(t, filepath.Join(dir, "a.wasm"), filepath.Join(dir, "main.go"))
	for _, b := range [][]byte{nil, []byte("\x00asm"), []byte("\x00asm\x01\x00\x00\x00"), []byte("\x00asm\x01\x00\x00\x00\x0b\x02\x01\x00"), plain[:len(plain)/2]} {
		_, err := strip(b)
		require.Error(t, err)
	}
	other := []byte(strings.Replace(string(plain), headerMagic, "\xf0"+headerMagic[1:], 1))
	_, err := strip(other)
	require.ErrorIs(t, err, errTables)
}

func buildPlain(t *testing.T, out, source string) []byte {
	t.Helper()
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, source)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	return b
}
