package e2e

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startTap runs kwire tap before a broker.
func startTap(t *testing.T, program, upstream string) (address, page string) {
	t.Helper()
	cmd := exec.Command(program, "tap", "-page", "127.0.0.1:0", "127.0.0.1:0", upstream)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	found := regexp.MustCompile(`connect to (\S+), which stands for \S+; the page is on (\S+)\n`).FindStringSubmatch(line)
	require.NotNil(t, found, line)
	return found[1], found[2]
}

// record keeps the live view in a file until it is stopped.
func record(t *testing.T, page, file string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "GET", page+"/live", nil)
	require.NoError(t, err)
	a, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.Equal(t, 200, a.StatusCode)
	f, err := os.Create(file)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(f, a.Body) // it ends by being stopped
		f.Close()
	}()
	return func() {
		time.Sleep(300 * time.Millisecond) // what is under way
		cancel()
		<-done
	}
}

// Clients that go through kwire tap do all that they do without it; they are told its addresses, and what they say is
// seen and decodes.
func TestTap(t *testing.T) {
	program := filepath.Join(t.TempDir(), "kwire")
	build := exec.Command("go", "build", "-o", program, "./cmd/kwire")
	build.Dir = repository
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for name, lib := range map[string]library{"franz-go": franz{}, "sarama": saramaLibrary{}, "segmentio": segmentio{}, "kcat": kcat{}} {
		t.Run(name, func(t *testing.T) {
			if lib, ok := lib.(interface{ available(t *testing.T) }); ok {
				lib.available(t)
			}
			b := startBroker(t)
			address, page := startTap(t, program, b.address)
			file := filepath.Join(t.TempDir(), "talk.kwire")
			stop := record(t, page, file)

			const topic, n = "through-the-tap", 500
			lib.create(t, address, topic, topicPartitions)
			require.Equal(t, map[int32]int32{0: 1, 1: 1, 2: 1}, lib.leaders(t, address, topic))
			sent := lib.fit(messages(n))
			lib.produce(t, address, topic, "zstd", sent)
			same(t, sent, lib.consume(t, address, topic, n))
			same(t, sent, lib.member(t, address, topic, "readers", n))
			stop()

			list, err := exec.Command(program, "decode", file).Output()
			require.NoError(t, err, "the stream is whole, and every message in it decodes")
			for _, want := range []string{"ApiVersions request", "ApiVersions response", "Metadata response", "Produce request", "Produce response", "Fetch request",
				"Fetch response", "FindCoordinator response", "JoinGroup request", "SyncGroup response", "OffsetCommit request", "LeaveGroup request"} {
				require.Contains(t, string(list), want)
			}
		})
	}
	if _, err := exec.LookPath("kcat"); err == nil {
		b := startBroker(t)
		address, _ := startTap(t, program, b.address)
		require.Contains(t, string(kcat{}.run(t, address, "", "-L")), "broker 1 at "+address+" (controller)")
	}
}
