package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/kbroker/internal/config"
)

// Server is the listeners and connections of one broker.
type Server struct {
	cfg     *config.Config
	handler Handler
	log     *slog.Logger
	events  *events
	limits  limits
	live    *live.Hub
	bulk    *budget // bytes of large requests
	small   *budget // bytes of small ones

	draining  context.Context // ends when the server is told to stop
	drain     context.CancelFunc
	lastID    atomic.Int64
	listeners []*listener
	accepting sync.WaitGroup
	running   sync.WaitGroup // connections

	mu             sync.Mutex
	closed         sync.Cond // a connection was
	maxConnections int
	conns          map[*conn]struct{}
	perHost        map[netip.Addr]int
	full           bool // has been logged
}

// listener is an open listener and what clients are told about it.
type listener struct {
	net.Listener
	config config.Listener
}

// Listen opens all listeners. Clients can connect from then on, and wait until Serve. What they and the broker say is
// shown to whoever watches the hub, which may be nil.
func Listen(cfg *config.Config, log *slog.Logger, hub *live.Hub) (*Server, error) {
	s, err := listen(cfg, log, defaultLimits())
	if err != nil {
		return nil, err
	}
	s.live = hub
	return s, nil
}

func listen(cfg *config.Config, log *slog.Logger, l limits) (*Server, error) {
	s := &Server{
		cfg:            cfg,
		log:            log,
		events:         newEvents(log, l, time.Now),
		limits:         l,
		maxConnections: connectionsFor(int(cfg.MaxConnections), fileLimit()),
		conns:          map[*conn]struct{}{},
		perHost:        map[netip.Addr]int{},
	}
	s.closed.L = &s.mu
	s.draining, s.drain = context.WithCancel(context.Background())
	// A quarter of the memory is for small requests, so that uploads cannot keep everyone else out.
	s.bulk, s.small = newBudget(-1), newBudget(-1)
	if total := cfg.QueuedMaxRequestBytes; total >= 0 {
		s.bulk, s.small = newBudget(total-total/4), newBudget(total/4)
	}
	for _, want := range cfg.BrokerListeners() {
		l, err := net.Listen("tcp", net.JoinHostPort(want.Host, strconv.Itoa(want.Port)))
		if err != nil {
			s.closeListeners()
			return nil, fmt.Errorf("listener %s: %w", want.Name, err)
		}
		s.listeners = append(s.listeners, &listener{Listener: l, config: want})
	}
	return s, nil
}

// Serve begins to accept connections and returns. It is called once.
func (s *Server) Serve(h Handler) {
	s.handler = h
	for _, l := range s.listeners {
		s.accepting.Add(1)
		go s.accept(l)
	}
}

// DialAddr returns host:port of the first listener, for a client on this machine.
func (s *Server) DialAddr() string {
	first := s.listeners[0]
	host := first.config.Host
	if host == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, strconv.Itoa(first.Addr().(*net.TCPAddr).Port))
}

// Shutdown stops: no more connections, no more frames; handlers that wait are told to end, frames that have been
// received are answered, and then all connections are closed. When ctx ends first, they are closed as they are.
func (s *Server) Shutdown(ctx context.Context) error {
	s.drain()
	s.closeListeners()
	s.mu.Lock()
	s.closed.Broadcast()
	for c := range s.conns {
		_ = c.nc.SetReadDeadline(past) // wakes its reader; it fails only when the socket is already closed
	}
	s.mu.Unlock()
	s.bulk.wake()
	s.small.wake()

	done := make(chan struct{})
	go func() {
		s.accepting.Wait()
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	left := len(s.conns)
	for c := range s.conns {
		c.nc.Close()
	}
	s.mu.Unlock()
	return fmt.Errorf("%d connections still had requests: %w", left, ctx.Err())
}

func (s *Server) closeListeners() {
	for _, l := range s.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.log.Warn("closing a listener", "listener", l.config.Name, "why", err)
		}
	}
}

// advertised says how a client should dial this broker, given the address at which the client has reached it.
func (l *listener) advertised(reached net.Addr) (host string, port int32) {
	host, port = l.config.AdvertisedHost, int32(l.config.AdvertisedPort)
	if port == 0 {
		port = int32(l.Addr().(*net.TCPAddr).Port)
	}
	if host != "" {
		return host, port
	}
	addr := hostOf(reached)
	// Several clients cannot tell host from port in "::1:9092", and the name means the same.
	if addr == netip.IPv6Loopback() {
		return "localhost", port
	}
	return addr.String(), port
}

// hostOf is the address of a TCP peer, an IPv4 one always in its own form.
func hostOf(addr net.Addr) netip.Addr {
	return addr.(*net.TCPAddr).AddrPort().Addr().Unmap()
}
