package main

import (
	"fmt"

	"github.com/IBM/sarama"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func allRows() []*row {
	var rows []*row
	for _, m := range messages() {
		rows = append(rows, m.decodeRow(), m.encodeRow())
	}
	return append(rows, recordRows()...)
}

func messages() []*message {
	return []*message{
		{4, apiVersions(), kwireOf[api.ApiVersionsResponse], kmsgOf[kmsg.ApiVersionsResponse], saramaOf[sarama.ApiVersionsResponse], 4, 2},
		{12, metadata(100, 10), kwireOf[api.MetadataResponse], kmsgOf[kmsg.MetadataResponse], saramaOf[sarama.MetadataResponse], 11, 8},
		{9, joinGroup(1000), kwireOf[api.JoinGroupResponse], kmsgOf[kmsg.JoinGroupResponse], saramaOf[sarama.JoinGroupResponse], 8, 7},
		{9, offsetCommit(100, 20), kwireOf[api.OffsetCommitRequest], kmsgOf[kmsg.OffsetCommitRequest], saramaOf[sarama.OffsetCommitRequest], 8, 7},
		{8, offsetFetch(100, 20), kwireOf[api.OffsetFetchResponse], kmsgOf[kmsg.OffsetFetchResponse], saramaOf[sarama.OffsetFetchResponse], 8, 0},
		{7, createTopics(500), kwireOf[api.CreateTopicsRequest], kmsgOf[kmsg.CreateTopicsRequest], saramaOf[sarama.CreateTopicsRequest], 7, 5},
	}
}

// apiVersions is what a broker of Kafka 4 answers.
func apiVersions() wire.Message {
	m := api.NewApiVersionsResponse()
	for _, key := range kwire.APIKeys() {
		lo, hi := key.Versions()
		m.APIKeys = append(m.APIKeys, api.ApiVersionsResponseAPIVersion{APIKey: int16(key), MinVersion: lo, MaxVersion: hi})
	}
	return &m
}

func metadata(topics, partitions int) wire.Message {
	m := api.NewMetadataResponse()
	m.ClusterID = wire.Some("5L6g3nShT-eMCtK--X86sw")
	for i := range int32(3) {
		m.Brokers = append(m.Brokers, api.MetadataResponseBroker{NodeID: i, Host: fmt.Sprintf("broker-%d.example.com", i), Port: 9092})
	}
	for i := range topics {
		t := api.NewMetadataResponseTopic()
		t.Name, t.TopicID = wire.Some(fmt.Sprintf("topic-name-%03d", i)), wire.UUID{byte(i), 1}
		for j := range int32(partitions) {
			p := api.NewMetadataResponsePartition()
			p.PartitionIndex, p.LeaderID, p.LeaderEpoch = j, j%3, 5
			p.ReplicaNodes, p.ISRNodes = []int32{0, 1, 2}, []int32{0, 1, 2}
			t.Partitions = append(t.Partitions, p)
		}
		m.Topics = append(m.Topics, t)
	}
	return &m
}

func joinGroup(members int) wire.Message {
	m := api.NewJoinGroupResponse()
	m.GenerationID, m.ProtocolType, m.ProtocolName = 7, wire.Some("consumer"), wire.Some("cooperative-sticky")
	m.Leader, m.MemberID = memberID(0), memberID(0)
	for i := range members {
		m.Members = append(m.Members, api.JoinGroupResponseMember{MemberID: memberID(i), Metadata: make([]byte, 60)})
	}
	return &m
}

func memberID(i int) string {
	return fmt.Sprintf("consumer-orders-%04d-2f1f5c9a-0d7e-4b1c-9d55-0a8f6f0c%04d", i, i)
}

func offsetCommit(topics, partitions int) wire.Message {
	m := api.NewOffsetCommitRequest()
	m.GroupID, m.MemberID, m.GenerationIDOrMemberEpoch = "orders", memberID(1), 7
	for i := range topics {
		t := api.NewOffsetCommitRequestTopic()
		t.Name = fmt.Sprintf("topic-name-%03d", i)
		for j := range int32(partitions) {
			p := api.NewOffsetCommitRequestPartition()
			p.PartitionIndex, p.CommittedOffset, p.CommittedMetadata = j, int64(j)*1000, wire.Some("")
			t.Partitions = append(t.Partitions, p)
		}
		m.Topics = append(m.Topics, t)
	}
	return &m
}

func offsetFetch(topics, partitions int) wire.Message {
	m := api.NewOffsetFetchResponse()
	g := api.NewOffsetFetchResponseGroup()
	g.GroupID = "orders"
	for i := range topics {
		t := api.NewOffsetFetchResponseTopics()
		t.Name = fmt.Sprintf("topic-name-%03d", i)
		for j := range int32(partitions) {
			p := api.NewOffsetFetchResponsePartitions()
			p.PartitionIndex, p.CommittedOffset, p.Metadata = j, int64(j)*1000, wire.Some("")
			t.Partitions = append(t.Partitions, p)
		}
		g.Topics = append(g.Topics, t)
	}
	m.Groups = append(m.Groups, g)
	return &m
}

func createTopics(topics int) wire.Message {
	m := api.NewCreateTopicsRequest()
	for i := range topics {
		t := api.NewCreateTopicsRequestCreatableTopic()
		t.Name, t.NumPartitions, t.ReplicationFactor = fmt.Sprintf("topic-name-%03d", i), 12, 3
		for _, c := range []string{"cleanup.policy", "retention.ms", "segment.bytes"} {
			t.Configs = append(t.Configs, api.CreateTopicsRequestCreatableTopicConfig{Name: c, Value: wire.Some("1000000")})
		}
		m.Topics = append(m.Topics, t)
	}
	return &m
}
