package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// kcat is Debian's kcat, and with it librdkafka, which most clients outside the JVM are built on. It cannot create or
// delete topics: franz-go does that for it.
type kcat struct{}

func (kcat) available(t *testing.T) {
	if _, err := exec.LookPath("kcat"); err != nil {
		skipUnlessCI(t, "kcat is not on PATH (Debian: apt-get install kcat)")
	}
}

// fit gives all records the same headers, since kcat takes them from its command line, and values of text, since its
// input and output are lines.
func (kcat) fit(all []message) []message {
	for i := range all {
		all[i].headers = []header{{"from", "kcat"}, {"line", "of text"}}
		if i < 2 {
			all[i].value = fmt.Sprint("text ", i)
		}
	}
	return all
}

func (kcat) run(t *testing.T, address, input string, arguments ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(deadline(t), "kcat", append([]string{"-b", address, "-m", "10"}, arguments...)...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "kcat %s: %s", strings.Join(arguments, " "), stderr.String())
	return out
}

func (kcat) create(t *testing.T, address, topic string, partitions int) {
	t.Helper()
	franz{}.create(t, address, topic, partitions)
}

func (kcat) remove(t *testing.T, address, topic string) {
	t.Helper()
	franz{}.remove(t, address, topic)
}

func (k kcat) produce(t *testing.T, address, topic, codec string, all []message) {
	t.Helper()
	var lines strings.Builder
	for _, m := range all {
		fmt.Fprintf(&lines, "%s|%s\n", m.key, m.value)
	}
	arguments := []string{"-P", "-t", topic, "-K", "|", "-z", codec, "-X", "acks=all", "-X", "partitioner=murmur2"}
	for _, h := range all[0].headers {
		arguments = append(arguments, "-H", h.key+"="+h.value)
	}
	k.run(t, address, lines.String(), arguments...)
}

func (k kcat) consume(t *testing.T, address, topic string, n int) []message {
	t.Helper()
	all := parseKcat(t, k.run(t, address, "", "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"))
	require.Len(t, all, n)
	return all
}

func (k kcat) member(t *testing.T, address, topic, group string, n int) []message {
	t.Helper()
	return parseKcat(t, k.run(t, address, "", "-G", group, "-c", fmt.Sprint(n), "-q", "-J", "-X", "auto.offset.reset=earliest", topic))
}

// parseKcat reads the lines of -J.
func parseKcat(t *testing.T, out []byte) (all []message) {
	t.Helper()
	for line := range bytes.Lines(out) {
		var one struct {
			Partition    int32
			Offset       int64
			Key, Payload string
			Headers      []string // name and value by turns
		}
		require.NoError(t, json.Unmarshal(line, &one), "%s", line)
		m := message{key: one.Key, value: one.Payload, partition: one.Partition, offset: one.Offset}
		for i := 0; i+1 < len(one.Headers); i += 2 {
			m.headers = append(m.headers, header{one.Headers[i], one.Headers[i+1]})
		}
		all = append(all, m)
	}
	return all
}

func (k kcat) offsets(t *testing.T, address, topic string) map[int32][2]int64 {
	t.Helper()
	all := map[int32][2]int64{}
	for p := range k.leaders(t, address, topic) {
		var o [2]int64
		for i, at := range []int{-2, -1} {
			out := k.run(t, address, "", "-Q", "-t", fmt.Sprintf("%s:%d:%d", topic, p, at))
			_, err := fmt.Sscanf(string(out), topic+" [%d] offset %d", new(int32), &o[i])
			require.NoError(t, err, "%s", out)
		}
		all[p] = o
	}
	return all
}

func (k kcat) leaders(t *testing.T, address, topic string) map[int32]int32 {
	t.Helper()
	var metadata struct {
		Topics []struct {
			Topic      string
			Partitions []struct{ Partition, Leader int32 }
		}
	}
	require.NoError(t, json.Unmarshal(k.run(t, address, "", "-L", "-J"), &metadata))
	all := map[int32]int32{}
	for _, one := range metadata.Topics {
		for _, p := range one.Partitions {
			if one.Topic == topic {
				all[p.Partition] = p.Leader
			}
		}
	}
	return all
}
