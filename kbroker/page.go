package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/web"
)

// pageOptions are the flags about the page.
type pageOptions struct {
	addr      string // "": no page
	live      bool
	tokenFile string // of the live view, "": none
}

// page is the HTTP server of the page, or nothing.
type page struct {
	server *http.Server
	addr   string
	hub    *live.Hub // of the live view, nil without one
}

// startPage serves the page. Apart from the live view it is a static page that sends nothing back, so the limits are
// only against connections that are kept open for nothing.
func startPage(o pageOptions) (*page, error) {
	p := &page{}
	if o.addr == "" {
		return p, nil
	}
	token, err := readToken(o.tokenFile)
	if err != nil {
		return nil, fmt.Errorf("-live-token: %w", err)
	}
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	p.addr = l.Addr().String()
	handler := web.Handler()
	if o.live {
		if token == "" && !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
			l.Close()
			return nil, fmt.Errorf("the page on %s: %w", p.addr, errNeedsToken)
		}
		p.hub = live.NewHub(time.Now)
		handler = web.LiveHandler(live.Handler(p.hub, token), token != "")
	}
	p.server = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	go p.server.Serve(l) //nolint:errcheck // it ends with ErrServerClosed when the program does
	return p, nil
}

var errNeedsToken = errors.New("other machines can reach it, and -live shows what clients say")

// maxTokenFileBytes is how much of the file is looked at.
const maxTokenFileBytes = 4096

// readToken returns the first line of a file, "" where there is no file.
func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(b[:min(len(b), maxTokenFileBytes)]), "\n")
	token := strings.TrimSpace(first)
	if len(token) < live.MinTokenBytes {
		return "", fmt.Errorf("the first line of %s is the token: it has %d characters, and needs %d", file, len(token), live.MinTokenBytes)
	}
	return token, nil
}

// mention is the part of the ready line about the page.
func (p *page) mention() string {
	switch {
	case p.server == nil:
		return ""
	case p.hub != nil:
		return ", page with a live view on http://" + p.addr
	}
	return ", page on http://" + p.addr
}

func (p *page) close() {
	if p.server != nil {
		p.server.Close()
	}
}
