package web

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
)

// withFile serves the page's folder, and bytes at /test.bin for drop.
func withFile(b []byte) http.Handler {
	files := folder()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/test.bin" {
			_, _ = w.Write(b)
			return
		}
		files.ServeHTTP(w, r)
	})
}

// drop drops the bytes of withFile as a file, and waits for what is shown of it.
func (p tab) drop(name string) {
	p.t.Helper()
	require.NoError(p.t, p.Eval(`fetch("test.bin").then((r) => r.blob()).then((b) => {
		const data = new DataTransfer();
		data.items.add(new File([b], "`+name+`"));
		document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
	})`, nil))
	p.wait(`document.getElementById("file-name").textContent === "` + name + `"`)
	p.answered()
}

// packets are the rows of the list that are drawn.
func (p tab) packets() string {
	p.t.Helper()
	return p.text(`[...document.querySelectorAll("#list [role=option]")].map((e) => e.textContent.replace(/\s+/g, " ").trim()).join("\n")`)
}

const packetCount = `document.getElementById("packets-count").textContent`

// TestList reads a capture: each packet with its time, size, latency and
// client, what was lost and what is encrypted.
func TestList(t *testing.T) {
	p := open(t, withFile(story(t)))
	p.answered()
	require.Equal(t, "true", p.text(`document.getElementById("packets").hidden`))
	p.drop("talk.pcapng")
	require.Equal(t, "13", p.text(packetCount))
	p.shoot("list")
	require.Contains(t, p.packet(), "12 ", "it opens on the packet with an error")
	p.press("l", "Home")
	p.wait(`document.querySelector("#list .warned")`) // error codes come when nothing else is to be done
	require.Equal(t, strings.TrimSpace(`
1 0.000000 → request ApiVersions v4 39 B 0.50 ms kafka-cli
2 0.000500 ← response ApiVersions v4 44 B 0.50 ms kafka-cli
3 0.001000 → request Metadata v12 80 B 0.50 ms orders-service orders, order
4 0.001500 ← response Metadata v12 239 B 0.50 ms orders-service ⚠ 3 UNKNOWN_TOPIC_OR_PARTITION; orders, order
5 0.003000 → request ApiVersions v4 39 B 0.50 ms kafka-cli
6 0.003500 ← response ApiVersions v4 44 B 0.50 ms kafka-cli
7 0.004000 → request Metadata v12 80 B 40.5 ms orders-service orders, order
8 0.044500 ← response Metadata v12 239 B 40.5 ms orders-service ⚠ 3 UNKNOWN_TOPIC_OR_PARTITION; orders, order
9 0.046000 · TLS 45 B looks like TLS: encrypted, cannot be decoded
10 0.046500 · TLS 65 B looks like TLS: encrypted, cannot be decoded
11 0.047000 → request Fetch v16 103 B 0.50 ms kafka-tester orders
12 0.047500 ← response Fetch v16 203 B 0.50 ms kafka-tester ✕ byte 72: Responses[0].Partitions[0].Records: the message ends before this field does (176 bytes announced, 129 left); 50 bytes lost; orders
13 0.048500 → request Fetch v16 103 B no answer kafka-tester orders`), p.packets())

	// By keys; o goes to the request of an answer and back.
	p.press("e", "l")
	require.Equal(t, "list", p.text("document.activeElement.id"))
	require.Contains(t, p.packet(), "12 ")
	p.press("o")
	require.Contains(t, p.packet(), "11 ")
	require.Equal(t, "12", p.text(`document.querySelector("#list .pair .num").textContent`))
	require.Equal(t, "103 bytes", p.text(`document.getElementById("bytes-range").textContent`))
	p.press("Home")
	require.Contains(t, p.packet(), "1 0.000000")
	p.press("ArrowDown", "ArrowDown")
	require.Contains(t, p.packet(), "3 ")
	p.press("End", "[")
	require.Contains(t, p.packet(), "12 ")
	p.press("Enter")
	require.Equal(t, "tree", p.text("document.activeElement.id"))
	p.click(p.box(`document.getElementById("pair")`))
	require.Contains(t, p.packet(), "11 ")
	p.click(p.box(`document.getElementById("f7")`))
	require.Contains(t, p.packet(), "8 ")
	p.press("e")
	require.Contains(t, p.packet(), "12 ")
}

// TestLongList opens a capture of more than 100,000 packets: the page goes on
// answering while it is read, and each of them can be reached.
func TestLongList(t *testing.T) {
	p := open(t, withFile(long(t, 30<<20)))
	p.answered()
	require.NoError(t, p.Eval(`(() => {
		window.pause = 0;
		let last = performance.now();
		const tick = () => { const now = performance.now(); window.pause = Math.max(window.pause, now - last); last = now; setTimeout(tick, 0); };
		tick();
	})()`, nil))
	start := time.Now()
	p.drop("long.pcapng")
	p.wait(packetCount + ` !== "" && !document.getElementById("packets").hidden`)
	count, err := strconv.Atoi(strings.ReplaceAll(p.text(packetCount), ",", ""))
	require.NoError(t, err)
	require.Greater(t, count, 100_000)
	t.Logf("%d packets listed after %v, longest pause of the page %s ms", count, time.Since(start).Round(time.Millisecond), p.text("Math.round(window.pause)"))

	p.press("l", "End")
	p.wait(`document.getElementById("list").getAttribute("aria-activedescendant") === "f` + strconv.Itoa(count-1) + `"`)
	p.answered()
	require.Contains(t, p.packet(), strconv.Itoa(count)+" ")
	require.Equal(t, strconv.Itoa(count), p.text(`document.querySelector("#list [aria-selected=true]").getAttribute("aria-posinset")`))
	p.shoot("long")

	// Scrolled to anywhere, what is seen is drawn.
	var ms float64
	require.NoError(t, p.Eval(`(async () => {
		const list = document.getElementById("list"), times = [];
		for (let i = 0; i < 60; i++) {
			await new Promise(requestAnimationFrame);
			const start = performance.now();
			list.scrollTop = list.scrollHeight * ((i * 37) % 60) / 60;
			list.dispatchEvent(new Event("scroll"));
			list.getBoundingClientRect();
			times.push(performance.now() - start);
			const box = list.getBoundingClientRect(), row = document.elementFromPoint(box.x + 40, box.y + box.height / 2).closest("[role=option]");
			if (!row) throw new Error("nothing is drawn at step " + i);
			const at = Math.round(list.scrollTop / 24 + box.height / 48);
			if (Math.abs(+row.id.slice(1) - at) > 3) throw new Error(row.id + " is drawn, not " + at);
		}
		return times.sort((a, b) => a - b)[30];
	})()`, &ms))
	t.Logf("a step of scrolling: %.1f ms", ms)

	p.press("f")
	require.NoError(t, p.Call("Input.insertText", map[string]any{"text": "api:metadata resp text:orders"}, nil))
	p.wait(packetCount + `.includes(" of ")`)
	require.Equal(t, strconv.Itoa((count/2+7)/8), strings.ReplaceAll(strings.Split(p.text(packetCount), " ")[0], ",", ""))
	p.press("Enter", "Home", "ArrowDown")
	p.answered()
	require.Contains(t, p.packet(), "18 ")
}

// TestFilter types into the filter, by keyboard alone.
func TestFilter(t *testing.T) {
	p := open(t, withFile(story(t)))
	p.answered()
	p.drop("talk.pcapng")
	for _, c := range []struct{ filter, count string }{
		{"fetch", "3 of 13"},
		{"api:fetch resp", "1 of 13"},
		{"api:3", "4 of 13"},
		{"META", "4 of 13"},
		{"v:4", "4 of 13"},
		{"v:4-12 req", "4 of 13"},
		{"client:orders", "4 of 13"},
		{`client:"orders-service" -req`, "2 of 13"},
		{"conn:2", "4 of 13"},
		{"id:3", "2 of 13"},
		{"err:", "3 of 13"},
		{"err:records", "1 of 13"},
		{"err:unknown_topic", "2 of 13"},
		{"err:3", "2 of 13"},
		{"-err:", "10 of 13"},
		{"tls", "2 of 13"},
		{"orders", "7 of 13"}, // the client of four, the topic of three
		{"text:kafka-cli", "2 of 13"},
		{"hex:0012_0004", "2 of 13"},
		{"-text:kafka-cli apiversions", "2 of 13"},
		{"req -text:kafka api:metadata conn:1", "1 of 13"},
		{"", "13"},
		{"api:", "13"}, // somebody is still typing
		{"nothing like it", "0 of 13"},
	} {
		p.press("l", "f")
		require.Equal(t, "filter", p.text("document.activeElement.id"))
		require.NoError(t, p.Eval(`document.activeElement.select()`, nil))
		if c.filter == "" {
			require.NoError(t, p.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": "Backspace", "windowsVirtualKeyCode": 8}, nil))
		} else {
			require.NoError(t, p.Call("Input.insertText", map[string]any{"text": c.filter}, nil))
		}
		require.NoError(t, p.Wait(packetCount+` === `+strconv.Quote(c.count)), c.filter)
		p.press("Enter")
		require.Equal(t, "list", p.text("document.activeElement.id"))
	}
	require.Equal(t, "false", p.text(`document.getElementById("filter-none").hidden`))
	require.Contains(t, p.text(`document.getElementById("filter-none").textContent`), "No packet fits")
	p.shoot("list-none")
	p.click(p.box(`document.getElementById("filter-clear")`))
	p.wait(packetCount + ` === "13"`)

	// What is filtered away is not walked to.
	p.press("l", "f")
	require.NoError(t, p.Call("Input.insertText", map[string]any{"text": "resp"}, nil))
	p.wait(packetCount + ` === "5 of 13"`)
	p.press("Enter", "Home")
	require.Contains(t, p.packet(), "2 ")
	p.press("ArrowDown")
	require.Contains(t, p.packet(), "4 ")
	p.press("f", "Escape")
	p.wait(packetCount + ` === "13"`)
}

// filterFor types a filter, and waits for how many packets fit.
func (p tab) filterFor(text, count string) {
	p.t.Helper()
	p.press("l", "f")
	require.NoError(p.t, p.Eval(`document.activeElement.select()`, nil))
	p.insert(text)
	require.NoError(p.t, p.Wait(packetCount+` === `+strconv.Quote(count)), text)
	p.press("Enter")
}

const crumbs = `[...document.querySelectorAll(".crumbs button")].map((c) => c.textContent).join(" ")`

// TestFindCompressed: records that were compressed are found, and the value is selected in which it stands.
func TestFindCompressed(t *testing.T) {
	packed := func(codec records.Codec, names ...string) string {
		filler := slices.Repeat([]string{"north and south"}, 9) // or nothing would be smaller
		return b64(batch(records.Options{Codec: codec, Compressor: compress.All}, sentAtMs, append(filler, names...)...))
	}
	produce := func(id int32, codec records.Codec, names ...string) []byte {
		return produceTo(id, fmt.Sprintf(`{"name":"fruit","partitionData":[{"index":0,"records":%q}]}`, packed(codec, names...))).bytes
	}
	const topic = "AAAAAAAAAAAAAAAAAAAAAQ"
	c := newCapture()
	c.connect(50001)
	c.send(50001, true, produce(1, records.Zstd, "apple", "a melon", "cherry"))
	c.send(50001, false, produced(1, stored("fruit", 0)).bytes)
	c.send(50001, true, fetchOf(2, topic).bytes)
	c.send(50001, false, fetchedFrom(2, partitionOf(topic, 0, 3, packed(records.Lz4, "plum", "pear", "another melon"))).bytes)
	c.send(50001, true, produce(3, records.None, "quince", "the last melon"))
	c.send(50001, false, produced(3, stored("fruit", 0)).bytes)
	p := open(t, withFile(c.bytes))
	p.answered()
	p.drop("fruit.pcapng")
	p.filterFor("text:nowhere", "0 of 6")
	p.filterFor("text:plum", "1 of 6")
	p.filterFor("hex:"+"6d656c6f6e", "3 of 6")
	p.press("Home")
	for _, want := range []struct{ number, value, path string }{
		{"1", "a melon", "Body TopicData TopicData[0] PartitionData PartitionData[0] Records Records[0] Records Records[10] Value"},
		{"4", "another melon", "Body Responses Responses[0] Partitions Partitions[0] Records Records[0] Records Records[11] Value"},
		{"5", "the last melon", "Body TopicData TopicData[0] PartitionData PartitionData[0] Records Records[0] Records Records[10] Value"},
	} {
		p.answered()
		require.Equal(t, want.number, strings.Fields(p.packet())[0])
		p.wait(selectedRow + `.Value === ` + strconv.Quote(strconv.Quote(want.value)))
		require.Equal(t, want.path, p.text(crumbs))
		p.press("]")
	}
	p.press("[")
	p.wait(selectedRow + `.Value === '"another melon"'`)
	p.filterFor("-text:melon req", "1 of 6")
}

// packedSegment is a log segment of about a size, in batches of so many orders that zstd has made small.
func packedSegment(t *testing.T, size, perBatch, repeat int) (log []byte) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for base := 0; len(log) < size; base += perBatch {
		w := records.NewWriter(log, records.Options{BaseOffset: int64(base), Codec: records.Zstd, Compressor: compress.All})
		for i := range perBatch {
			order := fmt.Sprintf(`{"order":%d,"customer":"%x","amount":%d,"currency":"EUR","status":"accepted",`, base+i, random.Uint64(), random.IntN(1e6))
			w.Append(records.Record{Timestamp: sentAtMs + int64(base), Value: []byte(strings.Repeat(order, repeat))})
		}
		var err error
		log, err = w.Finish()
		require.NoError(t, err)
	}
	return log
}

// TestFindInPacked: in a segment of 10 MiB that is compressed. More than there is room for is not looked into, which is told, and
// packets that have not been are opened all the same.
func TestFindInPacked(t *testing.T) {
	log := packedSegment(t, 10<<20, 250, 1)
	p := open(t, withFile(log))
	p.answered()
	p.drop("00000000000000000000.log")
	count := p.text(packetCount)
	start := time.Now()
	p.filterFor(`text:{"order":5005,`, "1 of "+count)
	first := time.Since(start)
	start = time.Now()
	p.filterFor(`text:nowhere`, "0 of "+count)
	t.Logf("%d bytes in %s batches: the first search %v, the next %v", len(log), count, first.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	p.filterFor(`text:{"order":10007,`, "1 of "+count)
	p.press("Home")
	p.answered()
	p.wait(selectedRow + `.Value.includes("10007")`)

	p = open(t, withFile(packedSegment(t, 2<<20, 250, 40)))
	p.answered()
	p.drop("00000000000000000000.log")
	count = p.text(packetCount)
	start = time.Now()
	p.filterFor("text:nowhere", "0 of "+count+", not all compressed records searched")
	t.Logf("a search to its limit: %v", time.Since(start).Round(time.Millisecond))
	p.press("f", "Escape")
	p.wait(packetCount + ` === ` + strconv.Quote(count))
	p.press("End")
	p.answered()
	p.wait(`document.getElementById("trip").innerText.includes("round-trips")`)
	p.press("t", "End")
	p.wait(selectedRow + `.Name !== "…"`)
	p.press("l", "Home")
	p.answered()
	p.press("t", "End")
	p.wait(selectedRow + `.Name !== "…"`)
	p.filterFor("text:nowhere", "0 of "+count+", not all compressed records searched")
}
