package gitsource_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// sshServer is a Git server that knows one user's key. It runs git-upload-pack.
type sshServer struct {
	address    string
	knownHosts []byte
	key        []byte
}

func newSSHServer(t *testing.T, dir string) *sshServer {
	t.Helper()
	hostKey, _ := newKey(t)
	userKey, userPEM := newKey(t)
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(key.Marshal(), userKey.PublicKey().Marshal()) {
			return nil, errors.New("nobody knows you")
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(hostKey)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { uploadPack(connection, config, dir) })
		}
	})
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	known := fmt.Sprintf("[%s]:%s %s", host, port, ssh.MarshalAuthorizedKey(hostKey.PublicKey()))
	return &sshServer{address: listener.Addr().String(), knownHosts: []byte(known), key: userPEM}
}

func newKey(t *testing.T) (ssh.Signer, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, pem.EncodeToMemory(block)
}

// seal has a key ask for a passphrase.
func seal(t *testing.T, key []byte, passphrase string) []byte {
	t.Helper()
	opened, err := ssh.ParseRawPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(opened, "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

// uploadPack serves one connection.
func uploadPack(connection net.Conn, config *ssh.ServerConfig, dir string) {
	server, channels, requests, err := ssh.NewServerConn(connection, config)
	if err != nil {
		_ = connection.Close()
		return
	}
	defer func() { _ = server.Close() }()
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		for request := range requests {
			if request.Type != "exec" || !strings.HasPrefix(string(request.Payload[4:]), "git-upload-pack ") {
				_ = request.Reply(false, nil)
				continue
			}
			_ = request.Reply(true, nil)
			command := exec.Command("git", "upload-pack", dir)
			command.Stdin, command.Stdout, command.Stderr = channel, channel, channel.Stderr()
			status := struct{ Code uint32 }{}
			if err := command.Run(); err != nil {
				status.Code = 1
			}
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
			_ = channel.Close()
		}
	}
}

func TestFetchOverSSH(t *testing.T) {
	repository := testgit.New(t)
	repository.Commit("a.txt", "1")
	server, other := newSSHServer(t, repository.Dir), newSSHServer(t, repository.Dir)
	sealed := seal(t, server.key, "secret phrase")
	good := gitsource.Credentials{SSHKey: server.key, KnownHosts: server.knownHosts}
	cases := map[string]struct {
		credentials gitsource.Credentials
		want        string
	}{
		"good":             {good, ""},
		"another's key":    {gitsource.Credentials{SSHKey: other.key, KnownHosts: server.knownHosts}, "unable to authenticate"},
		"another server":   {gitsource.Credentials{SSHKey: server.key, KnownHosts: other.knownHosts}, "key is unknown"},
		"no known hosts":   {gitsource.Credentials{SSHKey: server.key}, "no known_hosts"},
		"no key":           {gitsource.Credentials{SSHKey: []byte("secret nonsense"), KnownHosts: server.knownHosts}, "read the ssh key"},
		"passphrase":       {gitsource.Credentials{SSHKey: sealed, Passphrase: "secret phrase", KnownHosts: server.knownHosts}, ""},
		"wrong phrase":     {gitsource.Credentials{SSHKey: sealed, Passphrase: "secret, but wrong", KnownHosts: server.knownHosts}, "read the ssh key"},
		"no phrase":        {gitsource.Credentials{SSHKey: sealed, KnownHosts: server.knownHosts}, "read the ssh key"},
		"broken knowledge": {gitsource.Credentials{SSHKey: server.key, KnownHosts: []byte("x y z\n")}, "read known_hosts"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			source, err := gitsource.Open(t.Context(), gitsource.Options{
				Repository: "ssh://git@" + server.address + "/release.git", CloneDir: filepath.Join(t.TempDir(), "clone"), Credentials: with(tc.credentials),
				Depth: 1,
			})
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
					t.Errorf("got %v, want %q", err, tc.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			second := repository.Commit("a.txt", "2")
			if got := fetch(t, source); got.Hash != second {
				t.Errorf("got %s, want %s", got.Hash, second)
			}
		})
	}
}

// TestASilentServerIsNotWaitedFor: a server that takes the connection and says
// nothing ends with the context, over every protocol.
func TestASilentServerIsNotWaitedFor(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	taken := make(chan net.Conn, 10)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				close(taken)
				return
			}
			taken <- connection
		}
	}()
	key := newSSHServer(t, t.TempDir())
	for _, url := range []string{"ssh://git@" + listener.Addr().String() + "/r.git", "http://" + listener.Addr().String() + "/r.git"} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := gitsource.Open(ctx, gitsource.Options{
				Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone"),
				Credentials: with(gitsource.Credentials{SSHKey: key.key, KnownHosts: key.knownHosts}),
			})
			ended <- err
		}()
		if strings.HasPrefix(url, "http:") {
			cancel()
		} else {
			<-taken
			cancel()
		}
		if err := <-ended; err == nil {
			t.Errorf("%s: no error", url)
		}
	}
}
