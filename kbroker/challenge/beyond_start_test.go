package challenge

import (
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/records"
)

// runToEnd runs the broker, which has to fail by itself, and returns what it printed.
func runToEnd(t *testing.T, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(brokerBinary, arguments...)
	timer := time.AfterFunc(stageTimeout, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit), "it has to end with an exit status: %v\n%s", err, out)
	require.Positive(t, exit.ExitCode(), "%s", out)
	return string(out)
}

// The course shows ./your_program.sh without an argument. It works on defaults: port 9092, and a directory of the
// user's which it formats by itself and finds again.
func TestBeyondStartWithoutArgument(t *testing.T) {
	for name, home := range map[string]func(dir string) []string{
		"XDG_DATA_HOME": func(dir string) []string { return []string{"XDG_DATA_HOME=" + dir} },
		"HOME":          func(dir string) []string { return append(goEnvironment(t), "XDG_DATA_HOME=", "HOME="+dir) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			env := home(dir)
			p := startProgram(t, env)
			c := &client{t: t, conn: p.dial(t)}
			topic := topicRef{name: "kept", id: c.create("kept", 1)}
			c.stored(at{topic: topic, batch: writeBatch(t, records.Options{}, "across", "starts")})
			p.stop(t)
			require.Equal(t, 1, count(t, dir, "meta.properties"), "one formatted directory below %s", dir)

			p = startProgram(t, env)
			c = &client{t: t, conn: p.dial(t)}
			require.Equal(t, []string{"across", "starts"}, c.values(at{topic: topic}))
			p.stop(t)
		})
	}
}

// On the course's own machines the repository is built and run by two scripts of .codecrafters, not by your_program.sh.
func TestBeyondSubmission(t *testing.T) {
	compile := exec.Command("sh", filepath.Join(repository, ".codecrafters", "compile.sh"))
	compile.Dir = repository
	out, err := compile.CombinedOutput()
	require.NoError(t, err, "%s", out)

	b := &broker{address: freeAddress(t), logDir: filepath.Join(t.TempDir(), "data"), properties: filepath.Join(t.TempDir(), "server.properties")}
	b.program = []string{"sh", filepath.Join(repository, ".codecrafters", "run.sh"), b.properties}
	write(t, b.properties, "listeners=PLAINTEXT://"+b.address+"\nlog.dirs="+b.logDir)
	t.Cleanup(b.kill)
	b.start(t)
	require.Zero(t, askFor[*api.ApiVersionsResponse](b.client(t), 4, softwareRequest()).ErrorCode)
	b.stop(t) // the script hands signals and status through
}

// goEnvironment keeps Go's caches where they are when HOME is another.
func goEnvironment(t *testing.T) (all []string) {
	t.Helper()
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOFLAGS"} {
		out, err := exec.Command("go", "env", name).Output()
		require.NoError(t, err)
		all = append(all, name+"="+strings.TrimSpace(string(out)))
	}
	return all
}

// count finds files by their name.
func count(t *testing.T, dir, name string) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == name {
			n++
		}
		return err
	}))
	return n
}

// A start that cannot work says what is wrong, where, and ends with a status.
func TestBeyondStartFailures(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "nowhere.properties")
	require.Contains(t, runToEnd(t, missing), missing)

	wrong := filepath.Join(dir, "wrong.properties")
	write(t, wrong, "listeners=PLAINTEXT://127.0.0.1:notaport\nnum.partitions=zero\nlog.dirs="+dir)
	text := runToEnd(t, wrong)
	require.Contains(t, text, "listeners")
	require.Contains(t, text, "num.partitions")

	b := startBroker(t)
	taken := filepath.Join(dir, "taken.properties")
	write(t, taken, "listeners=PLAINTEXT://"+b.address+"\nlog.dirs="+filepath.Join(dir, "other"))
	require.Contains(t, runToEnd(t, taken), b.address)

	garbage := filepath.Join(dir, "garbage")
	write(t, filepath.Join(garbage, "meta.properties"), "version=7\nnode.id=what\n")
	broken := filepath.Join(dir, "broken.properties")
	write(t, broken, "listeners=PLAINTEXT://"+freeAddress(t)+"\nlog.dirs="+garbage)
	require.Contains(t, runToEnd(t, broken), "meta.properties")

}
