// Package browser drives Chromium in tests, with nothing but the standard
// library: commands and events of the DevTools protocol are JSON texts ended
// by a zero byte, on file descriptors 3 and 4 of the browser.
//
//	b, err := browser.Start(t.TempDir())
//	page, err := b.Open("http://127.0.0.1:…/")
//	err = page.Eval("document.title", &title)
//	page.Problems() // exceptions, console errors, breaches of the content policy
package browser

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// ErrMissing says that no browser is installed.
var ErrMissing = errors.New("browser: no chromium found (set CHROMIUM or install it)")

// callTimeout bounds one command; a browser on a busy machine takes its time to start.
const callTimeout = 60 * time.Second

// A Browser is a running Chromium.
type Browser struct {
	cmd  *exec.Cmd
	to   io.WriteCloser
	from io.ReadCloser

	mu      sync.Mutex
	lastID  int
	waiting map[int]chan message
	pages   map[string]*Page
	closed  error
}

// message is a command, an answer or an event.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// Find returns the path of the browser: $CHROMIUM, or one of the usual names.
func Find() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// Start starts a browser whose profile is kept in dir.
func Start(dir string) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	theirIn, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	b := &Browser{to: to, from: from, waiting: map[int]chan message{}, pages: map[string]*Page{}}
	b.cmd = exec.Command(path, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir="+filepath.Join(dir, "profile"))
	b.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	theirIn.Close()
	theirOut.Close()
	go b.listen()
	return b, nil
}

// Close ends the browser and waits for it.
func (b *Browser) Close() error {
	_ = b.call("", "Browser.close", struct{}{}, nil)
	b.to.Close()
	done := make(chan error, 1)
	go func() { done <- b.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = b.cmd.Process.Kill()
		<-done
	}
	return b.from.Close()
}

// listen hands answers to those who wait, and events to their page.
func (b *Browser) listen() {
	r := bufio.NewReaderSize(b.from, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			b.closed = fmt.Errorf("browser: connection lost: %w", err)
			for id, c := range b.waiting {
				close(c)
				delete(b.waiting, id)
			}
			b.mu.Unlock()
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		c, page := b.waiting[m.ID], b.pages[m.Session]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		switch {
		case c != nil:
			c <- m
		case page != nil:
			page.event(m)
		}
	}
}

// Processes returns the ids of the browser's processes that run pages.
func (b *Browser) Processes() (pids []int, err error) {
	var info struct {
		ProcessInfo []struct {
			Type string `json:"type"`
			ID   int    `json:"id"`
		} `json:"processInfo"`
	}
	err = b.call("", "SystemInfo.getProcessInfo", struct{}{}, &info)
	for _, p := range info.ProcessInfo {
		if p.Type == "renderer" {
			pids = append(pids, p.ID)
		}
	}
	return pids, err
}

// call sends a command and waits for its answer.
func (b *Browser) call(session, method string, params, result any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return err
	}
	c := make(chan message, 1)
	b.mu.Lock()
	if b.closed != nil {
		b.mu.Unlock()
		return b.closed
	}
	b.lastID++
	id := b.lastID
	b.waiting[id] = c
	text, _ := json.Marshal(message{ID: id, Session: session, Method: method, Params: raw})
	_, err = b.to.Write(append(text, 0))
	b.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case m, ok := <-c:
		switch {
		case !ok:
			return fmt.Errorf("%s: the browser ended", method)
		case m.Error != nil:
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		case result != nil:
			return json.Unmarshal(m.Result, result)
		}
		return nil
	case <-time.After(callTimeout):
		return fmt.Errorf("%s: no answer in %v", method, callTimeout)
	}
}

// A Page is a tab.
type Page struct {
	b       *Browser
	session string

	mu       sync.Mutex
	problems []string
}

// Open opens a tab at an address.
func (b *Browser) Open(url string) (*Page, error) {
	var target struct {
		TargetID string `json:"targetId"`
	}
	if err := b.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	if err := b.call("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p := &Page{b: b, session: attached.SessionID}
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable"} {
		if err := p.Call(domain, nil, nil); err != nil {
			return nil, err
		}
	}
	return p, p.Call("Page.navigate", map[string]any{"url": url}, nil)
}

// Call sends a DevTools command to the page.
func (p *Page) Call(method string, params, result any) error {
	if params == nil {
		params = struct{}{}
	}
	return p.b.call(p.session, method, params, result)
}

// event keeps what should not happen on a page.
func (p *Page) event(m message) {
	var e struct {
		Type  string `json:"type"`
		Entry struct {
			Level, Text, URL string
		} `json:"entry"`
		Args             []struct{ Value any }
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		} `json:"exceptionDetails"`
	}
	if json.Unmarshal(m.Params, &e) != nil {
		return
	}
	problem := ""
	switch {
	case m.Method == "Runtime.exceptionThrown":
		problem = e.ExceptionDetails.Text + " " + e.ExceptionDetails.Exception.Description
	case m.Method == "Runtime.consoleAPICalled" && (e.Type == "error" || e.Type == "warning" || e.Type == "assert"):
		problem = "console." + e.Type + ": " + fmt.Sprint(e.Args)
	case m.Method == "Log.entryAdded" && (e.Entry.Level == "error" || e.Entry.Level == "warning"):
		problem = e.Entry.Level + ": " + e.Entry.Text + " " + e.Entry.URL
	}
	if problem != "" {
		p.mu.Lock()
		p.problems = append(p.problems, problem)
		p.mu.Unlock()
	}
}

// Problems returns exceptions, errors and warnings seen so far, breaches of
// the content policy among them.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.problems...)
}

// Eval evaluates JavaScript, waits for a promise, and stores the value.
func (p *Page) Eval(script string, value any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	err := p.Call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}, &answer)
	if err != nil {
		return err
	}
	if e := answer.ExceptionDetails; e != nil {
		return errors.New(e.Text + " " + e.Exception.Description)
	}
	if value == nil || len(answer.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(answer.Result.Value, value)
}

// Wait evaluates a condition until it is true.
func (p *Page) Wait(condition string) error {
	for end := time.Now().Add(callTimeout); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		var ok bool
		if err := p.Eval("!!("+condition+")", &ok); err != nil {
			return err
		}
		if ok {
			return nil
		}
	}
	return fmt.Errorf("browser: never true: %s", condition)
}

// Press presses and releases a key: a character, or a name such as "ArrowDown".
func (p *Page) Press(key string) error {
	held := 0
	for name, bit := range modifiers {
		if rest, ok := strings.CutPrefix(key, name+"+"); ok {
			key, held = rest, bit
		}
	}
	e := map[string]any{"type": "keyDown", "key": key, "code": key, "modifiers": held}
	if len([]rune(key)) == 1 {
		e["code"] = "Key" + strings.ToUpper(key)
		if held != modifiers["Control"] {
			e["text"] = key
		}
	}
	if key == "Enter" {
		e["text"] = "\r"
	}
	if code := virtualKeys[key]; code != 0 {
		e["windowsVirtualKeyCode"] = code
	}
	if err := p.Call("Input.dispatchKeyEvent", e, nil); err != nil {
		return err
	}
	delete(e, "text")
	e["type"] = "keyUp"
	return p.Call("Input.dispatchKeyEvent", e, nil)
}

// modifiers are held while a key is pressed: "Control+z".
var modifiers = map[string]int{"Control": 2, "Shift": 8}

// virtualKeys are the numbers without which a browser does not do by itself
// what the key is for.
var virtualKeys = map[string]int{"Tab": 9, "Enter": 13, "Escape": 27}

// Screenshot returns a PNG of what is seen.
func (p *Page) Screenshot() ([]byte, error) {
	var shot struct {
		Data []byte `json:"data"`
	}
	err := p.Call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	return shot.Data, err
}
