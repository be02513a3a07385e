package group

import "unicode/utf16"

// TopicName is the topic that holds the records of groups.
const TopicName = "__consumer_offsets"

// PartitionFor returns which of n partitions holds a group: Kafka's abs(groupId.hashCode()) % n, where hashCode is
// that of java.lang.String, over UTF-16.
func PartitionFor(groupID string, n int) int {
	var h int32
	for _, r := range groupID {
		if r1, r2 := utf16.EncodeRune(r); r1 != '\uFFFD' {
			h = 31*(31*h+r1) + r2
		} else {
			h = 31*h + r
		}
	}
	if h < 0 {
		h = max(-h, 0) // −2³¹ has no positive counterpart and counts as 0
	}
	return int(h) % n
}
