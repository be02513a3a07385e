package web

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const shownTitle = `["side", "api", "version"].map((id) => document.getElementById(id).selectedOptions[0].textContent).join(" ")`

// TestPasteAnywhere: the input need not have the focus.
func TestPasteAnywhere(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.press("t")
	paste := `(async (text, name) => {
		const data = new DataTransfer();
		if (name) data.items.add(new File([text], name)); else data.setData("text", text);
		document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
	})`
	require.NoError(t, p.Eval(paste+`("0000000a 0012 0000 00000004 ffff")`, nil))
	p.wait(shownTitle + ` === "request ApiVersions (18) v0"`)
	require.Equal(t, "0000000a 0012 0000 00000004 ffff", p.text(`document.getElementById("input").value`))
	require.Equal(t, "tree", p.text(`document.activeElement.id`))

	// A file that a file manager has copied; what it holds is text, so it becomes the input.
	text, err := json.Marshal(sample(t, "metadata"))
	require.NoError(t, err)
	require.NoError(t, p.Eval(paste+`(`+string(text)+`, "log.txt")`, nil))
	p.wait(shownTitle + ` === "request Metadata (3) v12"`)
	require.Equal(t, "log.txt", p.text(`document.getElementById("file-name").textContent`))
	require.Equal(t, "false", p.text(`document.getElementById("input").hidden`))
	require.Equal(t, sample(t, "metadata"), p.text(`document.getElementById("input").value`))

	// What comes next is seen from its beginning.
	require.NoError(t, p.Eval(`document.getElementById("input").scrollTop = 1e6`, nil))
	require.NotEqual(t, "0", p.text(`document.getElementById("input").scrollTop`))
	require.NoError(t, p.Eval(paste+`(`+string(text)+`, "again.txt")`, nil))
	p.wait(`document.getElementById("file-name").textContent === "again.txt" && document.getElementById("input").scrollTop === 0`)
}

// TestDrop: a dropped file is read as bytes, wherever it is dropped; a hint
// says that it can be.
func TestDrop(t *testing.T) {
	p := open(t, withFile([]byte{0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 9, 255, 255}))
	p.answered()
	require.NoError(t, p.Eval(`document.body.dispatchEvent(new DragEvent("dragover", {bubbles: true, cancelable: true})), 0`, nil))
	require.Equal(t, "false", p.text(`document.getElementById("drop").hidden`))
	p.shoot("drop")
	require.NoError(t, p.Eval(`document.body.dispatchEvent(new DragEvent("dragleave", {bubbles: true})), 0`, nil))
	require.Equal(t, "true", p.text(`document.getElementById("drop").hidden`))

	p.drop("frame.bin")
	p.wait(format + ` === "binary · 14 bytes"`)
	require.Equal(t, "✓ every byte read", p.text(`document.getElementById("verdict").textContent`))
	require.Equal(t, "request ApiVersions (18) v0", p.text(shownTitle))
	require.Equal(t, "true", p.text(`document.getElementById("input").hidden`))
	p.shoot("file")
	p.click(p.box(`document.getElementById("file-close")`))
	p.wait(`document.getElementById("empty").innerText.startsWith("Nothing here yet")`)
	require.Equal(t, "input", p.text("document.activeElement.id"))

	// Text that is dragged from elsewhere.
	require.NoError(t, p.Eval(`(() => {
		const data = new DataTransfer();
		data.setData("text", "0000000a 0012 0000 00000004 ffff");
		document.getElementById("hex").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
	})()`, nil))
	p.wait(format + ` === "hex · 14 bytes"`)
}

// TestOpenFiles: by the button, two at once; the second is a choice away.
func TestOpenFiles(t *testing.T) {
	p := open(t, folder())
	p.answered()
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one.bin"), filepath.Join(dir, "two.pcapng")
	require.NoError(t, os.WriteFile(one, []byte{0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 9, 255, 255}, 0o644))
	require.NoError(t, os.WriteFile(two, story(t), 0o644))
	var object struct {
		Result struct{ ObjectID string }
	}
	require.NoError(t, p.Call("Runtime.evaluate", map[string]any{"expression": `document.getElementById("picker")`}, &object))
	require.NoError(t, p.Call("DOM.setFileInputFiles", map[string]any{"files": []string{one, two}, "objectId": object.Result.ObjectID}, nil))
	p.wait(format + ` === "binary · 14 bytes"`)
	require.Equal(t, "one.bin two.pcapng", p.text(`[...document.getElementById("files").options].map((o) => o.text).join(" ")`))
	p.choose("files", "two.pcapng")
	p.wait(packetCount + ` === "13"`)
}

// choose picks an option of a list.
func (p tab) choose(id, option string) {
	p.t.Helper()
	require.NoError(p.t, p.Eval(`(() => { const s = document.getElementById("`+id+`"); s.value = "`+option+`"; s.dispatchEvent(new Event("change")); })()`, nil))
}

// TestFormat: what was recognised can be said to be something else.
func TestFormat(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.paste("00000010")
	require.Equal(t, "hex · 4 bytes", p.text(format))
	p.choose("format", "base64")
	p.wait(format + ` === "base64 · 6 bytes"`)
	p.choose("format", "binary")
	p.wait(format + ` === "binary · 8 bytes"`)
	require.Equal(t, "recognise it", p.text(`document.getElementById("format").options[0].text`))
	p.choose("format", "")
	p.wait(format + ` === "hex · 4 bytes"`)
}

// TestNotes: what a capture holds that is not shown is said.
func TestNotes(t *testing.T) {
	c := newCapture()
	hello, _ := exchangeOf(t, "api-versions-response")
	c.connect(50001)
	c.send(50001, true, hello)
	fragment := make([]byte, 60) // of an IP packet
	copy(fragment[12:], []byte{8, 0, 0x45, 0, 0, 46, 0, 0, 0x20, 0, 64, 6})
	c.block(6, append(le32(0, 0, 0, 60, 60), fragment...))
	p := open(t, withFile(c.bytes))
	p.answered()
	require.Equal(t, "true", p.text(`document.getElementById("notes").hidden`))
	p.drop("notes.pcapng")
	require.Equal(t, "false", p.text(`document.getElementById("notes").hidden`))
	require.Contains(t, p.text(`document.getElementById("notes-text").textContent`), "1 packet left out: a fragment of an IP packet")
}

// TestFirstPaint: the page shows its example before any script has run.
func TestFirstPaint(t *testing.T) {
	html, err := page.ReadFile("index.html")
	require.NoError(t, err)
	example := sample(t, "api-versions-request")
	require.Contains(t, string(html), ">\n"+example+"</textarea>")
	var samples []struct{ File, Look string }
	index, err := page.ReadFile("samples/index.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(index, &samples))
	require.Equal(t, "api-versions-request.txt", samples[0].File)
	require.Contains(t, string(html), `class="look">`+samples[0].Look+"</p>")

	p := open(t, folder())
	p.answered()
	require.NoError(t, p.Call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil))
	require.NoError(t, p.Call("Page.reload", nil, nil))
	p.wait(`document.readyState === "complete" && getComputedStyle(document.getElementById("panes")).display === "grid"`)
	require.Equal(t, example, p.text(`document.getElementById("input").value`))
	p.shoot("first-paint")
}

// TestShare: a link holds the packet, the selected bytes and how it is read;
// opened elsewhere it shows the same.
func TestShare(t *testing.T) {
	p := open(t, folder())
	p.answered()
	text := sample(t, "missing-tag-buffer")
	p.paste(text)
	p.press("Home", "ArrowDown", "ArrowDown")
	require.Equal(t, "CorrelationId", p.selected().Name)
	p.press("s")
	p.wait(`document.getElementById("share").open`)
	link := p.text(`document.getElementById("share-link").value`)
	require.Contains(t, link, "/#p=")
	require.True(t, strings.HasSuffix(link, "&s=46-49"), link)
	require.Less(t, len(link), 600)
	require.Equal(t, "The link holds all that is shown here.", p.text(`document.getElementById("share-told").textContent`))
	require.Equal(t, "Download this packet (29 bytes) Download all 2 (71 bytes)", p.text(`[...document.querySelectorAll("#share .buttons button")].map((b) => b.textContent).join(" ")`))
	p.shoot("share")
	p.press("Escape")

	follow := func(fragment string) {
		t.Helper()
		require.NoError(t, p.Eval(`location.hash = "`+fragment+`", 0`, nil))
	}
	p.paste("00")
	require.Equal(t, "", p.text("location.hash"))
	follow(link[strings.Index(link, "#"):])
	p.wait(`document.getElementById("input").value.includes("tester")`)
	p.answered()
	require.Equal(t, text, p.text(`document.getElementById("input").value`))
	require.Equal(t, row{"CorrelationId", "INT32", "177586623", "4–7"}, p.selected())
	require.Contains(t, p.packet(), "2 ← response ApiVersions v4")

	// How it is read, and as which format.
	p.paste("0000000a 0012 0000 00000004 ffff")
	p.choose("version", "1")
	p.answered()
	p.press("s")
	p.wait(`document.getElementById("share").open`)
	chosen := p.text(`document.getElementById("share-link").value`)
	require.Contains(t, chosen, "&as=0.18.1")
	p.press("Escape")
	p.paste("00")
	follow(chosen[strings.Index(chosen, "#"):])
	p.wait(`document.getElementById("version").value === "1" && !document.getElementById("guess").hidden`)

	// Damaged ones say so, and leave what is there.
	for _, bad := range []string{"#p=%%%", "#p=AAAA", link[strings.Index(link, "#") : strings.Index(link, "#")+60]} {
		follow("#none")
		p.wait(`document.getElementById("problem").hidden || true`)
		follow(bad)
		p.wait(`document.getElementById("problem").textContent.includes("This link is damaged: it is cut off, or was changed on its way.")`)
	}
	require.Equal(t, "1", p.text(`document.getElementById("version").value`))
}

// incompressible is a frame of 12 kB that deflate cannot make shorter.
func incompressible() []byte {
	b := append([]byte{0, 0, 0x2e, 0xe0, 0, 18, 0, 0, 0, 0, 0, 9, 0xff, 0xff}, make([]byte, 12000-10)...)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b[14:])
	return b
}

// TestShareOfLarge: of an input that is too long for a link the packet is
// shared alone, with its request; what is too long by itself is downloaded.
func TestShareOfLarge(t *testing.T) {
	p := open(t, withFile(long(t, 2<<20)))
	p.answered()
	p.drop("long.pcapng")
	p.press("l", "Home", "ArrowDown", "t", "s")
	p.wait(`document.getElementById("share").open`)
	require.Equal(t, "The link holds this packet and its request.", p.text(`document.getElementById("share-told").textContent`))
	link := p.text(`document.getElementById("share-link").value`)
	p.press("Escape")
	require.NoError(t, p.Eval(`location.hash = "`+link[strings.Index(link, "#"):]+`", 0`, nil))
	p.wait(packetCount + ` === "2"`)
	require.Contains(t, p.packet(), "2 ← response Metadata v12 239 B")

	p.paste(hex.EncodeToString(incompressible()))
	p.press("s")
	p.wait(`document.getElementById("share").open`)
	require.Equal(t, "true", p.text(`document.getElementById("share-row").hidden`))
	require.Regexp(t, `^This packet is too long for a link, which would have [\d,]+ bytes\. Download it instead\.$`, p.text(`document.getElementById("share-told").textContent`))

	// What is downloaded are the packet's bytes.
	dir := t.TempDir()
	require.NoError(t, p.Call("Browser.setDownloadBehavior", map[string]any{"behavior": "allow", "downloadPath": dir}, nil))
	p.click(p.box(`document.getElementById("download")`))
	var have []byte
	require.Eventually(t, func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "*.bin"))
		if len(files) != 1 {
			return false
		}
		have, _ = os.ReadFile(files[0])
		return len(have) == len(incompressible())
	}, 20*time.Second, 20*time.Millisecond)
	require.Equal(t, incompressible(), have)
}
