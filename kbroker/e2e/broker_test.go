package e2e

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// broker is the built broker. It keeps its address and its data over restarts.
type broker struct {
	address    string
	logDir     string
	properties string
	cmd        *exec.Cmd

	mu  sync.Mutex
	log bytes.Buffer
}

// Write takes the broker's output.
func (b *broker) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.Write(p)
}

func (b *broker) output() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.String()
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	return startBrokerAt(t, filepath.Join(t.TempDir(), "data"))
}

func startBrokerAt(t *testing.T, logDir string) *broker {
	t.Helper()
	b := &broker{address: freeAddress(t), logDir: logDir, properties: filepath.Join(t.TempDir(), "server.properties")}
	text := "listeners=PLAINTEXT://" + b.address + "\nlog.dirs=" + logDir + "\ngroup.initial.rebalance.delay.ms=0\n"
	require.NoError(t, os.WriteFile(b.properties, []byte(text), 0o600))
	b.start(t)
	t.Cleanup(func() {
		b.kill()
		if t.Failed() {
			t.Logf("the broker logged:\n%s", b.output())
		}
	})
	return b
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

const startTimeout = 20 * time.Second

func (b *broker) start(t *testing.T) {
	t.Helper()
	b.cmd = exec.Command(brokerBinary, b.properties)
	b.cmd.Stdout, b.cmd.Stderr = b, b
	require.NoError(t, b.cmd.Start())
	require.NoError(t, awaitPort(b.address))
}

func awaitPort(address string) error {
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}

// stop sends SIGTERM and wants an orderly end.
func (b *broker) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, b.cmd.Process.Signal(syscall.SIGTERM))
	err := b.cmd.Wait()
	b.cmd = nil
	require.NoError(t, err)
}

// kill ends the broker as kill -9 does.
func (b *broker) kill() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait() // it was killed: its status tells nothing
		b.cmd = nil
	}
}

// wantCodec looks at a topic's batches on disk: a client that silently sends them plain proves nothing. Small batches,
// which a codec would make larger, may be plain.
func wantCodec(t *testing.T, b *broker, topic, codec string) {
	t.Helper()
	const small = 10 // records
	files, err := filepath.Glob(filepath.Join(b.logDir, topic+"-*", "*.log"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	large := 0
	for _, file := range files {
		log, err := os.ReadFile(file)
		require.NoError(t, err)
		for len(log) > 61 {
			if binary.BigEndian.Uint32(log[57:]) > small {
				large++
				require.Equal(t, codec, codecs[log[22]&7], "%s", file) // the attributes' last byte
			}
			log = log[12+binary.BigEndian.Uint32(log[8:]):]
		}
	}
	require.Positive(t, large)
}
