package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A directory, with its snapshots, has the state that the log alone has; only the leader of the quorum is in no
// snapshot, and neither is who asked for producer ids.
func TestReplay(t *testing.T) {
	root := unpack(t, "clean-shutdown")
	dir := filepath.Join(root, "__cluster_metadata-0")
	comparable := func(text string) string {
		var keep []string
		for line := range strings.Lines(text) {
			switch name := strings.TrimSpace(line); {
			case strings.Contains(name, "LeaderId ="), strings.HasPrefix(name, "["), strings.HasPrefix(line, "  BrokerId"), strings.HasPrefix(line, "  BrokerEpoch"),
				strings.HasSuffix(name, "= []"), strings.HasSuffix(name, "= null"):
			default:
				keep = append(keep, line)
			}
		}
		return strings.Join(keep, "")
	}
	for _, offset := range []string{"3", "33", "34", "61", "100", "121", "150", "207", "256", "end"} {
		log := runKwire("", "dump", "-replay", offset, filepath.Join(dir, "00000000000000000000.log"))
		require.Equal(t, exitOK, log.status, log.err)
		all := runKwire("", "dump", "-replay", offset, root)
		require.Equal(t, exitOK, all.status, all.err)
		require.Equal(t, comparable(log.out), comparable(all.out), offset)
	}
	t.Chdir(dir)
	got := runKwire("", "dump", "-replay", "34", ".")
	compareGolden(t, "dump-replay.txt", got.out)

	snapshot := runKwire("", "dump", "-replay", "end", "00000000000000000092-0000000001.checkpoint")
	require.Contains(t, snapshot.out, "state after offset 91\n")

	got = runKwire("", "dump", "-json", "-replay", "10", ".")
	var state struct {
		Offset         int64
		PendingRecords int
		State          map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &state))
	require.EqualValues(t, 10, state.Offset)
	require.Equal(t, 7, state.PendingRecords)
	require.Nil(t, state.State["Features"], "they are in the transaction that has not ended")
}

func TestReplayRefuses(t *testing.T) {
	root := unpack(t, "clean-shutdown")
	for _, c := range []struct {
		status int
		want   string
		args   []string
	}{
		{exitUsage, `-replay "x"`, []string{"-replay", "x", root}},
		{exitUsage, "one directory", []string{"-replay", "5", root, root}},
		{exitDamage, "no segment and no snapshot of __cluster_metadata", []string{"-replay", "5", filepath.Join(root, "alpha-0", "00000000000000000000.log")}},
		{exitDamage, "has no segments or snapshots", []string{"-replay", "5", t.TempDir()}},
		{exitDamage, "no such file", []string{"-replay", "5", filepath.Join(root, "missing")}},
	} {
		got := runKwire("", append([]string{"dump"}, c.args...)...)
		require.Equal(t, c.status, got.status, "%v: %s", c.args, got.err)
		require.Contains(t, got.err, c.want)
	}
	// A log that begins later, and one with a damaged batch, say so.
	log, err := os.ReadFile(filepath.Join(root, "__cluster_metadata-0", "00000000000000000000.log"))
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "__cluster_metadata-0")
	require.NoError(t, os.Mkdir(dir, 0o700))
	later := filepath.Join(dir, "00000000000000000012.log")
	require.NoError(t, os.WriteFile(later, log[504:], 0o600))
	got := runKwire("", "dump", "-replay", "end", dir)
	require.Equal(t, exitOK, got.status)
	require.Contains(t, got.err, "begin at offset 12")
	log[600] ^= 1
	require.NoError(t, os.WriteFile(later, log, 0o600))
	got = runKwire("", "dump", "-replay", "end", later)
	require.Equal(t, exitDamage, got.status)
	require.Contains(t, got.err, fmt.Sprintf("%s: at byte 593: CRC", later))
}
