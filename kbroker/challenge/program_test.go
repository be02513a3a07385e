package challenge

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	coursePort     = "9092"
	stageTimeout   = 10 * time.Second
	stopGrace      = 2 * time.Second // from SIGTERM to SIGKILL
	logLimitBytes  = 30000           // the course reads no more than this of stdout and of stderr
	addressSpaceKB = "6291456"       // 6 GiB of virtual memory
	dialEvery      = 20 * time.Millisecond
)

// program is your_program.sh as the course runs it.
type program struct {
	cmd   *exec.Cmd
	stdin io.Closer
	pipes []*os.File // kept, so that a pipe that is no longer read stays open

	mu     sync.Mutex
	logged []byte
	ended  string // why the course would take the program for terminated
}

// startProgram starts your_program.sh in its own process group, from another directory, with an open stdin and with
// pipes for stdout and stderr which are read up to the course's limit and no further.
func startProgram(t *testing.T, env []string, arguments ...string) *program {
	t.Helper()
	requirePortFree(t)
	script := filepath.Join(repository, "your_program.sh")
	p := &program{}
	p.cmd = exec.Command("sh", append([]string{"-c", `ulimit -v ` + addressSpaceKB + `; exec "$@"`, "sh", script}, arguments...)...)
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	p.stdin = stdin
	for _, name := range []string{"stdout", "stderr"} {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		if name == "stdout" {
			p.cmd.Stdout = w
		} else {
			p.cmd.Stderr = w
		}
		defer w.Close()
		p.pipes = append(p.pipes, r)
		go p.drain(name, r)
	}
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { p.kill(t) })
	return p
}

// drain reads until the limit and then leaves the pipe full, as the course does: a program that logs more blocks.
func (p *program) drain(name string, r *os.File) {
	n := 0
	for buf := make([]byte, 4096); n < logLimitBytes; {
		got, err := r.Read(buf[:min(len(buf), logLimitBytes-n)])
		n += got
		p.mu.Lock()
		p.logged = append(p.logged, buf[:got]...)
		if err != nil && p.ended == "" {
			p.ended = name + " was closed"
		}
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = name + " carried more than the course reads"
}

func (p *program) output() (text, ended string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.logged), p.ended
}

// dial waits for the port. What would make the course give up fails here too.
func (p *program) dial(t *testing.T) net.Conn {
	t.Helper()
	for deadline := time.Now().Add(stageTimeout); ; time.Sleep(dialEvery) {
		conn, err := net.Dial("tcp", "localhost:"+coursePort)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			return conn
		}
		text, ended := p.output()
		require.Empty(t, ended, "the course says: looks like your program has terminated. It logged:\n%s", text)
		require.True(t, time.Now().Before(deadline), "nothing listens on port %s after %s. The program logged:\n%s", coursePort, stageTimeout, text)
	}
}

// stop ends the program as the course does, and holds it to more: it ends by itself, successfully, within the grace.
func (p *program) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM))
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	text := func() string { s, _ := p.output(); return s }
	select {
	case err := <-done:
		require.NoError(t, err, "exit status after SIGTERM. The program logged:\n%s", text())
	case <-time.After(stopGrace):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-done
		t.Errorf("still alive %s after SIGTERM. The program logged:\n%s", stopGrace, text())
	}
	if usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && runtime.GOOS == "linux" { // elsewhere the unit is another
		require.Less(t, usage.Maxrss, int64(2<<20), "the course kills a program that holds more than 2 GiB")
	}
}

// kill ends whatever is left of the program's process group.
func (p *program) kill(t *testing.T) {
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("kill: %v", err)
	}
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Wait()
	}
	p.stdin.Close()
	for _, r := range p.pipes {
		r.Close()
	}
	if t.Failed() {
		text, _ := p.output()
		t.Logf("the program logged:\n%s", text)
	}
}

func requirePortFree(t *testing.T) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(dialEvery) {
		var l net.Listener
		if l, err = net.Listen("tcp", ":"+coursePort); err == nil {
			l.Close()
			return
		}
	}
	t.Fatalf("port %s is used by another program; the course needs it, so stop that program first (%v)", coursePort, err)
}

const (
	writeDeadline = 100 * time.Millisecond
	readDeadline  = 100 * time.Millisecond // for everything after the first byte
)

// send writes a frame within the course's deadline.
func send(t *testing.T, conn net.Conn, frame []byte) {
	t.Helper()
	require.NoError(t, conn.SetWriteDeadline(time.Now().Add(writeDeadline)))
	_, err := conn.Write(frame)
	require.NoError(t, err)
}

// receive returns what the course takes for the answer: everything that arrives within 100 ms of the first byte.
func receive(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	got := make([]byte, 4, 4096)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(stageTimeout)))
	n, err := conn.Read(got)
	require.NoError(t, err, "no answer")
	got = got[:n]
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(readDeadline)))
	for buf := make([]byte, 4096); ; {
		n, err := conn.Read(buf)
		got = append(got, buf[:n]...)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return got
		}
		require.NoError(t, err, "the connection has to stay open after an answer")
	}
}
