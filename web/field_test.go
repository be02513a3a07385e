package web

import (
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/wasm/view"
)

// The tests of this file are about one field, one packet and what is done with
// it: explaining, editing, mending, comparing, versions and copying.

// down goes from the first row to the one with a name, by keyboard.
func (p tab) down(name string) {
	p.t.Helper()
	p.press("t", "Home")
	for range 400 {
		if p.selected().Name == name {
			return
		}
		p.typed([]string{"ArrowDown"})
	}
	require.FailNow(p.t, "no row "+name)
}

// facts are what the pane says of the selected field: names and texts, bits as
// a screen reader reads them.
func (p tab) facts() map[string]string {
	p.t.Helper()
	p.wait(`document.querySelectorAll("#detail .facts")[1].children.length`) // how is asked for
	facts := map[string]string{}
	require.NoError(p.t, p.Eval(`Object.fromEntries([...document.querySelectorAll("#detail .facts > div")].map((d) =>
		[d.firstChild.textContent, d.querySelector(".bits")?.ariaLabel ?? d.lastChild.textContent]))`, &facts))
	return facts
}

// hexText is all bytes of the frame that is shown, as the pane of bytes has them.
func (p tab) hexText() string {
	p.t.Helper()
	return p.text(hexShown)
}

const hexShown = `[...document.querySelectorAll("#hex .space .row")].map((r) => r.textContent.slice(6, 55)).join("").replace(/[^0-9a-f?_]/g, "")`

// bytes waits until the pane of bytes shows what it should.
func (p tab) bytes(want string) {
	p.t.Helper()
	if p.Wait(hexShown+" === "+quote(want)) != nil {
		require.Equal(p.t, want, p.hexText())
	}
}

func (p tab) verdict() string {
	p.t.Helper()
	return p.text(`["verdict", "trip"].map((id) => document.getElementById(id).innerText).join(" ").trim()`)
}

// insert types text where the focus is.
func (p tab) insert(text string) {
	p.t.Helper()
	require.NoError(p.t, p.Call("Input.insertText", map[string]any{"text": text}, nil))
}

// button clicks the button with a text.
func (p tab) button(text string) {
	p.t.Helper()
	find := `[...document.querySelectorAll("button")].find((b) => b.textContent === ` + quote(text) + ` && b.offsetParent)`
	p.wait(find)
	p.click(p.box(find))
}

func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

func frameHex(t *testing.T, name string, frame int) string {
	t.Helper()
	d := view.Build([]byte(sample(t, name)), nil)
	f := d.Frames[frame]
	return hex.EncodeToString(d.Bytes[f.Off : f.Off+f.Len])
}

// TestField: what the pane says of a field, down to its bits.
func TestField(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.paste(sample(t, "fetch-response"))
	p.press("]")
	p.down("HighWatermark")
	f := p.facts()
	require.Equal(t, "INT64", f["Type"])
	require.Equal(t, "43", f["Value"])
	require.Contains(t, f["Bits"], "00101011")
	require.Equal(t, "Fetch response 0+, this is 16 all versions", f["Versions"])
	require.Equal(t, "64 1", p.text(`document.querySelectorAll("#detail .bit").length + " " + document.querySelectorAll("#detail .bit[tabindex='0']").length`))

	// A varint of two bytes: each says whether another one follows.
	p.down("Length")
	f = p.facts()
	require.Equal(t, "Bits [1]0110001, [0]0000001; the first of each byte says whether another byte follows", f["Bits"])
	require.Equal(t, "seven bits a byte, the lowest first: 49 + 1·128 = 177", f["Varint"])
	require.Equal(t, "one more than what it counts: 177 − 1 = 176", f["Compact"])
	require.Equal(t, "2", p.text(`document.querySelectorAll("#detail .more").length`))
	p.shoot("field-varint")

	p.down("OffsetDelta")
	require.Equal(t, "0 is even: 0 / 2 = 0", p.facts()["Zigzag"])
}

// TestEditValue: a value is set by keyboard; sizes follow; a wrong one is refused
// in words; undo and redo; the text box stays until the bytes are made the input.
func TestEditValue(t *testing.T) {
	p := open(t, folder())
	p.answered()
	before := frameHex(t, "api-versions-request", 0)
	text := p.text(`document.getElementById("input").value`)
	p.down("ClientId")
	p.press("Enter")
	require.Equal(t, `"kafka-cli"`, p.text(`document.activeElement.value`))
	p.shoot("edit-form")
	p.insert("me") // the text between the quotes is selected
	p.press("Enter")
	after := strings.Replace(strings.Replace(before, "00000023", "0000001c", 1), "00096b61666b612d636c69", "00026d65", 1)
	p.wait(`document.getElementById("undo").hidden === false`)
	p.bytes(after)
	require.Equal(t, row{"ClientId", "NULLABLE_STRING", `"me"`, "12–15"}, p.selected())
	require.Equal(t, "tree", p.text("document.activeElement.id"))
	p.wait(`document.getElementById("trip").innerText`)
	require.Equal(t, "✓ every byte read ✓ round-trips", p.verdict())
	require.Equal(t, text, p.text(`document.getElementById("input").value`))

	p.down("CorrelationId")
	p.press("Enter")
	p.insert("much")
	p.press("Enter")
	p.wait(`document.getElementById("wrong").textContent`)
	require.Equal(t, "a whole number is wanted, from -2147483648 to 2147483647", p.text(`document.getElementById("wrong").textContent`))
	require.Equal(t, "INPUT", p.text("document.activeElement.tagName"))
	p.shoot("edit-refused")
	p.press("Escape")
	require.Equal(t, "tree", p.text("document.activeElement.id"))
	p.bytes(after)

	require.NoError(t, p.Eval(`document.getElementById("undo").focus()`, nil))
	p.press("Enter")
	p.bytes(before)
	p.wait(`document.getElementById("detail").textContent.includes("show in the input")`) // with its places in the text
	require.Equal(t, "tree", p.text("document.activeElement.id"), "the button cannot be pressed again")
	p.press("Control+y")
	p.bytes(after)
	p.answered()

	// A link holds the edited bytes, and another version can be chosen for them.
	p.press("s")
	p.wait(`document.getElementById("share").open`)
	var linked []int
	require.NoError(t, p.Eval(`import("./js/share.js").then((m) => m.readLink(new URL(document.getElementById("share-link").value).hash)).then((l) => new Response(l.what).arrayBuffer()).then((b) => [...new Uint8Array(b)])`, &linked))
	require.Len(t, linked, len(after)/2)
	p.press("Escape", "v")
	p.wait(`document.getElementById("panel").open`)
	p.click(p.box(`[...document.querySelectorAll("#panel thead button")].find((b) => b.textContent === "3")`))
	p.wait(`document.getElementById("version").value === "3"`)
	p.bytes(after)
	p.press("Control+z")
	p.wait(`document.getElementById("version").value === "4"`)
	p.bytes(after)
	p.button("Use as input")
	p.wait(`document.getElementById("undo").hidden && !document.getElementById("panes").ariaBusy`)
	require.Equal(t, after, p.text(`document.getElementById("input").value`))
	p.bytes(after)
	require.Equal(t, "tree", p.text("document.activeElement.id"))
}

// TestEditElement: an element is there twice, and goes; counts and lengths follow.
func TestEditElement(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.paste(sample(t, "api-versions-response"))
	p.press("]")
	p.down("ApiKeys[0]")
	p.press("Insert")
	p.wait(`document.querySelector("#undo").hidden === false`)
	require.Equal(t, "ApiKeys[1]", p.selected().Name)
	p.press("Delete")
	p.wait(`document.getElementById("bytes-range").textContent === "44 bytes"`)
	p.button("Undo")
	p.wait(`document.getElementById("bytes-range").textContent === "51 bytes"`)
	p.button("Undo")
	p.wait(`document.getElementById("bytes-range").textContent === "44 bytes"`)
	p.bytes(frameHex(t, "api-versions-response", 1))
	p.down("ErrorCode")
	p.press("Delete")
	p.wait(`document.getElementById("wrong").textContent`)
	require.Contains(t, p.text(`document.getElementById("wrong").textContent`), "only elements")
}

// TestEditBits: a bit is flipped by keyboard and by mouse, and the focus stays on it.
func TestEditBits(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.down("CorrelationId")
	p.facts()
	require.NoError(t, p.Eval(`document.querySelector("#detail .bit[tabindex='0']").focus()`, nil))
	p.press("End", "ArrowLeft", "Enter")
	p.wait(`document.querySelector("#detail .value dd")?.textContent === "5" && document.activeElement.className === "bit"`)
	require.Equal(t, "0, bit 1 of byte 11", p.text(`document.activeElement.ariaLabel`))
	p.click(p.box(`document.querySelectorAll("#detail .bit")[0]`))
	p.wait(`document.querySelector("#detail .value dd")?.textContent === "-2147483643"`)
	require.Contains(t, p.hexText(), "0012000480000005")
}

// TestEditBytes: digits write bytes, Insert and Delete make and take room, and
// the size is mended.
func TestEditBytes(t *testing.T) {
	p := open(t, folder())
	p.answered()
	before := frameHex(t, "api-versions-request", 0)
	p.down("CorrelationId")
	p.press("b", "ArrowRight", "f", "E")
	p.wait(`document.querySelector("#undo").hidden === false`)
	p.bytes(strings.Replace(before, "00000007", "fe000007", 1))
	require.Equal(t, []string{"00"}, p.marked("cursor"))
	require.Equal(t, "hex", p.text("document.activeElement.id"))
	p.press("1")
	require.Contains(t, p.hexText(), "fe1_0007")
	p.press("ArrowLeft", "ArrowRight") // a digit alone is forgotten
	require.Contains(t, p.hexText(), "fe000007")
	p.press("Delete")
	p.wait(`!document.getElementById("problem").hidden`)
	require.Contains(t, p.hexText(), "fe0007")
	p.press("Insert")
	p.wait(`document.getElementById("problem").hidden`)
	require.Contains(t, p.hexText(), "fe000007")

	// Behind the last byte more can be typed; the size does not follow, until it is mended.
	p.press("End", "ArrowRight", "0", "0")
	p.wait(`!document.getElementById("problem").hidden`)
	require.Equal(t, "40 bytes", p.text(`document.getElementById("bytes-range").textContent`))
	p.press("ArrowLeft", "Delete")
	p.wait(`document.getElementById("problem").hidden`)
	p.press("Home", "ArrowRight", "ArrowRight", "ArrowRight", "2", "0")
	p.wait(`!document.getElementById("problem").hidden`)
	p.button("Mend sizes and CRC")
	p.wait(`document.getElementById("problem").hidden`)
	p.bytes(strings.Replace(before, "00000007", "fe000007", 1))
}

// TestHints: each mistake among the examples has a button that mends it, and
// the way back.
func TestHints(t *testing.T) {
	p := open(t, folder())
	p.answered()
	for name, packets := range mistakes() {
		p.paste(sample(t, name))
		broken := p.hexText()
		p.wait(`document.querySelector("#hints li")`)
		require.Equal(t, "Try "+packets[1].hint, p.text(`document.querySelector("#hints li").textContent`), name)
		if name == "compact-length" {
			p.shoot("hints")
		}
		p.click(p.box(`document.querySelector("#hints button")`))
		p.wait(`document.getElementById("problem").hidden && document.getElementById("hints").hidden && !document.getElementById("panes").ariaBusy`)
		if name != "old-layout" { // there the reading changes, not the bytes
			p.bytes(hex.EncodeToString(packets[1].right))
		}
		p.press("Control+z")
		p.wait(`!document.getElementById("problem").hidden`)
		p.bytes(broken)
	}
}

// TestCompare: a packet is pinned and another one held against it, by field.
func TestCompare(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.press("d")
	p.wait(`document.getElementById("pin").textContent === "Compare with ApiVersions request v4"`)
	p.paste(sample(t, "client-franz-go"))
	p.press("[", "[", "d")
	p.wait(`document.getElementById("panel").open`)
	var rows [][]string
	require.NoError(t, p.Eval(`[...document.querySelectorAll("#panel tbody tr")].map((r) => [...r.children].map((c) => c.textContent))`, &rows))
	require.Contains(t, rows, []string{"≠ changed", "CorrelationId", "7", "0"})
	require.Contains(t, rows, []string{"+ only here", "NodeId", "", "-1"})
	p.shoot("compare")
	p.button("CorrelationId")
	require.Equal(t, "false", p.text(`document.getElementById("panel").open`))
	require.Equal(t, "CorrelationId", p.selected().Name)
	p.button("Unpin")
	p.wait(`document.getElementById("unpin").hidden`)
	require.Equal(t, "pin", p.text("document.activeElement.id"))
}

// TestVersions: the fields in all versions; a version is a click away.
func TestVersions(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.paste(sample(t, "fetch-response"))
	p.press("]")
	p.down("SessionId")
	p.facts()
	p.press("v")
	p.wait(`document.getElementById("panel").open`)
	require.Equal(t, "Fetch response SessionId 16", p.text(`[document.getElementById("panel-name"), document.querySelector("#panel .here th").firstChild, document.querySelector("#panel thead .now")].map((e) => e.textContent).join(" ")`))
	cells := p.text(`[...document.querySelectorAll("#panel .here td")].map((c) => c.textContent).join(" ")`)
	require.Equal(t, "int32 7+"+strings.Repeat(" ", 8)+strings.TrimSpace(strings.Repeat("● ", 12)), cells) // in 7 to 18 of 0 to 18
	p.shoot("versions")
	p.click(p.box(`[...document.querySelectorAll("#panel thead button")].find((b) => b.textContent === "17")`))
	p.wait(`document.getElementById("version").value === "17"`)
	p.press("Control+z")
	p.wait(`document.getElementById("version").value === "16"`)
}

// TestCopy: what is copied reads back as the same bytes; where the clipboard is
// closed, the text is there, selected.
func TestCopy(t *testing.T) {
	p := open(t, folder())
	require.NoError(t, p.Eval(`void (navigator.clipboard.writeText = async (text) => { window.copied = text; })`, nil))
	p.answered()
	p.down("ClientId")
	p.facts()
	p.press("c")
	p.wait(`document.getElementById("panel").open`)
	p.shoot("copy")
	packet := frameHex(t, "api-versions-request", 0)
	for _, form := range []string{"Hex", "Go", "Java", "Python"} {
		p.button(form)
		p.wait(`document.querySelector("#panel [role=status]").textContent === "Copied: ` + form + `."`)
		r, err := capture.Read([]byte(p.text("copied")))
		require.NoError(t, err, form)
		require.Equal(t, packet, hex.EncodeToString(r.Bytes), form)
	}
	p.button("nc line")
	p.wait(`copied.startsWith("printf")`)
	printed, pipe, ok := strings.Cut(p.text("copied"), " | ")
	require.True(t, ok)
	require.Equal(t, "nc localhost 9092", pipe)
	out, err := exec.Command("sh", "-c", printed).Output()
	require.NoError(t, err)
	require.Equal(t, packet, hex.EncodeToString(out))
	p.button("JSON")
	p.wait(`copied.startsWith("{")`)
	require.Contains(t, p.text("JSON.stringify(JSON.parse(copied))"), `"clientSoftwareVersion":"0.1"`)
	p.button("Value")
	p.wait(`copied === '"kafka-cli"'`)

	require.NoError(t, p.Eval(`void (navigator.clipboard.writeText = async () => { throw new Error("no"); })`, nil))
	p.button("Path")
	p.wait(`document.querySelector("#panel [role=status]").textContent.includes("clipboard closed")`)
	require.Equal(t, "ClientId", p.text(`getSelection().toString() || document.activeElement.value`))
}

// TestEditDecompressed: what was compressed is shown as it is when decompressed,
// can be edited, and is then no longer compressed.
func TestEditDecompressed(t *testing.T) {
	p := open(t, folder())
	p.answered()
	b := batch(records.Options{Codec: records.Gzip, Compressor: compress.All}, sentAtMs, strings.Repeat("pear ", 40), "plum")
	p.paste(hex.EncodeToString(b))
	p.down("OffsetDelta")
	f := p.facts()
	require.Contains(t, f["Bytes"], "1 byte when decompressed")
	require.Equal(t, "00", f["Hex"])
	require.Equal(t, "true", p.text(`[...document.querySelectorAll("#detail .bit")].every((b) => b.disabled)`))
	p.down("Value")
	p.press("Enter")
	require.Equal(t, `"`+strings.Repeat("pear ", 40)+`"`, p.text(`document.activeElement.value`))
	require.NoError(t, p.Eval(`document.activeElement.select()`, nil)) // it was the text within the quotes
	p.insert("66 69 67")
	p.press("Enter")
	p.wait(`document.querySelector("#detail .value dd")?.textContent === '"fig"'`)
	p.wait(`document.getElementById("trip").innerText === "✓ round-trips"`)
	p.down("Attributes")
	require.Equal(t, "0", p.facts()["Value"])
	p.press("Control+z")
	p.bytes(hex.EncodeToString(b))
}

// TestEditOneOfMany: a frame that was listed without its fields is edited; the others stay what they were.
func TestEditOneOfMany(t *testing.T) {
	p := open(t, folder())
	p.answered()
	var packets []packet
	for id := range int32(600) {
		packets = append(packets, askVersions(id))
	}
	p.paste(hexLines(packets))
	p.press("l", "End")
	p.wait(`document.getElementById("bytes-range").textContent && document.querySelector("#list [aria-selected=true] .num")?.textContent === "600" && !document.getElementById("panes").ariaBusy`)
	p.down("ClientId")
	p.press("Enter")
	p.insert("me")
	p.press("Enter")
	p.wait(`document.getElementById("bytes-range").textContent === "32 bytes"`)
	require.Equal(t, "600 600", p.text(`document.getElementById("packets-count").textContent + " " + document.querySelector("#list [aria-selected=true] .num").textContent`))
	p.press("[")
	p.wait(`document.getElementById("bytes-range").textContent === "42 bytes"`)
	p.bytes(hex.EncodeToString(packets[598].bytes))
	p.press("Control+z")
	p.wait(`document.querySelector("#list [aria-selected=true] .num")?.textContent === "600"`)
	p.bytes(hex.EncodeToString(packets[599].bytes))
}

// TestPhone: on a narrow page a mistake is mended, a value set and a bit flipped, without a keyboard.
func TestPhone(t *testing.T) {
	p := open(t, folder())
	p.size(390, 844)
	p.answered()
	p.paste(sample(t, "missing-tag-buffer"))
	tap := func(element string) {
		t.Helper()
		p.wait(element)
		require.NoError(t, p.Eval(`(`+element+`).scrollIntoView({block: "center"})`, nil))
		p.click(p.box(element))
	}
	tap(`document.querySelector("#hints button")`)
	p.wait(`document.getElementById("hints").hidden && !document.getElementById("panes").ariaBusy`)
	tap(`document.querySelector("#tree [aria-level='2']")`) // the correlation id
	tap(`[...document.querySelectorAll("#detail button")].find((b) => b.textContent === "Edit")`)
	p.insert("8")
	tap(`[...document.querySelectorAll("#detail button")].find((b) => b.textContent === "Apply")`)
	p.wait(`document.querySelector("#detail .value dd")?.textContent === "8"`)
	tap(`[...document.querySelectorAll("#detail .bit")].at(-1)`)
	p.wait(`document.querySelector("#detail .value dd")?.textContent === "9"`)
	p.shoot("phone-edited")
	require.Equal(t, "true", p.text(`document.documentElement.scrollWidth <= innerWidth`))
}
