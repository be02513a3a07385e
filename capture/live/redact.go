package live

import (
	"bytes"
	"strings"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// secret says where the credentials of an API are.
type secret struct {
	request, answer []string // names of fields that are credentials as a whole
	configs         bool     // values of settings may be
}

// secrets are the APIs that carry credentials, by their keys.
var secrets = map[int16]secret{
	19: {configs: true},                                                      // CreateTopics
	32: {configs: true},                                                      // DescribeConfigs
	33: {configs: true},                                                      // AlterConfigs
	36: {request: []string{"AuthBytes"}, answer: []string{"AuthBytes"}},      // SaslAuthenticate
	38: {answer: []string{"Hmac"}},                                           // CreateDelegationToken
	39: {request: []string{"Hmac"}},                                          // RenewDelegationToken
	40: {request: []string{"Hmac"}},                                          // ExpireDelegationToken
	41: {answer: []string{"Hmac"}},                                           // DescribeDelegationToken
	44: {configs: true},                                                      // IncrementalAlterConfigs
	51: {request: []string{"Salt", "SaltedPassword"}},                        // AlterUserScramCredentials
	58: {request: []string{"RequestData"}, answer: []string{"ResponseData"}}, // Envelope
	59: {answer: []string{"UnalignedRecords"}},                               // FetchSnapshot: records of the metadata log
}

const keyFetch = 1

// The metadata log holds SCRAM credentials, tokens and settings. Its topic has
// this name and this id in answers to Fetch.
var (
	metadataTopic   = []byte("__cluster_metadata")
	metadataTopicID = []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
)

// Wanted is how much of a payload Publish makes use of, by the key of the API:
// what a stream holds of a frame, or all of it where credentials must be found.
func Wanted(key int16) int {
	if _, found := secrets[key]; found {
		return maxReadBytes
	}
	return capture.MaxStreamFrameBytes
}

// withoutCredentials returns the payload of a frame as it may be shown: itself,
// or a copy in which bytes are overwritten.
func withoutCredentials(f *Frame) []byte {
	shown := f.Payload
	if f.Unknown {
		return bytes.Repeat([]byte{'x'}, min(len(shown), capture.MaxStreamFrameBytes))
	}
	s, found := secrets[f.Key]
	if f.Key == keyFetch && f.Side == capture.SideBroker {
		start := shown[:min(len(shown), capture.MaxStreamFrameBytes)] // what is behind is not shown
		if bytes.Contains(start, metadataTopic) || bytes.Contains(start, metadataTopicID) {
			return blankBody(f, nil)
		}
	}
	if !found {
		return shown
	}
	return s.blank(f)
}

// blank overwrites the credentials in a copy of a payload.
func (s secret) blank(f *Frame) []byte {
	l := inspect.Layout{Kind: schema.KindRequest, Key: f.Key, Version: f.Version, HeaderVersion: schema.RequestHeaderVersion(f.Key, f.Version)}
	names := s.request
	if f.Side == capture.SideBroker {
		l.Kind, l.HeaderVersion, names = schema.KindResponse, schema.ResponseHeaderVersion(f.Key, f.Version), s.answer
	}
	if len(names) == 0 && !s.configs {
		return f.Payload
	}
	if l.HeaderVersion < 0 || f.Missing > 0 || len(f.Payload) > maxReadBytes {
		return blankBody(f, nil)
	}
	tree := inspect.Options{Records: inspect.RecordsOpaque}.Frame(f.Payload, l)
	if tree.Err != nil {
		return blankBody(f, tree)
	}
	shown := bytes.Clone(f.Payload)
	for n := range tree.All() {
		switch n.Kind() {
		case inspect.MoreNode, inspect.RestNode:
			return blankBody(f, tree)
		case inspect.UnknownNode:
			blankValue(shown, n)
		case inspect.StructNode:
			if s.configs && isSensitive(n) {
				blankValues(shown, n)
			}
		case inspect.ValueNode, inspect.RecordsNode:
			for _, name := range names {
				if n.Field().Name == name {
					blankValue(shown, n)
				}
			}
			if s.configs && n.Field().Name == "ErrorMessage" && soundsSecret(valueOf(n)) {
				blankValue(shown, n) // it may repeat the value that it complains of
			}
		}
	}
	return shown
}

// maxReadBytes is how long a frame with credentials may be to be read; of a
// longer one the body is overwritten.
const maxReadBytes = 4 << 20

// blankBody overwrites the body of a frame: what is behind the header if the
// tree knows where that is, else all but key, version and correlation id.
func blankBody(f *Frame, tree *inspect.Tree) []byte {
	start := 4
	if f.Side == capture.SideClient {
		start = 8
	}
	if tree != nil {
		if body, ok := tree.Body(); ok {
			start = body.Offset()
		}
	}
	shown := bytes.Clone(f.Payload[:min(len(f.Payload), capture.MaxStreamFrameBytes)])
	if start < len(shown) {
		fill(shown[start:], 'x')
	}
	return shown
}

// isSensitive reports whether a struct is a setting whose value is a credential:
// it is marked so, or its name or that of the setting it is a synonym of says so.
func isSensitive(n inspect.Node) bool {
	value, sensitive := false, false
	for c := range n.Children() {
		switch c.Field().Name {
		case "Value":
			value = true
		case "Name":
			sensitive = sensitive || soundsSecret(valueOf(c))
		case "IsSensitive":
			sensitive = sensitive || string(c.Bytes()) != "\x00"
		}
	}
	return value && sensitive
}

// blankValues overwrites the values of a setting and of its synonyms.
func blankValues(shown []byte, n inspect.Node) {
	for c := range n.Children() {
		if c.Field().Name == "Value" && c.Kind() == inspect.ValueNode {
			blankValue(shown, c)
			continue
		}
		blankValues(shown, c)
	}
}

// words are what names of settings with credentials have in them.
var words = []string{"password", "passwd", "passphrase", "secret", "credential", "jaas", "private.key", "keystore.key",
	"master.key", "access.key", "api.key", "apikey"}

func soundsSecret(text []byte) bool {
	lower := strings.ToLower(string(text))
	for _, w := range words {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return false
}

// valueOf returns a string's or bytes' value without its length.
func valueOf(n inspect.Node) []byte { return n.Bytes()[n.Prefix():] }

// blankValue overwrites the value of a node.
func blankValue(shown []byte, n inspect.Node) {
	if n.Buffer() != 0 || n.IsNull() {
		return
	}
	with := byte(0)
	if n.Field().Type == schema.String {
		with = 'x'
	}
	fill(shown[n.Offset()+n.Prefix():n.Offset()+n.Size()], with)
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}
