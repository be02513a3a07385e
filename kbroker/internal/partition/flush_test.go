package partition

import (
	"testing"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/stretchr/testify/require"
)

func TestFlushMs(t *testing.T) {
	mem := vfs.NewMem()
	c := DefaultConfig()
	c.FlushMs = 100
	_, p := openOne(t, mem, c)
	nowMs := testNow.UnixMilli()
	_, err := appendNow(p, batch(t, 1, nil))
	require.NoError(t, err)

	require.NoError(t, p.FlushIfDue(nowMs+99))
	require.Zero(t, p.Offsets().FirstUnflushed, "it is not time yet")
	// The oldest record counts, not the newest.
	_, err = p.Append(batch(t, 1, nil), AppendOptions{NowMs: nowMs + 60, LeaderEpoch: -1})
	require.NoError(t, err)
	require.NoError(t, p.FlushIfDue(nowMs+100))
	require.EqualValues(t, 2, p.Offsets().FirstUnflushed)
	mem.Crash()

	_, p = openOne(t, mem, c)
	require.EqualValues(t, 2, p.Offsets().HighWatermark, "what was synced survives a power loss")
	before := mem.Calls()
	p.SetConfig(DefaultConfig())
	require.NoError(t, p.FlushIfDue(nowMs+1_000_000))
	require.Equal(t, before, mem.Calls(), "without flush.ms nothing is synced by time")
}
