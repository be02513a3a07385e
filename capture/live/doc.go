// Package live shows frames to whoever watches while they pass through a broker
// or a proxy, as a stream in the .kwire format (package capture).
//
//	hub := live.NewHub(time.Now)
//	http.Handle("/live", live.Handler(hub, ""))
//
//	if hub.Watched() { // one atomic load
//		hub.Publish(&live.Frame{…})
//	}
//
// Publishing never waits for a watcher. Each has a queue of its own, bounded in
// frames and in bytes; what does not fit is dropped and counted, and the count
// travels in the stream at the place where the frames are missing.
//
// # What is removed
//
// Before a frame is queued its credentials are overwritten, strings with "x" and
// bytes with zeros, so that the frame keeps its length and still decodes:
//
//	SaslAuthenticate              AuthBytes, both ways
//	AlterUserScramCredentials     Salt, SaltedPassword
//	Create-, Describe-, Renew- and ExpireDelegationToken   Hmac
//	AlterConfigs, IncrementalAlterConfigs, CreateTopics, DescribeConfigs
//	                              values that are marked as sensitive, or whose names
//	                              sound so (password, secret, jaas, …)
//	Envelope                      the request and the answer in it
//	Fetch, FetchSnapshot          of __cluster_metadata: all records
//
// Where such a frame cannot be read, all of its body is overwritten. So is
// everything of a frame that is no message that kwire knows, such as the bare
// SASL tokens after SaslHandshake v0. Records that clients produce and fetch are
// shown as they are.
package live
