package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/web/internal/browser"
)

// openPage serves the page from this folder, as any file server would, and
// opens it in Chromium. Without a browser or without a built engine the test
// is skipped, loudly; where CI is set it fails.
func openPage(t *testing.T) *browser.Page {
	t.Helper()
	if _, err := os.Stat("dist/kwire.wasm"); err != nil {
		missing(t, "the engine is not built: run make wasm")
	}
	b, err := browser.Start(t.TempDir())
	if errors.Is(err, browser.ErrMissing) {
		missing(t, err.Error())
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	server := httptest.NewServer(Handler())
	t.Cleanup(server.Close)
	p, err := b.Open(server.URL + "/")
	require.NoError(t, err)
	return p
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("CI is set, so this must be tested: %s", what)
	}
	t.Skipf("SKIPPED, NOT TESTED: %s", what)
}

// shoot keeps a picture of the page in $SHOTS, for people to look at.
func shoot(t *testing.T, p *browser.Page, name string) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	png, err := p.Screenshot()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

func size(t *testing.T, p *browser.Page, width, height int, mobile bool) {
	t.Helper()
	require.NoError(t, p.Call("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}, nil))
}

func scheme(t *testing.T, p *browser.Page, value string) {
	t.Helper()
	require.NoError(t, p.Call("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": value}}}, nil))
}

func TestShots(t *testing.T) {
	p := openPage(t)
	size(t, p, 1360, 850, false)
	require.NoError(t, p.Wait(`document.querySelector("#tree [role=treeitem]")`))
	for _, theme := range []string{"light", "dark"} {
		scheme(t, p, theme)
		shoot(t, p, "wide-"+theme)
	}
	files, _ := filepath.Glob("samples/*.txt")
	for _, f := range files {
		text, _ := os.ReadFile(f)
		scheme(t, p, "light")
		q, _ := json.Marshal(string(text))
		require.NoError(t, p.Eval(fmt.Sprintf(`(async()=>{const i=document.getElementById("input"); i.value=%s; i.dispatchEvent(new Event("input")); await new Promise(r=>setTimeout(r,300))})()`, q), nil))
		shoot(t, p, "s-"+filepath.Base(f))
	}
	size(t, p, 390, 844, true)
	shoot(t, p, "narrow")
	fmt.Println(p.Problems())
}
