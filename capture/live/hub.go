package live

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kwire-project/kafka/capture"
)

// What watchers may take. The frames of a queue are one after the other in one
// buffer, and each watcher has two: one that is filled, one that is sent.
const (
	// MaxWatchers is how many can watch at a time.
	MaxWatchers = 8
	// MaxQueuedFrames and MaxQueuedBytes bound what waits for one watcher, and
	// MaxBytesPerSecond what is sent to one over time: nobody can look at more, and
	// the processors have other work.
	MaxQueuedFrames   = 1 << 14
	MaxQueuedBytes    = 4 << 20
	MaxBytesPerSecond = 16 << 20

	firstQueueBytes = 64 << 10
	sizeBytes       = 4 // of a frame
)

// A Frame is one frame as it passed.
type Frame struct {
	Side           capture.Side
	Time           time.Time
	Connection     uint64
	Client, Broker string // addresses
	// Key and Version are those of the request, or of the request that is
	// answered.
	Key, Version int16
	// Unknown says that the bytes are no message that kwire knows. Only how many
	// they are is shown then.
	Unknown bool
	// Payload is what follows the frame's size. It is neither changed nor kept.
	Payload []byte
	// Missing is how many bytes of the frame come after Payload.
	Missing int
}

// A Hub hands frames on to watchers. A nil Hub has none.
type Hub struct {
	now     func() time.Time
	watched atomic.Bool

	mu       sync.Mutex
	watchers []*watcher
	last     int64 // time of the last frame
}

// NewHub returns a hub that tells the time of dropped frames by a clock.
func NewHub(now func() time.Time) *Hub { return &Hub{now: now} }

// Watched reports whether anybody watches; if not, frames need not be made.
func (h *Hub) Watched() bool { return h != nil && h.watched.Load() }

// Publish queues a frame, without its credentials, for everyone who watches. It
// never waits: a watcher whose queue is full misses the frame. The times in a
// stream ascend, and each is there once: one that is not later than that of the
// frame before becomes later by a nanosecond.
func (h *Hub) Publish(f *Frame) {
	if !h.Watched() {
		return
	}
	shown := withoutCredentials(f)
	whole := len(f.Payload) + f.Missing
	var size [sizeBytes]byte
	binary.BigEndian.PutUint32(size[:], uint32(whole))
	head := capture.StreamFrame{Side: f.Side, Connection: f.Connection, Client: f.Client, Broker: f.Broker, Length: sizeBytes + whole}

	h.mu.Lock()
	defer h.mu.Unlock()
	// Two goroutines may come here in another order than they have looked at their clocks.
	h.last = max(h.last+1, f.Time.UnixNano())
	head.Time = h.last
	for _, w := range h.watchers {
		if w.hasRoom() {
			w.noteDropped(f.Time)
			before := len(w.queue)
			w.queue = capture.AppendStreamFrame(w.queue, &head, size[:], shown)
			w.room -= len(w.queue) - before
			w.frames++
		}
	}
}

// watcher is the queue of one who watches.
type watcher struct {
	queue   []byte
	frames  int
	room    int       // bytes that may be queued
	filled  time.Time // when room was last made
	dropped uint32
}

// hasRoom counts the frame as dropped where there is none.
func (w *watcher) hasRoom() bool {
	if w.frames < MaxQueuedFrames && w.room > 0 {
		return true
	}
	if w.dropped++; w.dropped == 0 {
		w.dropped-- // it has reached the largest count
	}
	return false
}

// noteDropped writes how many frames are missing here.
func (w *watcher) noteDropped(now time.Time) {
	if w.dropped > 0 {
		w.queue = capture.AppendStreamDropped(w.queue, now.UnixNano(), w.dropped)
		w.dropped = 0
	}
}

// watch adds a watcher, unless there are as many as there may be.
func (h *Hub) watch() *watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.watchers) >= MaxWatchers {
		return nil
	}
	w := &watcher{queue: make([]byte, 0, firstQueueBytes), room: MaxQueuedBytes, filled: h.now()}
	h.watchers = append(h.watchers, w)
	h.watched.Store(true)
	return w
}

func (h *Hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers = slices.DeleteFunc(h.watchers, func(o *watcher) bool { return o == w })
	h.watched.Store(len(h.watchers) > 0)
}

// take returns what is queued, and gives the watcher an empty buffer to go on
// with: the one that was taken before.
func (h *Hub) take(w *watcher, before []byte) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	w.noteDropped(now)
	passed := min(max(now.Sub(w.filled), 0), time.Second)
	w.room = min(w.room+int(MaxBytesPerSecond*passed/time.Second), MaxQueuedBytes)
	w.filled = now
	queued := w.queue
	w.queue, w.frames = before[:0], 0
	return queued
}
