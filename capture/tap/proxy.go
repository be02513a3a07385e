package tap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kwire-project/kafka/capture/live"
)

// Options say what to proxy, and for whom.
type Options struct {
	Listen   string    // address of the listener for clients' first connections: host:port
	Upstream string    // address of a broker of the cluster: host:port
	Hub      *live.Hub // shows what passes
	// Advertise is the host that clients are told; "" is the address at which they
	// have reached the proxy.
	Advertise string
	// Note is told, at most once a second, what does not go as it should.
	Note func(text string)
}

const (
	// maxNodes is how many brokers get a listener; maxLinks how many clients'
	// connections there are at a time.
	maxNodes = 512
	maxLinks = 4096
	// portTries is how many ports behind the first one are tried for a broker
	// before the system chooses one.
	portTries   = 64
	dialTimeout = 10 * time.Second
	acceptPause = 100 * time.Millisecond
	noteEvery   = time.Second
)

// Proxy is a running proxy.
type Proxy struct {
	o      Options
	hub    *live.Hub
	ctx    context.Context
	cancel context.CancelFunc
	lastID atomic.Uint64
	held   atomic.Int64 // bytes of answers that wait until they are whole
	under  sync.WaitGroup

	mu    sync.Mutex
	nodes map[string]*node // by the brokers' addresses
	links map[*link]struct{}

	notes struct {
		mu      sync.Mutex
		last    time.Time
		leftOut int
	}
}

// node is a broker and the listener for it.
type node struct {
	net.Listener
	broker string
}

func (n *node) port() int { return n.Addr().(*net.TCPAddr).Port }

// Start opens the first listener and returns. Whether the broker can be reached
// shows when a client connects.
func Start(o Options) (*Proxy, error) {
	if _, _, err := net.SplitHostPort(o.Upstream); err != nil {
		return nil, fmt.Errorf("the broker's address: %w", err)
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, err
	}
	p := &Proxy{o: o, hub: o.Hub, nodes: map[string]*node{}, links: map[*link]struct{}{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.add(&node{l, o.Upstream})
	return p, nil
}

// Addr is the address of the first listener.
func (p *Proxy) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nodes[p.o.Upstream].Addr().String()
}

// Close ends all connections.
func (p *Proxy) Close() {
	p.cancel()
	p.mu.Lock()
	for _, n := range p.nodes {
		n.Close()
	}
	for l := range p.links {
		l.client.Close()
		l.up.Close()
	}
	p.mu.Unlock()
	p.under.Wait()
}

// add serves a node, unless the proxy is closed. p.mu is held, or nobody else
// knows p.
func (p *Proxy) add(n *node) {
	p.nodes[n.broker] = n
	p.under.Go(func() { p.accept(n) })
}

// placeFor returns the place of brokers for a client that has reached an address.
func (p *Proxy) placeFor(reached net.Addr) place {
	host := p.o.Advertise
	if host == "" {
		addr := reached.(*net.TCPAddr).AddrPort().Addr().Unmap().WithZone("")
		if host = addr.String(); addr == netip.IPv6Loopback() {
			host = "localhost" // several clients cannot tell host from port in "::1:9092"
		}
	}
	return func(h string, port int32) (string, int32) {
		n, err := p.nodeFor(net.JoinHostPort(h, strconv.Itoa(int(port))))
		if err != nil {
			p.note("clients reach broker %s:%d without the proxy: %v", h, port, err)
			return h, port
		}
		return host, int32(n.port())
	}
}

// nodeFor returns the node of a broker, and opens its listener if it is new.
func (p *Proxy) nodeFor(broker string) (*node, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.nodes[broker]; n != nil {
		return n, nil
	}
	if len(p.nodes) >= maxNodes {
		return nil, fmt.Errorf("there are %d listeners for brokers already", len(p.nodes))
	}
	if p.ctx.Err() != nil {
		return nil, p.ctx.Err()
	}
	host, text, _ := net.SplitHostPort(p.o.Listen) // it was listened to
	first, _ := strconv.Atoi(text)                 // 0: any port
	var l net.Listener
	err := errors.New("no port")
	for try := 0; err != nil && first > 0 && try < portTries; try++ { // the ports behind the first one, for those who open them in a firewall
		if port := first + len(p.nodes) + try; port < 1<<16 {
			l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		}
	}
	if err != nil {
		if l, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
			return nil, err
		}
	}
	n := &node{l, broker}
	p.add(n)
	return n, nil
}

// accept takes the connections of one listener.
func (p *Proxy) accept(n *node) {
	for {
		c, err := n.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // most often no file descriptor is left
			p.note("cannot accept connections for broker %s: %v", n.broker, err)
			select {
			case <-time.After(acceptPause):
			case <-p.ctx.Done():
				return
			}
		default:
			p.under.Go(func() { p.serve(n, c.(*net.TCPConn)) })
		}
	}
}

// serve connects a client with its broker.
func (p *Proxy) serve(n *node, client *net.TCPConn) {
	ctx, cancel := context.WithTimeout(p.ctx, dialTimeout)
	up, err := (&net.Dialer{}).DialContext(ctx, "tcp", n.broker)
	cancel()
	if err != nil {
		client.Close()
		if p.ctx.Err() == nil {
			p.note("a client cannot be connected: %v", err)
		}
		return
	}
	l := &link{p: p, id: p.lastID.Add(1), client: client, up: up.(*net.TCPConn), name: client.RemoteAddr().String(), broker: n.broker}
	p.mu.Lock()
	refused := ""
	if len(p.links) >= maxLinks {
		refused = fmt.Sprintf("there are %d already", len(p.links))
	}
	if refused != "" || p.ctx.Err() != nil {
		p.mu.Unlock()
		client.Close()
		up.Close()
		if refused != "" {
			p.note("a connection of %s is refused: %s", l.name, refused)
		}
		return
	}
	p.links[l] = struct{}{}
	p.mu.Unlock()
	l.run()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// note tells what does not go as it should, but not too often.
func (p *Proxy) note(format string, args ...any) {
	if p.o.Note == nil {
		return
	}
	n := &p.notes
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Since(n.last) < noteEvery {
		n.leftOut++
		return
	}
	n.last = time.Now()
	text := fmt.Sprintf(format, args...)
	if n.leftOut > 0 {
		text = fmt.Sprintf("%s (%d more such lines are left out)", text, n.leftOut)
		n.leftOut = 0
	}
	p.o.Note(text)
}
