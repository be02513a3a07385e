package server

import "time"

// limits bound what one peer, and all peers together, can take. Tests shorten the times.
type limits struct {
	queuedRequests int           // frames of one connection that wait behind the one being answered
	readAheadBytes int           // bytes of such frames; a larger frame is read once the queue is empty
	smallFrame     int           // frames up to here have a budget of their own, so that large ones cannot starve them
	firstChunk     int           // what is allocated for a body before any of it has arrived
	growth         int           // a full buffer is replaced by one this many times as large
	stall          time.Duration // no byte of a begun frame for this long closes the connection
	write          time.Duration // a peer has to take writeChunk bytes of an answer in this time
	writeChunk     int
	halfClosed     time.Duration // how long handlers may wait after the client has ended its side
	linger         time.Duration // how long a refused peer may go on sending before the socket is closed under it
	lingerBytes    int64
	acceptPauseMin time.Duration // after a failed accept; doubles up to acceptPauseMax
	acceptPauseMax time.Duration
	keptBuffer     int // the largest answer buffer that is kept for reuse
	logBurst       int // lines about bad peers at once
	logPerSecond   int // and over time
}

func defaultLimits() limits {
	return limits{
		queuedRequests: 64,
		readAheadBytes: 1 << 20,
		smallFrame:     16 << 10,
		firstChunk:     4 << 10,
		growth:         4,
		stall:          30 * time.Second,
		write:          30 * time.Second,
		writeChunk:     256 << 10,
		halfClosed:     10 * time.Second,
		linger:         500 * time.Millisecond,
		lingerBytes:    256 << 10,
		acceptPauseMin: 5 * time.Millisecond,
		acceptPauseMax: time.Second,
		keptBuffer:     4 << 20,
		logBurst:       50,
		logPerSecond:   5,
	}
}

const (
	// sizeBytes is the length prefix of every frame.
	sizeBytes = 4
	// headBytes of a frame are looked at before its body is read: key, version and correlation id, which every
	// request header has.
	headBytes = 8
	// readBuffer is the buffer of each connection; larger reads go past it.
	readBuffer = 4 << 10
	// shownBytes cuts text from the network in log lines.
	shownBytes = 256
)
