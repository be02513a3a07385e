package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	modulePath    = "github.com/kwire-project/kafka"
	moduleVersion = "v0.0.1"
)

// A program that imports nothing but package kwire and its sub-packages gets one require line and downloads nothing
// else, although the broker beside them stands on other people's libraries.
func TestModuleDownloadsNothingElse(t *testing.T) {
	proxy, program, cache := t.TempDir(), t.TempDir(), t.TempDir()
	packModule(t, proxy)

	var imports strings.Builder
	for _, p := range libraryPackages(t) {
		fmt.Fprintf(&imports, "import _ %q\n", p)
	}
	require.NoError(t, os.WriteFile(filepath.Join(program, "main.go"), []byte("package main\n\n"+imports.String()+"\nfunc main() {}\n"), 0o644))
	command := func(name string, arguments ...string) string {
		cmd := exec.Command(name, arguments...)
		cmd.Dir = program
		cmd.Env = append(os.Environ(), "GOPROXY=file://"+filepath.ToSlash(proxy), "GOSUMDB=off", "GONOSUMDB=", "GOFLAGS=-modcacherw", "GOMODCACHE="+cache, "GOWORK=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s %v: %s", name, arguments, out)
		return string(out)
	}
	command("go", "mod", "init", "example.org/program")
	command("go", "get", modulePath+"@"+moduleVersion)
	command("go", "mod", "tidy")
	command("go", "build", "./...")

	mod, err := os.ReadFile(filepath.Join(program, "go.mod"))
	require.NoError(t, err)
	var requires []string
	for line := range strings.Lines(string(mod)) {
		if strings.Contains(line, " v") {
			requires = append(requires, strings.TrimSpace(line))
		}
	}
	require.Equal(t, []string{"require " + modulePath + " " + moduleVersion}, requires)
	sum, err := os.ReadFile(filepath.Join(program, "go.sum"))
	require.NoError(t, err)
	require.Len(t, strings.Split(strings.TrimSpace(string(sum)), "\n"), 2)

	downloads := filepath.Join(cache, "cache", "download")
	zips, err := filepath.Glob(filepath.Join(downloads, "*", "*", "*", "@v", "*.zip"))
	require.NoError(t, err)
	require.Len(t, zips, 1)
	require.Equal(t, 1, strings.Count(command("find", downloads, "-name", "*.zip"), ".zip"), "one download in all")
}

// libraryPackages lists what a program may import of the library.
func libraryPackages(t *testing.T) (all []string) {
	t.Helper()
	cmd := exec.Command("go", "list", "./kwire/...")
	cmd.Dir = repository
	out, err := cmd.Output()
	require.NoError(t, err)
	for _, p := range strings.Fields(string(out)) {
		if !strings.Contains(p, "/internal/") {
			all = append(all, p)
		}
	}
	require.NotEmpty(t, all)
	return all
}

// packModule writes the checkout as a module into a directory that serves as GOPROXY: what git has, without nested
// modules.
func packModule(t *testing.T, proxy string) {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = repository
	out, err := cmd.Output()
	if err != nil {
		skip(t, "this is not a git checkout")
	}
	files := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	var nested []string
	for _, f := range files {
		if filepath.Base(f) == "go.mod" && f != "go.mod" {
			nested = append(nested, filepath.ToSlash(filepath.Dir(f))+"/")
		}
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(repository, f))
		if err != nil || hasAnyPrefix(f, nested) {
			continue // a file that was removed and not yet committed is not part of the module either
		}
		w, err := z.Create(modulePath + "@" + moduleVersion + "/" + f)
		require.NoError(t, err)
		_, err = w.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())

	dir := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	mod, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"list":                  []byte(moduleVersion + "\n"),
		moduleVersion + ".info": []byte(`{"Version":"` + moduleVersion + `","Time":"2020-01-01T00:00:00Z"}`),
		moduleVersion + ".mod":  mod,
		moduleVersion + ".zip":  archive.Bytes(),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
