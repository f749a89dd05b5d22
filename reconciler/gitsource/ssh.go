package gitsource

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	"golang.org/x/net/proxy"
)

// sshTerms are the key and the servers that are known; without a key, the
// user's agent and known hosts.
func (c Credentials) sshTerms(ctx context.Context, endpoint *transport.Endpoint, beside string) (terms, error) {
	dialer, end := dialWithin(ctx)
	t := terms{proxy: transport.ProxyOptions{URL: dialer}, end: end}
	if len(c.SSHKey) == 0 {
		return t, nil
	}
	auth, err := c.sshAuth(endpoint, beside)
	if err != nil {
		end()
		return terms{}, err
	}
	t.auth = auth
	return t, nil
}

func (c Credentials) sshAuth(endpoint *transport.Endpoint, beside string) (gitssh.AuthMethod, error) {
	user := endpoint.User
	if user == "" {
		user = gitssh.DefaultUsername
	}
	keys, err := gitssh.NewPublicKeys(user, c.SSHKey, c.Passphrase)
	if err != nil {
		return nil, fmt.Errorf("read the ssh key: %w", err)
	}
	if len(c.KnownHosts) == 0 {
		return nil, errors.New("the credentials have an ssh key but no known_hosts: the server's key must be known (ssh-keyscan shows it)")
	}
	hosts, err := readKnownHosts(c.KnownHosts, beside)
	if err != nil {
		return nil, err
	}
	port := endpoint.Port
	if port <= 0 {
		port = gitssh.DefaultPort
	}
	keys.HostKeyCallback = hosts.HostKeyCallback()
	keys.HostKeyAlgorithms = hosts.HostKeyAlgorithms(net.JoinHostPort(endpoint.Host, strconv.Itoa(port)))
	return boundedAuth{keys}, nil
}

// readKnownHosts reads a known_hosts file from memory. The reader takes files
// only; this one is gone again before it is used.
func readKnownHosts(content []byte, beside string) (*knownhosts.HostKeyDB, error) {
	file, err := os.CreateTemp(filepath.Dir(beside), "known_hosts")
	if err != nil {
		return nil, fmt.Errorf("read known_hosts: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("read known_hosts: %w", err)
	}
	hosts, err := knownhosts.NewDB(file.Name())
	if err != nil {
		return nil, errors.New("read known_hosts: it is not in the form that ssh writes")
	}
	return hosts, nil
}

// boundedAuth does not wait for ever for a server that takes the connection and
// says nothing.
type boundedAuth struct{ gitssh.AuthMethod }

// ClientConfig implements gitssh.AuthMethod.
func (a boundedAuth) ClientConfig() (*ssh.ClientConfig, error) {
	config, err := a.AuthMethod.ClientConfig()
	if err == nil {
		config.Timeout = dialTimeout
	}
	return config, err
}

// How long a server may take to answer, and to say the next thing.
const (
	dialTimeout = 30 * time.Second
	idleTimeout = 2 * time.Minute
)

// go-git's ssh client takes no context, and so would wait for ever. What it does
// take is a proxy: ours is no proxy, but dials within a context.
const dialerScheme = "drover-within"

// dialers are the conversations that go on, by number.
type dialers struct {
	register sync.Once
	mu       sync.Mutex
	last     int
	contexts map[string]context.Context
}

var within = &dialers{contexts: map[string]context.Context{}} //nolint:gochecknoglobals // so is the registry that it is in

// dialWithin gives the URL of a proxy whose connections end with a context, and
// a function to forget it.
func dialWithin(ctx context.Context) (dialer string, end func()) {
	within.register.Do(func() { proxy.RegisterDialerType(dialerScheme, within.find) })
	within.mu.Lock()
	defer within.mu.Unlock()
	within.last++
	number := strconv.Itoa(within.last)
	within.contexts[number] = ctx //nolint:fatcontext // it is kept for others, not made anew
	return dialerScheme + "://" + number, func() {
		within.mu.Lock()
		defer within.mu.Unlock()
		delete(within.contexts, number)
	}
}

func (d *dialers) find(dialer *url.URL, _ proxy.Dialer) (proxy.Dialer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx, ok := d.contexts[dialer.Host]
	if !ok {
		return nil, errors.New("the conversation has ended")
	}
	return contextDialer{ctx}, nil
}

// contextDialer dials within a context, through the proxy of the environment if
// there is one.
type contextDialer struct {
	ctx context.Context //nolint:containedctx // the interface that it serves gives none that ends
}

// Dial implements proxy.Dialer.
func (d contextDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(d.ctx, network, address)
}

// DialContext implements proxy.ContextDialer. The context that it is given ends
// when the connection stands; the conversation's own ends it later.
func (d contextDialer) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(d.ctx, dialTimeout)
	defer cancel()
	connection, err := proxy.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(d.ctx, func() { _ = connection.Close() })
	return &boundedConnection{Conn: connection, stop: stop}, nil
}

// boundedConnection gives up when the other side says nothing for too long.
type boundedConnection struct {
	net.Conn

	stop func() bool
}

// Read implements net.Conn.
func (c *boundedConnection) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(idleTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *boundedConnection) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(idleTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close implements net.Conn.
func (c *boundedConnection) Close() error {
	c.stop()
	return c.Conn.Close()
}
