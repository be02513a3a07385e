package view

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// TestJSONOfEverything: every message at every version has the JSON that inspect.AppendJSON writes
// without a tree, which is held against Kafka's own.
func TestJSONOfEverything(t *testing.T) {
	f, err := os.Open("../../kwire/testdata/sample.jsonl.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	n := 0
	for lines.Scan() {
		var l struct {
			Name    string
			Version int16
			Hex     string
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l))
		src, err := hex.DecodeString(l.Hex)
		require.NoError(t, err)
		m := schema.ByName(l.Name)
		tree := inspect.Message(m, l.Version, src)
		body, _ := tree.Body()
		w := jsonWriter{}
		w.value(body)
		want, err := inspect.AppendJSON(nil, m, l.Version, src)
		require.NoError(t, err)
		var have, wanted map[string]any
		require.NoError(t, json.Unmarshal(w.dst, &have), "%s", w.dst)
		require.NoError(t, json.Unmarshal(want, &wanted))
		sizes(wanted, have)
		require.Equal(t, wanted, have, "%s v%d", l.Name, l.Version)
		n++
	}
	require.NoError(t, lines.Err())
	require.Greater(t, n, 875)
}

// sizes takes out the sizes of records, where Kafka's form has them instead of the contents.
func sizes(want, have any) {
	switch want := want.(type) {
	case map[string]any:
		have, _ := have.(map[string]any)
		for name, v := range want {
			const suffix = "SizeInBytes"
			if field, ok := strings.CutSuffix(name, suffix); ok && have[name] == nil {
				delete(want, name)
				delete(have, field)
				continue
			}
			sizes(v, have[name])
		}
	case []any:
		have, _ := have.([]any)
		for i := range min(len(want), len(have)) {
			sizes(want[i], have[i])
		}
	}
}

func TestJSON(t *testing.T) {
	s := Open(sample(t, "produce-request"), "")
	text, reason := s.AppendJSON(nil, 0)
	require.Empty(t, reason)
	var v struct {
		Name, Type   string
		API, Version int
		Header       struct{ ClientID string }
		Body         struct {
			TopicData []struct {
				PartitionData []struct {
					Records []struct {
						Records []struct {
							Value   []byte
							Headers []struct{ Key string }
						}
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &v), "%s", text)
	require.Equal(t, []any{"ProduceRequest", "request", 0, 11, "orders-service"}, []any{v.Name, v.Type, v.API, v.Version, v.Header.ClientID})
	records := v.Body.TopicData[0].PartitionData[0].Records[0].Records
	require.Len(t, records, 2)
	require.Equal(t, `{"item":"fig","qty":9}`, string(records[0].Value))
	require.Equal(t, "source", records[1].Headers[0].Key)

	s = Open(sample(t, "missing-tag-buffer"), "")
	_, reason = s.AppendJSON(nil, 1)
	require.Contains(t, reason, "the message is damaged: TAG_BUFFER")
	text, reason = s.AppendJSON(nil, 0)
	require.Empty(t, reason)
	require.True(t, json.Valid(text))
}
