package challenge

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// broker is the built broker on a port of its own, for what does not need the course's port.
type broker struct {
	address    string
	logDir     string
	properties string
	program    []string // how to start it
	cmd        *exec.Cmd
	log        *lockedBuffer
}

// lockedBuffer is the broker's stdout and stderr.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// lines returns what was logged so far, without blank lines.
func (l *lockedBuffer) lines() (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// startBroker starts a broker on a directory that is formatted if it is empty. Further lines go into server.properties.
func startBroker(t *testing.T, lines ...string) *broker {
	t.Helper()
	return startBrokerAt(t, filepath.Join(t.TempDir(), "data"), lines...)
}

func startBrokerAt(t *testing.T, logDir string, lines ...string) *broker {
	t.Helper()
	b := &broker{address: freeAddress(t), logDir: logDir, properties: filepath.Join(t.TempDir(), "server.properties")}
	b.program = []string{brokerBinary, b.properties}
	text := append([]string{"node.id=1", "listeners=PLAINTEXT://" + b.address, "log.dirs=" + logDir, "group.initial.rebalance.delay.ms=0"}, lines...)
	write(t, b.properties, strings.Join(text, "\n"))
	b.start(t)
	t.Cleanup(func() {
		b.kill()
		if t.Failed() {
			t.Logf("the broker logged:\n%s", strings.Join(b.log.lines(), "\n"))
		}
	})
	return b
}

// freeAddress finds a port by opening one. Somebody else may take it before the broker does; that fails the test with
// the broker's own message.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// start returns when the broker accepts connections.
func (b *broker) start(t *testing.T) {
	t.Helper()
	b.log = &lockedBuffer{}
	b.cmd = exec.Command(b.program[0], b.program[1:]...)
	b.cmd.Stdout, b.cmd.Stderr = b.log, b.log
	require.NoError(t, b.cmd.Start())
	for deadline := time.Now().Add(stageTimeout); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", b.address)
		if err == nil {
			conn.Close()
			b.awaitReady(t)
			return
		}
		if time.Now().After(deadline) || syscall.Kill(b.cmd.Process.Pid, 0) != nil {
			b.kill()
			require.NoError(t, err, "the broker does not listen. It logged:\n%s", strings.Join(b.log.lines(), "\n"))
		}
	}
}

// awaitReady waits for the line with the address, so that later lines are about what a test does.
func (b *broker) awaitReady(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(b.log.lines(), func(line string) bool { return strings.Contains(line, "ready on "+b.address) })
	}, stageTimeout, time.Millisecond, "the line that says where the broker listens")
}

// stop sends SIGTERM: the broker has to end by itself and say that it did so in order.
func (b *broker) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, b.cmd.Process.Signal(syscall.SIGTERM))
	timer := time.AfterFunc(stageTimeout, b.killProcess)
	defer timer.Stop()
	err := b.cmd.Wait()
	b.cmd = nil
	require.NoError(t, err, "exit status after SIGTERM. The broker logged:\n%s", strings.Join(b.log.lines(), "\n"))
}

// kill ends the broker as kill -9 does.
func (b *broker) kill() {
	if b.cmd == nil {
		return
	}
	b.killProcess()
	_ = b.cmd.Wait() // it was killed: there is nothing to learn from its status
	b.cmd = nil
}

func (b *broker) killProcess() {
	if cmd := b.cmd; cmd != nil {
		_ = cmd.Process.Kill()
	}
}

// restart stops the broker in order and starts it again.
func (b *broker) restart(t *testing.T) {
	t.Helper()
	b.stop(t)
	b.start(t)
}

// wantOneLine returns the one line that was logged since there were before lines.
func (b *broker) wantOneLine(t *testing.T, before int) string {
	t.Helper()
	require.Eventually(t, func() bool { return len(b.log.lines()) > before }, time.Second, time.Millisecond, "a line in the log says why")
	time.Sleep(20 * time.Millisecond) // a second line would follow at once
	lines := b.log.lines()[before:]
	require.Len(t, lines, 1)
	return lines[0]
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// segment is the path of a partition's first segment.
func (b *broker) segment(partition string) string {
	return filepath.Join(b.logDir, partition, firstSegment)
}
