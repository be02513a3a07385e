package broker

import (
	"log/slog"
	"sync"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/partition"
)

// upkeep is what is done from time to time: checkpoints, syncs by time, retention, forgetting idle producers.
type upkeep struct {
	quit chan struct{}
	done sync.WaitGroup
}

func startUpkeep(cfg *config.Config, log *slog.Logger, store *partition.Store) *upkeep {
	u := &upkeep{quit: make(chan struct{})}
	// High watermarks, recovery points and start offsets are written together; the soonest of their times counts.
	checkpointMs := min(int64(cfg.LogFlushOffsetCheckpointIntervalMs), int64(cfg.LogFlushStartOffsetCheckpointIntervalMs),
		cfg.ReplicaHighWatermarkCheckpointIntervalMs)
	u.every(0, checkpointMs, func(time.Time) {
		if err := store.Checkpoint(); err != nil {
			log.Error("cannot write the checkpoints", "why", err)
		}
	})
	u.every(cfg.LogInitialTaskDelayMs, cfg.LogRetentionCheckIntervalMs, func(now time.Time) {
		for _, p := range store.All() {
			if _, err := p.Retain(now.UnixMilli()); err != nil {
				log.Error("cannot delete old segments", "topic", p.Topic(), "partition", p.Index(), "why", err)
			}
		}
	})
	u.every(0, min(cfg.LogFlushSchedulerIntervalMs, maxFlushCheckMs), func(now time.Time) {
		for _, p := range store.All() {
			if err := p.FlushIfDue(now.UnixMilli()); err != nil {
				log.Error("cannot sync a log", "topic", p.Topic(), "partition", p.Index(), "why", err)
			}
		}
	})
	u.every(0, int64(cfg.ProducerIDExpirationCheckIntervalMs), func(now time.Time) {
		for _, p := range store.All() {
			p.ExpireProducers(now.UnixMilli(), int64(cfg.ProducerIDExpirationMs))
		}
	})
	return u
}

// maxFlushCheckMs is how long flush.ms may be overrun. Kafka's scheduler does not run unless it is told to, and flush.ms
// alone would do nothing.
const maxFlushCheckMs = 1000

// minIntervalMs keeps a setting of 0 from becoming a busy loop.
const minIntervalMs = 100

// every runs a task after a first delay and then at an interval, never two runs at a time.
func (u *upkeep) every(delayMs, intervalMs int64, task func(now time.Time)) {
	interval := time.Duration(max(intervalMs, minIntervalMs)) * time.Millisecond
	first := interval
	if delayMs > 0 {
		first = time.Duration(delayMs) * time.Millisecond
	}
	u.done.Go(func() {
		timer := time.NewTimer(first)
		defer timer.Stop()
		for {
			select {
			case <-u.quit:
				return
			case now := <-timer.C:
				task(now)
				timer.Reset(interval)
			}
		}
	})
}

// stop waits for tasks that run.
func (u *upkeep) stop() {
	close(u.quit)
	u.done.Wait()
}
