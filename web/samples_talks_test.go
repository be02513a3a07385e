package web

import (
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire/records"
)

// made is an example: its packets and, if it is made here, its text.
type made struct {
	packets []packet
	text    string
}

// kept are the packets of an example that is no more made than it is: bytes of
// a real client, or a text that was typed.
func kept(packets ...packet) made { return made{packets: packets} }

func request(api string, version int16) packet {
	return packet{request: true, api: api, version: version}
}

func response(api string, version int16) packet { return packet{api: api, version: version} }

func (p packet) failing(err string) packet {
	p.err = err
	return p
}

func samples() map[string]made {
	all := map[string]made{
		"api-versions-request":  kept(request("ApiVersions", 4)),
		"api-versions-response": kept(request("ApiVersions", 4), response("ApiVersions", 4)),
		"metadata":              kept(request("Metadata", 12), response("Metadata", 12)),
		"fetch-response":        kept(request("Fetch", 16), response("Fetch", 16)),
		"produce-request":       kept(request("Produce", 11)),
		"join-group-request":    kept(request("JoinGroup", 9)),
		"unsupported-version": kept(request("ApiVersions", 1482).failing("RequestApiVersion: unsupported version (it has versions 0-5)"),
			response("ApiVersions", 0)),
		"describe-topic-partitions-response": kept(request("DescribeTopicPartitions", 0), response("DescribeTopicPartitions", 0)),

		"client-java-4":      kept(request("ApiVersions", 5), response("ApiVersions", 5), request("Metadata", 13), response("Metadata", 13)),
		"client-java-0-11":   kept(request("ApiVersions", 1), request("Metadata", 4), response("Metadata", 4)),
		"client-librdkafka":  kept(request("ApiVersions", 3), request("Metadata", 13), response("Metadata", 13)),
		"client-franz-go":    kept(request("ApiVersions", 5), request("Metadata", 13), response("Metadata", 13)),
		"client-kafkajs":     kept(request("ApiVersions", 2), request("Metadata", 6)),
		"client-aiokafka":    kept(request("ApiVersions", 0), request("Metadata", 5), response("Metadata", 5)),
		"missing-tag-buffer": kept(request("ApiVersions", 4), mistakes()["missing-tag-buffer"][1]),
	}
	for name, packets := range mistakes() {
		if _, ok := all[name]; !ok {
			all[name] = made{packets, testerLog("PV1", packets)}
		}
	}
	for stage, packets := range stages() {
		all["stage-"+strings.ToLower(stage)] = made{packets, testerLog(stage, packets)}
	}
	for name, packets := range talks() {
		all[name] = made{packets, hexLines(packets)}
	}
	return all
}

// mistakes are answers as students send them.
func mistakes() map[string][]packet {
	const noEnd = "TAG_BUFFER: the message ends before this field does (1 byte wanted, 0 left)"
	versions := versionsOf(177586623, `{"apiKey":18,"minVersion":0,"maxVersion":4},`+keyPartitions)
	pear := described(21, topicWith("pear", pearID, 1))
	with := func(b []byte, at, del int, insert ...byte) []byte {
		return resized(append(append(append([]byte{}, b[:at]...), insert...), b[at+del:]...))
	}
	return map[string][]packet{
		"missing-tag-buffer": {askVersions(177586623), versions.wrong(noEnd, "the last TAG_BUFFER is missing: append 00",
			func(b []byte) []byte { return with(b, len(b)-1, 1) })},
		"wrong-size": {askVersions(177586623), versions.wrong("Size: the message ends before this field does (size 30, 26 bytes follow)",
			"the size is 4 too large: it says 30, and 26 bytes follow; it must not count itself", func(b []byte) []byte { b[3] += 4; return b })},
		"header-with-tag-buffer": {askVersions(177586623), versions.wrong("ApiKeys: null where the schema has no null",
			"the header is v1, and this response has header v0: there is no TAG_BUFFER after its correlation id, delete the 00",
			func(b []byte) []byte { return with(b, 8, 0, 0) })},
		"header-without-tag-buffer": {describe(21, 1, "pear"), pear.wrong("Topics: null where the schema has no null",
			"the header is v0, and this response has header v1: insert the TAG_BUFFER 00 after the correlation id",
			func(b []byte) []byte { return with(b, 8, 1) })},
		"compact-length": {askVersions(177586623), versions.wrong("bytes left over (7 bytes after the message)",
			"the compact length of ApiKeys is 2, which stands for 1: make it 3, one more than what it counts", func(b []byte) []byte { b[10]--; return b })},
		"element-tag-buffer": {describe(21, 1, "pear"), pear.wrong("Topics[0].TAG_BUFFER: bad varint (2 bytes where fewer hold the value)",
			"a TAG_BUFFER is missing before byte 71: insert 00", func(b []byte) []byte { return with(b, len(b)-3, 1) })},
		"entry-tag-buffers": {askVersions(177586623), versions.wrong("ThrottleTimeMs: the message ends before this field does (4 bytes wanted, 3 left)",
			"a TAG_BUFFER is missing at the end of all 2 elements: insert 00", func(b []byte) []byte { return with(with(b, 24, 1), 17, 1) })},
		"missing-field": {describe(21, 1, "pear"), pear.wrong("Topics: the message ends before this field does (111 elements in 56 bytes)",
			"4 bytes are missing before byte 9, perhaps ThrottleTimeMs: insert zeros", func(b []byte) []byte { return with(b, 9, 4) })},
		"wrong-correlation-id": {askVersions(177586623), versions.wrong("CorrelationId: request 1 has 177586623, and its answer must bring that back",
			"the correlation id is not that of the request: write 177586623", func(b []byte) []byte { return with(b, 4, 4, 0, 0, 0, 7) })},
		"old-layout": {produceTo(42, dataFor("pear", 0, "half a lemon")), produced(42, stored("pear", 0)).wrong("Responses: null where the schema has no null", "every byte fits v8",
			func([]byte) []byte {
				return answer(42, "Produce", 8, `{"responses":[`+stored("pear", 0)+`],"throttleTimeMs":0}`).bytes
			})},
	}
}

// talks are a transaction, and groups that come together.
func talks() map[string][]packet {
	const producer = "payments"
	on := records.Options{Producer: &records.Producer{ID: 4711, BaseSequence: 0}, Transactional: true, PartitionLeaderEpoch: records.NoLeaderEpoch}
	kept := on
	kept.BaseOffset, kept.PartitionLeaderEpoch = 100, 3
	marker, err := records.AppendEndTxnMarker(nil, records.Options{BaseOffset: 102, PartitionLeaderEpoch: 3, Producer: &records.Producer{ID: 4711}}, records.ControlAbort, 0, sentAtMs+20)
	if err != nil {
		panic(err)
	}
	paid := batch(on, sentAtMs, `{"order":1001,"paid":12.5}`, `{"order":1002,"paid":3}`)
	return map[string][]packet{
		"transaction": {
			ask(producer, 1, "InitProducerId", 5, `{"transactionalId":"payments-1","transactionTimeoutMs":60000,"producerId":-1,"producerEpoch":-1}`),
			answer(1, "InitProducerId", 5, `{"throttleTimeMs":0,"errorCode":0,"producerId":4711,"producerEpoch":0}`),
			ask(producer, 2, "AddPartitionsToTxn", 3, `{"v3AndBelowTransactionalId":"payments-1","v3AndBelowProducerId":4711,"v3AndBelowProducerEpoch":0,"v3AndBelowTopics":[{"name":"paid","partitions":[0]}]}`),
			answer(2, "AddPartitionsToTxn", 3, `{"throttleTimeMs":0,"resultsByTopicV3AndBelow":[{"name":"paid","resultsByPartition":[{"partitionIndex":0,"partitionErrorCode":0}]}]}`),
			ask(producer, 3, "Produce", 11, fmt.Sprintf(`{"transactionalId":"payments-1","acks":-1,"timeoutMs":30000,"topicData":[{"name":"paid","partitionData":[{"index":0,"records":%q}]}]}`, b64(paid))),
			answer(3, "Produce", 11, `{"responses":[{"name":"paid","partitionResponses":[{"index":0,"errorCode":0,"baseOffset":100,"logAppendTimeMs":-1,"logStartOffset":0,"recordErrors":[],"errorMessage":null}]}],"throttleTimeMs":0}`),
			ask(producer, 4, "AddOffsetsToTxn", 3, `{"transactionalId":"payments-1","producerId":4711,"producerEpoch":0,"groupId":"payers"}`),
			answer(4, "AddOffsetsToTxn", 3, `{"throttleTimeMs":0,"errorCode":0}`),
			ask(producer, 5, "TxnOffsetCommit", 3, `{"transactionalId":"payments-1","groupId":"payers","producerId":4711,"producerEpoch":0,"generationIdOrMemberEpoch":7,"memberId":"payers-1-f3a1","groupInstanceId":null,"topics":[{"name":"orders","partitions":[{"partitionIndex":0,"committedOffset":1003,"committedLeaderEpoch":3,"committedMetadata":""}]}]}`),
			answer(5, "TxnOffsetCommit", 3, `{"throttleTimeMs":0,"topics":[{"name":"orders","partitions":[{"partitionIndex":0,"errorCode":0}]}]}`),
			ask(producer, 6, "EndTxn", 3, `{"transactionalId":"payments-1","producerId":4711,"producerEpoch":0,"committed":true}`),
			answer(6, "EndTxn", 3, `{"throttleTimeMs":0,"errorCode":0}`),
		},
		"transaction-aborted": {
			ask("auditor", 9, "Fetch", 12, `{"maxWaitMs":500,"minBytes":1,"maxBytes":1048576,"isolationLevel":1,"sessionId":0,"sessionEpoch":-1,"topics":[{"topic":"paid","partitions":[{"partition":0,"currentLeaderEpoch":3,"fetchOffset":100,"lastFetchedEpoch":-1,"logStartOffset":-1,"partitionMaxBytes":1048576}]}],"forgottenTopicsData":[],"rackId":""}`),
			answer(9, "Fetch", 12, fmt.Sprintf(`{"throttleTimeMs":0,"errorCode":0,"sessionId":0,"responses":[{"topic":"paid","partitions":[{"partitionIndex":0,"errorCode":0,"highWatermark":103,"lastStableOffset":103,"logStartOffset":0,"abortedTransactions":[{"producerId":4711,"firstOffset":100}],"preferredReadReplica":-1,"records":%q}]}]}`,
				b64(batch(kept, sentAtMs, `{"order":1001,"paid":12.5}`, `{"order":1002,"paid":3}`), marker))),
		},
		"group-rebalance": rebalance(),
		"group-heartbeat": {
			ask("billing", 1, "ConsumerGroupHeartbeat", 1, `{"groupId":"billing-group","memberId":"tsFRPQ8wS7qkMb1VX0oYdQ","memberEpoch":0,"instanceId":null,"rackId":null,"rebalanceTimeoutMs":300000,"subscribedTopicNames":["orders"],"subscribedTopicRegex":null,"serverAssignor":null,"topicPartitions":[]}`),
			answer(1, "ConsumerGroupHeartbeat", 1, fmt.Sprintf(`{"throttleTimeMs":0,"errorCode":0,"errorMessage":null,"memberId":"tsFRPQ8wS7qkMb1VX0oYdQ","memberEpoch":1,"heartbeatIntervalMs":5000,"assignment":{"topicPartitions":[{"topicId":%q,"partitions":[0,1]}]}}`, pearID)),
			ask("billing", 2, "ConsumerGroupHeartbeat", 1, fmt.Sprintf(`{"groupId":"billing-group","memberId":"tsFRPQ8wS7qkMb1VX0oYdQ","memberEpoch":1,"instanceId":null,"rackId":null,"rebalanceTimeoutMs":-1,"subscribedTopicNames":null,"subscribedTopicRegex":null,"serverAssignor":null,"topicPartitions":[{"topicId":%q,"partitions":[0,1]}]}`, pearID)),
			answer(2, "ConsumerGroupHeartbeat", 1, `{"throttleTimeMs":0,"errorCode":0,"errorMessage":null,"memberId":"tsFRPQ8wS7qkMb1VX0oYdQ","memberEpoch":1,"heartbeatIntervalMs":5000,"assignment":null}`),
		},
	}
}

// rebalance: a member alone in its group, until another one comes.
func rebalance() []packet {
	const (
		client, group, first, second = "billing", "billing-group", "billing-1-4be0", "billing-2-9c77"
		member                       = `"groupId":"billing-group","memberId":"billing-1-4be0","groupInstanceId":null`
	)
	wants := b64(append([]byte{0, 1}, body("ConsumerProtocolSubscription", "", 1, `{"topics":["orders"],"userData":null,"ownedPartitions":[]}`)...))
	gets := func(partitions string) string {
		return b64(append([]byte{0, 1}, body("ConsumerProtocolAssignment", "", 1, `{"assignedPartitions":[{"topic":"orders","partitions":[`+partitions+`]}],"userData":null}`)...))
	}
	join := func(correlation int32, member string) packet {
		return ask(client, correlation, "JoinGroup", 5, fmt.Sprintf(`{"groupId":%q,"sessionTimeoutMs":45000,"rebalanceTimeoutMs":300000,"memberId":%q,"groupInstanceId":null,"protocolType":"consumer","protocols":[{"name":"range","metadata":%q}]}`, group, member, wants))
	}
	joined := func(correlation int32, generation int, members ...string) packet {
		text := ""
		for i, m := range members {
			if i > 0 {
				text += ","
			}
			text += fmt.Sprintf(`{"memberId":%q,"groupInstanceId":null,"metadata":%q}`, m, wants)
		}
		return answer(correlation, "JoinGroup", 5, fmt.Sprintf(`{"throttleTimeMs":0,"errorCode":0,"generationId":%d,"protocolName":"range","leader":%q,"memberId":%q,"members":[%s]}`, generation, first, first, text))
	}
	sync := func(correlation int32, generation int, assignments string) packet {
		return ask(client, correlation, "SyncGroup", 3, fmt.Sprintf(`{"generationId":%d,%s,"assignments":[%s]}`, generation, member, assignments))
	}
	share := func(member, partitions string) string {
		return fmt.Sprintf(`{"memberId":%q,"assignment":%q}`, member, gets(partitions))
	}
	beat := func(correlation int32, generation int) packet {
		return ask(client, correlation, "Heartbeat", 3, fmt.Sprintf(`{"generationId":%d,%s}`, generation, member))
	}
	return []packet{
		join(1, ""),
		answer(1, "JoinGroup", 5, fmt.Sprintf(`{"throttleTimeMs":0,"errorCode":79,"generationId":-1,"protocolName":"","leader":"","memberId":%q,"members":[]}`, first)),
		join(2, first), joined(2, 1, first),
		sync(3, 1, share(first, "0,1,2")), answer(3, "SyncGroup", 3, fmt.Sprintf(`{"throttleTimeMs":0,"errorCode":0,"assignment":%q}`, gets("0,1,2"))),
		beat(4, 1), answer(4, "Heartbeat", 3, `{"throttleTimeMs":0,"errorCode":27}`),
		join(5, first), joined(5, 2, first, second),
		sync(6, 2, share(first, "0,1")+","+share(second, "2")), answer(6, "SyncGroup", 3, fmt.Sprintf(`{"throttleTimeMs":0,"errorCode":0,"assignment":%q}`, gets("0,1"))),
	}
}
