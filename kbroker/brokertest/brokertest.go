// Package brokertest gives a Go test a Kafka broker of its own in one line:
//
//	addr := brokertest.Start(t) // "127.0.0.1:40123"
//
// The broker runs inside the test's process, listens on a free port of the loopback address, keeps its data in the
// test's temporary directory, and is closed when the test ends. What it logs appears with the test's own output.
package brokertest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/broker"
)

// closeTimeout is how long the end of a test waits for requests under way.
const closeTimeout = 10 * time.Second

// Start runs a broker for the duration of a test and returns its bootstrap address. Settings are given as name and
// value in turn, as they would stand in server.properties:
//
//	brokertest.Start(t, "num.partitions", "3", "auto.create.topics.enable", "false")
func Start(t testing.TB, settings ...string) string {
	t.Helper()
	return Run(t, settings...).Addr()
}

// Run is Start for tests that want the broker itself, to close it early for instance.
func Run(t testing.TB, settings ...string) *broker.Broker {
	t.Helper()
	if len(settings)%2 != 0 {
		t.Fatalf("brokertest: a setting without a value: %q", settings[len(settings)-1])
	}
	all := map[string]string{
		"listeners":                        "PLAINTEXT://127.0.0.1:0",
		"log.dirs":                         t.TempDir(),
		"group.initial.rebalance.delay.ms": "0", // a test knows how many members it starts
	}
	for i := 0; i < len(settings); i += 2 {
		all[settings[i]] = settings[i+1]
	}
	b, err := broker.Start(t.Context(), broker.Config{Properties: all, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatalf("brokertest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("brokertest: closing the broker: %v", err)
		}
	})
	return b
}
