package group

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// protocol is one way to assign partitions that a member offers, with what the leader needs to know for it.
type protocol struct {
	name     string
	metadata []byte
}

type member struct {
	id         string
	instanceID wire.Null[string] // static members have one
	clientID   string
	clientHost string

	rebalanceTimeoutMs int32
	sessionTimeoutMs   int32
	protocols          []protocol // in order of preference
	assignment         []byte

	join, sync Ticket // the requests of this member that wait
	isNew      bool   // has never been in a generation
	deadline   time.Time
}

func (m *member) isStatic() bool { return m.instanceID.Valid }

// metadata returns what the member said for a protocol, and whether it offers it.
func (m *member) metadata(name string) ([]byte, bool) {
	for _, p := range m.protocols {
		if p.name == name {
			return p.metadata, true
		}
	}
	return nil, false
}

// vote returns the member's first choice among the candidates.
func (m *member) vote(candidates map[string]bool) string {
	for _, p := range m.protocols {
		if candidates[p.name] {
			return p.name
		}
	}
	return ""
}

// matches reports whether a member joins again with what we know of it.
func (m *member) matches(ps []protocol) bool {
	return slices.EqualFunc(m.protocols, ps, func(a, b protocol) bool {
		return a.name == b.name && bytes.Equal(a.metadata, b.metadata)
	})
}

// isWaiting reports whether a member whose session timed out is alive all the same, because its request is parked
// here. A new member is not believed that: see NewMemberJoinTimeout.
func (m *member) isWaiting() bool { return !m.isNew && (m.join != 0 || m.sync != 0) }

// protocolsOf copies the protocols of a request, which shares its memory with a network frame. Of two with the same
// name the first counts.
func protocolsOf(req *api.JoinGroupRequest) []protocol {
	ps := make([]protocol, 0, len(req.Protocols))
	for _, p := range req.Protocols {
		if !slices.ContainsFunc(ps, func(q protocol) bool { return q.name == p.Name }) {
			ps = append(ps, protocol{strings.Clone(p.Name), copyBytes(p.Metadata)})
		}
	}
	return ps
}

// copyBytes copies b; what it returns is never nil, because the wire has no null here.
func copyBytes(b []byte) []byte {
	if len(b) == 0 {
		return []byte{}
	}
	return bytes.Clone(b)
}

func cloneNull(s wire.Null[string]) wire.Null[string] {
	return wire.Null[string]{V: strings.Clone(s.V), Valid: s.Valid}
}
