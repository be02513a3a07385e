package web

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
)

// ownEngine is how a test starts an engine beside the one that the page asks.
const ownEngine = `const { Engine, EDIT } = await import("./js/engine.js");
		const kwire = await new Promise((ready, failed) => { const e = new Engine({ ready: () => ready(e), failed }); });`

// TestQuestions asks the engine through the module that the page asks through.
func TestQuestions(t *testing.T) {
	p := open(t, folder())
	p.wait("document.querySelectorAll('#tree [role=treeitem]').length > 0")
	ask := func(expression string) (said string) {
		t.Helper()
		require.NoError(t, p.Eval("("+expression+`).then(JSON.stringify, (e) => "failed: " + e.message)`, &said))
		return said
	}
	input, err := json.Marshal(sample(t, "metadata"))
	require.NoError(t, err)
	require.Equal(t, `"ready"`, ask(`import("./js/engine.js").then(({ Engine }) => new Promise((ready, failed) => {
		window.kwire = new Engine({ ready: () => ready("ready"), failed });
	}))`))
	titles := ".then((doc) => [doc.bytes.length, ...Array.from({length: doc.count}, (_, i) => doc.frame(i).title)])"
	require.Equal(t, `[319,"Metadata request v12","Metadata response v12"]`, ask(`kwire.decode({what: `+string(input)+`, name: "metadata.txt"})`+titles))
	require.Equal(t, `[319,"Metadata response v12"]`, ask(`kwire.open(1)`+titles))
	require.Equal(t, `["path","CorrelationId"]`, ask(`kwire.how(0, 4).then((rows) => rows[0])`))
	require.Equal(t, "failed: there is no such field", ask(`kwire.how(0, 1000000)`))
	require.Equal(t, "failed: this is no message of Kafka's", ask(`kwire.how(7, 0)`))
	require.Equal(t, `["0","Produce request","","0-13","flexible 9+"]`, ask(`kwire.versions(0, 0).then((rows) => rows[0].slice(0, 5))`))
	require.Equal(t, `["Metadata request v12 12","0 0 orders, order"]`, ask(`Promise.all([kwire.json(0), kwire.skim(0, 1)]).then(([text, skimmed]) => {
		const m = JSON.parse(text);
		return [m.name.replace("Request", " request v") + m.version + " " + m.header.requestApiVersion, skimmed[0].join(" ")];
	})`))
	// A field is set: the frame grows, the next one moves, and the pinned copy says what changed. Then the bytes from before.
	require.Equal(t, `[-1,"",313,"ClientId \"a client\"","Metadata response v12",-1,[["=","Metadata request v12","Metadata request v12","9",""],["~","ClientId","\"orders-service\"","\"a client\"","5"]],319,""]`,
		ask(`(async () => {
			const { EDIT } = await import("./js/engine.js");
			const before = await kwire.decode(), f = before.frame(0), bytes = before.bytes.slice(f.off, f.off + f.len);
			let row = -1;
			for (let i = f.first; i < f.first + f.count; i++) if (before.node(i).name === "ClientId") row = i - f.first;
			await kwire.pin(f);
			const round = await kwire.roundTrip(0);
			const { doc, refused, select } = await kwire.edit(0, EDIT.SET, row, 0, "a client");
			const node = doc.node(doc.frame(0).first + select);
			const out = [round, refused, doc.bytes.length, node.name + " " + node.value, doc.frame(1).title, await kwire.roundTrip(0), await kwire.compare(0)];
			const undone = await kwire.edit(0, EDIT.REPLACE, 0, 0, bytes);
			return [...out, undone.doc.bytes.length, undone.refused];
		})()`))
	require.Equal(t, `[null,"only elements of arrays, tagged fields, records, headers and batches can go or come",319]`,
		ask(`kwire.edit(0, 2, 1).then((e) => [e.doc, e.refused, kwire.bytes.length])`))
	require.Equal(t, "failed: only the metadata log has a state to be replayed", ask(`kwire.replay(0, 7n)`))
	// Read differently, without the input; the bytes are those from before.
	ask(`kwire.decode({what: ` + string(input) + `})`)
	require.Equal(t, `[319,"ApiVersions request v0","ApiVersions response v0"]`, ask(`(kwire.choices = [{ frame: 0, side: 0, key: 18, version: 0 }], kwire.decode())`+titles))
	// The same as another format, and a file.
	require.Equal(t, `"binary"`, ask(`kwire.decode({what: `+string(input)+`, format: "binary"}).then((doc) => doc.format)`))
	require.Equal(t, `["binary",14]`, ask(`kwire.decode({what: new Blob([new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 9, 255, 255])])}).then((doc) => [doc.format, doc.bytes.length])`))
	require.Equal(t, `[1,0]`, ask(`kwire.ask("find", [], {text: new Uint8Array([18, 0])}).then((b) => [...new Uint8Array(b)])`))
}

// TestPlaces: a short text is read in the page and what may take long in a worker; what is pinned,
// here after an edit, is there too. A long text comes back to the page when one like it was quick.
func TestPlaces(t *testing.T) {
	p := open(t, folder())
	p.answered()
	input, err := json.Marshal(sample(t, "metadata"))
	require.NoError(t, err)
	var said []string
	require.NoError(t, p.Eval(`(async () => {
		`+ownEngine+`
		const short = `+string(input)+`, long = short + " ".repeat(400_000), said = [];
		const read = async (what) => {
			const doc = await kwire.decode({ what });
			said.push((kwire.beside ? "worker " : "page ") + doc.frame(0).title);
			return doc;
		};
		const differs = async () => said.push((await kwire.compare(0)).map((row) => row.join(" ")).join("; "));
		const before = await read(short);
		const row = Array.from({ length: before.frame(0).count }, (_, i) => before.node(i).name).indexOf("ClientId");
		const { doc } = await kwire.edit(0, EDIT.SET, row, 0, "x");
		await kwire.pin(doc.frame(0));
		await read(long);
		await differs();
		await read(short);
		await kwire.pin(null);
		await read(short);
		await read(new Blob([long]));
		await read(long);
		kwire.ms = 10;
		await read(long + " ");
		kwire.ms = 1000;
		await read(long);
		return said;
	})()`, &said))
	const title = "Metadata request v12"
	require.Equal(t, []string{"page " + title, "worker " + title, "= " + title + " " + title + ` 9 ; ~ ClientId "x" "orders-service" 5`,
		"worker " + title, "page " + title, "worker " + title, "worker " + title, "page " + title, "worker " + title}, said)
}

// TestStopped: an engine that has stopped, or that was out of memory, is started again, and has the input again.
func TestStopped(t *testing.T) {
	p := open(t, folder())
	p.answered()
	input, err := json.Marshal(sample(t, "metadata"))
	require.NoError(t, err)
	var said []string
	require.NoError(t, p.Eval(`(async () => {
		`+ownEngine+`
		const { machine } = kwire;
		const titles = async (asked) => said.push(await asked.then((doc) => doc.frame(0).title, (err) => err.message)), said = [];
		await titles(kwire.decode({ what: `+string(input)+` }));
		machine.engine = undefined; // as when its program ends
		await titles(kwire.open(1));
		machine.engine = Object.create(machine.engine, { ask: { value() { throw new WebAssembly.RuntimeError("out of memory"); } } });
		await titles(kwire.open(1));
		await titles(kwire.open(1));
		return said;
	})()`, &said))
	require.Equal(t, []string{"Metadata request v12", "Metadata response v12", "out of memory", "Metadata response v12"}, said)
}

// TestEditCompressed: a record of a compressed batch is set by its row, which wants both programs.
func TestEditCompressed(t *testing.T) {
	w := records.NewWriter(nil, records.Options{Codec: records.Zstd, Compressor: compress.All})
	for range 3 {
		w.Append(records.Record{Timestamp: 1_700_000_000_000, Value: []byte(strings.Repeat("value", 20))})
	}
	batch, err := w.Finish()
	require.NoError(t, err)
	p := open(t, folder())
	var said []string
	require.NoError(t, p.Eval(`(async () => {
		`+ownEngine+`
		const doc = await kwire.decode({what: new Blob([Uint8Array.from("`+hex.EncodeToString(batch)+`".match(/../g), (h) => parseInt(h, 16))])});
		const f = doc.frame(0);
		let row = -1;
		for (let i = f.first; i < f.first + f.count; i++) if (doc.node(i).name === "Value") row = i - f.first;
		const { doc: after, refused, select } = await kwire.edit(0, EDIT.SET, row, 0, "cafe");
		const node = after.node(after.frame(0).first + select);
		return [String(doc.plain.length > 0), refused, node.name, node.value, String(after.plain.length), after.frame(0).err.text];
	})()`, &said))
	require.Equal(t, []string{"true", "", "Value", "cafe", "0", ""}, said)
}
