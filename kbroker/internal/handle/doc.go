// Package handle answers requests: one file per API, and one table of what is served.
//
// A request arrives as the bytes of one frame, without its size field. Dispatcher.Serve reads the header, finds the row
// of the table, decodes the body at the header's version, calls the row's function and appends the response with the
// header that belongs to it. The functions see typed messages and a Context. They know no socket, no framing, no
// correlation id; the table knows which versions are served, and ApiVersions reads it, so that nothing can be
// advertised without being served.
//
// # What a handler looks like
//
//	// describeCluster: v0-2
//	//
//	// …what it does, and what differs by version…
//	func describeCluster(c *Context, req *api.DescribeClusterRequest) (*api.DescribeClusterResponse, error)
//
// An answer that tells the client of a fault is a normal answer with an error code in it. A Go error means that no
// answer can be given: the connection is closed and the error is logged once, by the server. That is how Kafka treats
// frames that it cannot read, and requests whose key or version it does not serve.
//
// # Waiting
//
// A handler may block: the goroutine is the connection's own, later requests of the same connection have to wait for
// the answer in any case, and other connections do not notice. While it waits it must watch Context.Done, which ends
// when the client is gone or the broker stops; then it answers as if its time were up, or gives up with the
// context's error. What has begun to change stored data is never stopped half-way.
//
// # Memory
//
// Decoded messages alias the frame, which nobody writes to again: a handler may pass pieces of it on, and copies only
// what it keeps for long, so that a small name does not hold a large frame.
package handle
