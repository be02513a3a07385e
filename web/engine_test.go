package web

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

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
	// Read differently, without the input; the bytes are those from before.
	require.Equal(t, `[319,"ApiVersions request v0","ApiVersions response v0"]`, ask(`(kwire.choices = [{ frame: 0, side: 0, key: 18, version: 0 }], kwire.decode())`+titles))
	// The same as another format, and a file.
	require.Equal(t, `"binary"`, ask(`kwire.decode({what: `+string(input)+`, format: "binary"}).then((doc) => doc.format)`))
	require.Equal(t, `["binary",14]`, ask(`kwire.decode({what: new Blob([new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 9, 255, 255])])}).then((doc) => [doc.format, doc.bytes.length])`))
	require.Equal(t, `[1]`, ask(`kwire.ask("find", [], {text: new Uint8Array([18, 0])}).then((b) => [...new Uint8Array(b)])`))
}
