//go:build unix

package tap_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/capture/tap"
	"github.com/kwire-project/kafka/kbroker/broker"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
)

// way is one way from a client to a broker.
type way struct {
	name  string
	hub   *live.Hub // nil: nobody can watch
	watch bool
	conn  net.Conn
	took  map[string]*costs // of each task
}

// costs are those of a task, one of each round.
type costs struct{ wall, cpu []time.Duration }

// BenchmarkOverhead compares a broker that is reached directly with one that has
// a live view and one behind a proxy, watched and not. All ways take their turns
// in each round; the medians of their ratios to the direct way are printed. Client,
// broker, proxy and watcher share the processors of one machine.
func BenchmarkOverhead(b *testing.B) {
	plain, shown := startBroker(b, nil), live.NewHub(time.Now)
	withLive, between := startBroker(b, shown), live.NewHub(time.Now)
	p, err := tap.Start(tap.Options{Listen: "127.0.0.1:0", Upstream: plain, Hub: between})
	require.NoError(b, err)
	b.Cleanup(p.Close)
	ways := []*way{{name: "direct"}, {name: "direct again"},
		{name: "kbroker -live", hub: shown}, {name: "the same, watched", hub: shown, watch: true},
		{name: "kwire tap", hub: between}, {name: "the same, watched", hub: between, watch: true}}
	for i, addr := range []string{plain, plain, withLive, withLive, p.Addr(), p.Addr()} {
		ways[i].took = map[string]*costs{}
		ways[i].conn, err = net.Dial("tcp", addr)
		require.NoError(b, err)
		b.Cleanup(func() { ways[i].conn.Close() })
	}
	tasks := tasks(b)
	for range 3 { // warm
		for _, w := range ways {
			for _, t := range tasks {
				t.run(b, w.conn)
			}
		}
	}
	for b.Loop() {
		for _, w := range ways {
			stop := func() {}
			if w.watch {
				stop = watchAll(b, w.hub)
			}
			for _, t := range tasks {
				began, used := time.Now(), cpuTime(b)
				t.run(b, w.conn)
				c := w.took[t.name]
				if c == nil {
					c = &costs{}
					w.took[t.name] = c
				}
				c.wall, c.cpu = append(c.wall, time.Since(began)), append(c.cpu, cpuTime(b)-used)
			}
			stop()
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-20s", "time, processor time")
	for _, t := range tasks {
		fmt.Fprintf(&table, "%28s", t.name)
	}
	for _, w := range ways {
		fmt.Fprintf(&table, "\n%-20s", w.name)
		for _, t := range tasks {
			its, base := w.took[t.name], ways[0].took[t.name]
			fmt.Fprintf(&table, "%20.2f ×%5.2f ×", ratio(its.wall, base.wall), ratio(its.cpu, base.cpu))
		}
	}
	b.Log(table.String())
}

// ratio is the median of how the rounds of one way compare with those of another.
func ratio(its, base []time.Duration) float64 {
	var all []float64
	for i := range its {
		all = append(all, float64(its[i])/float64(base[i]))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// cpuTime is what the process has used of the processors. On a busy machine it
// tells more than the clock.
func cpuTime(b *testing.B) time.Duration {
	var r syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func startBroker(b *testing.B, hub *live.Hub) string {
	br, err := broker.Start(b.Context(), broker.Config{Live: hub, Properties: map[string]string{"listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": b.TempDir(),
		"log.segment.bytes": "67108864", "log.retention.bytes": "134217728", "log.retention.check.interval.ms": "1000", "log.initial.task.delay.ms": "1000", "log.segment.delete.delay.ms": "100"}})
	require.NoError(b, err)
	b.Cleanup(func() { _ = br.Close(context.Background()) })
	c, err := net.Dial("tcp", br.Addr())
	require.NoError(b, err)
	defer c.Close()
	create := api.NewCreateTopicsRequest()
	create.Topics = []api.CreateTopicsRequestCreatableTopic{{Name: "t", NumPartitions: 1, ReplicationFactor: 1}, {Name: "kept", NumPartitions: 1, ReplicationFactor: 1}}
	f, err := kwire.AppendRequest(nil, kwire.Header{}, &create, 7)
	require.NoError(b, err)
	_, err = c.Write(f)
	require.NoError(b, err)
	_, err = kwire.NewFrameReader(c, 0).Next()
	require.NoError(b, err)
	f, err = kwire.AppendRequest(nil, kwire.Header{}, produce("kept", 1, make([]byte, 1<<20-200)), 9)
	require.NoError(b, err)
	task{frame: f, count: 1}.run(b, c)
	return br.Addr()
}

// task is a number of equal requests, with so many under way at a time.
type task struct {
	name            string
	frame           []byte
	count, underWay int
}

func tasks(b *testing.B) []task {
	fetch := api.NewFetchRequest()
	fetch.MaxWaitMs, fetch.MinBytes = 100, 1
	fetch.Topics = []api.FetchRequestTopic{{Topic: "kept", Partitions: []api.FetchRequestPartition{{PartitionMaxBytes: 10 << 20}}}}
	large, err := kwire.AppendRequest(nil, kwire.Header{}, produce("t", 1, make([]byte, 64<<10)), 9)
	require.NoError(b, err)
	small, err := kwire.AppendRequest(nil, kwire.Header{}, produce("t", 1, make([]byte, 100)), 9)
	require.NoError(b, err)
	get, err := kwire.AppendRequest(nil, kwire.Header{}, &fetch, 12)
	require.NoError(b, err)
	return []task{{"produce 100 B, one by one", small, 200, 1}, {"produce 64 KiB, 8 at a time", large, 320, 8}, {"fetch 1 MiB", get, 10, 1}}
}

func (t task) run(b *testing.B, c net.Conn) {
	done := make(chan error, 1)
	turn := make(chan struct{}, max(t.underWay, 1))
	go func() {
		for range t.count {
			turn <- struct{}{}
			if _, err := c.Write(t.frame); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	r := kwire.NewFrameReader(c, 0)
	for range t.count {
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
		<-turn
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// watchAll reads a live view, and throws it away, until it is stopped.
func watchAll(b *testing.B, hub *live.Hub) (stop func()) {
	server := httptest.NewServer(live.Handler(hub, ""))
	a, err := http.Get(server.URL)
	require.NoError(b, err)
	go io.Copy(io.Discard, a.Body) //nolint:errcheck // it ends by being stopped
	return func() {
		a.Body.Close()
		server.Close()
		for hub.Watched() {
			time.Sleep(time.Millisecond)
		}
	}
}
