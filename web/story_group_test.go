package web

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRebalance: a capture of a consumer group is dropped, and its rebalance followed by keys: who came, what the members
// want, what each got, and the error that told them.
func TestRebalance(t *testing.T) {
	c := newCapture()
	c.connect(50001)
	for _, p := range rebalance() {
		c.send(50001, p.request, p.bytes)
	}
	p := open(t, withFile(c.bytes))
	p.answered()
	p.drop("group.pcapng")
	p.wait(packetCount + ` === "12"`)
	p.press("f")
	p.insert("api:join,sync resp")
	p.wait(packetCount + ` === "5 of 12"`)
	p.press("Enter", "Home")
	p.wait(`document.querySelector("#list .warned")`)
	rows := p.packets()
	require.Equal(t, 1, strings.Count(rows, "MEMBER_ID_REQUIRED"), rows)

	p.press("End", "ArrowUp") // the second generation
	p.answered()
	p.press("Enter")
	p.down("GenerationId")
	require.Equal(t, "2", p.selected().Value)
	p.down("Topics[0]")
	require.Equal(t, `"orders"`, p.selected().Value)
	require.Equal(t, "Body Members Members[0] Metadata Content Topics", p.text(`[...document.querySelectorAll(".crumbs button")].map((c) => c.textContent).join(" ")`))

	p.press("]") // what the leader gets
	p.answered()
	p.down("Assignment")
	require.Equal(t, "BYTES", p.selected().Type)
	p.down("Partitions")
	require.Equal(t, "2 elements", p.selected().Value)
	p.shoot("rebalance")

	p.press("f")
	require.NoError(t, p.Eval(`document.activeElement.select()`, nil))
	p.insert("err:rebalance,member")
	p.wait(packetCount + ` === "2 of 12"`)
	p.press("Enter", "End")
	require.Contains(t, p.packet(), "Heartbeat v3")
	p.answered()
	require.Equal(t, row{"ErrorCode", "INT16", "27 REBALANCE_IN_PROGRESS", "12–13"}, p.selected())

	require.Equal(t, "The error code, 0 if all is well. 27: the group is rebalancing: join again.", p.text(`document.querySelector("#detail .about").textContent`))

	// An edit and the way back leave the filter as it is.
	p.press("t", "Enter")
	p.insert("0")
	p.press("Enter")
	p.wait(`document.getElementById("undo").hidden === false`)
	p.press("Control+z")
	p.wait(`document.getElementById("undo").disabled`)
	require.Equal(t, "err:rebalance,member", p.text(`document.getElementById("filter").value`))
}
