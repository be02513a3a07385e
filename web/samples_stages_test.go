package web

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/kwire-project/kafka/kwire/records"
)

// One example for each stage of the challenge: what its tester sends, and an
// answer that passes.

const (
	tester   = "kafka-tester"
	sentAtMs = 1726045973899
	pearID   = "caWaUYloT4uTfjbR0pKGTg"
	plumID   = "caWaUYloT4uTfgAAAAAFtQ"
	kafkaCli = `{"clientSoftwareName":"kafka-cli","clientSoftwareVersion":"0.1"}`

	// noHeaders is what the tester's own logs hold, and Kafka refuses to read.
	noHeaders = "Responses[0].Partitions[0].Records[0].Records[0].Headers: value out of range (length -1)"
)

func askVersions(correlation int32) packet {
	return ask(tester, correlation, "ApiVersions", 4, kafkaCli)
}

func versionsOf(correlation int32, keys string) packet {
	return answer(correlation, "ApiVersions", 4, `{"errorCode":0,"apiKeys":[`+keys+`],"throttleTimeMs":0}`)
}

const (
	keyVersions   = `{"apiKey":18,"minVersion":0,"maxVersion":4}`
	keyPartitions = `{"apiKey":75,"minVersion":0,"maxVersion":0}`
	keyFetch      = `{"apiKey":1,"minVersion":4,"maxVersion":16}`
	keyProduce    = `{"apiKey":0,"minVersion":3,"maxVersion":11}`
)

func describe(correlation int32, limit int, topics ...string) packet {
	text := ""
	for i, topic := range topics {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"name":%q}`, topic)
	}
	return ask(tester, correlation, "DescribeTopicPartitions", 0, fmt.Sprintf(`{"topics":[%s],"responsePartitionLimit":%d,"cursor":null}`, text, limit))
}

func described(correlation int32, topics string) packet {
	return answer(correlation, "DescribeTopicPartitions", 0, `{"throttleTimeMs":0,"topics":[`+topics+`],"nextCursor":null}`)
}

func topicWith(name, id string, partitions int) string {
	text := ""
	for i := range partitions {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"errorCode":0,"partitionIndex":%d,"leaderId":1,"leaderEpoch":0,"replicaNodes":[1],"isrNodes":[1],"eligibleLeaderReplicas":[],"lastKnownElr":[],"offlineReplicas":[]}`, i)
	}
	return fmt.Sprintf(`{"errorCode":0,"name":%q,"topicId":%q,"isInternal":false,"partitions":[%s],"topicAuthorizedOperations":3576}`, name, id, text)
}

func fetchOf(correlation int32, ids ...string) packet {
	text := ""
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"topicId":%q,"partitions":[{"partition":0,"currentLeaderEpoch":-1,"fetchOffset":0,"lastFetchedEpoch":-1,"logStartOffset":-1,"partitionMaxBytes":2147483647}]}`, id)
	}
	return ask(tester, correlation, "Fetch", 16, `{"maxWaitMs":500,"minBytes":1,"maxBytes":2147483647,"isolationLevel":0,"sessionId":0,"sessionEpoch":0,"topics":[`+text+`],"forgottenTopicsData":[],"rackId":""}`)
}

func fetchedFrom(correlation int32, responses string) packet {
	return answer(correlation, "Fetch", 16, `{"throttleTimeMs":0,"errorCode":0,"sessionId":0,"responses":[`+responses+`]}`)
}

func partitionOf(id string, errorCode, end int, log string) string {
	return fmt.Sprintf(`{"topicId":%q,"partitions":[{"partitionIndex":0,"errorCode":%d,"highWatermark":%d,"lastStableOffset":%d,"logStartOffset":%d,"abortedTransactions":[],"preferredReadReplica":-1,"records":%q}]}`,
		id, errorCode, end, end, min(end, 0), log)
}

// testerBatch is a batch as the tester writes it: producer 0, one record a
// batch in its logs, and −1 as the number of headers, which Kafka never writes.
func testerBatch(base int64, values ...string) []byte {
	b := batch(records.Options{BaseOffset: base, Producer: &records.Producer{}}, sentAtMs, values...)
	if len(values) == 1 {
		b[len(b)-1] = 1 // -1 as a varint
		binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	}
	return b
}

func produceTo(correlation int32, topics string) packet {
	return ask(tester, correlation, "Produce", 11, `{"transactionalId":null,"acks":-1,"timeoutMs":30000,"topicData":[`+topics+`]}`)
}

func dataFor(topic string, index int, values ...string) string {
	b := batch(records.Options{Producer: &records.Producer{}}, sentAtMs, values...)
	return fmt.Sprintf(`{"name":%q,"partitionData":[{"index":%d,"records":%q}]}`, topic, index, b64(b))
}

func produced(correlation int32, topics string) packet {
	return answer(correlation, "Produce", 11, `{"responses":[`+topics+`],"throttleTimeMs":0}`)
}

func stored(topic string, indexes ...int) string {
	text := ""
	for i, index := range indexes {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"index":%d,"errorCode":0,"baseOffset":0,"logAppendTimeMs":-1,"logStartOffset":0,"recordErrors":[],"errorMessage":null}`, index)
	}
	return fmt.Sprintf(`{"name":%q,"partitionResponses":[%s]}`, topic, text)
}

func rejected(topic string, index int) string {
	return fmt.Sprintf(`{"name":%q,"partitionResponses":[{"index":%d,"errorCode":3,"baseOffset":-1,"logAppendTimeMs":-1,"logStartOffset":-1,"recordErrors":[],"errorMessage":null}]}`, topic, index)
}

// stages are the packets of each stage, by its name in the tester's log.
func stages() map[string][]packet {
	twoParts := `{"name":"pear","partitionData":[{"index":0,"records":"` + b64(batch(records.Options{Producer: &records.Producer{}}, sentAtMs, "one pear", "three figs")) +
		`"},{"index":1,"records":"` + b64(batch(records.Options{Producer: &records.Producer{}}, sentAtMs, "half a lemon", "two plums")) + `"}]}`
	return map[string][]packet{
		"VI6": {askVersions(7)},
		"NV3": {askVersions(7), versionsOf(7, keyVersions)},
		"WA6": {askVersions(1869423115), versionsOf(1869423115, keyVersions)},
		"PV1": {askVersions(177586623), versionsOf(177586623, keyVersions)},
		"NH4": {askVersions(95), versionsOf(95, keyVersions), askVersions(95), versionsOf(95, keyVersions)},
		"SK0": {askVersions(1), askVersions(2), versionsOf(2, keyVersions), versionsOf(1, keyVersions)},
		"YK1": {askVersions(8), versionsOf(8, keyVersions+","+keyPartitions)},
		"VT6": {describe(16, 1, "UNKNOWN_TOPIC_45"), described(16, `{"errorCode":3,"name":"UNKNOWN_TOPIC_45","topicId":"AAAAAAAAAAAAAAAAAAAAAA","isInternal":false,"partitions":[],"topicAuthorizedOperations":3576}`)},
		"KU4": {describe(22, 2, "pear"), described(22, topicWith("pear", pearID, 2))},
		"WQ2": {describe(23, 3, "plum", "pear"), described(23, topicWith("pear", pearID, 2)+","+topicWith("plum", plumID, 1))},
		"GS0": {askVersions(9), versionsOf(9, keyFetch+","+keyVersions)},
		"DH6": {fetchOf(30), fetchedFrom(30, "")},
		"HN6": {fetchOf(31, plumID), fetchedFrom(31, partitionOf(plumID, 100, -1, ""))},
		"CM4": {fetchOf(32, pearID), fetchedFrom(32, partitionOf(pearID, 0, 0, ""))},
		"EG2": {fetchOf(33, pearID), fetchedFrom(33, partitionOf(pearID, 0, 1, b64(testerBatch(0, "three figs")))).failing(noHeaders)},
		"FD8": {fetchOf(34, pearID), fetchedFrom(34, partitionOf(pearID, 0, 2, b64(testerBatch(0, "three figs"), testerBatch(1, "two plums")))).failing(noHeaders)},
		"XZ1": {askVersions(10), versionsOf(10, keyProduce+","+keyVersions)},
		"ZF2": {produceTo(40, dataFor("pear", 409, "three figs")), produced(40, rejected("pear", 409)),
			produceTo(41, dataFor("mango", 0, "three figs")), produced(41, rejected("mango", 0))},
		"GG1": {produceTo(42, dataFor("pear", 0, "three figs")), produced(42, stored("pear", 0))},
		"LS8": {produceTo(43, dataFor("pear", 0, "half a lemon")), produced(43, stored("pear", 0))},
		"YD8": {produceTo(44, dataFor("pear", 0, "half a lemon", "two plums", "three figs")), produced(44, stored("pear", 0))},
		"CT4": {produceTo(45, twoParts), produced(45, stored("pear", 0, 1))},
		"OV0": {produceTo(46, dataFor("pear", 0, "half a lemon", "three figs")+","+dataFor("plum", 0, "two plums", "three figs")), produced(46, stored("pear", 0)+","+stored("plum", 0))},
	}
}
