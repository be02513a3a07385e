package config

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Listener is one entry of listeners with all that other settings say about its name.
type Listener struct {
	Name       string // upper case
	Host       string // "" listens on every address
	Port       int    // 0 takes a free port
	Controller bool   // belongs to the controller: not opened, not shown to clients

	AdvertisedHost string // "" tells each client the address that it dialled
	AdvertisedPort int    // 0 tells the port on which the listener ended up
}

// maxListeners bounds the list; every entry is a socket.
const maxListeners = 64

// BrokerListeners returns the listeners to open.
func (c *Config) BrokerListeners() []Listener {
	var open []Listener
	for _, l := range c.Listeners {
		if !l.Controller {
			open = append(open, l)
		}
	}
	return open
}

// completeListeners puts the five settings about listeners together.
func (c *Config) completeListeners() error {
	protocols, err := c.securityProtocols()
	if err != nil {
		return err
	}
	listeners, err := c.parseEndpoints("listeners", 0)
	if err != nil {
		return err
	}
	controllers := upper(c.values["controller.listener.names"].List)
	for i := range listeners {
		l := &listeners[i]
		l.Controller = slices.Contains(controllers, l.Name)
		if err := c.checkProtocol(l, protocols); err != nil {
			return err
		}
		if slices.ContainsFunc(listeners[:i], func(o Listener) bool { return o.Name == l.Name }) {
			return c.wrongListeners("listeners", fmt.Errorf("names %s twice", l.Name))
		}
		if !isWildcard(l.Host) {
			l.AdvertisedHost = l.Host
		} else {
			l.Host = ""
		}
	}
	c.Listeners = listeners
	if len(c.BrokerListeners()) == 0 {
		return c.wrongListeners("listeners", errors.New("no listener is left for clients (allowed: at least one that is not in controller.listener.names)"))
	}
	if err := c.advertise(); err != nil {
		return err
	}
	return c.checkInterBroker()
}

// parseEndpoints reads a list of NAME://host:port; lowestPort is 0 where a free port may be asked for.
func (c *Config) parseEndpoints(setting string, lowestPort int) ([]Listener, error) {
	entries := c.values[setting].List
	if len(entries) > maxListeners {
		return nil, c.wrongListeners(setting, fmt.Errorf("%d entries (allowed: at most %d)", len(entries), maxListeners))
	}
	var all []Listener
	for _, entry := range entries {
		l, err := parseEndpoint(entry, lowestPort)
		if err != nil {
			return nil, c.wrongListeners(setting, err)
		}
		all = append(all, l)
	}
	return all, nil
}

func parseEndpoint(entry string, lowestPort int) (Listener, error) {
	const form = "(allowed: NAME://host:port, NAME://:port, NAME://[ipv6]:port)"
	name, rest, ok := strings.Cut(entry, "://")
	colon := strings.LastIndexByte(rest, ':')
	if !ok || name == "" || colon < 0 {
		return Listener{}, fmt.Errorf("%s is not an address %s", quote(entry), form)
	}
	host, portText := rest[:colon], rest[colon+1:]
	port, err := strconv.Atoi(portText)
	if err != nil || port < lowestPort || port > 65535 {
		return Listener{}, fmt.Errorf("port %s of %s (allowed: %d to 65535)", quote(portText), name, lowestPort)
	}
	switch {
	case strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]"):
		host = host[1 : len(host)-1]
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() {
			return Listener{}, fmt.Errorf("%s is not an IPv6 address %s", quote(host), form)
		}
	case strings.Contains(host, ":"):
		return Listener{}, fmt.Errorf("%s: an IPv6 address is written in brackets %s", quote(host), form)
	case strings.ContainsAny(host, "/@ []"):
		return Listener{}, fmt.Errorf("%s is not a host %s", quote(host), form)
	}
	return Listener{Name: strings.ToUpper(name), Host: host, Port: port}, nil
}

// isWildcard says that a host stands for every address. Java listens on both families for 0.0.0.0, and so does the
// server here: a client that resolves localhost to ::1 first would otherwise be turned away.
func isWildcard(host string) bool {
	return host == "" || host == "0.0.0.0" || host == "::"
}

// securityProtocols reads NAME:PROTOCOL,NAME:PROTOCOL.
func (c *Config) securityProtocols() (map[string]string, error) {
	const setting = "listener.security.protocol.map"
	known := []string{"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}
	protocols := map[string]string{}
	for _, entry := range splitList(c.values[setting].Text) {
		name, protocol, ok := strings.Cut(entry, ":")
		name, protocol = strings.ToUpper(strings.TrimSpace(name)), strings.ToUpper(strings.TrimSpace(protocol))
		if !ok || name == "" || !slices.Contains(known, protocol) {
			return nil, c.wrongListeners(setting, fmt.Errorf("entry %s (allowed: NAME:PROTOCOL with a protocol of %s)", quote(entry), strings.Join(known, ", ")))
		}
		protocols[name] = protocol
	}
	return protocols, nil
}

// checkProtocol refuses what would be served without the protection that the file asks for.
func (c *Config) checkProtocol(l *Listener, protocols map[string]string) error {
	protocol, ok := protocols[l.Name]
	switch {
	case l.Controller:
		return nil // never opened
	case !ok:
		return c.wrongListeners("listeners", fmt.Errorf("no security protocol for %s (allowed: a name of listener.security.protocol.map)", l.Name))
	case protocol != "PLAINTEXT":
		return c.wrongListeners("listeners", fmt.Errorf("%s asks for %s, which this broker does not speak yet (allowed: PLAINTEXT)", l.Name, protocol))
	}
	return nil
}

// advertise applies advertised.listeners.
func (c *Config) advertise() error {
	const setting = "advertised.listeners"
	advertised, err := c.parseEndpoints(setting, 1)
	if err != nil {
		return err
	}
	for _, a := range advertised {
		if isWildcard(a.Host) {
			return c.wrongListeners(setting, fmt.Errorf("%s has no host that a client could dial (allowed: a name or an address)", a.Name))
		}
		i := slices.IndexFunc(c.Listeners, func(l Listener) bool { return l.Name == a.Name })
		if i < 0 {
			return c.wrongListeners(setting, fmt.Errorf("%s is not one of listeners", a.Name))
		}
		c.Listeners[i].AdvertisedHost, c.Listeners[i].AdvertisedPort = a.Host, a.Port
	}
	return nil
}

func (c *Config) checkInterBroker() error {
	const setting = "inter.broker.listener.name"
	v := c.values[setting]
	if v.Null || slices.ContainsFunc(c.BrokerListeners(), func(l Listener) bool { return l.Name == strings.ToUpper(v.Text) }) {
		return nil
	}
	return c.wrongListeners(setting, errors.New("not the name of a listener for clients"))
}

func (c *Config) wrongListeners(setting string, err error) error {
	return c.wrong(setting, c.values[setting].Text, err)
}

func upper(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, strings.ToUpper(name))
	}
	return all
}
