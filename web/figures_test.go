//go:build figures

package web

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// How long the page takes, printed as the table that README.md quotes:
//
//	make figures
//	go test -tags figures -run TestFigures/key -v ./web      some of them
//
// Every figure is a median of several rounds in Chromium, beside a baseline
// that is measured in the same rounds: what the browser takes for the least
// that has to happen, without us.

// Sizes of what is measured.
const (
	segmentBytes = 10 << 20
	captureBytes = 100 << 20
	rounds       = 9
)

// bigFiles serves what the page is given to open, beside the page.
type bigFiles map[string][]byte

func (f bigFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b, ok := f[r.URL.Path]; ok {
		if strings.HasSuffix(r.URL.Path, ".js") {
			w.Header().Set("Content-Type", "text/javascript")
		}
		_, _ = w.Write(b)
		return
	}
	folder().ServeHTTP(w, r)
}

// helpers are functions of JavaScript that the measurements share.
const helpers = `
const median = (a) => a.sort((x, y) => x - y)[a.length >> 1];
const channel = window.channel ??= new MessageChannel(); // one, as each that is thrown away makes work for the collector
const soon = () => new Promise((r) => { channel.port1.addEventListener("message", r, {once: true}); channel.port1.start(); channel.port2.postMessage(0); });
const busy = () => document.getElementById("panes").hasAttribute("aria-busy");
const drawn = async () => { while (busy()) await soon(); };
const painted = () => new Promise((r) => requestAnimationFrame(() => soon().then(r)));
const echo = window.echo ??= new Worker("/echo.js");
const toWorker = (bytes) => new Promise((r) => { echo.onmessage = r; echo.postMessage(bytes); });
const drop = (file) => {
	const data = new DataTransfer();
	data.items.add(file);
	document.getElementById("tree").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
};
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
`

// measured evaluates the body of an async function to numbers by name.
func (p tab) measured(body string) map[string]float64 {
	p.t.Helper()
	out := map[string]float64{}
	require.NoError(p.t, p.Eval("(async () => {"+helpers+body+"})()", &out))
	return out
}

func TestFigures(t *testing.T) {
	files := bigFiles{"/echo.js": []byte(`onmessage = async ({data}) => postMessage(data.size ? (await data.arrayBuffer()).byteLength : data.length)`)}
	for _, n := range typed {
		files["/metadata-"+strconv.Itoa(n)] = []byte(hex.EncodeToString(metadataFrame(t, n)))
		files["/fetch-"+strconv.Itoa(n)] = []byte(hex.EncodeToString(fetchFrame(t, n)))
	}
	fmt.Println("| what | figure | baseline in the same run | goal |\n|---|---|---|---|")
	t.Run("memory", func(t *testing.T) { segmentMemory(t, open(t, files)) })
	p := open(t, files)
	p.answered()
	t.Run("segment", func(t *testing.T) { droppedSegment(t, p) })
	t.Run("key", func(t *testing.T) {
		for _, n := range typed {
			typing(t, p, "fetch", "Fetch", n)
		}
		for _, n := range typed {
			typing(t, p, "metadata", "Metadata", n)
		}
		editing(t, p, 64<<10)
	})
	t.Run("scroll", func(t *testing.T) { scrolling(t, p) })
	t.Run("capture", func(t *testing.T) { droppedCapture(t, p) })
}

// take puts a packet into the text box as if it were pasted, and returns when its tree is there.
func (p tab) take(name string, n int) {
	p.measured(`
		const text = await (await fetch("/` + name + `-` + strconv.Itoa(n) + `")).text(), box = document.getElementById("input");
		box.value = text;
		box.dispatchEvent(new Event("input"));
		await drawn();
		return {};`)
}

// typed are the sizes of packets whose text is changed.
var typed = []int{100, 4 << 10, 64 << 10, 1 << 20}

// typing: a key is pressed in the input of a packet; the tree of what it says
// now is drawn and laid out, and then a frame shows it. The baseline is the same
// key in a text box that nobody listens to. A browser shows the key itself
// first, and has a frame no sooner than 16 ms after another.
func typing(t *testing.T, p tab, name, what string, n int) {
	p.take(name, n)
	p.measured(`
		const bare = document.createElement("textarea");
		bare.id = "bare";
		bare.style.cssText = "position:fixed;inset:0 0 auto;height:81px;font:13px/1.5 monospace";
		bare.value = document.getElementById("input").value;
		document.body.append(bare);
		return {};`)
	times := map[string][]float64{}
	for i := range rounds + 2 {
		for _, id := range []string{"input", "bare"} {
			p.measured(`
				const box = document.getElementById("` + id + `");
				box.focus();
				box.setSelectionRange(box.value.length, box.value.length);
				await pause(300); // who types is not that fast; what is looked up at leisure is there
				await painted();
				window.pressed = new Promise((done) => box.addEventListener("keydown", (key) => box.addEventListener("input", async () => {
					await drawn();
					document.getElementById("tree").getBoundingClientRect();
					const laid = performance.now() - key.timeStamp;
					await painted();
					done({laid, seen: performance.now() - key.timeStamp});
				}, {once: true}), {once: true}));
				return {};`)
			p.press(" ")
			m := p.measured(`return {...await window.pressed, empty: [...document.querySelectorAll("#tree .name")].filter((e) => e.textContent === "…").length};`)
			require.Zero(t, m["empty"], "rows without texts")
			if i > 1 { // the first ones grow the engine's memory
				times[id], times[id+" seen"] = append(times[id], m["laid"]), append(times[id+" seen"], m["seen"])
			}
		}
	}
	p.measured(`document.getElementById("bare").remove(); return {};`)
	goal := "16 ms"
	if n > 64<<10 {
		goal = "100 ms"
	}
	fmt.Printf("| a key to the tree, %s request and response of %s as hex | %.1f ms; %.1f to its frame | %.1f and %.1f ms: the key in a bare text box | %s |\n",
		what, size(n), median(times["input"]), median(times["input seen"]), median(times["bare"]), median(times["bare seen"]), goal)
}

// editing: the second digit of a byte is typed among the bytes of a packet, to the tree of what it says then.
func editing(t *testing.T, p tab, n int) {
	p.take("metadata", n)
	times := []float64{}
	for range rounds + 2 {
		p.measured(`
			const root = document.getElementById("hex");
			root.focus();
			await pause(300);
			return {};`)
		p.press("End", "5")
		p.measured(`
			const root = document.getElementById("hex"), before = root.textContent;
			window.pressed = new Promise((done) => root.addEventListener("keydown", (key) => {
				document.getElementById("tree").getBoundingClientRect();
				done({laid: performance.now() - key.timeStamp, drawn: root.textContent !== before});
			}, {once: true}));
			return {};`)
		p.press(strconv.Itoa(len(times) % 10))
		m := p.measured(`const m = await window.pressed; return {laid: m.laid, drawn: +m.drawn};`)
		require.EqualValues(t, 1, m["drawn"])
		times = append(times, m["laid"])
	}
	fmt.Printf("| a byte typed among the bytes of that Metadata of %s, to the tree | %.1f ms | | 16 ms |\n", size(n), median(times[2:]))
}

func median(ms []float64) float64 {
	slices.Sort(ms)
	return ms[len(ms)/2]
}

// scrolling: the tree and the bytes of the packet of 1 MB, row by row.
func scrolling(t *testing.T, p tab) {
	p.take("metadata", 1<<20)
	p.click(p.box(`document.getElementById("f1")`)) // the response
	p.answered()
	for _, pane := range []string{"tree", "hex"} {
		m := p.measured(scrollBy(pane, 40))
		fmt.Printf("| a step of scrolling, %s of 1 MB | %.1f ms, 95th percentile %.1f | %.1f ms: an empty box of that height | 16 ms |\n", pane, m["page"], m["p95"], m["base"])
	}
}

// scrollBy scrolls an element by pages and times handler, style and layout.
func scrollBy(id string, steps int) string {
	return `
		const root = document.getElementById("` + id + `"), page = [], base = [];
		const box = document.createElement("div"), inner = document.createElement("div");
		box.style.cssText = "position:absolute;inset:auto 0 0 auto;width:300px;height:300px;overflow:auto;visibility:hidden";
		inner.style.height = root.scrollHeight + "px";
		box.append(inner);
		document.body.append(box);
		const step = async (el, to) => {
			await painted();
			const start = performance.now();
			el.scrollTop = to;
			el.dispatchEvent(new Event("scroll"));
			while ([...el.querySelectorAll(".name")].some((e) => e.textContent === "…")) await soon(); // texts that are asked for
			el.getBoundingClientRect();
			return performance.now() - start;
		};
		for (let i = 1; i <= ` + strconv.Itoa(steps) + `; i++) {
			page.push(await step(root, root.clientHeight * i * 0.9));
			base.push(await step(box, 300 * i));
		}
		box.remove();
		page.sort((a, b) => a - b);
		return {page: page[page.length >> 1], p95: page[Math.floor(page.length * 0.95)], base: median(base)};`
}

// opened drops a file of the disk and waits for the list of what is in it. The
// longest pause of the page's own thread says whether it froze. The test holds
// no byte of the file.
const opened = `
	const file = document.getElementById("probe").files[0], times = [], base = [], pauses = [];
	for (let i = 0; i < n; i++) {
		await painted();
		let start = performance.now(), last = start, pause = 0, on = true;
		const tick = () => { const now = performance.now(); pause = Math.max(pause, now - last); last = now; if (on) setTimeout(tick, 0); };
		tick();
		drop(file);
		do await soon(); while (!busy() && performance.now() - start < 2000);
		await drawn();
		times.push(performance.now() - start);
		on = false;
		pauses.push(pause);
		if (alone) break; // memory is measured
		start = performance.now();
		await toWorker(file);
		base.push(performance.now() - start);
	}
	return {page: median(times), first: times[0], pause: median(pauses), worst: Math.max(...pauses), base: median(base)};`

// probe puts a file of the disk where opened finds it.
func (p tab) probe(name string, b []byte) {
	path := filepath.Join(p.t.TempDir(), name)
	require.NoError(p.t, os.WriteFile(path, b, 0o600))
	var input struct {
		Result struct{ ObjectID string }
	}
	require.NoError(p.t, p.Call("Runtime.evaluate", map[string]any{"expression": `document.getElementById("probe")?.remove(),
		document.body.append(Object.assign(document.createElement("input"), {id: "probe", type: "file", hidden: true})), document.getElementById("probe")`}, &input))
	require.NoError(p.t, p.Call("DOM.setFileInputFiles", map[string]any{"files": []string{path}, "objectId": input.Result.ObjectID}, nil))
}

func droppedSegment(t *testing.T, p tab) {
	p.probe("00000000000000000000.log", figureSegment(t, segmentBytes))
	m := p.measured(`const n = 5, alone = false;` + opened)
	fmt.Printf("| a log segment of 10 MiB dropped, to its list of batches | %.0f ms (the first %.0f) | %.0f ms: a worker reads it | 500 ms |\n", m["page"], m["first"], m["base"])
	s := p.measured(scrollBy("list", 40))
	fmt.Printf("| a step of scrolling its list | %.1f ms, 95th percentile %.1f | %.1f ms: an empty box of that height | 16 ms |\n", s["page"], s["p95"], s["base"])
}

// segmentMemory: what the segment adds to a tab that has a small file open.
func segmentMemory(t *testing.T, p tab) {
	p.answered()
	empty := rendererBytes(t, p)
	p.probe("small.log", figureSegment(t, 100_000)) // which is read by the engine that reads the other one
	p.measured(`const n = 1, alone = true;` + opened)
	small := rendererBytes(t, p)
	p.probe("00000000000000000000.log", figureSegment(t, segmentBytes))
	p.measured(`const n = 1, alone = true;` + opened)
	fmt.Printf("| memory of the tab with it, over that with a segment of 100 kB | %.1f × the file | %.0f MB: the small one, over the tab before | 5 × |\n",
		float64(rendererBytes(t, p)-small)/segmentBytes, float64(small-empty)/1e6)
}

func droppedCapture(t *testing.T, p tab) {
	p.probe("capture.pcapng", pcapng(t, captureBytes))
	m := p.measured(`const n = 1, alone = false;` + opened)
	fmt.Printf("| a pcapng of 100 MB dropped, to its list of packets | %.1f s | %.2f s: a worker reads it | opens |\n", m["page"]/1000, m["base"]/1000)
	fmt.Printf("| longest pause of the page while it opens | %.0f ms | | does not freeze |\n", m["worst"])
}

// rendererBytes is the memory that the largest tab of the browser has in RAM.
func rendererBytes(t *testing.T, p tab) int64 {
	t.Helper()
	require.NoError(t, p.Call("HeapProfiler.collectGarbage", nil, nil))
	var most int64
	pids, err := shared.Processes()
	require.NoError(t, err)
	for _, pid := range pids {
		status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(status)) {
			if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				n, err := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
				require.NoError(t, err)
				most = max(most, n<<10)
			}
		}
	}
	return most
}

func size(n int) string {
	switch {
	case n >= 1<<20:
		return strconv.Itoa(n>>20) + " MB"
	case n >= 1<<10:
		return strconv.Itoa(n>>10) + " KB"
	}
	return strconv.Itoa(n) + " bytes"
}

// metadataFrame is a Metadata response of about n bytes after its request.
func metadataFrame(t *testing.T, n int) []byte {
	ask := api.NewMetadataRequest()
	out, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 7, ClientID: wire.Some("figures")}, &ask, 12)
	require.NoError(t, err)
	m := api.NewMetadataResponse()
	for i := 0; m.Size(12) < n-len(out); i++ {
		topic := api.NewMetadataResponseTopic()
		topic.Name = wire.Some(fmt.Sprintf("topic-%06d", i))
		for k := range min(10, 1+(n-m.Size(12))/60) {
			part := api.NewMetadataResponsePartition()
			part.PartitionIndex, part.LeaderID = int32(k), 1
			part.ReplicaNodes, part.ISRNodes = []int32{1, 2, 3}, []int32{1, 2, 3}
			topic.Partitions = append(topic.Partitions, part)
		}
		m.Topics = append(m.Topics, topic)
	}
	out, err = kwire.AppendResponse(out, 7, &m, 12)
	require.NoError(t, err)
	return out
}

// fetchFrame is a Fetch response of about n bytes, in records of 100 bytes, after its request.
func fetchFrame(t *testing.T, n int) []byte {
	ask := api.NewFetchRequest()
	out, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 7, ClientID: wire.Some("figures")}, &ask, 12)
	require.NoError(t, err)
	w := records.NewWriter(nil, records.Options{})
	for size := len(out); size < n; size += 108 {
		w.Append(records.Record{Timestamp: 1_700_000_000_000, Value: make([]byte, 100)})
	}
	if w.Count() == 0 {
		w.Append(records.Record{Value: []byte("v")})
	}
	batch, err := w.Finish()
	require.NoError(t, err)
	m, topic, part := api.NewFetchResponse(), api.NewFetchResponseFetchableTopic(), api.NewFetchResponsePartitionData()
	topic.Topic, part.Records = "orders", batch
	topic.Partitions = append(topic.Partitions, part)
	m.Responses = append(m.Responses, topic)
	out, err = kwire.AppendResponse(out, 7, &m, 12)
	require.NoError(t, err)
	return out
}

// figureSegment is a log of about n bytes: batches of ten records.
func figureSegment(t *testing.T, n int) (out []byte) {
	value := bytes.Repeat([]byte("value "), 16)
	for offset := int64(0); len(out) < n; offset += 10 {
		w := records.NewWriter(out, records.Options{BaseOffset: offset})
		for i := range 10 {
			w.Append(records.Record{Timestamp: 1_700_000_000_000 + offset + int64(i), Key: fmt.Appendf(nil, "key-%d", i), Value: value})
		}
		var err error
		out, err = w.Finish()
		require.NoError(t, err)
	}
	return out
}

// pcapng is a capture of about n bytes: a producer that waits for each answer.
func pcapng(t *testing.T, n int) []byte {
	out := make([]byte, 0, n+4096)
	block := func(kind uint32, body []byte) {
		total := uint32(12 + len(body) + (4-len(body)%4)%4)
		out = binary.LittleEndian.AppendUint32(out, kind)
		out = binary.LittleEndian.AppendUint32(out, total)
		out = append(out, body...)
		out = append(out, make([]byte, int(total)-12-len(body))...)
		out = binary.LittleEndian.AppendUint32(out, total)
	}
	block(0x0a0d0d0a, slices.Concat([]byte{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0}, bytes.Repeat([]byte{0xff}, 8)))
	block(1, []byte{101, 0, 0, 0, 0, 0, 0, 0}) // raw IP
	seq := map[bool]uint32{}
	micros := uint64(1_700_000_000_000_000)
	packet := func(client bool, data []byte) {
		ip := make([]byte, 40, 40+len(data))
		ip[0], ip[8], ip[9] = 0x45, 64, 6
		binary.BigEndian.PutUint16(ip[2:], uint16(40+len(data)))
		from, to := []byte{10, 0, 0, 1}, []byte{10, 0, 0, 2}
		fromPort, toPort := uint16(50000), uint16(9092)
		if !client {
			from, to, fromPort, toPort = to, from, toPort, fromPort
		}
		copy(ip[12:], from)
		copy(ip[16:], to)
		binary.BigEndian.PutUint16(ip[20:], fromPort)
		binary.BigEndian.PutUint16(ip[22:], toPort)
		binary.BigEndian.PutUint32(ip[24:], seq[client])
		ip[32], ip[33] = 5<<4, 0x10
		ip = append(ip, data...)
		seq[client] += uint32(len(data))
		micros += 50
		body := binary.LittleEndian.AppendUint32(nil, 0)
		body = binary.LittleEndian.AppendUint32(body, uint32(micros>>32))
		body = binary.LittleEndian.AppendUint32(body, uint32(micros))
		body = binary.LittleEndian.AppendUint32(body, uint32(len(ip)))
		body = binary.LittleEndian.AppendUint32(body, uint32(len(ip)))
		block(6, append(body, ip...))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for id := int32(1); len(out) < n; id++ {
		w := records.NewWriter(nil, records.Options{PartitionLeaderEpoch: records.NoLeaderEpoch})
		w.Append(records.Record{Timestamp: int64(micros / 1000), Value: bytes.Repeat([]byte{byte(id)}, 700+rnd.IntN(600))})
		batch, err := w.Finish()
		require.NoError(t, err)
		ask := api.NewProduceRequest()
		ask.Acks, ask.TimeoutMs = -1, 1000
		ask.TopicData = []api.ProduceRequestTopicProduceData{{Name: "orders", PartitionData: []api.ProduceRequestPartitionProduceData{{Records: batch}}}}
		frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: id, ClientID: wire.Some("figures")}, &ask, 9)
		require.NoError(t, err)
		packet(true, frame)
		answer := api.NewProduceResponse()
		part := api.NewProduceResponsePartitionProduce()
		part.BaseOffset = int64(id)
		answer.Responses = []api.ProduceResponseTopicProduce{{Name: "orders", PartitionResponses: []api.ProduceResponsePartitionProduce{part}}}
		frame, err = kwire.AppendResponse(nil, id, &answer, 9)
		require.NoError(t, err)
		packet(false, frame)
	}
	return out
}
