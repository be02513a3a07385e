package kwire_test

import (
	"encoding/hex"
	"fmt"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
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
