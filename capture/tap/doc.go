// Package tap is a proxy for Kafka clusters that shows what passes through it.
//
//	p, err := tap.Start(tap.Options{Listen: "127.0.0.1:19092", Upstream: "kafka:9092", Hub: hub})
//	p.Addr() // what clients use as their bootstrap server
//
// A client learns the addresses of a cluster's brokers from answers, and connects
// to them by itself. So the proxy has one listener for each broker, opened when
// its address is first seen, and rewrites the addresses in answers to Metadata,
// FindCoordinator and DescribeCluster, and the node endpoints in those to Produce,
// Fetch, ShareFetch and ShareAcknowledge. Everything else passes byte for byte.
// Answers to DescribeQuorum, which no client connects by, keep the addresses of
// controllers.
//
// # What it does to a connection
//
// Bytes are handed on as they arrive, requests and answers alike; only an answer
// that may hold an address waits until it is whole, if it is not longer than
// maxHeldBytes. What cannot be read is passed on unchanged: the proxy follows the
// frames of a connection, and never needs them to be right. When one side ends
// its half of the connection, the other half stays open.
//
// A connection with TLS passes, but is not seen, and the addresses in its answers
// stay what they are: such clients leave the proxy after the first answer.
//
// What is shown, and what is removed before, is the business of package
// capture/live.
package tap
