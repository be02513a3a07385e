package stored

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// A State is what the records of the metadata log amount to: a broker that had read so far would know it. Give it the
// batches of a snapshot, of the segments after it, or of the log from its start, in their order.
type State struct {
	// First and Last are the offsets of the first and the last record that were given to it, −1 before.
	First, Last int64
	// Unread counts records that could not be read and are left out.
	Unread int

	root    item
	opened  bool // within a transaction
	pending []change
}

// A change is a record, in a batch that starts at an offset of the file.
type change struct {
	inspect.Node
	at int
}

// NewState returns the state before the first record.
func NewState() *State { return &State{First: -1, Last: -1} }

// Pending is how many records there are of a metadata transaction that has not ended: they are not in the state yet.
func (s *State) Pending() int { return len(s.pending) }

// An item is a thing that has an id: a topic, a partition of it, a broker; or a group of them.
type item struct {
	fields []Item
	below  map[string]*item
}

// An Item is a row of a State: a group, a thing with an id, a field of it, or an element.
type Item struct {
	Name string
	Text string // of a value; of a list of values "[1, 2]"
	List bool   // Below are elements, which have no names
	// At and Size are the place in the file of the bytes that last said so, 0 for what has none.
	At, Size int
	Below    []Item
}

// A rule says what a kind of records does.
type rule struct {
	record string
	does   action
	// path is the group, and the fields whose values are the ids at each level below it; a level may have two.
	path string
	// only names the fields that are kept, "" for all; or for sets the field and its value.
	only string
}

type action uint8

const (
	put    action = iota // the thing is as the record says
	patch                // what the record has replaces what was there; null says nothing
	remove               // the thing is gone, and what is below it
	sets                 // one field gets a value
)

var rules = [...]rule{
	{"LeaderChangeMessage", patch, "Quorum", "LeaderId"},
	{"KRaftVersionRecord", patch, "Quorum", "KRaftVersion"},
	{"VotersRecord", patch, "Quorum", "Voters"},
	{"FeatureLevelRecord", put, "Features Name", ""},
	{"RegisterControllerRecord", put, "Controllers ControllerId", ""},
	{"UnregisterControllerRecord", remove, "Controllers ControllerId", ""},
	{"RegisterBrokerRecord", put, "Brokers BrokerId", ""},
	{"UnregisterBrokerRecord", remove, "Brokers BrokerId", ""},
	{"BrokerRegistrationChangeRecord", patch, "Brokers BrokerId", ""},
	{"FenceBrokerRecord", sets, "Brokers Id", "Fenced true"},
	{"UnfenceBrokerRecord", sets, "Brokers Id", "Fenced false"},
	{"TopicRecord", put, "Topics TopicId", ""},
	{"RemoveTopicRecord", remove, "Topics TopicId", ""},
	{"PartitionRecord", put, "Topics TopicId PartitionId", ""},
	{"PartitionChangeRecord", patch, "Topics TopicId PartitionId", ""},
	{"ConfigRecord", put, "Configs ResourceType,ResourceName Name", ""},
	{"ClientQuotaRecord", put, "Quotas Entity Key", "Value"},
	{"ProducerIdsRecord", put, "ProducerIds", ""},
	{"AccessControlEntryRecord", put, "Acls Id", ""},
	{"RemoveAccessControlEntryRecord", remove, "Acls Id", ""},
	{"UserScramCredentialRecord", put, "ScramUsers Name Mechanism", "Iterations"},
	{"RemoveUserScramCredentialRecord", remove, "ScramUsers Name Mechanism", ""},
	{"DelegationTokenRecord", put, "DelegationTokens TokenId", "Owner"},
	{"RemoveDelegationTokenRecord", remove, "DelegationTokens TokenId", ""},
	{"ZkMigrationStateRecord", put, "ZkMigration", ""},
}

// Apply reads a batch that starts at an offset of its file, up to and with the record of an offset of the log. It
// reports whether it came to the batch's end.
func (s *State) Apply(batch []byte, at int, upTo int64) bool {
	if isNoOp(batch) {
		return s.reached(int64(binary.BigEndian.Uint64(batch)), upTo)
	}
	t := inspect.Options{Log: inspect.MetadataLog, MaxNodes: maxReplayNodes}.Frame(batch, File{Kind: Segment}.Layout(nil))
	offset := int64(0)
	for n := range t.All() {
		v, _ := n.Int()
		switch {
		case n.Name() == "BaseOffset":
			offset = v
		case n.Name() == "OffsetDelta":
			if !s.reached(offset+v, upTo) {
				return false
			}
		case n.Kind() == inspect.MessageNode:
			s.message(change{n, at})
		case n.IsBad(), n.Kind() == inspect.MoreNode, n.Kind() == inspect.VarBytesNode && n.Name() == "Value" && !n.IsNull():
			s.Unread++
		}
	}
	return true
}

// maxReplayNodes is more than a batch of Kafka's controllers has, which take 8 MiB at most.
const maxReplayNodes = 1 << 23

// isNoOp recognises a batch of one NoOpRecord: a controller writes two a second, so that a log has little else.
func isNoOp(batch []byte) bool {
	const size, value = 72, 67
	return len(batch) == size && string(batch[value:value+4]) == "\x01\x14\x00\x00" && batch[value-1] == 8
}

// reached notes the offset of a record, and reports whether that is to be read.
func (s *State) reached(offset, upTo int64) bool {
	if offset > upTo {
		return false
	}
	if s.Last = offset; s.First < 0 {
		s.First = offset
	}
	return true
}

// message applies a record, or keeps it until its transaction ends.
func (s *State) message(c change) {
	m, _ := c.Message()
	switch {
	case m.Name == "BeginTransactionRecord":
		s.opened = true
	case m.Name == "EndTransactionRecord":
		for _, p := range s.pending {
			s.record(p)
		}
		s.pending, s.opened = nil, false
	case m.Name == "AbortTransactionRecord":
		s.pending, s.opened = nil, false
	case s.opened && m.Kind == schema.KindMetadata:
		s.pending = append(s.pending, c)
	default:
		s.record(c)
	}
}

func (s *State) record(c change) {
	m, _ := c.Message()
	if m.Name == "ClearElrRecord" {
		s.clearELR(c.find("TopicName").Text)
		return
	}
	for i := range rules {
		if rules[i].record == m.Name {
			s.apply(&rules[i], c)
			return
		}
	}
}

// apply does what a rule says with a record.
func (s *State) apply(r *rule, c change) {
	ids := strings.Split(r.path, " ")
	for i := range ids[1:] {
		first, second, both := strings.Cut(ids[i+1], ",")
		if ids[i+1] = c.find(first).id(); both {
			ids[i+1] += " " + c.find(second).id()
		}
	}
	last := len(ids) - 1
	if r.does == remove || r.takesAway(c) {
		if above := s.root.at(ids[:last], false); above != nil && above.below[ids[last]] != nil {
			s.forget(r, above, ids[last])
		}
		return
	}
	it := s.root.at(ids, r.does == put || last == 0)
	switch {
	case it == nil: // a change of something that is not there
	case r.does == sets:
		name, value, _ := strings.Cut(r.only, " ")
		it.set(Item{Name: name, Text: value, At: c.at + c.Offset(), Size: c.Size()})
	case r.does == put:
		it.fields = nil
		s.fields(it, r, c)
	default:
		s.fields(it, r, c)
	}
}

// takesAway reports whether a record of what is there says that it is not.
func (r *rule) takesAway(c change) bool {
	switch r.record {
	case "ConfigRecord":
		return c.find("Value").Text == "null"
	case "ClientQuotaRecord":
		return c.find("Remove").Text == "true"
	case "FeatureLevelRecord":
		return c.find("FeatureLevel").Text == "0"
	}
	return false
}

// forget removes a thing; the configs of a topic go with it.
func (s *State) forget(r *rule, above *item, id string) {
	if configs := s.root.below["Configs"]; configs != nil && r.record == "RemoveTopicRecord" {
		delete(configs.below, "TOPIC "+above.below[id].field("Name").Text)
	}
	delete(above.below, id)
}

// fields takes over what a record has in it.
func (s *State) fields(it *item, r *rule, c change) {
	led := false
	path := strings.ReplaceAll(r.path, ",", " ") + " "
	each(c.Node, func(n inspect.Node) {
		name := n.Field().Name
		if strings.Contains(path, " "+name+" ") || r.only != "" && name != r.only || r.does == patch && n.IsNull() {
			return
		}
		v := value(n, c.at)
		if old := it.field(name).Text; r.does == patch && (old == "true" || old == "false") { // -1 and 1 in a record of changes
			number, _ := n.Int()
			v.Text = strconv.FormatBool(number > 0)
		}
		led = led || name == "Leader"
		it.set(v)
	})
	if r.record == "PartitionChangeRecord" { // its epochs are not in it
		if led {
			it.count("LeaderEpoch", c)
		}
		it.count("PartitionEpoch", c)
	}
}

// clearELR forgets the eligible leaders of a topic, or of all.
func (s *State) clearELR(topic string) {
	topics := s.root.below["Topics"]
	if topics == nil {
		return
	}
	for _, t := range topics.below {
		if topic != "" && t.field("Name").Text != topic {
			continue
		}
		for _, p := range t.below {
			for _, name := range [...]string{"EligibleLeaderReplicas", "LastKnownElr"} {
				if p.field(name).Name != "" {
					p.set(Item{Name: name, Text: "[]", List: true})
				}
			}
		}
	}
}

// at is the item with ids below this one, made if wanted.
func (it *item) at(ids []string, make bool) *item {
	for _, id := range ids {
		next := it.below[id]
		if next == nil {
			if !make {
				return nil
			}
			if it.below == nil {
				it.below = map[string]*item{}
			}
			next = &item{}
			it.below[id] = next
		}
		it = next
	}
	return it
}

// field is that of a name, the zero Item if there is none.
func (it *item) field(name string) Item {
	for _, f := range it.fields {
		if f.Name == name {
			return f
		}
	}
	return Item{}
}

func (it *item) set(f Item) {
	for i := range it.fields {
		if it.fields[i].Name == f.Name {
			it.fields[i] = f
			return
		}
	}
	it.fields = append(it.fields, f)
}

// count adds one to a number, as a record does.
func (it *item) count(name string, c change) {
	v, _ := strconv.Atoi(it.field(name).Text)
	it.set(Item{Name: name, Text: strconv.Itoa(v + 1), At: c.at + c.Offset(), Size: c.Size()})
}
