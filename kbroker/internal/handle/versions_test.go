package handle

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

// sampleRequests returns requests of every API and version that is served: messages of Kafka's own classes with
// values at random.
func sampleRequests(t *testing.T) map[kwire.APIKey]map[int16][][]byte {
	zipped, err := vfs.OS().ReadFile("../../../kwire/testdata/sample.jsonl.gz", 1<<24)
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	names := map[string]kwire.APIKey{}
	for _, r := range rows() {
		names[kwire.NewRequest(r.key).MessageName()] = r.key
	}
	found := map[kwire.APIKey]map[int16][][]byte{}
	for line := range bytes.Lines(text) {
		var l struct {
			Name    string
			Version int16
			Hex     string
		}
		require.NoError(t, json.Unmarshal(line, &l))
		key, ok := names[l.Name]
		if !ok {
			continue
		}
		b, err := hex.DecodeString(l.Hex)
		require.NoError(t, err)
		if found[key] == nil {
			found[key] = map[int16][][]byte{}
		}
		found[key][l.Version] = append(found[key][l.Version], b)
	}
	return found
}

// TestEveryAnswerCanBeWritten sends every request that is served, at every version, many times with values that now and
// then mean something to this broker. Whatever the answer is, success or error, its version must be able to carry it.
func TestEveryAnswerCanBeWritten(t *testing.T) {
	s := newGroupStory(t)
	samples := sampleRequests(t)
	m := &mutator{r: rand.New(rand.NewPCG(1, 2)), topicID: s.id, batch: s.batch(records.Options{}, "v")}
	codes := map[errcode.Code]int{}
	const tries = 100
	for _, row := range rows() {
		for version := row.min; version <= row.max; version++ {
			require.NotEmpty(t, samples[row.key][version], "%s v%d", row.key, version)
			for range tries {
				m.prepare(t, s)
				req := kwire.NewRequest(row.key)
				all := samples[row.key][version]
				_, err := req.DecodeFrom(all[m.r.IntN(len(all))], version, nil)
				require.NoError(t, err)
				m.req, m.version = req, version
				m.change(reflect.ValueOf(req).Elem(), "")
				frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 9}, req, version)
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond) // some wait for others
				answer, err := s.d.Serve(ctx, &Conn{ClientHost: "127.0.0.1", AdvertisedHost: "h", AdvertisedPort: 1}, frame[4:], nil)
				cancel()
				if err != nil {
					fault := (*wire.Error)(nil)
					require.False(t, errors.As(err, &fault), "%s v%d: %v\n%+v", row.key, version, err, req)
				}
				if len(answer) == 0 {
					continue
				}
				resp, err := kwire.DecodeResponse(answer, row.key, version)
				require.NoError(t, err, "%s v%d", row.key, version)
				countCodes(reflect.ValueOf(resp.Body), codes)
			}
		}
	}
	require.Greater(t, codes[errcode.None], 1000)
	require.Greater(t, len(codes), 20, "kinds of answers: %v", codes)
	t.Logf("%d kinds of answers: %v", len(codes), codes)
}

// mutator gives the fields of a request values that this broker knows, sometimes.
type mutator struct {
	r       *rand.Rand
	topicID wire.UUID
	batch   []byte

	req     wire.Message // being changed
	version int16
}

// set changes a value, unless the version has no such field.
func (m *mutator) set(v reflect.Value, to any) {
	old := reflect.ValueOf(v.Interface())
	v.Set(reflect.ValueOf(to).Convert(v.Type()))
	if _, err := m.req.AppendTo(nil, m.version); err != nil {
		v.Set(old)
	}
}

// prepare makes sure that there is a topic "t".
func (m *mutator) prepare(t *testing.T, s *story) {
	if topic := s.d.broker.Cluster.Image().Topic("t"); topic != nil {
		m.topicID = topic.ID
		return
	}
	made := s.d.broker.Cluster.CreateTopics([]cluster.NewTopic{{Name: "t", Partitions: 2, ReplicationFactor: 1}}, false)
	require.Nil(t, made[0].Err)
	m.topicID = made[0].ID
}

func (m *mutator) change(v reflect.Value, name string) {
	switch x := v.Addr().Interface().(type) {
	case *wire.UUID:
		if !x.IsZero() && m.r.IntN(2) == 0 {
			*x = m.topicID
		}
		return
	case *wire.Tags:
		return
	case *[]byte:
		if name == "Records" && m.r.IntN(4) > 0 {
			*x = m.batch
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			m.change(v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Slice:
		for i := range v.Len() {
			m.change(v.Index(i), name)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			m.change(v.Elem(), name)
		}
	case reflect.String:
		if v.Len() > 0 {
			m.set(v, []string{"t", "t", "nobody", "g", "g", "flush.ms", "1", "a b", v.String()}[m.r.IntN(9)])
		}
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		switch {
		case strings.HasSuffix(name, "Ms") && name != "RetentionTimeMs":
			m.set(v, []int64{0, 5, 1000}[m.r.IntN(3)])
		case name == "ReplicaID":
			m.set(v, int64(-1)) // followers are refused before anything else
		case !v.IsZero() && v.Int() != -1 && m.r.IntN(5) > 0:
			m.set(v, []int64{0, 0, 1, 2, -1, -2}[m.r.IntN(6)])
		}
	case reflect.Bool:
		if v.Bool() {
			m.set(v, m.r.IntN(2) == 0)
		}
	}
}

func countCodes(v reflect.Value, codes map[errcode.Code]int) {
	if v.Type() == reflect.TypeFor[errcode.Code]() {
		codes[errcode.Code(v.Int())]++
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			countCodes(v.Elem(), codes)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			countCodes(v.Field(i), codes)
		}
	case reflect.Slice:
		for i := range v.Len() {
			countCodes(v.Index(i), codes)
		}
	}
}
