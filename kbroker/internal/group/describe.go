package group

import (
	"strings"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Describe answers DescribeGroups for one group. Up to v5 a group that does not exist is Dead and that is no error.
func (s *Shard) Describe(id string, version int16) api.DescribeGroupsResponseDescribedGroup {
	r := api.NewDescribeGroupsResponseDescribedGroup()
	r.GroupID = id
	r.Members = []api.DescribeGroupsResponseDescribedGroupMember{}
	g := s.groups[id]
	if g == nil {
		r.GroupState = Dead.String()
		if version >= 6 {
			r.ErrorCode, r.ErrorMessage = errcode.GroupIDNotFound, wire.Some("Group "+id+" not found.")
		}
		return r
	}
	r.GroupState, r.ProtocolType = g.state.String(), g.protocolType.V
	if g.state == Stable {
		r.ProtocolData = g.protocol.V
	}
	for _, m := range g.order {
		d := api.DescribeGroupsResponseDescribedGroupMember{
			MemberID: m.id, GroupInstanceID: m.instanceID, ClientID: m.clientID, ClientHost: m.clientHost,
			MemberMetadata: []byte{}, MemberAssignment: m.assignment,
		}
		if g.state == Stable {
			if metadata, ok := m.metadata(g.protocol.V); ok {
				d.MemberMetadata = metadata
			}
		}
		r.Members = append(r.Members, d)
	}
	return r
}

// List appends the groups that pass the filters of ListGroups: states and types, neither of which cares for upper
// and lower case. An empty filter lets everything pass.
func (s *Shard) List(to []api.ListGroupsResponseListedGroup, req *api.ListGroupsRequest) []api.ListGroupsResponseListedGroup {
	if len(req.TypesFilter) > 0 && !containsFold(req.TypesFilter, classicType) {
		return to
	}
	for _, g := range s.groups {
		if len(req.StatesFilter) > 0 && !containsFold(req.StatesFilter, g.state.String()) {
			continue
		}
		to = append(to, api.ListGroupsResponseListedGroup{
			GroupID: g.id, ProtocolType: g.protocolType.V, GroupState: g.state.String(), GroupType: classicType,
		})
	}
	return to
}

// classicType is the type of all groups that this broker coordinates.
const classicType = "classic"

func containsFold(filter []string, s string) bool {
	for _, f := range filter {
		if strings.EqualFold(strings.TrimSpace(f), s) {
			return true
		}
	}
	return false
}
