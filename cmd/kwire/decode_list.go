package main

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/exchange"
	"github.com/kwire-project/kafka/kwire/schema"
)

// list prints a line for each message: its number, the time since the first one, the connection,
// its direction, what it is, its bytes, the time from request to answer, the number of the other
// one, the client id, and what is wrong with it.
func (d *decoder) list(input capture.Result, frames []exchange.Frame) error {
	w := bufio.NewWriter(d.out)
	for i, c := range input.Connections {
		fmt.Fprintf(w, "connection %d: %s > %s", i+1, c.Client, c.Broker)
		if c.Guessed {
			fmt.Fprint(w, " (its start is not in the capture)")
		}
		fmt.Fprintln(w)
	}
	if len(frames) > 0 && frames[0].Time != 0 {
		fmt.Fprintln(w, "first message:", time.Unix(0, frames[0].Time).UTC().Format("2006-01-02 15:04:05.000000 UTC"))
	}
	fmt.Fprintf(w, "%5s %11s %4s   %-34s %9s %11s %6s  %s\n", "#", "seconds", "conn", "message", "bytes", "latency", "other", "client, remarks")
	for i, f := range frames {
		title, remarks, err := d.describe(input.Bytes[f.Start:f.End], f)
		if err != nil {
			return err
		}
		since, latency, other := "", "", ""
		if f.Time != 0 {
			since = fmt.Sprintf("%.6f", float64(f.Time-frames[0].Time)/1e9)
		}
		if f.Pair >= 0 {
			other = fmt.Sprintf("#%d", f.Pair+1)
			if f.Side == capture.SideBroker {
				latency = fmt.Sprintf("%.3f ms", float64(f.Latency)/1e6)
			}
		}
		line := fmt.Sprintf("%5d %11s %4s %s %-34s %9d %11s %6s  %s", i+1, since, number(f.Connection), arrow(f.Side), title, f.End-f.Start, latency, other, remarks)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	return w.Flush()
}

// describe names a message and says what is wrong with it.
func (d *decoder) describe(raw []byte, f exchange.Frame) (title, remarks string, err error) {
	if f.Kind != exchange.Message {
		return "-", whatIsNoMessage(f), nil
	}
	readings, err := d.readings(raw, f)
	if err != nil {
		return "", "", err
	}
	tree := d.read(raw, readings[0].Layout)
	d.remember(raw, tree)
	var parts []string
	if l := tree.Layout; l.Kind == schema.KindRequest {
		parts = append(parts, exchange.ClientID(raw, l.Sized))
	} else if f.Connection > 0 && !f.Known {
		parts = append(parts, "its request is not in the capture; this is a guess")
	}
	if f.Lost > 0 {
		parts = append(parts, fmt.Sprintf("%d bytes were lost in the capture", f.Lost))
	}
	if failure := tree.First(); failure != nil {
		d.damaged = true
		parts = append(parts, "error: "+failure.Error())
	}
	return tree.Layout.String(), strings.TrimPrefix(strings.Join(parts, "; "), "; "), nil
}

// whatIsNoMessage says what other bytes of a connection are.
func whatIsNoMessage(f exchange.Frame) string {
	n := f.End - f.Start
	if f.Kind == exchange.TLS {
		return fmt.Sprintf("%d bytes that look like TLS: they are encrypted and cannot be decoded", n)
	}
	return fmt.Sprintf("%d bytes whose start is not in the capture", n)
}

func arrow(s capture.Side) string {
	switch s {
	case capture.SideClient:
		return ">"
	case capture.SideBroker:
		return "<"
	}
	return " "
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
