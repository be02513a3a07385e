package web

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/compose"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/wasm/view"
)

// The examples of the page are made here, out of JSON by kwire/compose, and
// kept in samples/: go test ./web -run TestSamples -update writes them anew.
// What they show, and what the page must say about it, is in the same place.

var update = flag.Bool("update", false, "write the examples that are made")

// packet is one frame of an example.
type packet struct {
	request bool
	api     string
	version int16
	bytes   []byte
	// A mistake: what the error says, and the hint that gives back right.
	err, hint string
	right     []byte
}

func (p packet) title() string {
	side := "response"
	if p.request {
		side = "request"
	}
	return fmt.Sprintf("%s %s v%d", p.api, side, p.version)
}

// body writes a message from JSON.
func body(api, side string, version int16, text string) []byte {
	b, err := compose.Message(nil, schema.ByName(api+side), version, []byte(text))
	if err != nil {
		panic(err)
	}
	return b
}

func sized(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

func apiKey(api string) kwire.APIKey {
	key, ok := kwire.APIKeyByName(api)
	if !ok {
		panic("no API " + api)
	}
	return key
}

func ask(client string, correlation int32, api string, version int16, text string) packet {
	key := apiKey(api)
	b := binary.BigEndian.AppendUint16(nil, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = binary.BigEndian.AppendUint32(b, uint32(correlation))
	b = binary.BigEndian.AppendUint16(b, uint16(len(client)))
	b = append(b, client...)
	if kwire.RequestHeaderVersion(key, version) >= 2 {
		b = append(b, 0)
	}
	return packet{request: true, api: api, version: version, bytes: sized(append(b, body(api, "Request", version, text)...))}
}

func answer(correlation int32, api string, version int16, text string) packet {
	b := binary.BigEndian.AppendUint32(nil, uint32(correlation))
	if kwire.ResponseHeaderVersion(apiKey(api), version) >= 1 {
		b = append(b, 0)
	}
	return packet{api: api, version: version, bytes: sized(append(b, body(api, "Response", version, text)...))}
}

// wrong damages a packet; err and hint are how the page tells.
func (p packet) wrong(err, hint string, damage func([]byte) []byte) packet {
	p.right, p.err, p.hint = p.bytes, err, hint
	p.bytes = damage(append([]byte{}, p.bytes...))
	return p
}

// resized writes the size that the bytes have.
func resized(b []byte) []byte {
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

func batch(o records.Options, timestamp int64, values ...string) []byte {
	w := records.NewWriter(nil, o)
	for _, v := range values {
		w.Append(records.Record{Timestamp: timestamp, Value: []byte(v)})
	}
	b, err := w.Finish()
	if err != nil {
		panic(err)
	}
	return b
}

func b64(batches ...[]byte) string {
	var all []byte
	for _, b := range batches {
		all = append(all, b...)
	}
	return base64.StdEncoding.EncodeToString(all)
}

// testerLog writes packets as the challenge's tester prints them.
func testerLog(stage string, packets []packet) string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, "[tester::#"+stage+"] "+format+"\n", args...) }
	for _, p := range packets {
		if p.request {
			line("Hexdump of sent %q request: ", p.api)
		} else {
			line("Hexdump of received %q response: ", p.api)
		}
		line("Idx  | Hex                                             | ASCII")
		line("-----+-------------------------------------------------+-----------------")
		for at := 0; at < len(p.bytes); at += 16 {
			row := p.bytes[at:min(at+16, len(p.bytes))]
			line("%04x | %-47s | %s", at, fmt.Sprintf("% x", row), printable(row))
		}
	}
	return s.String()
}

func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '.'
		}
		return r
	}, string(bytesAsRunes(b)))
}

func bytesAsRunes(b []byte) []rune {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return r
}

// hexLines writes one packet a line.
func hexLines(packets []packet) string {
	var s strings.Builder
	for _, p := range packets {
		s.WriteString(hex.EncodeToString(p.bytes) + "\n")
	}
	return s.String()
}

// sampleEntry is what samples/index.json says of an example.
type sampleEntry struct {
	File, Group, Title, Look string
	Frame                    int
}

func sampleIndex(t *testing.T) (index []sampleEntry) {
	t.Helper()
	text, err := os.ReadFile("samples/index.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &index))
	return index
}

const maxSampleBytes = 6 << 10

// TestSamples: every example is listed with a sentence, is what it was made
// as, and decodes as told; of a mistake the page names the cause, and its
// first button gives back the packet that was meant.
func TestSamples(t *testing.T) {
	all := samples()
	groups, last := map[string]bool{}, ""
	for _, e := range sampleIndex(t) {
		name := strings.TrimSuffix(e.File, ".txt")
		s, ok := all[name]
		require.True(t, ok, "%s is not made", name)
		delete(all, name)
		require.False(t, e.Group != last && groups[e.Group], "%s: the group %q was there before", name, e.Group)
		groups[e.Group], last = true, e.Group
		require.NotEmpty(t, e.Title, name)
		require.True(t, strings.HasSuffix(e.Look, "."), name)
		require.Less(t, e.Frame, max(len(s.packets), 1), name)
		if *update && s.text != "" {
			require.NoError(t, os.WriteFile("samples/"+e.File, []byte(s.text), 0o644))
		}
		text := sample(t, name)
		require.Less(t, len(text), maxSampleBytes, name)
		if s.text != "" {
			require.Equal(t, s.text, text, "%s: -update writes it anew", name)
		}
		holdSample(t, name, s.packets, view.Build([]byte(text), nil))
	}
	require.Empty(t, all, "not listed")
	files, err := filepath.Glob("samples/*.txt")
	require.NoError(t, err)
	require.Len(t, files, len(sampleIndex(t)), "a file that is not listed")
}

func holdSample(t *testing.T, name string, packets []packet, d *view.Doc) {
	t.Helper()
	require.Empty(t, d.Input.Text, name)
	require.Len(t, d.Frames, len(packets), name)
	for i, f := range d.Frames {
		p := packets[i]
		require.Equal(t, p.title(), f.Title, "%s, frame %d: %s", name, i, f.Err.Text)
		if p.err == "" {
			require.Empty(t, f.Err.Text, "%s, frame %d", name, i)
			continue
		}
		require.Equal(t, p.err, f.Err.Text, name)
		if p.right == nil {
			continue
		}
		require.NotZero(t, f.HintCount, name)
		h := d.Hints[f.FirstHint]
		require.Equal(t, p.hint, h.Text, name)
		if h.Edit {
			require.Equal(t, p.right, applied(h, d.Bytes[f.Off:f.Off+f.Len], h.Off-f.Off), name)
		}
	}
}

// applied does what a hint says.
func applied(h view.Hint, frame []byte, at int) []byte {
	b := append(append(append([]byte{}, frame[:at]...), h.Insert...), frame[at+h.Delete:]...)
	if h.Size >= 0 {
		binary.BigEndian.PutUint32(b, uint32(h.Size))
	}
	return b
}
