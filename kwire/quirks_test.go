package kwire_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/coord"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/wire"
)

// The quirks of Kafka's schemas and readers, numbered. Q1–Q6 and Q27–Q29 are about the definitions
// and are tested where they are read (internal/gen/importer); those of the tables are in inspect.

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decode reads strictly, and leniently, and says what each made of the bytes.
func decode(t testing.TB, m wire.Message, version int16, hexBytes string) (strict, lenient error) {
	t.Helper()
	src := unhex(t, hexBytes)
	_, strict = kwire.New(m.MessageName()).DecodeFrom(src, version, nil)
	_, lenient = m.DecodeFrom(src, version, &wire.DecodeOptions{Lenient: true})
	return strict, lenient
}

func wantCause(t testing.TB, err, cause error, offset int) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || !errors.Is(err, cause) {
		t.Errorf("error %v, want cause %v", err, cause)
		return
	}
	if e.Offset != offset {
		t.Errorf("%v: offset %d, want %d", err, e.Offset, offset)
	}
}

func wantOK(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// reencode returns what m looks like when written again.
func reencode(t testing.TB, m wire.Message, version int16) string {
	t.Helper()
	out, err := m.AppendTo(nil, version)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(out)
}

func TestQ07LengthsAndNull(t *testing.T) {
	var m api.MetadataRequest
	strict, lenient := decode(t, &m, 1, "ffffffff") // −1: null where allowed
	wantOK(t, strict)
	wantOK(t, lenient)
	if m.Topics != nil {
		t.Error("null topics are not nil")
	}
	strict, lenient = decode(t, &m, 1, "00000000") // empty is not null
	wantOK(t, strict)
	wantOK(t, lenient)
	if m.Topics == nil {
		t.Error("empty topics are nil")
	}
	strict, lenient = decode(t, &m, 1, "fffffffe") // below −1: Kafka reads null
	wantCause(t, strict, wire.ErrValue, 0)
	wantOK(t, lenient)
	for _, bytes := range []string{"0000ffffffff", "0000fffffffe"} { // no null for ApiKeys
		var v api.ApiVersionsResponse
		strict, lenient = decode(t, &v, 0, bytes)
		if strict == nil {
			t.Error("null was read where there is none")
		}
		wantOK(t, lenient) // other brokers than Kafka send it for empty
		if v.APIKeys == nil || len(v.APIKeys) != 0 {
			t.Errorf("%v", v.APIKeys)
		}
	}
	strict, _ = decode(t, new(api.ApiVersionsResponse), 3, "0000 00 00000000 00") // compact null
	wantCause(t, strict, wire.ErrNull, 2)
	strict, _ = decode(t, new(api.MetadataRequest), 0, "00000001ffff") // a string that has no null in v0
	wantCause(t, strict, wire.ErrNull, 4)
	strict, lenient = decode(t, new(api.SaslAuthenticateRequest), 0, "ffffffff")
	wantCause(t, strict, wire.ErrNull, 0)
	wantOK(t, lenient)
	_, lenient = decode(t, new(api.MetadataRequest), 0, "00000001ffff")
	wantOK(t, lenient)
}

func TestQ08NullableStructMarker(t *testing.T) {
	const head, body = "00000000 0000 00 00 00000000 00000000", "01 00 00"
	for _, c := range []struct {
		marker         string
		strict, absent bool
	}{{"01", true, false}, {"ff", true, true}, {"00", false, false}, {"05", false, false}, {"fe", false, true}} {
		src := head + c.marker
		if c.absent {
			src += "00"
		} else {
			src += body
		}
		var m api.ConsumerGroupHeartbeatResponse
		strict, lenient := decode(t, &m, 0, src)
		wantOK(t, lenient)
		if (strict == nil) != c.strict {
			t.Errorf("marker %s: strict error %v", c.marker, strict)
		}
		if (m.Assignment == nil) != c.absent {
			t.Errorf("marker %s: assignment %v", c.marker, m.Assignment)
		}
	}
}

func TestQ09TaggedNullableStruct(t *testing.T) {
	m := coord.NewConsumerGroupMemberMetadataValue()
	withDefault := reencode(t, &m, 0)
	m.ClassicMemberMetadata = nil
	null := reencode(t, &m, 0)
	if !strings.HasSuffix(withDefault, "00") || !strings.HasSuffix(null, "01000100") {
		t.Errorf("default %s, null %s: want no tag, and tag 0 of size 1 with 0", withDefault, null)
	}
	var back coord.ConsumerGroupMemberMetadataValue
	_, err := back.DecodeFrom(unhex(t, null), 0, nil)
	wantOK(t, err)
	if back.ClassicMemberMetadata != nil {
		t.Error("null came back as a value")
	}
}

func TestQ10TagsAtTheirDefaultAreLeftOut(t *testing.T) {
	m := api.NewFetchRequest()
	if s := reencode(t, &m, 18); !strings.HasSuffix(s, "00") {
		t.Errorf("%s: the tagged section is not empty", s)
	}
	// An unknown tag inside makes a struct differ from its default.
	m.ReplicaState.Unknown = &wire.Tags{{ID: 77, Data: []byte{1}}}
	var back api.FetchRequest
	_, err := back.DecodeFrom(unhex(t, reencode(t, &m, 18)), 18, nil)
	wantOK(t, err)
	if back.ReplicaState.Unknown.Len() != 1 {
		t.Error("the unknown tag inside a tagged struct is lost")
	}
	// Every struct of a flexible version ends in a section, also the elements of an array.
	src := unhex(t, "0000 02 0012 0000 0004 00 00000000 00")
	var v api.ApiVersionsResponse
	_, err = v.DecodeFrom(src, 3, nil)
	wantOK(t, err)
	_, err = v.DecodeFrom(append(src[:9:9], src[10:]...), 3, nil)
	if err == nil {
		t.Error("an element without its tagged section is accepted")
	}
}

func TestQ11UnknownAndOddTags(t *testing.T) {
	const head = "0000 01 00000000 "
	// Unknown tags below and above the known ones keep their place.
	src := head + "03 0108 0000000000000005 0301 01 0902 abcd"
	var m api.ApiVersionsResponse
	strict, lenient := decode(t, &m, 3, src)
	wantOK(t, strict)
	wantOK(t, lenient)
	if got := reencode(t, &m, 3); got != strings.ReplaceAll(src, " ", "") {
		t.Errorf("have %s, want %s", got, src)
	}
	for _, c := range []struct{ what, tags string }{
		{"size too large", "01 0109 0000000000000000 00"},
		{"size over the end", "01 0109 0000000000000000"},
		{"size too small", "01 0101 0000000000000005"},
		{"known tag twice", "02 0108 0000000000000005 0108 0000000000000006"},
		{"known tags out of order", "02 0301 01 0108 0000000000000005"},
	} {
		strict, lenient := decode(t, new(api.ApiVersionsResponse), 3, head+c.tags)
		if strict == nil {
			t.Errorf("%s: accepted by the strict reader", c.what)
		}
		if lenient != nil {
			t.Errorf("%s: %v, but Kafka's reader accepts it", c.what, lenient)
		}
	}
	for _, tags := range []string{"02 0901 01 0801 01", "02 0901 01 0901 01"} { // unknown: Kafka insists too
		_, lenient := decode(t, new(api.ApiVersionsResponse), 3, head+tags)
		wantCause(t, lenient, wire.ErrTag, 11)
	}
}

func TestQ12Varints(t *testing.T) {
	strict, lenient := decode(t, new(api.ApiVersionsResponse), 3, "0000 8100 00000000 00") // not minimal
	wantCause(t, strict, wire.ErrVarint, 2)
	wantOK(t, lenient)
	strict, lenient = decode(t, new(api.ApiVersionsResponse), 3, "0000 808080808000 00000000 00") // six bytes
	wantCause(t, strict, wire.ErrVarint, 2)
	wantCause(t, lenient, wire.ErrVarint, 2)
	strict, lenient = decode(t, new(api.ApiVersionsResponse), 3, "0000 808080807f 00000000 00") // bits over 32
	wantCause(t, strict, wire.ErrVarint, 2)
	wantCause(t, lenient, io.ErrUnexpectedEOF, 2)                           // they are dropped: 4,026,531,839 elements
	strict, lenient = decode(t, new(api.MetadataRequest), 4, "00000000 02") // a boolean of 2
	wantCause(t, strict, wire.ErrValue, 4)
	wantOK(t, lenient)
	// Invalid UTF-8 stays as it is; Kafka's own classes would replace it.
	var m api.SaslHandshakeRequest
	strict, _ = decode(t, &m, 0, "0002 c328")
	wantOK(t, strict)
	if got := reencode(t, &m, 0); got != "0002c328" {
		t.Errorf("have %s", got)
	}
}

func TestQ13VersionIsCheckedAndBytesLeftOver(t *testing.T) {
	_, err := new(api.FetchRequest).DecodeFrom(make([]byte, 64), 19, nil)
	if !errors.Is(err, wire.ErrUnsupportedVersion) {
		t.Errorf("version 19 of Fetch: %v", err)
	}
	strict, lenient := decode(t, new(api.ApiVersionsResponse), 0, "0000 00000000 aabb")
	wantCause(t, strict, wire.ErrTrailing, 6)
	wantOK(t, lenient)
}

func TestQ14FieldsThatAVersionCannotCarry(t *testing.T) {
	m := api.NewFetchRequest()
	m.RackID = "r1" // ignorable: dropped in silence
	_, err := m.AppendTo(nil, 10)
	wantOK(t, err)
	m.ForgottenTopicsData = []api.FetchRequestForgottenTopic{{}} // not ignorable
	_, err = m.AppendTo(nil, 6)
	if !errors.Is(err, kwire.ErrUnsupportedField) || !strings.Contains(err.Error(), "FetchRequest v6: ForgottenTopicsData") {
		t.Errorf("have %v", err)
	}
	d := api.MetadataRequest{Topics: []api.MetadataRequestTopic{{TopicID: wire.UUID{1}, Name: wire.Some("a")}}}
	_, err = d.AppendTo(nil, 9)
	wantOK(t, err) // a topic id is ignorable
	d.Topics[0].Name = wire.Null[string]{}
	_, err = d.AppendTo(nil, 9)
	if !errors.Is(err, kwire.ErrNull) || !strings.Contains(err.Error(), "Topics[0].Name") {
		t.Errorf("have %v", err)
	}
}

func TestQ15CountsAreBounded(t *testing.T) {
	strict, _ := decode(t, new(api.ApiVersionsResponse), 0, "0000 7fffffff")
	wantCause(t, strict, io.ErrUnexpectedEOF, 2)
	// A count of tags that cannot fit, which stalls decoders that loop over it.
	strict, lenient := decode(t, new(api.ApiVersionsRequest), 3, "01 01 ffffff07")
	wantCause(t, strict, io.ErrUnexpectedEOF, 2)
	wantCause(t, lenient, io.ErrUnexpectedEOF, 2)
	// Elements are counted in their smallest size, not one byte each.
	strict, _ = decode(t, new(api.ApiVersionsResponse), 0, "0000 00000002 0001 0000 0001 00")
	wantCause(t, strict, io.ErrUnexpectedEOF, 2)
	_, err := new(api.ApiVersionsResponse).DecodeFrom(unhex(t, "0000 00000002 000100000001 000100000001"), 0,
		&wire.DecodeOptions{Limits: wire.Limits{MaxElements: 1}})
	wantCause(t, err, wire.ErrLimit, 2)
}

func TestQ16FloatsAndUUIDs(t *testing.T) {
	m := api.AlterClientQuotasRequest{Entries: []api.AlterClientQuotasRequestEntryData{{
		Ops: []api.AlterClientQuotasRequestOpData{{Key: "k", Value: math.Copysign(0, -1)}},
	}}}
	if s := reencode(t, &m, 0); !strings.Contains(s, "8000000000000000") {
		t.Errorf("−0 is not kept: %s", s)
	}
	id, err := wire.ParseUUID("AAAAAAAAAAAAAAAAAAAAAQ")
	wantOK(t, err)
	if id != (wire.UUID{15: 1}) || id.String() != "AAAAAAAAAAAAAAAAAAAAAQ" {
		t.Errorf("have %x %s", id, id)
	}
	if padded, err := wire.ParseUUID("EAAAAAAAQACAAAAAAAAAAQ=="); err != nil || padded.String() != "EAAAAAAAQACAAAAAAAAAAQ" {
		t.Errorf("padded: %v %v", padded, err)
	}
	for _, s := range []string{"", "A", strings.Repeat("A", 23), "AAAAAAAAAAAAAAAAAAAA!A"} {
		if _, err := wire.ParseUUID(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestQ17ClientIDIsNeverCompact(t *testing.T) {
	h, n, err := kwire.DecodeHeader(unhex(t, "0012 0004 00000007 0002 6d65 00 ff"))
	wantOK(t, err)
	if h.ClientID != wire.Some("me") || n != 13 || h.APIKey != kwire.ApiVersions || h.CorrelationID != 7 {
		t.Errorf("have %+v, %d bytes", h, n)
	}
	h, _, err = kwire.DecodeHeader(unhex(t, "0012 0004 00000007 ffff 00"))
	wantOK(t, err)
	if h.ClientID.Valid {
		t.Error("a null client id is not null")
	}
}

func TestQ18HeaderVersions(t *testing.T) {
	type row struct {
		API                           int16
		Name                          string
		Min, MaxStable                int16
		RequestHeader, ResponseHeader []int16
	}
	for _, c := range []struct {
		key               kwire.APIKey
		version, req, rsp int16
	}{
		{kwire.ControlledShutdown, 0, 0, 0}, {kwire.ControlledShutdown, 1, 1, 0}, {kwire.ControlledShutdown, 3, 2, 1},
		{kwire.ApiVersions, 2, 1, 0}, {kwire.ApiVersions, 3, 2, 0}, {kwire.ApiVersions, 5, 2, 0}, {kwire.ApiVersions, 99, 2, 0},
		{kwire.ApiVersions, -1, 1, 0}, {kwire.Fetch, 11, 1, 0}, {kwire.Fetch, 12, 2, 1}, {kwire.SaslHandshake, 1, 1, 0},
	} {
		if req, rsp := kwire.RequestHeaderVersion(c.key, c.version), kwire.ResponseHeaderVersion(c.key, c.version); req != c.req || rsp != c.rsp {
			t.Errorf("%s v%d: headers %d and %d, want %d and %d", c.key, c.version, req, rsp, c.req, c.rsp)
		}
	}
	needShared(t, corpusDir)
	for _, release := range []string{"4.x", "3.9"} {
		readPlainLines(t, corpusDir+"/versions-"+release+".jsonl", func(r row) {
			key := kwire.APIKey(r.API)
			for i := range r.RequestHeader {
				v := r.Min + int16(i)
				if req, rsp := kwire.RequestHeaderVersion(key, v), kwire.ResponseHeaderVersion(key, v); req != r.RequestHeader[i] || rsp != r.ResponseHeader[i] {
					t.Errorf("%s v%d: headers %d and %d, want %d and %d", key, v, req, rsp, r.RequestHeader[i], r.ResponseHeader[i])
				}
				if !key.HasVersion(v) || release == "4.x" && key.Stable(v) != (v <= r.MaxStable) {
					t.Errorf("%s v%d: known %v, stable %v; last stable %d", key, v, key.HasVersion(v), key.Stable(v), r.MaxStable)
				}
			}
		})
	}
}

func TestQ19AnswerToAnUnknownApiVersions(t *testing.T) {
	resp, err := kwire.DecodeResponse(unhex(t, "00000007 0023 00000001 0012 0000 0005"), kwire.ApiVersions, 99)
	wantOK(t, err)
	body, ok := resp.Body.(*api.ApiVersionsResponse)
	if !ok || resp.Version != 0 || resp.CorrelationID != 7 || body.ErrorCode != errcode.UnsupportedVersion ||
		!reflect.DeepEqual(body.APIKeys, []api.ApiVersionsResponseAPIVersion{{APIKey: 18, MaxVersion: 5}}) {
		t.Errorf("have %+v", resp)
	}
}

func TestQ20EmptyApiVersionsAnswer(t *testing.T) {
	resp, err := kwire.DecodeResponse(unhex(t, "00000007 002a 01 00000000 00"), kwire.ApiVersions, 3)
	wantOK(t, err)
	if body := resp.Body.(*api.ApiVersionsResponse); body.ErrorCode != errcode.InvalidRequest || len(body.APIKeys) != 0 {
		t.Errorf("have %+v", body)
	}
}

func TestQ24MetadataTopics(t *testing.T) {
	_, err := (&api.MetadataRequest{}).AppendTo(nil, 0)
	if !errors.Is(err, kwire.ErrNull) {
		t.Errorf("null topics in v0: %v", err)
	}
	m := api.NewMetadataRequest()
	m.Topics = []api.MetadataRequestTopic{{TopicID: wire.UUID{9}}}
	var back api.MetadataRequest
	_, err = back.DecodeFrom(unhex(t, reencode(t, &m, 12)), 12, nil)
	wantOK(t, err)
	if back.Topics[0].Name.Valid || back.Topics[0].TopicID != (wire.UUID{9}) {
		t.Errorf("have %+v", back.Topics)
	}
}

// Prefixed structures: an int16 version before the body (Q25), an int16 type before a coordinator
// key and an int16 version before its value (Q26). The prefix is not part of the message.
func TestQ25Q26VersionPrefixes(t *testing.T) {
	marker := unhex(t, "0000 00000005")
	var m meta.EndTxnMarker
	_, err := m.DecodeFrom(marker[2:], int16(binary.BigEndian.Uint16(marker)), nil)
	wantOK(t, err)
	if m.CoordinatorEpoch != 5 {
		t.Errorf("have %+v", m)
	}
	var lc meta.LeaderChangeMessage
	_, err = lc.DecodeFrom(unhex(t, "0000 00000001 02 00000001 00 02 00000001 00 00"), 0, nil)
	wantOK(t, err)
	if lc.LeaderID != 1 || len(lc.Voters) != 1 {
		t.Errorf("have %+v", lc)
	}
	for _, v := range []int16{0, 1} { // in 3.9 the type of the key was its version
		var k coord.OffsetCommitKey
		_, err = k.DecodeFrom(unhex(t, "0001 67 0001 74 00000003"), v, nil)
		wantOK(t, err)
		if k.Group != "g" || k.Topic != "t" || k.Partition != 3 || k.MessageKey() != 1 {
			t.Errorf("have %+v", k)
		}
	}
}

func TestQ31EnvelopesHoldFrames(t *testing.T) {
	var inner []byte
	inner, err := kwire.AppendRequest(inner, kwire.Header{CorrelationID: 3, ClientID: wire.Some("c")}, &api.ListGroupsRequest{}, 0)
	wantOK(t, err)
	env := api.EnvelopeRequest{RequestData: inner[kwire.FrameSizeBytes:]}
	var back api.EnvelopeRequest
	_, err = back.DecodeFrom(unhex(t, reencode(t, &env, 0)), 0, nil)
	wantOK(t, err)
	req, err := kwire.DecodeRequest(back.RequestData)
	wantOK(t, err)
	if _, ok := req.Body.(*api.ListGroupsRequest); !ok {
		t.Errorf("have %T", req.Body)
	}
}

func TestQ32RecordsMayEndInAPartialBatch(t *testing.T) {
	resp := api.FetchResponse{Responses: []api.FetchResponseFetchableTopic{{
		Partitions: []api.FetchResponsePartitionData{{Records: []byte{0, 0, 0, 0, 0, 0, 0, 9, 0, 0}}},
	}}}
	var back api.FetchResponse
	_, err := back.DecodeFrom(unhex(t, reencode(t, &resp, 16)), 16, nil)
	wantOK(t, err)
	if !bytes.Equal(back.Responses[0].Partitions[0].Records, resp.Responses[0].Partitions[0].Records) {
		t.Error("the partial batch is not kept")
	}
}

// A tag that one version does not know and another does: Unknown carries it from the one to the other, once.
func TestUnknownTagsThatAnotherVersionKnows(t *testing.T) {
	old := api.NewFetchRequest()
	p := api.NewFetchRequestPartition()
	p.Unknown = &wire.Tags{{ID: 0, Data: bytes.Repeat([]byte{7}, 16)}, {ID: 9, Data: []byte{1}}} // tag 0 is the directory's id from v17 on
	old.Topics = []api.FetchRequestTopic{{Partitions: []api.FetchRequestPartition{p}}}
	b, err := old.AppendTo(nil, 18)
	if err != nil || len(b) != old.Size(18) {
		t.Fatalf("%d bytes, size %d, %v", len(b), old.Size(18), err)
	}
	var m api.FetchRequest
	if _, err := m.DecodeFrom(b, 18, nil); err != nil {
		t.Fatal(err)
	}
	if got := m.Topics[0].Partitions[0]; got.ReplicaDirectoryID != (wire.UUID{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}) || got.Unknown.Len() != 1 {
		t.Errorf("tag 0 came back as %v beside %v", got.ReplicaDirectoryID, got.Unknown)
	}
	for _, c := range []struct {
		change func(*api.FetchRequest)
		want   string
	}{
		{func(m *api.FetchRequest) { m.Topics[0].Partitions[0].ReplicaDirectoryID = wire.UUID{1} },
			"kwire: FetchRequest v18: Topics[0].Partitions[0].Unknown[0]: tag 0 is a field of this version: bad tagged field"},
		{func(m *api.FetchRequest) {
			m.Unknown, m.ReplicaState.ReplicaEpoch = &wire.Tags{{ID: 1}}, 5
		}, "kwire: FetchRequest v18: Unknown[0]: tag 1 is a field of this version: bad tagged field"},
		{func(m *api.FetchRequest) { m.Topics[0].Unknown = &wire.Tags{{ID: 4}, {ID: 4}} },
			"kwire: FetchRequest v18: Topics[0].Unknown[1]: tag 4 after tag 4: bad tagged field"},
	} {
		m := api.NewFetchRequest()
		q := p
		m.Topics = []api.FetchRequestTopic{{Partitions: []api.FetchRequestPartition{q}}}
		c.change(&m)
		dst := []byte("kept")
		out, err := m.AppendTo(dst, 18)
		if err == nil || err.Error() != c.want || string(out) != "kept" || !errors.Is(err, kwire.ErrTag) {
			t.Errorf("have %q, %v\nwant %s", out, err, c.want)
		}
	}
}
