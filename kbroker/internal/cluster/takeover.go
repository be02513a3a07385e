package cluster

import (
	"fmt"
	"slices"

	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/logdir"
	"github.com/kwire-project/kafka/kwire/meta"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// takeOver does what Kafka's single controller does when it starts: it begins the next epoch, writes the first records
// of a new log, registers itself and the broker, and gives partitions without a leader to the broker. All but the last
// is one write and one sync.
func (c *Cluster) takeOver() error {
	state, err := readQuorumEpoch(c.o.FS, c.log.Dir())
	if err != nil {
		// The log's last epoch says as much: quorum-state may only be newer by elections that wrote nothing.
		c.o.Logger.Warn("quorum-state is not used", "err", err)
	}
	end := c.log.Offsets().HighWatermark
	fresh := end == 0
	c.epoch = max(state, c.log.LeaderEpoch(), c.tip.epoch) + 1
	if err := writeQuorumState(c.o.FS, c.log.Dir(), c.NodeID(), c.epoch, c.tip.raft.version); err != nil {
		return err
	}
	if err := c.log.Lead(c.epoch); err != nil {
		return err
	}
	nowMs := c.o.Now().UnixMilli()
	controls := []records.Control{c.leaderChange()}
	var first []Record
	if fresh {
		controls = append(controls, c.tip.raft.controls()...)
		first = bootstrap(c.tip)
	}
	b, err := records.AppendControl(nil, records.Options{}, nowMs, controls...)
	if err != nil {
		return err
	}
	if c.abandoned {
		first = append(first, Record{0, &meta.AbortTransactionRecord{Reason: wire.Some("Controller failover")}})
	}
	if len(first) > 0 {
		if b, err = appendBatch(b, records.Options{}, first, nowMs); err != nil {
			return err
		}
	}
	registration := c.registration(end + int64(len(controls)+len(first)))
	if b, err = appendBatch(b, records.Options{}, registration, nowMs); err != nil {
		return err
	}
	if err := c.write(b, nowMs); err != nil {
		return fmt.Errorf("metadata log: %w", c.failed)
	}
	for part := range slices.Chunk(c.takeovers(), maxRecordsPerChange) {
		if err := c.append(part); err != nil {
			return fmt.Errorf("metadata log: %w", err)
		}
	}
	c.publish()
	return nil
}

func (c *Cluster) leaderChange() records.Control {
	self := []meta.LeaderChangeMessageVoter{{VoterID: c.NodeID()}}
	m := meta.LeaderChangeMessage{LeaderID: c.NodeID(), Voters: self, GrantingVoters: self}
	value, err := m.AppendTo(nil, 0)
	if err != nil {
		panic("cluster: internal: " + err.Error())
	}
	return records.Control{Type: records.ControlLeaderChange, Value: value}
}

// registration are the records that begin at an offset with this controller and broker. The offset of its record is
// the broker's epoch.
func (c *Cluster) registration(offset int64) []Record {
	var rs []Record
	if c.tip.level() >= levelRegisterController {
		rs = append(rs, Record{0, c.controllerRecord()})
	}
	c.brokerEpoch = offset + int64(len(rs))
	return append(rs,
		Record{c.tip.registerBrokerVersion(), c.brokerRecord()},
		Record{0, &meta.BrokerRegistrationChangeRecord{BrokerID: c.NodeID(), BrokerEpoch: c.brokerEpoch, Fenced: -1}})
}

func (c *Cluster) controllerRecord() *meta.RegisterControllerRecord {
	m := meta.RegisterControllerRecord{ControllerID: c.NodeID(), IncarnationID: logdir.NewUUID()}
	for _, l := range c.o.Config.Listeners {
		if l.Controller {
			host, port := advertised(l)
			m.EndPoints = append(m.EndPoints, meta.RegisterControllerRecordControllerEndpoint{Name: l.Name, Host: host, Port: port})
		}
	}
	for _, f := range supportedFeatures() {
		m.Features = append(m.Features, meta.RegisterControllerRecordControllerFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	return &m
}

func (c *Cluster) brokerRecord() *meta.RegisterBrokerRecord {
	m := meta.RegisterBrokerRecord{
		BrokerID: c.NodeID(), IncarnationID: logdir.NewUUID(), BrokerEpoch: c.brokerEpoch, Fenced: true,
	}
	if rack := c.o.Config.BrokerRack; rack != "" {
		m.Rack = wire.Some(rack)
	}
	for _, l := range c.o.Config.BrokerListeners() {
		host, port := advertised(l)
		m.EndPoints = append(m.EndPoints, meta.RegisterBrokerRecordBrokerEndpoint{Name: l.Name, Host: host, Port: port})
	}
	for _, f := range supportedFeatures() {
		m.Features = append(m.Features, meta.RegisterBrokerRecordBrokerFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	if c.tip.level() >= levelDirectoryAssignment {
		for _, root := range c.store.Roots() {
			m.LogDirs = append(m.LogDirs, root.Meta().DirectoryID)
		}
	}
	return &m
}

// advertised is the address that goes into a registration. Clients of a listener on all addresses are told the one that
// they dialled; a record has to have one.
func advertised(l config.Listener) (host string, port uint16) {
	host, port = l.AdvertisedHost, uint16(l.AdvertisedPort)
	if host == "" {
		host = "localhost"
	}
	if port == 0 {
		port = uint16(l.Port)
	}
	return host, port
}

// takeovers are the changes that make this broker the leader of partitions that it has and does not lead: Kafka takes
// the leadership away when it shuts down.
func (c *Cluster) takeovers() []Record {
	var rs []Record
	self := []int32{c.NodeID()}
	for _, t := range c.tip.Topics() {
		for _, p := range t.Partitions {
			if p.Leader == c.NodeID() || !slices.Contains(p.Replicas, c.NodeID()) {
				continue
			}
			m := meta.NewPartitionChangeRecord()
			m.PartitionID, m.TopicID, m.Leader, m.ISR = p.ID, t.ID, c.NodeID(), self
			if c.tip.partitionVersion() >= 2 {
				m.EligibleLeaderReplicas, m.LastKnownELR = emptied(p.EligibleLeaderReplicas), emptied(p.LastKnownELR)
			}
			rs = append(rs, Record{c.tip.partitionVersion(), &m})
		}
	}
	return rs
}

// emptied is the change that empties a list: null, for no change, if it is empty.
func emptied(list []int32) []int32 {
	if len(list) == 0 {
		return nil
	}
	return []int32{}
}

// fenceRecords say that this broker is shutting down and then that it is gone, so that another one that registers
// for this node need not wait until the session has expired.
func (c *Cluster) fenceRecords() []Record {
	return []Record{
		{1, &meta.BrokerRegistrationChangeRecord{BrokerID: c.NodeID(), BrokerEpoch: c.brokerEpoch, InControlledShutdown: 1}},
		{0, &meta.BrokerRegistrationChangeRecord{BrokerID: c.NodeID(), BrokerEpoch: c.brokerEpoch, Fenced: 1}},
	}
}
