package web

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/wasm/view"
)

// features are what the page is to offer, and the tests in a browser that hold it to that.
var features = map[string]string{
	"plain hex pasted":                                     "TestOpens TestPasteAnywhere TestInputFormats",
	"hexdump -C, xxd, tcpdump -x, od":                      "TestInputFormats",
	"base64, literals of C, Go, Java, Python, \\x strings": "TestInputFormats",
	"lines of the challenge's tester":                      "TestInputFormats TestFailingLog TestError",
	"copies out of Wireshark":                              "TestInputFormats",
	"pcap and pcapng, TCP put together":                    "TestList TestLongList TestRebalance TestNotes",
	"files of a log directory dropped":                     "TestDrop TestSegment TestStoredFiles TestFindRecord",
	"recognised, ranked, overridden":                       "TestChoosing TestFormat",
	"requests and responses paired":                        "TestList TestFailingLog",
	"all APIs, all versions":                               "TestCorpus TestDecodesAsTheCommand",
	"bytes and fields linked, hovering too":                "TestPointing TestWalk",
	"type, size, offset and a sentence on each field":      "TestField TestPointing TestWalk",
	"field by field":                                       "TestWalk TestKeys",
	"bytes edited":                                         "TestEditBytes TestEditBits",
	"fields edited, encoded again":                         "TestEditValue TestEditElement TestEditDecompressed TestEditOneOfMany",
	"the error at its byte, the tree up to there, why":     "TestError TestFailingLog TestHints TestTruncatedInPage",
	"two packets compared by field":                        "TestCompare",
	"copied as hex, JSON, literal, path":                   "TestCopy",
	"shared by a link":                                     "TestShare TestShareOfLarge",
	"offline":                                              "TestOffline TestSingleFile",
	"keyboard, screen reader, axe":                         "TestKeys TestWalk TestAccessible TestLiveAccessible",
	"dark and light, phone":                                "TestAccessible TestSmallScreen TestPhone",
	"nested records, four codecs":                          "TestSegment TestEditDecompressed TestRebalance",
	"varints and zigzag bit by bit":                        "TestField",
	"CRC checked and mended":                               "TestMendCRC TestEditBytes",
	"versions compared":                                    "TestVersions",
	"found in bytes and in compressed records":             "TestFilter TestFindRecord TestFindCompressed",
	"10 MB and more":                                       "TestFindRecord TestFindInPacked TestLongList",
	"live from a broker":                                   "TestLive TestLiveSelection TestLivePause TestLiveEnds TestLiveToken TestNoLive",
	"first paint before the engine, or without it":         "TestFirstPaint TestMissingEngine",
}

// TestFeatures: the tests that the table names are there.
func TestFeatures(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	there := map[string]bool{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(src), -1) {
			there[m[1]] = true
		}
	}
	for feature, tests := range features {
		for _, name := range strings.Fields(tests) {
			require.True(t, there[name], "%s: no %s", feature, name)
		}
	}
}

// TestInputFormats pastes the output of each tool and each kind of literal: it is recognised, and its bytes are there.
func TestInputFormats(t *testing.T) {
	files, err := filepath.Glob("../capture/testdata/*.txt")
	require.NoError(t, err)
	require.Greater(t, len(files), 25)
	p := open(t, folder())
	p.answered()
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		r, err := capture.Read(text)
		require.NoError(t, err)
		p.paste(string(text))
		require.Equal(t, r.Format, p.text(`(document.getElementById("format").selectedOptions[0] ?? document.getElementById("format").options[0]).textContent`), file)
		f := view.Build(text, nil).Frames
		last := f[len(f)-1]
		if r.Format == "tester log" || len(f) == 1 {
			p.bytes(hex.EncodeToString(r.Bytes[last.Off : last.Off+last.Len]))
		} else {
			p.bytes(hex.EncodeToString(r.Bytes[f[0].Off : f[0].Off+f[0].Len]))
		}
	}
}

// TestTruncatedInPage cuts every frame of every example at every byte: the page's engine has a tree of what is left and an error,
// and goes on. That each tree is right is tested without a browser, in wasm/view.
func TestTruncatedInPage(t *testing.T) {
	type given struct {
		Hex                string
		Side, Key, Version int
	}
	var all []given
	seen := map[string]bool{}
	files, err := filepath.Glob("samples/*.txt")
	require.NoError(t, err)
	for _, file := range files {
		d := view.Build([]byte(sample(t, strings.TrimSuffix(filepath.Base(file), ".txt"))), nil)
		for _, f := range d.Frames {
			g := given{hex.EncodeToString(d.Bytes[f.Off : f.Off+f.Len]), f.Side, f.Key, f.Version}
			if kind := f.Title + f.Err.Text; !seen[kind] {
				seen[kind] = true
				all = append(all, g)
			}
		}
	}
	text, err := json.Marshal(all)
	require.NoError(t, err)
	p := open(t, folder())
	p.answered()
	var wrong []string
	var tried int
	require.NoError(t, p.Eval(`(async () => {
		`+ownEngine+`
		window.tried = 0;
		window.wrong = [];
		for (const g of `+string(text)+`) {
			kwire.choices = [{ frame: 0, side: g.Side, key: g.Key, version: g.Version }];
			for (let n = 2; n < g.Hex.length; n += 2) {
				const doc = await kwire.decode({ what: g.Hex.slice(0, n), format: "hex" }), f = doc.frame(0);
				let covered = f.off;
				for (let i = f.first; i < f.first + f.count; i++) if (doc.end(i) === i + 1 && doc.len(i) && doc.off(i) === covered) covered += doc.len(i);
				if (!f.err.text || !f.count || covered !== n / 2) wrong.push(n / 2 + " bytes of " + g.Hex.slice(0, 60) + ": " + covered + " " + f.err.text);
				tried++;
			}
		}
	})()`, nil))
	require.NoError(t, p.Eval(`window.tried`, &tried))
	require.NoError(t, p.Eval(`window.wrong`, &wrong))
	t.Logf("%d cut messages", tried)
	require.Greater(t, tried, 4000)
	require.Empty(t, wrong)
}

// TestMendCRC: a byte of a record is changed without what follows from it; the CRC is told to be wrong, and mended.
func TestMendCRC(t *testing.T) {
	p := open(t, folder())
	p.answered()
	good := frameHex(t, "produce-request", 0)
	at := strings.Index(good, hex.EncodeToString([]byte("fig")))
	require.Positive(t, at)
	p.paste(good[:at] + "70" + good[at+2:])
	require.Regexp(t, `Crc: .*(CRC|checksum)`, p.text(problemText))
	require.Equal(t, "Crc", p.selected().Name)
	p.button("Mend sizes and CRC")
	p.wait(`document.getElementById("problem").hidden`)
	p.wait(`document.getElementById("trip").innerText === "✓ round-trips"`)
}

// TestKeys: each key that the help tells of does what it says; those that other tests press are left out.
func TestKeys(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.press("t", "Home", "n", "n")
	require.Equal(t, "RequestApiVersion", p.selected().Name)
	p.press("p")
	require.Equal(t, "RequestApiKey", p.selected().Name)
	p.press("End", "p")
	require.Equal(t, "ClientSoftwareVersion", p.selected().Name)
	p.press("b")
	require.Equal(t, "hex", p.text(`document.activeElement.id`))
	p.press("t")
	require.Equal(t, "tree", p.text(`document.activeElement.id`))
	p.press("Home", "*")
	require.NoError(t, p.Eval(`document.getElementById("picker").click = () => { window.picked = true; }`, nil))
	p.press("i")
	p.wait(`window.picked`)
	p.press("x")
	p.wait(shownTitle + ` === "response ApiVersions (18) v4"`)
	p.press("?")
	p.wait(`document.getElementById("help").open`)
	told := p.text(`[...document.querySelectorAll("#help dt kbd")].map((k) => k.textContent).join(" ")`)
	for _, key := range strings.Fields("/ p n Home End * t b [ ] l f o Enter Ins Del c v d i s w e x ?") {
		require.Contains(t, strings.Fields(told), key)
	}
	p.press("Escape")
	p.wait(`!document.getElementById("help").open`)
}
