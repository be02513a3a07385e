// Command site writes the page as a folder that any static host can serve from
// any path, and that works offline once it was there:
//
//	go run ./web/internal/site [-web web] [-o site]      from the top of the checkout, after make wasm
//
// The folder has kwire.html beside the page: all of it in one file, which also
// opens from a disk.
package main

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	web := flag.String("web", "web", "the page's `folder`")
	out := flag.String("o", "site", "the `folder` to write to")
	flag.Parse()
	if err := write(os.DirFS(*web), *out); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

// patterns are the files of the page.
var patterns = []string{"index.html", "style.css", "icon.svg", "js/*.js", "samples/index.json", "samples/*.txt",
	"dist/kwire.wasm", "dist/codecs.wasm", "dist/wasm_exec.js"}

func write(web fs.FS, out string) error {
	files := map[string][]byte{}
	for _, pattern := range patterns {
		names, err := fs.Glob(web, pattern)
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return fmt.Errorf("%s is not there; make wasm builds what belongs in dist", pattern)
		}
		for _, name := range names {
			if files[name], err = fs.ReadFile(web, name); err != nil {
				return err
			}
		}
	}
	single, err := single(web, files)
	if err != nil {
		return err
	}
	if err := keptOffline(files); err != nil {
		return err
	}
	files["kwire.html"] = single
	for name, b := range files {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d files; %s alone has %d bytes\n", out, len(files), "kwire.html", len(single))
	return nil
}

//go:embed sw.js
var serviceWorker string

// keptOffline adds the service worker, which knows all files and a version that
// is made from their content, and has the page register it.
func keptOffline(files map[string][]byte) error {
	html, err := replaced(string(files["index.html"]), `<html lang="en">`, `<html lang="en" data-offline="sw.js">`)
	if err != nil {
		return err
	}
	files["index.html"] = []byte(html)
	names := []string{}
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		fmt.Fprintf(sum, "%s %d\n", name, len(files[name]))
		sum.Write(files[name])
	}
	list, err := json.Marshal(append([]string{"./"}, names...))
	if err != nil {
		return err
	}
	code, err := replaced(serviceWorker, `const VERSION = "", FILES = [""];`,
		`const VERSION = "`+hex.EncodeToString(sum.Sum(nil)[:8])+`", FILES = `+string(list)+`;`)
	files["sw.js"] = []byte(code)
	return err
}

// replaced replaces what is there exactly once.
func replaced(text, old, new string) (string, error) {
	if n := strings.Count(text, old); n != 1 {
		return "", fmt.Errorf("%q is there %d times, not once", old, n)
	}
	return strings.Replace(text, old, new, 1), nil
}
