package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// lines writes the log to standard error without ever waiting for it: whoever started the broker may have stopped
// reading, and a broker must not stop serving because of that. Lines that find the queue full are counted and dropped.
type lines struct {
	out    io.Writer
	queue  chan []byte
	done   chan struct{}
	once   sync.Once
	mu     sync.Mutex
	lost   int
	closed bool
}

const (
	// queuedLines wait for a reader of standard error.
	queuedLines = 256
	// flushTimeout is how long the end of the program waits for the last ones to be read.
	flushTimeout = time.Second
)

func newLines(out io.Writer) *lines {
	l := &lines{out: out, queue: make(chan []byte, queuedLines), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for line := range l.queue {
			_, _ = l.out.Write(line) // there is nowhere else to report to
		}
	}()
	return l
}

// Write queues one line.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return len(p), nil
	}
	line := bytes.Clone(p)
	if l.lost > 0 {
		line = append(fmt.Appendf(nil, "(%d lines are left out: standard error was not read)\n", l.lost), line...)
	}
	select {
	case l.queue <- line:
		l.lost = 0
	default:
		l.lost++
	}
	return len(p), nil
}

// close lets the last lines be written, if anybody reads them.
func (l *lines) close() {
	l.once.Do(func() {
		l.mu.Lock()
		l.closed = true
		close(l.queue)
		l.mu.Unlock()
		select {
		case <-l.done:
		case <-time.After(flushTimeout):
		}
	})
}

// logger returns a logger for people: time, level, sentence, then the details as key=value.
func (l *lines) logger() *slog.Logger { return slog.New(&plain{out: l}) }

// plain is the handler behind logger.
type plain struct {
	out     io.Writer
	details string // of With, already written out
}

func (p *plain) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (p *plain) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %-5s %s%s", r.Time.Format("2006-01-02 15:04:05"), r.Level, r.Message, p.details)
	r.Attrs(func(a slog.Attr) bool { detail(&b, a); return true })
	b.WriteByte('\n')
	_, err := io.WriteString(p.out, b.String())
	return err
}

// detail writes one key=value; what is not a plain word is quoted, so that a line stays a line.
func detail(b *strings.Builder, a slog.Attr) {
	text := a.Value.Resolve().String()
	if a.Key == "stack" {
		fmt.Fprintf(b, "\n%s", text) // ours, and meant to be read by lines
		return
	}
	if text == "" || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c == '"' || c == '=' || c > '~' }) {
		text = fmt.Sprintf("%q", text)
	}
	fmt.Fprintf(b, " %s=%s", a.Key, text)
}

func (p *plain) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		detail(&b, a)
	}
	return &plain{out: p.out, details: p.details + b.String()}
}

// WithGroup keeps the names as they are: lines for people have no groups.
func (p *plain) WithGroup(string) slog.Handler { return p }
