package tap

import (
	"encoding/binary"
	"strings"
	"sync"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
)

// asked is a request whose answer has not come.
type asked struct {
	key         kwire.APIKey
	version     int16
	correlation int32
	// unknown says that it is no request that kwire knows; token that it is bytes
	// of SASL, which have no header, and so has what answers them.
	unknown, token bool
}

// maxAsked is how many requests of a connection are remembered. Produce requests
// that want no answer stay until a later request is answered.
const maxAsked = 1 << 14

// dialogue knows what the answers of one connection answer.
type dialogue struct {
	mu      sync.Mutex
	waiting []asked
	tokens  int // how many SASL tokens the client still sends
}

// anyTokens stands for a mechanism whose number of tokens is not known: they end
// where a request begins.
const anyTokens = -1

// request takes the head of what a client sends.
func (d *dialogue) request(size int, head []byte) asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	var a asked
	known := false
	if len(head) >= 8 {
		a.key, a.version = kwire.APIKey(binary.BigEndian.Uint16(head)), int16(binary.BigEndian.Uint16(head[2:]))
		a.correlation = int32(binary.BigEndian.Uint32(head[4:]))
		known = a.key.HasVersion(a.version) && hasClientID(a, size, head)
	}
	switch {
	case d.tokens > 0:
		d.tokens--
		a = asked{unknown: true, token: true}
	case d.tokens == anyTokens && !known:
		a = asked{unknown: true, token: true}
	default:
		d.tokens = 0
		a.unknown = !known
	}
	if len(d.waiting) >= maxAsked {
		d.waiting = append(d.waiting[:0], d.waiting[maxAsked/2:]...)
	}
	d.waiting = append(d.waiting, a)
	return a
}

// hasClientID reports whether a client id can stand where one must.
func hasClientID(a asked, size int, head []byte) bool {
	if kwire.RequestHeaderVersion(a.key, a.version) == 0 {
		return true
	}
	if len(head) < headBytes {
		return false
	}
	n := int(int16(binary.BigEndian.Uint16(head[8:])))
	return n >= -1 && n <= size-headBytes
}

// isHandshake reports whether SASL tokens without headers follow a request.
func (a asked) isHandshake() bool {
	return !a.unknown && a.key == kwire.SaslHandshake && a.version == 0
}

// handshake reads a SaslHandshake v0 request: how many tokens come after it.
func (d *dialogue) handshake(payload []byte) {
	tokens := anyTokens
	if r, err := kwire.DecodeRequest(payload); err == nil {
		switch m := r.Body.(*api.SaslHandshakeRequest).Mechanism; {
		case m == "PLAIN", m == "OAUTHBEARER":
			tokens = 1
		case strings.HasPrefix(m, "SCRAM-"):
			tokens = 2
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens = tokens
}

// answer finds what an answer answers, given its head. Requests before it that
// have had none will get none. It is unknown if nothing fits.
func (d *dialogue) answer(head []byte) asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) > 0 && d.waiting[0].token {
		a := d.waiting[0]
		d.waiting = d.waiting[1:]
		return a
	}
	if len(head) >= 4 {
		correlation := int32(binary.BigEndian.Uint32(head))
		for i, a := range d.waiting {
			if !a.token && a.correlation == correlation {
				d.waiting = d.waiting[i+1:]
				return a
			}
		}
	}
	return asked{unknown: true}
}
