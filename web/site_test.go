package web

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// site writes the static site; edit changes a copy of the page before that.
func site(t *testing.T, edit func(dir string)) string {
	t.Helper()
	if _, err := os.Stat("dist/kwire.wasm.gz"); err != nil {
		missing(t, "the engine is not built: run make wasm")
	}
	from, out := ".", filepath.Join(t.TempDir(), "site")
	if edit != nil {
		from = filepath.Join(t.TempDir(), "web")
		require.NoError(t, os.CopyFS(from, os.DirFS(".")))
		edit(from)
	}
	text, err := exec.Command("go", "run", "./internal/site", "-web", from, "-o", out).CombinedOutput()
	require.NoError(t, err, "%s", text)
	return out
}

// decodes reads a dump with the page's engine.
func (p tab) decodes() {
	p.t.Helper()
	p.paste(sample(p.t, "missing-tag-buffer"))
	require.Contains(p.t, p.packet(), "2 ← response ApiVersions v4 29 B")
}

// TestSingleFile: kwire.html works from a disk, with nothing beside it.
func TestSingleFile(t *testing.T) {
	b := chromium(t)
	alone := filepath.Join(t.TempDir(), "kwire.html")
	html, err := os.ReadFile(filepath.Join(site(t, nil), "kwire.html"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(alone, html, 0o644))
	t.Logf("kwire.html: %d bytes", len(html))
	opened, err := b.Open("file://" + alone)
	require.NoError(t, err)
	p := tab{opened, t}
	p.size(1360, 850)
	p.wait(`document.querySelector("#tree [role=treeitem]")`)
	p.answered()
	require.Equal(t, "hex · 39 bytes", p.text(format))
	p.shoot("single")
	p.decodes()
	p.paste(sample(t, "missing-tag-buffer") + strings.Repeat(" ", 400_000)) // which the worker reads
	require.Contains(t, p.packet(), "2 ← response ApiVersions v4 29 B")
	p.choose("sample", "fetch-response.txt")
	p.wait(`document.getElementById("look").textContent.length > 0 && document.getElementById("input").value.includes("Fetch")`)
	p.answered()

	// A link opens here as well.
	p.press("t", "s")
	p.wait(`document.getElementById("share").open`)
	link := p.text(`document.getElementById("share-link").value`)
	p.press("Escape")
	p.paste("00")
	require.NoError(t, p.Eval(`location.hash = "`+link[strings.Index(link, "#"):]+`", 0`, nil))
	p.wait(`document.getElementById("input").value.includes("Fetch")`)
	require.Empty(t, p.Problems())
}

// TestOffline: the site works from a path of its own and, once it was there,
// without its server; a new version is offered, and taken as a whole.
func TestOffline(t *testing.T) {
	first := site(t, nil)
	second := site(t, func(dir string) {
		html, err := os.ReadFile(filepath.Join(dir, "index.html"))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "index.html"), []byte(strings.Replace(string(html), "field by field</p>", "byte by byte</p>", 1)), 0o644))
	})
	later := time.Now().Add(time.Minute) // a file server tells versions apart by seconds
	require.NoError(t, filepath.WalkDir(second, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chtimes(path, later, later))
	}))
	var served atomic.Value // a folder, or "" while the server is gone
	served.Store(first)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if dir := served.Load().(string); dir != "" {
			http.StripPrefix("/tools/kwire/", http.FileServer(http.Dir(dir))).ServeHTTP(w, r)
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		require.NoError(t, err)
		conn.Close()
	}))
	t.Cleanup(server.Close)
	opened, err := chromium(t).Open(server.URL + "/tools/kwire/")
	require.NoError(t, err)
	p := tab{opened, t}
	p.size(1360, 850)
	p.answered()
	require.NoError(t, p.Eval(`navigator.serviceWorker.ready.then(() => { window.ready = true; })`, nil))
	p.wait("window.ready")
	require.Equal(t, "true", p.text(`document.getElementById("update").hidden`))
	require.Empty(t, p.Problems())

	served.Store("")
	reload := func() {
		t.Helper()
		require.NoError(t, p.Eval("window.old = true", nil))
		require.NoError(t, p.Call("Page.reload", nil, nil))
		p.wait(`!window.old && document.querySelector("#tree [role=treeitem]")`)
		p.answered()
	}
	reload()
	p.decodes()
	require.Equal(t, "Kafka packets, field by field", p.text(`document.querySelector(".tagline").textContent`))
	p.choose("sample", "metadata.txt")
	p.wait(`document.getElementById("input").value.includes("0003 000c")`)

	served.Store(second)
	reload()
	p.wait(`!document.getElementById("update").hidden`)
	require.Equal(t, "Kafka packets, field by field", p.text(`document.querySelector(".tagline").textContent`))
	require.NoError(t, p.Eval("window.old = true", nil))
	p.click(p.box(`document.getElementById("update")`))
	p.wait(`!window.old && document.querySelector(".tagline")?.textContent === "Kafka packets, byte by byte"`)
	p.answered()
	require.Equal(t, "1", p.caches())
}

// caches is how many versions are kept.
func (p tab) caches() (n string) {
	p.t.Helper()
	require.NoError(p.t, p.Eval(`caches.keys().then((names) => String(names.length))`, &n))
	return n
}
