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
		window.docs = [];
		window.kwire = new Engine({ ready: () => ready("ready"), failed, answered: (doc, tag) => docs.push([doc, tag]) });
	}))`))
	require.NoError(t, p.Eval(`kwire.decode(new TextEncoder().encode(`+string(input)+`), [], "first", "metadata.txt")`, nil))
	p.wait("docs.length === 1")
	require.Equal(t, "Metadata request v12,Metadata response v12", p.text("docs[0][0].frames.map((f) => f.title).join()"))

	require.Equal(t, `["Metadata response v12"]`, ask(`kwire.open(1).then((doc) => doc.frames.map((f) => f.title))`))
	require.Equal(t, `["path","CorrelationId"]`, ask(`kwire.how(0, 4).then((rows) => rows[0])`))
	require.Equal(t, "failed: there is no such field", ask(`kwire.how(0, 1000000)`))
	require.Equal(t, "failed: this is no message of Kafka's", ask(`kwire.how(7, 0)`))
	require.Equal(t, `["0","Produce request","","0-13","flexible 9+"]`, ask(`kwire.versions(0, 0).then((rows) => rows[0].slice(0, 5))`))
	// Read differently, without the input; the bytes are those from before.
	require.NoError(t, p.Eval(`kwire.decode(null, [{ frame: 0, side: 0, key: 18, version: 0 }], "second")`, nil))
	p.wait("docs.length === 2")
	require.Equal(t, "ApiVersions request v0", p.text("docs[1][0].frames[0].title"))
	require.Equal(t, "true", p.text("docs[1][0].bytes.length === docs[0][0].bytes.length"))
}
