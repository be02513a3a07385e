// Package host serves the page beside a program of ours, kbroker or kwire tap,
// and with it the live view of what passes through the program.
package host

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

// Options say how to serve the page.
type Options struct {
	Addr string // host:port to listen at
	// Hub is what the live view shows; nil means that there is none.
	Hub *live.Hub
	// TokenFile holds, in its first line, the token that the live view asks for;
	// "" means that it is only for this machine.
	TokenFile string
}

// ErrNeedsToken says that a live view would be open to other machines.
var ErrNeedsToken = errors.New("other machines can reach it, and the live view shows what clients say: it needs a token")

// Page is the page being served.
type Page struct {
	server *http.Server
	addr   string
}

const (
	headTimeout  = 10 * time.Second
	idleTimeout  = time.Minute
	maxHeadBytes = 16 << 10
	// maxTokenFileBytes is how much of a file with a token is looked at.
	maxTokenFileBytes = 4 << 10
)

// Start serves the page and returns. Apart from the live view it is a static page
// that sends nothing back, so the limits are only against connections that are
// kept open for nothing.
func Start(o Options) (*Page, error) {
	token, err := readToken(o.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("the token: %w", err)
	}
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	p := &Page{addr: l.Addr().String()}
	handler := web.Handler()
	if o.Hub != nil {
		if token == "" && !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
			l.Close()
			return nil, fmt.Errorf("the page on %s: %w", p.addr, ErrNeedsToken)
		}
		handler = web.LiveHandler(live.Handler(o.Hub, token), token != "")
	}
	p.server = &http.Server{Handler: handler, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeadBytes}
	go p.server.Serve(l) //nolint:errcheck // it ends with ErrServerClosed when the program does
	return p, nil
}

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
		return "", fmt.Errorf("the first line of %s has %d characters, and a token needs %d", file, len(token), live.MinTokenBytes)
	}
	return token, nil
}

// URL is the address of the page, for a browser on this machine.
func (p *Page) URL() string { return "http://" + p.addr }

// Close ends the page and all live views of it.
func (p *Page) Close() { p.server.Close() }
