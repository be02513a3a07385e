package main

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary stand for the program: a child with this variable set is kbroker.
func TestMain(m *testing.M) {
	if os.Getenv("KBROKER_TEST_CHILD") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is a kbroker process.
type program struct {
	*exec.Cmd
	stdout *bufio.Reader
	stderr *bytes.Buffer
}

func command(t *testing.T, args ...string) program {
	t.Helper()
	p := program{exec.Command(os.Args[0], args...), nil, &bytes.Buffer{}}
	p.Env = append(os.Environ(), "KBROKER_TEST_CHILD=1")
	p.Stderr = p.stderr
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.stdout = bufio.NewReader(out)
	require.NoError(t, p.Start())
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// ready waits for the one line.
func (p program) ready(t *testing.T) string {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	require.NoError(t, err, "stderr: %s", p.stderr)
	return line
}

func writeProperties(t *testing.T, text string) (file, dir string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(t.TempDir(), "server.properties")
	require.NoError(t, os.WriteFile(file, []byte("log.dirs="+dir+"\n"+text), 0o600))
	return file, dir
}

func TestOneLineThenSignalThenZero(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		file, dir := writeProperties(t, "listeners=PLAINTEXT://127.0.0.1:0\nno.such.key=1\n")
		p := command(t, "-page", "127.0.0.1:0", file)
		assert.Regexp(t, `^kbroker: ready on 127\.0\.0\.1:\d+, data in `+dir+`, page on http://127\.0\.0\.1:\d+\n$`, p.ready(t))
		began := time.Now()
		require.NoError(t, p.Process.Signal(sig))
		rest, err := io.ReadAll(p.stdout)
		require.NoError(t, err)
		assert.NoError(t, p.Wait(), "%s", p.stderr)
		assert.Less(t, time.Since(began), 2*time.Second)
		assert.Empty(t, rest)
		assert.Equal(t, 1, strings.Count(p.stderr.String(), " WARN "), "%s", p.stderr)
		assert.NotContains(t, p.stderr.String(), " ERROR ")
		assert.Less(t, p.stderr.Len(), 2000, "a start says little")
		assert.Contains(t, p.stderr.String(), `server.properties: "no.such.key" is not known`)
		_, err = os.Stat(filepath.Join(dir, ".kafka_cleanshutdown"))
		assert.NoError(t, err)
	}
}

// The live view is on the page's listener, and asks for the token of the file.
func TestLiveWithAToken(t *testing.T) {
	file, _ := writeProperties(t, "listeners=PLAINTEXT://127.0.0.1:0\n")
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte(" a token of some length \nnot this\n"), 0o600))
	p := command(t, "-page", "127.0.0.1:0", "-live", "-live-token", token, file)
	line := p.ready(t)
	found := regexp.MustCompile(`, page with a live view on (http://127\.0\.0\.1:\d+)\n$`).FindStringSubmatch(line)
	require.NotNil(t, found, line)
	status := func(authorization string) int {
		r, err := http.NewRequest("HEAD", found[1]+"/live", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", authorization)
		a, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		a.Body.Close()
		return a.StatusCode
	}
	assert.Equal(t, 401, status(""))
	assert.Equal(t, 401, status("Bearer not this"))
	assert.Equal(t, 200, status("Bearer a token of some length"))
}

func TestFailuresAreOneProblemAndOneHint(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	inUse, _ := writeProperties(t, "listeners=PLAINTEXT://"+taken.Addr().String()+"\n")
	wrong, _ := writeProperties(t, "num.partitions=many\n")
	short := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(short, []byte("abc\n"), 0o600))
	for _, row := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{inUse}, 1, []string{"kbroker: listener PLAINTEXT: ", "address already in use\n", "\n  hint: another program listens there"}},
		{[]string{wrong}, 1, []string{"kbroker: " + wrong + `: num.partitions = "many": not a whole number`}},
		{[]string{"/no/such/file"}, 1, []string{"kbroker: stat /no/such/file: ", "\n  hint: kbroker takes the path of a properties file"}},
		{[]string{"a", "b"}, 2, []string{`more than one file: ["a" "b"]`, "usage: kbroker"}},
		{[]string{"-no-such-flag"}, 2, []string{"flag provided but not defined", "usage: kbroker"}},
		{[]string{"-h"}, 0, []string{"usage: kbroker", "-page address", "-live\n", "-live-token file"}},
		{[]string{"-live"}, 2, []string{"kbroker: -live needs -page"}},
		{[]string{"-page", "127.0.0.1:0", "-live-token", "x"}, 2, []string{"-live-token needs -live"}},
		{[]string{"-page", ":0", "-live"}, 1, []string{"kbroker: the page on [::]:", "other machines can reach it", "\n  hint: -page with an address of this machine only"}},
		{[]string{"-page", "127.0.0.1:0", "-live", "-live-token", short}, 1, []string{"kbroker: the token: the first line of " + short + " has 3 characters, and a token needs 16"}},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, row.code, run(row.args, &stdout, &stderr), row.args)
		assert.Empty(t, stdout.String())
		for _, want := range row.want {
			assert.Contains(t, stderr.String(), want)
		}
	}
}

func TestHints(t *testing.T) {
	const file = "server.properties"
	for want, err := range map[string]error{
		"another program":   syscall.EADDRINUSE,
		"this machine":      syscall.EADDRNOTAVAIL,
		"read and write":    fs.ErrPermission,
		"below 1024":        &net.OpError{Op: "listen", Err: syscall.EACCES},
		"disk is full":      syscall.ENOSPC,
		"ulimit -n":         syscall.EMFILE,
		"a properties file": &fs.PathError{Op: "stat", Path: file, Err: syscall.ENOENT},
	} {
		assert.Contains(t, hintFor(err, file), want, "%v", err)
	}
	assert.Empty(t, hintFor(io.EOF, file))
	assert.Empty(t, hintFor(&fs.PathError{Op: "open", Path: "/data/meta.properties", Err: syscall.ENOENT}, file), "another file")
}

func TestLinesAreForPeopleAndStayLines(t *testing.T) {
	var out bytes.Buffer
	l := newLines(&out)
	l.logger().With("a", 1).WithGroup("g").Warn("it happened", "text", "two\nlines \x1b[31m", "plain", "word", "empty", "")
	l.logger().Debug("not shown")
	l.close()
	assert.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARN  it happened a=1 text="two\\nlines \\x1b\[31m" plain=word empty=""\n$`, out.String())
	l.logger().Info("after the end") // is dropped, and harmless
}

// stuck is a standard error that nobody reads until it is let go.
type stuck struct {
	let chan struct{}
	bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.let
	return s.Buffer.Write(p)
}

func TestLoggingNeverWaits(t *testing.T) {
	out := &stuck{let: make(chan struct{})}
	l := newLines(out)
	log := l.logger()
	began := time.Now()
	const sent = 10_000
	for range sent {
		log.Info("line")
	}
	assert.Less(t, time.Since(began), 5*time.Second)
	close(out.let)
	require.Eventually(t, func() bool { return len(l.queue) == 0 }, 5*time.Second, time.Millisecond)
	log.Info("last")
	l.close()
	text := out.String()
	lost := 0
	for _, m := range regexp.MustCompile(`\((\d+) lines are left out: standard error was not read\)`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		lost += n
	}
	assert.Equal(t, sent, lost+strings.Count(text, " line\n"), "every line is there or counted")
	assert.True(t, strings.HasSuffix(text, "last\n"))
	assert.Less(t, strings.Count(text, "\n"), queuedLines+10)
}
