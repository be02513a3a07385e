// Package broker runs a Kafka broker inside a Go program.
//
//	b, err := broker.Start(ctx, broker.Config{File: "server.properties"})
//	if err != nil { … }
//	defer b.Close(context.Background())
//	fmt.Println(b.Addr()) // "127.0.0.1:9092", for a client on this machine
//
// The same settings serve as in a properties file (kbroker/SETTINGS.md lists them); those given in Config.Properties
// win over those of the file. A test wants a free port and a directory of its own:
//
//	broker.Config{Properties: map[string]string{
//		"listeners": "PLAINTEXT://127.0.0.1:0",
//		"log.dirs":  t.TempDir(),
//	}}
//
// which is what package brokertest does in one line.
//
// # What Start does
//
// It reads the settings, opens the listeners (so that a port that is taken is found before any data is touched),
// locks and opens the data directories, recovers what the last process did not close, and then serves. Clients that
// connect before that wait; nobody is turned away. Several brokers can run in one program, each with its own
// directories.
//
// Close is the reverse: no new requests, answers for those under way, everything written and marked as cleanly closed.
// A broker that is not closed recovers at its next start, as after a crash.
//
// This package is where the parts are put together and where the clock is read; it has no logic of Kafka's.
package broker
