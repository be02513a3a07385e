package live

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

const hidden = "hunter2-do-not-show" // stands where credentials do

// withSecrets are messages that hold credentials, and nothing but them is called hidden.
func withSecrets() []wire.Message {
	key := []byte(hidden)
	hide, plain := wire.Some(hidden), wire.Some("604800000")
	return []wire.Message{
		&api.SaslAuthenticateRequest{AuthBytes: key},
		&api.SaslAuthenticateResponse{AuthBytes: key},
		&api.AlterUserScramCredentialsRequest{Upsertions: []api.AlterUserScramCredentialsRequestSCRAMCredentialUpsertion{
			{Name: "me", Mechanism: 1, Iterations: 4096, Salt: key, SaltedPassword: key}}},
		&api.CreateDelegationTokenResponse{TokenID: "id", HMAC: key},
		&api.RenewDelegationTokenRequest{HMAC: key},
		&api.ExpireDelegationTokenRequest{HMAC: key},
		&api.DescribeDelegationTokenResponse{Tokens: []api.DescribeDelegationTokenResponseDescribedDelegationToken{{TokenID: "a", HMAC: key}, {TokenID: "b", HMAC: key}}},
		&api.AlterConfigsRequest{Resources: []api.AlterConfigsRequestResource{{ResourceType: 4, ResourceName: "1", Configs: []api.AlterConfigsRequestAlterableConfig{
			{Name: "retention.ms", Value: plain}, {Name: "listener.name.x.ssl.keystore.password", Value: hide}, {Name: "my.SECRET", Value: hide}}}}},
		&api.AlterConfigsResponse{Responses: []api.AlterConfigsResponseResource{{ErrorMessage: wire.Some("ssl.key.password cannot be " + hidden), ResourceName: "1"}}},
		&api.IncrementalAlterConfigsRequest{Resources: []api.IncrementalAlterConfigsRequestAlterConfigsResource{{ResourceName: "1", Configs: []api.IncrementalAlterConfigsRequestAlterableConfig{
			{Name: "sasl.jaas.config", Value: hide}, {Name: "retention.ms", Value: plain}, {Name: "ssl.key.password"}}}}},
		&api.CreateTopicsRequest{Topics: []api.CreateTopicsRequestCreatableTopic{{Name: "t", Configs: []api.CreateTopicsRequestCreatableTopicConfig{
			{Name: "password", Value: hide}, {Name: "retention.ms", Value: plain}}}}},
		&api.CreateTopicsResponse{Topics: []api.CreateTopicsResponseCreatableTopicResult{{Name: "t", Configs: []api.CreateTopicsResponseCreatableTopicConfigs{
			{Name: "secret", Value: hide}, {Name: "harmless", IsSensitive: true, Value: hide}, {Name: "retention.ms", Value: plain}}}}},
		&api.DescribeConfigsResponse{Results: []api.DescribeConfigsResponseResult{{ResourceName: "1", Configs: []api.DescribeConfigsResponseResourceResult{
			{Name: "retention.ms", Value: plain},
			{Name: "harmless", IsSensitive: true, Value: hide, Synonyms: []api.DescribeConfigsResponseSynonym{{Name: "also.harmless", Value: hide}}},
			{Name: "one", Value: plain, Synonyms: []api.DescribeConfigsResponseSynonym{{Name: "ssl.truststore.password", Value: hide}}}}}}},
		&api.EnvelopeRequest{RequestData: key},
		&api.EnvelopeResponse{ResponseData: key},
		&api.FetchSnapshotResponse{Topics: []api.FetchSnapshotResponseTopicSnapshot{{Name: "__cluster_metadata",
			Partitions: []api.FetchSnapshotResponsePartitionSnapshot{{UnalignedRecords: key}}}}},
		&api.FetchResponse{Responses: []api.FetchResponseFetchableTopic{{Topic: "__cluster_metadata", TopicID: wire.UUID(metadataTopicID),
			Partitions: []api.FetchResponsePartitionData{{Records: key}}}}},
	}
}

// frames are the messages at all their versions that can hold them.
func frames(t *testing.T) (all []Frame) {
	for _, m := range withSecrets() {
		key := kwire.APIKey(m.MessageKey())
		side, first := capture.SideBroker, 0
		if strings.HasSuffix(m.MessageName(), "Request") {
			side = capture.SideClient
		}
		low, high := key.Versions()
		for v := low; v <= high; v++ {
			var b []byte
			var err error
			if side == capture.SideClient {
				b, err = kwire.AppendRequest(nil, kwire.Header{CorrelationID: 7, ClientID: wire.Some("app")}, m, v)
			} else {
				b, err = kwire.AppendResponse(nil, 7, m, v)
			}
			if err != nil || !bytes.Contains(b, []byte(hidden)) {
				continue // this version has no place for it
			}
			first++
			all = append(all, Frame{Side: side, Time: time.Unix(1, 0), Connection: 1, Client: "c", Broker: "b", Key: int16(key), Version: v, Payload: b[sizeBytes:]})
		}
		require.NotZero(t, first, m.MessageName())
	}
	require.Greater(t, len(all), 50)
	return all
}

// TestCredentials: what is published of a message with credentials has the same
// length, decodes, keeps what is no credential, and does not have them.
func TestCredentials(t *testing.T) {
	for _, f := range frames(t) {
		before := bytes.Clone(f.Payload)
		stream := published(&f)
		require.Equal(t, before, f.Payload, "the frame itself is not changed")
		r, err := capture.Read(stream)
		require.NoError(t, err)
		what := kwire.APIKey(f.Key).String()
		require.NotContains(t, string(stream), hidden, "%s v%d", what, f.Version)
		require.Len(t, r.Bytes, sizeBytes+len(f.Payload))
		if f.Key == keyFetch {
			continue // all of the body is overwritten
		}
		tree := inspect.Request(r.Bytes)
		if f.Side == capture.SideBroker {
			tree = inspect.Response(r.Bytes, f.Key, f.Version)
		}
		require.Nil(t, tree.Err, "%s v%d", what, f.Version)
		if bytes.Contains(before, []byte("retention.ms")) {
			require.Contains(t, string(r.Bytes), "retention.ms")
			require.Contains(t, string(r.Bytes), "604800000", "%s v%d", what, f.Version)
		}
	}
}

// TestCredentialsOfDamaged: cut anywhere, with bytes too many, of an unknown
// version or with its end not there, no credential is shown.
func TestCredentialsOfDamaged(t *testing.T) {
	for _, f := range frames(t) {
		whole := f.Payload
		for n := range whole {
			for _, missing := range []int{0, len(whole) - n} {
				f.Payload, f.Missing = whole[:n], missing
				require.NotContains(t, string(published(&f)), hidden)
			}
		}
		f.Payload, f.Missing = append(bytes.Clone(whole), 0), 0
		require.NotContains(t, string(published(&f)), hidden)
		f.Payload = append(append(bytes.Clone(whole), hidden...), make([]byte, maxReadBytes)...)
		if f.Key != keyFetch {
			require.NotContains(t, string(published(&f)), hidden)
		}
		f.Payload = whole
		for _, v := range []int16{-1, 99, 1 << 14} {
			f.Version = v
			require.NotContains(t, string(published(&f)), hidden, "%s v%d", kwire.APIKey(f.Key), v)
		}
	}
}

// TestUnknown: of bytes that are no message only the length is shown.
func TestUnknown(t *testing.T) {
	token := []byte("\x00me\x00" + hidden)
	r, err := capture.Read(published(&Frame{Side: capture.SideClient, Time: time.Unix(1, 0), Unknown: true, Payload: token}))
	require.NoError(t, err)
	require.Equal(t, "\x00\x00\x00\x17"+strings.Repeat("x", len(token)), string(r.Bytes))
}

// TestPlain: a message without credentials is shown as it is.
func TestPlain(t *testing.T) {
	m := api.NewMetadataRequest()
	m.Topics = []api.MetadataRequestTopic{{Name: wire.Some("passwords-of-the-house")}}
	b, err := kwire.AppendRequest(nil, kwire.Header{}, &m, 12)
	require.NoError(t, err)
	r, err := capture.Read(published(&Frame{Side: capture.SideClient, Time: time.Unix(1, 0), Key: 3, Version: 12, Payload: b[sizeBytes:]}))
	require.NoError(t, err)
	require.Equal(t, b, r.Bytes)
}

// TestNothingForgotten holds the table of secrets against the schema: a field of
// a coming release that sounds like a credential must be looked at.
func TestNothingForgotten(t *testing.T) {
	for _, key := range kwire.APIKeys() {
		s := secrets[int16(key)]
		for _, m := range []*schema.Message{schema.Request(int16(key)), schema.Response(int16(key))} {
			if m == nil {
				continue
			}
			names := s.request
			if m.Kind == schema.KindResponse {
				names = s.answer
			}
			var look func(fields []*schema.Field)
			look = func(fields []*schema.Field) {
				has := map[string]bool{}
				for _, f := range fields {
					has[f.Name] = true
					if f.Struct != nil {
						look(f.Struct.Fields)
						continue
					}
					if lower := strings.ToLower(f.Name); f.Type == schema.Bytes || f.Type == schema.String {
						for _, word := range []string{"password", "hmac", "auth", "secret", "salt", "credential"} {
							if strings.Contains(lower, word) {
								require.Contains(t, names, f.Name, m.Name)
							}
						}
					}
				}
				if has["Name"] && has["Value"] {
					require.True(t, s.configs || int16(key) == keyUpdateFeatures || int16(key) == keyQuotas, m.Name)
				}
			}
			look(m.Fields)
		}
	}
}

// Names with values that are numbers.
const (
	keyUpdateFeatures = 57
	keyQuotas         = 49
)

// published is the stream of one frame.
func published(f *Frame) []byte {
	h := NewHub(time.Now)
	w := h.watch()
	h.Publish(f)
	return append(capture.AppendStreamHeader(nil), h.take(w, nil)...)
}
