package kwire_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/kwire-project/kafka/kwire"
)

// brokersOnly is a request of librdkafka 2.16 that means "no topics, brokers only": it writes the number
// of topics in four bytes where the version wants a varint, so that everybody reads "all topics" and
// three bytes are left over. Kafka lets them be; so does a lenient reader.
const brokersOnly = "0000001e0003000d00000003000c636f6e666c75656e742d70790000000000010000"

// Frames of real clients and of Apache Kafka 4.4.0 and 3.9.2, recorded on the wire.
func TestCapturedFrames(t *testing.T) {
	const file = "../../shared/captures/frames.jsonl.gz"
	needShared(t, file)
	type frame struct {
		API, Version int16
		Client, Dir  string
		Hex          string
	}
	requests, responses, leftOver := 0, 0, 0
	readLines(t, file, func(f frame) {
		src := unhex(t, f.Hex)
		payload, rest, err := kwire.NextFrame(src)
		if err != nil || len(rest) > 0 {
			t.Errorf("%s %s %d v%d: %v, %d bytes behind the frame", f.Client, f.Dir, f.API, f.Version, err, len(rest))
			return
		}
		var out []byte
		if f.Dir == "req" {
			req, err := kwire.DecodeRequest(payload)
			if f.Hex == brokersOnly && errors.Is(err, kwire.ErrTrailing) {
				leftOver++
				return
			}
			if err != nil {
				t.Errorf("%s: %v", f.Client, err)
				return
			}
			requests++
			out, err = kwire.AppendRequest(nil, req.Header, req.Body, req.Header.APIVersion)
			if err != nil {
				t.Errorf("%s: %v", f.Client, err)
			}
		} else {
			resp, err := kwire.DecodeResponse(payload, kwire.APIKey(f.API), f.Version)
			if err != nil {
				t.Errorf("%s: %v", f.Client, err)
				return
			}
			responses++
			if resp.Version != f.Version {
				return // the answer of a broker that does not know the version
			}
			out, err = kwire.AppendResponse(nil, resp.CorrelationID, resp.Body, resp.Version)
			if err != nil {
				t.Errorf("%s: %v", f.Client, err)
			}
		}
		if !bytes.Equal(out, src) {
			t.Errorf("%s %s %d v%d: written again\n%x\nwas\n%x", f.Client, f.Dir, f.API, f.Version, out, src)
		}
	})
	t.Logf("%d requests and %d responses decode without an unread byte and encode to the same bytes; %d request has bytes left over that its client should not have sent",
		requests, responses, leftOver)
}
