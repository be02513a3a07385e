package live

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/kwire-project/kafka/capture"
)

const (
	// sendEvery is how often what is queued is sent. Publishing wakes nobody.
	sendEvery = 50 * time.Millisecond
	// writeTimeout ends the stream of a watcher that takes nothing for so long.
	writeTimeout = 15 * time.Second
	// MinTokenBytes is the shortest token that is accepted.
	MinTokenBytes = 16
)

// Handler streams what passes through a hub to those who GET it. Without a token
// only programs and pages on this machine are served; with one, all who give it
// ("Authorization: Bearer TOKEN"). A page of another origin is refused in either
// case, and so is a host name that was made to point here (DNS rebinding).
func Handler(h *Hub, token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Cache-Control", "no-store")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			head.Set("Allow", "GET, HEAD")
			http.Error(w, "this stream only gives", http.StatusMethodNotAllowed)
			return
		}
		if why := foreign(r, token != ""); why != "" {
			http.Error(w, why, http.StatusForbidden)
			return
		}
		if token != "" && !hasToken(r, token) {
			head.Set("WWW-Authenticate", `Bearer realm="kwire live"`)
			http.Error(w, "the live view wants its token, as Authorization: Bearer TOKEN", http.StatusUnauthorized)
			return
		}
		head.Set("Content-Type", "application/octet-stream")
		head.Set("Content-Disposition", `attachment; filename="live.kwire"`)
		if r.Method == http.MethodHead {
			return
		}
		h.serve(w, r)
	})
}

// foreign says why a request is not from where it may be, "" if it is.
func foreign(r *http.Request, withToken bool) string {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none": // a program, our own page, the address line
	default:
		return "the live view is only for its own page"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(u.Host, r.Host) {
			return "the live view is only for its own page"
		}
	}
	if withToken {
		return ""
	}
	// Without a token the name must be one that nobody else can hand out.
	host := (&url.URL{Host: r.Host}).Hostname()
	if _, err := netip.ParseAddr(host); err != nil && !strings.EqualFold(host, "localhost") {
		return "without a token the live view is only served at localhost and at addresses in numbers"
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !peer.Addr().Unmap().IsLoopback() {
		return "without a token the live view is only served on its own machine"
	}
	return ""
}

// hasToken compares hashes, so that neither content nor length is told by time.
func hasToken(r *http.Request, token string) bool {
	given := sha256.Sum256([]byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
	want := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

// serve streams until the watcher leaves or no longer reads.
func (h *Hub) serve(w http.ResponseWriter, r *http.Request) {
	who := h.watch()
	if who == nil {
		http.Error(w, "there are too many watchers; close another live view", http.StatusServiceUnavailable)
		return
	}
	defer h.leave(who)
	out := http.NewResponseController(w)
	send := func(b []byte) bool {
		if out.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
			return false
		}
		if _, err := w.Write(b); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !send(capture.AppendStreamHeader(nil)) {
		return
	}
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	var sent []byte
	for {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
		if sent = h.take(who, sent); len(sent) > 0 && !send(sent) {
			return
		}
	}
}
