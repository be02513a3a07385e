package server

import (
	"log/slog"
	"sync"
	"time"
)

// events writes the lines about peers, at a bounded rate: whoever can make a broker log can otherwise fill its disk, or
// block it on a pipe that nobody reads.
type events struct {
	log    *slog.Logger
	now    func() time.Time
	burst  float64
	perSec float64

	mu      sync.Mutex
	tokens  float64
	last    time.Time
	leftOut int
}

func newEvents(log *slog.Logger, l limits, now func() time.Time) *events {
	return &events{log: log, now: now, burst: float64(l.logBurst), perSec: float64(l.logPerSecond), tokens: float64(l.logBurst), last: now()}
}

// warn writes a line unless there were too many of late. The number of lines left out stands on the next.
func (e *events) warn(msg string, attrs ...any) {
	e.mu.Lock()
	now := e.now()
	e.tokens = min(e.burst, e.tokens+now.Sub(e.last).Seconds()*e.perSec)
	e.last = now
	if e.tokens < 1 {
		e.leftOut++
		e.mu.Unlock()
		return
	}
	e.tokens--
	if e.leftOut > 0 {
		attrs = append(attrs, "similar_lines_left_out", e.leftOut)
		e.leftOut = 0
	}
	e.mu.Unlock()
	e.log.Warn(msg, attrs...)
}

// cut shortens text that came from the network, or quotes it.
func cut(text string) string {
	if len(text) > shownBytes {
		return text[:shownBytes] + "…"
	}
	return text
}
