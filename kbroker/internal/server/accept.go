package server

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// accept takes connections from one listener until it is closed.
func (s *Server) accept(l *listener) {
	defer s.accepting.Done()
	pause := s.limits.acceptPauseMin
	for s.awaitRoom() {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = s.limits.acceptPauseMin
			s.add(nc.(*net.TCPConn), l)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			// Most often the process has no file descriptor left. Trying again at once would only burn the processor.
			s.events.warn("cannot accept connections", "listener", l.config.Name, "why", err.Error(),
				"hint", fmt.Sprintf("trying again in %s; raise the limit on open files (ulimit -n) or lower max.connections", pause))
			select {
			case <-time.After(pause):
			case <-s.draining.Done():
				return
			}
			pause = min(2*pause, s.limits.acceptPauseMax)
		}
	}
}

// awaitRoom blocks while there are as many connections as there may be. It returns false when the server stops.
func (s *Server) awaitRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.conns) >= s.maxConnections && s.draining.Err() == nil {
		if !s.full {
			s.full = true
			s.log.Warn("no room for more connections; new ones wait until others are closed", "connections", len(s.conns),
				"hint", "max.connections, or three quarters of the limit on open files (ulimit -n), whichever is less")
		}
		s.closed.Wait()
	}
	return s.draining.Err() == nil
}

// add starts a connection, unless its address has too many.
func (s *Server) add(nc *net.TCPConn, l *listener) {
	host := hostOf(nc.RemoteAddr())
	s.mu.Lock()
	if s.draining.Err() != nil || s.perHost[host] >= int(s.cfg.MaxConnectionsPerIP) {
		s.mu.Unlock()
		nc.Close()
		if s.draining.Err() == nil {
			s.events.warn("connection refused", "client", nc.RemoteAddr().String(),
				"why", fmt.Sprintf("%s has %d connections, and max.connections.per.ip allows no more", host, s.cfg.MaxConnectionsPerIP))
		}
		return
	}
	setBuffers(nc, int(s.cfg.SocketSendBufferBytes), int(s.cfg.SocketReceiveBufferBytes))
	c := s.newConn(nc, l, host)
	s.conns[c] = struct{}{}
	s.perHost[host]++
	s.running.Add(1)
	s.mu.Unlock()
	go c.read()
}

// remove forgets a connection that its reader has closed.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if s.perHost[c.host]--; s.perHost[c.host] == 0 {
		delete(s.perHost, c.host)
	}
	if len(s.conns) < s.maxConnections*9/10 {
		s.full = false
	}
	s.closed.Broadcast()
	s.running.Done()
}

// setBuffers sizes the kernel's buffers. It is advice: a system that refuses it serves all the same.
func setBuffers(nc *net.TCPConn, send, receive int) {
	if send > 0 {
		_ = nc.SetWriteBuffer(send)
	}
	if receive > 0 {
		_ = nc.SetReadBuffer(receive)
	}
}

// connectionsFor keeps a quarter of the file descriptors for the logs: without them a log could not begin a new
// segment, and a crowd of idle clients would take the storage offline.
func connectionsFor(configured, files int) int {
	if files <= 0 {
		return configured
	}
	return max(1, min(configured, files-files/4))
}

// unknownFileLimit stands for the limit on open files where the system does not tell it.
const unknownFileLimit = 1 << 16

// FilesForLogs is how many of the file descriptors that connections leave the logs may keep open: three quarters. The
// others are for directories, locks and files that are written and closed at once.
func FilesForLogs() int { return filesForLogs(fileLimit()) }

func filesForLogs(files int) int {
	if files <= 0 {
		files = unknownFileLimit
	}
	spared := files / 4
	return max(1, spared-spared/4)
}
