package challenge

import (
	"encoding/hex"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
)

// The samples that the course gives for xxd and nc, with what Kafka makes of them. Two of them are malformed.
func TestBeyondDocumentedSamples(t *testing.T) {
	b := startBroker(t)
	const software = "0009" + "6b61666b612d636c69" + "00" + "0a6b61666b612d636c69" + "04302e31" + "00"
	for _, x := range []struct {
		stage, hex string
		answer     string // how it begins behind the size; empty for a closed connection
		size       int    // of the answer where Kafka's is fixed, with the size field
		log        string // what the one line in the log speaks of
	}{
		{stage: "wa6", hex: "00000023" + "00120004" + "6f7fc661" + software, answer: "6f7fc661" + "0000"},
		{stage: "nc5", hex: "00000023" + "0012674a" + "4f74d28b" + software, answer: "4f74d28b" + "0023" + "00000001" + "0012" + "0000" + "0005", size: 20},
		{stage: "vt6", hex: "00000020" + "004b0000" + "00000007" + "00096b61666b612d636c69" + "00" + "0204666f6f00" + "00000064" + "ff" + "00",
			answer: "00000007" + "00" + "00000000" + "02" + "0003" + "04666f6f", size: 45},
		{stage: "pv1, whose size field says 26 before 35 bytes", hex: "0000001a" + "00120004" + "00000007" + software, log: "size"},
		{stage: "nv3, which is text", hex: hex.EncodeToString([]byte("Placeholder request")), log: "Plac"},
	} {
		t.Run(x.stage, func(t *testing.T) {
			for _, endsInput := range []bool{false, true} { // some nc end their side at the end of the input, some do not
				sample, err := hex.DecodeString(x.hex)
				require.NoError(t, err)
				before := len(b.log.lines())
				c := b.client(t)
				_, err = c.conn.Write(sample)
				require.NoError(t, err)
				if endsInput {
					require.NoError(t, c.conn.(*net.TCPConn).CloseWrite())
				}
				if x.answer == "" {
					c.wantClosed(x.stage)
					require.Contains(t, b.wantOneLine(t, before), x.log)
					continue
				}
				payload, err := c.payload()
				require.NoError(t, err)
				require.Equal(t, x.answer, hex.EncodeToString(payload[:len(x.answer)/2]))
				if x.size != 0 {
					require.Len(t, payload, x.size-4)
				}
				require.Len(t, b.log.lines(), before, "a good request is nothing to log")
			}
		})
	}
}

// The course opens three connections and sends one request on each.
func TestBeyondManyClients(t *testing.T) {
	b := startBroker(t)
	topic := topicRef{name: "crowd", id: b.client(t).create("crowd", 4)}
	const clients, requests = 100, 20
	all := make([]*client, clients)
	batches := make([][]byte, clients)
	for i := range all {
		all[i] = b.client(t)
		batches[i] = writeBatch(t, records.Options{}, fmt.Sprint("client ", i))
	}
	var wait sync.WaitGroup
	failed := make(chan string, clients)
	for i, c := range all {
		wait.Go(func() {
			for range requests {
				frame := c.frame(currentProduce, produceTyped(1, at{topic: topic, partition: int32(i % 4), batch: batches[i]}))
				if _, err := c.conn.Write(frame); err != nil {
					failed <- err.Error()
					return
				}
				if _, err := c.payload(); err != nil {
					failed <- err.Error()
					return
				}
			}
		})
	}
	wait.Wait()
	close(failed)
	for why := range failed {
		t.Error(why)
	}
	got := 0
	for p := range int32(4) {
		got += len(b.client(t).values(at{topic: topic, partition: p}))
	}
	require.Equal(t, clients*requests, got)
}

// Requests of one connection may be sent without waiting. The answers come in their order, whatever each takes.
func TestBeyondPipelining(t *testing.T) {
	b := startBroker(t)
	c := b.client(t)
	topic, _ := words(t, c)
	slow := fetchTyped(at{topic: topic, offset: 10})
	slow.MaxWaitMs = 200
	var all []byte
	const rounds = 40
	for i := range rounds {
		c.sent++
		if i == 3 {
			all = append(all, c.frame(currentFetch, slow)...)
		} else {
			all = append(all, c.frame(4, softwareRequest())...)
		}
	}
	_, err := c.conn.Write(all)
	require.NoError(t, err)
	for i := range rounds {
		if i == 3 {
			await[*api.FetchResponse](c, 1, currentFetch)
		} else {
			require.Equal(t, errcode.None, await[*api.ApiVersionsResponse](c, 18, 4).ErrorCode)
		}
	}

	// Writes that are sent one after the other are stored one after the other.
	for i := range rounds {
		c.send(currentProduce, produceTyped(-1, at{topic: topic, batch: writeBatch(t, records.Options{}, fmt.Sprint("p", i))}))
	}
	for i := range rounds {
		got := await[*api.ProduceResponse](c, 0, currentProduce).Responses[0].PartitionResponses[0]
		require.EqualValues(t, 10+i, got.BaseOffset)
	}
}

// A frame may come in any pieces.
func TestBeyondSlowFrame(t *testing.T) {
	c := startBroker(t).client(t)
	c.sent++
	for _, one := range c.frame(4, softwareRequest()) {
		_, err := c.conn.Write([]byte{one})
		require.NoError(t, err)
		time.Sleep(time.Millisecond)
	}
	require.Equal(t, errcode.None, await[*api.ApiVersionsResponse](c, 18, 4).ErrorCode)
}

// A frame that lies about its size, or cannot be read, ends its own connection with one line in the log, and nobody
// else's.
func TestBeyondMalformedFrames(t *testing.T) {
	b := startBroker(t)
	witness := b.client(t)
	good := apiVersionsRequest(apiVersionsVersion, 1)
	for name, x := range map[string]struct {
		bytes []byte
		log   string
	}{
		"negative size":          {[]byte{0xff, 0xff, 0xff, 0xff, 0, 18}, "negative"},
		"size of 2 GiB":          {[]byte{0x7f, 0xff, 0xff, 0xff, 0, 18}, "2147483647"},
		"size 0":                 {[]byte{0, 0, 0, 0}, "size"},
		"size without a header":  {[]byte{0, 0, 0, 3, 0, 18, 0}, "size"},
		"TLS":                    {[]byte{0x16, 0x03, 0x01, 0x02, 0x00, 0x01}, "TLS"},
		"HTTP":                   {[]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "HTTP"},
		"body shorter than told": {new(message).i16(describePartitionsKey).i16(0).i32(1).i16(-1).tags().uvar(1000).frame(), "DescribeTopicPartitions"},
		"good, then bad":         {append(append([]byte{}, good...), 0xff, 0xff, 0xff, 0xfe), "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(b.log.lines())
			c := b.client(t)
			_, err := c.conn.Write(x.bytes)
			require.NoError(t, err)
			if name == "good, then bad" {
				_, err := c.payload()
				require.NoError(t, err, "what came before is answered")
			}
			c.wantClosed(name)
			require.Contains(t, b.wantOneLine(t, before), x.log)
			require.Equal(t, errcode.None, askFor[*api.ApiVersionsResponse](witness, 4, softwareRequest()).ErrorCode)
		})
	}
}

// Bytes behind the last field of a request are ignored, as Kafka does.
func TestBeyondTrailingBytes(t *testing.T) {
	c := startBroker(t).client(t)
	_, err := c.conn.Write(request(apiVersionsKey, 0, 1).raw(1, 2, 3).frame())
	require.NoError(t, err)
	c.sent++
	require.Equal(t, errcode.None, await[*api.ApiVersionsResponse](c, 18, 0).ErrorCode)
}
