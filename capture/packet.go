package capture

import "encoding/binary"

// A segment is what one packet carries of a TCP stream.
type segment struct {
	key      flowKey
	seq, ack uint32
	flags    byte
	payload  []byte
	cut      int // bytes of the payload that were not captured
	trailer  int // bytes after the payload: padding of the link
}

// flowKey is one direction of a connection: addresses as 16 bytes each.
type flowKey struct {
	from, to         [16]byte
	fromPort, toPort uint16
	four             bool // the addresses are IPv4
}

func (k flowKey) reversed() flowKey {
	return flowKey{from: k.to, to: k.from, fromPort: k.toPort, toPort: k.fromPort, four: k.four}
}

// Flags of a TCP header.
const (
	tcpFIN = 1 << iota
	tcpSYN
	tcpRST
	_
	tcpACK
)

// Link types, from the registry at tcpdump.org.
const (
	linkNull     = 0
	linkEthernet = 1
	linkRawBSD   = 12
	linkRawOpen  = 14
	linkRaw      = 101
	linkLoop     = 108
	linkCooked   = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkCooked2  = 276
)

const (
	etherHeaderBytes = 14
	vlanBytes        = 4
	maxVLANs         = 4
	nullBytes        = 4
	cookedBytes      = 16
	cooked2Bytes     = 20
	ipv4MinBytes     = 20
	ipv6Bytes        = 40
	tcpMinBytes      = 20
	maxIPv6Headers   = 16

	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd

	protocolTCP         = 6
	ipv6HopByHop        = 0
	ipv6Routing         = 43
	ipv6Fragment        = 44
	ipv6Authentication  = 51
	ipv6Destination     = 60
	ipv6Mobility        = 135
	fragmentOffset      = 0x1fff
	moreFragments       = 0x2000
	ipv6FragmentOffset  = 0xfff8
	ipv6MoreFragments   = 1
	ipv6FragmentHeaders = 8
)

// network finds the IP packet in a packet of a link; why is the reason if there
// is none.
func network(link int, p []byte) (ip []byte, why string) {
	switch link {
	case linkEthernet:
		return ethernet(p, 12)
	case linkCooked:
		return ethernet(p, cookedBytes-2)
	case linkCooked2:
		if len(p) < cooked2Bytes {
			return nil, "too short for its link's header"
		}
		t := binary.BigEndian.Uint16(p)
		if t == etherIPv4 || t == etherIPv6 {
			return p[cooked2Bytes:], ""
		}
		if isVLAN(t) {
			return ethernet(p[cooked2Bytes-2:], 2)
		}
		return nil, "not of IP"
	case linkNull, linkLoop:
		if len(p) < nullBytes {
			return nil, "too short for its link's header"
		}
		return p[nullBytes:], ""
	case linkRaw, linkRawBSD, linkRawOpen, linkIPv4, linkIPv6:
		return p, ""
	}
	return nil, "of a link type that is not known here"
}

// ethernet reads a type field at an offset, and VLAN tags, which come before
// the real one.
func ethernet(p []byte, at int) ([]byte, string) {
	for range maxVLANs {
		if len(p) < at+2 {
			return nil, "too short for its link's header"
		}
		t := binary.BigEndian.Uint16(p[at:])
		switch {
		case t == etherIPv4 || t == etherIPv6:
			return p[at+2:], ""
		case isVLAN(t):
			at += vlanBytes
			continue
		}
		return nil, "not of IP"
	}
	return nil, "not of IP"
}

func isVLAN(etherType uint16) bool {
	return etherType == 0x8100 || etherType == 0x88a8 || etherType == 0x9100
}

// transport reads an IP packet and the TCP header in it. wire is how many bytes
// the packet had on the network, which a capture may have cut.
func transport(ip []byte, wire int) (s segment, why string) {
	if len(ip) == 0 {
		return s, "too short for IP"
	}
	var tcp []byte
	var total int // of the IP packet, as it says itself
	switch ip[0] >> 4 {
	case 4:
		header := int(ip[0]&15) * 4
		if len(ip) < ipv4MinBytes || header < ipv4MinBytes || header > len(ip) {
			return s, "too short for IP"
		}
		if ip[9] != protocolTCP {
			return s, "not of TCP"
		}
		if binary.BigEndian.Uint16(ip[6:])&(fragmentOffset|moreFragments) != 0 {
			return s, "a fragment of an IP packet"
		}
		if total = int(binary.BigEndian.Uint16(ip[2:])); total == 0 {
			total = wire // segmentation offload: the card fills it in
		}
		if total < header {
			return s, "of a length that cannot be"
		}
		copy(s.key.from[:], ip[12:16])
		copy(s.key.to[:], ip[16:20])
		s.key.four = true
		tcp, total = ip[header:], total-header
	case 6:
		if len(ip) < ipv6Bytes {
			return s, "too short for IP"
		}
		if total = int(binary.BigEndian.Uint16(ip[4:])); total == 0 {
			total = wire - ipv6Bytes
		}
		copy(s.key.from[:], ip[8:24])
		copy(s.key.to[:], ip[24:40])
		header, reason := ipv6Headers(ip[ipv6Bytes:], ip[6])
		if reason != "" {
			return s, reason
		}
		tcp, total = ip[ipv6Bytes+header:], total-header
	default:
		return s, "not of IP"
	}
	if len(tcp) < tcpMinBytes {
		return s, "too short for TCP"
	}
	header := int(tcp[12]>>4) * 4
	if header < tcpMinBytes || header > total || header > len(tcp) {
		return s, "too short for TCP"
	}
	s.key.fromPort, s.key.toPort = binary.BigEndian.Uint16(tcp), binary.BigEndian.Uint16(tcp[2:])
	s.seq, s.ack, s.flags = binary.BigEndian.Uint32(tcp[4:]), binary.BigEndian.Uint32(tcp[8:]), tcp[13]
	have := min(total, len(tcp))
	s.payload, s.cut, s.trailer = tcp[header:have], total-have, len(tcp)-have
	return s, ""
}

// ipv6Headers skips what may stand between the headers of IPv6 and TCP.
func ipv6Headers(p []byte, next byte) (n int, why string) {
	for range maxIPv6Headers {
		if next == protocolTCP {
			return n, ""
		}
		if len(p)-n < 8 {
			return 0, "not of TCP"
		}
		size := (int(p[n+1]) + 1) * 8
		switch next {
		case ipv6HopByHop, ipv6Routing, ipv6Destination, ipv6Mobility:
		case ipv6Authentication:
			size = (int(p[n+1]) + 2) * 4
		case ipv6Fragment:
			size = ipv6FragmentHeaders
			if f := binary.BigEndian.Uint16(p[n+2:]); f&(ipv6FragmentOffset|ipv6MoreFragments) != 0 {
				return 0, "a fragment of an IP packet"
			}
		default:
			return 0, "not of TCP"
		}
		if next, n = p[n], n+size; n > len(p) {
			return 0, "too short for IP"
		}
	}
	return 0, "not of TCP"
}
