package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSmallScreen: on a small screen nothing is wider than it, the list shows its packets, and the field in detail leaves room for
// the others; a finger does what a mouse does.
func TestSmallScreen(t *testing.T) {
	p := open(t, folder())
	p.size(390, 844)
	p.answered()
	p.paste(sample(t, "missing-tag-buffer"))
	require.Equal(t, "390", p.text(`document.documentElement.scrollWidth`))
	require.Equal(t, "0", p.text(`(() => { const e = document.getElementById("hex"); return e.scrollWidth - e.clientWidth; })()`), "the bytes do not scroll sideways")
	require.Equal(t, "true", p.text(`[...document.querySelectorAll("#list [role=option]")].every((row) => {
		const r = row.getBoundingClientRect(), l = document.getElementById("list").getBoundingClientRect();
		return r.top >= l.top && r.bottom <= l.bottom + 1;
	})`), "both packets are seen whole")
	require.Equal(t, "true", p.text(`document.querySelector(".detail").offsetHeight <= innerHeight / 4`))
	require.Equal(t, "true", p.text(`[...document.querySelectorAll("button, select")].every((e) => !e.offsetHeight || e.offsetHeight >= 24)`), "large enough for a finger")

	// The row of the error is seen above the sheet of its details.
	p.press("e")
	require.Equal(t, "true", p.text(`(() => {
		const row = document.querySelector("#tree [aria-selected=true]"), sheet = document.querySelector(".detail");
		row.scrollIntoView({ block: "center" });
		return row.getBoundingClientRect().bottom <= sheet.getBoundingClientRect().top;
	})()`))
	tap := func(element string) {
		at := p.box(element)
		points := []map[string]float64{{"x": at.X, "y": at.Y}}
		require.NoError(t, p.Call("Input.dispatchTouchEvent", map[string]any{"type": "touchStart", "touchPoints": points}, nil))
		require.NoError(t, p.Call("Input.dispatchTouchEvent", map[string]any{"type": "touchEnd", "touchPoints": []int{}}, nil))
	}
	require.NoError(t, p.Call("Emulation.setTouchEmulationEnabled", map[string]any{"enabled": true}, nil))
	require.NoError(t, p.Eval(`document.getElementById("hints").scrollIntoView({ block: "center" })`, nil))
	tap(`document.querySelector("#hints button")`)
	p.wait(`document.getElementById("problem").hidden`)
	require.NoError(t, p.Eval(`document.getElementById("list").scrollIntoView({ block: "center" })`, nil))
	tap(`document.getElementById("f0")`)
	p.wait(shownTitle + ` === "request ApiVersions (18) v4"`)
	p.shoot("phone")
}
