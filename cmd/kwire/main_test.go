package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// result is what a command line did.
type result struct {
	status   int
	out, err string
}

func runKwire(stdin string, args ...string) result {
	var out, errOut bytes.Buffer
	status := run(args, strings.NewReader(stdin), &out, &errOut)
	return result{status, out.String(), errOut.String()}
}

// handshake is an ApiVersions request v4, as a client sends it first.
const handshake = "00000023001200046f7fc66100096b61666b612d636c69000a6b61666b612d636c6904302e3100"

const handshakeTree = `ApiVersions request v4, 39 bytes
     0  00 00 00 23                Size INT32 = 35 (35 bytes after this)
     4                             Header RequestHeader v2
     4  00 12                        RequestApiKey INT16 = 18 (ApiVersions)
     6  00 04                        RequestApiVersion INT16 = 4
     8  6f 7f c6 61                  CorrelationId INT32 = 1870644833
    12  00 09 6b 61 66 6b 61 2d …    ClientId NULLABLE_STRING = "kafka-cli"
    23  00                           TAG_BUFFER TAG_BUFFER = 0 fields
    24                             Body ApiVersions request v4
    24  0a 6b 61 66 6b 61 2d 63 …    ClientSoftwareName COMPACT_STRING = "kafka-cli"
    34  04 30 2e 31                  ClientSoftwareVersion COMPACT_STRING = "0.1"
    38  00                           TAG_BUFFER TAG_BUFFER = 0 fields
`

const handshakeJSON = `{"name":"ApiVersionsRequest","type":"request","api":18,"version":4,` +
	`"header":{"requestApiKey":18,"requestApiVersion":4,"correlationId":1870644833,"clientId":"kafka-cli"},` +
	`"body":{"clientSoftwareName":"kafka-cli","clientSoftwareVersion":"0.1"}}` + "\n"

func TestDecodeTree(t *testing.T) {
	raw, err := hex.DecodeString(handshake)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "frame")
	require.NoError(t, os.WriteFile(file, raw, 0o600))
	want := result{exitOK, handshakeTree, ""}
	assert.Equal(t, want, runKwire("", "decode", handshake), "hex as argument")
	assert.Equal(t, want, runKwire("", "decode", file), "a file of bytes")
	assert.Equal(t, want, runKwire(handshake+"\n", "decode", "-"), "hex on standard input")
	assert.Equal(t, want, runKwire(string(raw), "decode"), "bytes on standard input")
	assert.Equal(t, want, runKwire("AAAAIwASAARvf8ZhAAlrYWZrYS1jbGkACmthZmthLWNsaQQwLjEA", "decode"), "base64")
	assert.Equal(t, want, runKwire("", "decode", handshake, "-o", "tree", "-api", "ApiVersions"), "flags after the argument")
	assert.Equal(t, want, runKwire("", "decode", "-type", "request", "-api", "18", "-version", "4", handshake), "everything given")
	assert.Equal(t, result{exitOK, handshakeJSON, ""}, runKwire("", "decode", "-o", "json", handshake))
	assert.Equal(t, result{exitOK, handshake + "\n", ""}, runKwire(string(raw), "decode", "-o", "hex"))
}

// A byte that is missing or left over: the tree so far, the error, and status 1.
func TestDecodeDamage(t *testing.T) {
	short := runKwire("", "decode", handshake[:len(handshake)-2])
	assert.Equal(t, exitDamage, short.status)
	assert.Equal(t, strings.Replace(handshakeTree[:strings.Index(handshakeTree, "    38")], "39 bytes", "38 bytes", 1), short.out)
	assert.Equal(t, "error: kwire: ApiVersionsRequest v4: TAG_BUFFER: offset 38: 1 byte wanted, 0 left: unexpected EOF\nlikely: the last TAG_BUFFER is missing: append 00\n", short.err)

	long := runKwire("", "decode", "00000024"+handshake[8:]+"ff")
	assert.Equal(t, exitDamage, long.status)
	assert.Contains(t, long.out, "39  ff                         NotDecoded BYTES = ff  <-- here\n")
	assert.Equal(t, "error: kwire: ApiVersionsRequest v4: offset 39: 1 byte after the message: bytes left over\nlikely: the message ends before byte 39: delete the 1 byte after it\n", long.err)
	assert.Equal(t, exitOK, runKwire("", "decode", "-lenient", "00000024"+handshake[8:]+"ff").status)

	cut := runKwire("", "decode", handshake[8:len(handshake)-10])
	assert.Equal(t, exitDamage, cut.status)
	assert.True(t, strings.HasPrefix(cut.out, "ApiVersions request v4, 30 bytes\n"), "without its size and its end: %s", cut.out)

	asJSON := runKwire("", "decode", "-o", "json", handshake[:len(handshake)-2])
	assert.Equal(t, exitDamage, asJSON.status)
	assert.Contains(t, asJSON.out, `"error":"kwire: ApiVersionsRequest v4: TAG_BUFFER: offset 38`)
	assert.NotContains(t, asJSON.out, `"body"`)
	assert.Contains(t, asJSON.err, "ClientSoftwareVersion COMPACT_STRING", "the tree so far")
}

// What the flags say holds, also where the bytes say something else.
func TestFlagsAreObeyed(t *testing.T) {
	got := runKwire("", "decode", "-type", "request", "-api", "Metadata", "-version", "12", handshake)
	assert.Equal(t, exitDamage, got.status)
	assert.True(t, strings.HasPrefix(got.out, "Metadata request v12, 39 bytes\n"), got.out)
	assert.Contains(t, got.err, "error: kwire: MetadataRequest v12: ")
	got = runKwire("", "decode", "-type", "response", "-api", "Metadata", "-version", "0", "00000005 00000007 00")
	assert.Equal(t, exitDamage, got.status)
	assert.Contains(t, got.err, "error: kwire: MetadataResponse v0: Brokers: offset 8: 4 bytes wanted, 1 left")
	got = runKwire("", "decode", "-api", "Metadata", "-version", "99", handshake)
	assert.Equal(t, exitDamage, got.status)
	assert.Contains(t, got.err, "it has versions 0-13: unsupported version")
}

// A conversation: responses are read as what their requests asked for.
func TestDecodeManyFrames(t *testing.T) {
	response := "0000001a 6f7fc661 0000 03 0000 0000 000d 00 0012 0000 0005 00 00000000 00"
	got := runKwire("", "decode", "-o", "json", handshake+response)
	require.Equal(t, exitOK, got.status, got.err)
	lines := strings.SplitAfter(got.out, "\n")
	assert.Equal(t, handshakeJSON, lines[0])
	assert.Equal(t, `{"name":"ApiVersionsResponse","type":"response","api":18,"version":4,"header":{"correlationId":1870644833},`+
		`"body":{"errorCode":0,"apiKeys":[{"apiKey":0,"minVersion":0,"maxVersion":13},{"apiKey":18,"minVersion":0,"maxVersion":5}],"throttleTimeMs":0}}`+"\n", lines[1])

	// A damaged response is read as what its request asked for, too: the error is of that message.
	got = runKwire("", "decode", "../../web/samples/missing-tag-buffer.txt")
	assert.Equal(t, exitDamage, got.status)
	assert.Contains(t, got.out, "\nApiVersions response v4, 29 bytes\n")
	assert.Equal(t, "error: kwire: ApiVersionsResponse v4: TAG_BUFFER: offset 29: 1 byte wanted, 0 left: unexpected EOF\n"+
		"likely: the last TAG_BUFFER is missing: append 00\nlikely: a TAG_BUFFER is missing before byte 24: insert 00\n", got.err)

	// So is one that is cut off.
	got = runKwire("", "decode", handshake+response[:40])
	assert.Equal(t, exitDamage, got.status)
	assert.Contains(t, got.out, "\nApiVersions response v4, 17 bytes\n")
	assert.Equal(t, "error: kwire: ApiVersionsResponse v4: ApiKeys: offset 10: 2 elements in 6 bytes: unexpected EOF\n", got.err)

	// A request of Produce v4 starts as a response with the correlation id 4 does.
	got = runKwire("", "decode", "0000000a 0012 0000 00000004 ffff"+"00000016 0000 0004 00000005 ffff ffff ffff 00001388 00000000")
	assert.Equal(t, exitOK, got.status, got.err)
	assert.Contains(t, got.out, "\nProduce request v4, 26 bytes\n")

	// A broker that does not know the version answers in v0.
	got = runKwire("", "decode", "-o", "json", handshake+"00000010 6f7fc661 0023 00000001 0012 0000 0004")
	require.Equal(t, exitOK, got.status, got.err)
	assert.Contains(t, got.out, `"name":"ApiVersionsResponse","type":"response","api":18,"version":0`)
}

func TestDecodeOtherMessages(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-type", "metadata", "0102000461626300000000000000000000000000000001 00"}, "TopicRecord v0"},
		{[]string{"-type", "metadata", "-api", "NoOpRecord", "-version", "0", "00"}, "NoOpRecord v0"},
		{[]string{"-type", "metadata", "-api", "20", "00"}, "NoOpRecord v0"},
		{[]string{"-type", "metadata", "-api", "NoOp", "00"}, "NoOpRecord v0"},
		{[]string{"-type", "coordinator-key", "0001 0001 67 0001 74 00000000"}, "OffsetCommitKey v0"},
		{[]string{"-type", "coordinator-value", "-api", "OffsetCommit", "0003 0000000000000005 ffffffff 0000 0000000000000000"}, "OffsetCommitValue v3"},
		{[]string{"-type", "data", "-api", "ConsumerProtocolAssignment", "0000 00000000 ffffffff"}, "ConsumerProtocolAssignment v0"},
		{[]string{"-type", "header", "-api", "ResponseHeader", "-version", "1", "00000007 00"}, "ResponseHeader v1"},
		{[]string{"-api", "Metadata", "-version", "1", "ffffffff"}, "Metadata request v1"},
		{[]string{"-api", "MetadataResponse", "-version", "0", "00000000 00000000"}, "Metadata response v0"},
		{[]string{"-type", "response", "-api", "3", "-version", "0", "0000000c 00000007 00000000 00000000"}, "Metadata response v0"},
		{[]string{"-type", "records", "0000000000000000 00000043"}, "record batches"},
	} {
		got := runKwire("", append([]string{"decode"}, c.args...)...)
		assert.Equal(t, exitOK, got.status, "%v: %s", c.args, got.err)
		assert.True(t, strings.HasPrefix(got.out, c.want+","), "%v: %s", c.args, got.out)
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "kwire decode [flags]"},
		{[]string{"explain"}, `no command "explain"`},
		{[]string{"decode", "-o", "xml", handshake}, `no output "xml"`},
		{[]string{"decode", "-type", "letter", handshake}, `no type "letter"`},
		{[]string{"decode", "-api", "Fetsch", handshake}, `nothing is called "Fetsch"`},
		{[]string{"decode", "-api", "999", handshake}, "no API has key 999"},
		{[]string{"decode", "-type", "metadata", "-api", "FetchRequest", handshake}, "FetchRequest is a request"},
		{[]string{"decode", "-type", "data", handshake}, "-type data needs -api NAME"},
		{[]string{"decode", "-type", "metadata", "ff"}, "name the message with -api and -version"},
		{[]string{"decode", "-type", "header", "-api", "RequestHeader", "00"}, "RequestHeader needs -version 0-2"},
		{[]string{"decode", handshake, handshake}, "one input"},
		{[]string{"decode", "-bogus"}, "flag provided but not defined"},
		{[]string{"encode", "{}"}, "-api says which message"},
		{[]string{"encode", "-o", "xml", "{}"}, `no output "xml"`},
		{[]string{"apis", "Fetsch"}, `nothing is called "Fetsch"`},
		{[]string{"apis", "-type", "letter"}, `no type "letter"`},
		{[]string{"apis", "Fetch", "-version", "99"}, "has versions 0-18"},
	} {
		got := runKwire("", c.args...)
		assert.Equal(t, exitUsage, got.status, "%v", c.args)
		assert.Contains(t, got.err, c.want, "%v", c.args)
	}
	for _, command := range []string{"decode", "encode", "apis", "recode"} {
		got := runKwire("", command, "-h")
		assert.Equal(t, exitOK, got.status)
		assert.Contains(t, got.err, "usage: kwire "+command)
	}
	missing := runKwire("", "decode", "./missing.bin")
	assert.Equal(t, exitDamage, missing.status)
	assert.Contains(t, missing.err, "no such file")
	assert.Equal(t, result{exitDamage, "", "kwire decode: hex: character 1: no bytes found\n"}, runKwire("", "decode"))
	assert.Contains(t, runKwire("", "decode", "12 3x").err, "'x'")
}

func TestEncode(t *testing.T) {
	assert.Equal(t, result{exitOK, handshake + "\n", ""}, runKwire(handshakeJSON, "encode"), "what decode printed")
	assert.Equal(t, result{exitOK, handshake + "\n", ""},
		runKwire("", "encode", "-api", "ApiVersions", "-version", "4", "-correlation", "1870644833", "-client", "kafka-cli", `{"clientSoftwareName":"kafka-cli","clientSoftwareVersion":"0.1"}`))
	assert.Equal(t, result{exitOK, "ffffffff\n", ""}, runKwire(`{"topics":null}`, "encode", "-api", "Metadata", "-version", "1", "-body"))
	assert.Equal(t, result{exitOK, "AAAAAQA=\n", ""}, runKwire(`{"correlationId":1}`, "encode", "-api", "ResponseHeader", "-version", "1", "-o", "base64"))
	assert.Equal(t, result{exitOK, "\xff\xff\xff\xff", ""}, runKwire(`{"topics":null}`, "encode", "-api", "Metadata", "-version", "1", "-body", "-o", "binary"))

	wrong := runKwire(`{"topics":[{"nmae":"a"}]}`, "encode", "-api", "Metadata", "-version", "1")
	assert.Equal(t, result{exitDamage, "", "kwire encode: kwire: MetadataRequest v1: topics[0].nmae: no such field\n"}, wrong)
	assert.Contains(t, runKwire(`[`, "encode", "-api", "Metadata").err, "no JSON")
}

func TestAPIs(t *testing.T) {
	all := runKwire("", "apis")
	assert.Equal(t, exitOK, all.status)
	assert.Equal(t, 96, strings.Count(all.out, "\n"), "a row for each of 95 APIs, and the head")
	assert.Regexp(t, `(?m)^18 +ApiVersions +0-5 +3-5 +Asks which`, all.out)
	assert.Regexp(t, `(?m)^22 +InitProducerId +0-6 \(unstable 6\)`, all.out)
	one := runKwire("", "apis", "Heartbeat", "-version", "0")
	assert.Contains(t, one.out, "HeartbeatRequest, request 12, versions 0-4, flexible 4\n")
	assert.Contains(t, one.out, "HeartbeatResponse, response 12")
	assert.NotContains(t, one.out, "GroupInstanceId")
	assert.Contains(t, runKwire("", "apis", "-type", "metadata").out, "TopicRecord")
}

type sampleLine struct {
	Name    string
	Version int16
	Type    string
	Hex     string
	JSON    json.RawMessage
}

func sample(t *testing.T, f func(sampleLine)) {
	t.Helper()
	file, err := os.Open("../../kwire/testdata/sample.jsonl.gz")
	require.NoError(t, err)
	defer file.Close()
	z, err := gzip.NewReader(file)
	require.NoError(t, err)
	s := bufio.NewScanner(z)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var l sampleLine
		require.NoError(t, json.Unmarshal(s.Bytes(), &l))
		f(l)
	}
	require.NoError(t, s.Err())
}

// Every message at every version, through the filter: the same bytes, and JSON.
func TestRecode(t *testing.T) {
	var in bytes.Buffer
	var want []sampleLine
	sample(t, func(l sampleLine) {
		fmt.Fprintf(&in, `{"name":%q,"version":%d,"hex":%q}`+"\n", l.Name, l.Version, l.Hex)
		want = append(want, l)
	})
	in.WriteString("\n" + `{"name":"MetadataRequest","version":1,"hex":"ffff"}` + "\n" + `{"name":"Bogus"}` + "\nnonsense\n" + `{"name":"MetadataRequest","version":99,"hex":""}`)
	got := runKwire(in.String(), "recode")
	require.Equal(t, exitOK, got.status, got.err)
	lines := strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
	require.Len(t, lines, len(want)+4)
	for i, l := range want {
		var a recodeAnswer
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &a))
		require.True(t, a.OK, "%s v%d: %s", l.Name, l.Version, a.Error)
		require.Equal(t, l.Hex, *a.Hex, "%s v%d", l.Name, l.Version)
		require.True(t, bytes.HasPrefix(a.JSON, []byte("{")))
	}
	failed := lines[len(want):]
	assert.Equal(t, `{"ok":false,"error":"kwire: MetadataRequest v1: Topics: offset 0: 4 bytes wanted, 2 left: unexpected EOF"}`, failed[0])
	assert.Equal(t, `{"ok":false,"error":"no message is called \"Bogus\""}`, failed[1])
	assert.Contains(t, failed[2], `{"ok":false,"error":"invalid character`)
	assert.Contains(t, failed[3], "unsupported version")
}

// What decode prints as JSON, encode turns back into the same bytes.
func TestJSONComesBack(t *testing.T) {
	frames := 0
	sample(t, func(l sampleLine) {
		if l.Type != "request" && l.Type != "response" || bytes.Contains(l.JSON, []byte("ecordsSizeInBytes")) {
			return
		}
		args := []string{"decode", "-o", "json", "-type", l.Type, "-api", l.Name, "-version", fmt.Sprint(l.Version)}
		body := runKwire(l.Hex, args...)
		if l.Hex == "" { // an empty body is no input
			return
		}
		require.Equal(t, exitOK, body.status, "%s v%d: %s", l.Name, l.Version, body.err)
		framed := runKwire(body.out, "encode")
		require.Equal(t, exitOK, framed.status, "%s v%d: %s", l.Name, l.Version, framed.err)
		back := runKwire(framed.out, args...)
		require.Equal(t, exitOK, back.status, "%s v%d: %s", l.Name, l.Version, back.err)
		again := runKwire(back.out, "encode")
		require.Equal(t, framed.out, again.out, "%s v%d", l.Name, l.Version)
		frames++
	})
	t.Logf("%d messages", frames)
}
