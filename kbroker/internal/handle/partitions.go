package handle

import (
	"github.com/kwire-project/kafka/kbroker/internal/partition"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// firstVersionWithTopicIDs is the version of both Produce and Fetch from which on topics are named by id.
const firstVersionWithTopicIDs = 13

// partition finds what a Produce or Fetch request names, by topic id or by name as its version says.
func (c *Context) partition(topic string, id wire.UUID, index int32) (*partition.Partition, errcode.Code) {
	if c.Version >= firstVersionWithTopicIDs {
		_, p, code := c.Cluster.PartitionByID(id, index)
		return p, code
	}
	return c.Cluster.Partition(topic, index)
}

// isInternal reports whether a topic is one of the brokers' own.
func (c *Context) isInternal(topic string) bool {
	t := c.Cluster.Image().Topic(topic)
	return t != nil && t.Internal()
}
