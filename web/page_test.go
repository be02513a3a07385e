package web

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/wasm/view"
	"github.com/kwire-project/kafka/web/internal/browser"
)

// The tests of this file drive the page in Chromium as a person does: typing,
// pasting, pressing keys, pointing. They want the engine in dist/ (make wasm)
// and a browser; without them they are skipped, loudly, and where CI is set
// they fail.

// tab shows the page, and has what its test needs.
type tab struct {
	*browser.Page
	t *testing.T
}

// open serves h and opens it.
func open(t *testing.T, h http.Handler) tab {
	t.Helper()
	if _, err := os.Stat("dist/kwire.wasm"); err != nil {
		missing(t, "the engine is not built: run make wasm")
	}
	b := chromium(t)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	p, err := b.Open(server.URL + "/")
	require.NoError(t, err)
	pg := tab{p, t}
	pg.size(1360, 850)
	t.Cleanup(func() { require.Empty(t, p.Problems(), "errors in the console, or breaches of the content policy") })
	return pg
}

// chromium is one browser for all tests, as starting takes seconds.
func chromium(t *testing.T) *browser.Browser {
	t.Helper()
	if shared == nil {
		b, err := browser.Start(profile)
		if errors.Is(err, browser.ErrMissing) {
			missing(t, err.Error())
		}
		require.NoError(t, err)
		shared = b
	}
	return shared
}

var (
	shared  *browser.Browser
	profile string
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kwire-page")
	if err != nil {
		panic(err)
	}
	profile = dir
	code := m.Run()
	if shared != nil {
		_ = shared.Close()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// folder serves the files of this folder, as any file server would, with the
// policy that the page states itself.
func folder() http.Handler { return http.FileServer(http.Dir(".")) }

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("CI is set, so this must be tested: %s", what)
	}
	t.Skipf("SKIPPED, NOT TESTED: %s", what)
}

func (p tab) size(width, height int) {
	p.t.Helper()
	require.NoError(p.t, p.Call("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}, nil))
}

func (p tab) scheme(value string) {
	p.t.Helper()
	require.NoError(p.t, p.Call("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": value}, {"name": "prefers-reduced-motion", "value": "reduce"}}}, nil))
}

// text evaluates an expression to a string.
func (p tab) text(expression string) (s string) {
	p.t.Helper()
	require.NoError(p.t, p.Eval("String("+expression+")", &s))
	return s
}

func (p tab) wait(condition string) {
	p.t.Helper()
	if err := p.Wait(condition); err != nil {
		require.NoError(p.t, err, "%v %s", p.Problems(), p.text(`document.getElementById("panes").innerText`))
	}
}

func (p tab) press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		require.NoError(p.t, p.Press(k))
	}
}

// paste replaces the input, by keyboard, and waits for the answer.
func (p tab) paste(text string) {
	p.t.Helper()
	p.press("Escape", "t", "/")
	require.Equal(p.t, "input", p.text("document.activeElement.id"))
	require.NoError(p.t, p.Call("Input.insertText", map[string]any{"text": text}, nil))
	p.answered()
	p.press("Escape")
	require.Equal(p.t, "tree", p.text("document.activeElement.id"))
}

// answered waits until the page shows what the input holds.
func (p tab) answered() {
	p.t.Helper()
	p.wait(`document.querySelector("#tree [role=treeitem]") && !document.getElementById("panes").hasAttribute("aria-busy")`)
}

// row is what a row of the tree says.
type row struct{ Name, Type, Value, Range string }

// format is what the page says of the input: how it is written, and its size.
const format = `["format", "size"].map((id) => { const e = document.getElementById(id); return e.selectedOptions?.[0].textContent ?? e.textContent; }).join(" · ")`

// selectedRow is the row that the tree points a screen reader to.
const selectedRow = `(() => {
	const e = document.getElementById(document.getElementById("tree").getAttribute("aria-activedescendant"));
	const of = (c) => e.querySelector("." + c).textContent;
	return {Name: of("name"), Type: of("type"), Value: of("value"), Range: of("range")};
})()`

func (p tab) selected() (r row) {
	p.t.Helper()
	require.NoError(p.t, p.Eval(selectedRow, &r))
	return r
}

// stop is what the page shows at one step of a walk.
type stop struct {
	Row    row
	Marked []string
}

// typed is press for the many keys of a walk: the browser itself hands on a key
// a frame, so they go to what has the focus directly, all steps at once.
func (p tab) typed(steps ...[]string) (stops []stop) {
	p.t.Helper()
	list, err := json.Marshal(steps)
	require.NoError(p.t, err)
	require.NoError(p.t, p.Eval(`(async () => {
		const stops = [], marked = () => `+markedRuns("selected")+`;
		for (const keys of `+string(list)+`) {
			for (const key of keys) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
			for (let i = 0; i < 2 && !marked().length; i++) await new Promise(requestAnimationFrame); // the bytes scroll there, or have another height
			while (`+selectedRow+`.Name === "…") await new Promise(requestAnimationFrame); // its texts are asked for
			stops.push({Row: `+selectedRow+`, Marked: marked()});
		}
		return stops;
	})()`, &stops))
	return stops
}

// marked is what a highlight covers among the bytes, each run of it once.
func (p tab) marked(name string) []string {
	p.t.Helper()
	var runs []string
	require.NoError(p.t, p.Eval(markedRuns(name), &runs))
	return runs
}

func markedRuns(name string) string {
	return `[...CSS.highlights.get("hex-` + name + `")].map((r) => r.startContainer.data.slice(r.startOffset, r.endOffset))`
}

// want turns a node into the row that it should be.
func want(n view.Row, frame view.Frame) row {
	value := n.Value
	if n.Meaning != "" {
		if value != "" {
			value += " "
		}
		value += n.Meaning
	}
	first, last := n.Off-frame.Off, n.Off-frame.Off+n.Len-1
	r := row{n.Name, n.Type, value, strconv.Itoa(first)}
	if n.Len > 1 {
		r.Range += "–" + strconv.Itoa(last)
	}
	return r
}

// shoot keeps a picture of the page in $SHOTS, for people to look at.
func (p tab) shoot(name string) {
	if dir := os.Getenv("SHOTS"); dir != "" {
		png, err := p.Screenshot()
		require.NoError(p.t, err)
		require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
	}
}

// packet is what the list points a screen reader to.
func (p tab) packet() string {
	p.t.Helper()
	return p.text(`document.getElementById(document.getElementById("list").getAttribute("aria-activedescendant")).textContent.replace(/\s+/g, " ").trim()`)
}

func sample(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("samples/" + name + ".txt")
	require.NoError(t, err)
	return string(b)
}

// TestOpens: the page opens on a decoded example, from a plain file server.
func TestOpens(t *testing.T) {
	p := open(t, folder())
	p.answered()
	require.Equal(t, "request ApiVersions (18) v4", p.text(`["side","api","version"].map((id) => document.getElementById(id).selectedOptions[0].textContent).join(" ")`))
	require.Equal(t, "hex · 39 bytes", p.text(format))
	require.Equal(t, "✓ every byte read", p.text(`document.getElementById("verdict").textContent`))
	require.Equal(t, row{"Size", "INT32", "35", "0–3"}, p.selected())
	require.Equal(t, []string{"00 00 00 23", "···#"}, p.marked("selected"))
	p.shoot("opens")
}

// TestWalk pastes each example and walks it by keyboard: every row says what
// the engine says natively, and the bytes of each are marked. An example whose
// frames have the same rows as one before is left out.
func TestWalk(t *testing.T) {
	h := folder()
	if HasEngine() {
		h = Handler() // with the tag playground: as the program serves it
	}
	p := open(t, h)
	p.answered()
	files, err := filepath.Glob("samples/*.txt")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		text := sample(t, name)
		d := whole(t, []byte(text))
		kind := ""
		for _, f := range d.Frames {
			kind += fmt.Sprintln(f.Title, f.NodeCount, f.Err.Text)
		}
		if seen[kind] {
			continue
		}
		seen[kind] = true
		p.paste(text)
		p.walk(name, d)
	}
}

// whole is what an input holds, with the texts of all rows.
func whole(t *testing.T, input []byte) *view.Doc {
	t.Helper()
	s := view.Open(input, "")
	d := s.Doc(nil)
	for i, f := range d.Frames {
		var bare []int
		var ask []byte
		for n := f.FirstNode; n < f.FirstNode+f.NodeCount; n++ {
			if d.Nodes[n].Flags&view.NodeBare != 0 {
				bare, ask = append(bare, n), binary.LittleEndian.AppendUint32(ask, uint32(n-f.FirstNode))
			}
		}
		told, reason := s.AppendTexts(nil, i, ask)
		require.Empty(t, reason)
		texts := strings.Split(string(told), "\x00")
		for k, n := range bare {
			d.Nodes[n].Text = int32(len(d.Texts))
			d.Texts = append(d.Texts, view.Texts{Name: texts[5*k], Type: texts[5*k+1], Value: texts[5*k+2], Meaning: texts[5*k+3], About: texts[5*k+4]})
		}
	}
	return d
}

// walk goes through all frames and all rows of an input that was pasted.
func (p tab) walk(name string, d *view.Doc) {
	t := p.t
	t.Helper()
	require.NotEmpty(t, d.Frames, name)
	for range d.Frames {
		p.press("[")
	}
	for i, f := range d.Frames {
		if i > 0 {
			p.press("]")
		}
		nodes := d.Rows()[f.FirstNode : f.FirstNode+f.NodeCount]
		steps := [][]string{{"Home"}} // what is pressed to come to each row
		for _, n := range nodes[:len(nodes)-1] {
			if n.Flags&view.NodeClosed != 0 {
				steps = append(steps, []string{"ArrowRight", "ArrowDown"}) // unfold: its parts are rows, too
			} else {
				steps = append(steps, []string{"ArrowDown"})
			}
		}
		for n, have := range p.typed(steps...) {
			node := nodes[n]
			require.Equal(t, want(node, f), have.Row, "%s frame %d", name, i)
			if node.Len > 0 {
				bytes := hex.EncodeToString(d.Bytes[node.Off : node.Off+node.Len])
				first := strings.ReplaceAll(have.Marked[0], " ", "") // of its first row
				require.True(t, strings.HasPrefix(bytes, first), "%s: %s is not the start of %s", name, first, bytes)
			}
		}
	}
}

// TestError: a broken packet shows the error at its byte, and everything before.
func TestError(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.paste(sample(t, "missing-tag-buffer"))
	require.Equal(t, "✕ Byte 29 TAG_BUFFER: the message ends before this field does (1 byte wanted, 0 left)", p.text(`document.getElementById("problem").textContent`))
	require.Equal(t, []string{"??"}, p.marked("error"))
	require.Equal(t, "TAG_BUFFER", p.selected().Name)
	require.Equal(t, "2 ← response ApiVersions v4 29 B kafka-tester ✕ byte 29: TAG_BUFFER: the message ends before this field does (1 byte wanted, 0 left)", p.packet())
	p.shoot("error")
	p.press("Home", "ArrowDown", "e")
	require.Equal(t, "TAG_BUFFER", p.selected().Name)

	// An error of the text itself, at its character; what can be read is shown.
	p.paste("00 00 00 23 00 12 00 04 00 00 zz")
	require.Equal(t, "✕ Character 31 'z' is no hex digit", p.text(`document.getElementById("problem").textContent`))
	require.Equal(t, "hex · 10 bytes", p.text(format))
	p.press("e")
	require.Equal(t, "input 30 31", p.text(`[document.activeElement.id, document.activeElement.selectionStart, document.activeElement.selectionEnd].join(" ")`))
}

// TestPointing: hovering and clicking a byte or a row marks the other side.
func TestPointing(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.point("mouseMoved", p.byteAt(9))
	require.Equal(t, "CorrelationId", p.text(`document.querySelector("#tree .hovered .name").textContent`))
	require.Equal(t, []string{"00 00 00 07", "····"}, p.marked("hover"))
	p.click(p.byteAt(9))
	require.Equal(t, row{"CorrelationId", "INT32", "7", "8–11"}, p.selected())
	require.Equal(t, []string{"00"}, p.marked("cursor"))
	require.Equal(t, "CorrelationId, INT32, bytes 8 to 11, 7", p.text(`document.getElementById("live").textContent`))

	// A byte in a folded string opens it.
	p.click(p.byteAt(26))
	require.Equal(t, row{"characters", "9 bytes", `"kafka-cli"`, "25–33"}, p.selected())

	// By keys among the bytes.
	p.press("b", "Home", "ArrowDown")
	require.Equal(t, "hex", p.text("document.activeElement.id"))
	require.Equal(t, []string{"66"}, p.marked("cursor"))

	// A row marks its bytes on hovering, and the parent's when selected.
	box := p.box(`[...document.querySelectorAll("#tree .row")].find((r) => r.querySelector(".name").textContent === "RequestApiKey")`)
	p.point("mouseMoved", box)
	require.Equal(t, []string{"00 12", "··"}, p.marked("hover"))
	p.click(box)
	require.Equal(t, []string{"00 12", "··"}, p.marked("selected"))
	require.Equal(t, "00 12", p.text(`document.querySelector("#detail .raw dd").textContent`))
	require.Equal(t, "18", p.text(`document.querySelector("#detail .value dd").textContent`))
	p.click(p.box(`[...document.querySelectorAll("#detail button")].find((b) => b.textContent === "show in the input")`))
	p.wait(`document.activeElement.id === "input"`)
	require.Equal(t, "00 12", p.text(`document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)`))
}

// TestChoosing: the reading can be overridden, and guessed again.
func TestChoosing(t *testing.T) {
	p := open(t, folder())
	p.answered()
	version := `(async (v) => { const s = document.getElementById("version"); s.value = v; s.dispatchEvent(new Event("change")); })`
	require.NoError(t, p.Eval(version+`("0")`, nil))
	p.answered()
	require.Contains(t, p.text(`document.getElementById("problem").textContent`), "Byte ")
	require.Equal(t, "false", p.text(`document.getElementById("guess").hidden`))
	p.click(p.box(`document.getElementById("guess")`))
	p.wait(`document.getElementById("problem").hidden`)
	require.Equal(t, "4", p.text(`document.getElementById("version").value`))

	// A response alone fits several versions: they are a click away.
	b := view.Build([]byte(sample(t, "api-versions-response")), nil)
	f := b.Frames[1]
	p.paste(hex.EncodeToString(b.Bytes[f.Off : f.Off+f.Len]))
	require.Contains(t, p.text(`document.getElementById("verdict").textContent`), "readings fit")
	p.click(p.box(`document.querySelector("#others .chip")`))
	p.wait(`document.getElementById("verdict").textContent.includes("as chosen")`)
}

// TestAccessible: axe finds nothing, in light and dark, wide and narrow, with
// an error, among several frames, in a capture, with a filter that nothing
// fits, with the help open, and with a link to share.
func TestAccessible(t *testing.T) {
	axe, err := os.ReadFile(axePath())
	if err != nil {
		missing(t, "axe-core is not there: "+err.Error())
	}
	p := open(t, withFile(story(t)))
	p.answered()
	require.NoError(t, p.Eval(string(axe), nil))
	check := func(name string) {
		var violations []struct {
			ID, Help string
			Nodes    []struct{ HTML, FailureSummary string }
		}
		require.NoError(t, p.Eval(`axe.run({resultTypes: ["violations"]}).then((r) => r.violations.map((v) => ({ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => ({HTML: n.html, FailureSummary: n.failureSummary}))})))`, &violations))
		if len(violations) > 0 {
			text, _ := json.MarshalIndent(violations, "", " ")
			t.Errorf("%s: %s", name, text)
		}
		p.shoot(name)
	}
	for _, width := range []int{1360, 900, 390} {
		p.size(width, 850)
		for _, theme := range []string{"light", "dark"} {
			p.scheme(theme)
			for _, s := range []string{"api-versions-request", "missing-tag-buffer", "unsupported-version", "fetch-response"} {
				p.paste(sample(t, s))
				check(s + "-" + theme + "-" + strconv.Itoa(width))
			}
			for _, state := range []struct {
				name string
				keys []string
			}{{"edit", []string{"Home", "Enter"}}, {"copy", []string{"c"}}, {"versions", []string{"v"}}, {"pinned", []string{"d"}}, {"compare", []string{"[", "d"}}} {
				p.press(state.keys...)
				p.wait(`document.querySelector("dialog[open], #detail form") || !document.getElementById("unpin").hidden`)
				check(state.name + "-" + theme + "-" + strconv.Itoa(width))
				p.press("Escape")
			}
			require.NoError(t, p.Eval(`document.getElementById("unpin").click()`, nil))
			p.wait(`document.getElementById("unpin").hidden`)
			p.press("?")
			check("help-" + theme + "-" + strconv.Itoa(width))
			p.press("Escape")

			p.drop("talk.pcapng")
			p.press("l", "Home", "ArrowDown", "ArrowDown", "ArrowDown")
			p.wait(`document.querySelector("#list .warned[aria-selected=true]")`)
			check("list-" + theme + "-" + strconv.Itoa(width))
			p.press("t", "s")
			p.wait(`document.getElementById("share").open`)
			check("share-" + theme + "-" + strconv.Itoa(width))
			p.press("Escape", "f")
			require.NoError(t, p.Call("Input.insertText", map[string]any{"text": "nothing"}, nil))
			p.wait(packetCount + `.startsWith("0 of")`)
			check("none-" + theme + "-" + strconv.Itoa(width))
			p.click(p.box(`document.getElementById("file-close")`))
			p.wait(`document.getElementById("packets").hidden`)
		}
	}
}

// axePath is where axe-core is: $AXE, or where make tools puts it.
func axePath() string {
	if path := os.Getenv("AXE"); path != "" {
		return path
	}
	return filepath.Join("..", ".cache", "axe", "node_modules", "axe-core", "axe.min.js")
}

// TestMissingEngine: without its engine the page says how to get it.
func TestMissingEngine(t *testing.T) {
	b := chromium(t)
	files := folder()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/dist/") {
			http.NotFound(w, r)
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	opened, err := b.Open(server.URL)
	require.NoError(t, err)
	p := tab{opened, t}
	p.wait(`document.getElementById("empty")?.innerText.includes("make run")`)
	p.shoot("missing-engine")
}

// spot is a place on the page, in CSS pixels.
type spot struct{ X, Y float64 }

// box is the middle of an element.
func (p tab) box(element string) (s spot) {
	p.t.Helper()
	require.NoError(p.t, p.Eval(`(() => { const r = (`+element+`).getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2}; })()`, &s))
	return s
}

// byteAt is the middle of a byte among 16 a row, in the first rows.
func (p tab) byteAt(i int) (s spot) {
	p.t.Helper()
	column := 6 + 3*(i%16)
	if i%16 >= 8 {
		column++
	}
	require.NoError(p.t, p.Eval(`(() => { const row = document.querySelectorAll("#hex .space .row")[`+strconv.Itoa(i/16)+`].firstChild, range = document.createRange();
		range.setStart(row, `+strconv.Itoa(column)+`); range.setEnd(row, `+strconv.Itoa(column+2)+`);
		const r = range.getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2}; })()`, &s))
	return s
}

func (p tab) point(what string, at spot) {
	p.t.Helper()
	require.NoError(p.t, p.Call("Input.dispatchMouseEvent", map[string]any{"type": what, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil))
}

func (p tab) click(at spot) {
	p.t.Helper()
	p.point("mousePressed", at)
	p.point("mouseReleased", at)
}

// TestSpeed prints how long the page takes from a change of the text to the
// tree that is drawn from it.
func TestSpeed(t *testing.T) {
	p := open(t, folder())
	p.answered()
	frames := view.Build([]byte(sample(t, "fetch-response")), nil)
	f := frames.Frames[0]
	one := hex.EncodeToString(frames.Bytes[f.Off : f.Off+f.Len])
	for _, copies := range []int{1, 50, 500} {
		var ms float64
		require.NoError(t, p.Eval(`(async () => {
			const input = document.getElementById("input"), panes = document.getElementById("panes"), times = [];
			for (let i = 0; i < 11; i++) {
				input.value = `+strconv.Quote(strings.Repeat(one+"\n", copies))+` + " ".repeat(i);
				const start = performance.now();
				input.dispatchEvent(new Event("input"));
				while (panes.hasAttribute("aria-busy")) await new Promise((r) => { const c = new MessageChannel(); c.port1.onmessage = r; c.port2.postMessage(0); });
				times.push(performance.now() - start);
			}
			return times.sort((a, b) => a - b)[5];
		})()`, &ms))
		t.Logf("%6d bytes in %3d frames: %6.1f ms", copies*f.Len, copies, ms)
		require.Less(t, ms, 10_000.0)
	}
}

// TestResized: what is selected stays in sight when the panes get smaller, unless somebody has scrolled away from it.
func TestResized(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.paste(sample(t, "metadata"))
	p.press("t", "End")
	const seen = `(() => {
		const tree = document.getElementById("tree").getBoundingClientRect(), row = document.querySelector("#tree [aria-selected=true]").getBoundingClientRect();
		return row.top >= tree.top && row.bottom <= tree.bottom + 1;
	})()`
	p.wait(seen)
	height := p.text(`document.getElementById("tree").clientHeight`)
	p.size(1360, 640)
	p.wait(`document.getElementById("tree").clientHeight < ` + height)
	p.wait(seen)
	require.NoError(t, p.Eval(`document.getElementById("tree").scrollTop = 0`, nil))
	p.wait(`!` + seen)
	p.size(1360, 850)
	p.wait(`document.getElementById("tree").clientHeight === ` + height)
	require.Equal(t, "0", p.text(`document.getElementById("tree").scrollTop`))
}
