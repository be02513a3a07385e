package tap

import (
	"encoding/binary"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// A place is where clients are to connect instead of a broker's own address.
type place func(host string, port int32) (string, int32)

// hasAddresses reports whether answers to a request may tell addresses that
// clients connect to.
func (a asked) hasAddresses() bool {
	if a.unknown {
		return false
	}
	switch a.key {
	case kwire.Metadata, kwire.FindCoordinator, kwire.DescribeCluster, kwire.ShareFetch, kwire.ShareAcknowledge:
		return true
	case kwire.Produce:
		return a.version >= 10
	case kwire.Fetch:
		return a.version >= 16
	}
	return false
}

// rewrite returns the frame of an answer, given its payload, with the addresses
// that clients are to use; nil if there is nothing to change in it. An answer
// that cannot be read is an error, and stays as it is.
func rewrite(a asked, payload []byte, local place) ([]byte, error) {
	header := api.ResponseHeader{}
	o := &wire.DecodeOptions{Alias: true, Lenient: true}
	n, err := header.DecodeFrom(payload, kwire.ResponseHeaderVersion(a.key, a.version), o)
	if err != nil {
		return nil, err
	}
	body := kwire.NewResponse(a.key)
	if _, err := body.DecodeFrom(payload[n:], a.version, o); err != nil {
		return nil, err
	}
	if !relocate(body, local) {
		return nil, nil
	}
	frame := append(make([]byte, sizeBytes, sizeBytes+n+body.Size(a.version)), payload[:n]...)
	if frame, err = body.AppendTo(frame, a.version); err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-sizeBytes))
	return frame, nil
}

// relocate changes the addresses in an answer and reports whether there were any.
func relocate(body wire.Message, local place) (changed bool) {
	move := func(host *string, port *int32) {
		if *host == "" || *port <= 0 { // nobody: an error stands beside it
			return
		}
		h, p := local(*host, *port)
		changed = changed || h != *host || p != *port
		*host, *port = h, p
	}
	switch m := body.(type) {
	case *api.MetadataResponse:
		for i := range m.Brokers {
			move(&m.Brokers[i].Host, &m.Brokers[i].Port)
		}
	case *api.FindCoordinatorResponse:
		move(&m.Host, &m.Port)
		for i := range m.Coordinators {
			move(&m.Coordinators[i].Host, &m.Coordinators[i].Port)
		}
	case *api.DescribeClusterResponse:
		for i := range m.Brokers {
			move(&m.Brokers[i].Host, &m.Brokers[i].Port)
		}
	case *api.ProduceResponse:
		for i := range m.NodeEndpoints {
			move(&m.NodeEndpoints[i].Host, &m.NodeEndpoints[i].Port)
		}
	case *api.FetchResponse:
		for i := range m.NodeEndpoints {
			move(&m.NodeEndpoints[i].Host, &m.NodeEndpoints[i].Port)
		}
	case *api.ShareFetchResponse:
		for i := range m.NodeEndpoints {
			move(&m.NodeEndpoints[i].Host, &m.NodeEndpoints[i].Port)
		}
	case *api.ShareAcknowledgeResponse:
		for i := range m.NodeEndpoints {
			move(&m.NodeEndpoints[i].Host, &m.NodeEndpoints[i].Port)
		}
	}
	return changed
}
