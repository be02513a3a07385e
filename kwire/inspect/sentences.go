package inspect

import (
	"strings"
	"sync"
)

// fieldSentences are lines "name TAB sentence" on fields that no schema has: those of batches, records and files.
const fieldSentences = `
BaseOffset	The offset of the first record; the records count from it. The CRC does not cover it, since the broker sets it.
BatchLength	How many bytes follow in the batch.
PartitionLeaderEpoch	The epoch of the leader that appended the batch; the broker sets it, and the CRC does not cover it.
Magic	The version of the batch's layout: 2 today, 0 and 1 in old logs.
Crc	The checksum of the bytes after it.
LastOffsetDelta	The last record's offset less the base offset. It stays when compaction removes that record.
BaseTimestamp	What the timestamps of the records count from, or the delete horizon once that is set.
MaxTimestamp	The greatest timestamp of the records.
ProducerId	The id of an idempotent or transactional producer; -1 if there is none.
ProducerEpoch	The epoch of the producer: an older one is refused.
BaseSequence	The sequence number of the first record, by which a broker finds what it has already; -1 if there is none.
RecordCount	How many records there are; compaction may have left fewer than there were offsets.
TimestampDelta	The record's timestamp less the base timestamp.
OffsetDelta	The record's offset less the base offset.
Headers	Pairs of a name and bytes that travel with the record.
RelativeOffset	An offset less the one that the file is named by.
Position	Where the batch begins in the log segment, in bytes.
FirstOffset	The first offset of the transaction.
LastOffset	The offset of the marker that ended the transaction.
LastStableOffset	The offset up to which all transactions had ended when the marker was written.
Version	The version of the layout of what follows.
Content	What the consumers of a group tell each other. The broker passes these bytes on unread.
Timestamp	The time of the record, or in an index the greatest one so far, in milliseconds since 1970.
Unused	Zeros: the file was made large at once, to be filled with entries.
EntryCount	How many lines follow.
StartOffset	The first offset that was written under this epoch of the leader.
FrameVersion	The version of what stands before the record: always 1.
cluster.id	The id of the cluster, made when its storage was formatted.
node.id	The id of this broker or controller.
broker.id	The id of this broker.
directory.id	The id of this log directory, made when it was formatted.
topic_id	The id of the topic that the partition belongs to.
leaderId	The controller that leads the metadata quorum; -1 if there is none.
leaderEpoch	The epoch of the quorum's leader, counted up with each election.
votedId	The controller that got this one's vote in the epoch; -1 if none did.
votedDirectoryId	The directory id of the controller that got the vote.
data_version	The version of this file's layout.
brokerEpoch	The epoch of the broker when it stopped, by which it is known again.
`

// sentences are those of fieldSentences by the names of the fields.
var sentences struct {
	once sync.Once
	by   map[string]string
}

// sentenceOn returns the sentence on a node's field, "" where there is none.
func sentenceOn(n Node) string {
	sentences.once.Do(func() {
		sentences.by = map[string]string{}
		for line := range strings.Lines(fieldSentences) {
			if name, text, ok := strings.Cut(line, "\t"); ok {
				sentences.by[name] = text[:len(text)-1]
			}
		}
	})
	return sentences.by[n.Field().Name]
}
