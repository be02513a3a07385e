package group

import (
	"encoding/binary"

	"github.com/kwire-project/kafka/kwire/coord"
	"github.com/kwire-project/kafka/kwire/wire"
)

// learnTopics finds out which topics the members use. It is only possible for consumers, and only if all of them
// describe their subscription in the usual form.
func (g *Group) learnTopics() {
	g.topics, g.knowsTopics = nil, false
	if !g.isConsumer() {
		return
	}
	topics := map[string]bool{}
	for _, m := range g.order {
		metadata, ok := m.metadata(g.protocol.V)
		if !ok || !addSubscription(topics, metadata) {
			return
		}
	}
	g.topics, g.knowsTopics = topics, true
}

// addSubscription reads the topics of a member. All versions of the subscription begin as version 0 does, and later
// ones that we do not know have to; what follows is not looked at.
func addSubscription(topics map[string]bool, b []byte) bool {
	if len(b) < 2 || int16(binary.BigEndian.Uint16(b)) < 0 {
		return false
	}
	var s coord.ConsumerProtocolSubscription
	if _, err := s.DecodeFrom(b[2:], 0, &wire.DecodeOptions{Lenient: true}); err != nil {
		return false
	}
	for _, t := range s.Topics {
		topics[t] = true
	}
	return true
}

// uses reports whether members may be using a topic. If it cannot be known, they may.
func (g *Group) uses(topic string) bool {
	if !g.knowsTopics {
		return g.isConsumer()
	}
	return g.topics[topic]
}
