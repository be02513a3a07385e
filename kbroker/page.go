package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/kwire-project/kafka/web"
)

// page is the HTTP server of the page, or nothing.
type page struct {
	server *http.Server
	addr   string
}

// startPage serves the page on an address; "" means not at all. It is a static page that sends nothing back, so the
// limits are only against connections that are kept open for nothing.
func startPage(addr string) (*page, error) {
	if addr == "" {
		return &page{}, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	p := &page{
		server: &http.Server{Handler: web.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10},
		addr:   l.Addr().String(),
	}
	go p.server.Serve(l) //nolint:errcheck // it ends with ErrServerClosed when the program does
	return p, nil
}

// mention is the part of the ready line about the page.
func (p *page) mention() string {
	if p.server == nil {
		return ""
	}
	return ", page on http://" + p.addr
}

func (p *page) close() {
	if p.server != nil {
		p.server.Close()
	}
}
