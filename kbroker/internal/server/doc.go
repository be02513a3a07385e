// Package server owns the sockets: it listens, cuts each connection's bytes into frames, has them answered in order,
// and protects the broker from peers that send too much, too slowly, or nonsense.
//
// # Life of a connection
//
// One goroutine per connection reads. It checks a frame's size, key and version before it keeps any of the body, reads
// the body into a buffer that grows with the bytes received, and puts the frame into the connection's queue. A second
// goroutine, the worker, exists only while the queue is not empty: it takes frames in order, calls the Handler, and
// writes each answer before it begins the next. So answers leave in the order of the requests, a handler that waits
// (a fetch with nothing to return) delays only its own connection, and an idle connection costs one goroutine.
//
// The reader ends the connection: at the end of the stream, when no frame came for connections.max.idle.ms, on a bad
// frame, or when the worker has failed. It lets the worker answer what came before, and only then closes.
//
// # Limits
//
// Each has a name: those a user may want to change are settings (socket.request.max.bytes, max.connections,
// max.connections.per.ip, connections.max.idle.ms, queued.max.request.bytes), the others are in limits. Declared sizes
// reserve nothing. Bytes of requests in memory are drawn from budgets; a reader that finds them empty waits, and TCP
// makes its client wait. When more connections arrive than file descriptors can be spared, they wait in the kernel's
// queue, so that log files can still be opened.
//
// # What is logged
//
// Nothing per good request. A connection that is closed because of what its peer sent gets one line: who, which frame
// and byte, why, and a hint. Strings from the network are quoted and cut. Lines are limited in rate; those left out
// are counted in the next.
//
// # Who watches
//
// Requests, when they have come, and answers, before they are written, are handed to a live.Hub (package capture/live):
// one atomic load where nobody watches, and never a wait.
//
// What this package does not do: it does not decode messages (package handle does), and it does not speak TLS or SASL.
package server
