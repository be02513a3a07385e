package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDecodeCapture reads what tcpdump recorded of kcat producing to a broker
// and consuming from it.
func TestDecodeCapture(t *testing.T) {
	r := runKwire("", "decode", "testdata/kcat.pcap")
	require.Equal(t, exitOK, r.status, r.err)
	lines := strings.Split(r.out, "\n")
	assert.Equal(t, []string{
		"connection 1: 127.0.0.1:43988 > 127.0.0.1:29092",
		"connection 2: 127.0.0.1:44004 > 127.0.0.1:29092",
		"first message: 2026-11-23 03:32:43.107219 UTC",
		"    #     seconds conn   message                                bytes     latency  other  client, remarks",
		"    1    0.000000    1 > ApiVersions request v3                    40                 #2  rdkafka",
		"    2    0.000385    1 < ApiVersions response v3                  374    0.385 ms     #1",
	}, lines[:6])
	assert.NotContains(t, r.out, "error")

	trees := runKwire("", "decode", "-o", "tree", "testdata/kcat.pcap")
	require.Equal(t, exitOK, trees.status, trees.err)
	for _, title := range []string{"ApiVersions request v3, 40 bytes", "Produce request v7, 134 bytes", "Fetch response v11, 157 bytes"} {
		assert.Contains(t, trees.out, title)
	}
	whole := runKwire("", "decode", "-o", "json", "testdata/kcat.pcap")
	require.Equal(t, exitOK, whole.status, whole.err)
	assert.Equal(t, len(lines)-5, strings.Count(whole.out, "\n"), "a line of JSON for each message")
}

// TestListOfPaste: the same list of frames that have no times.
func TestListOfPaste(t *testing.T) {
	r := runKwire("", "decode", "-o", "list", handshake)
	require.Equal(t, exitOK, r.status, r.err)
	assert.Contains(t, r.out, "    1                    ApiVersions request v4                    39                     kafka-cli\n")
}
