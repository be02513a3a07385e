package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// repository is the root of the checkout; brokerBinary is the broker built from it once per run.
var repository, brokerBinary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	wd, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	repository = filepath.Dir(filepath.Dir(wd))
	dir, err := os.MkdirTemp("", "kwire-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	brokerBinary = filepath.Join(dir, "kbroker")
	build := exec.Command("go", "build", "-o", brokerBinary, "./kbroker")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: the broker does not build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// skip leaves a test out with a line that nobody can overlook, provided go test runs without a package argument.
func skip(t *testing.T, why string) {
	t.Helper()
	fmt.Fprintf(os.Stderr, "!!! %s is skipped: %s\n", t.Name(), why)
	t.Skip(why)
}

// skipUnlessCI is for what a machine can be expected to have where CI is set.
func skipUnlessCI(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("CI is set, and %s", why)
	}
	skip(t, why)
}
