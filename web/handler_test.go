package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func get(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

// TestHandler: every file of the page, with its type, a policy and a tag; packed for those who take it.
func TestHandler(t *testing.T) {
	names := pageFiles()
	require.Contains(t, names, "index.html")
	require.Contains(t, names, "js/worker.js")
	for name := range engineFiles {
		names = append(names, name)
	}
	for _, name := range names {
		plain := get(t, "GET", "/"+name)
		require.Equal(t, 200, plain.StatusCode, name)
		require.NotEmpty(t, plain.Header.Get("Content-Type"), name)
		require.Contains(t, plain.Header.Get("Content-Security-Policy"), "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'")
		require.NotContains(t, plain.Header.Get("Content-Security-Policy"), "http")
		require.Equal(t, "nosniff", plain.Header.Get("X-Content-Type-Options"))
		body, err := io.ReadAll(plain.Body)
		require.NoError(t, err)
		require.NotEmpty(t, body)

		packed := get(t, "GET", "/"+name, "Accept-Encoding", "br, gzip")
		b := packed.Body.(io.Reader)
		if packed.Header.Get("Content-Encoding") == "gzip" {
			b, err = gzip.NewReader(b)
			require.NoError(t, err)
			require.NotEqual(t, plain.Header.Get("ETag"), packed.Header.Get("ETag"))
		}
		unpacked, err := io.ReadAll(b)
		require.NoError(t, err)
		require.True(t, bytes.Equal(body, unpacked), name)

		again := get(t, "GET", "/"+name, "Accept-Encoding", "br, gzip", "If-None-Match", packed.Header.Get("ETag"))
		require.Equal(t, 304, again.StatusCode, name)
	}
	require.Equal(t, "text/html; charset=utf-8", get(t, "GET", "/").Header.Get("Content-Type"))
	require.Equal(t, "text/javascript; charset=utf-8", get(t, "GET", "/js/main.js").Header.Get("Content-Type"))
	require.Empty(t, get(t, "GET", "/style.css", "Accept-Encoding", "gzip;q=0").Header.Get("Content-Encoding"))
	require.Equal(t, 404, get(t, "GET", "/embed.go").StatusCode)
	require.Equal(t, 404, get(t, "GET", "/js/../../go.mod").StatusCode)
	require.Equal(t, 405, get(t, "POST", "/").StatusCode)
}

// TestLiveHandler: the page is told of its live view, and nothing else changes.
func TestLiveHandler(t *testing.T) {
	ask := func(h http.Handler, path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Body.String()
	}
	live := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "frames") })
	plain := ask(Handler(), "/")
	require.Contains(t, plain, "<body>")
	require.Equal(t, strings.Replace(plain, "<body>", `<body data-live="open">`, 1), ask(LiveHandler(live, false), "/"))
	require.Equal(t, strings.Replace(plain, "<body>", `<body data-live="locked">`, 1), ask(LiveHandler(live, true), "/"))
	require.Equal(t, "frames", ask(LiveHandler(live, false), "/live"))
	require.Contains(t, ask(Handler(), "/live"), "not found")
	require.Equal(t, ask(Handler(), "/style.css"), ask(LiveHandler(live, false), "/style.css"))
}

func TestEngineFiles(t *testing.T) {
	if !HasEngine() {
		require.Equal(t, 404, get(t, "GET", "/dist/kwire.wasm").StatusCode)
		return
	}
	r := get(t, "GET", "/dist/kwire.wasm")
	require.Equal(t, "application/wasm", r.Header.Get("Content-Type"))
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Equal(t, "\x00asm", string(b[:4]))
}

// Budgets of all scripts and styles: as they travel, each file packed by itself,
// which is to stay below 80,000, and as they are without comments. Those do not
// count because the types stand in them: a budget is no reason to say less about
// a parameter. Both stand close to what is there, so that it does not grow unseen.
const (
	maxPackedPageBytes = 59_600
	maxPageBytes       = 118_000
)

var comments = regexp.MustCompile(`(?s:/\*.*?\*/)|(?m:(?:^|\s)//[^\n]*)`)

func TestPageSize(t *testing.T) {
	total, code, travel := 0, 0, 0
	for _, name := range pageFiles() {
		if ext := filepath.Ext(name); ext == ".js" || ext == ".css" {
			b, err := page.ReadFile(name)
			require.NoError(t, err)
			total += len(b)
			travel += len(newFile(name, b).packed)
			bare := comments.ReplaceAll(b, nil)
			for line := range bytes.Lines(bare) {
				if len(bytes.TrimSpace(line)) > 0 {
					code += len(line)
				}
			}
		}
	}
	t.Logf("scripts and styles: %d bytes, %d without comments, %d packed", total, code, travel)
	require.LessOrEqual(t, code, maxPageBytes)
	require.LessOrEqual(t, travel, maxPackedPageBytes)
}

// TestOwnFilesOnly: no file of the page names another host, and each file that
// one of them loads is there.
func TestOwnFilesOnly(t *testing.T) {
	address := regexp.MustCompile(`https?://[^\s"'<>]+`)
	imports := regexp.MustCompile(`(?:from|import) "(\.[^"]+)"`)
	for _, name := range pageFiles() {
		if strings.HasPrefix(name, "samples/") {
			continue
		}
		b, err := page.ReadFile(name)
		require.NoError(t, err)
		for _, a := range address.FindAllString(string(b), -1) {
			require.Equal(t, "http://www.w3.org/2000/svg", a, name) // a name, not a place
		}
		for _, m := range imports.FindAllStringSubmatch(string(b), -1) {
			file := filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1]))
			if strings.HasPrefix(file, "dist/") {
				continue
			}
			_, err := os.Stat(file)
			require.NoError(t, err, name)
		}
	}
}
