package main

import (
	"time"

	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/web/host"
)

// page is the page beside the broker, or nothing.
type page struct {
	*host.Page
	hub *live.Hub // of the live view, nil without one
}

// startPage serves the page if it is asked for.
func startPage(o host.Options, withLive bool) (p page, err error) {
	if o.Addr == "" {
		return p, nil
	}
	if withLive {
		p.hub = live.NewHub(time.Now)
		o.Hub = p.hub
	}
	p.Page, err = host.Start(o)
	return p, err
}

// mention is the part of the ready line about the page.
func (p page) mention() string {
	switch {
	case p.Page == nil:
		return ""
	case p.hub != nil:
		return ", page with a live view on " + p.URL()
	}
	return ", page on " + p.URL()
}

func (p page) close() {
	if p.Page != nil {
		p.Close()
	}
}
