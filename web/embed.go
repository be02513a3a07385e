// Package web is the page on which bytes of Kafka's protocol become fields:
// plain ES modules and one stylesheet, with no step between the files here
// and what the browser loads.
//
// What the page cannot work without is its engine, the WebAssembly program in
// ../wasm. It is built into dist/ ("make wasm") and never committed. A program
// built with the tag "playground" carries it; one built without the tag
// compiles from a fresh checkout, serves the same page, and the page says how
// to get the rest.
//
//	http.Serve(listener, web.Handler())
//
// The folder itself, once dist/ is there, is a static site: any file server
// can serve it from any path.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed index.html style.css icon.svg js/*.js samples/index.json samples/*.txt
var page embed.FS

// policy lets the page load nothing but its own files: whatever is pasted
// stays in the tab.
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// contentTypes are the files that there are; nothing depends on the machine's
// own table of types.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".txt":  "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
	".wasm": "application/wasm",
}

// HasEngine reports whether this program carries the engine.
func HasEngine() bool { return len(engineFiles) > 0 }

// Handler serves the page at the root of its host.
func Handler() http.Handler { return serve(nil, "") }

// LiveHandler serves the page with its live view: live answers the requests for /live, locked says that it wants a token.
func LiveHandler(live http.Handler, locked bool) http.Handler {
	if locked {
		return serve(live, "locked")
	}
	return serve(live, "open")
}

// liveMark is where the page is told that it has a live view: it asks nobody, so that nothing is missing on a server
// that has none.
var liveMark = []byte("<body>")

func serve(live http.Handler, how string) http.Handler {
	files := map[string]*file{}
	for _, name := range pageFiles() {
		b, err := page.ReadFile(name)
		if err != nil {
			panic("web: internal: an embedded file cannot be read: " + err.Error())
		}
		if live != nil && name == "index.html" {
			b = bytes.Replace(b, liveMark, []byte(`<body data-live="`+how+`">`), 1)
		}
		files[name] = newFile(name, b)
	}
	for name, gz := range engineFiles {
		files[name] = newGzipFile(name, gz)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if live != nil && r.URL.Path == "/live" {
			live.ServeHTTP(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this page only gives", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if name == "" {
			name = "index.html"
		}
		f := files[name]
		if f == nil {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r)
	})
}

// pageFiles lists the embedded files.
func pageFiles() (names []string) {
	_ = fs.WalkDir(page, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names
}

// A file is ready to be served: packed once, named by its content.
type file struct {
	contentType, etag string
	plain, packed     []byte // plain is nil when it has to be unpacked first
}

// smallBytes is the size below which packing gains nothing.
const smallBytes = 512

func newFile(name string, b []byte) *file {
	f := &file{contentType: contentTypes[path.Ext(name)], etag: etag(b), plain: b}
	if len(b) > smallBytes {
		var packed bytes.Buffer
		z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		_, _ = z.Write(b) // a bytes.Buffer takes everything
		_ = z.Close()
		f.packed = packed.Bytes()
	}
	return f
}

func newGzipFile(name string, packed []byte) *file {
	return &file{contentType: contentTypes[path.Ext(name)], etag: etag(packed), packed: packed}
}

func etag(b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// serve answers with the packed form to those who take it. The two forms have
// tags of their own, as they are different bytes.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-cache") // ask again each time; the tag makes that cheap
	h.Set("Vary", "Accept-Encoding")
	if f.packed != nil && takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", strings.TrimSuffix(f.etag, `"`)+`-gzip"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.packed))
		return
	}
	b := f.plain
	if b == nil {
		z, err := gzip.NewReader(bytes.NewReader(f.packed))
		if err == nil {
			b, err = io.ReadAll(z)
		}
		if err != nil {
			http.Error(w, "the engine in this program is damaged: "+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	h.Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

func takesGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") && strings.ReplaceAll(weight, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
