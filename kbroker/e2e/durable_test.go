package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// An idempotent producer writes through stops and crashes of the broker: every record is there once, in order.
func TestIdempotentProducerOverRestarts(t *testing.T) {
	b := startBroker(t)
	franz{}.create(t, b.address, "through", 1)
	client := franzClient(t, b.address, kgo.DefaultProduceTopic("through"), kgo.ProducerLinger(0), kgo.MaxBufferedRecords(200))
	const n = 5000
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	halves := make(chan struct{}, n)
	wait.Add(n)
	go func() {
		for i := range n {
			client.Produce(context.Background(), kgo.StringRecord(fmt.Sprint(i)), func(_ *kgo.Record, err error) {
				if err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
				halves <- struct{}{}
				wait.Done()
			})
			time.Sleep(100 * time.Microsecond)
		}
	}()
	for i := range 4 {
		for range n / 6 {
			<-halves
		}
		if i%2 == 0 {
			b.kill()
		} else {
			b.stop(t)
		}
		b.start(t)
	}
	wait.Wait()
	require.Empty(t, failed)
	all := franz{}.consume(t, b.address, "through", n)
	for i, m := range all {
		require.Equal(t, fmt.Sprint(i), m.value)
		require.EqualValues(t, i, m.offset)
	}
	require.EqualValues(t, n, franz{}.offsets(t, b.address, "through")[0][1], "nothing twice")
}

// What is asked by time, and what is asked of topics that are not there.
func TestOffsetsByTime(t *testing.T) {
	b := startBroker(t)
	franz{}.create(t, b.address, "times", 1)
	client := franzClient(t, b.address, kgo.DefaultProduceTopic("times"))
	begin := time.UnixMilli(1_700_000_000_000)
	for i := range 10 {
		require.NoError(t, client.ProduceSync(deadline(t), &kgo.Record{Value: []byte("x"), Timestamp: begin.Add(time.Duration(i) * time.Second)}).FirstErr())
	}
	admin := kadm.NewClient(client)
	for ms, want := range map[int64]int64{0: 0, 4000: 4, 4001: 5, 9000: 9} {
		got, err := admin.ListOffsetsAfterMilli(deadline(t), begin.UnixMilli()+ms, "times")
		require.NoError(t, err)
		o, _ := got.Lookup("times", 0)
		require.Equal(t, want, o.Offset, "%d ms after the first", ms)
	}
	latest, err := admin.ListMaxTimestampOffsets(deadline(t), "times")
	require.NoError(t, err)
	o, _ := latest.Lookup("times", 0)
	require.EqualValues(t, 9, o.Offset)
	require.Equal(t, begin.Add(9*time.Second).UnixMilli(), o.Timestamp)

	_, err = admin.DeleteTopic(deadline(t), "nobody")
	require.ErrorIs(t, err, kerr.UnknownTopicOrPartition)
	_, err = admin.CreateTopic(deadline(t), 1, 1, nil, "times")
	require.ErrorIs(t, err, kerr.TopicAlreadyExists)
}

// Two members share a topic and take over from each other when one leaves or dies.
func TestGroupRebalances(t *testing.T) {
	b := startBroker(t)
	franz{}.create(t, b.address, "shared", 4)
	join := func(id string) (*kgo.Client, *sync.Map) {
		var owned sync.Map
		return franzClient(t, b.address, kgo.ConsumeTopics("shared"), kgo.ConsumerGroup("sharers"), kgo.ClientID(id), kgo.SessionTimeout(6*time.Second),
			kgo.HeartbeatInterval(200*time.Millisecond),
			kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
				for _, p := range m["shared"] {
					owned.Store(p, true)
				}
			}),
			kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
				for _, p := range m["shared"] {
					owned.Delete(p)
				}
			})), &owned
	}
	count := func(m *sync.Map) (n int) {
		m.Range(func(_, _ any) bool { n++; return true })
		return n
	}
	poll := func(c *kgo.Client) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		c.PollFetches(ctx)
	}
	first, firstOwned := join("first")
	require.Eventually(t, func() bool { poll(first); return count(firstOwned) == 4 }, startTimeout, time.Millisecond)
	second, secondOwned := join("second")
	require.Eventually(t, func() bool {
		poll(first)
		poll(second)
		return count(firstOwned) == 2 && count(secondOwned) == 2
	}, startTimeout, time.Millisecond)
	groups, err := kadm.NewClient(second).DescribeGroups(deadline(t), "sharers")
	require.NoError(t, err)
	require.Len(t, groups["sharers"].Members, 2)
	require.Equal(t, "Stable", groups["sharers"].State)
	first.Close()
	require.Eventually(t, func() bool { poll(second); return count(secondOwned) == 4 }, startTimeout, time.Millisecond)
}
