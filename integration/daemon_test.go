package integration_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/configrepo"
)

// wait waits until a condition holds, which gives "" or what is amiss.
func wait(t *testing.T, what string, amiss func() string) {
	t.Helper()
	deadline := time.After(patience)
	next := time.NewTicker(20 * time.Millisecond)
	defer next.Stop()
	for last := amiss(); last != ""; last = amiss() {
		select {
		case <-next.C:
		case <-deadline:
			t.Fatalf("%s: still %s", what, last)
		}
	}
}

// site is a cluster with everything of deploy in it, and a repository behind a
// password.
type site struct {
	t          *testing.T
	namespace  string // the daemon's
	client     kubernetes.Interface
	config     *rest.Config
	kubeconfig string // of the service account
	repository *testgit.Repository
	url        string
	status     *configrepo.Writer
	hook       string // the file of the webhook's secret
	// victim is killed in the middle of what it fetches next.
	victim atomic.Pointer[os.Process]
}

const (
	gitPassword = "the password of the repository"
	hookSecret  = "the secret of the webhook"
)

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, namespace: "drover-system", config: cluster.Config(t), repository: testgit.FromFS(t, fixtures.Release())}
	s.repository.Git("config", "uploadpack.allowReachableSHA1InWant", "true")
	applyAll(t, s.config, operator(t))
	var err error
	if s.client, err = kubernetes.NewForConfig(s.config); err != nil {
		t.Fatal(err)
	}
	if s.status, err = configrepo.NewWriter(s.config, s.namespace, "release"); err != nil {
		t.Fatal(err)
	}
	s.deploy()
	s.kubeconfig = serviceAccount(t, s.config, s.namespace, "drover")
	s.url = s.serveGit()
	s.hook = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(s.hook, []byte(hookSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// serviceAccount writes a kubeconfig with a token of a service account.
func serviceAccount(t *testing.T, config *rest.Config, namespace, name string) string {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	token, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	err = clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"c": {Server: config.Host, CertificateAuthority: config.CAFile, CertificateAuthorityData: config.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"u": {Token: token.Status.Token}},
		Contexts:       map[string]*clientcmdapi.Context{"x": {Cluster: "c", AuthInfo: "u"}},
		CurrentContext: "x",
	}, path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *site) serveGit() string {
	s.t.Helper()
	backend, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	behind := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(backend)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(s.repository.Dir), "GIT_HTTP_EXPORT_ALL=1"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != gitPassword {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		victim := s.victim.Load()
		if victim == nil || !strings.HasSuffix(r.URL.Path, "git-upload-pack") {
			behind.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		behind.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		_ = http.NewResponseController(w).Flush()
		s.victim.Store(nil)
		_ = victim.Kill()
	}))
	s.t.Cleanup(server.Close)
	return server.URL + "/" + filepath.Base(s.repository.Dir) + "/.git"
}

// declare makes the Secret and the ConfigRepo.
func (s *site) declare() {
	s.t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "git", Namespace: s.namespace},
		StringData: map[string]string{"username": "robot", "password": gitPassword},
	}
	if _, err := s.client.CoreV1().Secrets(s.namespace).Create(s.t.Context(), secret, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	applyAll(s.t, s.config, []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "drover.dev/v1alpha1", "kind": "ConfigRepo",
		"metadata": map[string]any{"name": "release", "namespace": s.namespace},
		"spec": map[string]any{
			"url": s.url, "branch": "main", "interval": "1h", "credentials": map[string]any{"secretName": "git"},
		},
	}}})
}

func (s *site) appliedRevision() string {
	object, err := s.status.Read(s.t.Context())
	if err != nil {
		return err.Error()
	}
	return object.Status.AppliedRevision
}

// replica is a running `drover serve reconciler`.
type replica struct {
	*site

	command *exec.Cmd
	url     string
	mu      sync.Mutex
	log     bytes.Buffer
	ended   chan struct{}
}

func (s *site) start(cache string, flags ...string) *replica {
	s.t.Helper()
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	r := &replica{site: s, ended: make(chan struct{})}
	r.command = exec.Command(path, append([]string{
		"serve", "reconciler", "--kubeconfig", s.kubeconfig, "--listen", "127.0.0.1:0",
		"--cache", cache, "--lease-duration", "8s", "--namespace", s.namespace,
	}, flags...)...)
	stderr, err := r.command.StderrPipe()
	if err == nil {
		err = r.command.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	address := make(chan string, 1)
	go r.read(stderr, address)
	s.t.Cleanup(func() { r.end(syscall.SIGKILL) })
	select {
	case found := <-address:
		r.url = "http://" + found
	case <-r.ended:
		s.t.Fatalf("drover serve reconciler ended:\n%s", r.logged())
	}
	return r
}

// read takes in the log, whose lines are JSON.
func (r *replica) read(stderr io.Reader, address chan<- string) {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		var line struct {
			Msg     string `json:"msg"`
			Address string `json:"address"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			address <- line.Address
		}
		r.mu.Lock()
		r.log.Write(append(lines.Bytes(), '\n'))
		r.mu.Unlock()
	}
	_ = r.command.Wait()
	close(r.ended)
}

func (r *replica) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// end ends the process with a signal, and gives its exit code.
func (r *replica) end(signal syscall.Signal) int {
	_ = r.command.Process.Signal(signal)
	<-r.ended
	return r.command.ProcessState.ExitCode()
}

func (r *replica) get(path string) (status int, header http.Header, body string) {
	response, err := http.Get(r.url + path)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, err.Error()
	}
	return response.StatusCode, response.Header, string(content)
}

// serves waits until a replica answers jobs from a revision.
func (r *replica) serves(revision string) {
	r.t.Helper()
	wait(r.t, "a replica answers from the revision", func() string {
		status, header, body := r.get(configQuery)
		if got := header.Get("Drover-Revision"); got != revision {
			return strings.Join([]string{"answering from", got, http.StatusText(status), body, r.logged()}, " ")
		}
		return ""
	})
}

// inForce waits until a revision is applied.
func (s *site) inForce(revision string, replicas ...*replica) {
	s.t.Helper()
	wait(s.t, "the revision is in force", func() string {
		if got := s.appliedRevision(); got != revision {
			var logs strings.Builder
			for _, r := range replicas {
				logs.WriteString(r.logged())
			}
			return "at " + got + "\n" + logs.String()
		}
		return ""
	})
}

// leads says whether the lease is of a process.
func (r *replica) leads() bool {
	_, _, body := r.get("/metrics")
	return strings.Contains(body, "\ndrover_leader 1\n")
}

// push tells a replica of a push, as a forge would.
func (r *replica) push() {
	r.t.Helper()
	request, err := http.NewRequest(http.MethodPost, r.url+"/webhook", strings.NewReader(`{"branch": "main"}`))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+hookSecret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		r.t.Errorf("webhook: got %s", response.Status)
	}
}

func (s *site) change(from, to string) string {
	s.t.Helper()
	s.repository.Replace(mainConfig, "as: "+from, "as: "+to)
	return s.repository.CommitAll("rename a test to " + to)
}

// TestADaemonInACluster runs two replicas as their service account, with no
// more rights than deploy gives it, on a repository behind a password: what a
// commit says is applied and served by both, and when the one that leads is
// killed while it fetches, or told to end, the other goes on.
func TestADaemonInACluster(t *testing.T) {
	s := newSite(t)
	caches := []string{t.TempDir(), t.TempDir()}
	first := s.start(caches[0], "--webhook-secret", s.hook, "--leases", "ci")
	if status, _, _ := first.get("/readyz"); status == http.StatusOK {
		t.Error("ready before there is anything to serve")
	}
	s.declare()
	s.inForce(s.repository.Git("rev-parse", "HEAD"), first)
	second := s.start(caches[1], "--webhook-secret", s.hook, "--leases", "ci")
	for _, r := range []*replica{first, second} {
		r.serves(s.repository.Git("rev-parse", "HEAD"))
	}
	if !first.leads() || second.leads() {
		t.Errorf("the second leads: %v", second.leads())
	}

	revision := s.change("unit", "unit2") // an hour before the next look, but for the webhook
	second.push()
	s.inForce(revision, first, second)
	first.serves(revision)
	second.serves(revision)

	s.victim.Store(first.command.Process)
	revision = s.change("unit2", "unit3")
	first.push()
	<-first.ended // killed in the middle of the fetch
	s.inForce(revision, second)
	second.serves(revision)
	if !second.leads() {
		t.Error("nobody leads")
	}

	first = s.start(caches[0], "--webhook-secret", s.hook, "--leases", "ci")
	first.serves(revision)
	if code := second.end(syscall.SIGTERM); code != 0 {
		t.Errorf("got exit code %d\n%s", code, second.logged())
	}
	revision = s.change("unit3", "unit4")
	s.inForce(revision, first)
	revision = s.change("unit4", "unit5")
	first.push()
	s.inForce(revision, first)
	s.heedsOrders(first)
	s.seesLeases(first)
	s.sharesTheCluster(first)
	s.measured(first)
	s.keepsSecrets(first, second)
}

// measured looks whether the metrics have counted what happened.
func (s *site) measured(r *replica) {
	s.t.Helper()
	_, _, body := r.get("/metrics")
	for _, want := range []string{
		`drover_passes_total{repository="release",result="done"} `, `drover_stage_duration_seconds_count{repository="release",stage="Apply"} `,
		`drover_objects_total{repository="release",result="updated"} `, `drover_api_requests_total{code="200",verb="get"} `,
		`drover_revision_age_seconds{repository="release"} `, `drover_revision_behind_seconds{repository="release"} 0`,
		`drover_queue_depth{queue="configrepos"} `, `drover_repository_ready{repository="release"} 1`, `drover_build_info{version=`,
	} {
		if !strings.Contains(body, want) {
			s.t.Errorf("/metrics has no %s", want)
		}
	}
}

// keepsSecrets looks for secrets where none may be.
func (s *site) keepsSecrets(replicas ...*replica) {
	s.t.Helper()
	for _, r := range replicas {
		for _, secret := range []string{gitPassword, hookSecret} {
			if strings.Contains(r.logged(), secret) {
				s.t.Errorf("the log holds %q", secret)
			}
		}
	}
}
