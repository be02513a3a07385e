package web

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/wasm/view"
)

// corpusFrame is a message of the committed corpus in a frame, as hex, and how the page is told to read it.
type corpusFrame struct {
	What    string `json:"what"`
	Side    int    `json:"side"`
	Key     int16  `json:"key"`
	Version int16  `json:"version"`

	name string
	body []byte
}

// readCorpus returns the requests and responses among the messages that Apache Kafka's own classes wrote.
func readCorpus(t *testing.T) (frames []corpusFrame) {
	t.Helper()
	f, err := os.Open("../kwire/testdata/sample.jsonl.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var l struct {
			Name    string
			Version int16
			Hex     string
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l))
		m := schema.ByName(l.Name)
		if m == nil || m.Kind > schema.KindResponse {
			continue // what is stored has no frame
		}
		c := corpusFrame{Side: view.SideRequest, Key: m.Key, Version: l.Version, name: l.Name}
		c.body, err = hex.DecodeString(l.Hex)
		require.NoError(t, err)
		head, tagged := binary.BigEndian.AppendUint32(nil, 7), schema.ResponseHeaderVersion(m.Key, l.Version) == 1
		if m.Kind == schema.KindResponse {
			c.Side = view.SideResponse
		} else {
			head = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, uint16(m.Key)), uint16(l.Version))
			head = append(head, 0, 0, 0, 7)
			if v := schema.RequestHeaderVersion(m.Key, l.Version); v > 0 {
				head, tagged = append(head, 0, 2, 'm', 'e'), v == 2
			}
		}
		if tagged {
			head = append(head, 0)
		}
		frame := append(binary.BigEndian.AppendUint32(nil, uint32(len(head)+len(c.body))), head...)
		c.What = hex.EncodeToString(append(frame, c.body...))
		frames = append(frames, c)
	}
	require.NoError(t, lines.Err())
	return frames
}

// TestCorpus: every request and response of the committed corpus is decoded in the page. What the page draws from is, to the last
// byte, what the same code makes natively, and the JSON is that of kwire decode, which is held against Kafka's own.
func TestCorpus(t *testing.T) {
	frames := readCorpus(t)
	require.Greater(t, len(frames), 500)
	p := open(t, folder())
	p.answered()
	given, err := json.Marshal(frames)
	require.NoError(t, err)
	var answers []struct{ Block, JSON string }
	require.NoError(t, p.Eval(`(async () => {
		`+ownEngine+`
		const answers = [];
		for (const { what, side, key, version } of `+string(given)+`) {
			kwire.choices = [{ frame: 0, side, key, version }];
			const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await kwire.ask("decode", [], { input: { what } })));
			answers.push({ Block: [...sum].map((b) => b.toString(16).padStart(2, "0")).join(""), JSON: await kwire.json(0) });
		}
		return answers;
	})()`, &answers))
	require.Len(t, answers, len(frames))
	for i, c := range frames {
		sum := sha256.Sum256(nativeBlock(t, c))
		require.Equal(t, hex.EncodeToString(sum[:]), answers[i].Block, "%s v%d", c.name, c.Version)

		want, err := inspect.AppendJSON(nil, schema.ByName(c.name), c.Version, c.body)
		require.NoError(t, err)
		var wanted any
		var have struct{ Body map[string]any }
		require.NoError(t, json.Unmarshal(want, &wanted))
		require.NoError(t, json.Unmarshal([]byte(answers[i].JSON), &have), "%s v%d: %s", c.name, c.Version, answers[i].JSON)
		withoutRecords(wanted, have.Body)
		require.Equal(t, wanted, any(have.Body), "%s v%d", c.name, c.Version)
	}
	t.Logf("%d messages", len(frames))
}

// nativeBlock is what the page should have for a frame.
func nativeBlock(t *testing.T, c corpusFrame) []byte {
	t.Helper()
	s := view.Open([]byte(c.What), "")
	choices := []view.Choice{{Side: c.Side, Key: int(c.Key), Version: int(c.Version)}}
	d := s.Doc(choices)
	for _, n := range d.Needs {
		packed, failure := d.Bytes[n.Off:n.Off+n.Len], ""
		plain, err := compress.All.Decompress(nil, packed, records.Codec(n.Codec), 64<<20)
		if err != nil {
			failure = err.Error()
		}
		s.Decompressed(packed, plain, failure)
	}
	if len(d.Needs) > 0 {
		d = s.Doc(choices)
	}
	return d.AppendBlock(nil)
}

// withoutRecords takes records out: Kafka's form has their size, the page's their contents.
func withoutRecords(want, have any) {
	switch want := want.(type) {
	case map[string]any:
		have, _ := have.(map[string]any)
		for name, v := range want {
			const suffix = "SizeInBytes"
			if n := len(name) - len(suffix); n > 0 && name[n:] == suffix && have[name] == nil {
				delete(want, name)
				delete(have, name[:n])
				continue
			}
			withoutRecords(v, have[name])
		}
	case []any:
		have, _ := have.([]any)
		for i := range min(len(want), len(have)) {
			withoutRecords(want[i], have[i])
		}
	}
}
