package integration_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/client"
)

// leaseSite is a cluster with deploy's lease server in it: what its service
// account may do, the quotas, a certificate, and users.
type leaseSite struct {
	t                *testing.T
	dir, kubeconfig  string
	maps             func(quotas string)
	certificate      *x509.Certificate
	cert, key, users string
	token            string // the file of the user's token
}

func newLeaseSite(t *testing.T) *leaseSite {
	t.Helper()
	config := cluster.Config(t)
	applyAll(t, config, build(t, "overlays/leases"))
	core, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	s := &leaseSite{t: t, dir: t.TempDir(), kubeconfig: serviceAccount(t, config, "ci", "drover-leases")}
	s.maps = func(quotas string) {
		t.Helper()
		wanted := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "lease-quotas", Namespace: "ci"}, Data: map[string]string{"config": quotas}}
		if _, err := core.CoreV1().ConfigMaps("ci").Update(t.Context(), wanted, metav1.UpdateOptions{}); err == nil {
			return
		}
		if _, err := core.CoreV1().ConfigMaps("ci").Create(t.Context(), wanted, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s.cert, s.key, s.certificate = s.makeCertificate()
	sum := sha256.Sum256([]byte("the token"))
	s.token = s.file("token", "the token")
	s.users = s.file("users.yaml", "users: [{name: jobs, token: "+hex.EncodeToString(sum[:])+`, owners: ["job-*"]}]`)
	return s
}

func (s *leaseSite) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// makeCertificate makes a certificate for 127.0.0.1 that signs itself.
func (s *leaseSite) makeCertificate() (cert, key string, parsed *x509.Certificate) {
	s.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		s.t.Fatal(err)
	}
	if parsed, err = x509.ParseCertificate(raw); err != nil {
		s.t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	cert = s.file("tls.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})))
	key = s.file("tls.key", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})))
	return cert, key, parsed
}

// leaseProcess is a running `drover serve leases`.
type leaseProcess struct {
	*leaseSite

	command *exec.Cmd
	url     string
	stderr  bytes.Buffer
	http    *http.Client
}

func (s *leaseSite) start() *leaseProcess {
	s.t.Helper()
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	p := &leaseProcess{leaseSite: s}
	p.command = exec.Command(path, "serve", "leases", "--kubeconfig", s.kubeconfig, "--namespace", "ci", "--config-map", "lease-quotas",
		"--listen", "127.0.0.1:0", "--tls-cert", s.cert, "--tls-key", s.key, "--users", s.users, "--lease-duration", "3s")
	p.command.Stderr = &p.stderr
	stdout, err := p.command.StdoutPipe()
	if err == nil {
		err = p.command.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { p.end(syscall.SIGKILL) })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = p.command.Wait()
		s.t.Fatalf("drover serve leases ended:\n%s", &p.stderr)
	}
	_, p.url, _ = strings.Cut(strings.TrimSpace(line), " on ")
	roots := x509.NewCertPool()
	roots.AddCert(s.certificate)
	p.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	return p
}

// end ends the process with a signal, and gives its exit code.
func (p *leaseProcess) end(signal syscall.Signal) int {
	if p.command.ProcessState == nil {
		_ = p.command.Process.Signal(signal)
		_ = p.command.Wait()
	}
	return p.command.ProcessState.ExitCode()
}

func (p *leaseProcess) ready() bool {
	response, err := p.http.Get(p.url + "/readyz")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func (p *leaseProcess) awaitReady() {
	p.t.Helper()
	wait(p.t, "a lease server serves", func() string {
		if !p.ready() {
			return "not ready"
		}
		return ""
	})
}

// acquire asks once.
func (p *leaseProcess) acquire(owner, id string) (*client.Resource, error) {
	p.t.Helper()
	c, err := client.New(p.url, owner, client.Options{TokenFile: p.token, HTTP: p.http})
	if err != nil {
		p.t.Fatal(err)
	}
	return c.Acquire(p.t.Context(), client.Request{Type: "slice", State: leases.Free, Dest: leases.Leased, ID: id})
}

func (p *leaseProcess) release(owner, name string) error {
	p.t.Helper()
	c, err := client.New(p.url, owner, client.Options{TokenFile: p.token, HTTP: p.http})
	if err != nil {
		p.t.Fatal(err)
	}
	return c.Release(p.t.Context(), name, leases.Free)
}

// TestLeaseServersInACluster runs two servers over TLS, with users, with no more
// rights than deploy gives them. The one that serves is killed: the other takes
// over, nothing is lost, nothing is leased twice, and the line is as it was.
func TestLeaseServersInACluster(t *testing.T) {
	t.Parallel()
	s := newLeaseSite(t)
	s.maps("resources: [{type: slice, state: free, names: [slice-0, slice-1]}]")
	first := s.start()
	first.awaitReady()
	second := s.start()
	held := map[string]string{}
	wait(t, "there is something to lease", func() string {
		r, err := first.acquire("job-a", "a")
		if err != nil {
			return err.Error()
		}
		held["job-a"] = r.Name
		return ""
	})
	last, err := first.acquire("job-b", "b")
	if err != nil {
		t.Fatal(err)
	}
	held["job-b"] = last.Name
	for _, id := range []string{"one", "two"} {
		if _, err := first.acquire("job-"+id, id); !errors.Is(err, client.ErrNotFound) {
			t.Fatalf("%s: %v", id, err)
		}
	}
	if status := new(client.StatusError); second.ready() {
		t.Error("two servers serve")
	} else if _, err := second.acquire("job-c", "c"); !errors.As(err, &status) || status.Code != http.StatusServiceUnavailable {
		t.Errorf("the server that does not serve answered %v", err)
	}

	killed := time.Now()
	first.end(syscall.SIGKILL)
	second.awaitReady()
	t.Logf("from the kill of the one to the other's serving: %s", time.Since(killed).Round(time.Millisecond))
	if held["job-a"] == held["job-b"] {
		t.Errorf("both hold %s", held["job-a"])
	}
	if r, err := second.acquire("job-c", "c"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("everything is leased, and yet: %+v, %v", r, err)
	}
	if err := second.release("job-b", held["job-a"]); !errors.Is(err, client.ErrNotOwner) {
		t.Errorf("one owner gave back what another holds: %v", err)
	}
	if err := second.release("job-a", held["job-a"]); err != nil {
		t.Errorf("what was leased by the first server: %v", err)
	}
	if r, err := second.acquire("job-two", "two"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("the second in line came before the first: %+v, %v", r, err)
	}
	if r, err := second.acquire("job-one", "one"); err != nil || r.Name != held["job-a"] {
		t.Errorf("the first in line: %+v, %v", r, err)
	}

	t.Log("a quota is raised; one server ends in good order, the next goes on")
	s.maps("resources: [{type: slice, state: free, names: [slice-0, slice-1, slice-2]}]")
	wait(t, "the second in line is served", func() string {
		if r, err := second.acquire("job-two", "two"); err != nil || r.Name != "slice-2" {
			return "not served"
		}
		return ""
	})
	third := s.start()
	ended := time.Now()
	if code := second.end(syscall.SIGTERM); code != 0 {
		t.Errorf("got exit code %d:\n%s", code, &second.stderr)
	}
	third.awaitReady()
	t.Logf("from the end of the one to the other's serving: %s", time.Since(ended).Round(time.Millisecond))
	if err := third.release("job-two", "slice-2"); err != nil {
		t.Error(err)
	}
	s.secretsStaySecret(first, second, third)
}

// secretsStaySecret: no log holds a token, and without one there is no lease.
func (s *leaseSite) secretsStaySecret(processes ...*leaseProcess) {
	s.t.Helper()
	last := processes[len(processes)-1]
	response, err := last.http.Post(last.url+"/acquire?type=slice&state=free&dest=leased&owner=job-x", "", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		s.t.Errorf("without a token: %s", response.Status)
	}
	last.end(syscall.SIGTERM)
	for _, p := range processes {
		if strings.Contains(p.stderr.String(), "the token") {
			s.t.Error("the log holds the token")
		}
	}
}
