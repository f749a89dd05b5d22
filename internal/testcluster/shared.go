package testcluster

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Shared is an API server that the tests of a package share. Its zero value is ready to use and runs nothing yet.
type Shared struct {
	once   sync.Once
	server *server
	err    error
}

// Run runs the tests of a package, stops the server if one of them started it, and gives the exit code.
func (s *Shared) Run(m *testing.M) int {
	code := m.Run()
	if s.server == nil {
		return code
	}
	if err := s.server.end(); err != nil {
		fmt.Fprintln(os.Stderr, "stop localcluster:", err)
		return max(code, 1)
	}
	return code
}

// Kubeconfig is the path of the administrator's kubeconfig. It starts the server if need be; where there is none to
// start, the test is skipped.
func (s *Shared) Kubeconfig(tb testing.TB) string {
	tb.Helper()
	s.once.Do(func() { s.server, s.err = start() })
	need(tb, s.err)
	return s.server.plane.Kubeconfig
}

// Config is a client configuration of the administrator's, without a limit on requests, for the test to change as it
// likes. It starts the server if need be; where there is none to start, the test is skipped.
func (s *Shared) Config(tb testing.TB) *rest.Config {
	tb.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig(tb))
	if err != nil {
		tb.Fatal(err)
	}
	config.QPS = -1
	return config
}

// Namespace makes a namespace for this test alone and gives its name. It stays until the server ends.
func (s *Shared) Namespace(tb testing.TB) string {
	tb.Helper()
	client, err := kubernetes.NewForConfig(s.Config(tb))
	if err != nil {
		tb.Fatal(err)
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix(tb.Name())}}
	ns, err = client.CoreV1().Namespaces().Create(tb.Context(), ns, metav1.CreateOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return ns.Name
}

// prefix makes the beginning of a namespace's name from the name of a test, so that one can tell whose it is.
func prefix(test string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(test))
	return "t-" + clean[:min(len(clean), 40)] + "-"
}
