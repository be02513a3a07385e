package cluster

import (
	"github.com/kwire-project/kafka/kwire/meta"
)

// producerIDBlock is how many producer ids one record reserves (Kafka's ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE).
const producerIDBlock = 1000

// idBlock is a range of producer ids that the log has given to this process.
type idBlock struct{ next, end int64 }

// NextProducerID returns a producer id that nobody ever had: blocks are reserved in the log before their first id is
// given out, and what is left of one is lost when the broker stops.
func (c *Cluster) NextProducerID() (int64, *Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.producerIDs.next == c.producerIDs.end {
		next := c.tip.nextProducerID
		err := c.commit([]Record{{0, &meta.ProducerIdsRecord{
			BrokerID: c.NodeID(), BrokerEpoch: c.brokerEpoch, NextProducerID: next + producerIDBlock,
		}}})
		if err != nil {
			return -1, storageError(err)
		}
		c.producerIDs = idBlock{next, next + producerIDBlock}
	}
	c.producerIDs.next++
	return c.producerIDs.next - 1, nil
}
