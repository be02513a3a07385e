package main

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// filesModule is what js/files.js is in the page that is one file, and in its worker.
//
//go:embed files.js
var filesModule string

// single makes the page one file. Its scripts and styles are named by their
// hashes in its content policy, which lets it load nothing at all.
func single(web fs.FS, files map[string][]byte) ([]byte, error) {
	module := func(name string) (string, error) {
		b, ok := files[name]
		if !ok {
			return "", fmt.Errorf("there is no %s", name)
		}
		return string(b), nil
	}
	script, err := bundle("js/main.js", "js/files.js", filesModule, module)
	if err != nil {
		return nil, err
	}
	worker, err := bundle("js/worker.js", "js/files.js", filesModule, module)
	if err != nil {
		return nil, err
	}
	inside := map[string]any{}
	for _, name := range []string{"dist/kwire.wasm", "dist/codecs.wasm"} {
		b, err := fs.ReadFile(web, name+".gz")
		if err != nil {
			return nil, err
		}
		inside[name] = b // which encoding/json writes in base64
	}
	for name, b := range files {
		if strings.HasPrefix(name, "samples/") {
			inside[name] = string(b)
		}
	}
	style := string(files["style.css"])
	policy := "default-src 'none'; script-src '" + hash(script) + "' 'wasm-unsafe-eval'; style-src '" + hash(style) +
		"'; worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
	icon := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(files["icon.svg"])

	html := string(files["index.html"])
	for _, r := range []struct{ pattern, with string }{
		{`(<meta http-equiv="Content-Security-Policy" content=")[^"]*`, `${1}` + policy},
		{`<link rel="icon" href="icon.svg"`, `<link rel="icon" href="` + icon + `"`},
		{`<link rel="stylesheet" href="style.css">`, "<style>" + escapeDollar(style) + "</style>"},
		{`<link rel="modulepreload"[^>]*>\n`, ""},
		{`<script type="module" src="js/main.js"></script>`, `<script type="module">` + escapeDollar(script) + `</script>`},
		{`</body>`, data("contents", inside) + "\n" + escapeDollar(`<script type="text/plain" id="worker">`+worker+`</script>`) + "\n</body>"},
	} {
		re := regexp.MustCompile(r.pattern)
		if n := len(re.FindAllString(html, -1)); n != 1 {
			return nil, fmt.Errorf("index.html has %q %d times, not once", r.pattern, n)
		}
		html = re.ReplaceAllString(html, r.with)
	}
	if strings.Contains(script+worker, "</script") || strings.Contains(script+worker, "<!--") {
		return nil, fmt.Errorf("a script holds text that would end it within a page")
	}
	return []byte(html), nil
}

func escapeDollar(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// data is a value as text that a browser does not run; encoding/json escapes "<".
func data(id string, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("site: internal: texts cannot be marshalled: " + err.Error())
	}
	return escapeDollar(`<script type="application/json" id="` + id + `">` + string(b) + `</script>`)
}

// hash names a script or style in a content policy.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// The forms of import and export that the page's modules use; others are
// refused, so that nothing is lost in silence.
var (
	importLine = regexp.MustCompile(`^import (?:\{ (.*) \} from )?"(\.[^"]+)";$`)
	exportLine = regexp.MustCompile(`^export ((?:class|function|async function|const) ([\w$]+))`)
)

// bundle joins a module and those that it imports into one script. Each becomes
// a function that returns what the module exports; what is no module of ours
// (wasm_exec.js) stays as it is. One of them is replaced.
func bundle(name, replace, with string, read func(string) (string, error)) (string, error) {
	var out strings.Builder
	state := map[string]int{} // 1 while it is being read, 2 after
	var add func(name string) error
	add = func(name string) error {
		switch state[name] {
		case 1:
			return fmt.Errorf("%s imports itself by way of others", name)
		case 2:
			return nil
		}
		state[name] = 1
		text, err := read(name)
		if name == replace {
			text = with
		}
		if err != nil {
			return err
		}
		var body strings.Builder
		var exports []string
		for i, line := range strings.Split(text, "\n") {
			switch {
			case strings.HasPrefix(line, "import "):
				m := importLine.FindStringSubmatch(line)
				if m == nil {
					return fmt.Errorf("%s:%d: this form of import is not known here", name, i+1)
				}
				other := path.Join(path.Dir(name), m[2])
				if err := add(other); err != nil {
					return err
				}
				if m[1] != "" {
					fmt.Fprintf(&body, "const { %s } = %s;\n", strings.ReplaceAll(m[1], " as ", ": "), variable(other))
				}
				continue
			case strings.HasPrefix(line, "export "):
				m := exportLine.FindStringSubmatch(line)
				if m == nil {
					return fmt.Errorf("%s:%d: this form of export is not known here", name, i+1)
				}
				exports = append(exports, m[2])
				line = strings.TrimPrefix(line, "export ")
			case strings.Contains(line, "import.meta"):
				return fmt.Errorf("%s:%d: a page that is one file has no address for this", name, i+1)
			}
			body.WriteString(line + "\n")
		}
		if strings.HasPrefix(name, "js/") {
			fmt.Fprintf(&out, "const %s = (() => {\n%sreturn { %s };\n})();\n", variable(name), &body, strings.Join(exports, ", "))
		} else {
			out.WriteString(body.String())
		}
		state[name] = 2
		return nil
	}
	err := add(name)
	return out.String(), err
}

// variable names what a module exports.
func variable(name string) string {
	return "module_" + strings.TrimSuffix(path.Base(name), ".js")
}
