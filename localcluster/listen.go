package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/drover-ci/drover/localcluster/internal/atomicfile"
)

// Ports to choose from lie below the range from which Linux takes those of outgoing connections. In that range, while
// the server is down, a client that keeps trying can be given the server's own port, connect to itself, and hold it.
const (
	lowestPort  = 20000
	highestPort = 29999
	attempts    = 32
)

// listen opens the port asked for. For port 0 it is the one remembered in file, so that kubeconfigs go on working after
// a restart, or else a free one, which is remembered.
func listen(host netip.Addr, port int, file string) (net.Listener, error) {
	if port != 0 {
		l, err := listenOn(host, port)
		if err != nil {
			return nil, fmt.Errorf("listen: %w", err)
		}
		return l, remember(file, l)
	}
	l, err := listenOnAny(host, lastPort(file))
	if err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	return l, remember(file, l)
}

// listenOnAny tries the last port, then some by chance, and at the end leaves the choice to the kernel.
func listenOnAny(host netip.Addr, last int) (net.Listener, error) {
	for port, tries := last, 0; tries < attempts; tries++ {
		if port != 0 {
			if l, err := listenOn(host, port); err == nil {
				return l, nil
			}
		}
		port = lowestPort + rand.IntN(highestPort-lowestPort+1) //nolint:gosec // a port is no secret
	}
	return listenOn(host, 0)
}

func listenOn(host netip.Addr, port int) (net.Listener, error) {
	return net.Listen("tcp", netip.AddrPortFrom(host, uint16(port)).String()) //nolint:gosec,noctx // a checked port, on loopback
}

// lastPort reads the remembered port: 0 if there is none.
func lastPort(file string) int {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	port, err := strconv.ParseUint(strings.TrimSpace(string(content)), 10, 16)
	if err != nil {
		return 0
	}
	return int(port)
}

func remember(file string, l net.Listener) error {
	return atomicfile.Write(file, fmt.Appendln(nil, addressOf(l).Port))
}

// addressOf is where a TCP listener of ours listens.
func addressOf(l net.Listener) *net.TCPAddr {
	address, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return &net.TCPAddr{}
	}
	return address
}
