package live

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
)

func TestUnwatched(t *testing.T) {
	var none *Hub
	require.False(t, none.Watched())
	none.Publish(&Frame{})
	h := NewHub(time.Now)
	f := &Frame{Payload: make([]byte, 1000)}
	require.Zero(t, testing.AllocsPerRun(100, func() { h.Publish(f) }))

	w := h.watch()
	require.True(t, h.Watched())
	require.Zero(t, testing.AllocsPerRun(20, func() { h.Publish(f) }), "the queue has room")
	h.leave(w)
	require.False(t, h.Watched())
	h.Publish(f)
	require.Len(t, h.watchers, 0)
}

func TestWatchers(t *testing.T) {
	h := NewHub(time.Now)
	var all []*watcher
	for range MaxWatchers {
		w := h.watch()
		require.NotNil(t, w)
		all = append(all, w)
	}
	require.Nil(t, h.watch())
	h.leave(all[3])
	require.True(t, h.Watched())
	require.NotNil(t, h.watch())
}

// TestOverload: queues are bounded in frames and bytes, what is dropped is
// counted, and the count stands where the frames are missing.
func TestOverload(t *testing.T) {
	for _, payload := range []int{10, 200_000} {
		now := time.Unix(5, 0)
		h := NewHub(func() time.Time { return now })
		w, other := h.watch(), h.watch()
		f := &Frame{Side: capture.SideClient, Time: time.Unix(5, 0), Connection: 1, Client: "c", Broker: "b", Payload: make([]byte, payload)}
		sent := 0
		for w.dropped < 7 {
			h.Publish(f)
			sent++
			require.LessOrEqual(t, sent, MaxQueuedFrames+7)
		}
		require.Less(t, len(w.queue), MaxQueuedBytes+capture.MaxStreamFrameBytes+100)
		require.Equal(t, w.dropped, other.dropped)
		stream := append(capture.AppendStreamHeader(nil), h.take(w, nil)...)
		now = now.Add(100 * time.Millisecond)
		stream = append(stream, h.take(w, nil)...) // nothing, but there is room now
		h.Publish(f)
		stream = append(stream, h.take(w, nil)...)
		r, err := capture.Read(stream)
		require.NoError(t, err)
		require.Equal(t, []string{"7 packets left out: more than whoever watched could take"}, r.Notes)
		require.Len(t, r.Chunks[0].Marks, (sent-7+1)+btoi(payload > capture.MaxStreamFrameBytes), "frames, and the end that the last one lacks")

		// The one who reads nothing goes on counting.
		require.Equal(t, uint32(8), other.dropped)
		other.dropped = 1<<32 - 1
		h.Publish(f)
		require.Equal(t, uint32(1<<32-1), other.dropped, "it stays at the largest count")
	}
}

// TestRate: over time a watcher gets no more than it may, however fast it reads.
func TestRate(t *testing.T) {
	now := time.Unix(5, 0)
	h := NewHub(func() time.Time { return now })
	w := h.watch()
	f := &Frame{Side: capture.SideClient, Time: now, Payload: make([]byte, capture.MaxStreamFrameBytes)}
	sent := 0
	var last []byte
	for range 100 { // ten seconds with 3 GB
		for range 500 {
			h.Publish(f)
		}
		now = now.Add(100 * time.Millisecond)
		last = h.take(w, last)
		sent += len(last)
	}
	require.InDelta(t, 10*MaxBytesPerSecond+MaxQueuedBytes, sent, 2<<20+100*capture.MaxStreamFrameBytes)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestConcurrent: each watcher gets every frame of each publisher once, in order.
func TestConcurrent(t *testing.T) {
	h := NewHub(time.Now)
	w := h.watch()
	const publishers, each = 8, 1000
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				h.Publish(&Frame{Side: capture.SideClient, Time: time.Unix(0, int64(i+1)), Connection: uint64(p), Payload: []byte{byte(i >> 8), byte(i)}})
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	stream, last := capture.AppendStreamHeader(nil), []byte(nil)
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
			runtime.Gosched() // where there is one thread for all
		}
		last = h.take(w, last)
		stream = append(stream, last...)
	}
	r, err := capture.Read(stream)
	require.NoError(t, err)
	require.Empty(t, r.Notes)
	require.Len(t, r.Chunks, publishers)
	times := map[int64]bool{}
	for _, c := range r.Chunks {
		require.Len(t, c.Marks, each)
		for i, m := range c.Marks {
			require.False(t, times[m.Time], "each time is there once")
			times[m.Time] = true
			require.Equal(t, []byte{0, 0, 0, 2, byte(i >> 8), byte(i)}, r.Bytes[m.At:m.At+6])
			require.True(t, i == 0 || m.Time > c.Marks[i-1].Time)
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	f := &Frame{Side: capture.SideClient, Time: time.Unix(5, 0), Connection: 1, Client: "127.0.0.1:50000", Broker: "127.0.0.1:9092", Payload: make([]byte, 1000)}
	b.Run("unwatched", func(b *testing.B) {
		h := NewHub(time.Now)
		for b.Loop() {
			h.Publish(f)
		}
	})
	b.Run("watched", func(b *testing.B) {
		h := NewHub(time.Now)
		w := h.watch()
		var last []byte
		for i := 0; b.Loop(); i++ {
			h.Publish(f)
			if i%1000 == 0 {
				last = h.take(w, last)
			}
		}
	})
	b.Run("full", func(b *testing.B) {
		h := NewHub(time.Now)
		h.watch()
		for b.Loop() {
			h.Publish(f)
		}
	})
}
