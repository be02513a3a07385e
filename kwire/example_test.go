package kwire_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// What is this frame?
func ExampleDecodeRequest() {
	frame, _ := hex.DecodeString("00000023" + "0012000400000007" + "00096b61666b612d636c69" + "00" + "0a6b61666b612d636c69" + "04302e31" + "00")
	payload, _, err := kwire.NextFrame(frame)
	if err != nil {
		fmt.Println(err)
		return
	}
	req, err := kwire.DecodeRequest(payload)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(req.Header.APIKey, "version", req.Header.APIVersion, "from", req.Header.ClientID.V)
	if body, ok := req.Body.(*api.ApiVersionsRequest); ok {
		fmt.Println("software:", body.ClientSoftwareName, body.ClientSoftwareVersion)
	}
	// Output:
	// ApiVersions version 4 from kafka-cli
	// software: kafka-cli 0.1
}

// Send a request: a whole frame, into a buffer that is used again.
func ExampleAppendRequest() {
	m := api.NewMetadataRequest()
	m.Topics = []api.MetadataRequestTopic{{Name: wire.Some("orders")}}
	var buf []byte
	buf, err := kwire.AppendRequest(buf[:0], kwire.Header{CorrelationID: 7, ClientID: wire.Some("me")}, &m, 12)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%x\n", buf)
	// Output:
	// 000000290003000c0000000700026d65000200000000000000000000000000000000076f726465727300010000
}

// A message can be read and written without its frame, at any version it has.
func ExampleNewRequest() {
	m := api.NewHeartbeatRequest()
	m.GroupID, m.MemberID, m.GenerationID = "g", "m-1", 3
	body, _ := m.AppendTo(nil, 4)

	again := kwire.NewRequest(kwire.Heartbeat)
	n, err := again.DecodeFrom(body, 4, nil)
	fmt.Println(n == len(body), err, again.(*api.HeartbeatRequest).MemberID)

	_, err = again.DecodeFrom(body[:9], 4, nil)
	fmt.Println(err)
	// Output:
	// true <nil> m-1
	// kwire: HeartbeatRequest v4: MemberId: offset 6: 3 bytes announced, 2 left: unexpected EOF
}

// Visit every record of a Fetch response, and produce one: messages carry batches as bytes, and package records takes
// them apart and makes them.
func Example_records() {
	w := records.NewWriter(nil, records.Options{BaseOffset: 40})
	w.Append(records.Record{Timestamp: 1_700_000_000_000, Key: []byte("k"), Value: []byte("hello")})
	w.Append(records.Record{Timestamp: 1_700_000_000_001, Value: []byte("world")})
	batch, err := w.Finish()
	if err != nil {
		fmt.Println(err)
		return
	}
	partition := api.NewFetchResponsePartitionData()
	partition.HighWatermark, partition.Records = 42, batch
	fetched := api.NewFetchResponse()
	fetched.Responses = []api.FetchResponseFetchableTopic{{Topic: "orders", Partitions: []api.FetchResponsePartitionData{partition}}}
	frame, err := kwire.AppendResponse(nil, 1, &fetched, 12)
	if err != nil {
		fmt.Println(err)
		return
	}

	payload, _, _ := kwire.NextFrame(frame)
	resp, err := kwire.DecodeResponse(payload, kwire.Fetch, 12)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, topic := range resp.Body.(*api.FetchResponse).Responses {
		for _, p := range topic.Partitions {
			if err := p.ErrorCode.Err(); err != nil {
				fmt.Println(topic.Topic, p.PartitionIndex, err)
				continue
			}
			for b, err := range records.Batches(p.Records) {
				if err != nil { // io.ErrUnexpectedEOF: the last batch is cut off, and comes with the next fetch
					fmt.Println(err)
					break
				}
				for r, err := range b.Records(nil, 0) { // compress.All instead of nil reads compressed batches
					fmt.Printf("%s-%d@%d %q=%q %v\n", topic.Topic, p.PartitionIndex, r.Offset, r.Key, r.Value, err)
				}
			}
		}
	}
	// Output:
	// orders-0@40 "k"="hello" <nil>
	// orders-0@41 ""="world" <nil>
}

// In a hot loop: strings share the input's memory, and slices of the message before are used again.
func ExampleDecodeOptions() {
	md := api.NewMetadataResponse()
	md.Brokers = []api.MetadataResponseBroker{{NodeID: 1, Host: "h", Port: 9092}}
	body, _ := md.AppendTo(nil, 12)

	var again api.MetadataResponse
	o := kwire.DecodeOptions{Alias: true}
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := again.DecodeFrom(body, 12, &o); err != nil {
			fmt.Println(err)
		}
	})
	fmt.Println(again.Brokers[0].Host, allocations)

	o = kwire.DecodeOptions{Limits: wire.Limits{MaxElements: 1}} // a broker that knows its clients can be stricter
	md.Topics = []api.MetadataResponseTopic{{}, {}}
	body, _ = md.AppendTo(body[:0], 12)
	_, err := again.DecodeFrom(body, 12, &o)
	fmt.Println(errors.Is(err, kwire.ErrLimit), err)
	// Output:
	// h 0
	// true kwire: MetadataResponse v12: Topics: offset 22: 2 elements, 0 more allowed: over a limit
}

// What is known of an API and its versions.
func ExampleAPIKey() {
	key, ok := kwire.APIKeyByName("Fetch")
	low, high := key.Versions()
	request, response := key.Flexible(12)
	fmt.Println(ok, int16(key), key, low, high)
	fmt.Println("12:", key.HasVersion(12), key.Stable(12), request, response)
	fmt.Println("99:", key.HasVersion(99), key.Stable(99))
	fmt.Println(kwire.APIKey(999).Known(), kwire.APIKey(999))
	// Output:
	// true 1 Fetch 0 18
	// 12: true true true true
	// 99: false false
	// false API 999
}

// Which header stands before a body. There are two exceptions to the rule, and both are known here.
func ExampleRequestHeaderVersion() {
	for _, v := range []int16{11, 12} {
		fmt.Println("Fetch", v, kwire.RequestHeaderVersion(kwire.Fetch, v), kwire.ResponseHeaderVersion(kwire.Fetch, v))
	}
	fmt.Println("ApiVersions", 3, kwire.RequestHeaderVersion(kwire.ApiVersions, 3), kwire.ResponseHeaderVersion(kwire.ApiVersions, 3))
	fmt.Println("ControlledShutdown", 0, kwire.RequestHeaderVersion(kwire.ControlledShutdown, 0), kwire.ResponseHeaderVersion(kwire.ControlledShutdown, 0))
	// Output:
	// Fetch 11 1 0
	// Fetch 12 2 1
	// ApiVersions 3 2 0
	// ControlledShutdown 0 0 0
}

// Frames out of bytes that arrive in pieces, as a proxy or a capture has them.
func ExampleSplitter() {
	stream := []byte("\x00\x00\x00\x03abc\x00\x00\x00\x02de\x00\x00")
	var s kwire.Splitter
	for _, piece := range [][]byte{stream[:2], stream[2:9], stream[9:]} {
		s.Feed(piece)
		for s.More() {
			fmt.Printf("%q\n", s.Frame()[kwire.FrameSizeBytes:])
		}
	}
	fmt.Println(s.Pending(), "bytes of the next one,", s.Err())
	// Output:
	// "abc"
	// "de"
	// 2 bytes of the next one, <nil>
}
