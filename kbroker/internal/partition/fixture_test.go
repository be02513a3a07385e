package partition

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/stretchr/testify/require"
)

var testNow = time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)

func testOptions(fs vfs.FS) Options {
	return Options{FS: fs, Now: func() time.Time { return testNow }}
}

// unpack puts a directory that Kafka 4.4.0 wrote into a file system in memory, at /logs.
func unpack(t *testing.T, archive string) *vfs.Mem {
	t.Helper()
	f, err := os.Open(archive)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	mem := vfs.NewMem()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return mem
		}
		require.NoError(t, err)
		_, below, ok := strings.Cut(filepath.ToSlash(h.Name), "/")
		if h.Typeflag != tar.TypeReg || !ok {
			continue
		}
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		put(t, mem, "/logs/"+below, b)
	}
}

func put(t *testing.T, fs vfs.FS, name string, b []byte) {
	t.Helper()
	require.NoError(t, fs.MkdirAll(filepath.Dir(name)))
	f, err := fs.Create(name)
	require.NoError(t, err)
	_, err = f.WriteAt(b, 0)
	require.NoError(t, err)
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
}

func openAll(t *testing.T, fs vfs.FS, config Config) *Store {
	t.Helper()
	s, err := OpenStore([]string{"/logs"}, testOptions(fs))
	require.NoError(t, err)
	var wanted []Wanted
	for _, f := range s.Found() {
		wanted = append(wanted, Wanted{f.Topic, f.Partition, f.TopicID, config})
	}
	require.NoError(t, s.OpenAll(wanted))
	return s
}

func TestSmoke(t *testing.T) {
	for _, a := range []string{"clean-shutdown", "live"} {
		mem := unpack(t, "/work/shared/fixtures/logdir-4.4.0-"+a+".tar.gz")
		start := time.Now()
		s := openAll(t, mem, DefaultConfig())
		t.Log(a, time.Since(start))
		for _, p := range s.All() {
			t.Log(p.found.TopicPartition, p.Offsets())
		}
		require.NoError(t, s.Close(true, 1))
	}
	_ = logdir.DefaultConfig
}
