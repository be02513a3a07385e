package kwire_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// proxy stands between a client and a broker and tells the client its own address instead of the broker's: it
// rewrites the answers to Metadata, and passes on everything else byte for byte.
type proxy struct {
	host string
	port int32

	mu    sync.Mutex
	asked map[int32]kwire.Header // requests without an answer yet, by correlation id
}

// requests passes frames from the client to the broker, and remembers what they ask.
func (p *proxy) requests(client io.Reader, broker io.Writer) error {
	frames := kwire.NewFrameReader(client, 0)
	for {
		payload, err := frames.Next()
		if err != nil {
			return err
		}
		h, _, err := kwire.DecodeHeader(payload)
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.asked[h.CorrelationID] = h
		p.mu.Unlock()
		if _, err := broker.Write(asFrame(payload)); err != nil {
			return err
		}
	}
}

// answers passes frames from the broker to the client.
func (p *proxy) answers(broker io.Reader, client io.Writer) error {
	frames := kwire.NewFrameReader(broker, 0)
	for {
		payload, err := frames.Next()
		if err != nil {
			return err
		}
		out, err := p.answer(payload)
		if err != nil {
			return err
		}
		if _, err := client.Write(out); err != nil {
			return err
		}
	}
}

func (p *proxy) answer(payload []byte) ([]byte, error) {
	if len(payload) < 4 {
		return nil, io.ErrUnexpectedEOF
	}
	id := int32(binary.BigEndian.Uint32(payload)) // every response starts with it
	p.mu.Lock()
	h, ok := p.asked[id]
	delete(p.asked, id)
	p.mu.Unlock()
	if !ok || h.APIKey != kwire.Metadata {
		return asFrame(payload), nil
	}
	resp, err := kwire.DecodeResponse(payload, h.APIKey, h.APIVersion)
	if err != nil {
		return nil, err
	}
	md := resp.Body.(*api.MetadataResponse)
	for i := range md.Brokers {
		md.Brokers[i].Host, md.Brokers[i].Port = p.host, p.port
	}
	return resp.AppendTo(nil)
}

func asFrame(payload []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)
}

// A proxy that rewrites Metadata.
func Example_proxy() {
	client, proxyToClient := net.Pipe()
	proxyToBroker, broker := net.Pipe()
	p := proxy{host: "127.0.0.1", port: 19092, asked: map[int32]kwire.Header{}}
	go p.requests(proxyToClient, proxyToBroker)
	go p.answers(proxyToBroker, proxyToClient)
	go serve(broker)

	request, _ := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 7, ClientID: wire.Some("me")}, &api.MetadataRequest{}, 12)
	if _, err := client.Write(request); err != nil {
		fmt.Println(err)
		return
	}
	payload, err := kwire.NewFrameReader(client, 0).Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := kwire.DecodeResponse(payload, kwire.Metadata, 12)
	md := resp.Body.(*api.MetadataResponse)
	fmt.Println(resp.CorrelationID, md.ClusterID.V, md.Brokers[0].Host, md.Brokers[0].Port, err)
	// Output: 7 demo 127.0.0.1 19092 <nil>
}

// serve is a broker that answers Metadata, once.
func serve(conn net.Conn) {
	payload, err := kwire.NewFrameReader(conn, 0).Next()
	if err != nil {
		return
	}
	req, err := kwire.DecodeRequest(payload)
	if err != nil {
		return
	}
	md := api.NewMetadataResponse()
	md.ClusterID = wire.Some("demo")
	md.Brokers = []api.MetadataResponseBroker{{NodeID: 1, Host: "10.0.0.5", Port: 9092}}
	answer, err := kwire.AppendResponse(nil, req.Header.CorrelationID, &md, req.Header.APIVersion)
	if err != nil {
		return
	}
	_, _ = conn.Write(answer)
}
