package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goIsKnown tells whether this Go is the one that the cuts were made for.
func goIsKnown(t *testing.T) bool {
	t.Helper()
	version, err := goCommand("env", "GOVERSION")
	require.NoError(t, err)
	return strings.TrimSpace(version) == slimGo || strings.HasPrefix(version, slimGo+".")
}

// TestEdit: each kind of cut, and nothing else in the file.
func TestEdit(t *testing.T) {
	s := slimming{
		pkg:       "p",
		bodies:    map[string]string{"told": "return false", "heap.check": "", "gone": ""},
		constants: map[string]string{"debug.trace": "0", "fast": "false"},
		mute:      true,
		loud:      []string{"loud.go"},
	}
	const before = `package p

import (
	"internal/told"
	other "internal/otherwise"
	"internal/used"
)

func told() bool { return told.Now() || other.Now() }

func (h *heap) check() { print("checked") }

func (h *heap) use() {
	debug.trace = 1
	p := &debug.trace
	if debug.trace > 0 || fast {
		h.fast = used.Now(debug.trace)
		println("heap ", h, " at ", address(h), p)
	}
	print("done")
}
`
	const after = `package p

import (
	_ "internal/told"
	_ "internal/otherwise"
	"internal/used"
)

func told() bool { return false }

func (h *heap) check() {  }

func (h *heap) use() {
	debug.trace = 1
	p := &debug.trace
	if 0 > 0 || false {
		h.fast = used.Now(0)
		_, _, _ = h, address(h), p
	}
	
}
`
	wanted := s.wanted()
	got, err := s.edit([]byte(before), "heap.go", wanted)
	require.NoError(t, err)
	require.Equal(t, after, string(got))
	require.Equal(t, map[string]bool{"gone": true}, wanted)

	got, err = s.edit([]byte(before), "loud.go", wanted)
	require.NoError(t, err)
	require.Contains(t, string(got), `println("heap ", h,`)

	got, err = s.edit([]byte("package p\n\nfunc other() {}\n"), "other.go", wanted)
	require.NoError(t, err)
	require.Equal(t, "package p\n\nfunc other() {}\n", string(got))
	_, err = s.edit([]byte("not Go"), "other.go", wanted)
	require.Error(t, err)
}
