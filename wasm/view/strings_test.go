package view

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStringTable: each string is found again by its number, and is there once.
func TestStringTable(t *testing.T) {
	table, ids := newStringTable(4), map[string]int{}
	for i := range 30_000 {
		s := fmt.Sprintf("client-%d", i%10_000)
		id, known := ids[s]
		ids[s] = table.id(s)
		require.Equal(t, s, string(table.bytes(ids[s])))
		require.True(t, !known || id == ids[s])
	}
	require.Len(t, table.ends, 10_000)
	require.Equal(t, -1, table.id(""))
}

// TestStringTableCollisions: strings that were made to have one hash are not compared with all others. They are held as often as
// they come, which is no more than the input has of them.
func TestStringTableCollisions(t *testing.T) {
	pair := [2]string{"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x80\x00\x00\x00\x80"}
	table := newStringTable(4)
	for i := range 1 << 12 {
		s := ""
		for bit := range 12 {
			s += pair[i>>bit&1]
		}
		require.Equal(t, hash(s), hash(string(make([]byte, len(s)))))
		require.Equal(t, s, string(table.bytes(table.id(s))))
		require.Equal(t, s, string(table.bytes(table.id(s))))
	}
	require.Len(t, table.ends, maxProbes+2*(1<<12-maxProbes))
}
