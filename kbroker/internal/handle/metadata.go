package handle

import (
	"strings"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// metadata: v0-13
//
// Tells clients the brokers, and of topics the partitions with their leaders. A topic that is missing is created if the
// request and auto.create.topics.enable allow it. Unlike Kafka, which creates in the background and answers with an
// error first, we answer when the new partitions take records.
//
//	v0   no topics in the request means all; from v1 on null means all and none means none
//	v4   the request may forbid creation; before that it is allowed
//	v8   operations that are allowed on topics, and up to v10 on the cluster
//	v10  topic ids in the response; asking by id, without a name, works from v12 on
func metadata(c *Context, req *api.MetadataRequest) (*api.MetadataResponse, error) {
	resp := api.NewMetadataResponse()
	resp.Brokers = []api.MetadataResponseBroker{{
		NodeID: c.Config.NodeID, Host: c.Conn.AdvertisedHost, Port: c.Conn.AdvertisedPort, Rack: optional(c.Config.BrokerRack),
	}}
	resp.ClusterID = wire.Some(c.Cluster.ID())
	resp.ControllerID = c.Config.NodeID
	if c.Version <= 10 && req.IncludeClusterAuthorizedOperations {
		resp.ClusterAuthorizedOperations = clusterOperations
	}
	if !checkMetadata(c, req) {
		resp.Topics = invalidTopics(req)
		return &resp, nil
	}
	switch {
	case req.Topics == nil || c.Version == 0 && len(req.Topics) == 0:
		all := c.Cluster.Image().Topics()
		resp.Topics = make([]api.MetadataResponseTopic, len(all))
		for n, t := range all {
			resp.Topics[n] = c.topicMetadata(t)
		}
	case asksByID(req):
		resp.Topics = c.topicsByID(req)
	default:
		resp.Topics = c.topicsByName(req)
	}
	if req.IncludeTopicAuthorizedOperations {
		for n := range resp.Topics {
			if resp.Topics[n].ErrorCode != errcode.UnknownTopicID {
				resp.Topics[n].TopicAuthorizedOperations = topicOperations
			}
		}
	}
	return &resp, nil
}

// optional is null for a setting that was not given.
func optional(s string) wire.Null[string] { return wire.Null[string]{V: s, Valid: s != ""} }

// checkMetadata refuses what the layout of v10 and v11 can say and no broker understands.
func checkMetadata(c *Context, req *api.MetadataRequest) bool {
	for _, t := range req.Topics {
		if c.Version >= 10 && c.Version < 12 && (!t.Name.Valid || !t.TopicID.IsZero()) {
			return false
		}
	}
	return true
}

// invalidTopics answers a request as a whole with an error: every topic has it.
func invalidTopics(req *api.MetadataRequest) []api.MetadataResponseTopic {
	topics := []api.MetadataResponseTopic{}
	for _, t := range req.Topics {
		m := api.NewMetadataResponseTopic()
		m.ErrorCode, m.Name, m.TopicID = errcode.InvalidRequest, wire.Some(t.Name.V), t.TopicID
		topics = append(topics, m)
	}
	return topics
}

func asksByID(req *api.MetadataRequest) bool {
	for _, t := range req.Topics {
		if !t.TopicID.IsZero() {
			return true
		}
	}
	return false
}

// topicsByID answers for the ids of a request; topics that it names beside them are not looked at, as in Kafka.
func (c *Context) topicsByID(req *api.MetadataRequest) []api.MetadataResponseTopic {
	image := c.Cluster.Image()
	topics := make([]api.MetadataResponseTopic, 0, len(req.Topics))
	seen := make(map[wire.UUID]bool, len(req.Topics))
	for _, asked := range req.Topics {
		if asked.TopicID.IsZero() || seen[asked.TopicID] {
			continue
		}
		seen[asked.TopicID] = true
		if t := image.TopicByID(asked.TopicID); t != nil {
			topics = append(topics, c.topicMetadata(t))
			continue
		}
		m := api.NewMetadataResponseTopic()
		m.ErrorCode, m.TopicID, m.Name = errcode.UnknownTopicID, asked.TopicID, wire.Null[string]{}
		topics = append(topics, m)
	}
	return topics
}

// topicsByName answers for the names of a request, each once.
func (c *Context) topicsByName(req *api.MetadataRequest) []api.MetadataResponseTopic {
	names := make([]string, 0, len(req.Topics))
	seen := make(map[string]bool, len(req.Topics))
	for _, t := range req.Topics {
		if !seen[t.Name.V] {
			seen[t.Name.V] = true
			names = append(names, t.Name.V)
		}
	}
	failed := map[string]*cluster.Error{}
	if c.Config.AutoCreateTopicsEnable && (req.AllowAutoTopicCreation || c.Version < 4) {
		failed = c.createMissing(names)
	}
	image := c.Cluster.Image()
	topics := make([]api.MetadataResponseTopic, len(names))
	for n, name := range names {
		if t := image.Topic(name); t != nil {
			topics[n] = c.topicMetadata(t)
			continue
		}
		topics[n] = api.NewMetadataResponseTopic()
		topics[n].Name = wire.Some(name)
		topics[n].IsInternal = cluster.IsInternal(name)
		topics[n].ErrorCode = missingTopic(name)
		if err := failed[name]; err != nil {
			topics[n].ErrorCode = err.Code
		}
	}
	return topics
}

// missingTopic is the code for a name that no topic has.
func missingTopic(name string) errcode.Code {
	if err := cluster.CheckTopicName(name); err != nil {
		return err.Code
	}
	return errcode.UnknownTopicOrPartition
}

// createMissing creates the topics among names that are missing and could exist, and returns what went wrong.
func (c *Context) createMissing(names []string) map[string]*cluster.Error {
	image := c.Cluster.Image()
	var missing []string
	for _, name := range names {
		if image.Topic(name) == nil && cluster.CheckTopicName(name) == nil {
			missing = append(missing, strings.Clone(name))
		}
	}
	failed := map[string]*cluster.Error{}
	for n, err := range c.Cluster.CreateMissing(missing) {
		if err != nil {
			failed[missing[n]] = err
		}
	}
	return failed
}

func (c *Context) topicMetadata(t *cluster.Topic) api.MetadataResponseTopic {
	m := api.NewMetadataResponseTopic()
	m.Name, m.TopicID, m.IsInternal = wire.Some(t.Name), t.ID, t.Internal()
	m.Partitions = make([]api.MetadataResponsePartition, len(t.Partitions))
	for n, p := range t.Partitions {
		leader, offline, code := c.leaderOf(t, p)
		m.Partitions[n] = api.MetadataResponsePartition{
			ErrorCode: code, PartitionIndex: p.ID, LeaderID: leader, LeaderEpoch: p.LeaderEpoch,
			ReplicaNodes: p.Replicas, ISRNodes: p.ISR, OfflineReplicas: offline,
		}
	}
	return m
}

// leaderOf returns who leads a partition as clients see it: nobody while this broker cannot serve it, since there is
// no other broker.
func (c *Context) leaderOf(t *cluster.Topic, p *cluster.Partition) (leader int32, offline []int32, code errcode.Code) {
	if _, code := c.Cluster.Serves(t, p); code != errcode.None {
		return -1, p.Replicas, errcode.LeaderNotAvailable
	}
	for _, replica := range p.Replicas {
		if replica != c.Config.NodeID {
			offline = append(offline, replica)
		}
	}
	return p.Leader, offline, errcode.None
}
