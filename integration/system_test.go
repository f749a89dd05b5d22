package integration_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/internal/controlplane"
	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/configrepo"
)

// patience bounds every wait, so that a broken system fails instead of
// hanging. No test depends on its length.
const patience = 2 * time.Minute

// program builds drover once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "drover-integration-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "drover")
	output, err := exec.Command("go", "build", "-o", path, "github.com/drover-ci/drover/cmd/drover").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build drover: %w\n%s", err, output)
	}
	return path, nil
})

// cluster is the API server of tests that need no more than that.
var cluster testcluster.Shared

func TestMain(m *testing.M) {
	code := cluster.Run(m)
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// system is a running `drover up` on the sample.
type system struct {
	t       *testing.T
	data    string
	command *exec.Cmd
	stderr  *transcript

	resolver string
	client   kubernetes.Interface
	status   *configrepo.Writer
	// repository is the sample's checkout.
	repository *testgit.Repository
}

// transcript is what a process says, for those too who read while it does.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(content []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(content)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// start runs the system on a data folder and waits until it is up.
func start(t *testing.T, data string, flags ...string) *system {
	t.Helper()
	localcluster := testcluster.Program(t)
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &system{t: t, data: data, stderr: &transcript{}}
	s.command = exec.Command(path, append([]string{"up", "--data", data, "--listen", "127.0.0.1:0"}, flags...)...)
	s.command.Env = append(os.Environ(), controlplane.ProgramVariable+"="+localcluster)
	s.command.Stderr = s.stderr
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	up := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "Drover is up") {
				up <- true
			}
		}
		up <- false
	}()
	if !<-up {
		_ = s.command.Wait()
		t.Fatalf("drover up ended:\n%s", s.stderr)
	}
	t.Cleanup(func() { s.stop(syscall.SIGTERM) })
	s.connect()
	return s
}

// connect reads where everything is from endpoints.json, as scripts do.
func (s *system) connect() {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.data, "endpoints.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var endpoints struct {
		Resolver   string `json:"resolver"`
		Kubeconfig string `json:"kubeconfig"`
		Repo       string `json:"repo"`
	}
	if err := json.Unmarshal(content, &endpoints); err != nil {
		s.t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", endpoints.Kubeconfig)
	if err != nil {
		s.t.Fatal(err)
	}
	config.QPS = -1
	if s.client, err = kubernetes.NewForConfig(config); err != nil {
		s.t.Fatal(err)
	}
	if s.status, err = configrepo.NewWriter(config, "drover-system", "release"); err != nil {
		s.t.Fatal(err)
	}
	s.resolver = endpoints.Resolver
	s.repository = testgit.Open(s.t, endpoints.Repo)
}

// stop ends the system with a signal and waits for its end.
func (s *system) stop(signal syscall.Signal) {
	if s.command.ProcessState != nil {
		return
	}
	_ = s.command.Process.Signal(signal)
	_ = s.command.Wait()
}

// eventually waits until a condition holds, which gives "" or what is amiss.
func (s *system) eventually(what string, amiss func() string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	next := time.NewTicker(5 * time.Millisecond)
	defer next.Stop()
	began := time.Now()
	for last := amiss(); last != ""; last = amiss() {
		select {
		case <-next.C:
		case <-ctx.Done():
			s.t.Fatalf("%s: still %s\n%s", what, last, s.stderr)
		}
	}
	s.t.Logf("%s after %s", what, time.Since(began).Round(time.Millisecond))
}

// inForce waits until a revision is applied and served.
func (s *system) inForce(revision string) {
	s.t.Helper()
	s.eventually("revision in force", func() string {
		status := s.state()
		if status.AppliedRevision != revision {
			return "applied is " + status.AppliedRevision
		}
		if served := s.served("Drover-Revision"); served != revision {
			return "served is " + served
		}
		return ""
	})
}

func (s *system) state() configrepo.Status {
	object, err := s.status.Read(context.Background())
	if err != nil {
		return configrepo.Status{}
	}
	return object.Status
}

func (s *system) condition(name string) metav1.Condition {
	for _, condition := range s.state().Conditions {
		if condition.Type == name {
			return condition
		}
	}
	return metav1.Condition{}
}

// configMap gives a ConfigMap of namespace ci.
func (s *system) configMap(name string) *corev1.ConfigMap {
	found, err := s.client.CoreV1().ConfigMaps("ci").Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		return &corev1.ConfigMap{}
	}
	return found
}

const configQuery = "/config?org=acme&repo=widget-server&branch=main"

// served gives a header of the resolver's answer.
func (s *system) served(header string) string {
	response, err := http.Get(s.resolver + configQuery)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Header.Get(header)
}

// body gives the resolver's answer.
func (s *system) body() string {
	response, err := http.Get(s.resolver + configQuery)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	content, _ := io.ReadAll(response.Body)
	return string(content)
}
