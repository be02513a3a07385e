package handle

import (
	"sync"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/group"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Many clients look for a coordinator before there is one: all find it, and its topic is made once.
func TestFindCoordinatorAllAtOnce(t *testing.T) {
	s := newStory(t)
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			r := exchange(t, s.d, &api.FindCoordinatorRequest{Key: "g"}, 0).(*api.FindCoordinatorResponse)
			assert.Equal(t, errcode.None, r.ErrorCode)
		})
	}
	clients.Wait()
	require.Len(t, s.d.broker.Cluster.Image().Topic(group.TopicName).Partitions, 50)
}

// Producers and consumers go on while their topic is deleted and made anew, and never hear of a failed disk.
func TestTopicsComeAndGoUnderTheirClients(t *testing.T) {
	s := newStory(t)
	batch := s.batch(records.Options{}, "v")
	stop := make(chan struct{})
	var clients sync.WaitGroup
	client := func(ask func() errcode.Code) {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if code := ask(); !assert.Contains(t, goneTopic, code) {
					return
				}
			}
		})
	}
	client(func() errcode.Code {
		resp := exchange(t, s.d, produceTo("t", 0, append([]byte(nil), batch...)), 9).(*api.ProduceResponse)
		return resp.Responses[0].PartitionResponses[0].ErrorCode
	})
	client(func() errcode.Code {
		req := fetchFrom("t", 0, 0)
		req.MaxWaitMs = 2
		resp := exchange(t, s.d, req, 11).(*api.FetchResponse)
		return resp.Responses[0].Partitions[0].ErrorCode
	})
	client(func() errcode.Code {
		q := api.NewListOffsetsRequestPartition()
		q.Timestamp = -1
		req := &api.ListOffsetsRequest{Topics: []api.ListOffsetsRequestTopic{{Name: "t", Partitions: []api.ListOffsetsRequestPartition{q}}}}
		resp := exchange(t, s.d, req, 5).(*api.ListOffsetsResponse)
		return resp.Topics[0].Partitions[0].ErrorCode
	})
	id := s.id
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		require.Nil(t, s.d.broker.Cluster.DeleteTopics([]wire.UUID{id})[0])
		made := s.d.broker.Cluster.CreateTopics([]cluster.NewTopic{{Name: "t", Partitions: 2, ReplicationFactor: 1}}, false)
		require.Nil(t, made[0].Err)
		id = made[0].ID
	}
	close(stop)
	clients.Wait()
}

// goneTopic is what a client may be told while its topic comes and goes.
var goneTopic = []errcode.Code{errcode.None, errcode.UnknownTopicOrPartition, errcode.NotLeaderOrFollower}
